"""A report as text that can be searched, whatever it is packed in."""

from __future__ import annotations

import html
import io
import re
import zipfile


def unpacked(content: bytes) -> bytes:
    """The content; of a workbook each text that stands in any of its parts, once: cells repeat much."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode("utf-8") for name in archive.namelist()]
    runs = (run for part in parts for pair in re.findall(r">([^<]+)<|\"([^\"<>]+)\"", part) for run in pair)
    cell = re.compile(r"[A-Z]{1,3}[0-9]+(?::[A-Z]{1,3}[0-9]+)?")  # where a cell stands, as `S8105`
    return "\n".join(sorted({html.unescape(run) for run in runs if not cell.fullmatch(run)})).encode()
