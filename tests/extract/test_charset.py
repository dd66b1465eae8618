from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.extract import charset

NORWEGIAN = [
    "Blåbærsyltetøy på Ørje, Ås og Ålesund. Søknad fra Kåre Ødegård.",
    "Navn;Adresse\nKari Nordmann;Tromsøgata 1\nPer Hansen;Åsveien 2\n",
    "Vår ref.: Håkon Sæther",
    "STRØM PÅ HØYLANDET; KÅRE; BÆRUM",
    "Møte med André på kafé i Tromsø",
]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "cp865", "cp850", "mac-roman", "iso8859-15"])
@pytest.mark.parametrize("text", NORWEGIAN)
def test_norwegian_text_is_read_in_the_encoding_it_was_written_in(encoding: str, text: str) -> None:
    raw = text.encode(encoding)
    assert charset.to_utf8(raw, charset.detect(raw)).decode() == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", NORWEGIAN)
def test_wide_text_is_known_without_a_mark(encoding: str, text: str) -> None:
    assert charset.detect(text.encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_decides_and_goes(encoding: str) -> None:
    raw = "blåbær".encode(encoding)
    assert charset.to_utf8(raw, charset.detect(raw)).decode() == "blåbær"


def test_euro_sign_tells_iso_8859_15() -> None:
    assert charset.detect("Pris 100 €, Bodø".encode("iso8859-15")) == "iso8859-15"


def test_typographic_quotes_stay_cp1252() -> None:
    raw = "“Møte” – på tirsdag…".encode("cp1252")
    assert charset.to_utf8(raw, charset.detect(raw)).decode() == "“Møte” – på tirsdag…"


def test_character_cut_at_the_end_of_the_head_is_still_utf8() -> None:
    assert charset.detect("blåbær på".encode()[:-1]) == "utf-8"


def test_stray_legacy_bytes_in_utf8_are_repaired_one_by_one() -> None:
    raw = "blåbær på Ørje og søt\n".encode() * 3 + "Ås".encode("cp1252")
    assert charset.to_utf8(raw, "utf-8").decode().endswith("søt\nÅs")


def test_legacy_block_announced_as_utf8_is_read_as_legacy() -> None:
    assert charset.to_utf8("Tromsø på æ".encode("cp865"), "utf-8").decode() == "Tromsø på æ"


def test_valid_utf8_is_not_copied() -> None:
    raw = "blåbær".encode() * 100
    assert charset.to_utf8(raw, "utf-8") is raw


@pytest.mark.parametrize(
    "name", ["base64", "rot13", "no-such", "idna", "unicode_escape", "", "a\0b", "undefined", "mbcs"]
)
def test_what_is_no_text_encoding_is_not_known(name: str) -> None:
    assert charset.known(name) is None


def test_labels_of_latin1_and_ascii_mean_cp1252() -> None:
    assert {charset.known(name) for name in ("ISO-8859-1", "latin1", "us-ascii", '"windows-1252"')} == {"cp1252"}


def test_declared_wide_encoding_in_plain_bytes_is_not_believed() -> None:
    assert charset.declared_or_detected("utf-16", b"<a>plain</a>") == "utf-8"


@given(st.binary(max_size=400))
def test_any_bytes_become_valid_utf8_without_nul(raw: bytes) -> None:
    for encoding in {charset.detect(raw), "utf-8", "cp1252", "cp865", "shift_jis", "iso2022_jp"}:
        out = charset.to_utf8(raw, encoding)
        out.decode("utf-8")
        assert b"\0" not in out and b"\xff" not in out


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "cp1252", "cp850"]))
def test_no_byte_goes_without_a_trace(raw: bytes, encoding: str) -> None:
    out = charset.to_utf8(raw, encoding).decode()
    if raw.startswith(codecs.BOM_UTF8):
        return
    assert sum(byte not in range(0x80, 0xC0) for byte in raw) <= len(out)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")))
def test_utf8_comes_through(text: str) -> None:
    assert charset.to_utf8(text.encode(), "utf-8") == text.encode()
