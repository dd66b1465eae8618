"""Fills a run folder: Parquet parts, a manifest, and the state that says what is done. Knows nothing of scanning.

A part is written under another name, synced, and renamed into place; work counts as done only after that. Parts that
come close together are synced together. Folder 0700, files 0600.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pii_scan.errors import RunError, UsageError
from pii_scan.findings.schema import FORMAT_VERSION, TABLES
from pii_scan.findings.state import STATE, STATE_FILES, Done, RunState, Unit, unwritable
from pii_scan.findings.store import MANIFEST, PARTIAL, Written, load_run, private, replacing, sync_folder

COMMIT_SECONDS = 1.0
"""Parts that end sooner after the last are synced with those that follow."""
COMMIT_PARTS = 16
MOST_WRITTEN_BYTES = 32 << 20
"""Of all kinds of rows together: what is less is at hand for the report, as reading many small files takes longer."""
_LAST = "documents"
"""The table that comes into place after the others: what has findings never stands there without them."""
_BEGINNINGS = STATE_FILES | {MANIFEST + PARTIAL, *TABLES}


class RunWriter:
    """A run folder that is being filled. One process writes it, and has it locked."""

    def __init__(self, path: Path, state: RunState, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.state = state
        self.manifest = dict(manifest)
        self._waiting: list[tuple[Done, list[Path]]] = []
        self._synced = -COMMIT_SECONDS
        self._written: dict[str, dict[str, pa.Table]] | None = {name: {} for name in TABLES}
        self._room = MOST_WRITTEN_BYTES

    @classmethod
    def begun(cls, path: Path, manifest: Mapping[str, Any]) -> RunWriter:
        """Makes the folder; it must not exist, or hold nothing. Raises UsageError or RunError."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_unused(path)
            os.chmod(path, 0o700)
            os.close(private(os.fspath(path / STATE), os.O_WRONLY | os.O_CREAT))
        except OSError as error:
            raise UsageError(f"the run folder {str(path)!r} cannot be made: {error.strerror}") from None
        writer = cls(path, RunState.locked(path, new=True), manifest)
        try:
            check_unused(path)  # whoever had it locked may have filled it
            for name in TABLES:
                (path / name).mkdir(mode=0o700, exist_ok=True)
            writer.write_manifest({})
            sync_folder(path.parent)
        except OSError as error:
            writer.state.abandon()
            raise _unwritable(error) from None
        except BaseException:
            writer.state.abandon()
            raise
        return writer

    @classmethod
    def resumed(cls, path: Path) -> RunWriter:
        """Takes a run up again; parts that are not done, or not whole, are removed.

        Raises UsageError where there is no such run, it is damaged, of another version, or still being written.
        """
        try:
            load_run(path)
            if not (path / STATE).is_file():
                raise RunError(f"{STATE} of the run is missing", "scan again, into another folder")
            state = RunState.locked(path)
        except RunError as error:
            raise UsageError(error.message, error.hint) from None
        writer = cls(path, state, load_run(path).manifest)
        writer._written = None
        try:
            state.check()
            writer._sweep()
        except RunError as error:
            state.abandon()
            raise UsageError(error.message, error.hint) from None
        except OSError as error:
            state.abandon()
            raise _unwritable(error) from None
        return writer

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.manifest.get("status") == "finished"

    @property
    def written(self) -> Written | None:
        """The rows of the run, if all were written here and they are few."""
        return self._written

    def write_manifest(self, more: Mapping[str, Any]) -> None:
        """Adds `more` to the manifest and puts it in place whole. Raises RunError."""
        self.manifest.update(more)
        text = json.dumps({**self.manifest, "format": FORMAT_VERSION}, ensure_ascii=False, indent=2)
        try:
            with replacing(self.path / MANIFEST) as out:
                out.write(text.encode("utf-8"))
            sync_folder(self.path)
        except OSError as error:
            raise _unwritable(error) from None

    def write_part(
        self, part: str, tables: Mapping[str, pa.Table], units: Sequence[Unit] = (),
        more: Mapping[str, Any] | None = None, *, hold: bool = False,
    ) -> None:  # fmt: skip
        """The rows of one finished piece of work; `part` gives the order in which parts are read. `units`: what the
        rows are of, in their order. `more`: what the manifest is to say of it in the end. `hold`: it is to come into
        place by the next `commit`. Raises RunError.
        """
        files: list[Path] = []
        try:
            for name in sorted(tables, key=lambda name: name == _LAST):
                if tables[name].num_rows:
                    file = self.path / name / f"{part}.parquet"
                    files.append(file)
                    with open(_partial(file), "wb", opener=private) as out:
                        pq.write_table(tables[name], out, compression="zstd", use_dictionary=True)
                    self._remember(name, part, tables[name])
            self._waiting.append((Done(part, units, more or {}), files))
            due = len(self._waiting) >= COMMIT_PARTS or time.monotonic() - self._synced >= COMMIT_SECONDS
            if due and not hold:
                self.commit()
        except OSError as error:
            _remove(map(_partial, files))
            raise _unwritable(error) from None

    def commit(self, gone: Sequence[str] = ()) -> None:
        """Puts the parts that wait into place and says that they are done; those in `gone` are removed. Raises
        RunError.
        """
        waiting, self._waiting = self._waiting, []
        files = [file for _, parts in waiting for file in parts]
        try:
            for file in files:
                _sync(_partial(file))
            for file in files:
                os.replace(_partial(file), file)
            for folder in {file.parent for file in files}:
                sync_folder(folder)
            if waiting or gone:
                self.state.add([done for done, _ in waiting], gone)
            for rows in (self._written or {}).values():
                for part in gone:
                    rows.pop(part, None)
            _remove(self.path / name / f"{part}.parquet" for part in gone for name in TABLES)
        except OSError as error:
            _remove(map(_partial, files))
            raise _unwritable(error) from None
        self._synced = time.monotonic()

    def _remember(self, name: str, part: str, table: pa.Table) -> None:
        self._room -= table.nbytes
        if self._room < 0:
            self._written = None
        if self._written is not None:
            self._written[name][part] = table

    def close(self) -> None:
        """Ends the writing; what waits is put into place. Raises RunError."""
        try:
            self.commit()
        finally:
            self.state.close()

    def _sweep(self) -> None:
        """Removes what is half written, what is not done, and of what is done what is not in place."""
        done = set(self.state.parts())
        for name in TABLES:
            for file in (self.path / name).iterdir():
                if file.suffix != ".parquet" or file.stem not in done:
                    file.unlink()
        lost = [part for part, counts in self.state.row_counts() if not self._in_place(part, counts)]
        self.commit(gone=lost)

    def _in_place(self, part: str, counts: Sequence[int]) -> bool:
        for name, count in zip(TABLES, counts, strict=True):
            if count:
                try:
                    if pq.read_metadata(self.path / name / f"{part}.parquet").num_rows != count:
                        return False
                except (OSError, ValueError, pa.ArrowException):
                    return False
        return True


def new_folder(parent: Path) -> Path:
    """`pii-scan-<UTC time>` in `parent`; where there is one of this second already, that of the next, which is waited
    for: runs are told apart, and put in order, by their seconds.
    """
    while True:
        now = datetime.now(tz=UTC)
        folder = parent / f"pii-scan-{now:%Y%m%dT%H%M%SZ}"
        if not os.path.lexists(folder):
            return folder
        time.sleep(1.001 - now.microsecond / 1e6)


def check_unused(folder: Path) -> None:
    """Raises UsageError where a folder holds more than a run that had not begun when it ended; OSError."""
    if not folder.exists():
        return
    entries = {entry.name for entry in folder.iterdir()}
    if entries <= _BEGINNINGS and not any(any((folder / name).iterdir()) for name in TABLES if name in entries):
        return
    raise UsageError(
        f"the run folder {str(folder)!r} already holds something", "give another --out, or --resume to go on with a run"
    )


def _partial(file: Path) -> Path:
    return file.with_name(file.name + PARTIAL)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _unwritable(error: OSError) -> RunError:
    return unwritable(error, full=error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG))
