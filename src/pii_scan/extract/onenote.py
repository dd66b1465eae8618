"""OneNote sections and tables of contents: runs of text by their bytes, and the files that pages carry as members.

The revision store ([MS-ONESTORE]) is not walked: texts lie in it uncompressed, in UTF-16 or Latin at any alignment, and
so do those of deleted and earlier versions of a page. Locations: parts named by the offset of the text in bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator
from typing import BinaryIO, cast

from pii_scan.extract.limits import Window, size_of
from pii_scan.extract.office_text import PartTexts
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
"""Begins an embedded file ([MS-ONESTORE] 2.6.13): then its length, 12 bytes of no use, its bytes."""
_FILE_HEAD = 36
_PACKAGED = bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7")
"""The format of a section that was saved by a server ([MS-ONESTORE] 2.8), at offset 48."""
_KEY = bytes.fromhex("67a0d1da85a36bfb")
"""Begins the key data of a section with a password ([MS-ONESTORE] 2.6.19)."""
_BLOCK = 1 << 20
_MAX_RUN = 64 << 10
_RUN = re.compile(
    rb"((?:[\x20-\x7e\xa0-\xff\t\r\n]\0|[\x06-\x7f]\x01|[\x91-\xce]\x03|[\x10-\x5f]\x04|[\x10-\x3f\xac]\x20){3,32000})|"
    rb"[\x20-\x7e\xc0-\xff]{6,64000}"
)
_WORTH = re.compile(r"[^\W_]{2}")
_REMEMBERED = 1 << 18
_FILES = re.compile(re.escape(_FILE))
_MARKS = re.compile(re.escape(_FILE) + rb"|\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xe0\xe1\xdb\xee]|%PDF-1\.")
_ENDS = {b"\x89": b"IEND\xaeB`\x82", b"\xff": b"\xff\xd9", b"%": b"%%EOF"}


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts and members in the order of the file. Raises nothing of its own."""
    yield from _Section(document, limits).run()


class _Section:
    """One file on its way through."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._ref: DocumentRef = document.ref
        self._content = document.content
        self._limits = limits
        self._texts = PartTexts(limits)
        self._seen: set[int] = set()
        self._endless: set[bytes] = set()
        self._files = 0
        self._locked = self._cut = self._any = self._packaged = False

    def run(self) -> Iterator[Piece]:
        size = size_of(self._content)
        self._packaged = self._content.read(64)[48:64] == _PACKAGED
        at = 0
        while at < size:
            self._content.seek(at)
            data = self._content.read(_BLOCK)
            if not data:
                break
            self._locked = self._locked or _KEY in data
            at = yield from self._block(data, at, size)
        yield from self._texts.rest()
        yield from self._problems()

    def _block(self, data: bytes, at: int, size: int) -> Generator[Piece, None, int]:
        """Reads a block that begins at `at`; gives where the next begins."""
        marks = _MARKS if self._packaged else _FILES
        position = 0
        while found := marks.search(data, position):
            self._runs(data[position : found.start()], at + position, last=True)
            yield from self._texts.ready()
            start, length = self._file_at(at + found.start())
            yield from self._member(start, length, size)
            position = max(start + min(length, size - start) - at, found.end())
            if position >= len(data):
                return at + position
        done = self._runs(data[position:], at + position, last=at + len(data) >= size)
        yield from self._texts.ready()
        return at + position + max(done, 1)

    def _file_at(self, at: int) -> tuple[int, int]:
        """Offset and length of the file whose mark is at `at`. A packaged one ends at its own end mark, if any."""
        self._content.seek(at)
        head = self._content.read(_FILE_HEAD)
        if head.startswith(_FILE):
            return at + _FILE_HEAD, int.from_bytes(head[16:24], "little")
        mark = _ENDS[head[:1]]
        offset, tail = at + len(head), head
        while mark not in self._endless and (piece := self._content.read(_BLOCK)):
            end = (tail + piece).find(mark)
            if end >= 0:
                return at, offset - len(tail) + end + len(mark) - at
            offset += len(piece)
            tail = piece[-len(mark) :]
        self._endless.add(mark)  # no later file has one either
        return at, 1

    def _member(self, start: int, length: int, size: int) -> Iterator[Piece]:
        if start + length > size:
            self._cut = True
            length = max(size - start, 0)
        if length > 1:
            self._files += 1
            self._any = True
            content = cast(BinaryIO, io.BufferedReader(Window(self._content, start, length)))
            yield Document(self._ref.member(f"file {self._files}", length), content)

    def _runs(self, data: bytes, at: int, last: bool) -> int:
        """Takes the texts of a block; gives how much of it is done with. A text at its end is left to the next."""
        keep = len(data) if last else max(len(data) - _MAX_RUN, 1)
        for match in _RUN.finditer(data):
            if match.start() >= keep:
                return match.start()
            self._text(match, at)
            if match.end() > keep:
                return match.end()
        return keep

    def _text(self, match: re.Match[bytes], at: int) -> None:
        run = match[0]
        if match[1] is None:
            if 3 * sum(byte > 0x7F for byte in run) > len(run):
                return  # binary data
            text = run.decode("cp1252", "replace")
        else:
            text = run.decode("utf-16-le", "replace")
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if not _WORTH.search(text) or hash(text) in self._seen:  # earlier versions of a page repeat it
            return
        if len(self._seen) < _REMEMBERED:
            self._seen.add(hash(text))
        self._any = True
        self._texts.add(f"byte {at + match.start()}", text)

    def _problems(self) -> Iterator[Problem]:
        found: list[tuple[ProblemCode, str]] = []
        if self._locked:
            found.append((ProblemCode.ENCRYPTED, "pages of the section are encrypted with a password"))
        if self._cut:
            found.append((ProblemCode.TRUNCATED, "an embedded file ends too early"))
        if self._packaged:
            detail = "a section saved by a server: embedded files are found by their signatures only"
            found.append((ProblemCode.UNSUPPORTED, detail))
        if not self._any:
            found.append((ProblemCode.CORRUPT, "no text was found in the section"))
        for code, detail in found:
            yield Problem(self._ref, Stage.EXTRACT, code, detail)
