"""RTF: text in every encoding at its line, every part, property and object; HTML that became RTF turned back."""

from __future__ import annotations

import shutil
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from extract.found import line_of, none_goes_astray, parts
from extract.metafile_made import wmf
from extract.ole_made import compound, ole1, packed
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.extract.rtf_compression import decompress, expand
from pii_scan.model import Limits

FONTS = (
    r"{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fnil\fcharset204 Arial Cyr;}{\f2\fnil\fcharset128 MS Mincho;}"
    r"{\f3\fnil\fcharset238 Arial CE;}{\f4\fmodern\cpg65001 Noto;}}"
)


def rtf(body: str, head: str = r"\ansi\ansicpg1252\deff0" + FONTS) -> bytes:
    return ("{\\rtf1" + head + "\n" + body + "}").encode("latin-1")


def text(read: Any, body: str, **head: str) -> str:
    return parts(read(rtf(body, **head), "a.rtf"), "a.rtf").get("", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"Bl\'e5b\'e6r og \'d8l", "Blåbær og Øl"),
        (r"\u229?\u230\'e6", "åæ"),
        (r"{\uc0\u229\u230}x", "åæx"),
        (r"\uc2\u229\'e5\'e5x", "åx"),
        (r"\u-10179\u-8704 ?x", "\U0001f600x"),
        (r"\u55357?\u56832?", "\U0001f600"),
        (r"\f1 \'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"{\f1 \'cf}\'e5", "Пå"),
        (r"\f2 \'93\'fa\'96\'7b", "日本"),
        (r"\f2 \'83\'5c\'83A", "ソア"),
        (r"\f3 p\'f8ed", "před"),
        ("\\f4 bl\u00c3\u00a5", "blå"),
        ("r\xe5", "rå"),
        (r"a\~b\_c\-d", "a b-cd"),
        (r"\{klammer\} og \\", "{klammer} og \\"),
        (r"\lquote a\rquote  \endash  b\emdash\ldblquote c\rdblquote", "\u2018a\u2019 \u2013 b\u2014\u201cc\u201d"),
        (r"en\par to\line tre\tab fire", "en\nto\ntre\tfire"),
        (r"\trowd a\cell b\cell\row c\cell\row", "a\tb\t\nc\t\n"),
        ("delt\r\nlinje", "deltlinje"),
        (r"{\*\ukjent\x1 {gjemt}}synlig", "synlig"),
        (r"{\deleted slettet }{\v skjult }vist", "slettet skjult vist"),
        (r"{\upr{ansi}{\*\ud{un\u305?code}}}", "unıcode"),
    ],
)
def test_text_is_decoded(read: Any, body: str, expected: str) -> None:
    assert text(read, body).strip("\n") == expected.strip("\n")


@pytest.mark.parametrize(
    ("head", "raw", "expected"),
    [
        (r"\mac", r"bl\'8cb\'ber", "blåbær"),
        (r"\pc", r"bl\'86", "blå"),
        (r"\ansi\ansicpg1251", r"\'e4\'e0", "да"),
        (r"\ansi\deff3" + FONTS, r"p\'f8ed", "před"),
        ("", "r\xe5", "rå"),
    ],
)
def test_the_encoding_is_that_of_the_document_where_no_font_says(read: Any, head: str, raw: str, expected: str) -> None:
    assert text(read, raw, head=head).strip() == expected


def test_each_paragraph_is_a_line(read: Any) -> None:
    result = read(rtf(r"en\par to\par kari@example.no\par"), "a.rtf")
    assert line_of(result, "a.rtf", "", "kari@example.no") == 3


