"""Names come out of the detector as what rules find does."""

from __future__ import annotations

import pyarrow as pa

from pii_scan.detect.columns import ColumnPlace
from pii_scan.detect.detector import Detector
from pii_scan.detect.name_rule import RULE_ID

DETECTOR = Detector(only=["PERSON"])


def found(texts: list[str], **how: object) -> list[tuple[int, str]]:
    table = DETECTOR.detect_texts(texts, **how)  # type: ignore[arg-type]
    assert set(table["recognizer"].to_pylist()) <= {RULE_ID}
    return [(row["text"], texts[row["text"]][row["start"] : row["end"]]) for row in table.to_pylist()]


def test_offsets_are_code_points_of_each_text() -> None:
    texts = ["Æ😀ø", "Ærlig talt ringte Øyvind Åsen meg, og han var blid.", "", "Hei Åse!"]
    assert found(texts) == [(1, "Øyvind Åsen"), (3, "Åse")]


def test_texts_stand_each_for_itself() -> None:
    texts = ["Styret har valgt Tormod Vrangsund som leder.", "Det er ikke klart når Vrangsund tiltrer."]
    assert found(texts) == [*found(texts[:1]), *((1, name) for _, name in found(texts[1:]))]


def test_the_parts_of_a_document_count_for_each_other() -> None:
    reading = DETECTOR.reading()
    reading.texts(pa.array(["Styret har valgt Tormod Vrangsund som leder."], pa.large_string()))
    assert len(reading.texts(pa.array(["Det er ikke klart når Vrangsund tiltrer."], pa.large_string()))) == 1


def test_a_column_of_names_is_found_whole_and_other_cells_for_what_they_say() -> None:
    names = ["Kari Hansen", "Ola Berg", "Per Lunde"]
    assert found(names, header="navn") == list(enumerate(names))
    assert found(["Ringte Kari Hansen og avtalte nytt møte", "Lampe Pro", "Betalt"], header="merknad") == [
        (0, "Kari Hansen")
    ]


def test_alike_cells_are_found_like_single_ones() -> None:
    cell = "Ringte Kari Hansen og avtalte nytt møte"
    once = DETECTOR.reading().cells(pa.array([cell], pa.large_string()), ColumnPlace("merknad"))
    many = DETECTOR.reading().cells(pa.array([cell, "x", cell, None], pa.large_string()), ColumnPlace("merknad"))
    assert many.text.tolist() == [0, 2]
    assert set(many.start.tolist()) == set(once.start.tolist())


def test_reasons_say_what_the_name_was_known_by() -> None:
    row = DETECTOR.reading().cells(pa.array(["Kari Hansen"] * 3, pa.large_string()), ColumnPlace("navn"))
    kind = int(row.rule[0]), int(row.pattern[0]), int(row.verdict[0]), int(row.word[0])
    assert DETECTOR.engine.reasons(*kind) == ["the column holds names"]


def test_without_the_type_no_names_are_looked_for() -> None:
    assert Detector(only=["EMAIL_ADDRESS"]).detect_texts(["Kari Hansen ringte meg i går"]).num_rows == 0


def test_a_greeting_in_one_cell_says_nothing_of_the_next() -> None:
    cells = ["Vennlig hilsen", "Berg Meieri", "Hilsen", "Berg"]
    assert found(cells, header="merknad") == []
