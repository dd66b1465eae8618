"""PowerPoint presentations before Office Open XML (PPT, PPS, POT): [MS-PPT], PowerPoint 97 to 2003.

Locations as for PPTX: the page is the number of the slide in the order of the show, hidden slides counted; notes,
comments, masters, links and properties are parts with a name. What older edits left in the file is read too. Embedded
objects are members. Pictures are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.errors import DocumentError
from pii_scan.extract import ole_storage
from pii_scan.extract.compound_file import storage_of
from pii_scan.extract.limits import MemberNames
from pii_scan.extract.ole_properties import properties
from pii_scan.extract.powerpoint_show import Presentation
from pii_scan.model import ChunkBatch, Document, Limits, Problem

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
    yield from properties(ref, storage, limits)
    yield from ole_storage.contents(ref, root, names, limits, done)
    yield from root.file.problems(ref)
    if failure is not None:
        raise failure
