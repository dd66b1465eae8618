"""The guard sees the same in a file whether this process, a worker, or several over slices of it have read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic import nationals

from pii_scan.contract.observed import FileSeen, gather
from pii_scan.engines import inspect as inspecting
from pii_scan.engines.inspect import inspect
from pii_scan.model import Limits
from pii_scan.settings import Settings
from pii_scan.sources import describe_listed

SETTINGS = Settings(
    key="ab" * 32, as_of="2026-11-30", rules=(), only=(), min_score=0.4, limits=Limits(), for_guard=True
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("exports")
    rows = [(f"navn{n}@example.no", number, "") for n, number in enumerate(nationals(400))]
    names = ("epost", "fnr", "tom")
    table = "".join(";".join(row) + "\n" for row in [names, *rows])
    records = "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    (base / "a.csv").write_text(table, "utf-8")
    (base / "b.jsonl").write_text(records, "utf-8")
    (base / "c.txt").write_text("\n".join(row[0] for row in rows[:50]), "utf-8")
    (base / "tom.csv").write_text(";".join(names) + "\n", "utf-8")
    (base / "d.parquet").write_bytes(b"PAR1" + bytes(range(256)))
    return base


def seen(folder: Path) -> dict[str, FileSeen]:
    paths = sorted(file.name for file in folder.iterdir())
    return gather(inspect(SETTINGS, [describe_listed(str(folder), paths)], 2))


@pytest.fixture(scope="module")
def inline(folder: Path) -> dict[str, FileSeen]:
    return seen(folder)


def test_everything_is_told_of_a_table(inline: dict[str, FileSeen]) -> None:
    for name in ("a.csv", "b.jsonl"):
        file = inline[name]
        assert {column.header: column.cells for column in file.columns.values()} == {"epost": 400, "fnr": 400, "tom": 0}
        assert {(place.name, kind): tally.count for (place, kind), tally in file.tallies.items()} == {
            ("epost", "EMAIL_ADDRESS"): 400, ("fnr", "NO_FODSELSNUMMER"): 400,
        }  # fmt: skip
        assert all(len(tally.values) == tally.count for tally in file.tallies.values())
        assert file.tallies[next(iter(file.tallies))].row == (2 if name == "a.csv" else 1)
    assert list(inline["tom.csv"].columns) == [("", "epost"), ("", "fnr"), ("", "tom")]
    assert [name for name, file in inline.items() if not file.read] == ["d.parquet"]


@pytest.mark.parametrize("slice_bytes", [None, 4096])
def test_workers_see_the_same(
    folder: Path, inline: dict[str, FileSeen], monkeypatch: pytest.MonkeyPatch, slice_bytes: int | None
) -> None:
    monkeypatch.setattr(inspecting, "INLINE_BYTES", 0)
    if slice_bytes:
        monkeypatch.setattr("pii_scan.engines.group.SLICE_BYTES", slice_bytes)
    assert seen(folder) == inline
