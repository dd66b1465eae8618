"""Pages of a PDF that show a picture in place of text, and pictures that stand beside text: drawn in grey and given to
`ocr`. Which pages are pictures is decided by `pdf`.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pii_scan.extract.limits import Budget
from pii_scan.extract.ocr import Recognition, shows_text
from pii_scan.extract.picture_sizes import Size
from pii_scan.model import ChunkBatch, Limits, ProblemCode

if TYPE_CHECKING:
    from pypdfium2 import PdfImage, PdfPage

DOTS = 300
"""An inch, at most."""
MAX_DRAWN_PIXELS = 25_000_000
PICTURE_SHARE = 0.05
"""Share of a page from which on a picture beside text is looked at: a card or a screenshot, not a logo."""
SCAN_SHARE, SCAN_LETTERS = 0.5, 300
"""What covers such a share of a page with so many letters is a scan that was read before, under its text, or a
background.
"""
MAX_PICTURES = 1000
"""Pictures on one page; those after them are counted as left out."""
_POINTS = 72


def recognised(page: PdfPage, number: int, recognition: Recognition) -> list[ChunkBatch]:
    """The text of a page as it looks; nothing where it is not read, which `recognition` counts."""
    width, height = (max(side, 1.0) for side in page.get_size())
    scale = min(DOTS / _POINTS, math.sqrt(MAX_DRAWN_PIXELS / (width * height)))
    size = Size(math.ceil(width * scale), math.ceil(height * scale))
    if not recognition.may_read(size):
        return []
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        data = _grey_map(bitmap.to_numpy())
    finally:
        bitmap.close()
    digest = hashlib.sha256(data).digest()
    return list(_read(data, digest, size, scale * _POINTS, number, recognition))


class PagePictures:
    """The pictures beside the text of one document's pages; each is read once, however often it is shown."""

    def __init__(self, limits: Limits, budget: Budget) -> None:
        self._recognition = Recognition(limits, budget)
        self._seen: set[bytes] = set()

    def read(self, page: PdfPage, number: int, letters: int) -> Iterator[ChunkBatch]:
        """The texts of the pictures of a page that has so many letters of its own."""
        import pypdfium2.raw as pdfium

        width, height = (max(side, 1.0) for side in page.get_size())
        for count, shape in enumerate(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4)):
            left, bottom, right, top = shape.get_bounds()
            share = (right - left) * (top - bottom) / (width * height)
            read_before = share >= SCAN_SHARE and letters >= SCAN_LETTERS
            if share < PICTURE_SHARE or read_before:
                continue
            if count >= MAX_PICTURES:
                self._recognition.leave_out()
                continue
            size = Size(*shape.get_px_size())
            digest = hashlib.sha256(bytes(shape.get_data())).digest()
            if not shows_text(size) or digest in self._seen:
                continue
            self._seen.add(digest)
            if self._recognition.may_read(size):
                dots = size.width * _POINTS / max(right - left, 1.0)
                yield from self._picture(shape, digest, size, dots, number)

    def _picture(self, shape: PdfImage, digest: bytes, size: Size, dots: float, number: int) -> Iterator[ChunkBatch]:
        import pypdfium2

        try:
            bitmap = shape.get_bitmap(render=True)
        except pypdfium2.PdfiumError:
            self._recognition.count_failure()
            return
        try:
            data = _grey_map(bitmap.to_numpy())
        finally:
            bitmap.close()
        yield from _read(data, digest, size, dots, number, self._recognition)

    def left_out(self) -> Iterator[tuple[ProblemCode, str]]:
        """Codes and details for what was not read."""
        return self._recognition.left_out("pictures")


def _grey_map(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Pixels, grey or in colours (blue, green, red and perhaps one more), as a portable grey map."""
    if pixels.ndim == 3:
        colours = pixels[:, :, :3] if pixels.shape[2] >= 3 else pixels[:, :, :1]
        pixels = np.ascontiguousarray(colours.mean(axis=2).astype(np.uint8))
    rows, columns = pixels.shape
    return b"P5 %d %d 255\n" % (columns, rows) + np.ascontiguousarray(pixels).tobytes()


def _read(
    data: bytes, digest: bytes, size: Size, dots: float, number: int, recognition: Recognition
) -> Iterator[ChunkBatch]:
    """The text of a grey map as that of page `number`; from what is kept, where the same was read before."""
    known = recognition.known(digest)
    if known is not None:
        for _, text in known:
            yield from recognition.batches(text, number)
        return
    with tempfile.TemporaryFile(prefix="pii-scan-") as picture:
        picture.write(data)
        picture.flush()
        said = recognition.read(picture, size, dots=min(max(round(dots), 70), 2400))
    if said is not None:
        recognition.keep_one(digest, said)
    yield from recognition.batches(said, number)
