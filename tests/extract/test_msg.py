"""Outlook message files: every property, recipient, body and attachment comes out at its place, nested ones too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from extract.found import line_of, parts
from extract.msg_made import BINARY, BOOLEAN, INT32, MULTIPLE, STRING, STRING8, TIME, Message, msg
from extract.ole_made import compound, packed, properties
from extract.test_rtf import HTML, literal, rtf

from pii_scan.extract import dispatch
from pii_scan.model import Limits

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "outlook-samples"
SAMPLES = ("message.msg", "no-attachments.msg")
ADDRESS = UUID("00062004-0000-0000-C000-000000000046")
PUBLIC = UUID("00020329-0000-0000-C000-000000000046")
SUBJECT, BODY, HTML_BODY, RTF_BODY, HEADERS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D
NAME, EMAIL, SMTP, KIND, DATA_NAME, METHOD = 0x3001, 0x3003, 0x39FE, 0x0C15, 0x3707, 0x3705
CSV = b"navn;epost\nKari;vedlegg@example.no\n"
MAIL = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def recipient(kind: int, name: str, address: str) -> list[tuple[int, int, Any]]:
    return [(KIND, INT32, kind), (NAME, STRING, name), (EMAIL, STRING, address), (SMTP, STRING, address)]


INNER = Message(
    [(0x001A, STRING, "IPM.Note"), (SUBJECT, STRING, "Indre"), (BODY, STRING, "Til indre@example.no\r\n")],
    recipients=[recipient(1, "Inger Indre", "inger@example.no")],
    attachments=[([(DATA_NAME, STRING, "dypt.csv"), (METHOD, INT32, 1)], CSV.replace(b"vedlegg", b"dypt"))],
)
MESSAGE = Message(
    [
        (0x001A, STRING, "IPM.Contact"),
        (SUBJECT, STRING, "Emne til emne@example.no"),
        (0x0C1A, STRING, "Avsender Åse"),
        (0x5D01, STRING, "avsender@example.no"),
        (HEADERS, STRING, "From: =?utf-8?Q?=C3=85se?= <hode@example.no>\r\nX-Kunde: kunde@example.no\r\n\r\n"),
        (BODY, STRING, "Første linje\r\nAndre med kropp@example.no\r\n"),
        (HTML_BODY, BINARY, "<p>Blåbær <a href='mailto:html@example.no'>her</a>".encode("iso8859-1")),
        (RTF_BODY, BINARY, literal(rtf(r"Bl\'e5b\'e6r rtf@example.no\par"))),
        (0x3FDE, INT32, 28591),
        (0x3A08, STRING, "68 05 00 11"),
        (0x3A42, TIME, 120_000_000_000_000_000),
        (0x0E1B, BOOLEAN, 1),
        (0x5FF6, STRING | MULTIPLE, ["flere@example.no", "verdier@example.no"]),
        (0x0FFF, BINARY, b"\0\0\0\0SMTP:BINAER@EXAMPLE.NO\0"),
    ],
    [(ADDRESS, 0x8083, STRING, "kontakt@example.no"), (PUBLIC, "x-kundenummer", STRING, "K-117")],
    [recipient(1, "Til Person", "til@example.no"), recipient(3, "Blind Person", "blind@example.no")],
    [
        ([(DATA_NAME, STRING, "liste.csv"), (METHOD, INT32, 1)], CSV),
        ([(NAME, STRING, "Videresendt"), (METHOD, INT32, 5)], INNER),
        ([(NAME, STRING, "tegning"), (METHOD, INT32, 6)], {"\x01Ole10Native": packed("a.csv", CSV)}),
        ([(NAME, STRING, "lenke"), (METHOD, INT32, 2)], None),
    ],
)


@pytest.mark.parametrize("version", [3, 4])
def test_everything_comes_out_at_its_place(read: Any, version: int) -> None:
    result = read(msg(MESSAGE, version), "a.msg")
    found = parts(result, "a.msg")
    for part, value in {
        "subject": "Emne til emne@example.no", "sender name": "Avsender Åse", "sender e-mail": "avsender@example.no",
        "header: From": "Åse <hode@example.no>", "header: X-Kunde": "kunde@example.no", "html body": "Blåbær",
        "rtf body": "Blåbær rtf@example.no", "property 0x3A08 business phone": "68 05 00 11",
        "named property 0x8083 e-mail 1 address": "kontakt@example.no", "named property x-kundenummer": "K-117",
        "to": "Til Person <til@example.no>", "bcc": "Blind Person <blind@example.no>",
    }.items():  # fmt: skip
        assert value in found[part], part
    assert "mailto:html@example.no" in found["html body"] and "BINAER@EXAMPLE.NO" in found["property 0x0FFF entry id"]
    assert "1981-" in next(text for part, text in found.items() if "0x3A42" in part)
    several = next(text for part, text in found.items() if "0x5FF6" in part)
    assert {"flere@example.no", "verdier@example.no"} <= set(several.splitlines())
    assert line_of(result, "a.msg", "body", "kropp@example.no") == 2
    assert result.codes == [("a.msg!lenke", "unsupported")]


def test_attachments_and_what_is_in_them_are_members(read: Any) -> None:
    result = read(msg(MESSAGE), "a.msg")
    assert "vedlegg@example.no" in result.text("a.msg!liste.csv")
    assert "indre@example.no" in parts(result, "a.msg!Videresendt")["body"]
    assert "inger@example.no" in parts(result, "a.msg!Videresendt")["to"]
    assert "dypt@example.no" in result.text("a.msg!Videresendt!dypt.csv")
    assert "vedlegg@example.no" in result.text("a.msg!tegning!a.csv")
    assert result.done["a.msg!Videresendt"].media_type == "application/vnd.ms-outlook-item"


@pytest.mark.parametrize(("page", "encoding"), [(1250, "cp1250"), (1251, "cp1251"), (65001, "utf-8"), (932, "cp932")])
def test_8_bit_strings_are_in_the_code_page_of_the_message(read: Any, page: int, encoding: str) -> None:
    word = {"cp1251": "Привет", "cp932": "日本語"}.get(encoding, "před Žofín")
    message = Message([(SUBJECT, STRING8, word), (BODY, STRING8, f"{word} a@example.no"), (0x3FFD, INT32, page)])
    message.encoding = encoding
    found = parts(read(msg(message), "a.msg"), "a.msg")
    assert found["subject"] == word and found["body"].strip() == f"{word} a@example.no"


def test_html_in_rtf_is_html(read: Any) -> None:
    found = parts(read(msg(Message([(RTF_BODY, BINARY, literal(rtf("", head=HTML)))])), "a.msg"), "a.msg")
    assert "kari@example.no" in found["rtf body"] and "tætt@example.no" in found["rtf body"]


def test_a_long_body_is_read_to_its_end(read: Any) -> None:
    body = "Linje med tekst\r\n" * 100_000 + "slutt@example.no"
    result = read(msg(Message([(BODY, STRING, body)])), "a.msg")
    assert line_of(result, "a.msg", "body", "slutt@example.no") == 100_001 and result.problems == []


def test_what_stands_in_two_types_is_read_twice(read: Any) -> None:
    message = Message([(SUBJECT, STRING8, "åtte@example.no"), (SUBJECT, STRING, "seksten@example.no")])
    text = read(msg(message), "a.msg").text("a.msg")
    assert "åtte@example.no" in text and "seksten@example.no" in text


def test_values_that_no_table_lists_are_read_and_the_lack_is_told(read: Any) -> None:
    data = msg(MESSAGE).replace(
        "__properties_version1.0".encode("utf-16-le"), "__egenskaper_versjon1.0".encode("utf-16-le")
    )
    result = read(data, "a.msg")
    assert result.done["a.msg"].media_type == "application/x-ole-storage"
    inner = Message([(SUBJECT, STRING, "uten@example.no")])
    tree_data = msg(Message(attachments=[([(NAME, STRING, "x"), (METHOD, INT32, 5)], inner)]))
    assert "uten@example.no" in read(tree_data, "b.msg").all_text


def test_document_properties_of_templates_are_read(read: Any) -> None:
    from extract.msg_made import _item, _Names  # a tree to which other streams are added

    names = _Names()
    tree = _item(INNER, names, 32) | properties("Forfatter Åse", "Firma AS") | {"__nameid_version1.0": names.tree()}
    found = parts(read(compound(tree), "mal.oft"), "mal.oft")
    assert found["properties: creator"] == "Forfatter Åse" and found["properties: Company"] == "Firma AS"


def test_messages_nested_without_end_are_a_limit(read: Any) -> None:
    message = Message([(SUBJECT, STRING, "innerst@example.no")])
    for _ in range(14):
        message = Message([(BODY, STRING, "lag")], attachments=[([(NAME, STRING, "m"), (METHOD, INT32, 5)], message)])
    result = read(msg(message), "a.msg")
    assert [code for _, code in result.codes] == ["limit"]
    assert "innerst@example.no" not in result.all_text
    assert "innerst@example.no" in read(msg(message), "a.msg", Limits(max_depth=20)).all_text


def test_a_cut_file_tells_and_gives_the_rest(read: Any) -> None:
    data = msg(MESSAGE)
    result = read(data[: len(data) - 700], "a.msg")
    assert result.problems and "emne@example.no" in result.all_text


def raw_addresses(data: bytes) -> set[str]:
    """Every address in the bytes of a file, 8 or 16 bits to a character, whatever the alignment."""
    wide = (data[start:].decode("utf-16-le", "ignore").encode("utf-8", "ignore") for start in (0, 1))
    return {found.decode().lower() for view in (data, *wide) for found in MAIL.findall(view)}


def shared(name: str) -> bytes:
    if not (SHARED / name).exists():
        pytest.skip("the shared messages are not beside the checkout")
    return (SHARED / name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_address_in_messages_that_others_made_is_found(read: Any, name: str) -> None:
    data = shared(name)
    text = read(data, name).all_text.lower()
    wanted = {address for address in raw_addresses(data) if len(address) > 8}
    assert wanted and not {address for address in wanted if address not in text}


@pytest.mark.parametrize("name", SAMPLES)
def test_another_reader_finds_the_same(read: Any, name: str) -> None:
    oxmsg = pytest.importorskip("oxmsg")
    data = shared(name)
    theirs = oxmsg.Message.load(SHARED / name)
    found = parts(read(data, name), name)
    assert found["subject"] == theirs.subject
    for other in theirs.recipients:
        assert other.email_address in "\n".join(found.get(part, "") for part in ("to", "cc", "bcc"))


def test_a_file_that_is_no_message_is_what_it_is(read: Any) -> None:
    result = read(shared("not-a-MSG-file.msg"), "not-a-MSG-file.msg")
    assert result.done["not-a-MSG-file.msg"].media_type == "image/png"


def test_the_reader_is_the_one_of_the_type() -> None:
    assert dispatch.READERS["application/vnd.ms-outlook"].entry_point == "msg:extract"
