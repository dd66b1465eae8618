"""Cells that the glance dismisses hold no name that the tagger would have found."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.names.cells import may_hold_names
from pii_scan.detect.names.glance import may_hold_a_name, several_words, wordlike
from pii_scan.detect.names.model import built_in_model
from pii_scan.detect.names.tagger import NameTagger

TAGGER = NameTagger()
WORDS = st.sampled_from(
    "Kari Ola Hansen Nordmann Berg Åse Lars-Erik Anne von de hansen kari KARI HANSEN K. K.Hansen Å.Berg Hansen,Kari "
    "og er på til som ringte avtalte Norlux Pro Max drill AS 12 Møte: (Kari) Hei, Hilsen Sol Marina Eik X-200 tekst "
    "kari@example.no Karis «Ola» 3.5 GmbH - &".split()
)  # fmt: skip
NAMED = (
    "Kari Hansen; Kari  Hansen ;K.Hansen;Å.Hansen;Hansen,Kari;KARI HANSEN;Ærlig Åsen;Kari\u00a0Hansen;"
    "ringte Kari Hansen;Kari og jeg er på tur"
).split(";")
CELLS = st.lists(st.lists(WORDS, max_size=7), min_size=1, max_size=5).map(lambda cells: [" ".join(c) for c in cells])


def looked_at(cells: list[str]) -> list[bool]:
    array = pa.array(cells, pa.large_string())
    data = np.frombuffer("".join(cells).encode(), np.uint8)
    bounds = np.cumsum([0, *(len(cell.encode()) for cell in cells)])
    several = several_words(data, bounds)
    return (several & may_hold_names(array, built_in_model().lists)).tolist()


@settings(max_examples=400, deadline=None)
@given(CELLS)
def test_no_cell_with_a_name_in_it_is_dismissed(cells: list[str]) -> None:
    for cell, seen in zip(cells, looked_at(cells), strict=True):
        assert seen or not len(TAGGER.find(cell, cells=True)), cell


@settings(max_examples=200, deadline=None)
@given(CELLS)
def test_a_cell_is_judged_for_itself(cells: list[str]) -> None:
    assert looked_at(cells) == [looked_at([cell])[0] for cell in cells]


@pytest.mark.parametrize(
    "cell", ["", "Lampe", "Norlux Pro Max drill", "12,50 kr", "2024-11-02 12:00", "a1b2-c3d4", "kari.hansen@example.no",
             "https://example.no/kurs", "Under behandling", "Leveres av Norlux i pro utgave", "Ærlig-talt"],
)  # fmt: skip
def test_cells_of_things_are_dismissed(cell: str) -> None:
    assert looked_at([cell]) == [False]


@pytest.mark.parametrize("cell", NAMED)
def test_cells_with_names_are_looked_at(cell: str) -> None:
    assert looked_at([cell]) == [True]


def test_cells_of_letters_alone_may_fill_a_column_of_names() -> None:
    cells = ["Kari", "12", "", "K2", "Å", "-"]
    data = np.frombuffer("".join(cells).encode(), np.uint8)
    bounds = np.cumsum([0, *(len(cell.encode()) for cell in cells)])
    assert wordlike(data, bounds).tolist() == [True, False, False, False, True, False]


@pytest.mark.parametrize(("text", "may"), [("", False), ("kunder.csv", False), ("Kunder.csv", True), ("ærlig", True),
                                           ("en to tre fire fem seks", True), ("1 2 3", False)])  # fmt: skip
def test_a_text_without_capitals_and_of_few_words_holds_no_name(text: str, may: bool) -> None:  # noqa: FBT001
    assert may_hold_a_name(np.frombuffer(text.encode(), np.uint8)) is may
