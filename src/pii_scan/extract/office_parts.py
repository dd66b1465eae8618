"""What all three Office Open XML families read the same way: properties, links outside, and every part left over.

The last is what keeps a part that no family knows from going unread: XML is read as text, the rest is a document.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import spool
from pii_scan.extract.office import Package, natural_key
from pii_scan.extract.office_paragraphs import Paragraphs
from pii_scan.extract.office_text import PartError, PartTexts, Reader, TextLines
from pii_scan.model import ChunkBatch, Document, Limits, LineOrigin, PartOrigin, Problem, Stage

Item = ChunkBatch | Document | Problem

_TEXTLESS = re.compile(
    r"/(styles|stylesWithEffects|theme\d*|themeOverride\d*|fontTable|webSettings|numbering|tableStyles|viewProps|"
    r"presProps|calcChain|colors\d*|style\d+|layout\d+|quickStyle\d+)\.xml$",
    re.IGNORECASE,
)
_DRESSING = re.compile(r"/fonts?/|/printerSettings/|/thumbnail\.|\.(fntdata|odttf|ttf)$", re.IGNORECASE)
"""Fonts, what a printer was told, and the small picture of the first page."""
_KINDS = (
    ("customxml", "custom XML"),
    ("charts", "chart"),
    ("diagrams", "diagram"),
    ("drawings", "drawing"),
    ("glossary", "glossary"),
    ("people", "people"),
    ("persons", "people"),
    ("revisions", "revisions"),
    ("userinfo", "revisions"),
    ("settings", "settings"),
    ("slidelayouts", "layout"),
    ("slidemasters", "master"),
    ("notesmasters", "master"),
    ("handoutmasters", "master"),
    ("tags", "tags"),
)
_PROPERTIES = frozenset(
    "creator lastModifiedBy title subject description keywords category contentStatus identifier language version "
    "revision created modified lastPrinted Manager Company HyperlinkBase Template Application lpstr lpwstr".split()
)


class _Leaves(Reader):
    """Property files: the text of every leaf, by the name of its element."""

    def __init__(self, limits: Limits, texts: PartTexts) -> None:
        super().__init__(limits)
        self._texts = texts
        self._pieces: list[str] = []
        self._name = ""

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        self._close("")  # text before a child element: not in the standard, but read
        if tag == "property":
            self._name = attrs.get("name", "")

    def _chars(self, data: str) -> None:
        self._pieces.append(data)

    def _close(self, tag: str) -> None:
        value = "".join(self._pieces)
        self._pieces.clear()
        if value.strip() and "property" in self.stack:
            self._texts.add("properties: custom", f"{self._name}: {value}")
        elif value.strip():
            self._texts.add(f"properties: {tag if tag in _PROPERTIES else 'other'}", value)


def properties(package: Package) -> Iterator[Item]:
    """The document properties (docProps: core, app, custom), each as a part of its own."""
    named = re.compile(r"docProps/[^/]*\.xml|package/services/metadata/core-properties/[^/]*", re.IGNORECASE)
    for name in package.names:
        known = named.fullmatch(name) or package.content_type(name).endswith("properties+xml")
        if known and name not in package.done:
            texts = PartTexts(package.limits)
            yield from read_part(package, name, _Leaves(package.limits, texts), texts)


def read_part(package: Package, name: str, reader: Reader, texts: PartTexts | TextLines) -> Iterator[Item]:
    """Runs `reader` over a part and hands on what it puts into `texts`; damage becomes a Problem."""
    try:
        for _ in reader.read(package.open(name)):
            yield from texts.ready()
    except PartError as error:
        yield part_problem(package, error)
    except DocumentError:
        yield from texts.rest()
        raise
    yield from texts.rest()


def paragraphs(package: Package, name: str, label: str, all_text: bool = False) -> Iterator[Item]:
    """The text of one part, a paragraph a line; `label` names the part in each location. See `Paragraphs`."""
    lines = TextLines(label, package.limits)
    reader = Paragraphs(package.limits, lines, all_text)
    yield from read_part(package, name, reader, lines)
    yield from reader.name_texts(label)


def as_part(item: Item) -> Item:
    """Lines of a part that is no text of its own get the name of the part as their place."""
    if isinstance(item, ChunkBatch) and isinstance(item.origin, LineOrigin):
        return ChunkBatch(item.texts, PartOrigin((item.origin.part,)))
    return item


def part_problem(package: Package, error: PartError) -> Problem:
    """The Problem that a damaged part becomes; it names the document, since part names could hold anything."""
    return Problem(package.document.ref, Stage.EXTRACT, error.code, error.detail)


def hyperlinks(package: Package, labels: dict[str, str]) -> Iterator[Item]:
    """Targets outside the package, of every part; `labels` names the part whose relationships they are."""
    texts = PartTexts(package.limits)
    for name in package.names:
        if not name.lower().endswith(".rels"):
            continue
        folder, base = posixpath.split(name)
        owner = posixpath.join(posixpath.dirname(folder), base[:-5])
        label = labels.get(owner.lower(), "")
        try:
            links = [r.target for r in package.relationships(owner) if r.external]
        except PartError as error:
            yield part_problem(package, error)
            continue
        package.done.add(name)
        for target in links:
            texts.add(f"{label}: hyperlinks" if label else "hyperlinks", unquote(target, errors="replace"))
        yield from texts.ready()
    yield from texts.rest()


def leftovers(package: Package, labels: dict[str, str] | None = None) -> Iterator[Item]:
    """Every part that was not read yet: XML as text; embedded objects, pictures, sound and film as documents. To be
    called last. Styles, themes and fonts hold no text of the document.
    """
    objects = []
    for name in sorted(set(package.names) - package.done, key=natural_key):
        if _TEXTLESS.search("/" + name) or _DRESSING.search("/" + name) or name == "[Content_Types].xml":
            continue
        kind = package.content_type(name)
        if name.lower().endswith((".xml", ".vml", ".rels")) or kind.endswith(("+xml", "/xml")):
            label = (labels or {}).get(name.lower()) or part_kind(name)
            yield from paragraphs(package, name, label, all_text=True)
        else:
            objects.append(name)
    for name in objects:
        yield from embedded(package, name)


def part_kind(name: str) -> str:
    """What sort of part a name is of; a fixed word, since names could hold anything."""
    lower = name.lower()
    return next((kind for key, kind in _KINDS if key in lower), "other part")


def embedded(package: Package, name: str) -> Iterator[Item]:
    """The part `name` as a member document; one that cannot be read is a Problem."""
    try:
        stream = package.open(name)
        content = spool(stream, package.limits)
    except PartError as error:
        yield part_problem(package, error)
        return
    with content:
        yield Document(package.document.ref.member(name, stream.size), content)
