"""The formats that a run can be written in, by the name that `report --format` takes."""

from __future__ import annotations

import importlib
from typing import Any, BinaryIO, Protocol

from pii_scan.inventory.rollup import FinishedRun
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


def _writer(module: str, function: str = "write") -> Any:
    """The writer in a module of this package, which is loaded when something is written: workbooks load much."""

    def write(*of_run: Any, **declared: Any) -> None:
        getattr(importlib.import_module(f"{__package__}.{module}"), function)(*of_run, **declared)

    return write


DECLARING: dict[str, DeclaringWriter] = {
    "ropa-csv": _writer("ropa", "write_csv"),
    "ropa-xlsx": _writer("ropa", "write_xlsx"),
    "dpv": _writer("dpv"),
}
"""Those that `report --ropa` and `--notice` are for; they are in `FORMATS` too, where they are given neither."""
FORMATS: dict[str, Writer] = {
    "html": _writer("html"),
    "json": _writer("json_v1"),
    "csv": _writer("tables"),
    "xlsx": _writer("spreadsheet"),
    "markdown": _writer("markdown"),
    "sarif": _writer("run_sarif"),
    **DECLARING,
    "avvik": _writer("incident"),
}