EVERYTHING = rtf(
    r"{\info{\title Tittel}{\author Kari Nordmann}{\operator Per}{\*\company Firma AS}{\doccomm k@example.no}"
    r"{\creatim\yr2020}}{\*\userprops{\propname Kunde}\proptype30{\staticval kunde@example.no}}"
    r"{\*\revtbl{Ukjent;}{Endre Retter;}}{\*\docvar{Mottaker}{variabel@example.no}}"
    r"{\header hode@example.no\par}{\footerf bunn@example.no\par}"
    r"Br\'f8d{\footnote\pard fot@example.no}{\footnote\ftnalt slutt@example.no}"
    r"{\*\atnid KN}{\*\atnauthor Kommentator}\chatn{\*\annotation{\*\atnref 1}merk@example.no}"
    r'{\field{\*\fldinst{HYPERLINK "mailto:lenke@example.no"}}{\fldrslt{skriv}}}'
    r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv alt@example.no}}{\sp{\sn pWrapPolygonVertices}{\sv 8;1;(1,2)}}"
    r"{\shptxt boks@example.no\par}}}{\pict{\*\picprop{\sp{\sn wzDescription}{\sv bilde@example.no}}}\pngblip 89504e}"
    r"{\*\bkmkstart merke}{\*\bkmkend merke}{\*\formfield{\*\ffname Felt}{\*\ffdeftext felt@example.no}}"
    r"{\*\nytt{ukjent@example.no}}slutten\par"
)  # fmt: skip


