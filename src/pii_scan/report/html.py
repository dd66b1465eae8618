"""One HTML file that stands alone: no request leaves it, all scanned names in it are text, it reads without JavaScript.

Puts the view into `templates/report.html.j2`; what is shown and in which words is decided in `model`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, BinaryIO

from pii_scan.inventory.build import Matrix, Place
from pii_scan.inventory.drilldown import Unit
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.model import printable
from pii_scan.report.model import View, view

if TYPE_CHECKING:
    from jinja2 import Template

MAX_PROBLEMS = 5000
STATIC_ROWS = 200
"""Rows of the findings table that are shown without JavaScript and on paper."""
FIELDS = (
    "category", "entity", "place", "target", "document", "where",
    "count", "synthetic", "distinct", "score", "masked", "reasons",
)  # fmt: skip
"""What each row of the embedded data holds, in order."""
HEAT_LEVELS = 5
MANY_PLACES = 8
"""From here on the heads of the matrix stand upright."""


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """Writes the report in UTF-8."""
    seen = view(run, lang, details=True)
    units = seen.inventory.drilldown.units
    ranked = sorted(units, key=lambda u: (u.count == u.synthetic, -_gravity(seen, u), -u.count, u.target, u.document))
    parts = _template().generate(
        v=seen,
        t=seen.t,
        i=seen.inventory,
        css=_asset("report.css"),
        js=_asset("report.js"),
        data=embedded(_data(seen, ranked)),
        static_units=ranked[:STATIC_ROWS],
        rows=len(ranked),
        static_rows=STATIC_ROWS,
        heat=_heat(seen.inventory.matrix),
        widest=max((e.count for e in seen.inventory.entries), default=1),
        many_places=len(seen.inventory.matrix.places) > MANY_PLACES,
        problems=list(_problems(run)),
        max_problems=MAX_PROBLEMS,
        shown=printable,
        path=breakable,
    )
    for part in parts:
        out.write(part.encode())


def breakable(name: str) -> str:
    """A path as markup that may be broken after `/` and `!`; all of the name is text."""
    from markupsafe import Markup, escape

    return Markup(escape(printable(name)).replace("/", Markup("/<wbr>")).replace("!", Markup("!<wbr>")))


def embedded(value: object) -> str:
    r"""JSON that may stand inside a script element: nothing in it can end the element or open a comment.

    >>> embedded(["</script><!--"])
    '["\\u003c/script\\u003e\\u003c!--"]'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _gravity(seen: View, unit: Unit) -> int:
    return 0 if seen.flag(unit.category) == "none" else 1


def _data(seen: View, units: list[Unit]) -> dict[str, Any]:
    """What the script of the page needs: rows as arrays in the order of `FIELDS`, and the words it writes."""
    t = seen.t
    number = {place: i for i, place in enumerate(seen.inventory.matrix.places)}
    rest = len(number) - 1  # the last place stands for all others
    return {
        "fields": list(FIELDS),
        "rows": [
            [
                u.category, u.entity_type, number.get(Place(u.target, u.folder), rest), seen.target(u.target),
                printable(u.document), seen.where(u), u.count, u.synthetic, u.distinct, round(u.score, 2),
                printable(u.masked), printable("; ".join(u.reasons)),
            ]
            for u in units
        ],
        "categories": {key: seen.category(key) for key in {u.category for u in units}},
        "entities": {key: seen.entity(key) for key in {u.entity_type for u in units}},
        "badges": {key: seen.badge(key) for key in {u.category for u in units}},
        "targets": len(seen.targets),
        "group": t.group,
        "decimal": t.decimal,
        "static": STATIC_ROWS,
        "words": {
            "shown": t.raw("filter.shown"), "empty": t("findings.empty"), "sort": t.raw("filter.sort"),
            "test": t("matrix.test_only"),
        },
    }  # fmt: skip


def _heat(matrix: Matrix) -> dict[tuple[str, Place], int]:
    """A level of 1 to `HEAT_LEVELS` for each cell, by the logarithm of its count: counts differ by powers of ten."""
    most = max((cell.count for cell in matrix.cells.values()), default=1)
    scale = (HEAT_LEVELS - 1) / (math.log(most) or 1)
    return {key: 1 + round(math.log(max(cell.count, 1)) * scale) for key, cell in matrix.cells.items()}


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
    from jinja2 import Environment, StrictUndefined, select_autoescape

    environment = Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(_asset("report.html.j2"))
