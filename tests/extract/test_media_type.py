from __future__ import annotations

import io
import sqlite3
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import signatures
from pii_scan.extract.media_type import identify
from pii_scan.model import Document, DocumentRef

TYPES = b'<?xml version="1.0"?><Types><Override PartName="/m.xml" ContentType="application/vnd.%s+xml"/></Types>'
OPEN_XML = "openxmlformats-officedocument."


def kind(data: bytes, name: str = "x") -> str:
    document = Document(DocumentRef("data", name, None, len(data)), io.BytesIO(data))
    found = identify(document)
    assert document.content.tell() == 0
    return found


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def compound(*names: str) -> bytes:
    """A minimal OLE file: one FAT sector, one directory sector of 512 bytes for each four names."""
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2) + bytes(62) for name in names
    )
    sectors = [entries[at : at + 512].ljust(512, b"\0") for at in range(0, len(entries), 512)]
    chain = [0xFFFFFFFD, *range(2, len(sectors) + 1), 0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header = header.ljust(44, b"\0") + struct.pack("<II", 1, 1)
    header = header.ljust(76, b"\0") + struct.pack("<I", 0) + b"\xff" * (4 * 108)
    return header + fat + b"".join(sectors)


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        (OPEN_XML + "wordprocessingml.document.main", signatures.DOCX),
        (OPEN_XML + "wordprocessingml.template.main", signatures.DOCX),
        ("ms-word.document.macroEnabled.main", signatures.DOCX),
        (OPEN_XML + "spreadsheetml.sheet.main", signatures.XLSX),
        ("ms-excel.sheet.macroEnabled.main", signatures.XLSX),
        (OPEN_XML + "presentationml.slideshow.main", signatures.PPTX),
        ("ms-powerpoint.presentation.macroEnabled.main", signatures.PPTX),
        ("ms-visio.drawing.main", "application/vnd.ms-visio.drawing"),
    ],
)
def test_office_families_by_their_main_part(main: str, expected: str) -> None:
    data = zipped({"m.xml": b"<a/>", "[Content_Types].xml": TYPES % main.encode()})
    assert kind(data, "bilde.png") == expected


def test_xlsb_is_not_taken_for_xlsx() -> None:
    types = b'<Types><Override ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    assert kind(zipped({"[Content_Types].xml": types})) == signatures.XLSB


def test_open_document_by_its_mimetype() -> None:
    odf = "application/vnd.oasis.opendocument."
    assert kind(zipped({"mimetype": (odf + "text").encode()})) == odf + "text"
    assert kind(zipped({"mimetype": (odf + "spreadsheet-template").encode()})) == odf + "spreadsheet"
    assert kind(zipped({"mimetype": (odf + "formula").encode()})) == odf + "other"
    assert kind(zipped({"mimetype": b"application/epub+zip"})) == "application/zip"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Root Entry", "EncryptionInfo", "EncryptedPackage"), signatures.ENCRYPTED_OFFICE),
        (("Root Entry", "1Table", "a", "b", "c", "WordDocument"), "application/msword"),
        (("Root Entry", "Workbook"), "application/vnd.ms-excel"),
        (("Root Entry", "PowerPoint Document"), "application/vnd.ms-powerpoint"),
        (("Root Entry", "__properties_version1.0"), "application/vnd.ms-outlook"),
        (("Root Entry", "noe"), signatures.OLE),
    ],
)
def test_ole_files_by_their_streams(names: tuple[str, ...], expected: str) -> None:
    assert kind(compound(*names), "x.txt") == expected


def test_an_ole_chain_in_a_circle_ends() -> None:
    data = bytearray(compound("Root Entry"))
    struct.pack_into("<I", data, 512 + 4, 1)
    assert kind(bytes(data)) == signatures.OLE


TEXTS = [
    ("", "x", "text/plain"),
    ("Hei, dette er et notat.\nKari", "x.pdf", "text/plain"),
    ("Tekst om %PDF-1.4 i starten", "x", "text/plain"),
    ("BZhang skrev dette\n", "x", "text/plain"),
    ("ORCHIDE og PAR1 er ord\n", "x", "text/plain"),
    ("MZ er initialene\n", "x", "text/plain"),
    ("ID3 er bilen\n", "x", "text/plain"),
    ("<34>Oct 11 22:14:15 host su: failed\n", "x.log", "text/plain"),
    ("<ola> hei\n<kari> hallo\n", "irc.log", "text/plain"),
    ("[2026-01-01 12:00:01] start\n[2026-01-01 12:00:02] slutt\n", "x.log", "text/plain"),
    ("[seksjon]\nnavn=verdi\n", "x.ini", "text/plain"),
    ("[1] fotnote\n", "x", "text/plain"),
    ("{ikke json}\n", "x", "text/plain"),
    ("<!DOCTYPE html><p>Hei", "x", "text/html"),
    ("<!-- k --><HTML><body>", "x.txt", "text/html"),
    ('<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">', "x", "text/html"),
    ('<?xml version="1.0"?><liste/>', "x.txt", "application/xml"),
    ("<liste><navn>Ola</navn></liste>\n", "x", "application/xml"),
    ('<svg xmlns="http://www.w3.org/2000/svg"><text>Ola</text></svg>', "x", "image/svg+xml"),
    ('{"navn": "Ola"}', "x", "application/json"),
    ("[1, 2, 3]", "x", "application/json"),
    ('"bare en streng"', "x.json", "text/plain"),
    ('{"a": 1}\n{"a": 2}\n', "x", "application/x-ndjson"),
    ('{"a": 1,', "x", "application/json"),
    ("From: a@example.no\nTo: b@example.no\nSubject: x\n\nHei", "x", "message/rfc822"),
    ("Received: from a\n\tby b\nX-Noe: 1\nDate: i dag\n\nHei", "x", "message/rfc822"),
    ("Subject: x\nNoe: 1\n\nHei", "x.eml", "message/rfc822"),
    ("Navn: Ola\nTo: to\n\nHei", "x", "text/plain"),
    ("123\nFrom: a@example.no\nTo: b@example.no\n\nHei\n", "x.emlx", "message/rfc822"),
    ("From a@example.no Mon Jan 1 00:00:00 2026\nFrom: a@example.no\nTo: b\n\nHei\n", "x", "application/mbox"),
    ("navn;epost\nOla;ola@example.no\nKari;kari@example.no\n", "x.csv", "text/csv"),
    ("{\\rtf1\\ansi Hei}", "x.doc", "application/rtf"),
    ("-----BEGIN PGP MESSAGE-----\n\nabc\n", "x", "application/pgp-encrypted"),
]


