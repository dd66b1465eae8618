"""Word documents before Office Open XML (DOC, DOT): Word 97 to 2003 ([MS-DOC]), Word 6 and 95, Word 2.

Locations: a line of a part, a paragraph or table row to a line; the body is the part without a name. What tracked
changes deleted is read where it stands. Embedded objects are members. Pictures are not read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import office_art, ole_storage, word_text
from pii_scan.extract.compound_file import MAGIC, Entry, StorageContent, storage_of
from pii_scan.extract.limits import MemberNames, size_of
from pii_scan.extract.office_text import PartTexts
from pii_scan.extract.ole_properties import properties
from pii_scan.extract.word_fib import Fib
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAIN, _OBJECTS = "WordDocument", "ObjectPool"
_DRAWINGS = 50  # fcDggInfo, [MS-DOC] 2.5.6
_DONE = frozenset({_MAIN, _OBJECTS, "0Table", "1Table", "Data"})


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts, properties, then embedded objects. Raises DocumentError when the text cannot be read."""
    ref = document.ref
    if not isinstance(document.content, StorageContent) and document.content.read(8) != MAGIC:
        yield from word_text.plain_file(document, limits)
        return
    root = storage_of(document)
    failure = None
    try:
        yield from _texts(ref, root, limits)
    except DocumentError as error:
        if error.code == "encrypted":
            yield Problem(ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, error.detail)
            return
        failure = error
    yield from properties(ref, root, limits)
    names = MemberNames()
    pool = root.find(_OBJECTS)
    if pool is not None:
        yield from ole_storage.objects(ref, (entry for entry in pool if not entry.is_stream), names, limits)
    yield from ole_storage.contents(ref, root, names, limits, _DONE)
    yield from root.file.problems(ref)
    if failure is not None:
        raise failure


def _texts(ref: DocumentRef, root: Entry, limits: Limits) -> Iterator[Piece]:
    main = root.stream(_MAIN)
    if main is None:
        raise DocumentError("corrupt", "the document has no main stream")
    with main:
        fib = Fib(main)
        table = main if fib.old else _table(root, fib)
        yield from word_text.stories(ref, fib, main, table, limits)
        yield from _names(ref, fib, table, limits)
        yield from _drawings(ref, root, fib, table, limits)
        if fib.glossary and not fib.old:
            entries = Fib(main, fib.glossary * 512)
            yield from word_text.stories(ref, entries, main, table, limits, "glossary")
        table.close()


def _table(root: Entry, fib: Fib) -> BinaryIO:
    """The stream of tables that the document names, or the other one."""
    for name in (f"{fib.table_number}Table", f"{1 - fib.table_number}Table"):
        stream = root.stream(name)
        if stream is not None:
            return stream
    raise DocumentError("corrupt", "the document has no table stream")


def _names(ref: DocumentRef, fib: Fib, table: BinaryIO, limits: Limits) -> Iterator[Piece]:
    texts = PartTexts(limits)
    try:
        for part, text in fib.names(table):
            texts.add(part, text.replace("\0", " "))
            yield from texts.ready()
    except DocumentError as error:
        yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
    yield from texts.rest()


def _drawings(ref: DocumentRef, root: Entry, fib: Fib, table: BinaryIO, limits: Limits) -> Iterator[Piece]:
    """Texts in drawings and form fields."""
    texts = PartTexts(limits)
    data = root.stream("Data") or io.BytesIO()
    start, size = (0, 0) if fib.old or len(fib.pairs) <= _DRAWINGS else fib.pairs[_DRAWINGS]
    with data:
        found = (
            office_art.drawing_texts(table, start, min(start + size, size_of(table))),
            office_art.picture_texts(data, size_of(data)),
        )
        for part, drawings in zip(("drawings", "drawings and fields"), found, strict=True):
            try:
                for text in drawings:
                    texts.add(part, text)
                    yield from texts.ready()
            except DocumentError as error:
                yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
    yield from texts.rest()
