"""A summary in Markdown, for issues, wikis and mail: headline, categories, places, top documents, coverage, problems.

Names from the scanned data are escaped, so that they are text and nothing else. Lists no single findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.model import printable
from pii_scan.report.model import View, view

MAX_PROBLEMS = 200
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "`": "\\`", "|": "\\|", "*": "\\*", "[": "\\[", "]": "\\]", "<": "&lt;", ">": "&gt;", "&": "&amp;"}
)


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """Writes the summary in UTF-8."""
    seen = view(run, lang, details=False)
    for line in _lines(seen, run):
        out.write(f"{line}\n".encode())


def escaped(text: str) -> str:
    r"""Text that Markdown and the HTML in it take as text.

    >>> escaped("a|b <script> `x` [y](z)")
    'a\\|b &lt;script&gt; \\`x\\` \\[y\\](z)'
    """
    return printable(text).translate(_ESCAPES)


def _lines(seen: View, run: FinishedRun) -> Iterator[str]:
    t = seen.t
    yield f"# {t('title', targets=escaped(', '.join(seen.targets)))}\n"
    yield f"**{seen.headline()}.**\n"
    for text in (*seen.warnings(), *seen.remarks()):
        yield f"- {text}"
    yield f"\n{t('remark.lead')}\n"
    yield from _categories(seen)
    for flag, entries in seen.callouts():
        if entries:
            names = ", ".join(escaped(seen.category(e.category)) for e in entries)
            yield f"- **{t(f'callouts.{flag.value}')}**: {names}"
            yield from (f"  - {note}" for note in dict.fromkeys(seen.note(e.category) for e in entries) if note)
    yield ""
    yield from _systems(seen)
    yield from _places(seen)
    yield from _top(seen)
    yield from _coverage(seen, run)
    yield from _method(seen)


def _categories(seen: View) -> Iterator[str]:
    t, entries = seen.t, seen.inventory.entries
    if not entries:
        return
    yield f"## {t('categories.title')}\n"
    columns = ("category", "documents", "count", "synthetic", "distinct", "max_score", "period")
    yield from _table(
        [t(f"column.{name}") for name in columns],
        (
            [
                escaped(seen.category(e.category)), t.number(e.documents),
                t.number(e.count),
                t.number(e.synthetic), t.number(e.distinct), t.score(e.score), seen.period(e),
            ]
            for e in entries
        ),
        left=1,
    )  # fmt: skip


def _systems(seen: View) -> Iterator[str]:
    t, inventory = seen.t, seen.inventory
    if not inventory.holdings:
        return
    yield f"## {t('systems.title')}\n"
    columns = ("system", "category", "documents", "count", "synthetic", "distinct", "period")
    yield from _table(
        [t(f"column.{name}") for name in columns],
        (
            [
                escaped(seen.system(h.system)), escaped(seen.category(h.category)), t.number(h.documents),
                t.number(h.count), t.number(h.synthetic), t.number(h.distinct), seen.period(h),
            ]
            for h in inventory.holdings
        ),
        left=2,
    )  # fmt: skip
    for share in inventory.systems:
        if share.system == UNASSIGNED:
            said = t("systems.unassigned", n=share.documents, size=t.size(share.size_bytes))
            yield f"{said}\n"


def _places(seen: View) -> Iterator[str]:
    t, matrix = seen.t, seen.inventory.matrix
    if not matrix.places:
        return
    yield f"## {t('matrix.title')}\n"
    counts = {key: t.number(cell.count) for key, cell in matrix.cells.items()}
    yield from _table(
        [t("column.category"), *(escaped(seen.place(p)) for p in matrix.places)],
        ([escaped(seen.category(c)), *(counts.get((c, p), "") for p in matrix.places)] for c in matrix.categories),
        left=1,
    )


def _top(seen: View) -> Iterator[str]:
    t, top = seen.t, seen.inventory.top
    if not top:
        return
    yield f"## {t('top.title')}\n"
    yield from _table(
        [t(f"column.{name}") for name in ("document", "target", "types", "count", "synthetic", "max_score")],
        (
            [
                escaped(location.document),
                escaped(location.target),
                ", ".join(f"{t.number(n)} × {escaped(seen.entity(e))}" for e, n in location.entity_types.items()),
                t.number(location.count),
                t.number(location.synthetic),
                t.score(location.score),
            ]
            for location in top
        ),
        left=3,
    )


def _coverage(seen: View, run: FinishedRun) -> Iterator[str]:
    t, coverage = seen.t, seen.inventory.coverage
    yield f"## {t('coverage.title')}\n"
    yield f"{t('coverage.text')}\n"
    parts = {"seen": coverage.seen, "read": coverage.read, "partly": coverage.partly_read, "unread": coverage.unread}
    yield f"- {t('terminal.documents', **parts)}"
    yield f"- {t('terminal.bytes', seen=t.size(coverage.bytes_seen), read=t.size(coverage.bytes_read))}"
    if coverage.copies:
        yield f"- {t('coverage.copies', n=coverage.copies)}"
    yield ""
    if not coverage.problems:
        yield f"{t('coverage.no_problems')}\n"
        return
    yield from _table(
        [t("column.code"), t("column.meaning"), t("column.number")],
        ([escaped(code), escaped(seen.code(code)), t.number(n)] for code, n in coverage.problems.items()),
        left=2,
    )
    yield from _table(
        [t(f"column.{name}") for name in ("document", "target", "code", "detail")], _problems(run), left=4
    )
    left_out = sum(coverage.problems.values()) - MAX_PROBLEMS
    if left_out > 0:
        yield f"{t('coverage.left_out', n=left_out)}\n"


def _problems(run: FinishedRun) -> Iterator[Sequence[str]]:
    written = 0
    for table in run.problems():
        for row in table.slice(0, MAX_PROBLEMS - written).to_pylist():
            yield [escaped(row["document"]), escaped(row["target"]), escaped(row["code"]), escaped(row["detail"])]
            written += 1
        if written >= MAX_PROBLEMS:
            return


def _method(seen: View) -> Iterator[str]:
    t = seen.t
    yield f"## {t('method.title')}\n"
    for key in ("id", "started_at", "finished_at", "version", "rules_hash", "config_hash"):
        label = {"id": "run", "started_at": "started", "finished_at": "finished"}.get(key, key)
        yield f"- {t(f'method.{label}')}: {escaped(str(seen.manifest.get(key) or t('method.not_finished')))}"
    yield from (f"- {t('method.notes')}: {escaped(str(note))}" for note in seen.manifest.get("notes", []))
    yield ""
    for term in ("count", "distinct", "score", "masked", "values", "synthetic", "clean"):
        yield f"- **{t(f'method.{term}_term')}**: {t(f'method.{term}_text')}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> Iterator[str]:
    """A table whose first `left` columns are text and the rest numbers, right-aligned."""
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---' if i < left else '---:' for i in range(len(headings)))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
