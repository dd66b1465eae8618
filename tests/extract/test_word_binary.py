"""DOC: text of every story at its line, however it was saved; names, drawings, objects; Word 2, 6 and 95."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from extract.biff_made import Sheet, label, workbook
from extract.doc_made import (
    AUTHORS,
    BOOKMARKS,
    DRAWINGS,
    OWNERS,
    SAVED_BY,
    VARIABLES,
    Doc,
    counted,
    doc,
    old,
    streams,
    sttb,
)
from extract.found import cells, line_of, none_goes_astray, parts
from extract.metafile_made import blip, emf, emf_text, store
from extract.ole_made import compound, packed, properties, vba

SAMPLES = Path(__file__).parent / "samples"
BODY = "Første linje æøå\rAndre kropp@example.no\rTredje \u201d日本\u201d\r"


def art(text: str) -> bytes:
    """A drawing with an alternative text."""
    raw = text.encode("utf-16-le") + b"\0\0"
    table = struct.pack("<HHI", 0x0013, 0xF00B, 6 + len(raw)) + struct.pack("<HI", 0x8381, len(raw)) + raw
    return struct.pack("<HHI", 0x000F, 0xF004, len(table)) + table


def test_each_paragraph_is_a_line(read: Any) -> None:
    result = read(doc(Doc({"body": BODY})), "a.doc")
    assert parts(result, "a.doc")[""] == "Første linje æøå\nAndre kropp@example.no\nTredje \u201d日本\u201d\n"
    assert line_of(result, "a.doc", "", "kropp@example.no") == 2 and result.problems == []


STORIES = {
    "body": BODY, "footnotes": "\x02 fot@example.no\r", "comments": "\x05 merk@example.no\r",
    "endnotes": "\x02 slutt@example.no\r", "boxes": "boks@example.no\r\r", "header boxes": "toppboks@example.no\r",
}  # fmt: skip
HEADINGS = ["skille\r", "", "", "", "", "", "like topp@example.no\r", "hode@example.no\r", "like bunn@example.no\r",
            "bunn@example.no\r", "første@example.no\r", "førstebunn@example.no\r"]  # fmt: skip
TABLES = {
    OWNERS: counted(["Kommentator Åse"]), AUTHORS: sttb(["Unknown", "Endre Retter"]), BOOKMARKS: sttb(["merke1"]),
    SAVED_BY: sttb(["Lagret Av", "C:\\Users\\kari.nordmann\\brev.doc"]),
    VARIABLES: sttb(["Mottaker"], 4) + counted(["variabel@example.no"]), DRAWINGS: art("alt@example.no"),
}  # fmt: skip
EVERYTHING = Doc(STORIES, HEADINGS, TABLES)
MORE = {
    **properties("Forfatter Åse", "Firma AS", {"Kunde": "egenskap@example.no"}),
    "Data": struct.pack("<IHH", 68 + len(art("bilde@example.no")), 68, 0x64) + bytes(60) + art("bilde@example.no"),
    "Macros": vba("' makro@example.no\r\n"),
    "MsoDataStore": {"A": {"Item": b"<?xml version='1.0'?><a>xml@example.no</a>", "Properties": b"<b/>"}},
    "ObjectPool": {
        "_1": {"\x01Ole10Native": packed("liste.csv", b"a;b\nx;objekt@example.no\n"), "\x03ObjInfo": b"\0\0"},
        "_2": {"Workbook": workbook([Sheet("Ark", [label(0, 0, "celle@example.no")])])},
        "_3": streams(Doc({"body": "indre@example.no\r"})),
    },
}


def test_every_part_comes_out_under_its_name(read: Any) -> None:
    result = read(doc(EVERYTHING, **MORE), "a.doc")
    found = parts(result, "a.doc")
    for part, value in {
        "footnotes": "fot@example.no", "comments": "merk@example.no", "endnotes": "slutt@example.no",
        "text boxes": "boks@example.no", "text boxes of headers": "toppboks@example.no",
        "header": "like topp@example.no\nhode@example.no\nførste@example.no",
        "footer": "like bunn@example.no\nbunn@example.no\nførstebunn@example.no",
        "comments: names": "Kommentator Åse", "authors of changes": "Endre Retter", "bookmarks": "merke1",
        "saved by": "kari.nordmann", "document variables": "Mottaker: variabel@example.no",
        "drawings": "alt@example.no", "drawings and fields": "bilde@example.no", "macros": "makro@example.no",
        "properties: creator": "Forfatter Åse", "properties: custom": "Kunde: egenskap@example.no",
    }.items():  # fmt: skip
        assert value in "\n".join(line for line in found[part].splitlines() if line), part
    assert "xml@example.no" in result.text("a.doc!MsoDataStore/A/Item") and result.problems == []


def test_embedded_objects_are_members(read: Any) -> None:
    result = read(doc(EVERYTHING, **MORE), "a.doc")
    assert "objekt@example.no" in result.text("a.doc!liste.csv")
    assert cells(result, "a.doc!object _2") == {("Ark", 1, 1): "celle@example.no"}
    assert parts(result, "a.doc!object _3")[""] == "indre@example.no\n"
    assert result.done["a.doc!object _3"].media_type == "application/msword"


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_pieces_in_any_order_and_width_make_the_same_text(read: Any, size: int) -> None:
    whole = parts(read(doc(EVERYTHING), "a.doc"), "a.doc")
    pieces = Doc(STORIES, HEADINGS, TABLES, piece_chars=size, scramble=True)
    assert parts(read(doc(pieces), "a.doc"), "a.doc") == whole


def test_table_rows_are_lines_with_tabs_also_where_a_cell_is_empty(read: Any) -> None:
    body = "Navn\x07E-post\x07\x07Bjørn\x07\x07bjørn@example.no\x07\x07Slutt\r"
    rows = Doc({"body": body.replace("Bjørn\x07\x07", "Bjørn\x07 \x07")}, row_ends=True)
    assert parts(read(doc(rows), "a.doc"), "a.doc")[""] == "Navn\tE-post\t\nBjørn\t \tbjørn@example.no\t\nSlutt\n"


def test_marks_become_what_a_reader_sees(read: Any) -> None:
    body = 'a\x0bb\x0cc\x1ed\x1fe\xa0f\x13 HYPERLINK "mailto:x@example.no" \x14vist\x15\x01\x08g\r'
    text = parts(read(doc(Doc({"body": body})), "a.doc"), "a.doc")[""]
    assert text.split() == ["a", "b", "c-de", "f", "HYPERLINK", '"mailto:x@example.no"', "vist", "g"]


def test_entries_of_the_glossary_are_read(read: Any) -> None:
    first = streams(Doc({"body": "kropp@example.no\r"}))
    second = streams(Doc({"body": "autotekst@example.no\r"}))
    main, table = bytearray(first["WordDocument"]), first["1Table"]
    main += bytes(-len(main) % 512)
    inner = bytearray(second["WordDocument"])
    at, clx = 154 + 8 * 33, struct.unpack_from("<II", inner, 154 + 8 * 33)
    moved = bytearray(second["1Table"])
    place = clx[0] + clx[1] - 8 + 2
    struct.pack_into("<I", moved, place, struct.unpack_from("<I", moved, place)[0] + len(main))
    struct.pack_into("<II", inner, at, clx[0] + len(table), clx[1])
    struct.pack_into("<H", main, 8, len(main) // 512)
    data = compound({"WordDocument": bytes(main + inner), "1Table": table + bytes(moved)})
    assert "autotekst@example.no" in parts(read(data, "a.dot"), "a.dot")["glossary"]


@pytest.mark.parametrize("flags", [0x0100, 0x8100])
def test_an_encrypted_document_is_a_problem(read: Any, flags: int) -> None:
    result = read(doc(Doc({"body": BODY}, flags=flags), **properties("Forfatter")), "a.doc")
    assert result.codes == [("a.doc", "encrypted")] and result.batches == []


def test_the_other_table_stream_is_taken_where_one_is_missing(read: Any) -> None:
    tree = streams(Doc({"body": BODY}))
    result = read(compound({"WordDocument": tree["WordDocument"], "0Table": tree["1Table"]}), "a.doc")
    assert "kropp@example.no" in result.all_text


def test_a_lost_piece_table_is_told_and_the_text_read_as_it_lies(read: Any) -> None:
    tree = streams(Doc({"body": BODY}))
    main = bytearray(tree["WordDocument"])
    struct.pack_into("<II", main, 154 + 8 * 33, 0, 0)
    struct.pack_into("<H", main, 10, 0x1200)
    result = read(compound({"WordDocument": bytes(main), "1Table": tree["1Table"]}), "a.doc")
    assert "kropp@example.no" in result.all_text and ("a.doc", "corrupt") in result.codes


def test_text_that_is_missing_is_told(read: Any) -> None:
    tree = streams(Doc({"body": BODY * 100}))
    cut = compound({"WordDocument": tree["WordDocument"][:3000], "1Table": tree["1Table"]})
    result = read(cut, "a.doc")
    assert ("a.doc", "truncated") in result.codes and "kropp@example.no" in result.all_text


def test_pieces_that_say_far_more_than_there_is_are_a_limit(read: Any) -> None:
    tree = streams(Doc({"body": BODY * 40}))
    table = bytearray(tree["1Table"])
    count = 4000
    plc = struct.pack(f"<{count + 1}I", *range(0, (count + 1) * 2000, 2000))
    plc += struct.pack("<HIH", 0, 2048 * 2 | 0x40000000, 0) * count
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    main = bytearray(tree["WordDocument"])
    struct.pack_into("<II", main, 154 + 8 * 33, len(table), len(clx))
    result = read(compound({"WordDocument": bytes(main), "1Table": bytes(table) + clx}), "a.doc")
    assert ("a.doc", "limit") in result.codes


SAID = b"bilde@example.no tekst"


def test_pictures_are_members(read: Any) -> None:
    tree = streams(Doc({"body": "\x01tekst\r"}, tables={DRAWINGS: store(blip("jpg", SAID)) + store(delayed=1536)}))
    inline = (
        struct.pack("<HHI", 0x0F, 0xF004, 0)
        + blip("png", SAID, 2)
        + blip("emf", emf([emf_text("emf@example.no", 0, 0)]))
    )
    data = struct.pack("<IHH", 68 + len(inline), 68, 0x64) + bytes(60) + inline
    main = bytearray(tree["WordDocument"])
    late = blip("png", SAID)
    main[1536 : 1536 + len(late)] = late
    result = read(compound({**tree, "WordDocument": bytes(main), "Data": data}), "a.doc")
    for name in ("picture 1.jpg", "picture 2.png", "picture 3.png"):
        assert "bilde@example.no" in result.text(f"a.doc!{name}"), name
    assert "emf@example.no" in result.text("a.doc!picture 4.emf") and result.problems == []


def test_pictures_that_are_not_found_are_told(read: Any) -> None:
    assert read(doc(Doc({"body": "\x01\r"})), "a.doc").codes == [("a.doc", "unsupported")]
    old_one = compound({"WordDocument": old("\x01 tekst@example.no", "cp1252")})
    assert read(old_one, "b.doc").codes == [("b.doc", "unsupported")]


# before Word 97


@pytest.mark.parametrize(("ident", "version"), [(0xA5DC, 101), (0xA5DC, 104)])
def test_word_6_and_95(read: Any, ident: int, version: int) -> None:
    data = compound(
        {"WordDocument": old(BODY.replace("日本", "x"), "cp1252", ident, version), **properties("Forfatter")}
    )
    result = read(data, "a.doc")
    assert line_of(result, "a.doc", "", "kropp@example.no") == 2
    assert parts(result, "a.doc")["properties: creator"] == "Forfatter"


def test_word_2(read: Any) -> None:
    data = bytearray(old("Blåbær\rto@example.no\r", "cp1252", 0xA5DB, 45))
    result = read(bytes(data), "a.doc")
    assert parts(result, "a.doc")[""] == "Blåbær\nto@example.no\n" and result.problems == []


@pytest.mark.parametrize(
    ("fonts", "runs", "expected"),
    [
        ([(0, "Arial"), (204, "Arial")], [("Blå ", 0), ("Привет ", 1), ("bær", 0)], "Blå Привет bær"),
        ([(0, "Arial"), (238, "Arial")], [("před ", 1), ("blå", 0)], "před blå"),
        ([(204, "Arial Cyr"), (0, "Arial")], [("Привет ", 0), ("blå", 1)], "Привет blå"),
    ],
)
def test_fonts_say_the_encoding_of_old_text(
    read: Any, fonts: list[tuple[int, str]], runs: list[tuple[str, int]], expected: str
) -> None:
    data = compound({"WordDocument": old("", "cp1252", fonts=fonts, runs=runs, language=0x0409)})
    assert parts(read(data, "a.doc"), "a.doc")[""] == expected


def test_the_language_says_it_where_no_font_does(read: Any) -> None:
    data = compound({"WordDocument": old("Привет", "cp1251", language=0x0419)})
    assert parts(read(data, "a.doc"), "a.doc")[""] == "Привет"


# what a `.doc` may be


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"{\\rtf1 kari@example.no}", "application/rtf"),
        (b"<html><body>kari@example.no</body></html>", "text/html"),
        (b'<?xml version="1.0"?><w:wordDocument xmlns:w="x"><w:t>kari@example.no</w:t></w:wordDocument>',
         "application/xml"),
        (b"Bare tekst til kari@example.no\n", "text/plain"),
    ],
)  # fmt: skip
def test_a_document_is_what_its_content_says(read: Any, data: bytes, kind: str) -> None:
    result = read(data, "a.doc")
    assert result.done["a.doc"].media_type == kind and "kari@example.no" in result.all_text


def test_no_mutant_of_scrambled_or_old_files_goes_astray(read: Any) -> None:
    scrambled = Doc(STORIES, HEADINGS, TABLES, piece_chars=7, scramble=True)
    none_goes_astray(read, doc(scrambled), "b.doc", 200)
    none_goes_astray(read, old(BODY.replace("日本", ""), "cp1252", 0xA5DB, 45), "c.doc", 100)


# files of other programs


def test_a_document_of_libreoffice_is_read(read: Any) -> None:
    result = read((SAMPLES / "brev.doc").read_bytes(), "brev.doc")
    found = parts(result, "brev.doc")
    lines = found[""].splitlines()
    assert lines[0] == "Første linje æøå" and lines[1].startswith("Andre linje kropp@example.no")
    assert lines[4:6] == ["Navn\t\tE-post\t", "Bjørn\tÅs\tbjorn@example.no\t"]
    assert "mailto:lenke@example.no" in lines[2] and "日本 Привет" in lines[2]
    for part, value in {
        "footnotes": "fotnote@example.no", "endnotes": "sluttnote@example.no", "comments": "merknad@example.no",
        "comments: names": "Kommentator Åse", "header": "topptekst@example.no", "footer": "bunntekst@example.no",
        "text boxes": "tekstboks@example.no", "properties: creator": "Forfatter Åse",
        "properties: custom": "Kunde: egenskap@example.no",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert result.problems == []


@pytest.mark.parametrize("tool", ["antiword", "catdoc"])
def test_other_readers_find_no_address_that_is_not_found_here(read: Any, tool: str) -> None:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed")
    data = (SAMPLES / "brev.doc").read_bytes()
    said = subprocess.run([program, SAMPLES / "brev.doc"], capture_output=True, timeout=60).stdout
    words = set(re.findall(r"[a-z]+@example\.no", said.decode("utf-8", "replace")))
    text = read(data, "a.doc").all_text
    assert len(words) >= 4 and not {word for word in words if word not in text}
