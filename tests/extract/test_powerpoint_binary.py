"""PPT: the text of each slide on its page, notes, comments and links by slide, objects, and what older edits left."""

from __future__ import annotations

import lzma
import struct
from pathlib import Path
from typing import Any

import pytest
from extract.biff_made import Sheet, label, workbook
from extract.found import cells, parts
from extract.metafile_made import blip, wmf
from extract.ole_made import compound, packed, properties, vba
from extract.ppt_made import (
    DOCUMENT,
    SLIDE,
    Show,
    Slide,
    atom,
    comment,
    container,
    ppt,
    storage,
    streams,
    string,
    text,
)
from extract.test_word_binary import art

SAMPLES = Path(__file__).parent / "samples"
HEADERS, LINKS, LINK, TAGS, TAG, BOX = 0x0FD9, 0x0409, 0x0FD7, 0x1388, 0x1389, 0xF00D
GRAPH = compound({"Workbook": workbook([Sheet("Ark", [label(0, 0, "graf@example.no")])])})
SHOW = Show(
    slides=[
        Slide("Tittel en@example.no\rPunkt", [container(0x040C, container(BOX, text("Boks æøå boks@example.no")))],
              "Notat notat@example.no"),
        Slide("", [container(BOX, text("日本 to@example.no")), comment("Kommentator Åse", "merk@example.no"),
                   container(HEADERS, string("bunn@example.no", 2)), container(0x040C, art("alt@example.no")),
                   container(TAGS, container(TAG, string("KUNDE", 0), string("merkelapp@example.no", 1)))]),
        Slide("Siste lysark"),
    ],
    document=[
        container(LINKS,
                  container(LINK, atom(0x0FD3, bytes(4)), string("Skriv", 0), string("mailto:lenke@example.no", 1)),
                  container(0x0FCC, string("Regneark", 1), string("Excel.Sheet.8", 2))),
        container(HEADERS, string("topp@example.no", 1)),
    ],
    masters=[container(BOX, text("Mal mal@example.no"))],
    storages=[
        storage(compound({"\x01Ole10Native": packed("liste.csv", b"a;b\nx;objekt@example.no\n")})),
        storage(GRAPH, compressed=False),
    ],
)  # fmt: skip
MORE = {
    **properties("Forfatter Åse", "Firma AS", {"Kunde": "egenskap@example.no"}),
    "Pictures": blip("jpg", b"bilde@example.no tekst"),
}


