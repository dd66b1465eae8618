"""A report as text that can be searched, whatever it is packed in."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable

import numpy as np

LEAST = 5
"""Bytes of what `standing` looks for."""


def unpacked(content: bytes) -> bytes:
    """The content; of a workbook each text that stands in any of its parts, once: cells repeat much."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode("utf-8") for name in archive.namelist()]
    runs = (run for part in parts for pair in re.findall(r">([^<]+)<|\"([^\"<>]+)\"", part) for run in pair)
    cell = re.compile(r"[A-Z]{1,3}[0-9]+(?::[A-Z]{1,3}[0-9]+)?")  # where a cell stands, as `S8105`
    return "\n".join(sorted({html.unescape(run) for run in runs if not cell.fullmatch(run)})).encode()


def standing(values: Iterable[str], text: str) -> list[str]:
    """Which of the values, of at least LEAST characters, stand in the text; thousands are asked about in one pass."""
    data = np.frombuffer(text.encode(), np.uint8).astype(np.uint64)
    size = max(len(data) - LEAST + 1, 0)
    begins = np.zeros(size, np.uint64)
    for i in range(LEAST):
        begins |= data[i : i + size] << np.uint64(8 * i)
    known = np.unique(begins)
    own = list(values)
    first = np.array([int.from_bytes(value.encode()[:LEAST], "little") for value in own], np.uint64)
    return [own[i] for i in np.flatnonzero(np.isin(first, known)).tolist() if own[i] in text]
