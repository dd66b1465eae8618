"""PowerPoint presentations before Office Open XML (PPT, PPS, POT): [MS-PPT], PowerPoint 97 to 2003.

Locations as for PPTX: the page is the number of the slide in the order of the show, hidden slides counted; notes,
comments, masters, links and properties are parts with a name. What older edits left in the file is read too. Embedded
objects and pictures are members.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract import office_art, ole_storage
from pii_scan.extract.compound_file import Entry, storage_of
from pii_scan.extract.limits import MemberNames, size_of
from pii_scan.extract.office_pictures import Pictures
from pii_scan.extract.ole_properties import properties
from pii_scan.extract.powerpoint_show import Presentation
from pii_scan.model import ChunkBatch, Document, DocumentRef, Limits, Problem, ProblemCode, Stage

Piece = ChunkBatch | Document | Problem

_MAIN, _USER, _DUAL, _OLD_TEXT = "PowerPoint Document", "Current User", "PP97_DUALSTORAGE", "Text_Content"
_DONE = frozenset({_USER, "Pictures", "Header"})


def extract(document: Document, limits: Limits) -> Iterator[Piece]:
    """Texts of slides, objects, properties. Raises DocumentError when the slides cannot be read."""
    ref = document.ref
    root = storage_of(document)
    names = MemberNames()
    storage = root.find(_DUAL) or root
    stream = storage.stream(_MAIN)
    done = _DONE
    failure = None
    if stream is None or (storage is root and root.find(_OLD_TEXT) is not None):
        failure = DocumentError("unsupported", "a presentation older than PowerPoint 97 is read as runs of text only")
    else:
        done |= {_MAIN, _DUAL, _OLD_TEXT, "PersistentStorage Directory"}
        show = Presentation(ref, stream, storage.stream(_USER), names, limits)
        try:
            with stream:
                yield from show.read()
        except DocumentError as error:
            failure = error
        if show.encrypted:
            return
        yield from _pictures(ref, storage, names, limits)
    yield from properties(ref, storage, limits)
    yield from ole_storage.contents(ref, root, names, limits, done)
    yield from root.file.problems(ref)
    if failure is not None:
        raise failure


def _pictures(ref: DocumentRef, storage: Entry, names: MemberNames, limits: Limits) -> Iterator[Piece]:
    """The pictures of all slides, one after the other ([MS-PPT] 2.1.3)."""
    stream = storage.stream("Pictures")
    if stream is None:
        return
    pictures = Pictures(ref, names, limits)
    with stream:
        try:
            for item in office_art.drawing_items(stream, 0, size_of(stream)):
                if not isinstance(item, str):
                    yield from pictures.member(item)
        except DocumentError as error:
            yield Problem(ref, Stage.EXTRACT, ProblemCode(error.code), error.detail)