@pytest.mark.parametrize(("text", "name", "expected"), TEXTS)
def test_text_formats(text: str, name: str, expected: str) -> None:
    assert kind(text.encode(), name) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("text", ["Blåbærsyltetøy på brød\n" * 4, '<?xml version="1.0"?><liste>blåbær</liste>'])
def test_wide_encodings_are_text(text: str, encoding: str) -> None:
    assert kind(text.encode(encoding)) == ("application/xml" if text.startswith("<") else "text/plain")


@pytest.mark.parametrize("encoding", ["cp1252", "cp865", "mac-roman", "iso-8859-15"])
def test_legacy_encodings_are_text(encoding: str) -> None:
    assert kind(("Blåbærsyltetøy på brød, sa Åse\n" * 4).encode(encoding), "x.bin") == "text/plain"


def test_text_padded_with_nul_is_text() -> None:
    assert kind(b"en linje i en logg\n" * 50 + bytes(200)) == "text/plain"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"junk\x00\x01\x02\n%PDF-1.7\n" + bytes(range(256)), "application/pdf"),
        (b"%PDF-1.4\n%text only", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "image/heic"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(50), "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt " + bytes(50), "audio/wav"),
        (b"\0\0\0\x18ftypisom" + bytes(50), "video/mp4"),
        (b"BM" + struct.pack("<IIII", 100, 0, 54, 40) + bytes(50), "image/bmp"),
        (b"!BDN" + bytes(range(100)), "application/vnd.ms-outlook-pst"),
        (b"PAR1" + bytes(range(100)), "application/vnd.apache.parquet"),
        (b"ARROW1\0\0" + bytes(50), "application/vnd.apache.arrow.file"),
        (b"\xff\xff\xff\xff\xa8\0\0\0\x10\0\0\0" + bytes(50), "application/vnd.apache.arrow.stream"),
        (b"Obj\x01" + bytes(range(50)), "application/avro"),
        (b"ORC" + bytes(range(50)), "application/vnd.apache.orc"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        (b"\x28\xb5\x2f\xfd" + bytes(50), "application/zstd"),
        (b"MZ\x90\0" + bytes(100), "application/x-executable"),
        (b"\x7fELF" + bytes(50), "application/x-executable"),
        (b"\xca\xfe\xba\xbe" + bytes(50), "application/java-vm"),
        (b"\xa7\r\r\n" + bytes(50), "application/x-python-bytecode"),
        (b"wOF2" + bytes(50), "font/woff"),
        (b"\x78\x9f\x3e\x22" + bytes(50), "application/vnd.ms-tnef"),
        (b"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" + bytes(50), "application/cms-enveloped"),
        (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + bytes(50), "application/cms-signature"),
        (bytes(range(256)) * 10, "application/octet-stream"),
        (bytes(5000), "application/octet-stream"),
    ],
)
def test_binary_formats(data: bytes, expected: str) -> None:
    assert kind(data, "x.txt") == expected


def test_a_database_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with sqlite3.connect(path) as connection:
        connection.execute("create table a (b)")
    connection.close()
    assert kind(path.read_bytes()) == "application/vnd.sqlite3"


def test_every_signature_is_known_to_somebody() -> None:
    from pii_scan.extract.dispatch import READERS

    for _, _, media_type in signatures.SIGNATURES:
        known = media_type in READERS or media_type in signatures.NOT_READ or media_type in signatures.ENCRYPTED
        assert known or media_type.split("/")[0] in ("image", "audio", "video", "font"), media_type


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["", "x.json", "x.csv", "x.eml", "x.html"]))
def test_any_bytes_have_a_type(data: bytes, name: str) -> None:
    assert "/" in kind(data, name)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([signature for _, signature, _ in signatures.SIGNATURES]), st.binary(max_size=700))
def test_any_bytes_after_a_signature_have_a_type(signature: bytes, rest: bytes) -> None:
    assert "/" in kind(signature + rest)


@pytest.mark.parametrize("text", ["a\n", "Ola", "漢字かな交じり文\n" * 5, "Åse\n" * 3])
def test_short_and_foreign_wide_text_is_text_and_a_false_mark_is_not(text: str) -> None:
    assert kind(text.encode("utf-16")) == "text/plain"
    assert kind(b"\xff\xfe\nkari@example.no, ola@example.no\n") == "application/octet-stream"
