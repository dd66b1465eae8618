"""A finished run in memory, with an invented company's data: stands in for `findings.store.Run`."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from pii_scan.findings.schema import DATES, DOCUMENTS, FINDINGS, INDEX, ORIGINS, PROBLEMS

TARGET = "/data/fjordkurs"
SECOND_TARGET = "postgresql://db.example.no/kunder"

MANIFEST: dict[str, Any] = {
    "id": "20260114T081500Z-7f3a",
    "started_at": "2026-01-14T08:15:00Z",
    "finished_at": "2026-01-14T08:21:42Z",
    "version": "0.1.0",
    "rules_hash": "b7e23ec29af22b0b4e41da31e868d57226121c84",
    "config_hash": "2c26b46b68ffc68ff99b453c1d304134",
    "targets": [TARGET, SECOND_TARGET],
    "status": "finished",
    "allow_incomplete": False,
    "notes": ["the run folder lies inside the target and was left out"],
}


EMPTY_DOCUMENTS = (
    "epost/kursadm.pst", "regnskap/budsjett.xlsx", "web/index.html",
    "web/logo.png", "deltakere/mal.docx", "lønn/rutine.docx",
)  # fmt: skip


@dataclass(frozen=True)
class FakeRun:
    """Lists of tables."""

    finding_tables: list[pa.Table]
    problem_tables: list[pa.Table]
    document_tables: list[pa.Table]
    index_tables: list[pa.Table]
    manifest: dict[str, Any] = field(default_factory=lambda: dict(MANIFEST))
    path: Path = Path("runs/2026-01-14")
    origin_tables: list[pa.Table] = field(default_factory=list)
    date_tables: list[pa.Table] = field(default_factory=list)

    def findings(self) -> Iterator[pa.Table]:
        return iter(self.finding_tables)

    def problems(self) -> Iterator[pa.Table]:
        return iter(self.problem_tables)

    def dates(self) -> Iterator[pa.Table]:
        return iter(self.date_tables)

    def documents(self) -> Iterator[pa.Table]:
        return iter(self.document_tables)

    def index(self) -> Iterator[pa.Table]:
        return iter(self.index_tables)

    def origins(self) -> Iterator[pa.Table]:
        return iter(self.origin_tables)

    def distinct(self, by: Sequence[str]) -> pa.Table:
        schema = pa.schema(
            [*(pa.field(n, pa.int32() if n == "column" else pa.string()) for n in by), pa.field("distinct", pa.int64())]
        )
        plain = pa.schema([*list(schema)[:-1], pa.field("fingerprint", pa.uint64())])
        if not self.index_tables:
            return schema.empty_table()
        table = pa.concat_tables(t.select([*by, "fingerprint"]).cast(plain) for t in self.index_tables)
        counted = table.group_by(list(by)).aggregate([("fingerprint", "count_distinct")])
        return counted.rename_columns(schema.names).cast(schema)


@dataclass
class RunBuilder:
    """Collects findings by location unit, the way a scan would leave them."""

    seed: int = 7
    findings: list[dict[str, Any]] = field(default_factory=list)
    index: list[dict[str, Any]] = field(default_factory=list)
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    dates: list[dict[str, Any]] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=lambda: dict(MANIFEST))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def document(self, path: str, target: str = TARGET, status: str = "read", **facts: Any) -> None:
        size = facts.get("size_bytes", self.random.randrange(2_000, 4_000_000))
        age = timedelta(days=self.random.randrange(10, 2600))
        self.documents[target, path] = {
            "target": target,
            "document": path,
            "container": "!" in path,
            "media_type": facts.get("media_type"),
            "size_bytes": size,
            "read_bytes": {"read": size, "partly_read": size // 2, "unread": 0}[status],
            "modified_at": facts.get("modified_at", datetime(2026, 1, 10, 9, 0, tzinfo=UTC) - age),
            "status": status,
            "system": facts.get("system", "unassigned"),
            **{name: facts.get(name, 0) for name in ("under_13", "under_18")},
            **{name: facts.get(name) for name in ("identity", "export_path", "owner", "account", "signals")},
        }

    def dated(self, path: str, day: date, records: int, basis: str = "data", target: str = TARGET) -> None:
        """`records` of the document are from that day."""
        place = {"target": target, "document": path, "month": day.replace(day=1), "basis": basis}
        self.dates.append({**place, "records": records, "oldest": day, "youngest": day})

    def problem(self, path: str, code: str, detail: str, stage: str = "extract", target: str = TARGET) -> None:
        self.problems.append({"target": target, "document": path, "stage": stage, "code": code, "detail": detail})

    def found(
        self, path: str, entity_type: str, category: str, count: int, *, target: str = TARGET, kind: str = "cell",
        distinct: int | None = None, listed: int | None = None, sheet: str | None = None, part: str | None = None,
        header: str | None = None, column: int | None = 1, first_row: int = 2, score: float = 0.95,
        masked: str = "###", synthetic: bool = False, reasons: str = "pattern",
    ) -> None:  # fmt: skip
        """`count` hits in one unit, `listed` of them one by one and the rest as one row without a place."""
        if (target, path) not in self.documents:
            self.document(path, target)
        listed = count if listed is None else min(listed, count)
        place = {"target": target, "document": path, "sheet": sheet, "part": part, "header": header}
        common = {
            "entity_type": entity_type, "category": category, "score": score, "synthetic": synthetic,
            "recognizer": f"test.{entity_type.lower()}", "reasons": reasons, "masked": masked,
        }  # fmt: skip
        rows: list[int | None] = [first_row + i if kind in {"text", "cell", "page"} else None for i in range(listed)]
        values = [self.random.getrandbits(63) for _ in range(distinct or count)]
        for i, row in enumerate(rows):
            where = {**place, "kind": kind, "row": row, "column": column if kind in {"text", "cell"} else None}
            self.findings.append({**where, **common, "count": 1, "distinct": 1})
            self.index.append(
                {**where, "fingerprint": values[i % len(values)], "entity_type": entity_type, "category": category}
            )
        if count > listed:
            rest = {
                **place,
                "kind": "column" if kind == "cell" else kind,
                "row": None,
                "column": column if kind == "cell" else None,
            }
            self.findings.append(
                {**rest, **common, "count": count - listed, "distinct": min(count - listed, len(values))}
            )
            for i in range(listed, count):
                where = {**place, "kind": kind, "row": i, "column": column}
                self.index.append(
                    {**where, "fingerprint": values[i % len(values)], "entity_type": entity_type, "category": category}
                )

    def run(self, rows_per_table: int = 50) -> FakeRun:
        def cut(rows: list[dict[str, Any]], schema: pa.Schema) -> list[pa.Table]:
            starts = range(0, len(rows), rows_per_table)
            return [pa.Table.from_pylist(rows[i : i + rows_per_table], schema) for i in starts]

        with_category = pa.schema([*INDEX, *([] if "category" in INDEX.names else [FINDINGS.field("category")])])
        return FakeRun(
            cut(self.findings, FINDINGS), cut(self.problems, PROBLEMS), cut(list(self.documents.values()), DOCUMENTS),
            cut(self.index, with_category), self.manifest, origin_tables=cut(self.origins, ORIGINS),
            date_tables=cut(self.dates, DATES),
        )  # fmt: skip


def company_run() -> FakeRun:
    """A run over the company's data; its manifest may be changed."""
    return replace(_company(), manifest=dict(MANIFEST))


