"""Hyperlinks as Office stores them in binary files ([MS-OSHARED] 2.3.7.1): what they show and where they lead."""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.mapi_values import strings_in

_MONIKER, _DISPLAY, _FRAME, _PLACE, _PLAIN = 0x01, 0x10, 0x80, 0x08, 0x100
_URL = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_CLASS_BYTES = 16


def hyperlink_texts(data: bytes) -> Iterator[str]:
    """The texts of a hyperlink: display text, target, place in the target. What cannot be parsed gives its runs."""
    if len(data) < 24 or int.from_bytes(data[16:20], "little") != 2:
        yield from strings_in(data)
        return
    flags = int.from_bytes(data[20:24], "little")
    at = 24
    for flag in (_DISPLAY, _FRAME):
        if flags & flag:
            text, at = _string(data, at, 2)
            yield text
    if flags & _MONIKER and flags & _PLAIN:
        text, at = _string(data, at, 2)
        yield text
    elif flags & _MONIKER and data[at : at + _CLASS_BYTES] == _URL:
        text, at = _string(data, at + _CLASS_BYTES, 1)
        yield text
    elif flags & _MONIKER:
        yield from strings_in(data[at:])
        return
    if flags & _PLACE:
        yield _string(data, at, 2)[0]


def _string(data: bytes, at: int, unit: int) -> tuple[str, int]:
    """A UTF-16 string behind its length in units of `unit` bytes, up to its NUL, and where it ends."""
    end = at + 4 + int.from_bytes(data[at : at + 4], "little") * unit
    text = data[at + 4 : end]
    return text[: len(text) & ~1].decode("utf-16-le", "replace").split("\0")[0], end
