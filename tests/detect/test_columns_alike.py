"""Short cuts over columns of tables give what the long way gives: cells that are alike, types that identify no one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pytest
from synthetic import nationals

from pii_scan.detect import columns
from pii_scan.detect.columns import ColumnPlace
from pii_scan.detect.detector import Detector
from pii_scan.detect.engine import Detections
from pii_scan.extract.table_rows import SHORT_NUMBER


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def in_batches(detector: Detector, header: str, cells: list[str]) -> list[Detections]:
    reading = detector.reading()
    parts = [cells[start : start + 700] for start in range(0, len(cells), 700)]
    return [reading.cells(pa.array(part, pa.large_string()), ColumnPlace(header)) for part in parts]


@pytest.mark.parametrize("header", ["", "fnr", "telefon", "merknad", "kontonummer"])
def test_cells_that_are_alike_are_found_as_if_each_were_looked_at(
    detector: Detector, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(7)
    few = [*nationals(20), "68050011", "bruker@example.no og annen@example.no", "97 10 11 12345", "", "ingen", "12.5"]
    few += ["18837533335", "kontakt 68 05 00 12 eller b@example.no", "æøå ingen", "10.2.3.4", "00000000000"]
    cells = [rng.choice(few) for _ in range(3000)]
    short = in_batches(detector, header, cells)
    monkeypatch.setattr(columns, "MANY_CELLS", 1 << 40)
    for quick, slow in zip(short, in_batches(detector, header, cells), strict=True):
        for name in Detections.__slots__:
            assert getattr(quick, name).tolist() == getattr(slow, name).tolist(), name


@pytest.mark.parametrize("header", ["", "fnr", "e-post", "kontonummer"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3])
def test_cells_among_many_empty_ones_are_found_as_if_all_were_looked_at(
    detector: Detector, header: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(8)
    few = [*nationals(20), "bruker@example.no og annen@example.no", "12.5", "æøå ingen", " ", "00000000000"]
    cells: list[str | None] = [rng.choice(few) if rng.random() < share else rng.choice(("", None)) for _ in range(3000)]
    reading, found = [detector.reading() for _ in range(2)], 0
    for start in range(0, len(cells), 700):
        batch = pa.array(cells[start : start + 700], pa.large_string())
        quick = reading[0].cells(batch, ColumnPlace(header))
        with monkeypatch.context() as patched:
            patched.setattr(columns, "SPARSE", 0.0)
            slow = reading[1].cells(batch, ColumnPlace(header))
        found += len(quick)
        for name in Detections.__slots__:
            assert getattr(quick, name).tolist() == getattr(slow, name).tolist(), name
    assert bool(found) == (share > 0)


def moments(rng: random.Random) -> list[str]:
    begin = datetime(1900, 1, 1, tzinfo=UTC)
    days = [begin + timedelta(seconds=rng.randrange(4 * 10**9)) for _ in range(3000)]
    return [str(day) for day in days] + [str(day.date()) for day in days] + [str(day.time()) for day in days]


DULL = {
    "short numbers": lambda rng: [str(rng.randrange(-SHORT_NUMBER, SHORT_NUMBER)) for _ in range(20_000)],
    "fractions": lambda rng: [repr(rng.uniform(-SHORT_NUMBER, SHORT_NUMBER)) for _ in range(20_000)],
    "amounts": lambda rng: [f"{rng.randrange(10**12) / 100:.2f}" for _ in range(20_000)],
    "money": lambda rng: [f"${rng.randrange(10**10) / 100:,.2f}" for _ in range(5_000)],
    "uuid": lambda rng: [str(UUID(int=rng.getrandbits(128))) for _ in range(20_000)],
    "bits": lambda rng: [f"{rng.getrandbits(20):b}" for _ in range(5_000)],
    "moments": moments,
    "truth": lambda rng: ["true", "false"] * 1000,
}


@pytest.mark.parametrize("kind", DULL)
def test_values_of_types_that_identify_no_one_hold_nothing_without_a_header(detector: Detector, kind: str) -> None:
    cells = DULL[kind](random.Random(11))
    assert not any(len(found) for found in in_batches(detector, "x7", cells))


def test_a_header_or_a_comment_makes_every_value_count(detector: Detector) -> None:
    cells = pa.array(["1990-01-31", "1985-07-04", "2001-12-24"], pa.large_string())
    for place in (ColumnPlace("fødselsdato"), ColumnPlace("x7", comment="Fødselsdato")):
        found = detector.reading().cells(cells, place, dull=True)
        assert {detector.rules[rule].entity_type for rule in found.rule.tolist()} == {"DATE_OF_BIRTH"}
    assert not len(detector.reading().cells(cells, ColumnPlace("x7"), dull=True))
