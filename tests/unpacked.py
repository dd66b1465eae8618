"""A report as text that can be searched, whatever it is packed in."""

from __future__ import annotations

import io
import zipfile


def unpacked(content: bytes) -> bytes:
    """The content, or that of all members where it is a ZIP file (a workbook)."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())
