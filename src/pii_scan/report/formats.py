"""The formats that a run can be written in, by the name that `report --format` takes."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from pii_scan.inventory.rollup import FinishedRun
from pii_scan.report import dpv, html, incident, json_v1, markdown, ropa, run_sarif, spreadsheet, tables
from pii_scan.report.declared import Declared


class Writer(Protocol):
    """Writes a run in one format."""

    def __call__(self, run: FinishedRun, out: BinaryIO, lang: str) -> None:
        """Writes bytes; `lang` is `nb` or `en`. Raises UsageError for another."""
        ...


class DeclaringWriter(Protocol):
    """Writes a run in a format that also takes what the organisation itself says."""

    def __call__(self, run: FinishedRun, out: BinaryIO, lang: str, declared: Declared = ...) -> None:
        """As `Writer`; `declared` is the record of processing and the notice."""
        ...


DECLARING: dict[str, DeclaringWriter] = {
    "ropa-csv": ropa.write_csv,
    "ropa-xlsx": ropa.write_xlsx,
    "dpv": dpv.write,
}
"""Those that `report --ropa` and `--notice` are for; they are in `FORMATS` too, where they are given neither."""
FORMATS: dict[str, Writer] = {
    "html": html.write,
    "json": json_v1.write,
    "csv": tables.write,
    "xlsx": spreadsheet.write,
    "markdown": markdown.write,
    "sarif": run_sarif.write,
    **DECLARING,
    "avvik": incident.write,
}
