"""OpenDocument files (ISO/IEC 26300): text, spreadsheets, presentations and drawings, packed or as one flat XML file.

Locations: a line of the text, of its headers, footnotes, comments and tracked changes; the cell of a sheet; the page of
a slide. Properties, links and fields are parts. Embedded files and pictures are members. Styles hold no text but in
headers and footers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract.limits import Budget
from pii_scan.extract.office import Package, natural_key
from pii_scan.extract.office_parts import Item, as_part, embedded, paragraphs, part_problem
from pii_scan.extract.office_text import PartError, Reader
from pii_scan.extract.open_document_text import OpenDocumentReader
from pii_scan.model import Document, Limits, Problem, ProblemCode, Stage

_TEXTLESS = re.compile(
    r"mimetype|Thumbnails/.*|Configurations2/.*|META-INF/manifest\.xml|ObjectReplacements/.*|layout-cache|"
    r"(?:.*/)?settings\.xml|manifest\.rdf|Fonts/.*",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"(.*/)?(content|styles|meta)\.xml", re.IGNORECASE)
_ORDER = {"content": 0, "styles": 1, "meta": 2}


class _Manifest(Reader):
    """META-INF/manifest.xml: which entries are encrypted (part 3, 4.4)."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.encrypted: set[str] = set()
        self._entry = ""

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "file-entry":
            self._entry = next((value for key, value in attrs.items() if key.endswith("full-path")), "")
        elif tag == "encryption-data":
            self.encrypted.add(self._entry.lower())


def extract(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """A packed document. Raises DocumentError (`corrupt`, `truncated`, `limit`)."""
    package = Package(document, limits, budget)
    encrypted, problems = _encrypted(package)
    yield from problems
    if encrypted & {"content.xml", "encrypted-package"}:
        detail = "the document is encrypted with a password"
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, detail)
        return
    if not any(_CONTENT.fullmatch(name) for name in package.names):
        yield Problem(document.ref, Stage.EXTRACT, ProblemCode.CORRUPT, "the package has no content")
    objects: list[str] = []
    for name in sorted(package.names, key=_place):
        if name.lower() in encrypted:
            yield Problem(document.ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, "a part of the package is encrypted")
        elif found := _CONTENT.fullmatch(name):
            yield from _content(package, name, (found[1] or "").rstrip("/"))
        elif _TEXTLESS.fullmatch(name):
            continue
        elif name.lower().endswith((".xml", ".rdf", ".xlb", ".xdl", ".xba")):
            for item in paragraphs(package, name, _label(name), all_text=True):
                yield as_part(item)
        else:
            objects.append(name)
    for name in objects:
        yield from embedded(package, name)


def extract_flat(document: Document, limits: Limits, budget: Budget | None = None) -> Iterator[Item]:
    """A document in one XML file; its pictures are members. Raises DocumentError (`corrupt`, `limit`)."""
    document.content.seek(0)
    reader = OpenDocumentReader(document.ref, limits, budget=budget)
    try:
        for _ in reader.read(document.content):
            yield from reader.ready()
    except PartError as error:
        yield from reader.rest()
        raise DocumentError(str(error.code), error.detail) from None
    yield from reader.rest()


def _place(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The document itself first, then what is embedded in it, then the rest."""
    found = _CONTENT.fullmatch(name)
    if found is None:
        return 9, natural_key(name)
    return (3 if found[1] else 0) + _ORDER[found[2].lower()] * (not found[1]), natural_key(name)


def _label(name: str) -> str:
    lower = name.lower()
    if lower.startswith(("basic/", "scripts/")):
        return "macros"
    return "signatures" if "signature" in lower else "other part"


def _encrypted(package: Package) -> tuple[set[str], list[Problem]]:
    manifest = _Manifest(package.limits)
    if not package.has("META-INF/manifest.xml"):
        return set(), []
    try:
        manifest.read_all(package.open("META-INF/manifest.xml"))
    except PartError as error:
        return manifest.encrypted, [part_problem(package, error)]
    return manifest.encrypted, []


def _content(package: Package, name: str, folder: str) -> Iterator[Item]:
    """One of the parts that hold text; that of an embedded object is named by its folder."""
    number = re.sub(r"[^0-9]", "", folder)[:9]
    label = f"object {number}".strip() if folder else ""
    reader = OpenDocumentReader(package.document.ref, package.limits, label, styles=name.lower().endswith("styles.xml"))
    try:
        for _ in reader.read(package.open(name)):
            yield from reader.ready()
    except PartError as error:
        yield from reader.rest()
        yield part_problem(package, error)
        return
    except DocumentError:
        yield from reader.rest()
        raise
    yield from reader.rest()
