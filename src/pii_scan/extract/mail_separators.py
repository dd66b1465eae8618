"""The lines that separate the messages of an MBOX mailbox (RFC 4155, appendix A), told from text that looks like them.

No rule finds every separator of every writer: some quote a line of text that begins with `From ` and some do not. A
message cut in two is still read, and said to be cut if it had parts; two taken for one would hide the parts of the
second. So a line counts on weak signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

LOOK_BYTES = 2048
"""A separator and the line after it are looked for within so many bytes."""

QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
"""A line of text that a writer quoted (mboxrd; the older mboxo quotes only once)."""

_BLOCK_BYTES = 1 << 20
_BEGIN = b"\nFrom "
_DATED = re.compile(
    rb"From [^\r\n]*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d|\d{1,2} )"
)
_FIELD = re.compile(rb"(?:>+From |[!-9;-~]+[ \t]*:)")
_AFTER_BLANK = re.compile(rb"\n\r?\nFrom ")
_PADDING = b"\xef\xbb\xbf \t\r\n\0"


def offsets(content: BinaryIO, start: int, end: int) -> Iterator[int]:
    """Offsets of the separators in a range of a file; one at `start` counts whatever it looks like.

    The file may be moved between two of them. What stands after `end` is looked at, not given.
    """
    content.seek(start)
    first = content.read(LOOK_BYTES)
    padding = len(first) - len(first.lstrip(_PADDING))
    at, kept, seen = start, b"", start
    if first.startswith(b"From ", padding) and start + padding < end:
        seen = start + padding
        yield seen
    while at < end:
        content.seek(at)
        read = content.read(min(_BLOCK_BYTES, end - at))
        if not read:
            return
        block = kept + read
        base = at - len(kept)
        at += len(read)
        looked = block + content.read(LOOK_BYTES)  # the line after a separator at the end of the block
        found = block.find(_BEGIN, seen - base)
        while found >= 0:
            if _is_separator(looked, found + 1):
                yield base + found + 1
            found = block.find(_BEGIN, found + 1)
        seen = max(at - len(_BEGIN) + 1, start)
        kept = block[-len(_BEGIN) - 1 :]


def _is_separator(data: bytes, at: int) -> bool:
    line_end = data.find(b"\n", at, at + LOOK_BYTES)
    dated = _DATED.match(data, at, at + LOOK_BYTES) is not None
    followed = line_end >= 0 and _FIELD.match(data, line_end + 1) is not None
    after_blank = data[max(at - 3, 0) : at].endswith((b"\n\n", b"\n\r\n"))
    return dated or followed if after_blank else dated and followed


def begins_mailbox(head: bytes) -> bool:
    """The head of a text begins with a separator that is dated."""
    begin = len(head) - len(head.lstrip(_PADDING))
    return _DATED.match(head, begin) is not None


def holds_messages(head: bytes) -> bool:
    """The head of a text has, after a blank line, a dated separator and a header: a mailbox whose beginning is lost."""
    if _BEGIN not in head:
        return False
    begins = (match.end() - 5 for match in _AFTER_BLANK.finditer(head))
    return any(_DATED.match(head, at) is not None and _is_sure(head, at) for at in begins)


def _is_sure(head: bytes, at: int) -> bool:
    """A header field follows."""
    line_end = head.find(b"\n", at)
    return line_end >= 0 and _FIELD.match(head, line_end + 1) is not None
