"""Mailboxes in one file (MBOX: mboxrd, mboxo, mboxcl): each message a member by its number, `00012`, and its place.

Nothing but the message at hand is held, and of a long one only a window. Content-Length fields are not believed: one
that lies would hide messages. A large mailbox is read in slices between messages.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO, cast

from pii_scan.extract import mail_separators, media_type
from pii_scan.extract.limits import PIECE, Budget, Spool, Window, size_of
from pii_scan.model import ChunkBatch, Document, Limits, Problem, Slice

_QUOTED_LINE = re.compile(rb">+From ")

Piece = ChunkBatch | Document | Problem


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Piece]:
    """The messages of a mailbox (RFC 4155), or of a slice of it, as documents with the line that begins them.

    What stands before the first is a document `00000`. Messages are not counted as expanded bytes: they are no larger
    than the file.
    """
    content, part = document.content, document.slice
    start, end, number = (0, size_of(content), 1) if part is None else (part.start, part.end, part.first_row)
    for begin, finish, counted in _messages(content, start, end):
        ref = document.ref.member(f"{number if counted else 0:05d}", finish - begin)
        message = _content(content, begin, finish, limits)
        with message:
            yield Document(ref, message, media_type.EML if counted else "")
        number += counted


def plan(content: BinaryIO, slice_bytes: int) -> list[Slice]:
    """Slices of about `slice_bytes` that begin with a message; [] where there is nothing to cut. Reads it once."""
    size = size_of(content)
    begins, target, number = [(0, 1)], slice_bytes, 1
    for begin, _, counted in _messages(content, 0, size):
        if begin >= target:
            begins.append((begin, number))
            target = max(target + slice_bytes, begin + 1)
        number += counted
    if len(begins) < 2:
        return []
    ends = [begin for begin, _ in begins[1:]] + [size]
    return [Slice(begin, end, number, "") for (begin, number), end in zip(begins, ends, strict=True)]


def _messages(content: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of each message, the separator with it; False: what stands before the first separator."""
    begin, counted = start, False
    for at in mail_separators.offsets(content, start, end):
        if counted or _holds_text(content, begin, at):
            yield begin, at, counted
        begin, counted = at, True
    if counted or _holds_text(content, begin, end):
        yield begin, end, counted


def _holds_text(content: BinaryIO, start: int, end: int) -> bool:
    """There is more than blanks and padding in the range."""
    window = Window(content, start, end - start)
    return any(piece.strip(b"\xef\xbb\xbf \t\r\n\0") for piece in iter(lambda: window.read(PIECE), b""))


def _content(content: BinaryIO, start: int, end: int, limits: Limits) -> BinaryIO:
    """A message with its quoted lines as they were written. Raises DocumentError (`limit`) when the disk is full."""
    if end - start <= limits.spool_bytes:
        content.seek(start)
        data = content.read(end - start)
        return io.BytesIO(mail_separators.QUOTED.sub(rb"\1", data) if b">From " in data else data)
    window = cast(BinaryIO, io.BufferedReader(Window(content, start, end - start), PIECE))
    if not _is_quoted(window):
        window.seek(0)
        return window
    window.seek(0)
    store, at_start = Spool(limits.spool_bytes), True
    while line := window.readline(PIECE):
        store.write(line[1:] if at_start and _QUOTED_LINE.match(line) else line)
        at_start = line.endswith(b"\n")
    return store.finish()


def _is_quoted(window: BinaryIO) -> bool:
    """Some line of the message is quoted."""
    kept = b"\n"
    while piece := window.read(1 << 20):
        data = kept + piece
        if b"\n>" in data and mail_separators.QUOTED.search(data, 1):
            return True
        kept = data[-64:]
    return False
