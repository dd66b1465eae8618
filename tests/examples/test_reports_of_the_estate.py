"""Every report of the example estate, in every format and language, is scanned by pii-scan itself: nothing is found."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from estate_scan import demo
from scanning import rows

from pii_scan.cli.main import cli
from pii_scan.engines.scan import scan
from pii_scan.findings.store import load_run
from pii_scan.report.formats import FORMATS

ENDINGS = {"markdown": "md", "avvik": "md", "ropa-csv": "csv", "ropa-xlsx": "xlsx", "dpv": "json"}
KEY = {"PII_SCAN_KEY": "5a" * 32}


def said(*arguments: str, stdin: str = "") -> bytes:
    """What a command writes; the run and the files of the estate by their names from its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(demo().folder)
        done = CliRunner(env=KEY).invoke(cli, arguments, input=stdin)
    assert done.exception is None, done.output[-2000:]
    return done.stdout_bytes + (done.stderr_bytes or b"")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    for lang in ("nb", "en"):
        for name, write in FORMATS.items():
            out = io.BytesIO()
            write(demo().run, out, lang)
            (folder / f"{name}-{lang}.{ENDINGS.get(name, name)}").write_bytes(out.getvalue())
        check = ("check", "run", "--notice", "files/personvern/notice.yaml", "--lang", lang, "--format")
        for name in ("text", "json", "csv", "xlsx", "html"):
            (folder / f"check-{lang}.{name.replace('text', 'txt')}").write_bytes(said(*check, name))
        asked = "\n".join(row["value"] for row in demo().truth[:400:8])
        for name in ("text", "json"):
            (folder / f"subject-{lang}-{name}.txt").write_bytes(
                said("subject", "run", "--lang", lang, "--format", name, stdin=asked)
            )
        for name in ("text", "json", "csv"):
            (folder / f"diff-{lang}-{name}.txt").write_bytes(
                said("diff", "run", "run", "--lang", lang, "--format", name)
            )
    said("evidence", "run", "-o", str(folder / "evidence.zip"))
    (folder / "scan.txt").write_text(demo().stdout + demo().stderr, encoding="utf-8")
    (folder / "queries.jsonl").write_bytes((demo().folder / "run" / "queries.jsonl").read_bytes())
    return folder


def test_a_scan_of_every_report_finds_nothing_and_reads_everything(reports: Path, tmp_path: Path) -> None:
    run = scan([reports], out=tmp_path / "run", environment=KEY)
    found = [(row["document"], row["entity_type"], row["row"], row["part"]) for row in rows(run.findings())]
    assert found == []
    assert rows(run.problems()) == []
    assert len(rows(load_run(run.path).documents())) > 40
