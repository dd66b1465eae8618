"""The reports of a check are no finding themselves: whatever was found, in every format and language."""

from __future__ import annotations

from pathlib import Path

from attributed_run import attributed_run
from gap_cases import checked, made_gap

from pii_scan.engines.scan import scan
from pii_scan.inventory.categories import categories
from pii_scan.notice.catalogue import KINDS
from pii_scan.notice.gaps import Comparison, Outcome
from pii_scan.notice.model import load_notice
from pii_scan.registry import data_folder
from pii_scan.report import gap_json, gap_table, gap_text, html
from pii_scan.report.gap_view import gap_view
from pii_scan.report.messages import LANGUAGES


def test_a_scan_of_every_report_finds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    rows = [made_gap(rule, kind) for rule, kinds in KINDS.items() for kind in kinds]
    rows += [made_gap("G01", "omitted", category=category.key, in_notice=Outcome.OMITTED) for category in categories()]
    table = {("own.share", category.key): (Outcome.OMITTED, Outcome.CLEAR) for category in categories()}
    founding = load_notice(data_folder("configs") / "notices" / "metis.yaml")
    made = checked(Comparison("metis", "edc016e573b7fde9", tuple(rows), table), said=founding)
    for lang in LANGUAGES:
        view = gap_view(made, lang)
        (folder / f"{lang}.txt").write_text(gap_text.text(view), encoding="utf-8")
        (folder / f"{lang}.json").write_text(gap_json.as_json(view), encoding="utf-8")
        with open(folder / f"{lang}.csv", "wb") as out:
            gap_table.write_csv(view, out)
        with open(folder / f"{lang}.xlsx", "wb") as out:
            gap_table.write_xlsx(view, out)
        with open(folder / f"{lang}.html", "wb") as out:
            html.write(attributed_run(), out, lang, made)
    run = scan([folder], out=tmp_path / "run")
    assert sum(table.num_rows for table in run.documents()) >= 10
    assert [row for table in run.findings() for row in table.to_pylist()] == []
    assert [row for table in run.problems() for row in table.to_pylist()] == []
