"""Cuts Rich Text Format into tokens, block by block (RTF Specification 1.9.1, "RTF Syntax"). Knows no control word."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from enum import IntEnum
from typing import BinaryIO

from pii_scan.extract.limits import PIECE

_BLOCK = 1 << 18
_HOLD = 300
"""A token that begins so close to the end of a block waits for the next block."""
_TOKEN = re.compile(
    rb"([^\\{}]+)|\\([A-Za-z]+)(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|(\{)|(\})|\\([^A-Za-z])|(\\)", re.DOTALL
)
_NOT_TEXT = b"\r\n\0"


class Kind(IntEnum):
    """What a token is; the numbers are those of the groups of the expression."""

    TEXT = 1
    WORD = 2
    HEX = 4
    OPEN = 5
    CLOSE = 6
    SYMBOL = 7
    STRAY = 8
    BINARY = 9
    LOST = 10
    """Binary data that were announced but are not there."""


Token = tuple[int, bytes, int | None]
"""Kind, text, and the number behind a control word."""


def tokens(stream: BinaryIO) -> Iterator[Token]:
    """All tokens from where the stream stands. Text comes without line breaks and NUL, which mean nothing in RTF."""
    buffer, final = b"", False
    while not final:
        data = stream.read(_BLOCK)
        final = not data
        buffer += data
        hold = len(buffer) if final else len(buffer) - _HOLD
        at = 0
        while at < hold:
            binary = None
            for match in _TOKEN.finditer(buffer, at):
                start, at = match.span()
                kind = match.lastindex or 0
                if kind == Kind.TEXT:
                    text = match[1]
                    if b"\n" in text or b"\r" in text or b"\0" in text:
                        text = text.translate(None, _NOT_TEXT)
                    if text:
                        yield kind, text, None
                elif start >= hold:  # it may be cut
                    at = start
                    break
                elif kind == 3:
                    word, number = match[2], int(match[3])
                    if word == b"bin":
                        binary = max(number, 0)
                        break
                    yield Kind.WORD, word, number
                else:
                    yield kind, match[kind], None
            if binary is None:
                break
            at = yield from _binary(stream, buffer, at, binary)
        buffer = buffer[at:]


def _binary(stream: BinaryIO, buffer: bytes, at: int, size: int) -> Generator[Token, None, int]:
    r"""The bytes behind `\bin`; returns the offset in the buffer behind those of them that it holds."""
    held = buffer[at : at + size]
    if held:
        yield Kind.BINARY, held, None
    left = size - len(held)
    while left > 0:
        data = stream.read(min(left, PIECE))
        if not data:
            yield Kind.LOST, b"", left
            break
        yield Kind.BINARY, data, None
        left -= len(data)
    return at + len(held)
