"""Storages of OLE compound files: properties, macros, and what is embedded, for files that are nothing else.

Also finds the objects that a document keeps in storages of its own: Word, Excel, PowerPoint, Outlook.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import BinaryIO, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import media_type, ole_macros, signatures
from pii_scan.extract.compound_file import Entry, StorageContent, storage_of
from pii_scan.extract.limits import MemberNames
from pii_scan.extract.mapi_values import strings_in
from pii_scan.extract.office_text import TextLines
from pii_scan.extract.ole_objects import from_native
from pii_scan.extract.ole_properties import STREAMS, properties
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

NATIVE = "\x01Ole10Native"
_LINKS = ("\x01Ole", "\x03LinkInfo")
_TEXTLESS = frozenset(
    name.lower()
    for name in (
        "\x01CompObj", "CompObj", "\x03ObjInfo", "\x01Ole10ItemName", "\x01Ole10FmtProgID", "\x03OCXNAME", "\x03EPRINT",
        "\x03META", "\x03PIC", "\x03PICT", "\x03PRINT", "\x03ODI", "Equation Native", "XCB", "PRNTPICT", *STREAMS,
    )
)  # fmt: skip
_PICTURES = "\x02olepres"
_MACROS = frozenset({"VBA", "PROJECT", "PROJECTwm", "PROJECTlk"})
_BLOCK = 1 << 20
_MAX_DEPTH = 32
_MAX_CLASS = 4096
_TINY_BYTES = 64
"""A stream no longer than this that shows no text holds none."""


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Properties, macros and members of a compound file of no kind that is read otherwise; runs of text of the rest."""
    root = storage_of(document)
    yield from properties(document.ref, root, limits)
    yield from contents(document.ref, root, MemberNames(), limits)
    yield from root.file.problems(document.ref)


def contents(
    ref: DocumentRef, storage: Entry, names: MemberNames, limits: Limits, done: frozenset[str] = frozenset()
) -> Iterator[Piece]:
    """What is in a storage and the storages within, but for the entries that are `done` and the properties."""
    lines = TextLines("streams", limits)
    unread = 0
    todo = [(storage, "", _lower(done))]
    while todo:
        storage, path, done = todo.pop()
        if ole_macros.has_macros(storage):
            done |= _lower(_MACROS)
            yield from macro_texts(ref, storage, limits)
        if _is_formula(storage):
            done |= {NATIVE.lower()}
        for entry in storage:
            label = f"{path}{_shown(entry.name)}"
            lower = entry.name.lower()
            if lower in done or lower in _TEXTLESS or lower.startswith(_PICTURES):
                continue
            if entry.is_stream:
                unread += yield from _stream(ref, entry, label, names, limits, lines)
                yield from lines.ready()
            elif (kind := signatures.storage_type(entry)) != signatures.OLE:
                yield Document(ref.member(names.unique(label)), cast(BinaryIO, StorageContent(entry)), kind)
            elif label.count("/") < _MAX_DEPTH:
                todo.append((entry, f"{label}/", frozenset()))
            else:
                yield Problem(ref, Stage.EXTRACT, ProblemCode.LIMIT, f"storages nested deeper than {_MAX_DEPTH}")
    yield from lines.rest()
    if unread:
        detail = f"{unread} streams of an unknown kind were read as runs of text only"
        yield Problem(ref, Stage.EXTRACT, ProblemCode.UNSUPPORTED, detail)


def _stream(
    ref: DocumentRef, entry: Entry, label: str, names: MemberNames, limits: Limits, lines: TextLines
) -> Generator[Piece, None, bool]:
    """What is in one stream; returns whether it is of an unknown kind."""
    with entry.open() as stream:
        if entry.name == NATIVE:
            yield from from_native(ref, stream, names, limits)
        elif entry.name in _LINKS:
            _strings(stream, lines)
        elif _is_known(stream):
            yield Document(ref.member(names.unique(label), entry.size), stream)
        else:
            return _strings(stream, lines) or entry.size > _TINY_BYTES
    return False


def _is_formula(storage: Entry) -> bool:
    """The storage is a formula of an equation editor, which holds signs but no text."""
    if storage.find("Equation Native") is not None:
        return True
    stream = storage.stream("\x01CompObj") or storage.stream("\x01Ole10FmtProgID")
    if stream is None:
        return False
    with stream:
        return b"Equation" in stream.read(_MAX_CLASS)


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def macro_texts(ref: DocumentRef, storage: Entry, limits: Limits) -> Iterator[Piece]:
    """The macros in a storage, damage as a Problem."""
    try:
        yield from ole_macros.macros(storage, limits)
    except DocumentError as error:
        yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)


def objects(ref: DocumentRef, storages: Iterator[Entry], names: MemberNames, limits: Limits) -> Iterator[Piece]:
    """Embedded objects, each in a storage of its own: the file within where there is one, else the storage."""
    for storage in storages:
        kind = signatures.storage_type(storage)
        if kind == signatures.OLE and storage.find(NATIVE) is not None:
            yield from contents(ref, storage, names, limits)
        else:
            label = names.unique(f"object {_shown(storage.name)}")
            yield Document(ref.member(label), cast(BinaryIO, StorageContent(storage)), kind)


def _shown(name: str) -> str:
    """The name of an entry without its control characters."""
    return "".join(char for char in name if char.isprintable()) or "unnamed"


def _is_known(stream: BinaryIO) -> bool:
    """The stream holds some known format, or text."""
    found = media_type.identify(Document(DocumentRef("", ""), stream))
    return found != media_type.UNKNOWN


def _strings(stream: BinaryIO, lines: TextLines) -> bool:
    """Runs of Latin text in a binary stream, as lines; whether there are any."""
    found = False
    stream.seek(0)
    while data := stream.read(_BLOCK):
        for text in strings_in(data):
            lines.add(text)
            found = True
    return found
