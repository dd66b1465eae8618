"""TNEF: what Outlook put into winmail.dat comes out at its place, attachments and messages within it too."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from extract.found import parts
from extract.msg_made import STRING8, TIME
from extract.ole_made import compound, packed
from extract.test_rtf import literal, rtf
from extract.tnef_made import (
    BINARY,
    INT32,
    MESSAGE_ITEM,
    MULTIPLE,
    OBJECT,
    STORAGE_ITEM,
    STRING,
    attribute,
    properties,
    rows,
    tnef,
)

from pii_scan.model import Limits

ADDRESS = UUID("00062004-0000-0000-C000-000000000046")
CSV = b"navn;epost\nKari;vedlegg@example.no\n"
SUBJECT, CLASS, BODY, DATA, TITLE, START, MORE, PROPERTIES, RECIPIENTS, PAGE = (
    0x8004, 0x8008, 0x800C, 0x800F, 0x8010, 0x9002, 0x9005, 0x9003, 0x9004, 0x9007,
)  # fmt: skip
CP1252 = attribute(PAGE, struct.pack("<II", 1252, 0))


def person(kind: int, name: str, address: str) -> bytes:
    return properties([(0x0C15, INT32, kind), (0x3001, STRING, name), (0x3003, STRING, address)])


def attached(name: str, data: bytes) -> bytes:
    return (
        attribute(START, bytes(14), 2)
        + attribute(TITLE, name.encode("cp1252") + b"\0", 2, 1)
        + attribute(DATA, data, 2)
    )


INNER = tnef(CP1252, attribute(SUBJECT, b"Indre til indre@example.no\0"), attached("dypt.csv", CSV))
EVERYTHING = tnef(
    CP1252,
    attribute(CLASS, b"IPM.Microsoft Mail.Note\0", kind=8),
    attribute(SUBJECT, "Emne på emne@example.no".encode("cp1252") + b"\0", kind=1),
    attribute(0x8000, struct.pack("<HHHH", 4, 40, 9, 24) + b"Avsender\0SMTP:fra@example.no\0"),
    attribute(0x8009, b"<id-1@example.no>\0", kind=1),
    attribute(0x0001, struct.pack("<H", 9) + b"Sjefen\0\0\0" + struct.pack("<H", 22) + b"SMTP:sjef@example.no\0\0"),
    attribute(BODY, "Brødtekst kropp@example.no".encode("cp1252") + b"\0", kind=2),
    attribute(
        PROPERTIES,
        properties(
            [
                (0x1009, BINARY, literal(rtf(r"Bl\'e5 rtf@example.no"))),
                (0x0E1D, STRING, "Kort emne"),
                (0x3A08, STRING8, "68 05 00 22"),
                (0x3A42, TIME, 120_000_000_000_000_000),
                (0x5FF6, STRING | MULTIPLE, ["flere@example.no", "verdier@example.no"]),
            ],
            [(ADDRESS, 0x8083, STRING, "kontakt@example.no"), (ADDRESS, "x-kunde", STRING, "K-118")],
        ),
    ),
    attribute(RECIPIENTS, rows(person(1, "Til Åse", "til@example.no"), person(2, "Kopi", "kopi@example.no"))),
    attached("liste på.csv", CSV),
    attribute(START, bytes(14), 2),
    attribute(MORE, properties([(0x3001, STRING, "Videresendt"), (0x3701, OBJECT, MESSAGE_ITEM + INNER)]), 2),
    attribute(START, bytes(14), 2),
    attribute(
        MORE,
        properties(
            [(0x3707, STRING, "objekt"), (0x3705, INT32, 6),
             (0x3701, OBJECT, STORAGE_ITEM + compound({"\x01Ole10Native": packed("b.csv", CSV)}))]
        ),
        2,
    ),
)  # fmt: skip


def test_everything_comes_out_at_its_place(read: Any) -> None:
    result = read(EVERYTHING, "winmail.dat")
    found = parts(result, "winmail.dat")
    for part, value in {
        "subject": "Emne på emne@example.no", "body": "Brødtekst kropp@example.no", "rtf body": "Blå rtf@example.no",
        "to": "Til Åse <til@example.no>", "cc": "Kopi <kopi@example.no>", "named property from": "fra@example.no",
        "named property message id": "id-1@example.no", "named property sent for": "sjef@example.no",
        "named property 0x8083 e-mail 1 address": "kontakt@example.no", "named property x-kunde": "K-118",
        "property 0x3A08 business phone": "68 05 00 22",
    }.items():  # fmt: skip
        assert value in found[part], part
    several = next(text for part, text in found.items() if "0x5FF6" in part)
    assert "flere@example.no" in several and "verdier@example.no" in several
    assert result.problems == []


def test_attachments_and_what_is_in_them_are_members(read: Any) -> None:
    result = read(EVERYTHING, "winmail.dat")
    assert "vedlegg@example.no" in result.text("winmail.dat!liste på.csv")
    assert "indre@example.no" in parts(result, "winmail.dat!Videresendt")["subject"]
    assert "vedlegg@example.no" in result.text("winmail.dat!Videresendt!dypt.csv")
    assert "vedlegg@example.no" in result.text("winmail.dat!objekt!b.csv")


def test_winmail_in_a_mail_is_read(read: Any) -> None:
    mail = (
        b"From: a@example.no\nTo: b@example.no\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n'
        + base64.encodebytes(EVERYTHING)
        + b"--x--\n"
    )
    result = read(mail, "a.eml")
    assert "vedlegg@example.no" in result.text("a.eml!winmail.dat!liste på.csv")


def test_long_values_are_read_to_their_end(read: Any) -> None:
    body = b"Linje med tekst\r\n" * 80_000 + b"slutt@example.no\0"
    value = "Linje med tekst\r\n" * 80_000 + "lang@example.no"
    data = tnef(CP1252, attribute(BODY, body), attribute(PROPERTIES, properties([(0x0E1D, STRING, value)])))
    text = read(data, "winmail.dat").all_text
    assert "slutt@example.no" in text and "lang@example.no" in text


@pytest.mark.parametrize("page", [1250, 1251, 65001])
def test_8_bit_strings_are_in_the_code_page_of_the_stream(read: Any, page: int) -> None:
    encoding = {65001: "utf-8"}.get(page, f"cp{page}")
    word = "Привет" if page == 1251 else "před"
    data = tnef(attribute(PAGE, struct.pack("<II", page, 0)), attribute(SUBJECT, word.encode(encoding) + b"\0"))
    assert parts(read(data, "winmail.dat"), "winmail.dat")["subject"] == word


def test_damage_is_told_and_the_rest_is_read(read: Any) -> None:
    cut = read(EVERYTHING[: EVERYTHING.index(b"liste p")], "winmail.dat")
    assert ("winmail.dat", "truncated") in cut.codes and "til@example.no" in cut.all_text
    broken = properties([(0x0E1D, STRING, "foran@example.no"), (0x0E1E, STRING, "bak")])
    broken = broken.replace(struct.pack("<HH", STRING, 0x0E1E), struct.pack("<HH", 0x7777, 0x0E1E))
    result = read(tnef(CP1252, attribute(PROPERTIES, broken), attached("b.csv", CSV)), "winmail.dat")
    assert ("winmail.dat", "corrupt") in result.codes
    assert "foran@example.no" in result.all_text and "vedlegg@example.no" in result.all_text


def test_messages_nested_without_end_are_a_limit(read: Any) -> None:
    data = INNER
    for _ in range(14):
        data = tnef(
            attribute(START, bytes(14), 2), attribute(MORE, properties([(0x3701, OBJECT, MESSAGE_ITEM + data)]), 2)
        )
    assert [code for _, code in read(data, "winmail.dat").codes] == ["limit"]
    assert "indre@example.no" in read(data, "winmail.dat", Limits(max_depth=30)).all_text


def test_other_tools_see_the_same_attachments(read: Any, tmp_path: Path) -> None:
    tool = shutil.which("tnef")
    if tool is None:
        pytest.skip("tnef is not installed")
    (tmp_path / "winmail.dat").write_bytes(tnef(CP1252, attached("liste.csv", CSV), attached("to.csv", CSV * 2)))
    subprocess.run([tool, "--directory", tmp_path, tmp_path / "winmail.dat"], check=True, timeout=60)
    theirs = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert theirs == {"liste.csv": CSV, "to.csv": CSV * 2}
