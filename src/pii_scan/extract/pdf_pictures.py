"""Pages of a PDF that show a picture in place of text: drawn in grey and given to `ocr`. Decides on no page itself."""

from __future__ import annotations

import hashlib
import math
import tempfile
from typing import TYPE_CHECKING

import numpy as np

from pii_scan.extract.ocr import Recognition
from pii_scan.extract.picture_sizes import Size
from pii_scan.model import ChunkBatch

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

DOTS = 300
"""An inch, at most."""
MAX_DRAWN_PIXELS = 25_000_000
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
        pixels = np.ascontiguousarray(bitmap.to_numpy())
        rows, columns = pixels.shape[:2]
        data = b"P5 %d %d 255\n" % (columns, rows) + pixels.reshape(rows, -1)[:, :columns].tobytes()
    finally:
        bitmap.close()
    digest = hashlib.sha256(data).digest()
    known = recognition.known(digest)
    if known is not None:
        return [batch for _, text in known for batch in recognition.batches(text, number)]
    with tempfile.TemporaryFile(prefix="pii-scan-") as picture:
        picture.write(data)
        picture.flush()
        del data, pixels
        text = recognition.read(picture, size, dots=max(round(scale * _POINTS), 70))
    if text is not None:
        recognition.keep_one(digest, text)
    return list(recognition.batches(text, number))
