"""Workers of this machine have their next group at hand, unless who supplies groups waits for the one before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scanning import KEY

from pii_scan.engines.group import Group, Part
from pii_scan.engines.local import LocalEngine
from pii_scan.model import DocumentRef, Limits, WorkUnit
from pii_scan.settings import Settings, settings_json
from pii_scan.sources import describe

GROUPS = 5


@pytest.fixture
def target(tmp_path: Path) -> Path:
    for number in range(GROUPS):
        (tmp_path / f"{number}.txt").write_text(f"kari{number}@example.no\n", "utf-8")
    return tmp_path


def engine(target: Path, jobs: int, ahead: int | None) -> LocalEngine:
    limits = Limits()
    settings = Settings(KEY, f"{datetime.now(tz=UTC):%Y-%m-%d}", (), (), 0.4, limits)
    source = describe(str(target))
    more = {} if ahead is None else {"ahead": ahead}
    return LocalEngine(jobs, settings_json(settings), [source], limits, lambda progress: None, **more)


def supply(target: Path, asked: list[int]) -> Iterator[Group]:
    for number in range(GROUPS):
        asked.append(number)
        size = (target / f"{number}.txt").stat().st_size
        yield Group(f"{number:08d}", [WorkUnit(DocumentRef(str(target), f"{number}.txt", None, size))])


def found(parts: list[Part]) -> list[str]:
    return sorted(row["document"] for part in parts for row in part.tables["index"].to_pylist())


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_next_group_is_asked_for_before_a_worker_is_free(target: Path, jobs: int) -> None:
    asked: list[int] = []
    running = engine(target, jobs, None).run(supply(target, asked))
    parts = [next(running)]  # type: ignore[call-overload]
    assert len(asked) >= jobs + 1
    parts += running
    assert found(parts) == [f"{number}.txt" for number in range(GROUPS)]
    assert sorted(part.name for part in parts) == [f"{number:08d}" for number in range(GROUPS)]


def test_none_is_asked_for_ahead_where_who_supplies_them_waits(target: Path) -> None:
    asked: list[int] = []
    parts = []
    for number, part in enumerate(engine(target, 1, 0).run(supply(target, asked)), 1):
        assert len(asked) == number
        parts.append(part)
    assert found(parts) == [f"{number}.txt" for number in range(GROUPS)]
