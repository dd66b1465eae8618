"""What tells that a document is from a system: each signal looks at one side of it and says in words what it saw.

A label names what the profile asks for, never what the document holds. Expressions are RE2's (linear time).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.globs import Patterns
from pii_scan.systems.evidence import Evidence

SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class Signal(ABC):
    """One sign. `score`: how sure it is on its own, above 0, at most 1."""

    kind: ClassVar[str] = ""
    score: float
    label: str
    """Shown where the signal fired; a set adds how many of its members were there."""

    @abstractmethod
    def fired(self, evidence: Evidence) -> str:
        """The words that show that it fired, or an empty text."""

    @property
    @abstractmethod
    def described(self) -> str:
        """What it asks for, in words."""


@dataclass(frozen=True, slots=True)
class PathSignal(Signal):
    """A folder or file, or a container around it, has a name that fits."""

    kind = "path"
    globs: tuple[str, ...]
    patterns: tuple[Patterns, ...] = field(compare=False)

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        for glob, patterns in zip(self.globs, self.patterns, strict=True):
            if any(patterns.fit(piece) for piece in evidence.pieces):
                return self.label or f"path: {glob}"
        return ""

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said("path", self.label, self.globs)


@dataclass(frozen=True, slots=True)
class MemberSignal(Signal):
    """It holds documents whose paths fit at least so many globs."""

    kind = "members"
    globs: tuple[str, ...]
    patterns: tuple[Patterns, ...] = field(compare=False)
    at_least: int = 1

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        members = evidence.members
        hit = [
            glob for glob, patterns in zip(self.globs, self.patterns, strict=True)
            if any(patterns.fit(member) for member in members)
        ]  # fmt: skip
        return _counted(self.label or "members", hit, len(self.globs), self.at_least)

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said(f"at least {self.at_least} members", self.label, self.globs)


@dataclass(frozen=True, slots=True)
class MediaTypeSignal(Signal):
    """It is of one of these formats."""

    kind = "media_type"
    types: tuple[str, ...]

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        return (self.label or f"format: {evidence.media_type}") if evidence.media_type in self.types else ""

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said("format", self.label, self.types)


@dataclass(frozen=True, slots=True)
class HeaderSignal(Signal):
    """A table has at least so many of these headers, each in any of its names."""

    kind = "headers"
    headers: tuple[tuple[str, ...], ...]
    """For each header its names, the one that is shown first."""
    at_least: int
    at_most_columns: int
    """A wider table is another; 0: any width."""
    folded: tuple[frozenset[str], ...] = field(compare=False)

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        best: list[str] = []
        for found in evidence.header_sets:
            if self.at_most_columns and len(found) > self.at_most_columns:
                continue
            hit = [
                names[0] for names, forms in zip(self.headers, self.folded, strict=True) if not forms.isdisjoint(found)
            ]
            best = max(best, hit, key=len)
        return _counted(self.label or "headers", best, len(self.headers), self.at_least)

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        names = [" or ".join(names) for names in self.headers]
        width = f" in a table of at most {self.at_most_columns} columns" if self.at_most_columns else ""
        return _said(f"at least {self.at_least} headers{width}", self.label, names)


@dataclass(frozen=True, slots=True)
class TableSignal(Signal):
    """It has at least so many tables or sheets of these names."""

    kind = "tables"
    names: tuple[str, ...]
    patterns: tuple[Patterns, ...] = field(compare=False)
    at_least: int = 1

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        hit = [
            name for name, patterns in zip(self.names, self.patterns, strict=True)
            if any(patterns.fit_exactly(table) for table in evidence.tables)
        ]  # fmt: skip
        return _counted(self.label or "tables", hit, len(self.names), self.at_least)

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said(f"at least {self.at_least} tables", self.label, self.names)


@dataclass(frozen=True, slots=True)
class TextSignal(Signal):
    """An expression fits the start of its text."""

    kind = "text"
    regex: str
    contains: tuple[str, ...]
    """The expression is tried only where one of these stands in the text; empty: always."""

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        return f"text: {self.label}" if pc.match_substring_regex(evidence.scalar, self.regex).as_py() else ""

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said("text", self.label, (self.regex,))


class TextSignals:
    """Signals of texts, of which most texts hold nothing that any asks for."""

    def __init__(self, signals: Sequence[tuple[int, Signal]]) -> None:
        """`signals`: each with a number that is given back with it; those of other kinds are always worth trying."""
        self._signals = [(one, one[1].contains if isinstance(one[1], TextSignal) else ()) for one in signals]
        self._parts = tuple(dict.fromkeys(part for _, parts in self._signals for part in parts))
        self._always = [one for one, parts in self._signals if not parts]

    @property
    def pattern(self) -> str | None:
        """An expression of RE2's that fits every text of which a signal of any kind could say something; None where
        there is none.
        """
        if any("\n" in part for part in self._parts):  # what stands at the end of a text is followed by a line break
            return None
        return "|".join([r"\A[\x{feff} \t\r\n]*[<{\[]", *map(re.escape, self._parts)])

    def worth_trying(self, evidence: Evidence) -> list[tuple[int, Signal]]:
        """Those whose expressions could fit the text of a document, in their order."""
        there = set() if evidence.is_plain else set(filter(evidence.holds, self._parts))
        if not there:
            return self._always
        return [one for one, parts in self._signals if not parts or not there.isdisjoint(parts)]


class HeaderSignals:
    """Signals of headers, of which most tables have none that any asks for."""

    def __init__(self, signals: Sequence[tuple[int, Signal]]) -> None:
        """`signals`: each with a number that is given back with it; those of other kinds are always worth trying."""
        self._signals = tuple(signals)
        self._least = [one.at_least if isinstance(one, HeaderSignal) else 0 for _, one in signals]
        self._asked_by: dict[str, list[int]] = {}
        """By header, folded, the places of the signals that ask for it, once for each that it stands for."""
        for place, (_, one) in enumerate(signals):
            for form in (form for forms in one.folded for form in forms) if isinstance(one, HeaderSignal) else ():
                self._asked_by.setdefault(form, []).append(place)

    def worth_trying(self, evidence: Evidence) -> list[tuple[int, Signal]]:
        """Those that could fire on the tables of a document, in their order."""
        there = Counter(
            place for found in evidence.header_sets for form in found for place in self._asked_by.get(form, ())
        )
        return [one for place, one in enumerate(self._signals) if there[place] >= self._least[place]]


@dataclass(frozen=True, slots=True)
class RootSignal(Signal):
    """It is XML with this root element, in this namespace or one that begins with it."""

    kind = "root"
    root: str
    namespace: str
    """Ends in `*` where only the beginning counts; empty: any."""

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        name, namespace = evidence.root or ("", "")
        wanted = self.namespace
        fits = namespace.startswith(wanted[:-1]) if wanted.endswith("*") else not wanted or namespace == wanted
        if name != self.root or not fits:
            return ""
        return self.label or (f"namespace {wanted}" if wanted else f"root element {self.root}")

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said("root element", self.label, (f"{self.root} in namespace {self.namespace or '*'}",))


@dataclass(frozen=True, slots=True)
class KeySignal(Signal):
    """It is JSON with at least so many of these keys."""

    kind = "keys"
    names: tuple[str, ...]
    at_least: int

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        hit = [name for name in self.names if name in evidence.keys]
        return _counted(self.label or "keys", hit, len(self.names), self.at_least)

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        return _said(f"at least {self.at_least} keys", self.label, self.names)


@dataclass(frozen=True, slots=True)
class PartSignal(Signal):
    """A part of it, such as a header of a mail, has this name, and a value that fits."""

    kind = "part"
    part: str
    """A glob, compared without case: `header: x-ms-exchange-*`."""
    patterns: Patterns = field(compare=False)
    value: str = ""
    """An expression that the whole value must fit; empty: any."""
    sender: bool = False
    """It says how a mail was sent, not where it lies: of no weight for mail in a mailbox."""

    def fired(self, evidence: Evidence) -> str:
        """As `Signal.fired`."""
        for name, text in evidence.parts:
            if not self.patterns.fit_exactly(name):
                continue
            if not self.value or pc.match_substring_regex(pa.scalar(text.strip(), pa.string()), self.value).as_py():
                return self.label or self.part
        return ""

    @property
    def described(self) -> str:
        """As `Signal.described`."""
        value = f" = {self.value}" if self.value else ""
        return _said("part", self.label, (self.part + value,))


def anywhere(*globs: str) -> Patterns:
    """The globs as signals mean them: below any folder, in any case.

    >>> anywhere("Takeout/Mail").fit("backup/takeout/mail/a.mbox")
    True
    """
    return Patterns([f"**/{glob}" if "/" in glob.strip("/") else glob for glob in globs], ignore_case=True)


def _said(what: str, label: str, of: Iterable[str]) -> str:
    return f"{what}{f' ({label})' if label else ''}: {', '.join(of)}"


def _counted(what: str, hit: list[str], of: int, at_least: int) -> str:
    if len(hit) < at_least:
        return ""
    more = ", …" if len(hit) > SHOWN_NAMES else ""
    return f"{what}: {len(hit)} of {of} ({', '.join(hit[:SHOWN_NAMES])}{more})"
