"""The formats that a run can be written in, by the name that `report --format` takes."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from pii_scan.inventory.rollup import FinishedRun
from pii_scan.report import html, incident, json_v1, markdown, tables


class Writer(Protocol):
    """Writes a run in one format."""

    def __call__(self, run: FinishedRun, out: BinaryIO, lang: str) -> None:
        """Writes bytes; `lang` is `nb` or `en`. Raises UsageError for another."""
        ...


FORMATS: dict[str, Writer] = {
    "html": html.write,
    "json": json_v1.write,
    "csv": tables.write,
    "markdown": markdown.write,
    "avvik": incident.write,
}
