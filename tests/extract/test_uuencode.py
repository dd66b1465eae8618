"""Files in text by uuencode: each comes out as a member, whatever it stands in; the text around keeps its lines."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.extract.uuencode import TRANSFER_ENCODINGS
from pii_scan.model import LineOrigin

TABLE = "navn;epost\nKåre Eksempel;kare@example.no\n".encode()
HEAD = b"From: ola@example.no\nTo: kari@example.no\nSubject: liste\n"


def uuencoded(data: bytes, name: str = "liste.csv", *, zero: bytes = b"`", strip: bool = False) -> bytes:
    lines = [binascii.b2a_uu(data[at : at + 45]).rstrip(b"\n") for at in range(0, len(data), 45)]
    if strip:
        lines = [line.rstrip(b" ") for line in lines]
    return b"begin 644 %s\n%s\n%s\nend\n" % (name.encode(), b"\n".join(lines), zero)


@pytest.mark.parametrize("zero", [b"`", b" ", b""])
@pytest.mark.parametrize("before", [b"", b"Hei\n\n", HEAD + b"\nSe vedlegg.\n\n"])
def test_a_file_in_text_or_mail_is_a_member(read: Any, before: bytes, zero: bytes) -> None:
    result = read(before + uuencoded(TABLE, zero=zero) + b"Hilsen ola@example.com\n", "x")
    assert "kare@example.no" in result.text("x!liste.csv")
    assert "Hilsen ola@example.com" in result.text("x")
    assert not result.problems


@pytest.mark.parametrize("encoding", sorted(TRANSFER_ENCODINGS))
def test_mail_names_the_encoding_in_many_ways(read: Any, encoding: str) -> None:
    kind = b'Content-Type: application/octet-stream; name="liste.csv"\n'
    data = HEAD + kind + b"Content-Transfer-Encoding: %s\n\n" % encoding.encode() + uuencoded(TABLE)
    result = read(data, "x.eml")
    assert "kare@example.no" in result.text("x.eml!liste.csv")
    assert not result.problems


def test_the_base64_kind_is_read(read: Any) -> None:
    data = b"begin-base64 644 liste.csv\n" + base64.encodebytes(TABLE) + b"====\nHilsen Ola\n"
    result = read(data, "x.uu")
    assert "kare@example.no" in result.text("x.uu!liste.csv")
    assert "Hilsen Ola" in result.text("x.uu")


def test_lines_after_a_file_keep_their_numbers(read: Any) -> None:
    data = b"Hei\n" + uuencoded(TABLE) + b"Hilsen ola@example.com\n"
    result = read(data, "x.uu")
    texts = [item.batch for item in result.batches if item.ref.display == "x.uu"]
    assert all(isinstance(batch.origin, LineOrigin) for batch in texts)
    lines = "".join(batch.texts[0].as_py() for batch in texts).split("\n")
    assert lines.index("Hilsen ola@example.com") == data.decode().split("\n").index("Hilsen ola@example.com")


def test_a_file_without_an_end_is_read_and_said_to_be_cut(read: Any) -> None:
    result = read(uuencoded(TABLE)[:-6] + b"Her er vanlig tekst igjen\n", "x.uu")
    assert "kare@example.no" in result.text("x.uu!liste.csv")
    assert "Her er vanlig tekst igjen" in result.text("x.uu")
    assert result.codes == [("x.uu", "truncated")]


def test_text_that_only_begins_alike_stays_text(read: Any) -> None:
    text = b"Vi begynner:\nbegin 100 ganger til\nog skriv til ola@example.no\n"
    result = read(text, "x.txt")
    assert "ola@example.no" in result.text("x.txt")
    assert list(result.done) == ["x.txt"]


@given(st.binary(min_size=1, max_size=500), st.booleans())
def test_any_bytes_come_back(data: bytes, strip: bool) -> None:
    import io

    from pii_scan.extract.limits import MemberNames
    from pii_scan.extract.uuencode import separate
    from pii_scan.model import Document, DocumentRef, Limits

    pieces = separate(io.BytesIO(uuencoded(data, strip=strip)), DocumentRef("t", "x"), MemberNames(), Limits())
    found = [piece.content.read() for piece in pieces if isinstance(piece, Document)]
    assert found == [data]
