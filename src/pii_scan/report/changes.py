"""What differs between two runs, as text, as JSON (schema `pii-scan.diff/1`) and as CSV. Decides nothing."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from pii_scan.inventory.categories import categories
from pii_scan.inventory.changes import CellChange, Change, Changes, Counted, DocumentChange, Side
from pii_scan.model import printable
from pii_scan.report.json_v1 import run_object
from pii_scan.report.messages import Wording, wording
from pii_scan.report.model import system_name
from pii_scan.report.tables import inert
from pii_scan.systems.own import profiles_of
from pii_scan.systems.profiles import ProfileTable

SCHEMA_ID = "pii-scan.diff/1"
MAX_SHOWN = 50
"""Documents in the text; JSON and CSV have those that `inventory.changes` lists."""
COLUMNS = (
    "level", "system", "category", "target", "document", "change", "documents_before", "documents_after",
    "count_before", "count_after", "distinct_before", "distinct_after", "values_new", "values_gone", "unread_before",
    "unread_after",
)  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `as_json`."""
    text = (resources.files("pii_scan.report") / "schema" / "diff-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_json(found: Changes) -> str:
    """One object, the same in every language."""
    content = {
        "schema": SCHEMA_ID,
        "before": _run(found.before),
        "after": _run(found.after),
        "differs": [str(name) for name in found.differs],
        "targets_matched": found.same_target,
        "cells": [_cell_object(cell) for cell in found.cells],
        "documents": {
            "by_change": {str(change): found.by_change.get(change, 0) for change in Change},
            "listed": [_document_object(document) for document in found.documents],
            "left_out": found.documents_left_out,
        },
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _run(counted: Counted) -> dict[str, Any]:
    coverage = counted.coverage
    documents = {name: getattr(coverage, name) for name in ("seen", "read", "partly_read", "unread")}
    return {
        "run": run_object(counted.run.manifest),
        "coverage": {"documents": documents, "problems": sum(coverage.problems.values())},
    }


def _side(side: Side) -> dict[str, int]:
    return {"documents": side.documents, "count": side.count, "distinct": side.distinct}


def _cell_object(cell: CellChange) -> dict[str, Any]:
    return {
        "system": cell.system,
        "category": cell.category,
        "change": str(cell.change),
        "before": _side(cell.before),
        "after": _side(cell.after),
        "unread_before": cell.unread_before,
        "unread_after": cell.unread_after,
        "values_new": cell.values_new,
        "values_gone": cell.values_gone,
    }


def _document_object(document: DocumentChange) -> dict[str, Any]:
    return {
        "target": document.target,
        "document": document.document,
        "system": document.system,
        "change": str(document.change),
        "before": document.before,
        "after": document.after,
        "categories": [
            {"category": name, "before": before, "after": after}
            for name, (before, after) in document.categories.items()
        ],
    }


def as_csv(found: Changes, lang: str) -> bytes:
    """One row for each system and category, then one for each document and category, as Norwegian Excel opens it."""
    t = wording(lang)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([t(f"diff.column.{name}") for name in COLUMNS])
    for row in _csv_rows(found, t):
        writer.writerow([inert(row.get(name)) for name in COLUMNS])
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8")


def _csv_rows(found: Changes, t: Wording) -> Iterator[dict[str, Any]]:
    known = profiles_of(found.after.run.manifest)
    for cell in found.cells:
        yield {
            "level": t("diff.level.system"), "system": system_name(cell.system, known, t),
            "category": _category(cell.category, t),
            "change": t(f"diff.change.{cell.change}"), "values_new": cell.values_new, "values_gone": cell.values_gone,
            "unread_before": cell.unread_before, "unread_after": cell.unread_after,
            **{f"{name}_before": value for name, value in _side(cell.before).items()},
            **{f"{name}_after": value for name, value in _side(cell.after).items()},
        }  # fmt: skip
    for document in found.documents:
        for category, (before, after) in document.categories.items():
            yield {
                "level": t("diff.level.document"), "system": system_name(document.system, known, t),
                "category": _category(category, t), "target": printable(document.target),
                "document": printable(document.document), "change": t(f"diff.change.{document.change}"),
                "count_before": before, "count_after": after,
            }  # fmt: skip


def text(found: Changes, lang: str) -> str:
    """All of it for a person to read: first what else may have made a difference."""
    t, known = wording(lang), profiles_of(found.after.run.manifest)
    lines = [
        t("diff.title", before=t.moment(str(found.before.run.manifest["started_at"])),
          after=t.moment(str(found.after.run.manifest["started_at"]))),
        "", *_caveats(found, t), t("diff.coverage"),
        f"  {t('diff.before', line=_coverage(found.before, t))}",
        f"  {t('diff.after', line=_coverage(found.after, t))}", "",
    ]  # fmt: skip
    if not found.cells and not found.documents:
        return "\n".join([*lines, t("diff.nothing")]) + "\n"
    lines.append(t("diff.cells"))
    for change in Change:
        lines += _group(change, [cell for cell in found.cells if cell.change is change], known, t)
    lines += ["", t("diff.documents")]
    lines += [f"  {t(f'diff.change.{change}')}: {t.number(count)}" for change, count in found.by_change.items()]
    lines += [line for document in found.documents[:MAX_SHOWN] for line in _document(document, found, t)]
    more = len(found.documents) - MAX_SHOWN + found.documents_left_out
    if more > 0:
        lines.append("  " + t("diff.more", n=more))
    return "\n".join(lines) + "\n"


def _caveats(found: Changes, t: Wording) -> Iterator[str]:
    if not found.differs:
        return
    yield t("diff.differs.title")
    for name in found.differs:
        yield f"  - {t(f'diff.differs.{name}')}"
    if found.same_target:
        yield f"  - {t('diff.differs.matched')}"
    yield ""


def _coverage(counted: Counted, t: Wording) -> str:
    coverage = counted.coverage
    return t(
        "diff.read", seen=coverage.seen, read=coverage.read, partly=coverage.partly_read, unread=coverage.unread,
        problems=sum(coverage.problems.values()),
    )  # fmt: skip


def _group(change: Change, cells: list[CellChange], known: ProfileTable, t: Wording) -> Iterator[str]:
    if not cells:
        return
    yield f"  {t(f'diff.change.{change}')}"
    for cell in sorted(cells, key=lambda c: (-abs(c.after.count - c.before.count), c.system, c.category)):
        numbers = t("diff.count", before=cell.before.count, after=cell.after.count)
        documents = t("diff.in_documents", before=cell.before.documents, after=cell.after.documents)
        yield f"    {system_name(cell.system, known, t)}, {_category(cell.category, t)}: {numbers}; {documents}"
        if cell.values_new is not None and (cell.values_new or cell.values_gone):
            yield "      " + t("diff.values", new=cell.values_new, gone=cell.values_gone or 0)
        if cell.unread_after:
            yield "      " + t("diff.unread_after", n=cell.unread_after)
        if cell.unread_before:
            yield "      " + t("diff.unread_before", n=cell.unread_before)


def _document(document: DocumentChange, found: Changes, t: Wording) -> Iterator[str]:
    several = len(found.after.run.manifest["targets"]) > 1
    target = f" ({printable(document.target)})" if several else ""
    yield f"  {t(f'diff.change.{document.change}')}: {printable(document.document)}{target}"
    parts = (
        f"{_category(name, t)} {t('diff.count', before=before, after=after)}"
        for name, (before, after) in document.categories.items()
    )
    yield f"    {'; '.join(parts)}"


def _category(category: str, t: Wording) -> str:
    return printable(categories().name(category, t.lang))
