"""PPTX, PPTM, PPSX and POTX: text of slides and of every part beside them (PresentationML, ECMA-376 part 1, 19).

Locations: the page is the number of the slide in the order of the show, hidden slides counted; notes, comments,
charts, layouts, properties and links are parts with a name. Pictures are members.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package, Relationship
from pii_scan.extract.office_paragraphs import Paragraphs
from pii_scan.extract.office_parts import (
    Item,
    as_part,
    hyperlinks,
    leftovers,
    paragraphs,
    properties,
    read_part,
)
from pii_scan.extract.office_text import PartError, Reader, TextLines
from pii_scan.model import ChunkBatch, Document, Limits, LineOrigin, PageOrigin, Problem, ProblemCode, Stage

_BESIDE = {
    "notesSlide": "notes",
    "comments": "comments",
    "comment": "comments",
    "chart": "chart",
    "chartEx": "chart",
    "diagramData": "diagram",
    "diagramDrawing": "diagram",
    "vmlDrawing": "drawing",
    "tags": "tags",
}


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """Texts first, then embedded documents. Raises DocumentError when the package cannot be read."""
    package = Package(document, limits, budget)
    main = package.main_part("ppt/presentation.xml")
    slides = _slides(package, main)
    authors = _authors(package)
    for number, name in enumerate(slides, 1):
        for item in paragraphs(package, name, ""):
            yield _on_page(item, number)
        yield from _beside(package, _internal_links(package, name), number, authors)
    yield from properties(package)
    yield from hyperlinks(package, {name.lower(): f"slide {number}" for number, name in enumerate(slides, 1)})
    if not slides and any("/media/" in name.lower() for name in package.names):
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, "no slide was found in the presentation")
    for item in leftovers(package):
        yield as_part(item)


class _SlideList(Reader):
    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.ids: list[str] = []

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "sldId":
            self.ids += [value for key, value in attrs.items() if key.endswith(":id")]


class _Authors(Reader):
    """Authors of comments: of old ones by number, of threaded ones by a GUID."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.by_id: dict[str, str] = {}

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in ("cmAuthor", "author") and "id" in attrs:
            self.by_id[attrs["id"]] = attrs.get("name", "")


def _slides(package: Package, main: str) -> list[str]:
    """Slide parts in the order of the show; those that are in no list come last."""
    listed: list[str] = []
    reader = _SlideList(package.limits)
    try:
        targets = {link.id: link.target for link in package.relationships(main)}
        reader.read_all(package.open(main))
        listed = [targets[one] for one in reader.ids if one in targets]
    except PartError:
        pass  # `leftovers` and `hyperlinks` read the same parts again and report them
    package.done.discard(main)  # it also holds the names of sections and custom shows
    known = {name.lower() for name in listed}
    others = [n for n in package.of_kind("slide", r"ppt/slides/[^/]*\.xml") if n.lower() not in known]
    return list(dict.fromkeys([*listed, *others]))


def _authors(package: Package) -> dict[str, str]:
    """Names of those who wrote comments; the parts themselves are left to `leftovers`."""
    found: dict[str, str] = {}
    old = package.of_kind("commentAuthors", r"ppt/commentAuthors\.xml")
    for name in dict.fromkeys(old + package.of_kind("authors", r"ppt/authors\.xml")):
        reader = _Authors(package.limits)
        try:
            reader.read_all(package.open(name))
        except PartError:
            pass  # reported by `leftovers`
        found.update(reader.by_id)
        package.done.discard(name)
    return found


def _internal_links(package: Package, name: str) -> list[Relationship]:
    try:
        return [link for link in package.relationships(name) if not link.external]
    except PartError:
        return []  # `hyperlinks` reads the same part again and reports it


def _beside(package: Package, links: list[Relationship], number: int, authors: dict[str, str]) -> Iterator[Item]:
    """Notes, comments, charts and diagrams of one slide."""
    for link in links:
        word = _BESIDE.get(link.kind)
        if word is None or link.target in package.done or not package.has(link.target):
            continue
        label = f"slide {number}: {word}"
        lines = TextLines(label, package.limits)
        reader = Paragraphs(package.limits, lines, all_text=word != "notes")
        reader.authors_by_id = authors
        for item in read_part(package, link.target, reader, lines):
            yield as_part(item)
        yield from reader.name_texts(label)


def _on_page(item: Item, number: int) -> Item:
    if isinstance(item, ChunkBatch) and isinstance(item.origin, LineOrigin):
        return ChunkBatch(item.texts, PageOrigin(number))
    return item
