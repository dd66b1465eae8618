"""What groups of RTF write into: parts of the text, properties, binary data, HTML. Knows little of control words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract import code_pages
from pii_scan.extract.limits import Spool
from pii_scan.extract.office_text import TextLines
from pii_scan.model import ChunkBatch, Limits

_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_READY_CHARS = 1 << 16
MAX_FONTS = 1 << 16


class Place:
    """Where text goes; this one drops it."""

    deep = False
    """Groups and control words within are of no interest either."""
    spaced = False
    """Groups within are to be told apart by a blank."""

    def write(self, text: str) -> None:
        """Takes text."""

    def feed(self, data: bytes) -> None:
        """Takes text as it stands in the file, where the place is deep."""

    def add(self, data: bytes) -> None:
        """Takes binary data."""

    def word(self, word: bytes, number: int | None) -> None:
        """Takes a control word, where the place is deep."""

    def close(self) -> None:
        """The group that opened this place ends."""


class Nowhere(Place):
    """Drops text, and all groups within."""

    deep = True


class Twice(Nowhere):
    """What is said once for readers without Unicode, and once more for others, which goes to `outer`."""

    def __init__(self, outer: Place) -> None:
        self.outer = outer


class FontTable(Nowhere):
    """The encodings of fonts, by their numbers."""

    def __init__(self, done: Callable[[], None]) -> None:
        self.encodings: dict[int, str] = {}
        self.default = 0
        self._font = 0
        self._done = done

    def set_default(self, number: int) -> None:
        """The font of text that names none."""
        self.default = number

    def word(self, word: bytes, number: int | None) -> None:
        r"""Takes `\f`, `\fcharset` and `\cpg`."""
        if number is None:
            return
        if word == b"f":
            self._font = number
        elif word in (b"fcharset", b"cpg") and len(self.encodings) < MAX_FONTS:
            found = code_pages.charset_codec(number) if word == b"fcharset" else code_pages.codec(number)
            if found:
                self.encodings[self._font] = found

    def close(self) -> None:
        """The table ends."""
        self._done()


class Flow(Place):
    """One part of the text, line by line."""

    def __init__(self, part: str, limits: Limits, spaced: bool) -> None:
        self.spaced = spaced
        self._lines = TextLines(part, limits)
        self._in_line = False
        self._chars = 0

    def write(self, text: str) -> None:
        """Takes text; a line break ends a line."""
        if text:
            self._lines.write(text)
            self._in_line = not text.endswith("\n")
            self._chars += len(text)

    def close(self) -> None:
        """Ends the line."""
        if self._in_line:
            self.write("\n")

    @property
    def filled(self) -> bool:
        """Some text that is not blank was written."""
        return self._lines.filled

    def ready(self) -> Iterator[ChunkBatch]:
        """Batches that are full."""
        if self._chars >= _READY_CHARS:
            self._chars = 0
            yield from self._lines.ready()

    def rest(self) -> Iterator[ChunkBatch]:
        """What is left."""
        yield from self._lines.rest()


class Collected(Place):
    """A short text, handed to `done` when its group ends; a long one in several pieces."""

    def __init__(self, done: Callable[[str], None], limits: Limits) -> None:
        self._done = done
        self._pieces: list[str] = []
        self._chars = 0
        self._most = max(limits.max_value_bytes // 4, 1)

    def write(self, text: str) -> None:
        """Takes text."""
        self._pieces.append(text)
        self._chars += len(text)
        if self._chars >= self._most:
            self.close()

    def close(self) -> None:
        """Hands the text over."""
        if self._pieces:
            self._done("".join(self._pieces))
            self._pieces, self._chars = [], 0


class HexData(Place):
    """Binary data written in hexadecimal digits, put into a spool; `done` takes the spool."""

    deep = True

    def __init__(self, done: Callable[[Spool], None], limits: Limits) -> None:
        self._done = done
        self._spool = Spool(limits.spool_bytes)
        self._most = limits.max_member_bytes
        self._half = b""

    def feed(self, data: bytes) -> None:
        """Takes digits; anything else between them is passed over. Raises DocumentError (`limit`)."""
        digits = self._half + _NOT_HEX.sub(b"", data)
        even = len(digits) & ~1
        self._half = digits[even:]
        self.add(bytes.fromhex(digits[:even].decode("ascii")))

    def add(self, data: bytes) -> None:
        """Takes bytes. Raises DocumentError (`limit`)."""
        if self._spool.size + len(data) > self._most:
            raise DocumentError("limit", f"an embedded object is larger than {self._most} bytes")
        self._spool.write(data)

    def close(self) -> None:
        """Hands the data over."""
        self._done(self._spool)


class PictureData(HexData):
    """A picture; groups within it may hold texts."""

    deep = False

    def __init__(self, done: Callable[[Spool, str], None], limits: Limits) -> None:
        super().__init__(lambda spool: done(spool, self.kind), limits)
        self.kind = ""
        """Its format, as `office_art.Picture` has it."""

    def write(self, text: str) -> None:
        """Takes digits."""
        self.feed(text.encode("ascii", "ignore"))


class Markup(Place):
    """HTML that was turned into RTF, as UTF-8 with a byte order mark."""

    def __init__(self, limits: Limits, spool: Spool | None = None) -> None:
        self.spool = spool or Spool(limits.spool_bytes)
        if spool is None:
            self.spool.write(codecs.BOM_UTF8)

    def write(self, text: str) -> None:
        """Takes text."""
        self.spool.write(text.encode("utf-8", "replace"))
