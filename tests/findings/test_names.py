"""Personal data in names of documents, columns, sheets and parts is masked, in every way of writing a name."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect.detector import Detector
from pii_scan.detect.name_spans import finder
from pii_scan.findings.names import NameMasker
from pii_scan.model import DocumentRef

MASKED = {
    "fnr 11837533335.pdf": "fnr ###########.pdf",
    "fnr_11837533335.pdf": "fnr_###########.pdf",
    "11837533335.pdf": "###########.pdf",
    "cv-118375-33335-2.pdf": "cv-######-#####-2.pdf",
    "kari@example.no": "xxxx@xxxxxxx.xx",
    "kari@example.no.txt": "xxxx@xxxxxxx.xx.txt",
    "fra_kari@example.no_til.txt": "fra_xxxx@xxxxxxx.xx_til.txt",
    "a/kari@example.no/b/11837533335/c.txt": "a/xxxx@xxxxxxx.xx/b/###########/c.txt",
    "tlf 68 05 12 34.csv": "tlf ## ## ## ##.csv",
    "kontonr_4999.20.59191.csv": "kontonr_####.##.#####.csv",
    "f-my.sharepoint.com/personal/kari_example_no/a.docx": "f-my.sharepoint.com/personal/xxxx_xxxxxxx_xx/a.docx",
    "delt/personal/avtale.docx": "delt/personal/avtale.docx",
    "rapport 2026-11-22 versjon 2.pdf": "rapport 2026-11-22 versjon 2.pdf",
    "": "",
}


@functools.cache
def names() -> NameMasker:
    return NameMasker(finder(Detector()))


def test_names_that_are_masked_in_one_go_are_masked_the_same() -> None:
    many = NameMasker(finder(Detector()))
    many.learn([*MASKED, *MASKED])
    assert {name: many.safe(name) for name in MASKED} == MASKED


def test_the_owner_of_a_mailbox_is_a_shape_whatever_the_rules_find() -> None:
    keyed = NameMasker(lambda texts: [[] for _ in texts], b"k" * 32)
    owners = [keyed.owner(name, False) for name in ("Kari Nordmann", "Pera Nordmann", "kari@example.no", "")]
    assert [re.sub("~[0-9a-f]{6}$", "", owner) for owner in owners] == [
        "xxxx xxxxxxxx", "xxxx xxxxxxxx", "xxxx@xxxxxxx.xx", "",
    ]  # fmt: skip
    assert owners[0] != owners[1]


def test_a_site_is_shown_but_for_the_person_it_is_of() -> None:
    site = "https://firma.sharepoint.com/sites/hr"
    assert names().owner(site, True) == site
    personal = "https://firma-my.sharepoint.com/personal/kari_example_no/Documents/a.docx"
    assert names().place(personal) == "https://firma-my.sharepoint.com/personal/xxxx_xxxxxxx_xx/Documents/a.docx"


@pytest.mark.parametrize(("name", "masked"), MASKED.items())
def test_names_are_masked_where_they_hold_personal_data_and_nowhere_else(name: str, masked: str) -> None:
    assert names().safe(name) == masked


def test_every_link_of_a_chain_is_masked() -> None:
    ref = DocumentRef("t", "kari@example.no/a.zip").member("11837533335/b.eml").member("liste.xlsx")
    assert names().document(ref) == "xxxx@xxxxxxx.xx/a.zip!###########/b.eml!liste.xlsx"
    assert not names().hides(ref)
    assert names().hides(ref.parent or ref)


def test_documents_of_one_shape_are_told_apart_by_a_keyed_suffix_that_does_not_show_their_names() -> None:
    keyed = NameMasker(finder(Detector()), b"k" * 32)
    other = NameMasker(finder(Detector()), b"o" * 32)
    first, second = (DocumentRef("t", f"fnr {number}.txt") for number in ("11837533335", "43897703077"))
    assert re.fullmatch(r"fnr ###########\.txt~[0-9a-f]{6}", keyed.document(first))
    assert keyed.document(first) == keyed.document(first) != keyed.document(second)
    assert other.document(first) != keyed.document(first)
    assert keyed.document(DocumentRef("t", "liste.xlsx")) == "liste.xlsx"


def test_a_name_is_searched_in_the_reading_that_shows_most() -> None:
    assert names().spaced(DocumentRef("t", "fnr_11837533335.pdf")) in (
        "fnr_11837533335.pdf", "fnr 11837533335.pdf", "fnr 11837533335 pdf",
    )  # fmt: skip


Spans = Sequence[tuple[int, int]]


@given(st.text("abc_./5", min_size=1, max_size=30), st.data())
def test_no_character_of_any_span_of_any_reading_remains(name: str, data: st.DataObject) -> None:
    size = len(name)
    span = st.tuples(st.integers(0, size), st.integers(0, size)).map(lambda pair: (min(pair), max(pair)))
    found: list[list[tuple[int, int]]] = []

    def find(readings: list[str]) -> list[list[tuple[int, int]]]:
        assert all(len(reading) == size for reading in readings), "spans count in every reading alike"
        found.extend(data.draw(st.lists(span, max_size=3)) for _ in readings)
        return found

    masked = NameMasker(find).safe(name)
    hidden = {place for spans in found for start, end in spans for place in range(start, end)}
    assert len(masked) == size
    for place, (char, shown) in enumerate(zip(name, masked, strict=True)):
        assert shown == ({"a": "x", "b": "x", "c": "x", "5": "#"}.get(char, char) if place in hidden else char)


def test_a_name_that_a_rule_cannot_be_tried_on_in_time_is_hidden_whole() -> None:
    from pii_scan.detect.ask import ExpressionTimeout

    class Slow:
        def detect_texts(self, texts: list[str]) -> None:
            raise ExpressionTimeout

    assert NameMasker(finder(Slow())).safe("kari.txt") == "xxxx.xxx"  # type: ignore[arg-type]


def test_many_names_do_not_fill_the_memory() -> None:
    masker = NameMasker(lambda readings: [[] for _ in readings])
    for number in range(50_100):
        masker.safe(str(number))
    assert len(masker._safe) <= 50_000
