"""Word documents before Office Open XML (DOC, DOT): Word 97 to 2003 ([MS-DOC]), Word 6 and 95, Word 2.

Locations: a line of a part, a paragraph or table row to a line; the body is the part without a name. What tracked
changes deleted is read where it stands. Pictures and embedded objects are members.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from pii_scan.errors import DocumentError
from pii_scan.extract import office_art, ole_storage, word_text
from pii_scan.extract.compound_file import MAGIC, Entry, StorageContent, storage_of
from pii_scan.extract.limits import MemberNames, size_of
from pii_scan.extract.office_pictures import Pictures
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
    names = MemberNames()
    failure = None
    try:
        yield from _texts(root, Pictures(ref, names, limits), limits)
    except DocumentError as error:
        if error.code == "encrypted":
            yield Problem(ref, Stage.EXTRACT, ProblemCode.ENCRYPTED, error.detail)
            return
        failure = error
    yield from properties(ref, root, limits)
    pool = root.find(_OBJECTS)
    if pool is not None:
        yield from ole_storage.objects(ref, (entry for entry in pool if not entry.is_stream), names, limits)
    yield from ole_storage.contents(ref, root, names, limits, _DONE)
    yield from root.file.problems(ref)
    if failure is not None:
        raise failure


def _texts(root: Entry, pictures: Pictures, limits: Limits) -> Iterator[Piece]:
    ref = pictures.ref
    main = root.stream(_MAIN)
    if main is None:
        raise DocumentError("corrupt", "the document has no main stream")
    with main:
        fib = Fib(main)
        table = main if fib.old else _table(root, fib)
        marks = yield from word_text.stories(ref, fib, main, table, limits)
        yield from _names(ref, fib, table, limits)
        if fib.glossary and not fib.old:
            entries = Fib(main, fib.glossary * 512)
            yield from word_text.stories(ref, entries, main, table, limits, "glossary")
        yield from _drawings(root, fib, main, table, pictures, limits)
        yield from word_text.lost_pictures(ref, marks - pictures.count)
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


def _drawings(
    root: Entry, fib: Fib, main: BinaryIO, table: BinaryIO, pictures: Pictures, limits: Limits
) -> Iterator[Piece]:
    """Texts and pictures in drawings, and texts of form fields."""
    texts = PartTexts(limits)
    data = root.stream("Data") or io.BytesIO()
    start, size = (0, 0) if fib.old or len(fib.pairs) <= _DRAWINGS else fib.pairs[_DRAWINGS]
    with data:
        found = (
            office_art.drawing_items(table, start, min(start + size, size_of(table)), main),
            office_art.data_items(data, size_of(data)),
        )
        for part, items in zip(("drawings", "drawings and fields"), found, strict=True):
            try:
                for item in items:
                    if isinstance(item, str):
                        texts.add(part, item)
                        yield from texts.ready()
                    else:
                        yield from pictures.member(item)
            except DocumentError as error:
                yield Problem(pictures.ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
    yield from texts.rest()
