"""Language models are asked about prose that may hold a name, and about nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect.ner_prose import MAX_LETTERS, may_hold_names, parts_to_ask

ASKED = [
    "Vi traff Zubrak på bussen i går.",
    "Kari kommer ikke i morgen.",
    "ring kari når du kan",
    "Det ble sendt til Fjordkurs i Bergen.",
    "Vi viser til samtalen som vi hadde i går med vår gode Knut\nZubrak, som skal sende svar.",
]
NOT_ASKED = [
    "Møtet er avlyst. Det kommer en ny innkalling senere.",
    "Ja.",
    "for (int i = 0; i < Count; i++) { Total[i] += Map.Get(i, Key); }",
    '{"name": "Kari", "id": 7, "tags": ["A", "B"], "x": null}',
    "4711;2026-11-30;00:12:59;17,5;X;88;0;0;1",
    "",
    " \n\n ",
]


@pytest.mark.parametrize("text", ASKED)
def test_prose_with_a_capitalised_word_or_a_listed_name_is_asked_about(text: str) -> None:
    assert [part.text for part in parts_to_ask([text])] == [text]


@pytest.mark.parametrize("text", NOT_ASKED)
def test_prose_without_and_what_is_no_prose_is_not(text: str) -> None:
    assert list(parts_to_ask([text])) == []


def test_the_answer_for_many_is_that_for_each() -> None:
    texts = [text for text in ASKED + NOT_ASKED if text.strip() and "\n" not in text] * 3
    assert may_hold_names(texts).tolist() == [bool(may_hold_names([text])[0]) for text in texts]


def test_lines_stand_each_for_itself_in_the_order_of_the_texts() -> None:
    texts = [f"{NOT_ASKED[0]}\n\n{ASKED[0]}\n{ASKED[1]}\r\n", None, ASKED[2]]
    parts = list(parts_to_ask(texts))
    assert [(part.number, part.text.strip()) for part in parts] == [(0, ASKED[0]), (0, ASKED[1]), (2, ASKED[2])]


def test_a_long_line_is_cut_between_sentences() -> None:
    text = " ".join(ASKED[:2] * 200)
    parts = list(parts_to_ask([text]))
    assert max(len(part.text) for part in parts) <= MAX_LETTERS
    assert "".join(part.text for part in parts) == text
    assert all(part.text.rstrip().endswith(".") for part in parts)


@given(st.lists(st.text(st.sampled_from("aA bB.\n æØ,;1😀"), max_size=60), max_size=6), st.integers(1, 90))
def test_every_part_is_where_it_says(texts: list[str], times: int) -> None:
    texts = [text * times for text in texts]
    last = (-1, 0)
    for part in parts_to_ask(texts):
        assert texts[part.number][part.start : part.start + len(part.text)] == part.text
        assert 0 < len(part.text) <= MAX_LETTERS
        assert (part.number, part.start) >= last
        last = (part.number, part.start + len(part.text))
