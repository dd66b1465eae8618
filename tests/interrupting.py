"""Scans that stop on the way, as by Ctrl-C, and what they must not differ in from one that went through."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scanning import rows

from pii_scan.engines import group, marks
from pii_scan.engines.group import Progress
from pii_scan.engines.scan import Interrupted, scan
from pii_scan.findings import run_writer
from pii_scan.findings.schema import TABLES
from pii_scan.findings.store import Run

SLICE_BYTES = 1 << 15
GROUP_ITEMS = 8


@contextmanager
def small_pieces() -> Iterator[None]:
    """Groups and slices are small, every part is synced by itself, files count as settled at once, and one worker is
    enough where no number is given.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        patch.setattr(group, "SLICE_BYTES", SLICE_BYTES)
        patch.setattr(group, "GROUP_ITEMS", GROUP_ITEMS)
        patch.setattr(run_writer, "COMMIT_SECONDS", 0.0)
        patch.setattr(marks, "SETTLED_NS", -3_600_000_000_000)
        yield


def make_tree(folder: Path, documents: int = 40, table_rows: int = 3500) -> Path:
    """Texts in folders, a table of several slices, and two documents that cannot be read."""
    for number in range(documents):
        file = folder / f"{number % 3}" / f"{number:03d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Nr. 11837533335\nperson{number}@example.no\n", "utf-8")
    write_table(folder / "stor.csv", table_rows)
    (folder / "brutt.zip").write_bytes(b"PK\3\4 brutt")
    (folder / "ukjent.bin").write_bytes(bytes(range(256)) * 9)
    return folder


def write_table(file: Path, rows: int) -> None:
    lines = (f"{number};person{number}@example.no;merknad {number}\n" for number in range(rows))
    file.write_text("nr;epost;merknad\n" + "".join(lines), "utf-8")


def interrupted(targets: list[Any], out: Path, after: int, **how: Any) -> None:
    """A scan that is stopped after so many documents or slices."""
    left = after

    def stop(progress: Progress) -> None:
        nonlocal left
        left -= progress.finished is not None
        if left <= 0:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        scan(targets, out=out, report=stop, **how)


def tables(run: Run, *, ordered: bool = True) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    found = {name: rows(getattr(run, name)()) for name in TABLES}
    return found if ordered else {name: sorted(each, key=str) for name, each in found.items()}
