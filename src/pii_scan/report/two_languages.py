"""One page out of the same page in two languages: the first shows, and a table of the other's texts lies beside it.

Where an element's own texts or named attributes differ, it is marked with `data-l`; the table has an entry for each
mark, in document order, that a script swaps with what is shown. Nothing is parsed but what the report's own templates
write: attributes in double quotes, no `<` in text, no comments. The content of `noscript` stays in the first language.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MARK = "data-l"
ATTRIBUTES = frozenset({"lang", "title", "aria-label", "placeholder"})
"""What may differ between the languages; anything else that does is a mistake of a template."""
_TOKEN = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"]|"[^"]*")*)>|<!DOCTYPE html>')
_ATTRIBUTE = re.compile(r'([a-zA-Z][\w:-]*)(?:="([^"]*)")?')
_BLANK = re.compile(r"[ \t\n\r\f]*")
_VOID = frozenset({"meta", "link", "wbr", "input", "br", "hr", "rect", "line", "path"})
_SKIPPED = frozenset({"script", "style", "noscript"})


class DifferentPages(ValueError):
    """The two pages differ in more than their texts."""


@dataclass(slots=True)
class _Token:
    kind: str
    """`text`, `open`, `close` or `void`."""
    name: str
    """Of the element; the text itself for a text."""
    rest: str
    """Attributes as they stand."""
    at: int
    """Offset just after the name of the element."""


@dataclass(slots=True)
class _Element:
    name: str
    at: int
    texts: int = 0
    changes: dict[int | str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A page with marks, and what the other language says there."""

    page: str
    texts: list[str]
    """Each text of the other language once."""
    entries: list[int | list[int | str]]
    """For each mark: the number of the text that takes the place of its first text; or pairs of what is replaced (the
    number of a text among the element's own that are not blank, or the name of an attribute) and the number of a text.
    """


def bilingual(page: str, other: str) -> Bilingual:
    """Marks `page` where `other` says something else. Raises DifferentPages where their elements are not the same."""
    marked = sorted(_differences(page, other), key=lambda element: element.at)
    numbers: dict[str, int] = {}
    entries: list[int | list[int | str]] = []
    parts: list[str] = []
    last = 0
    for element in marked:
        parts += [page[last : element.at], " ", MARK]
        last = element.at
        found = {key: numbers.setdefault(html.unescape(text), len(numbers)) for key, text in element.changes.items()}
        entries.append(found[0] if list(found) == [0] else [part for pair in found.items() for part in pair])
    return Bilingual("".join([*parts, page[last:]]), list(numbers), entries)


def _differences(page: str, other: str) -> Iterator[_Element]:
    open_: list[_Element] = [_Element("", 0)]
    pairs = zip(_tokens(page), _tokens(other), strict=True)
    try:
        for ours, theirs in pairs:
            if ours.kind != theirs.kind or (ours.kind != "text" and ours.name != theirs.name):
                raise DifferentPages(f"<{ours.name[:80]}> in one, <{theirs.name[:80]}> in the other")
            if ours.kind == "text":
                element = open_[-1]
                if ours.name != theirs.name:
                    element.changes[element.texts] = theirs.name
                element.texts += 1
            elif ours.kind == "close":
                closed = open_.pop()
                if closed.name != ours.name:
                    raise DifferentPages(f"</{ours.name}> closes <{closed.name}>")
                if closed.changes:
                    yield closed
            else:
                element = _Element(ours.name, ours.at)
                if ours.rest != theirs.rest:
                    element.changes.update(_changed(ours, theirs))
                if ours.kind == "open":
                    open_.append(element)
                elif element.changes:
                    yield element
    except ValueError as error:  # zip: one has more elements than the other
        raise DifferentPages(str(error)) from None


def _changed(ours: _Token, theirs: _Token) -> dict[str, str]:
    before, after = (dict(_ATTRIBUTE.findall(token.rest)) for token in (ours, theirs))
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if before.keys() != after.keys() or not names <= ATTRIBUTES:
        raise DifferentPages(f"attributes of <{ours.name}>: {', '.join(sorted(names))}")
    return {name: after[name] for name in sorted(names)}


def _tokens(page: str) -> Iterator[_Token]:
    """Start and end tags, and texts that are not blank, without scripts and styles."""
    last, skipped = 0, ""
    for found in _TOKEN.finditer(page):
        if found[2] is None:  # the doctype
            last = found.end()
            continue
        closing, name = bool(found[1]), found[2]
        if skipped:
            if closing and name == skipped:
                skipped, last = "", found.end()
            continue
        text = page[last : found.start()]
        if not _BLANK.fullmatch(text):
            yield _Token("text", text, "", last)
        last = found.end()
        if name in _SKIPPED:
            skipped = name
        else:
            kind = "close" if closing else "void" if name in _VOID else "open"
            yield _Token(kind, name, found[3], found.end(2))
