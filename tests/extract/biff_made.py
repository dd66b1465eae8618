"""Writes binary Excel workbooks for tests ([MS-XLS]; BIFF 2 to 8): records, strings, shared strings cut anywhere."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

MAX_RECORD = 8224


def record(kind: int, data: bytes = b"") -> bytes:
    """One record, and those that go on with it."""
    out = struct.pack("<HH", kind, len(data[:MAX_RECORD])) + data[:MAX_RECORD]
    for at in range(MAX_RECORD, len(data), MAX_RECORD):
        part = data[at : at + MAX_RECORD]
        out += struct.pack("<HH", 0x3C, len(part)) + part
    return out


def string(text: str, count_bytes: int = 2, wide: bool | None = None) -> bytes:
    """A string of BIFF 8 behind its length."""
    units = text.encode("utf-16-le")
    wide = max(text, default="a") > "\xff" if wide is None else wide
    body = units if wide else text.encode("latin-1")
    return (len(units) // 2).to_bytes(count_bytes, "little") + bytes([wide]) + body


def narrow(text: str, count_bytes: int = 2, encoding: str = "cp1252") -> bytes:
    """A string of BIFF 2 to 5."""
    raw = text.encode(encoding)
    return len(raw).to_bytes(count_bytes, "little") + raw


def shared_strings(texts: list[str], at_most: int = MAX_RECORD, rich: bool = False) -> bytes:
    """An SST record cut into records of `at_most` bytes, in the midst of strings too ([MS-XLS] 2.5.293)."""
    records = [struct.pack("<II", len(texts), len(texts))]

    def room() -> int:
        return at_most - len(records[-1])

    for number, text in enumerate(texts):
        units = text.encode("utf-16-le")
        wide = max(text, default="a") > "\xff"
        extra = bytes(4 * (number % 3)) if rich else b""
        head = struct.pack("<HB", len(units) // 2, wide | (8 if extra else 0))
        head += struct.pack("<H", len(extra) // 4) if extra else b""
        if room() < len(head) + 2:
            records.append(b"")
        records[-1] += head
        body, width = (units, 2) if wide else (text.encode("latin-1"), 1)
        while body:
            fitting = room() // width * width
            records[-1] += body[:fitting]
            body = body[fitting:]
            if body:
                records.append(bytes([wide]))
        while extra:
            fitting = room()
            records[-1] += extra[:fitting]
            extra = extra[fitting:]
            if extra:
                records.append(b"")
    out = struct.pack("<HH", 0xFC, len(records[0])) + records[0]
    return out + b"".join(struct.pack("<HH", 0x3C, len(more)) + more for more in records[1:])


def text_object(number: int, kind: int, text: str) -> bytes:
    """An object with a text in it: 0x19 a comment, 0x06 a text box."""
    out = record(0x5D, struct.pack("<HHHH", 0x15, 0x12, kind, number) + bytes(16))
    raw = string(text, 2)[2:]
    out += record(0x1B6, struct.pack("<HH6sHHI", 0x212, 0, bytes(6), len(text), 16, 0))
    return out + record(0x3C, raw) + record(0x3C, bytes(16))


def hyperlink(row: int, column: int, url: str, shown: str) -> bytes:
    """An HLINK record."""

    def counted(text: str) -> bytes:
        raw = (text + "\0").encode("utf-16-le")
        return struct.pack("<I", len(raw) // 2) + raw

    target = (url + "\0").encode("utf-16-le")
    data = struct.pack("<HHHH", row, row, column, column) + bytes(16) + struct.pack("<II", 2, 0x17) + counted(shown)
    data += bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + struct.pack("<I", len(target)) + target
    return record(0x1B8, data)


@dataclass
class Sheet:
    """A sheet: its name, records, and whether it is hidden."""

    name: str
    records: list[bytes] = field(default_factory=list)
    hidden: bool = False
    kind: int = 0x10


def bof(sort: int, version: int = 0x0600) -> bytes:
    """The first record of a substream."""
    return record(0x809, struct.pack("<HHHHII", version, sort, 0x0DBB, 1996, 0, 0x06) if version >= 0x600 else
                  struct.pack("<HHHH", version, sort, 0x0DBB, 1996))  # fmt: skip


def workbook(sheets: list[Sheet], globals_: list[bytes] = [], version: int = 0x0600, first: bytes = b"") -> bytes:  # noqa: B006
    """The stream of a workbook. `first`: what follows the very first record (an encryption header)."""
    head = bof(5, version) + first + b"".join(globals_)
    name = string if version >= 0x600 else narrow
    lists = [
        struct.pack("<IBB", 0, sheet.hidden, {0x20: 2}.get(sheet.kind, 0)) + name(sheet.name, 1) for sheet in sheets
    ]
    at = len(head) + sum(len(data) + 4 for data in lists) + 4
    bodies = []
    for place, sheet in enumerate(sheets):
        body = bof(sheet.kind, version) + b"".join(sheet.records) + record(0x0A)
        lists[place] = struct.pack("<I", at + sum(map(len, bodies))) + lists[place][4:]
        bodies.append(body)
    return head + b"".join(record(0x85, data) for data in lists) + record(0x0A) + b"".join(bodies)


def cell(kind: int, row: int, column: int, data: bytes, style: int = 0) -> bytes:
    """A cell record of BIFF 3 to 8; rows and columns from 0."""
    return record(kind, struct.pack("<HHH", row, column, style) + data)


def label(row: int, column: int, text: str) -> bytes:
    """A cell with a text of its own."""
    return cell(0x204, row, column, string(text))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A cell with a number."""
    return cell(0x203, row, column, struct.pack("<d", value), style)


def shared(row: int, column: int, index: int) -> bytes:
    """A cell with a shared string."""
    return cell(0xFD, row, column, struct.pack("<I", index))


def formula(row: int, column: int, result: Any, tokens: bytes = b"", style: int = 0) -> bytes:
    """A cell with a formula and its stored value: a number, a text, a truth value or `b"\\x07"`, an error."""
    follows = b""
    if isinstance(result, bool):
        value = struct.pack("<BBBBBBH", 1, 0, result, 0, 0, 0, 0xFFFF)
    elif isinstance(result, bytes):
        value = struct.pack("<BBBBBBH", 2, 0, result[0], 0, 0, 0, 0xFFFF)
    elif isinstance(result, str):
        value = struct.pack("<BBBBBBH", 0 if result else 3, 0, 0, 0, 0, 0, 0xFFFF)
        follows = record(0x207, string(result)) if result else b""
    else:
        value = struct.pack("<d", result)
    return cell(0x06, row, column, value + struct.pack("<HIH", 0, 0, len(tokens)) + tokens, style) + follows


def style(format_number: int) -> bytes:
    """An XF record."""
    return record(0xE0, struct.pack("<HH16x", 0, format_number))
