"""First name and surname in two columns of a table are told to be one person."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pii_scan.detect.columns import ColumnPlace
from pii_scan.detect.detector import Detector
from pii_scan.detect.engine import no_detections
from pii_scan.detect.name_rule import RULE_ID
from pii_scan.detect.split_names import SplitNames, known_as
from pii_scan.model import ChunkBatch, ColumnOrigin

GIVEN, FAMILY = ["Kari", "Ola", "Åse"], ["Hansen", "Berg", "Lunde"]


def batch(cells: list[str | None], header: str, headers: tuple[str, ...], first: int = 2) -> ChunkBatch:
    origin = ColumnOrigin(headers.index(header) + 1, header, first_row=first, table_headers=headers)
    return ChunkBatch(pa.array(cells, pa.large_string()), origin)


def ready(headers: tuple[str, ...], columns: dict[str, list[str | None]]) -> list[tuple[str, list[str | None] | None]]:
    """(header, whole names) in the order in which the columns are handed on."""
    split = SplitNames()
    out = [one for name, cells in columns.items() for one in split.take(batch(cells, name, headers), no_detections())]
    out += split.rest()
    return [(one.origin.header, None if whole is None else whole.to_pylist()) for one, _, whole in out]  # type: ignore[union-attr]


def test_both_columns_are_of_the_whole_name() -> None:
    whole = ["Kari Hansen", "Ola Berg", "Åse Lunde"]
    found = ready(("Fornavn", "Etternavn"), {"Fornavn": GIVEN, "Etternavn": FAMILY})
    assert found == [("Fornavn", whole), ("Etternavn", whole)]


def test_the_order_of_the_columns_does_not_matter_nor_do_columns_between() -> None:
    whole = ["Kari Hansen", "Ola Berg", "Åse Lunde"]
    headers = ("Etternavn", "By", "Fornavn")
    found = ready(headers, {"Etternavn": FAMILY, "By": ["Moss"] * 3, "Fornavn": GIVEN})
    assert found == [("By", None), ("Etternavn", whole), ("Fornavn", whole)]


def test_a_middle_name_stands_between() -> None:
    headers = ("first_name", "last_name", "middle_name")
    found = ready(headers, {"first_name": ["Kari"], "last_name": ["Hansen"], "middle_name": ["Åse"]})
    assert {tuple(whole or ()) for _, whole in found} == {("Kari Åse Hansen",)}


def test_half_a_name_stays_what_it_is() -> None:
    columns = {"Fornavn": ["Kari", None, " "], "Etternavn": [None, "Berg", "Lunde"]}
    assert [whole for _, whole in ready(("Fornavn", "Etternavn"), columns)] == [[None] * 3] * 2
    assert ready(("Fornavn", "By"), {"Fornavn": GIVEN, "By": GIVEN}) == [("Fornavn", None), ("By", None)]


def test_names_of_two_persons_in_a_row_are_kept_apart() -> None:
    headers = ("Elev fornavn", "Elev etternavn", "Foresatt 1 fornavn", "Foresatt 1 etternavn")
    found = ready(headers, dict(zip(headers, (["Kari"], ["Hansen"], ["Ola"], ["Berg"]), strict=True)))
    assert [whole for _, whole in found] == [["Kari Hansen"]] * 2 + [["Ola Berg"]] * 2


def test_other_rows_end_what_is_held() -> None:
    split, headers = SplitNames(), ("Fornavn", "Etternavn")
    assert split.take(batch(GIVEN, "Fornavn", headers), no_detections()) == []
    out = split.take(batch(FAMILY, "Etternavn", headers, first=5), no_detections())
    assert [whole for _, _, whole in [*out, *split.rest()]] == [None, None]


def test_only_what_fills_a_cell_stands_for_the_person() -> None:
    detector = Detector()
    texts = pa.array(["Kari", "Ola", "Åse kari@example.no"], pa.large_string())
    found = detector.reading().cells(texts, ColumnPlace("Fornavn"))
    persons = np.array([rule.id == RULE_ID for rule in detector.rules])[found.rule]
    whole = pa.array(["Kari Hansen", "Ola Berg", "Åse Lunde"], pa.large_string())
    assert known_as(texts, found, persons, whole).to_pylist()[:2] == ["Kari Hansen", "Ola Berg"]
    assert set(known_as(texts, found, persons, whole).to_pylist()[2:]) == {None}
