from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import xml, xml_attachments
from pii_scan.extract.limits import PIECE
from pii_scan.model import Document, DocumentRef, Limits

UBL = '<cbc:EmbeddedDocumentBinaryObject mimeCode="{}" filename="{}">{}</cbc:EmbeddedDocumentBinaryObject>'


def found(content: bytes) -> list[tuple[str, bytes]]:
    inner = xml_attachments.members(DocumentRef("t", "faktura.xml"), io.BytesIO(content), Limits())
    return [(document.ref.path, document.content.read()) for document in inner]


def element(data: bytes, name: str = "liste.csv", kind: str = "text/csv") -> str:
    return UBL.format(kind, name, base64.b64encode(data).decode())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=400), max_size=4), st.integers(0, 3000))
def test_each_attachment_comes_out_as_it_was(contents: list[bytes], before: int) -> None:
    written = "".join(element(data, f"{i}.bin") for i, data in enumerate(contents))
    content = f"<Invoice>{' ' * before}{written}<cbc:ID>BinaryObject</cbc:ID></Invoice>".encode()
    assert found(content) == [(f"{i}.bin", data) for i, data in enumerate(contents)]


@pytest.mark.parametrize("shift", range(0, 160, 7))
def test_a_tag_cut_by_the_end_of_a_piece_is_found(shift: int) -> None:
    data = bytes(range(256)) * 700
    content = (" " * (PIECE - shift) + element(data)).encode()
    assert found(content) == [("liste.csv", data)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "&#13;\n", "&#xD;", "&#10;", "\t "])
def test_broken_lines_are_joined(end: str) -> None:
    data = bytes(range(256)) * 9
    shown = base64.b64encode(data).decode()
    lines = end.join(shown[i : i + 76] for i in range(0, len(shown), 76))
    assert found(UBL.format("application/pdf", "a.pdf", end + lines + end).encode()) == [("a.pdf", data)]


def test_names_are_told_apart_and_made_where_there_are_none() -> None:
    content = element(b"a") + element(b"b") + element(b"c", "") + element(b"d", "C:\\Kåre &amp; co\\liste.csv")
    content += "<AttachmentBinaryObject xmlns='x'>ZQ==</AttachmentBinaryObject>"
    names = [name for name, _ in found(content.encode())]
    assert names == ["liste.csv", "liste.csv (2)", "attachment 3.csv", "liste.csv (3)", "attachment 5.bin"]


def test_elements_without_content_and_other_elements_hold_nothing() -> None:
    for content in (element(b""), "<a:Other mimeCode='x/y'>aGVp</a:Other>", "<EmbeddedDocumentBinaryObject>aGVp<"):
        assert found(content.encode()) == []


def test_the_invoice_is_read_and_its_attachment_is_a_member() -> None:
    content = f"<Invoice><Name>Kari</Name>{element(b'Navn;Tlf')}</Invoice>".encode()
    read = list(xml.extract(Document(DocumentRef("t", "faktura.xml"), io.BytesIO(content)), Limits()))
    inner = [item for item in read if isinstance(item, Document)]
    assert [item.ref.display for item in inner] == ["faktura.xml!liste.csv"]
    assert len(read) > 1
