"""Writes OLE compound files and what is kept in them, for tests: [MS-CFB], [MS-OLEPS], packed files, VBA projects."""

from __future__ import annotations

import struct
from typing import Any

Tree = dict[str, Any]
"""Names to bytes (a stream) or to another tree (a storage)."""

FREE, END, FAT, DIFAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFF
MINI, CUTOFF = 64, 4096


class _Entry:
    def __init__(self, name: str, kind: int, data: bytes = b"") -> None:
        self.name, self.kind, self.data = name, kind, data
        self.left = self.right = self.child = NONE
        self.start, self.size = END if kind == 2 else 0, len(data)


class _Writer:
    def __init__(self, version: int) -> None:
        self.version = version
        self.sector = 512 if version == 3 else 4096
        self.entries = [_Entry("Root Entry", 5)]
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = b""
        self.mini_fat: list[int] = []

    def add(self, tree: Tree, parent: _Entry) -> None:
        numbers = []
        for name in sorted(tree, key=lambda name: (len(name), name.upper())):
            value = tree[name]
            entry = _Entry(name, 1 if isinstance(value, dict) else 2, b"" if isinstance(value, dict) else value)
            self.entries.append(entry)
            numbers.append(len(self.entries) - 1)
        parent.child = self.balanced(numbers)
        for number, name in zip(numbers, sorted(tree, key=lambda n: (len(n), n.upper())), strict=True):
            if isinstance(tree[name], dict):
                self.add(tree[name], self.entries[number])

    def balanced(self, numbers: list[int]) -> int:
        if not numbers:
            return NONE
        middle = len(numbers) // 2
        top = self.entries[numbers[middle]]
        top.left, top.right = self.balanced(numbers[:middle]), self.balanced(numbers[middle + 1 :])
        return numbers[middle]

    def chain(self, data: bytes) -> int:
        if not data:
            return END
        start = len(self.fat)
        count = -(-len(data) // self.sector)
        for i in range(count):
            self.sectors.append(data[i * self.sector : (i + 1) * self.sector].ljust(self.sector, b"\0"))
            self.fat.append(start + i + 1 if i < count - 1 else END)
        return start

    def streams(self) -> None:
        for entry in self.entries:
            if entry.kind != 2:
                continue
            if entry.size >= CUTOFF:
                entry.start = self.chain(entry.data)
            elif entry.size:
                entry.start = len(self.mini_fat)
                count = -(-entry.size // MINI)
                self.mini += entry.data.ljust(count * MINI, b"\0")
                self.mini_fat += [*range(entry.start + 1, entry.start + count), END]
        root = self.entries[0]
        root.start, root.size = self.chain(self.mini), len(self.mini)

    def directory(self) -> bytes:
        out = b""
        for entry in self.entries:
            name = (entry.name + "\0").encode("utf-16-le")
            out += name.ljust(64, b"\0") + struct.pack(
                "<HBBIII16sIQQIQ", len(name), entry.kind, 1, entry.left, entry.right, entry.child, bytes(16), 0, 0, 0,
                entry.start, entry.size,
            )  # fmt: skip
        free = bytes(68) + struct.pack("<III", NONE, NONE, NONE) + bytes(48)
        per = self.sector // 128
        return out + free * (-len(self.entries) % per)

    def finish(self) -> bytes:
        per = self.sector // 4
        self.streams()
        mini_fat = struct.pack(f"<{len(self.mini_fat)}I", *self.mini_fat)
        mini_fat = mini_fat.ljust(-(-len(mini_fat) // self.sector) * self.sector, b"\xff")
        mini_start = self.chain(mini_fat)
        directory = self.directory()
        directory_start = self.chain(directory)
        fats = difats = 0
        while True:  # the tables hold themselves too
            total = len(self.fat) + fats + difats
            wanted = -(-total // per)
            extra = max(0, -(-(wanted - 109) // (per - 1)))
            if (wanted, extra) == (fats, difats):
                break
            fats, difats = wanted, extra
        first = len(self.fat)
        places = list(range(first, first + fats))
        difat_places = list(range(first + fats, first + fats + difats))
        table = [*self.fat, *[FAT] * fats, *[DIFAT] * difats]
        table += [FREE] * (fats * per - len(table))
        for i in range(fats):
            self.sectors.append(struct.pack(f"<{per}I", *table[i * per : (i + 1) * per]))
        rest = places[109:]
        for i in range(difats):
            part = rest[i * (per - 1) : (i + 1) * (per - 1)]
            part += [FREE] * (per - 1 - len(part))
            following = difat_places[i + 1] if i + 1 < difats else END
            self.sectors.append(struct.pack(f"<{per}I", *part, following))
        head = places[:109] + [FREE] * (109 - len(places[:109]))
        header = struct.pack(
            "<8s16sHHHHH6sIIIIIIIII109I", bytes.fromhex("d0cf11e0a1b11ae1"), bytes(16), 0x3E, self.version, 0xFFFE,
            9 if self.version == 3 else 12, 6, bytes(6), 0 if self.version == 3 else len(directory) // self.sector,
            fats, directory_start, 0, CUTOFF, mini_start if mini_fat else END, len(mini_fat) // self.sector,
            difat_places[0] if difats else END, difats, *head,
        )  # fmt: skip
        return header.ljust(self.sector, b"\0") + b"".join(self.sectors)


def compound(tree: Tree, version: int = 3) -> bytes:
    """A compound file of these storages and streams."""
    writer = _Writer(version)
    writer.add(tree, writer.entries[0])
    return writer.finish()


# what is kept in them


def packed(name: str, data: bytes, folder: str = "C:\\Delt\\", wide: str = "") -> bytes:
    """The stream `Ole10Native` of a file that the packager put in."""
    path = (folder + name).encode("cp1252") + b"\0"
    body = struct.pack("<H", 2) + name.encode("cp1252") + b"\0" + path
    body += struct.pack("<HHI", 0, 3, len(path)) + path + struct.pack("<I", len(data)) + data
    for text in (folder + wide, wide, folder + wide) if wide else ():
        body += struct.pack("<I", len(text)) + text.encode("utf-16-le")
    return struct.pack("<I", len(body)) + body


def ole1(class_name: str, data: bytes, topic: str = "", kind: int = 2) -> bytes:
    """An OLE 1.0 object as RTF keeps it ([MS-OLEDS] 2.2.4)."""
    out = struct.pack("<II", 0x501, kind)
    for text in (class_name, topic, ""):
        raw = text.encode("cp1252") + b"\0" if text else b""
        out += struct.pack("<I", len(raw)) + raw
    return out + struct.pack("<I", len(data)) + data


SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
DOCUMENT = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
CUSTOM = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")


def lpstr(text: str, encoding: str = "cp1252") -> bytes:
    """A VT_LPSTR value."""
    raw = text.encode(encoding) + (b"\0\0" if encoding == "utf-16-le" else b"\0")
    return struct.pack("<II", 30, len(raw)) + raw + bytes(-len(raw) % 4)


def lpwstr(text: str) -> bytes:
    """A VT_LPWSTR value."""
    raw = (text + "\0").encode("utf-16-le")
    return struct.pack("<II", 31, len(raw) // 2) + raw + bytes(-len(raw) % 4)


def property_set(*sets: tuple[bytes, dict[int, bytes]]) -> bytes:
    """A property stream of one or two sets ([MS-OLEPS] 2.21)."""
    out = struct.pack("<HHI16sI", 0xFFFE, 0, 0x20006, bytes(16), len(sets))
    at = len(out) + 20 * len(sets)
    bodies = b""
    for kind, values in sets:
        head, body = b"", b""
        place = 8 + 8 * len(values)
        for number, value in values.items():
            head += struct.pack("<II", number, place + len(body))
            body += value
        made = struct.pack("<II", place + len(body), len(values)) + head + body
        out += kind + struct.pack("<I", at + len(bodies))
        bodies += made
    return out + bodies


def code_page(number: int) -> bytes:
    """The property that says how strings are encoded."""
    return struct.pack("<IHH", 2, number, 0)


def dictionary(names: dict[int, str]) -> bytes:
    """The names of custom properties."""
    out = struct.pack("<I", len(names))
    for number, name in names.items():
        raw = name.encode("cp1252") + b"\0"
        out += struct.pack("<II", number, len(raw)) + raw
    return out + bytes(-len(out) % 4)


def properties(author: str = "", company: str = "", custom: dict[str, str] | None = None) -> Tree:
    """The two streams of document properties."""
    names = dict(enumerate(custom or {}, 2))
    own = {0: dictionary(names), 1: code_page(1252)}
    own |= {number: lpstr((custom or {})[name]) for number, name in names.items()}
    return {
        "\x05SummaryInformation": property_set((SUMMARY, {1: code_page(1252), 4: lpstr(author)})),
        "\x05DocumentSummaryInformation": property_set(
            (DOCUMENT, {1: code_page(1252), 15: lpstr(company)}), (CUSTOM, own)
        ),
    }


def vba_packed(data: bytes) -> bytes:
    """A compressed container of literals only ([MS-OVBA] 2.4.1)."""
    out = b"\x01"
    for at in range(0, len(data), 3000):
        piece = data[at : at + 3000]
        chunk = b"".join(b"\0" + piece[i : i + 8] for i in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(chunk) + 2 - 3)) + chunk
    return out


def vba(source: str, name: str = "Module1") -> Tree:
    """The storage of a VBA project of one module."""
    raw = name.encode("cp1252")
    records = struct.pack("<HIH", 3, 2, 1252) + struct.pack("<HIIH", 9, 4, 1, 2)
    records += struct.pack("<HI", 0x19, len(raw)) + raw + struct.pack("<HI", 0x1A, len(raw)) + raw
    records += struct.pack("<HII", 0x31, 4, 5) + struct.pack("<HI", 0x2B, 0) + struct.pack("<HI", 0x10, 0)
    return {"VBA": {"dir": vba_packed(records), name: bytes(5) + vba_packed(source.encode("cp1252"))}, "PROJECT": b"x"}
