"""Reads run folders: a manifest and Parquet parts. Knows nothing of scanning or reports.

`findings.run_writer` writes them.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pii_scan.errors import RunError
from pii_scan.findings.distinct import count_distinct
from pii_scan.findings.schema import FORMAT_VERSION, TABLES, UNASSIGNED
from pii_scan.findings.soundness import expands_too_much, fault_of_manifest, is_sound

MANIFEST = "run.json"
PARTIAL = ".partial"
"""Behind the name of a file that is being written."""
READ_ROWS = 1 << 17
KEPT_BYTES = 16 << 20
"""Of each kind of table: what is less is held once it was read."""
REQUIRED = ("id", "started_at", "version", "rules_hash", "config_hash", "status", "targets")
"""What every manifest says."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file, readable by the user only, that comes into place whole or not at all. Raises OSError."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with open(partial, "wb", opener=private) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def private(path: str, flags: int) -> int:
    """As `os.open`, of a file that only the user can read."""
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Makes sure that the names of a folder outlive a power cut; nothing on Windows, that knows no such call. Raises
    OSError.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that have nothing to sync
            raise
    finally:
        os.close(descriptor)


Written = Mapping[str, Mapping[str, pa.Table]]
"""Rows of the kinds of `TABLES`, by part."""


@dataclass(frozen=True)
class Run:
    """A run folder, read only. All tables come in a fixed order, whatever the number of workers was."""

    path: Path
    manifest: dict[str, Any]
    written: Written = field(default_factory=dict, repr=False, compare=False)
    """Of a run that was made a moment ago, its rows, if they are few; empty: they are in its files."""
    _kept: dict[str, list[pa.Table]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def findings(self) -> Iterator[pa.Table]:
        """The findings, some 10^5 rows at a time."""
        return self._tables("findings")

    def problems(self) -> Iterator[pa.Table]:
        """What was not, or not wholly, read."""
        return self._tables("problems")

    def documents(self) -> Iterator[pa.Table]:
        """Every document that was met, members of containers too; one that was read in slices is one row."""
        return self._held("documents", self._documents)

    def origins(self) -> Iterator[pa.Table]:
        """What the reports of exports say of their items: where each lay, and whose it is."""
        return self._tables("origins")

    def dates(self) -> Iterator[pa.Table]:
        """The months that the records of each document are from; a document that was read in slices has several rows
        of one month.
        """
        return self._tables("dates")

    def index(self) -> Iterator[pa.Table]:
        """One row a hit: keyed fingerprint and place."""
        return self._tables("index")

    def distinct(self, by: Sequence[str]) -> pa.Table:
        """The columns `by` (of the index, or `category`) and `distinct`, the number of distinct fingerprints."""
        categories = self._categories() if "category" in by else {}
        columns = [name if name != "category" else "entity_type" for name in by]

        names, values = pa.array(list(categories), pa.string()), pa.array(list(categories.values()), pa.string())

        def meaning(rows: pa.Table) -> pa.Table:
            if "category" not in by:
                return rows
            found = pc.index_in(rows.column("entity_type").cast(pa.string()), names)
            return pa.table([pc.take(values, found) if name == "category" else rows.column(name) for name in by], by)

        (counted,) = count_distinct(self.index(), columns, [meaning])
        fields = [pa.field(name, _plain_type(name)) for name in by]
        rows = [dict(zip(by, key, strict=True)) | {"distinct": number} for key, number in counted.items()]
        table = pa.Table.from_pylist(rows, schema=pa.schema([*fields, pa.field("distinct", pa.int64())]))
        return table.sort_by([(name, "ascending") for name in by])

    def _categories(self) -> dict[str, str]:
        """Category by entity type, as the findings of this run have it."""
        pairs: dict[str, str] = {}
        for table in self.findings():
            seen = _plain(table.select(["entity_type", "category"])).group_by(["entity_type", "category"]).aggregate([])
            pairs.update(zip(seen["entity_type"].to_pylist(), seen["category"].to_pylist(), strict=True))
        return pairs

    def _tables(self, name: str) -> Iterator[pa.Table]:
        return self._held(name, lambda: (table for _, table in self._read(name)))

    def _held(self, name: str, read: Callable[[], Iterator[pa.Table]]) -> Iterator[pa.Table]:
        """The tables of one kind, small ones together: a table costs what some thousand rows do. A report goes over
        each kind several times: what is little is read once.
        """
        if name in self._kept:
            yield from self._kept[name]
            return
        kept: list[pa.Table] = []
        room = KEPT_BYTES
        for table in _together(read()):
            room -= table.nbytes
            if room >= 0:
                kept.append(table)
            else:
                kept.clear()
            yield table
        if room >= 0:
            self._kept[name] = kept

    def _documents(self) -> Iterator[pa.Table]:
        for group, parts in itertools.groupby(self._read("documents"), lambda part: part[0].partition("-")[0]):
            slices: list[pa.Table] = []
            for part, table in parts:
                if part == group:
                    yield table
                else:  # a slice; not told by the name, as two files may look the same once they are masked
                    members = table.filter(table["container"])
                    if members.num_rows:
                        yield members
                    slices.append(table.filter(pc.invert(table["container"])))
            if slices:
                yield _merge_slices(pa.concat_tables(slices).unify_dictionaries())

    def _read(self, name: str) -> Iterator[tuple[str, pa.Table]]:
        """(part, table) in the order of the parts."""
        if self.written:
            parts = sorted(self.written.get(name, {}).items(), key=lambda part: _file_name(part[0]))
            if parts and not is_sound(pa.concat_tables([table for _, table in parts])):
                raise RunError(f"{name} hold what no scan writes", "scan again")
            yield from parts
            return
        for file in sorted((self.path / name).glob("*.parquet")):
            try:
                with pq.ParquetFile(file) as parquet:
                    if parquet.schema_arrow.names != TABLES[name].names:
                        raise RunError(f"{name}/{file.name} is not of this version", "scan again")
                    if expands_too_much(parquet, file.stat().st_size):
                        raise RunError(f"{name}/{file.name} says it holds more than it can", "scan again")
                    for batch in parquet.iter_batches(READ_ROWS):
                        table = pa.Table.from_batches([batch]).cast(TABLES[name])
                        if not is_sound(table):
                            raise RunError(f"{name}/{file.name} holds what no scan writes", "scan again")
                        yield file.stem, table
            except (OSError, ValueError, pa.ArrowException):
                raise RunError(f"{name}/{file.name} cannot be read", "scan again") from None


def _file_name(part: str) -> str:
    return f"{part}.parquet"


def _together(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in the same order, in as few tables of at most `READ_ROWS` as no table is cut for."""
    held: list[pa.Table] = []
    rows = 0
    for table in tables:
        if held and rows + table.num_rows > READ_ROWS:
            yield _one(held)
            held, rows = [], 0
        held.append(table)
        rows += table.num_rows
    if held:
        yield _one(held)


def _one(tables: list[pa.Table]) -> pa.Table:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _merge_slices(table: pa.Table) -> pa.Table:
    """The rows of one file's slices as one: bytes read are added, and it is read only if every slice was."""
    merged: list[dict[str, Any]] = []
    for row in table.to_pylist():
        if not merged:
            merged.append(row)
            continue
        before = merged[0]
        for name in ("read_bytes", "under_13", "under_18"):
            before[name] += row[name]
        before["media_type"] = before["media_type"] or row["media_type"]
        if before["system"] == UNASSIGNED:  # what tells a system often stands at the head
            before["system"], before["signals"] = row["system"], row["signals"]
        if before["status"] != row["status"]:
            before["status"] = "partly_read"
    return pa.Table.from_pylist(merged, schema=table.schema)


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary columns as strings, so that parts with different dictionaries can be grouped together."""
    fields = [
        pa.field(entry.name, pa.string()) if pa.types.is_dictionary(entry.type) else entry for entry in table.schema
    ]
    return table.cast(pa.schema(fields))


def _plain_type(name: str) -> pa.DataType:
    """The type of a column of the index, words as strings."""
    kind = TABLES["index"].field(name).type if name in TABLES["index"].names else pa.string()
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def load_run(path: str | os.PathLike[str], written: Written | None = None) -> Run:
    """The run in folder `path`; `written`: as `Run.written`. Raises RunError when there is none, or it is of another
    version.
    """
    folder = Path(path)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise RunError(
            f"{str(folder)!r} is not a run folder", "name a folder that `pii-scan scan --out` made"
        ) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT_VERSION:
        raise RunError(f"the run {str(folder)!r} was made by another version", "scan again")
    if fault := fault_of_manifest(manifest):
        raise RunError(f"the run {str(folder)!r} says of {fault!r} what no scan writes", "scan again")
    missing = [name for name in REQUIRED if name not in manifest]
    missing += [name for name in TABLES if not (folder / name).is_dir()]
    if missing:
        raise RunError(f"the run {str(folder)!r} is not whole: {missing[0]!r} is missing", "scan again")
    return Run(folder, manifest, written or {})
