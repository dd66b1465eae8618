"""Writes small Access databases (Jet 3, Jet 4), as far as their reader goes: tables, rows, long values, moved rows."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from pii_scan.extract.access_pages import rc4

BOOL, BYTE, INT, LONG, MONEY, FLOAT, DOUBLE, DATE, BINARY, TEXT, OLE, MEMO = range(1, 13)
GUID, NUMERIC = 15, 16
_FIXED = {BOOL: 0, BYTE: 1, INT: 2, LONG: 4, MONEY: 8, FLOAT: 4, DOUBLE: 8, DATE: 8, GUID: 16, NUMERIC: 17}
_KEY = bytes.fromhex("c7da396b")
CATALOG = (("Id", LONG), ("ParentId", LONG), ("Name", TEXT), ("Type", INT), ("Flags", LONG), ("LvProp", OLE))


@dataclass
class AccessWriter:
    """One database; `finish` gives its bytes."""

    jet3: bool = False
    key: int = 0
    """With which the pages are encoded."""
    name: bytes = b"Standard Jet DB"
    version: int = -1
    pages: list[bytes] = field(default_factory=lambda: [b"", b"", b""])
    catalog: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def page_bytes(self) -> int:
        return 2048 if self.jet3 else 4096

    def text(self, value: str) -> bytes:
        return value.encode("cp1252") if self.jet3 else value.encode("utf-16-le")

    def table(self, name: str, columns: Any, rows: list[tuple[Any, ...]], moved: bool = False) -> int:
        """Adds a table and its rows; gives the page of its definition."""
        number = len(self.pages)
        self.pages.append(b"")
        self.catalog.append((number, 251658241, name, 1, 0, None))
        self._fill(number, columns, rows, moved)
        return number

    def long_value(self, data: bytes) -> bytes:
        """The header of a long value whose bytes are put on pages of their own, in a chain where it needs one."""
        room = self.page_bytes - 64
        if len(data) <= room:
            return struct.pack("<III", len(data) | 0x40000000, self._page([data], b"LVAL") << 8, 0)
        pointer = 0
        for start in range((len(data) - 1) // room * room, -1, -room):
            pointer = self._page([struct.pack("<I", pointer) + data[start : start + room]], b"LVAL") << 8
        return struct.pack("<III", len(data), pointer, 0)

    def inline(self, data: bytes) -> bytes:
        return struct.pack("<III", len(data) | 0x80000000, 0, 0) + data

    def finish(self) -> bytes:
        self._fill(2, CATALOG, [(2, 251658241, "MSysObjects", 1, -2147483648, None), *self.catalog])
        self._maps()
        header = bytearray(self.page_bytes)
        header[:4] = b"\0\1\0\0"
        header[4 : 4 + len(self.name)] = self.name
        header[0x14] = self.version if self.version >= 0 else 0 if self.jet3 else 1
        plain = bytearray(126 if self.jet3 else 128)
        struct.pack_into("<H", plain, 0x3C - 0x18, 1252)
        struct.pack_into("<I", plain, 0x3E - 0x18, self.key)
        header[0x18 : 0x18 + len(plain)] = rc4(_KEY, bytes(plain))
        self.pages[0] = bytes(header)
        self.pages[1] = b"\5\1" + bytes(self.page_bytes - 2)
        if self.key:
            self.pages[1:] = [rc4(struct.pack("<I", self.key ^ n), page) for n, page in enumerate(self.pages[1:], 1)]
        return b"".join(self.pages)

    # pages

    def _maps(self) -> None:
        """For each table a bitmap of its data pages, which other readers go by."""
        bits = 128 if self.jet3 else 64
        for number in [n for n, page in enumerate(self.pages) if page[:2] == b"\2\1"]:
            owned = [
                n for n, page in enumerate(self.pages) if page[:2] == b"\1\1" and page[4:8] == struct.pack("<I", number)
            ]
            bitmap = bytearray(bits)
            for page in owned:
                if page < bits * 8:
                    bitmap[page // 8] |= 1 << page % 8
            place = self._page([b"\0" + bytes(4) + bitmap], bytes(4))
            definition = bytearray(self.pages[number])
            struct.pack_into("<II", definition, 35 if self.jet3 else 55, place << 8, place << 8)
            self.pages[number] = bytes(definition)

    def _page(self, rows: list[bytes], owner: bytes, flags: int = 0) -> int:
        at = 8 if self.jet3 else 12
        page = bytearray(self.page_bytes)
        page[:2], page[4:8] = b"\1\1", owner
        struct.pack_into("<H", page, at, len(rows))
        end = self.page_bytes
        for i, row in enumerate(rows):
            end -= len(row)
            page[end : end + len(row)] = row
            struct.pack_into("<H", page, at + 2 + 2 * i, end | flags | (0x4000 if len(row) == 4 else 0))
        self.pages.append(bytes(page))
        return len(self.pages) - 1

    def _fill(self, number: int, columns: Any, rows: list[tuple[Any, ...]], moved: bool = False) -> None:
        self.pages[number] = self._definition(columns, len(rows))
        owner = struct.pack("<I", number)
        packed = [self._row(columns, row) for row in rows]
        if moved:
            target = self._page(packed, owner, 0x8000)
            packed = [struct.pack("<I", target << 8 | i) for i in range(len(packed))]
        held: list[bytes] = []
        for row in packed:
            if sum(len(r) + 2 for r in held) + len(row) + 32 > self.page_bytes:
                self._page(held, owner)
                held = []
            held.append(row)
        self._page(held, owner)

    def _definition(self, columns: Any, rows: int) -> bytes:
        variable = sum(kind not in _FIXED for _, kind in columns)
        if self.jet3:
            head = struct.pack("<IIIBHHHIIII", 0, rows, 0, 0x4E, len(columns), variable, len(columns), 0, 0, 0, 0)
        else:
            head = struct.pack("<II IIB3xI8xBHHHIIII", 0, 0, rows, 0, 1, 0, 0x4E, len(columns), variable, len(columns),
                               0, 0, 0, 0)  # fmt: skip
        entries, names, offset, place = b"", b"", 0, 0
        for i, (name, kind) in enumerate(columns):
            fixed = kind in _FIXED
            size = _FIXED.get(kind, 255 if kind in (TEXT, BINARY) else 0)
            flags = 3 if fixed else 2
            if self.jet3:
                entries += struct.pack("<BHHHHBBHBHH", kind, i, 0 if fixed else place, i, 0x409, 9, 2, 0, flags,
                                       offset if fixed else 0, size)  # fmt: skip
                raw = name.encode("cp1252")
                names += bytes([len(raw)]) + raw
            else:
                entries += struct.pack("<BIHHHBBHBBIHH", kind, 0, i, 0 if fixed else place, i, 9, 2, 0, flags, 0, 0,
                                       offset if fixed else 0, size)  # fmt: skip
                raw = name.encode("utf-16-le")
                names += struct.pack("<H", len(raw)) + raw
            offset += size if fixed else 0
            place += not fixed
        page = b"\2\1" + (b"VC" if self.jet3 else b"\0\0") + bytes(4) + head + entries + names + b"\xff\xff"
        return page.ljust(self.page_bytes, b"\0")

    def _row(self, columns: Any, values: tuple[Any, ...]) -> bytes:
        fixed, parts, mask = b"", [], bytearray((len(columns) + 7) // 8)
        for i, ((_, kind), value) in enumerate(zip(columns, values, strict=True)):
            if value is not None and value is not False:
                mask[i // 8] |= 1 << i % 8
            if kind in _FIXED:
                fixed += b"" if kind == BOOL else self._fixed(kind, value)
            else:
                parts.append(b"" if value is None else value if isinstance(value, bytes) else self.text(value))
        width = 1 if self.jet3 else 2
        start = width + len(fixed)
        offsets = [start]
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        body = len(columns).to_bytes(width, "little") + fixed + b"".join(parts)
        if not parts:
            return body + bytes(mask)
        if not self.jet3:
            return body + b"".join(struct.pack("<H", o) for o in offsets[::-1]) + struct.pack("<H", len(parts)) + mask
        return self._jet3_tail(body, offsets, len(parts), bytes(mask))

    def _jet3_tail(self, body: bytes, offsets: list[int], count: int, mask: bytes) -> bytes:
        """One-byte offsets, and for each 256 bytes of the row the number of the first offset beyond them."""
        table = bytes(offset & 255 for offset in offsets[::-1])
        jumps = (len(body) + len(table) + 1 + len(mask) - 1) // 256
        jumps = (len(body) + len(table) + jumps + 1 + len(mask) - 1) // 256
        firsts = [next((i for i, o in enumerate(offsets) if o >= 256 * n), 0xFF) for n in range(1, jumps + 1)]
        return body + table + bytes(firsts[::-1]) + bytes([count]) + mask

    @staticmethod
    def _fixed(kind: int, value: Any) -> bytes:
        layouts = {BYTE: "<B", INT: "<h", LONG: "<i", MONEY: "<q", FLOAT: "<f", DOUBLE: "<d", DATE: "<d"}
        if isinstance(value, bytes):
            return value.ljust(_FIXED[kind], b"\0")
        return struct.pack(layouts[kind], value or 0) if kind in layouts else bytes(_FIXED[kind])
