"""The published JSON report, schema `pii-scan.report/1`. Its form is apart from the stored tables on purpose.

Written piece by piece: a run may hold millions of findings. Adds nothing to the tables and leaves nothing out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any, BinaryIO

import pyarrow as pa

from pii_scan.inventory.build import build_inventory
from pii_scan.inventory.holdings import Holding
from pii_scan.inventory.rollup import FinishedRun

SCHEMA_ID = "pii-scan.report/1"
_ROWS = 4096


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every report satisfies."""
    text = (resources.files("pii_scan.report") / "schema" / "report-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """Writes one JSON object in UTF-8. The same in every language: `lang` is not used."""
    inventory = build_inventory(run, details=False)
    coverage = inventory.coverage
    counts = {
        "seen": coverage.seen,
        "read": coverage.read,
        "partly_read": coverage.partly_read,
        "unread": coverage.unread,
    }
    size = {"seen": coverage.bytes_seen, "read": coverage.bytes_read}
    out.write(b'{\n"schema": ' + _dump(SCHEMA_ID))
    out.write(b',\n"run": ' + _dump(run_object(run.manifest)))
    out.write(b',\n"coverage": {"documents": ' + _dump(counts) + b', "bytes": ' + _dump(size) + b', "problems": ')
    _write_list(out, (problem for table in run.problems() for problem in _problems(table)))
    out.write(b'},\n"findings": ')
    _write_list(out, (finding for table in run.findings() for finding in findings(table)))
    out.write(b',\n"inventory": ')
    _write_list(out, (holding_object(h) for h in sorted(inventory.holdings, key=lambda h: (h.system, h.category))))
    out.write(b"\n}\n")


def run_object(manifest: dict[str, Any]) -> dict[str, Any]:
    """The `run` member; `finished_at` is null for a run that was interrupted."""
    finished = manifest.get("finished_at") if manifest.get("status") == "finished" else None
    return {
        "id": manifest["id"],
        "started_at": manifest["started_at"],
        "finished_at": finished,
        "version": manifest["version"],
        "rules_hash": manifest["rules_hash"],
        "config_hash": manifest["config_hash"],
        "targets": list(manifest["targets"]),
    }


def findings(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows of a findings table as members of `findings`."""
    for row in _rows(table):
        yield {
            "document": row["document"],
            "target": row["target"],
            "location": location(row),
            "entity_type": row["entity_type"],
            "category": row["category"],
            "count": row["count"],
            "distinct": row["distinct"],
            "score": round(row["score"], 4),  # stored as float32
            "synthetic": row["synthetic"],
            "recognizer": row["recognizer"],
            "reasons": [reason for reason in row["reasons"].split("; ") if reason],
            "masked": row["masked"],
        }


def location(row: dict[str, Any]) -> dict[str, Any]:
    """A row's location. The rest of a table column (no row number) is of the kind `column`."""
    kind = row["kind"]
    if kind in {"cell", "column"}:
        where = {"sheet": row["sheet"] or None, "column": row["column"], "header": row["header"] or None}
        if kind == "cell" and row["row"] is not None:
            return {
                "kind": "cell",
                "sheet": where["sheet"],
                "row": row["row"],
                "column": row["column"],
                "header": where["header"],
            }
        return {"kind": "column", "column": row["column"], "header": where["header"], "sheet": where["sheet"]}
    if kind == "page":
        return {"kind": "page", "page": row["row"]}
    if kind == "part":
        return {"kind": "part", "part": row["part"] or ""}
    part = {"part": row["part"]} if row["part"] else {}
    return {"kind": "text", "line": row["row"], "column": row["column"], **part}


def holding_object(holding: Holding) -> dict[str, Any]:
    """A member of `inventory`."""
    return {
        "system": holding.system,
        "category": holding.category,
        "documents": holding.documents,
        "count": holding.count,
        "distinct": holding.distinct,
        "first_seen": holding.first_seen.isoformat() if holding.first_seen else None,
        "last_seen": holding.last_seen.isoformat() if holding.last_seen else None,
    }


def _problems(table: pa.Table) -> Iterator[dict[str, Any]]:
    return _rows(table.select(["document", "stage", "code", "detail"]))


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=_ROWS):
        yield from batch.to_pylist()


def _write_list(out: BinaryIO, members: Iterable[dict[str, Any]]) -> None:
    out.write(b"[")
    separator = b"\n"
    for member in members:
        out.write(separator + _dump(member))
        separator = b",\n"
    out.write(b"]" if separator == b"\n" else b"\n]")


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
