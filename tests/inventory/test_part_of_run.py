"""A part of a run is what a scan of only those documents would have given."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from scanning import rows

from pii_scan.cli.report import _part
from pii_scan.engines.scan import scan
from pii_scan.errors import UsageError
from pii_scan.findings.store import Run
from pii_scan.inventory.build import build_inventory
from pii_scan.report.formats import FORMATS

LINE = "skriv til kari{}@example.no eller ring 68 05 00 {:02}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    base = tmp_path_factory.mktemp("part")
    folder = base / "in"
    (folder / "hr").mkdir(parents=True)
    (folder / "web").mkdir()
    (folder / "hr" / "a.txt").write_text(LINE.format(1, 1) * 3, encoding="utf-8")
    (folder / "hr" / "ukjent.bin").write_bytes(bytes(range(256)) * 9)
    (folder / "web" / "b.txt").write_text(LINE.format(2, 2), encoding="utf-8")
    with zipfile.ZipFile(folder / "eksport.zip", "w") as packed:
        packed.writestr("inne/c.txt", LINE.format(3, 3))
    return scan([folder], out=base / "run")


def part(run: Run, *paths: str, systems: tuple[str, ...] = ()) -> Run:
    found: Run = _part(run, paths, systems)
    return found


def names(tables: Iterable[pa.Table]) -> set[str]:
    return {row["document"] for row in rows(tables)}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("hr", {"hr/a.txt", "hr/ukjent.bin"}),
        ("hr/**", {"hr/a.txt", "hr/ukjent.bin"}),
        ("*.txt", {"hr/a.txt", "web/b.txt", "eksport.zip!inne/c.txt"}),
        ("eksport.zip", {"eksport.zip", "eksport.zip!inne/c.txt"}),
        ("web/b.txt", {"web/b.txt"}),
    ],
)
def test_paths_name_documents_folders_and_what_is_packed(run: Run, pattern: str, expected: set[str]) -> None:
    assert names(part(run, pattern).documents()) == expected


def test_all_tables_and_numbers_are_those_of_the_part(run: Run) -> None:
    some = part(run, "hr")
    assert names(some.findings()) == names(some.index()) == {"hr/a.txt"}
    assert names(some.problems()) == {"hr/ukjent.bin"}
    entries = {entry.category: entry for entry in build_inventory(some, details=False).entries}
    assert {name: (e.count, e.distinct) for name, e in entries.items()} == {"email": (3, 1), "phone": (3, 1)}
    coverage = build_inventory(some, details=False).coverage
    assert (coverage.seen, coverage.unread) == (2, 1)


def test_the_parts_make_up_the_whole(run: Run) -> None:
    parts = [part(run, pattern) for pattern in ("hr", "web", "eksport.zip")]
    counts = [sum(row["count"] for row in rows(one.findings())) for one in (*parts, run)]
    assert sum(counts[:3]) == counts[3] > 0


def test_what_was_not_read_stays_where_a_document_that_fits_may_lie_in_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LINE.format(1, 1), encoding="utf-8")
    (tmp_path / "in" / "eksport.zip").write_bytes(b"PK\3\4" + bytes(40))
    run = scan([tmp_path / "in"], out=tmp_path / "run")
    assert names(run.problems()) == {"eksport.zip"}
    assert names(part(run, "eksport.zip!*.csv").documents()) == {"eksport.zip"}
    assert names(part(run, "a.txt").documents()) == {"a.txt"}


def test_a_part_is_not_taken_for_the_whole(run: Run) -> None:
    some = part(run, "hr")
    assert some.manifest["id"] != run.manifest["id"] and len(some.manifest["notes"]) == len(run.manifest["notes"]) + 1
    assert "hr" not in str(some.manifest["notes"])


def test_a_system_or_a_path_that_nothing_fits_is_a_wrong_call(run: Run) -> None:
    with pytest.raises(UsageError, match="did you mean 'unassigned'"):
        part(run, systems=("unasigned",))
    with pytest.raises(UsageError, match="no document of the run fits"):
        part(run, "nowhere/*")
    assert names(part(run, systems=("unassigned",)).documents()) == names(run.documents())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_made_of_a_part(run: Run, name: str) -> None:
    out = io.BytesIO()
    FORMATS[name](part(run, "hr"), out, "nb")
    assert b"web/b.txt" not in out.getvalue() and len(out.getvalue()) > 100
