"""The gap list for a terminal: grouped by how much it matters, each with its evidence and the question to the owner."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from pii_scan.notice.gaps import Gap
from pii_scan.report.gap_view import GapView

MIN_WIDTH, MAX_WIDTH = 60, 120
_INDENT = 5


def text(view: GapView, width: int = 80) -> str:
    """The whole list, lines of at most `width` columns (60 to 120) where words allow; ends with a line end."""
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    lines = [*_wrapped(view.title(), width), *_wrapped(view.t("check.wording"), width), ""]
    lines += [line for said in (*view.coverage(), *view.remarks()) for line in _wrapped(said, width, hang=2)]
    if not view.checked.comparison.gaps:
        lines += ["", view.t("check.none")]
    for group in view.groups():
        lines += ["", f"{group.title} ({view.t.number(len(group.gaps))})"]
        lines.append("-" * len(lines[-1]))
        for gap in group.gaps:
            lines += _brief(view, gap, width) if group.name == "not_assessable" else [*_gap(view, gap, width), ""]
        if not lines[-1]:
            lines.pop()
    if view.checked.lint:
        lines += ["", view.t("check.lint")]
        lines.append("-" * len(lines[-1]))
        lines += [line for said in _lint(view) for line in _wrapped(said, width, hang=_INDENT)]
    lines += ["", *_wrapped(view.summary(), width)]
    return "\n".join(line.replace("\u202f", " ").replace("\u00a0", " ") for line in lines) + "\n"


def _gap(view: GapView, gap: Gap, width: int) -> Iterator[str]:
    t = view.t
    yield from _wrapped(f"{gap.rule}  {view.message(gap)}", width, hang=_INDENT)
    rows = [(t("check.question"), view.question(gap)), (t("check.evidence"), "; ".join(view.evidence(gap)))]
    rows.append((t("check.in_notice"), view.in_notice(gap)))
    if gap.in_record is not None:
        rows.append((t("check.in_record"), view.outcome(gap.in_record)))
    rows += [(t("check.law"), view.law(gap)), (view.status(gap).capitalize(), view.acceptance(gap))]
    rows.append((t("check.key"), gap.key))
    for name, said in rows:
        if said:
            yield from _wrapped(f"{' ' * _INDENT}{name}: {said}", width, hang=_INDENT + 2)


def _brief(view: GapView, gap: Gap, width: int) -> list[str]:
    """What cannot be assessed, in one paragraph: nobody has to answer for it."""
    said = " ".join([view.message(gap), *(f"({detail})" for detail in view.evidence(gap))])
    return _wrapped(f"{gap.rule}  {said}", width, hang=_INDENT)


def _lint(view: GapView) -> Iterator[str]:
    for item, said in view.lint():
        at = "" if item.line is None else ", " + view.t("check.line", n=item.line)
        yield f"{item.rule}  {view.t(f'level.{item.level}')}{at}: {said}"


def _wrapped(said: str, width: int, hang: int = 0) -> list[str]:
    """Lines of a paragraph; words, such as the names of documents, are never broken."""
    return textwrap.wrap(
        said, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
    ) or [""]  # fmt: skip
