"""The slides of a binary presentation and what belongs to them ([MS-PPT]): what is in use, then what is left over."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import office_art
from pii_scan.extract import powerpoint_records as ppt
from pii_scan.extract.decompress import DecompressedStream, unzlib
from pii_scan.extract.limits import BoundedReader, Budget, MemberNames, Window, size_of, spool_until_failure
from pii_scan.extract.office_text import PartTexts, TextLines
from pii_scan.extract.powerpoint_records import PowerPointStream, Record
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, PageOrigin, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAX_SEEN = 1 << 20
_MAX_ART = 1 << 20
_BREAKS = str.maketrans({"\r": "\n", "\x0b": "\n", "\0": " "})
_PROGRAM = "___PPT"
_PARTS = {ppt.MASTER: "master", ppt.HANDOUT: "master", ppt.NOTES: "notes", ppt.DOCUMENT: "presentation"}


@dataclass(slots=True)
class _Slide:
    """A slide as the document lists it."""

    place: int
    """Number of its record."""
    number: int
    """What notes call it."""
    outline: list[Record] = field(default_factory=list)


class Presentation:
    """One presentation on its way through its records."""

    def __init__(
        self, ref: DocumentRef, stream: BinaryIO, user: BinaryIO | None, names: MemberNames, limits: Limits
    ) -> None:
        self._ref = ref
        self._stream = PowerPointStream(stream)
        self._user = user
        self._names = names
        self._limits = limits
        self._texts = PartTexts(limits)
        self._seen: set[int] = set()
        """Hashes of the texts in use."""
        self._objects = 0
        self.encrypted = False
        """It has a password; nothing in it was read."""

    def read(self) -> Iterator[Piece]:
        """All texts and objects. Raises DocumentError (`limit`)."""
        stream = self._stream
        used: set[int] = set()
        try:
            places, number = stream.places(self._user)
            used = yield from self._in_use(places, number)
        except DocumentError as error:
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
            self.encrypted = error.code == "encrypted"
            if self.encrypted:
                return
        yield from self._left_over(used)
        yield from self._texts.rest()
        if stream.cut:
            yield Problem(self._ref, Stage.EXTRACT, ProblemCode.CORRUPT, "records of the presentation are damaged")

    # what is in use

    def _in_use(self, places: dict[int, int], number: int) -> Generator[Piece, None, set[int]]:
        """The records that the last edit names; returns their offsets. Raises DocumentError (`corrupt`)."""
        document = self._record(places.get(number))
        if document is None or document.kind != ppt.DOCUMENT:
            raise DocumentError("corrupt", "the list of slides of the presentation is damaged")
        slides = self._document(document)
        yield from self._texts.ready()
        for page, slide in enumerate(slides, 1):
            yield from self._slide(page, slide.outline, self._record(places.get(slide.place)))
        pages = {slide.number: page for page, slide in enumerate(slides, 1)}
        shown = {slide.place for slide in slides} | {number}
        for other, at in places.items():
            record = self._record(at) if other not in shown else None
            if record is not None and record.kind == ppt.STORAGE:
                yield from self._object(record, "object")
            elif record is not None:
                yield from self._beside(record, pages)
        return set(places.values())

    def _record(self, at: int | None) -> Record | None:
        found = self._stream.record(at, self._stream.size) if at is not None else None
        self._stream.cut |= found is None
        return found

    def _document(self, document: Record) -> list[_Slide]:
        """The slides that the document lists, with their outlines; takes the other texts of the document."""
        slides: list[_Slide] = []
        in_slides = False
        for record in self._stream.walk(document):
            if record.kind == ppt.SLIDE_LIST:
                in_slides = record.instance == 0
            elif record.kind == ppt.SLIDE_PLACE and in_slides:
                data = self._stream.bytes(record, 16)
                slides.append(_Slide(int.from_bytes(data[:4], "little"), int.from_bytes(data[12:16], "little")))
            elif record.kind in _BODY and in_slides and slides and ppt.SLIDE_LIST in record.parents:
                slides[-1].outline.append(record)
            else:
                self._take(record, "")
        return slides

    def _slide(self, page: int, outline: list[Record], slide: Record | None) -> Iterator[Piece]:
        """The texts of one slide."""
        lines = TextLines("", self._limits)
        label = f"slide {page}"
        for record in [*outline, *(self._stream.walk(slide) if slide is not None else ())]:
            if record.kind in _BODY and ppt.COMMENT not in record.parents:
                lines.add(self._text(record))
            else:
                self._take(record, label)
            for batch in lines.ready():
                yield ChunkBatch(batch.texts, PageOrigin(page))
        for batch in lines.rest():
            yield ChunkBatch(batch.texts, PageOrigin(page))
        yield from self._texts.ready()

    def _beside(self, record: Record, pages: dict[int, int]) -> Iterator[Piece]:
        """Notes, masters and the like."""
        label = _PARTS.get(record.kind, "master")
        for inner in self._stream.walk(record):
            if inner.kind == ppt.NOTES_OF and record.kind == ppt.NOTES:
                page = pages.get(int.from_bytes(self._stream.bytes(inner, 4), "little"))
                label = f"slide {page}: notes" if page else label
            elif inner.kind in _BODY:
                self._texts.add(label, self._text(inner))
            else:
                self._take(inner, label)
        yield from self._texts.ready()

    def _take(self, record: Record, label: str) -> None:
        """A text that is no body of a slide: named by the container that it stands in."""
        part = ""
        if record.kind in _TEXTS:
            part = next((part for kind, part in _NAMED.items() if kind in record.parents), "names")
            texts = [self._text(record)]
        elif record.kind in office_art.PROPERTY_TABLES:
            part = "drawings"
            texts = list(office_art.property_texts(self._stream.bytes(record, _MAX_ART), record.instance))
        if part:
            for text in texts:
                if not text.startswith(_PROGRAM):
                    self._texts.add(f"{label}: {part}" if label else part, text)

    def _text(self, record: Record) -> str:
        """The text of an atom."""
        data = self._stream.bytes(record, self._limits.max_value_bytes)
        self._stream.cut |= len(data) < record.end - record.start
        if record.kind == ppt.TEXT_BYTES:
            text = data.decode("latin-1")
        else:
            text = data[: len(data) & ~1].decode("utf-16-le", "replace")
        text = text.translate(_BREAKS)
        if len(self._seen) < _MAX_SEEN:
            self._seen.add(hash(text))
        return text

    # what older edits left

    def _left_over(self, used: set[int]) -> Iterator[Piece]:
        """Records that are in use no longer; all of them, as slides in their order, where it is not known which are."""
        page = 0
        for record in self._stream.top(used):
            if record.start - 8 in used:
                continue
            if record.kind == ppt.STORAGE:
                yield from self._object(record, "earlier object" if used else "object")
            elif not used and record.kind == ppt.SLIDE:
                page += 1
                yield from self._slide(page, [], record)
            elif not used:
                yield from self._beside(record, {})
            else:
                for inner in self._stream.walk(record):
                    if inner.kind in _TEXTS:
                        before = len(self._seen)
                        text = self._text(inner)
                        if len(self._seen) > before and not text.startswith(_PROGRAM):
                            self._texts.add("earlier edits", text)
                yield from self._texts.ready()

    def _object(self, record: Record, label: str) -> Iterator[Piece]:
        """An embedded object ([MS-PPT] 2.10.34): a compound file, mostly compressed."""
        self._objects += 1
        start = record.start + 4 * (record.instance == 1)
        window = Window(self._stream.stream, start, record.end - start)
        ref = self._ref.member(self._names.unique(f"{label} {self._objects}"))
        if record.instance != 1:
            yield Document(ref, cast(BinaryIO, window))
            return
        source = DecompressedStream(window, unzlib)
        bounded = BoundedReader(source, self._limits, Budget(self._limits), lambda: source.read_bytes)
        content, failure = spool_until_failure(bounded, self._limits)
        with content:
            declared = int.from_bytes(self._stream.bytes(record, 4), "little")
            if failure is not None and not (failure.code == "truncated" and size_of(content) >= declared):
                yield Problem(ref, Stage.EXTRACT, ProblemCode(failure.code), failure.detail)
            if size_of(content):
                yield Document(ref, content)


_BODY = (ppt.TEXT_CHARS, ppt.TEXT_BYTES)
_TEXTS = (*_BODY, ppt.STRING)
_NAMED = {
    ppt.COMMENT: "comments", ppt.HEADERS: "header and footer", ppt.LINK: "hyperlinks", ppt.TAG: "tags",
    ppt.SLIDE_LIST: "master", **dict.fromkeys(ppt.OBJECTS, "objects"),
}  # fmt: skip
