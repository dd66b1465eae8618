"""Time and peak memory of `pii-scan report` by the number of findings of a run. The run is made by the project's own
writer, without a scan: documents with four personal columns, every value of which is another.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from corpora import SEED
from measuring import launched, surroundings, table

from pii_scan import __version__
from pii_scan.findings.run_writer import RunWriter
from pii_scan.findings.schema import DOCUMENTS, FINDINGS, INDEX, MAX_PLACES

KINDS = (
    ("PERSON", "name", "navn", "Xxxx Xxxxxxx", 0.85),
    ("NO_FODSELSNUMMER", "national_id", "fodselsnummer", "###########", 0.95),
    ("EMAIL_ADDRESS", "email", "epost", "xxxx@xxxxxxx.xx", 0.9),
    ("PHONE_NUMBER", "phone", "telefon", "########", 0.85),
)
"""Entity type, category, header, mask and score of each column."""
DOCUMENT_ROWS = MAX_PLACES
"""Rows of a document's table, all of them listed."""
PART_DOCUMENTS = 125
_TARGET = "large"
_LIMIT_SECONDS = 4 * 3600


def write_run(folder: Path, findings: int, seed: int = SEED) -> int:
    """Makes a finished run with at least so many findings, as many rows of the index; gives the number."""
    rng = np.random.default_rng(seed)
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    writer = RunWriter.begun(folder, {
        "id": f"{seed:016x}", "started_at": moment, "finished_at": None, "version": __version__, "status": "running",
        "config_hash": "", "rules_hash": "", "rules": [], "entity_types": sorted(kind[0] for kind in KINDS),
        "lang": "nb", "targets": [_TARGET], "as_of": "2026-11-30", "notes": [], "systems": [],
    })  # fmt: skip
    documents = -(-findings // (len(KINDS) * DOCUMENT_ROWS))
    for first in range(0, documents, PART_DOCUMENTS):
        numbers = range(first, min(first + PART_DOCUMENTS, documents))
        writer.write_part(
            f"{first // PART_DOCUMENTS:08d}", _part([f"tables/{n % 40}/{n}.csv" for n in numbers], rng, now)
        )
    writer.write_manifest({"finished_at": moment, "status": "finished"})
    writer.close()
    return documents * len(KINDS) * DOCUMENT_ROWS


def _part(names: list[str], rng: np.random.Generator, now: datetime) -> dict[str, pa.Table]:
    each, kinds = DOCUMENT_ROWS, len(KINDS)
    count = len(names) * kinds * each
    kind = np.tile(np.repeat(np.arange(kinds), each), len(names))
    row = pa.array(np.tile(np.arange(each) + 2, len(names) * kinds))
    place = {
        "target": _words([_TARGET], np.zeros(count, int)), "kind": _words(["cell"], np.zeros(count, int)),
        "document": _words(names, np.repeat(np.arange(len(names)), kinds * each)),
        "header": _words([one[2] for one in KINDS], kind), "row": row,
        "column": pa.array((kind + 1).astype(np.int32)), "entity_type": _words([one[0] for one in KINDS], kind),
    }  # fmt: skip
    ones = pa.array(np.ones(count, np.int64))
    findings = {
        **place, "category": _words([one[1] for one in KINDS], kind), "count": ones, "distinct": ones,
        "score": pa.array(np.array([one[4] for one in KINDS], np.float32)[kind]), "synthetic": pa.array(kind < 0),
        "recognizer": _words([f"any.{one[1]}" for one in KINDS], kind), "reasons": _words(["check passed"], kind * 0),
        "masked": _words([one[3] for one in KINDS], kind),
    }  # fmt: skip
    prints = {"fingerprint": pa.array(rng.integers(0, 1 << 64, count, np.uint64)), **place}
    facts = [
        {"target": _TARGET, "document": name, "container": False, "media_type": "text/csv", "size_bytes": 60_000,
         "read_bytes": 60_000, "modified_at": now, "status": "read", "system": "unassigned", "under_13": 0,
         "under_18": 0}
        for name in names
    ]  # fmt: skip
    documents = pa.Table.from_pylist(facts, schema=DOCUMENTS)
    return {"findings": _table(FINDINGS, findings), "index": _table(INDEX, prints), "documents": documents}


def _words(words: list[str], which: np.ndarray[Any, Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), pa.array(words, pa.string()))


def _table(schema: pa.Schema, columns: dict[str, pa.Array]) -> pa.Table:
    count = len(columns["document"])
    return pa.table([columns.get(one.name, pa.nulls(count, one.type)) for one in schema], schema=schema)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--millions", nargs="+", type=float, default=[1], help="10^6 findings, up to 100 (default 1)")
    parser.add_argument("--format", default="html", help="format of the report (default html)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where to make the runs (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 when a report failed."""
    options = parse(arguments)
    lines, failed = [], False
    for millions in options.millions:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            run = Path(folder) / "run"
            findings = write_run(run, int(millions * 1e6), options.seed)
            stored = sum(file.stat().st_size for file in run.rglob("*.parquet"))
            command = [sys.executable, "-m", "pii_scan", "report", str(run), "--format", options.format]
            done = launched(command, Path(folder), os.environ, _LIMIT_SECONDS)
        failed = failed or done.code != 0
        lines.append([
            f"{findings:,}", f"{stored / 1e6:.0f}", f"{done.wall_seconds:.1f}", f"{done.cpu_seconds:.1f}",
            f"{1e6 * done.cpu_seconds / findings:.2f}", f"{done.peak_mib:.0f}", str(done.code),
        ])  # fmt: skip
    print("\n".join(f"- {line}" for line in surroundings(options.seed)))
    header = ["findings", "MB stored", "wall s", "CPU s", "CPU us a finding", "peak MiB", "exit code"]
    print(f"\n{table(header, lines, markdown=options.markdown)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
