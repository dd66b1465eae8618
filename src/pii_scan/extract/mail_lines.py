"""The lines of a message, one at a time where its structure is told and in large blocks where a body is read.

Knows no header and no structure but that a delimiter begins with two dashes (RFC 2046, section 5.1.1).
"""

from __future__ import annotations

import re
from typing import BinaryIO

from pii_scan.extract.limits import PIECE

_BLOCK_END = re.compile(rb"\n\r?\n")


class Lines:
    """The lines of a message; a long one comes in pieces of at most PIECE bytes."""

    __slots__ = ("_at", "_content", "_data", "_ended", "_starts", "at_start")

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._data = b""
        self._at = 0
        self._ended = False
        self._starts = True
        self.at_start = True
        """The piece handed out last begins a line."""

    def next(self) -> bytes:
        """The next line with its end, or a piece of it; nothing at the end."""
        end = self._data.find(b"\n", self._at, self._at + PIECE) + 1
        while not end and len(self._data) - self._at < PIECE and self._more():
            end = self._data.find(b"\n", self._at, self._at + PIECE) + 1
        line = self._data[self._at : end or self._at + PIECE]
        self._take(line)
        return line

    def push_back(self, line: bytes) -> None:
        """Undoes the last `next`, which gave this line."""
        self._at -= len(line)
        self._starts = self.at_start

    def body(self) -> bytes:
        """Whole lines up to the next one that begins with two dashes, or as many as are at hand; a long one in pieces.

        Empty: such a line follows, to be had by `next`, or the end.
        """
        while True:
            data, at = self._data, self._at
            if self._starts and data.startswith(b"--", at):
                return b""
            end = data.find(b"\n--", at) + 1
            if not end and len(data) - at >= PIECE:
                end = data.rfind(b"\n", at) + 1 or len(data)
            if end or not self._more():
                block = data[at : end or len(data)]
                self._take(block)
                return block

    def header_block(self, limit: int) -> bytes | None:
        """A whole header block with the blank line that ends it, if it has at most `limit` bytes and is plain ASCII
        without a delimiter; else None, and nothing is taken.
        """
        while True:
            data, at = self._data, self._at
            if data.startswith((b"\n", b"\r\n"), at):
                block = data[at : data.index(b"\n", at) + 1]
                break
            found = _BLOCK_END.search(data, at)
            if found is not None:
                block = data[at : found.end()]
                break
            if len(data) - at > limit or not self._more():
                return None
        if len(block) > limit or not self._starts or not block.isascii() or b"\0" in block or b"\n--" in block:
            return None
        if block.startswith(b"--"):
            return None
        self._take(block)
        return block

    def _take(self, block: bytes) -> None:
        self._at += len(block)
        self.at_start = self._starts
        if block:
            self._starts = block.endswith(b"\n")

    def _more(self) -> bool:
        """Reads on; what was handed out last is kept, so that it can be pushed back."""
        if self._ended:
            return False
        read = self._content.read(PIECE)
        self._ended = not read
        keep = max(self._at - PIECE, 0)
        self._data, self._at = self._data[keep:] + read, self._at - keep
        return bool(read)
