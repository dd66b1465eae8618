"""Writes binary Word documents for tests ([MS-DOC]; Word 2, 6 and 95): header, piece table, stories and tables."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from extract.ole_made import Tree, compound

STORIES = ("body", "footnotes", "header", "macro", "comments", "endnotes", "boxes", "header boxes")
PLCF_HDD, PAPX, CLX, OWNERS, AUTHORS, VARIABLES, SAVED_BY, BOOKMARKS, DRAWINGS = 11, 13, 33, 36, 51, 60, 71, 21, 50
TEXT_AT = 2048


@dataclass
class Doc:
    """A document: its stories, in the order of the format, each ending with a paragraph mark."""

    stories: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    """The stories of the header document; they make up `stories["header"]`."""
    tables: dict[int, bytes] = field(default_factory=dict)
    piece_chars: int = 10_000
    scramble: bool = False
    """Pieces lie in the file in reversed order, 8 and 16 bits in turns, as fast saves leave them."""
    row_ends: bool = False
    flags: int = 0
    glossary: bytes = b""


def sttb(texts: list[str], extra: int = 0) -> bytes:
    """A string table of 16-bit strings."""
    out = struct.pack("<HHH", 0xFFFF, len(texts), extra)
    return out + b"".join(struct.pack("<H", len(t)) + t.encode("utf-16-le") + bytes(extra) for t in texts)


def counted(texts: list[str]) -> bytes:
    """Strings behind their lengths."""
    return b"".join(struct.pack("<H", len(t)) + t.encode("utf-16-le") for t in texts)


def streams(doc: Doc) -> Tree:
    """The streams `WordDocument` and `1Table`."""
    stories = dict(doc.stories)
    tables = dict(doc.tables)
    if doc.headings:
        stories["header"] = "".join(doc.headings)
        ends = [0]
        for heading in doc.headings:
            ends.append(ends[-1] + len(heading))
        tables[PLCF_HDD] = struct.pack(f"<{len(ends) + 1}I", *ends, ends[-1] + 1)
    text = "".join(stories.get(name, "") for name in STORIES)
    pieces = [(at, text[at : at + doc.piece_chars]) for at in range(0, len(text), doc.piece_chars)]
    body = bytearray()
    places: dict[int, int] = {}
    ends_of_rows: list[int] = []
    for number, (at, part) in reversed(list(enumerate(pieces))) if doc.scramble else list(enumerate(pieces)):
        narrow = doc.scramble and number % 2 == 0 and all(ord(c) < 0x80 or 0xA0 <= ord(c) < 0x100 for c in part)
        raw = part.encode("cp1252" if narrow else "utf-16-le")
        body += bytes(-len(body) % 2)
        place = TEXT_AT + len(body)
        places[at] = place * 2 | 0x40000000 if narrow else place
        width = 1 if narrow else 2
        for i, char in enumerate(part):
            if char == "\x07" and part[i - 1 : i] == "\x07" and doc.row_ends:
                ends_of_rows.append(place + (i + 1) * width)
        body += raw
    count = len(pieces)
    bounds = [at for at, _ in pieces] + [len(text)]
    plc = struct.pack(f"<{count + 1}I", *bounds)
    plc += b"".join(struct.pack("<HIH", 0, places[at], 0) for at, _ in pieces)
    tables[CLX] = b"\x01" + struct.pack("<H", 3) + b"abc" + b"\x02" + struct.pack("<I", len(plc)) + plc
    main = bytearray(TEXT_AT) + body
    if doc.row_ends:
        main += bytes(-len(main) % 512)
        page = bytearray(512)
        struct.pack_into(f"<{len(ends_of_rows) + 1}I", page, 0, TEXT_AT, *ends_of_rows)
        for number in range(len(ends_of_rows)):
            page[4 * (len(ends_of_rows) + 1) + 13 * number] = 240
        page[480:488] = b"\x03\x00\x00\x16\x24\x01\x17\x24"  # cb, istd, sprmPFInTable, sprmPFTtp
        page[480] = 5
        page[488:490] = b"\x01\x00"
        page[511] = len(ends_of_rows)
        tables[PAPX] = struct.pack("<III", TEXT_AT, len(main), len(main) // 512)
        main += page
    table = bytearray()
    pairs = {}
    for number, data in tables.items():
        pairs[number] = (len(table), len(data))
        table += data
    struct.pack_into("<HHHHH", main, 0, 0xA5EC, 0x00C1, 0, 0x0414, len(main) // 512 if doc.glossary else 0)
    struct.pack_into("<H", main, 10, 0x0200 | doc.flags)
    struct.pack_into("<II", main, 24, TEXT_AT, TEXT_AT + len(body))
    struct.pack_into("<H", main, 32, 14)
    struct.pack_into("<H", main, 62, 22)
    struct.pack_into("<8I", main, 64 + 12, *(len(stories.get(name, "")) for name in STORIES))
    struct.pack_into("<H", main, 152, 93)
    for number, pair in pairs.items():
        struct.pack_into("<II", main, 154 + 8 * number, *pair)
    return {"WordDocument": bytes(main), "1Table": bytes(table)}


def doc(document: Doc, **more: object) -> bytes:
    """The document as a file."""
    return compound({**streams(document), **more})


def old(
    text: str, encoding: str, ident: int = 0xA5DC, version: int = 101, language: int = 0x0414,
    fonts: list[tuple[int, str]] | None = None, runs: list[tuple[str, int]] | None = None,
) -> bytes:  # fmt: skip
    """The main stream of Word 2, 6 or 95. `runs`: parts of the text and the font that each is in."""
    raw = b""
    ends: list[tuple[int, int]] = []
    for part, font in runs or [(text, 0)]:
        charset = (fonts or [(0, "")])[font][0]
        raw += part.encode({204: "cp1251", 238: "cp1250"}.get(charset, encoding))
        ends.append((768 + len(raw), font))
    main = bytearray(768) + raw
    struct.pack_into("<HHHH", main, 0, ident, version, 0, language)
    struct.pack_into("<II", main, 24, 768, 768 + len(raw))
    struct.pack_into("<I", main, 52, len(raw))
    if fonts:
        main += bytes(-len(main) % 512)
        page = bytearray(512)
        struct.pack_into(f"<{len(ends) + 1}I", page, 0, 768, *(end for end, _ in ends))
        for number, (_, font) in enumerate(ends):
            place = 400 + 6 * number
            page[4 * (len(ends) + 1) + number] = place // 2
            page[place : place + 6] = struct.pack("<BBBBH", 5, 85, 1, 93, font)
        page[511] = len(ends)
        number = len(main) // 512
        main += page
        struct.pack_into("<II", main, 88 + 8 * 12, len(main), 10)
        main += struct.pack("<IIH", 768, 768 + len(raw), number)
        table = b"".join(
            bytes([5 + len(name) + 1]) + struct.pack("<BHBB", 0, 0, charset, 0) + name.encode() + b"\0"
            for charset, name in fonts
        )
        struct.pack_into("<II", main, 88 + 8 * 15, len(main), len(table) + 2)
        main += struct.pack("<H", len(table) + 2) + table
    return bytes(main)
