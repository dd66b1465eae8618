"""Texts in the formulas of binary workbooks: what they say in quotes ([MS-XLS] 2.5.198). Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.excel_records import Text, decoded

_STRING, _ATTRIBUTE, _ARRAY = 0x17, 0x19, 0x20
_CHOOSE = 0x04
_BYTES = {0x01: 4, 0x02: 4, **dict.fromkeys(range(0x03, 0x17), 0), 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 7,
          0x21: 2, 0x22: 3, 0x26: 6, 0x27: 6, 0x28: 6, 0x29: 2, 0x2E: 2, 0x2F: 2}  # fmt: skip
_BYTES_8 = _BYTES | {0x23: 4, 0x24: 4, 0x25: 8, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x39: 6, 0x3A: 6, 0x3B: 10,
                     0x3C: 6, 0x3D: 10}  # fmt: skip
_BYTES_5 = _BYTES | {0x23: 14, 0x24: 3, 0x25: 6, 0x2A: 3, 0x2B: 6, 0x2C: 3, 0x2D: 6, 0x39: 24, 0x3A: 17, 0x3B: 20,
                     0x3C: 17, 0x3D: 20}  # fmt: skip


def literals(tokens: bytes, text: Text, extra: bytes = b"") -> Iterator[str]:
    """The strings in the tokens of a formula; `extra`: what stands behind the tokens, the values of arrays."""
    sizes = _BYTES_8 if text.version >= 8 else _BYTES_5
    at, arrays = 0, False
    while at < len(tokens):
        token = tokens[at]
        token = (token | 0x20 if token & 0x40 else token) & 0x3F
        at += 1
        if token == _STRING:
            count = tokens[at] if at < len(tokens) else 0
            if text.version >= 8:
                flags = tokens[at + 1] if at + 1 < len(tokens) else 0
                size = count * (1 + (flags & 1))
                yield decoded(tokens[at + 2 : at + 2 + size], flags)
                at += 2 + size
            else:
                yield tokens[at + 1 : at + 1 + count].decode(text.encoding, "replace")
                at += 1 + count
        elif token == _ATTRIBUTE:
            kind, count = (
                (tokens[at], int.from_bytes(tokens[at + 1 : at + 3], "little")) if at < len(tokens) else (0, 0)
            )
            at += 3 + (2 * (count + 1) if kind & _CHOOSE else 0)
        elif token in sizes:
            arrays |= token == _ARRAY
            at += sizes[token]
        else:
            break
    if arrays:
        yield from text.runs(extra)
