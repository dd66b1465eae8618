"""Text made from markup by replacing stretches of it, with marks that say where each stretch came from."""

from __future__ import annotations

import html
import re

import numpy as np
import numpy.typing as npt

Marks = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

_XML = re.compile(rb"&(?:#(\d{1,7});|#x([0-9a-fA-F]{1,6});|(amp|lt|gt|quot|apos);)")
_HTML = re.compile(rb"&(?:#\d{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_XML_NAMES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
# A space is a space, however it is spelt; what is not seen does not part a number.
_SEEN_AS = dict.fromkeys("\xa0\u202f\u2007\u2009", " ") | dict.fromkeys("\xad\u200b\u200c\u200d", "")


class Builder:
    """Collects a text in pieces, each with the source offset it came from, in ascending order."""

    __slots__ = ("_base", "_begun", "_parts", "_sources")

    def __init__(self) -> None:
        self._base = self._begun = 0
        self._parts: list[bytes] = []
        self._sources: list[int] = []

    def begin(self, base: int) -> None:
        """Begins a text of its own after what is there: offsets are those within a piece of source at `base`."""
        self._base, self._begun = base, len(self._parts)

    def add(self, text: bytes, source: int) -> None:
        """Appends text whose first byte stands at `source`."""
        if text:
            self._parts.append(text)
            self._sources.append(self._base + source)

    def add_marked(self, text: bytes, marks: Marks, source: int) -> None:
        """Appends text with marks of its own, the first of them at its begin, relative to `source`."""
        begins = marks[0].tolist()
        for begin, end, place in zip(begins, [*begins[1:], len(text)], marks[1].tolist(), strict=True):
            self.add(text[begin:end], source + place)

    def ends_with_newline(self) -> bool:
        """Whether the text so far is empty or ends a line."""
        return len(self._parts) == self._begun or self._parts[-1].endswith(b"\n")

    def text(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)

    def marks(self) -> Marks:
        """The marks of all of it, as `model.SourceMap` takes them."""
        if not self._parts:
            return np.zeros(1, np.int64), np.zeros(1, np.int64)
        ends = np.cumsum(np.fromiter(map(len, self._parts), np.int64, len(self._parts)))
        return np.concatenate([ends[:1] * 0, ends[:-1]]), np.array(self._sources, np.int64)


def xml_reference(match: re.Match[bytes]) -> bytes:
    """The character of a predefined or numeric reference (XML 1.0, section 4.6), NUL and surrogates as U+FFFD."""
    if match[3]:
        return _XML_NAMES[match[3]]
    code = int(match[1]) if match[1] else int(match[2], 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    return chr(code).encode()


def html_reference(match: re.Match[bytes]) -> bytes:
    """The character of an HTML reference (HTML Standard, 13.2.5.72-80); an unknown one stays as it is."""
    text = html.unescape(match[0].decode("ascii"))
    return (_SEEN_AS[text] if text in _SEEN_AS else text.replace("\0", "\ufffd")).encode("utf-8", "replace")


def resolve(text: bytes, *, html_rules: bool) -> tuple[bytes, Marks]:
    """The text with its character references resolved; in XML twice, for markup that was escaped into markup."""
    first = Builder()
    append_resolved(first, text, 0, html_rules=html_rules)
    out, marks = first.text(), first.marks()
    if html_rules or b"&" not in out or not _XML.search(out):
        return out, marks
    second = Builder()
    append_resolved(second, out, 0, html_rules=False)
    return second.text(), composed(second.marks(), marks, len(second.text()))


def append_resolved(builder: Builder, text: bytes, source: int, *, html_rules: bool) -> None:
    """Appends the text with its character references resolved; its first byte stands at `source`."""
    if b"&" not in text:
        builder.add(text, source)
        return
    pattern, make = (_HTML, html_reference) if html_rules else (_XML, xml_reference)
    at = 0
    for match in pattern.finditer(text):
        builder.add(text[at : match.start()], source + at)
        builder.add(make(match), source + match.start())
        at = match.end()
    builder.add(text[at:], source + at)


def composed(second: Marks, first: Marks, size: int) -> Marks:
    """The marks of a text made in two rounds. `size`: its length."""
    outs, middles = second
    extra = first[0][~np.isin(first[0], middles)]  # marks of the first round that lie between those of the second
    at = np.maximum(np.searchsorted(middles, extra, side="right") - 1, 0)
    ends = np.append(outs[1:], size)
    all_outs = np.append(outs, np.minimum(outs[at] + extra - middles[at], ends[at]))
    sources = np.append(_through(middles, first), _through(extra, first))
    order = np.lexsort((sources, all_outs))
    return all_outs[order], sources[order]


def _through(offsets: npt.NDArray[np.int64], marks: Marks) -> npt.NDArray[np.int64]:
    """Source offsets of offsets in a text that has these marks."""
    at = np.maximum(np.searchsorted(marks[0], offsets, side="right") - 1, 0)
    return np.asarray(marks[1][at] + offsets - marks[0][at])
