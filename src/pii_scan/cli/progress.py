"""The progress line of a scan: bytes, documents, findings and the current document, on a terminal's standard error."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Any

from pii_scan.cli.options import veiled
from pii_scan.engines.group import Progress

NAME_WIDTH = 32
REFRESH_SECONDS = 0.2


class ProgressLine:
    """Hears of progress and draws it. Names of files are veiled: they may hold personal data."""

    def __init__(self, *, enabled: bool) -> None:
        self._documents = self._findings = 0
        self._current = ""
        self._drawn = 0.0
        self._bar: Any = None
        if enabled:
            from tqdm import tqdm  # slow to load

            self._bar = tqdm(
                unit="B", unit_scale=True, dynamic_ncols=True, leave=False,
                bar_format="{n_fmt}B [{elapsed}, {rate_fmt}]{postfix}",
            )  # fmt: skip

    def __call__(self, progress: Progress) -> None:
        """Takes in what happened; the line is redrawn a few times a second."""
        if self._bar is None:
            return
        self._findings += progress.findings
        if progress.current is not None:
            self._current = veiled(os.path.basename(progress.current.top.path))[:NAME_WIDTH]
        if progress.finished is not None:
            unit = progress.finished
            self._documents += unit.slice is None or unit.slice.end >= (unit.ref.size_bytes or 0)
            size = unit.slice.end - unit.slice.start if unit.slice else unit.ref.size_bytes or 0
            self._bar.update(size)
        now = time.monotonic()
        if now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            said = f"{self._documents} documents, {self._findings} findings, {self._current}"
            self._bar.set_postfix_str(said, refresh=True)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