@cache
def _company() -> FakeRun:
    """31 documents, 13 categories, 4 problems: a course provider's file share and a customer database."""
    b = RunBuilder()
    with open(Path(__file__).with_name("company_findings.csv"), encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            unit: dict[str, Any] = {name: row[name] or None for name in ("sheet", "part")}
            numbers: dict[str, Any] = {
                name: int(row[name]) if row[name] else None for name in ("distinct", "listed", "column")
            }
            b.found(
                row["document"],
                row["entity_type"],
                row["category"],
                int(row["count"]),
                target=SECOND_TARGET if row["target"] == "kunder" else TARGET,
                header=row["header"] or None,
                first_row=int(row["first_row"]),
                score=float(row["score"]),
                synthetic=row["synthetic"] == "yes",
                kind=row["kind"],
                masked=row["masked"],
                reasons=row["reasons"],
                **unit,
                **numbers,
            )
    for path in EMPTY_DOCUMENTS:
        b.document(path)
    b.document("epost/arkiv-2019.pst", status="partly_read")
    b.document("lønn/passordbeskyttet.xlsx", status="unread")
    b.document("regnskap/gammel.mdb", status="unread")
    b.problem("lønn/passordbeskyttet.xlsx", "encrypted", "the workbook is encrypted")
    b.problem("regnskap/gammel.mdb", "unsupported", "no reader for this format")
    b.problem("epost/arkiv-2019.pst", "corrupt", "12 of 841 messages could not be read")
    b.problem("web/cache", "permission", "the folder cannot be listed", stage="source")
    return b.run(rows_per_table=2_000)
