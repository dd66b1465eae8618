"""Pictures of binary Office files and RTF as members, for whatever reads pictures. Decodes none."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, cast

from pii_scan.extract.decompress import DecompressedStream, unzlib
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, MemberNames, Spool, Window, spool_until_failure
from pii_scan.extract.office_art import Picture
from pii_scan.model import Document, DocumentRef, Limits, Problem, ProblemCode, Stage

MEDIA_TYPES = {"emf": "image/emf", "wmf": "image/wmf", "pict": "image/x-pict"}
"""Of the formats that do not begin with a signature of their own where Office keeps them."""
_FILE_HEAD_BYTES = 14


class Pictures:
    """Makes members of the pictures of one document, and numbers them."""

    def __init__(self, ref: DocumentRef, names: MemberNames, limits: Limits) -> None:
        self.ref = ref
        self._names = names
        self._limits = limits
        self.count = 0

    def member(self, picture: Picture) -> Iterator[Document | Problem]:
        """A picture as a member; where its end is missing, what stands before it, and a Problem."""
        if not picture.size:
            return
        self.count += 1
        suffix = {"dib": ".bmp", "": ""}.get(picture.kind, f".{picture.kind}")
        size = None if picture.packed else picture.size
        ref = self.ref.member(self._names.unique(f"picture {self.count}{suffix}"), size)
        window = Window(picture.content, picture.start, picture.size)
        kind = MEDIA_TYPES.get(picture.kind, "")
        if picture.kind == "dib":
            with bitmap_file(window, picture.size, self._limits) as content:
                yield Document(ref, content)
        elif not picture.packed:
            yield Document(ref, cast(BinaryIO, window), kind)
        else:
            source = DecompressedStream(window, unzlib)
            bounded = BoundedReader(source, self._limits, Budget(self._limits), lambda: source.read_bytes)
            content, failure = spool_until_failure(bounded, self._limits)
            with content:
                if failure is not None:
                    yield Problem(ref, Stage.EXTRACT, ProblemCode(failure.code), failure.detail)
                yield Document(ref, content, kind)


def bitmap_file(bits: BinaryIO | Window, size: int, limits: Limits) -> BinaryIO:
    """A device-independent bitmap with the head that a BMP file has before it ([MS-WMF] 2.2.2.9)."""
    head = bits.read(40)
    header = int.from_bytes(head[:4], "little") if len(head) >= 4 else 40
    colours = 0
    if header >= 40 and len(head) == 40:
        depth, _, _, _, _, used = struct.unpack_from("<HIIiiI", head, 14)
        colours = min(used or (1 << depth if depth <= 8 else 0), 256)
    store = Spool(limits.spool_bytes)
    offset = _FILE_HEAD_BYTES + min(header, size) + 4 * colours
    store.write(struct.pack("<2sIHHI", b"BM", (size + _FILE_HEAD_BYTES) & 0xFFFFFFFF, 0, 0, offset & 0xFFFFFFFF) + head)
    while piece := bits.read(PIECE):
        store.write(piece)
    return store.finish()
