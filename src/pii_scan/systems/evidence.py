"""What a document has shown of itself, as the signals of systems ask for it; made when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from pii_scan.systems.seen import Seen, folded

_LONG = 4096
"""Characters of a text in which three bytes are numbered before parts are looked for."""
_FACTORS = (40_503, 9_973, 257)
"""Spread the numbers of three bytes over 16 bits."""
_KEY = re.compile(r'"([^"\\\s]{1,64})"\s{0,8}:')
_PROLOG = re.compile(
    r"\s*(?:<\?[^>]{0,500}\?>\s*|<!--(?:(?!-->).){0,4000}-->\s*|<!DOCTYPE[^>\[]{0,500}>\s*){0,20}", re.S
)
_ROOT = re.compile(r"<(?:([\w.-]{1,64}):)?([\w.-]{1,100})((?:\s[^<>]{0,8000})?)/?>")
_XMLNS = re.compile(r"\bxmlns(?::([\w.-]{1,64}))?\s{0,8}=\s{0,8}[\"']([^\"']{0,300})[\"']")


_SIDES = {
    "path": "pieces", "media_type": "media_type", "members": "members", "headers": "header_sets", "tables": "tables",
    "text": "text", "root": "root", "keys": "keys", "part": "parts",
}  # fmt: skip
"""What signals of a kind look at."""
_OF_TABLES, _OF_TEXT = ("headers", "tables"), ("text", "root", "keys")


class Evidence:
    """What signals ask of a document, each made when it is first asked for."""

    def __init__(self, pieces: tuple[str, ...], media_type: str, seen: Seen | None) -> None:
        """`pieces`: the document's path and those of the containers around it, outermost first."""
        self.pieces = pieces
        self.media_type = media_type
        self._seen = seen

    def has(self, kind: str) -> bool:
        """Whether there is anything that a signal of the kind could look at."""
        if kind in _OF_TABLES and (self._seen is None or not self._seen.sheets):  # no table without a column
            return False
        if kind in _OF_TEXT and self.is_plain:
            return kind == "text"
        return bool(getattr(self, _SIDES[kind]))

    @property
    def is_plain(self) -> bool:
        """Its text is known to hold nothing that a signal looks for, but for those that look at every text."""
        return self._seen is not None and self._seen.is_plain

    @property
    def members(self) -> Iterable[str]:
        """Paths of documents within it."""
        return () if self._seen is None else self._seen.members

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Names in lower case and texts of the parts that were kept."""
        return [] if self._seen is None else self._seen.parts

    @cached_property
    def text(self) -> str:
        """The start of its text; of a table without it, the first rows, a tab between cells."""
        if self._seen is None:
            return ""
        rows = "".join("\t".join(row) + "\n" for row in self._seen.rows)
        return self._seen.text + rows

    @cached_property
    def _threes(self) -> bytes | None:
        """By number of three bytes, whether they may stand in the text; None where it is short."""
        if len(self.text) < _LONG:
            return None
        data = np.frombuffer(self.text.encode("utf-8", "surrogatepass"), np.uint8).astype(np.uint16)
        first, second, third = (np.uint16(factor) for factor in _FACTORS)
        there = np.zeros(1 << 16, np.uint8)
        there[data[:-2] * first + data[1:-1] * second + data[2:] * third] = 1
        return there.tobytes()

    def holds(self, part: str) -> bool:
        """Whether the part stands in the text. Of the dozens asked for, few have all their threes of bytes there."""
        threes = self._threes
        return (threes is None or all(map(threes.__getitem__, _threes_of(part)))) and part in self.text

    @cached_property
    def scalar(self) -> pa.Scalar:
        """`text` as expressions take it."""
        return pa.scalar(self.text, pa.string())

    @cached_property
    def header_sets(self) -> list[frozenset[str]]:
        """The headers of each table, folded; then each of its first rows, as a title may stand above the headers."""
        if self._seen is None:
            return []
        sets = {frozenset(map(folded, headers)) - {""}: None for headers in self._seen.sheets.values() if headers}
        sets |= {frozenset(map(folded, row)) - {""}: None for row in self._seen.rows}
        return [one for one in sets if len(one) > 1]

    @cached_property
    def tables(self) -> frozenset[str]:
        """Names of its tables or sheets, folded, without a schema before them."""
        return (
            frozenset()
            if self._seen is None
            else frozenset(name.rpartition(".")[2].casefold() for name in self._seen.sheets)
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of JSON objects in the start of its text."""
        start = self.text.lstrip("\ufeff \t\r\n")[:1]
        return frozenset(_KEY.findall(self.text)) if start in ("{", "[") and start else frozenset()

    @cached_property
    def root(self) -> tuple[str, str] | None:
        """Local name and namespace of the root element of XML; None where it is none."""
        text = self.text.lstrip("\ufeff \t\r\n")
        if not text.startswith("<"):
            return None
        prolog = _PROLOG.match(text)
        found = _ROOT.match(text, prolog.end() if prolog else 0)
        if found is None:
            return None
        prefix, name, attributes = found.group(1), found.group(2), found.group(3)
        spaces = {space.group(1): space.group(2) for space in _XMLNS.finditer(attributes)}
        return name, spaces.get(prefix, "")


@lru_cache(1 << 12)
def _threes_of(part: str) -> tuple[int, ...]:
    """The numbers of all three bytes in a row; different ones may share a number."""
    data = part.encode("utf-8", "surrogatepass")
    return tuple(
        sum(byte * factor for byte, factor in zip(three, _FACTORS, strict=True)) & 0xFFFF
        for three in zip(data, data[1:], data[2:], strict=False)
    )
