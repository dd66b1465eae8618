"""One HTML file that stands alone: no request leaves it, all scanned names in it are text, it reads without JavaScript.

Puts the view into `templates/report.html.j2` once for each language, and lays the other language's texts beside the
page (see `two_languages`). What is shown and in which words is decided in `model` and the modules named `html_*`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, BinaryIO

from pii_scan.inventory.drilldown import Unit
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.inventory.sampling import sampled_parts
from pii_scan.model import printable
from pii_scan.report import age_charts, html_gaps, html_systems
from pii_scan.report.gap_view import Checked, cited
from pii_scan.report.html_attention import attention
from pii_scan.report.html_script_data import embedded, filter_systems, language_data, script_data
from pii_scan.report.html_summary import summary
from pii_scan.report.messages import LANGUAGES, wording
from pii_scan.report.model import View, view
from pii_scan.report.two_languages import Bilingual, DifferentPages, bilingual

if TYPE_CHECKING:
    from jinja2 import Template

MAX_PROBLEMS = 5000
STATIC_ROWS = 200
"""Rows of the findings table that are shown without JavaScript and on paper."""
MANY_COLUMNS = 8
"""From here on the heads of a matrix stand upright."""
STYLES = ("page.css", "sections.css", "parts.css", "print.css")
SCRIPTS = ("language.js", "findings.js", "lists.js")


_DATA = '<script type="application/json" id="data"></script>'
"""Where the template leaves room; no name can look like it, as every `<` in a name is escaped."""


def write(run: FinishedRun, out: BinaryIO, lang: str, checked: Checked | None = None) -> None:
    """Writes the report in UTF-8. `checked`: the comparison of the run with a notice, where there was one.

    Raises UsageError where `lang` is neither `nb` nor `en`.
    """
    write_view(run, view(run, lang, details=True), out, checked)


def write_view(run: FinishedRun, seen: View, out: BinaryIO, checked: Checked | None = None) -> None:
    """As `write`, of a detailed view that is there already."""
    views = [seen, *(replace(seen, t=wording(other)) for other in LANGUAGES if other != seen.t.lang)]
    report = _Report.of(run, seen, checked)
    pages = _both(*("".join(_template().generate(report.context(v))) for v in views))
    data = script_data(views, report.ranked, report.systems, STATIC_ROWS) | {"other": language_data(pages)}
    before, after = pages.page.split(_DATA)
    for part in (before, _DATA.replace("><", f">{embedded(data)}<"), after):
        out.write(part.encode())


@dataclass(frozen=True, slots=True)
class _Report:
    """What is the same in both languages."""

    checked: Checked | None
    ranked: list[Unit]
    """Gravest first."""
    systems: Mapping[tuple[str, str], str]
    problems: list[dict[str, Any]]

    @classmethod
    def of(cls, run: FinishedRun, seen: View, checked: Checked | None) -> _Report:
        units = seen.inventory.drilldown.units
        ranked = sorted(
            units, key=lambda u: (u.count == u.synthetic, -_gravity(seen, u), -u.count, u.target, u.document)
        )
        systems = html_systems.document_systems(run, {(u.target, u.document) for u in units})
        return cls(checked, ranked, systems, list(_problems(run)))

    def context(self, v: View) -> dict[str, Any]:
        """The variables of the template, in the language of `v`."""
        i = v.inventory
        gaps = None if self.checked is None else html_gaps.gap_list(self.checked, v.t.lang)
        today = age_charts.last_day(v.manifest)
        return {
            "v": v, "t": v.t, "i": i, "shown": printable, "path": breakable, "breaks": broken,
            "css": "\n".join(map(_asset, STYLES)), "js": "\n".join(map(_asset, SCRIPTS)),
            "summary": summary(v, gaps), "gaps": gaps, "cited": lambda law: cited(law, v.t.lang),
            "matrices": html_systems.matrices(i), "unassigned": html_systems.unassigned(i), "many": MANY_COLUMNS,
            "attention": attention(v, self.ranked), "system_of": self.systems,
            "filter_systems": filter_systems(v, self.systems),
            "ages": age_charts.shown(i.holdings, today, html_gaps.limits(gaps), v.grave),
            "static_units": self.ranked[:STATIC_ROWS], "rows": len(self.ranked), "static_rows": STATIC_ROWS,
            "heat": html_systems.heat({key: cell.count for key, cell in i.matrix.cells.items()}),
            "widest": max((e.count for e in i.entries), default=1),
            "problems": self.problems, "max_problems": MAX_PROBLEMS,
            "samples": list(sampled_parts(v.manifest)),
        }  # fmt: skip


def breakable(name: str) -> str:
    """A path as markup that may be broken after `/` and `!`; all of the name is text."""
    return broken(printable(name))


def broken(text: str) -> str:
    """The same for a text that holds paths and is fit to be shown."""
    from markupsafe import Markup, escape

    return Markup(escape(text).replace("/", Markup("/<wbr>")).replace("!", Markup("!<wbr>")))


def _both(page: str, other: str) -> Bilingual:
    """The page with the other language beside it; alone where a user's own table has a name in one language only."""
    try:
        return bilingual(page, other)
    except DifferentPages:
        return Bilingual(page, [], [])


def _gravity(seen: View, unit: Unit) -> int:
    return 0 if seen.flag(unit.category) == "none" else 1


def _problems(run: FinishedRun) -> Iterator[dict[str, Any]]:
    left = MAX_PROBLEMS
    for table in run.problems():
        yield from table.slice(0, left).to_pylist()
        left -= min(left, table.num_rows)
        if not left:
            return


def _asset(name: str) -> str:
    return (resources.files("pii_scan.report") / "templates" / name).read_text("utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

    from pii_scan.report.compiled_pages import CompiledPages

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledPages.of(os.environ),
    )
    return environment.get_template("report.html.j2")
