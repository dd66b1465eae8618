"""Outlook items, whatever container they came from: each value in its place, nothing dropped."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import DocumentError
from pii_scan.extract import mapi, mapi_names, mapi_values
from pii_scan.extract.mapi import Attachment, LargeValue, MapiObject
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, LineOrigin, PartOrigin, Problem

REF = DocumentRef("t", "box.pst").member("Inbox/00001")
ONE_OFF = bytes(4) + bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")


def read(item: MapiObject, limits: Limits | None = None) -> tuple[dict[str, str], list[Problem], list[Document]]:
    """Text by part, problems, and members (their content still open)."""
    texts: dict[str, str] = {}
    problems, members = [], []
    for piece in mapi.pieces(item, REF, limits or Limits()):
        if isinstance(piece, Problem):
            problems.append(piece)
        elif isinstance(piece, Document):
            piece.content = io.BytesIO(piece.content.read()) if piece.media_type != mapi.ITEM else piece.content
            members.append(piece)
        else:
            assert isinstance(piece, ChunkBatch)
            piece.texts.validate(full=True)
            origin = piece.origin
            if isinstance(origin, PartOrigin):
                assert len(origin.parts) == len(piece.texts)
                for name, text in zip(origin.parts, piece.texts.to_pylist(), strict=True):
                    assert name not in texts, "each part has a name of its own"
                    assert "\0" not in text
                    texts[name] = text
            else:
                assert isinstance(origin, LineOrigin)
                texts[origin.part] = texts.get(origin.part, "") + piece.texts[0].as_py()
    return texts, problems, members


def one_off(name: str, address: str, *, wide: bool = True) -> bytes:
    encoding = "utf-16-le" if wide else "cp1252"
    strings = "".join(f"{text}\0" for text in (name, "SMTP", address)).encode(encoding)
    return ONE_OFF + struct.pack("<HH", 0, 0x8000 if wide else 0) + strings


def test_properties_are_parts_under_their_names() -> None:
    texts, problems, _ = read(MapiObject({0x37: "Tilbud", 0x3A08: "68 05 00 11", 0x6712: "ukjent@example.no"}))
    assert texts == {
        "subject": "Tilbud", "property 0x3A08 business phone": "68 05 00 11", "property 0x6712": "ukjent@example.no",
    }  # fmt: skip
    assert problems == []


def test_named_properties_are_parts_and_user_fields_of_any_type_are_text() -> None:
    public = mapi_names.PUBLIC_STRINGS
    texts, _, _ = read(MapiObject(named={
        (mapi_names.ADDRESS, 0x8083): "en@example.no", (public, "Kundenr"): 68050012.0,
        (public, "Avtalt"): datetime(2026, 3, 1, 9, 30, tzinfo=UTC), (public, "Ja"): True,
        ("", 0x8099): "to@example.no",
        (mapi_names.COMMON, 0x8554): 12,
    }))  # fmt: skip
    assert texts == {
        "named property 0x8083 e-mail 1 address": "en@example.no", "named property Kundenr": "68050012",
        "named property Avtalt": "2026-03-01 09:30", "named property 0x8099": "to@example.no",
    }  # fmt: skip


def test_when_a_message_was_sent_and_came_is_given() -> None:
    moment = datetime(2020, 3, 4, 23, 30, tzinfo=UTC)
    texts, _, _ = read(MapiObject({0x0039: moment, 0x0E06: moment, 0x3007: moment}))
    assert texts == {"submit time": "2020-03-04 23:30", "delivery time": "2020-03-04 23:30"}


def test_birthdays_are_the_day_where_they_were_entered() -> None:
    local = datetime(1980, 5, 3, 22, tzinfo=UTC)  # the fourth, in Oslo
    texts, _, _ = read(MapiObject({0x3A42: local}, {(mapi_names.ADDRESS, 0x80DE): datetime(1980, 5, 4, tzinfo=UTC)}))
    assert set(texts.values()) == {"1980-05-04"}


def test_text_in_binary_values_is_found_and_what_other_properties_say_is_not_repeated() -> None:
    entry = one_off("Kåre Nordmann", "kare@example.no")
    item = MapiObject({
        0x0C19: entry, 0x0C1A: "Kåre Nordmann", 0x0C1D: b"SMTP:KARE@EXAMPLE.NO\0", 0x0C1E: "SMTP",
        0x0C1F: "kare@example.no", 0x3FFF: b"\x01\x00\xfe\xffny.adresse@example.no\x00\x03",
    })  # fmt: skip
    texts, _, _ = read(item)
    assert texts == {
        "sender name": "Kåre Nordmann", "property 0x0C1E sender address type": "SMTP",
        "sender address": "kare@example.no", "property 0x3FFF": "ny.adresse@example.no",
    }  # fmt: skip


@pytest.mark.parametrize("wide", [True, False])
def test_members_of_a_distribution_list_are_read_from_entry_ids(wide: bool) -> None:
    members = [one_off("Åse Øy", "ase@example.no", wide=wide), b"\x07" * 24 + one_off("B", "b@example.no", wide=wide)]
    texts, _, _ = read(MapiObject(named={(mapi_names.ADDRESS, 0x8054): members}))
    assert texts["named property 0x8054 members"].split("\n") == [
        "Åse Øy", "SMTP", "ase@example.no", "b@example.no",
    ]  # fmt: skip


def test_each_recipient_is_one_text_of_name_and_address() -> None:
    rows: list[dict[int, Any]] = [
        {0x0C15: 1, 0x3001: "Kari", 0x3003: "/O=ORG/CN=KARI", 0x39FE: "kari@example.no", 0x5FF6: "Kari"},
        {0x0C15: 1, 0x3001: "per@example.no", 0x3003: "per@example.no", 0x300B: b"SMTP:PER@EXAMPLE.NO\0"},
        {0x0C15: 0x10000002, 0x3001: "Kopi", 0x3A20: "Kopi Mann"}, {0x0C15: 3, 0x39FE: "skjult@example.no"},
        {0x3001: "Uviss"},
    ]  # fmt: skip
    texts, _, _ = read(MapiObject(recipients=rows))
    assert texts == {
        "to": "Kari <kari@example.no>\n/O=ORG/CN=KARI", "to (2)": "per@example.no", "cc": "Kopi\nKopi Mann",
        "bcc": "skjult@example.no", "recipient": "Uviss",
    }  # fmt: skip


def test_transport_headers_are_decoded_field_by_field() -> None:
    headers = (
        "Received: from a (68.5.0.1)\r\n\tby b\r\nFrom: =?utf-8?Q?K=C3=A5re?= <kare@example.no>\r\n"
        "ikke et felt: jo\r\nbare tekst rest@example.no\r\nX-After: etter@example.no\r\n"
    )
    texts, _, _ = read(MapiObject({0x7D: headers}))
    assert texts["header: From"] == "Kåre <kare@example.no>"
    assert texts["header: Received"] == "from a (68.5.0.1)\tby b"
    assert "rest@example.no" in texts["headers"] and "etter@example.no" in texts["headers"]


def test_all_bodies_that_are_stored_come_out() -> None:
    rtf = rb"{\rtf1\ansi\ansicpg1252 rik bl\'e5 rtf@example.no}"
    packed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    html = "<html><head><title>t</title></head><body>blå <b>html@example.no</b></body></html>".encode("cp1252")
    texts, problems, _ = read(MapiObject({0x1000: "ren@example.no", 0x1013: html, 0x1009: packed, 0x3FDE: 1252}))
    assert texts["body"] == "ren@example.no"
    assert "blå html@example.no" in texts["html body"]
    assert "rik blå rtf@example.no" in texts["rtf body"]
    assert problems == []


@pytest.mark.parametrize("page, encoding", [(1251, "cp1251"), (65001, "utf-8"), (28592, "iso8859-2"), (0, "cp1252")])
def test_the_html_body_is_read_by_the_code_page_of_the_item(page: int, encoding: str) -> None:
    word = {"cp1251": "Привет", "iso8859-2": "Łódź"}.get(encoding, "blåbær")
    texts, _, _ = read(MapiObject({0x1013: f"<p>{word}</p>".encode(encoding), 0x3FDE: page}))
    assert word in texts["html body"]


def test_large_values_are_streamed_and_cut_into_lines() -> None:
    text = "linje\n" * 400_000 + "sist@example.no"
    large = LargeValue(lambda: io.BytesIO(text.encode("utf-16-le")), 2 * len(text), "utf-16-le")
    blob = LargeValue(lambda: io.BytesIO(b"i en stor verdi: stor@example.no"), 32)
    texts, _, members = read(MapiObject({0x1000: large, 0x6712: blob}))
    assert texts["body"] == text
    assert [member.ref.path for member in members] == ["property 0x6712"]
    assert b"stor@example.no" in members[0].content.read()


def test_a_long_string_is_given_as_lines_and_within_the_limit() -> None:
    limits = Limits(max_value_bytes=4096)
    found = [
        piece for piece in mapi.pieces(MapiObject({0x3004: "x@example.no " * 2000}), REF, limits)
        if isinstance(piece, ChunkBatch)
    ]  # fmt: skip
    assert len(found) > 5
    assert all(len(piece.texts[0].as_buffer()) <= 4096 for piece in found)
    assert all(isinstance(piece.origin, LineOrigin) and piece.origin.part == "comment" for piece in found)


def test_attachments_are_members_told_apart_and_what_else_they_say_is_text() -> None:
    def opened(data: bytes) -> Any:
        return lambda: io.BytesIO(data)

    inner = MapiObject({0x37: "indre"})
    attachments = [
        Attachment("liste.csv", "text/csv", 3, opened(b"en"), None, {0x3705: 1, 0x3001: "Fra Kari", 0x3707: "x"}),
        Attachment("liste.csv", "", None, opened(b"to"), None, {0x3705: 1, 0x3001: "liste.csv"}),
        Attachment("", "", None, opened(b"tre")), Attachment("Melding", embedded=lambda: inner),
    ]  # fmt: skip
    texts, problems, members = read(MapiObject(attachments=attachments))
    assert [member.ref.path for member in members] == ["liste.csv", "liste.csv (2)", "attachment-3", "Melding"]
    assert [member.ref.parent for member in members] == [REF] * 4
    assert [member.content.read() for member in members[:3]] == [b"en", b"to", b"tre"]
    assert isinstance(members[3].content, mapi.ItemContent) and members[3].content.item() is inner
    assert texts == {"attachment 1: display name": "Fra Kari"}
    assert problems == []


def test_what_an_attachment_only_points_to_and_what_is_lost_are_problems_of_its_name() -> None:
    attachments = [
        Attachment("sky.docx", properties={0x3705: 7, 0x370D: "https://example.no/kari@example.no/sky.docx"}),
        Attachment("borte.pdf", properties={0x3705: 1}), Attachment("ny", properties={0x3705: 0}),
    ]  # fmt: skip
    texts, problems, members = read(MapiObject(attachments=attachments))
    assert members == []
    assert [(p.ref.path, str(p.code)) for p in problems] == [("sky.docx", "unsupported"), ("borte.pdf", "corrupt")]
    assert texts["attachment 1: property 0x370D path"].endswith("sky.docx")


class _Broken(dict[int, Any]):
    """Properties of which some cannot be read."""

    def __getitem__(self, number: int) -> Any:
        value = super().__getitem__(number)
        if isinstance(value, DocumentError):
            raise value
        return value

    def get(self, number: int, default: Any = None) -> Any:
        return self[number] if number in self else default


def test_what_cannot_be_read_is_a_problem_and_the_rest_is_read() -> None:
    lost = DocumentError("corrupt", "blocks of data are missing")
    item = MapiObject(_Broken({0x37: lost, 0x3A08: "68 05 00 13", 0x1000: lost, 0x1013: b"<p>igjen@example.no"}))
    texts, problems, _ = read(item)
    assert texts["property 0x3A08 business phone"] == "68 05 00 13"
    assert "igjen@example.no" in texts["html body"]
    assert [(p.ref, p.detail) for p in problems] == [(REF, lost.detail)]


def test_an_attachment_that_ends_early_is_still_read() -> None:
    class Cut(io.RawIOBase):
        left = [b"halv@example.no"]

        def read(self, size: int = -1) -> bytes:
            if not self.left:
                raise DocumentError("truncated", "blocks of data lie beyond the end of the file")
            return self.left.pop()

    item = MapiObject(attachments=[Attachment("a.txt", open=Cut)])  # type: ignore[arg-type]
    _, problems, members = read(item)
    assert members[0].content.read() == b"halv@example.no"
    assert [(p.ref.path, str(p.code)) for p in problems] == [("a.txt", "truncated")]


def test_faults_are_told_once_each_and_in_bounds() -> None:
    item = MapiObject(faults=[DocumentError("corrupt", f"part {i % 50} is damaged") for i in range(1000)])
    _, problems, _ = read(item)
    assert len(problems) == mapi.MAX_FAULTS + 1
    assert item.faults == []


@given(st.dictionaries(st.integers(1, 0x7FFF), st.one_of(
    st.text(), st.binary(), st.integers(), st.floats(), st.lists(st.text()), st.lists(st.binary()), st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
)))  # fmt: skip
def test_no_value_of_any_type_breaks_an_item(properties: dict[int, Any]) -> None:
    texts, _, _ = read(MapiObject(properties))
    said = "\n".join(texts.values())
    for number, value in properties.items():
        if isinstance(value, str) and value.isascii() and value.isprintable() and number not in mapi._BODIES:
            assert not value.strip() or value in said


@given(st.integers(0, 0x1FFF), st.binary(max_size=300))
def test_no_bytes_break_the_decoding_of_a_value(kind: int, data: bytes) -> None:
    mapi_values.decode(kind, data)
    mapi_values.decode(kind, data, "utf-8")
    mapi_values.decode_multiple(kind, data)
    mapi_values.strings_in(data)
    mapi_values.strings_in(data + ONE_OFF + data)


@given(st.binary(max_size=200), st.sampled_from(["navn@example.no", "Ola Nordmann 68 05 00 14"]), st.booleans())
def test_a_text_between_other_bytes_is_found(noise: bytes, text: str, wide: bool) -> None:
    raw = text.encode("utf-16-le" if wide else "ascii")
    data = noise + b"\0\0\0" + b"\0" * (len(noise) + 3 & 1) + raw + b"\0\0\0" + zlib.compress(noise)
    assert any(text in found for found in mapi_values.strings_in(data))


def test_values_are_decoded_by_their_type() -> None:
    decode = mapi_values.decode
    assert decode(mapi_values.STRING, "blå\0".encode("utf-16-le")) == "blå"
    assert decode(mapi_values.STRING8, "blå".encode("cp1252"), "cp1252") == "blå"
    assert decode(mapi_values.STRING8, "blå".encode("cp1252"), "utf-8") == "blå"
    assert decode(mapi_values.INT16, b"\xff\xff") == -1
    assert decode(mapi_values.CURRENCY, (12345).to_bytes(8, "little")) == 1.2345
    assert decode(mapi_values.APPTIME, struct.pack("<d", 2.5)) == datetime(1900, 1, 1, 12, tzinfo=UTC)
    assert decode(mapi_values.TIME, b"\xff" * 8) is None
    assert decode(mapi_values.INT64, b"\x01") is None
    assert mapi_values.decode_multiple(mapi_values.INT32 | 0x1000, struct.pack("<iii", 1, -2, 3)) == [1, -2, 3]


def test_multiple_values_share_no_bytes_beyond_what_there_is() -> None:
    offsets = struct.pack("<5I", 4, 20, 20, 20, 20) + b"a" * 1000
    values = mapi_values.decode_multiple(mapi_values.BINARY, offsets)
    assert isinstance(values, list) and sum(map(len, values)) <= len(offsets)  # type: ignore[arg-type]