@pytest.mark.parametrize("first_edit", [False, True])
def test_every_text_is_on_its_page_or_in_its_part(read: Any, first_edit: bool) -> None:
    SHOW.first_edit = first_edit
    result = read(ppt(SHOW, **MORE), "a.ppt")
    found = parts(result, "a.ppt")
    assert found["page 1"] == "Tittel en@example.no\nPunkt\nBoks æøå boks@example.no\n"
    assert found["page 2"] == "日本 to@example.no\n" and found["page 3"] == "Siste lysark\n"
    for part, value in {
        "slide 1: notes": "Notat notat@example.no", "slide 2: comments": "Kommentator Åse\nmerk@example.no",
        "slide 2: header and footer": "bunn@example.no", "slide 2: drawings": "alt@example.no",
        "slide 2: tags": "merkelapp@example.no", "hyperlinks": "Skriv\nmailto:lenke@example.no",
        "objects": "Excel.Sheet.8", "header and footer": "topp@example.no", "master": "Mal mal@example.no",
        "properties: creator": "Forfatter Åse", "properties: custom": "Kunde: egenskap@example.no",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert result.problems == [] and "___PPT" not in result.all_text


def test_embedded_objects_are_members(read: Any) -> None:
    result = read(ppt(SHOW), "a.ppt")
    assert "objekt@example.no" in result.text("a.ppt!object 1!liste.csv")
    assert cells(result, "a.ppt!object 2") == {("Ark", 1, 1): "graf@example.no"}


def test_what_older_edits_left_is_read_once(read: Any) -> None:
    left = container(SLIDE, container(BOX, text("slettet@example.no"), text("Siste lysark")))
    show = Show([Slide("Siste lysark")], before=[left, left, storage(GRAPH)])
    result = read(ppt(show), "a.ppt")
    assert parts(result, "a.ppt")["earlier edits"] == "slettet@example.no"
    assert cells(result, "a.ppt!earlier object 1") == {("Ark", 1, 1): "graf@example.no"}


def test_macros_and_other_streams_are_read(read: Any) -> None:
    show = Show([Slide("x")], storages=[storage(compound(vba("' makro@example.no\r\n")))])
    assert "makro@example.no" in parts(read(ppt(show), "a.ppt"), "a.ppt!object 1")["macros"]


def test_slides_come_in_the_order_of_their_records_where_the_list_is_lost(read: Any) -> None:
    tree = streams(SHOW)
    data = tree["PowerPoint Document"].replace(struct.pack("<HH", 0, 0x0FF5), struct.pack("<HH", 0, 0x0FF7))
    result = read(compound({"PowerPoint Document": data, "Current User": b""}), "a.ppt")
    found = parts(result, "a.ppt")
    assert "boks@example.no" in found["page 1"] and "to@example.no" in found["page 2"]
    assert "notat@example.no" in found["notes"] and "en@example.no" in result.all_text
    assert ("a.ppt", "corrupt") in result.codes


@pytest.mark.parametrize("token", [True, False])
def test_an_encrypted_presentation_is_a_problem(read: Any, token: bool) -> None:
    tree = streams(SHOW)
    if token:
        tree["Current User"] = tree["Current User"].replace(
            struct.pack("<I", 0xE391C05F), struct.pack("<I", 0xF3D1C4DF)
        )
    else:
        main = tree["PowerPoint Document"]
        at = main.rindex(struct.pack("<HHI", 0, 0x0FF5, 28))
        tree["PowerPoint Document"] = main[:at] + atom(0x0FF5, main[at + 8 :] + struct.pack("<I", 7))
    result = read(compound({**tree, **properties("Forfatter")}), "a.ppt")
    assert result.codes == [("a.ppt", "encrypted")] and result.batches == []


def test_a_presentation_older_than_97_gives_runs_of_text_and_is_told(read: Any) -> None:
    tree = {"PP40": b"\x03\0\0\0" + bytes(range(256)) + b"gammel@example.no" + bytes(range(256))}
    result = read(compound(tree), "a.ppt")
    assert "gammel@example.no" in result.all_text
    assert {code for _, code in result.codes} == {"unsupported"}
    both = {**tree, "PP97_DUALSTORAGE": streams(SHOW)}
    assert "boks@example.no" in parts(read(compound(both), "b.ppt"), "b.ppt")["page 1"]


def test_pictures_are_members(read: Any) -> None:
    stream = blip("png", b"bilde@example.no tekst") + blip("wmf", wmf([("wmf@example.no", 0, 0)]), 2)
    result = read(ppt(Show([Slide("tekst")]), Pictures=stream), "a.ppt")
    assert "bilde@example.no" in result.text("a.ppt!picture 1.png")
    assert "wmf@example.no" in result.text("a.ppt!picture 2.wmf") and result.problems == []


def test_an_object_that_cannot_be_unpacked_is_told(read: Any) -> None:
    broken = bytearray(storage(GRAPH))
    broken[60:90] = bytes(30)
    result = read(ppt(Show([Slide("tekst@example.no")], storages=[bytes(broken)])), "a.ppt")
    assert "tekst@example.no" in result.all_text and ("a.ppt!object 1", "corrupt") in result.codes


def test_a_record_longer_than_what_holds_it_is_told(read: Any) -> None:
    data = streams(SHOW)
    main = bytearray(data["PowerPoint Document"])
    at = main.index(text("Boks æøå boks@example.no"))
    struct.pack_into("<I", main, at + 4, 0x7FFFFFF0)
    result = read(compound({**data, "PowerPoint Document": bytes(main)}), "a.ppt")
    assert "boks@example.no" in result.all_text and ("a.ppt", "corrupt") in result.codes


def test_nesting_without_end_is_told(read: Any) -> None:
    inner = text("dypt@example.no")
    for _ in range(500):
        inner = container(0x040C, inner)
    result = read(ppt(Show([Slide("tekst@example.no", [inner])])), "a.ppt")
    assert "tekst@example.no" in result.all_text and ("a.ppt", "corrupt") in result.codes


def test_a_stream_without_a_document_is_corrupt(read: Any) -> None:
    result = read(compound({"PowerPoint Document": container(DOCUMENT)[:6], "Current User": b""}), "a.ppt")
    assert ("a.ppt", "corrupt") in result.codes


# files of other programs


def sample() -> bytes:
    return lzma.decompress((SAMPLES / "lysark.ppt.xz").read_bytes())


def test_a_presentation_of_libreoffice_is_read(read: Any) -> None:
    result = read(sample(), "lysark.ppt")
    found = parts(result, "lysark.ppt")
    assert found["page 1"] == "Første lysark\nen@example.no\n" and found["page 3"] == "Tredje 日本\n"
    assert found["page 2"].startswith("Andre æøå\nto@example.no\n")
    for part, value in {
        "slide 1: comments": "Kommentator\nmerknad@example.no", "slide 1: notes": "notat1@example.no",
        "slide 3: notes": "notat3@example.no", "hyperlinks": "mailto:lenke@example.no",
        "properties: creator": "Forfatter Åse",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert "Kunde: egenskap@example.no" in found["properties: custom"] and result.problems == []