def test_every_part_comes_out_under_its_name(read: Any) -> None:
    result = read(EVERYTHING, "a.rtf")
    found = parts(result, "a.rtf")
    assert result.problems == []
    for part, value in {
        "properties: title": "Tittel", "properties: creator": "Kari Nordmann", "properties: lastModifiedBy": "Per",
        "properties: Company": "Firma AS", "properties: description": "k@example.no",
        "properties: custom": "Kunde: kunde@example.no", "authors of changes": "Endre Retter",
        "document variables": "Mottaker variabel@example.no", "header": "hode@example.no", "footer": "bunn@example.no",
        "footnotes": "fot@example.no", "endnotes": "slutt@example.no", "comments": "merk@example.no",
        "drawings": "alt@example.no", "text boxes": "boks@example.no", "bookmarks": "merke",
        "form fields": "Felt felt@example.no", "other text": "ukjent@example.no",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert "Kommentator" in found["comments"] and "bilde@example.no" in found["drawings"]
    assert found[""].splitlines()[0].startswith("Brød") and "mailto:lenke@example.no" in found[""]
    assert found[""].rstrip().endswith("slutten")
    assert "8;1" not in result.all_text and "89504e" not in result.all_text


def test_texts_of_tables_of_the_format_are_left_out(read: Any) -> None:
    body = (
        r"{\stylesheet{\s0 Normal stil;}{\*\cs10 Tegnstil;}}{\*\listtable{\list{\listname Liste;}}}{\colortbl;\red0;}"
        r"{\*\themedata 504b0304}tekst"
    )
    assert text(read, body).strip() == "tekst"


def test_a_destination_outside_of_a_group_does_not_swallow_the_text(read: Any) -> None:
    result = read(rtf(r"\colortbl\red0;\stylesheet tekst kari@example.no"), "a.rtf")
    assert "kari@example.no" in parts(result, "a.rtf")[""]


def hexed(data: bytes) -> str:
    return "\n".join(data.hex()[at : at + 100] for at in range(0, 2 * len(data), 100))


@pytest.mark.parametrize("as_binary", [False, True])
def test_embedded_objects_are_members(read: Any, as_binary: bool) -> None:
    csv = b"navn;epost\nKari;objekt@example.no\n"
    native = packed("liste.csv", csv)[4:]
    objects = [ole1("Package", native), ole1("Word.Document.8", compound({"\x01Ole10Native": packed("b.csv", csv)}))]
    body = b""
    for data in objects:
        raw = b"\\bin%d " % len(data) + data if as_binary else hexed(data).encode()
        body += b"{\\object\\objemb{\\*\\objclass Klasse}{\\*\\objdata " + raw + b"}{\\result bilde}}"
    result = read(b"{\\rtf1\\ansi " + body + b"etter}", "a.rtf")
    assert "objekt@example.no" in result.text("a.rtf!liste.csv")
    assert "objekt@example.no" in result.text("a.rtf!Klasse!b.csv")
    assert "C:\\Delt\\liste.csv" in parts(result, "a.rtf")["objects"]
    assert "etter" in parts(result, "a.rtf")[""] and result.problems == []


def test_linked_objects_name_what_they_link(read: Any) -> None:
    data = hexed(ole1("Excel.Sheet.8", b"", "C:\\Brukere\\kari.nordmann\\bok.xls", kind=1))
    result = read(rtf(r"{\object\objlink{\*\objdata " + data + "}}"), "a.rtf")
    assert "kari.nordmann" in parts(result, "a.rtf")["objects"]


HTML = (
    r"\ansi\ansicpg1252\fromhtml1 \deff0" + FONTS + "\n"
    r"{\*\htmltag64 <html><body>}{\*\htmltag64 <p title='t\'e6tt@example.no'>}\htmlrtf \par \htmlrtf0 Hei \'e5 "
    r"{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0 {\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 kari@example.no"
    r"{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 {\*\htmltag72 </p>}{\*\mhtmltag64 <a href='kopi@example.no'>}"
    r"{\*\htmltag64 <a href='mailto:lenke@example.no'>}lenke{\*\htmltag72 </a>}"
)  # fmt: skip


def test_html_that_became_rtf_is_html_again(read: Any) -> None:
    result = read(rtf("", head=HTML), "a.rtf")
    assert "Hei å &kari@example.no" in result.text("a.rtf")
    assert "tætt@example.no" in result.all_text and "mailto:lenke@example.no" in result.all_text
    assert result.all_text.count("kari@example.no") == 1 and "kopi@example.no" not in result.all_text
    assert result.problems == []


def test_an_end_that_is_missing_is_told(read: Any) -> None:
    result = read(rtf("tekst kari@example.no {gruppe")[:-1], "a.rtf")
    assert "kari@example.no" in result.all_text and result.codes == [("a.rtf", "truncated")]


def test_binary_data_beyond_the_end_are_told(read: Any) -> None:
    result = read(rtf(r"{\pict\bin999999999 abc} kari@example.no"), "a.rtf")
    assert ("a.rtf", "truncated") in result.codes


def test_nesting_without_end_is_told_and_quick(read: Any) -> None:
    began = time.monotonic()
    result = read(b"{\\rtf1 " + b"{" * 300_000 + b"kari@example.no", "a.rtf")
    assert "kari@example.no" in result.all_text and ("a.rtf", "limit") in result.codes
    assert time.monotonic() - began < 10


def test_escapes_without_end_are_quick(read: Any) -> None:
    began = time.monotonic()
    result = read(b"{\\rtf1 " + b"\\'e5" * 400_000 + b" kari@example.no}", "a.rtf")
    assert "å kari@example.no" in result.all_text and result.problems == []
    assert time.monotonic() - began < 20


def test_an_object_larger_than_a_member_may_be_is_a_limit(read: Any) -> None:
    body = r"foran@example.no\par {\object{\*\objdata " + "00" * 5000 + "}}"
    result = read(rtf(body), "a.rtf", Limits(max_member_bytes=1000))
    assert "foran@example.no" in result.all_text and ("a.rtf", "limit") in result.codes


def test_pictures_are_members(read: Any) -> None:
    said = b"bilde@example.no tekst"
    picture = (
        r"{\*\shppict{\pict{\*\picprop{\sp{\sn wzDescription}{\sv alt@example.no}}}\bliptag1\pngblip "
        + said.hex()
        + "}}"
    )
    result = read(
        rtf(r"foran {\pict\jpegblip\bin22 " + said.decode() + "}" + picture + r"{\nonshppict{\pict 00}} etter"), "a.rtf"
    )
    assert "bilde@example.no" in result.text("a.rtf!picture 1.jpg")
    assert "bilde@example.no" in result.text("a.rtf!picture 2.png")
    assert parts(result, "a.rtf")["drawings"].strip() == "alt@example.no"
    assert parts(result, "a.rtf")[""].split() == ["foran", "etter"] and result.problems == []


def test_a_metafile_without_a_head_of_its_own_is_known_by_its_word(read: Any) -> None:
    result = read(rtf(r"{\pict\wmetafile8 " + wmf([("meta@example.no", 10, 10)]).hex() + "}"), "a.rtf")
    assert "meta@example.no" in result.text("a.rtf!picture 1.wmf") and result.problems == []


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_written_as_unicode_comes_back(read: Any, value: str) -> None:
    units = value.encode("utf-16-le")
    codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
    body = "".join(f"\\u{code - 65536 if code > 32767 else code}?" for code in codes)
    assert text(read, body + r"\par slutt").removesuffix("\nslutt") == value.removesuffix("\nslutt")


@pytest.mark.parametrize("block", [1, 7, 64])
def test_blocks_are_cut_anywhere(read: Any, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(EVERYTHING, "a.rtf").all_text
    monkeypatch.setattr("pii_scan.extract.rtf_tokens._BLOCK", block)
    monkeypatch.setattr("pii_scan.extract.rtf_tokens._HOLD", 40)
    assert read(EVERYTHING, "a.rtf").all_text == whole


def test_no_mutant_of_html_in_rtf_goes_astray(read: Any) -> None:
    none_goes_astray(read, rtf("", head=HTML), "b.rtf")


# compressed RTF

EXAMPLE = bytes.fromhex(  # [MS-OXRTFCP] 3.1.1
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)  # fmt: skip
CROSSED = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")  # 3.1.2


def test_the_examples_of_the_standard() -> None:
    assert decompress(EXAMPLE, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(CROSSED, 1000) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def literal(data: bytes) -> bytes:
    """Compressed RTF of literals only, with the wrong checksum."""
    tokens = b"".join(b"\0" + data[at : at + 8] for at in range(0, len(data) // 8 * 8, 8))
    rest = data[len(data) // 8 * 8 :]
    place = (207 + len(data)) % 4096
    tokens += bytes([1 << len(rest)]) + rest + bytes([place >> 4, (place & 15) << 4])
    head = (len(tokens) + 12).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + b"LZFu" + b"\xff\xff\xff\xff" + tokens


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=9000))
def test_literals_come_back_whatever_the_checksum(data: bytes) -> None:
    assert decompress(literal(data), 10_000) == data


def test_uncompressed_rtf_is_taken_as_it_is() -> None:
    data = b"{\\rtf1 hei}"
    head = (len(data) + 12).to_bytes(4, "little") + len(data).to_bytes(4, "little") + b"MELA" + bytes(4)
    assert decompress(head + data, 100) == data
    assert expand(head + data[:5], 100)[0] == data[:5] and expand(head + data[:5], 100)[1] is not None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (EXAMPLE[:10], "truncated"),
        (EXAMPLE[:30], "truncated"),
        (EXAMPLE[:8] + b"ZIPP" + EXAMPLE[12:], "corrupt"),
    ],
)
def test_damage_is_told(data: bytes, code: str) -> None:
    with pytest.raises(DocumentError, match=code):
        decompress(data, 1000)


def test_what_is_longer_than_allowed_is_a_limit() -> None:
    out, failure = expand(literal(b"x" * 1000), 100)
    assert out == b"x" * 100 and failure is not None and failure.code == "limit"


def test_a_tool_of_its_own_packs_and_is_unpacked() -> None:
    compressed = pytest.importorskip("compressed_rtf")
    data = b"{\\rtf1\\ansi " + b"Kari Nordmann kari@example.no\\par " * 200 + zlib.compress(b"x" * 300) + b"}"
    assert decompress(compressed.compress(data), 1 << 20) == data


def test_libreoffice_writes_what_is_read(read: Any, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice is not installed")
    source = tmp_path / "kilde.html"
    source.write_text("<html><meta charset=utf-8><body><p>Blåbær</p><p>ola.nordmann@example.no</p><p>日本 Привет</p>")
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profil').as_uri()}", "--headless", "--convert-to",
         "rtf:Rich Text Format", "--outdir", tmp_path, source],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    found = parts(read((tmp_path / "kilde.rtf").read_bytes(), "kilde.rtf"), "kilde.rtf")[""]
    assert [line for line in found.splitlines() if line.strip()] == ["Blåbær", "ola.nordmann@example.no", "日本 Привет"]
