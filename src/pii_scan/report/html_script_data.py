"""What the script of the HTML report reads: the findings as rows, and its words in both languages, as JSON.

All of it is text to the script, and nothing in it can end the element that holds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pii_scan.inventory.build import Place
from pii_scan.inventory.drilldown import Unit
from pii_scan.model import printable
from pii_scan.report.model import View
from pii_scan.report.two_languages import Bilingual

FIELDS = (
    "category", "entity", "place", "system", "target", "document", "where",
    "count", "synthetic", "distinct", "score", "masked", "reasons",
)  # fmt: skip
"""What each row holds, in order. `place` and `system` are numbers of the filter's options."""


def embedded(value: object) -> str:
    r"""JSON that may stand inside a script element: nothing in it can end the element or open a comment.

    >>> embedded(["</script><!--"])
    '["\\u003c/script\\u003e\\u003c!--"]'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def filter_systems(v: View, systems: Mapping[tuple[str, str], str]) -> list[str]:
    """The systems to choose from: those that hold something, as they are ordered there. `systems`: of each document."""
    return list(dict.fromkeys([*(h.system for h in v.inventory.holdings), *systems.values()]))


def script_data(
    views: Sequence[View], units: Sequence[Unit], systems: Mapping[tuple[str, str], str], static_rows: int
) -> dict[str, Any]:
    """Rows as arrays in the order of `FIELDS`; words by language, the shown one first. `systems`: of each document."""
    v = views[0]
    place = {place: i for i, place in enumerate(v.inventory.matrix.places)}
    rest = len(place) - 1  # the last place stands for all others
    shown = filter_systems(v, systems)
    system = {key: i for i, key in enumerate(shown)}
    return {
        "fields": list(FIELDS),
        "rows": [
            [
                u.category, u.entity_type, place.get(Place(u.target, u.folder), rest),
                system.get(systems.get((u.target, u.document), ""), -1), v.target(u.target), printable(u.document),
                _where(views, u), u.count, u.synthetic, u.distinct, round(u.score, 2), printable(u.masked),
                printable("; ".join(u.reasons)),
            ]
            for u in units
        ],
        "systems": shown,
        "targets": len(v.targets),
        "static": static_rows,
        "languages": {view.t.lang: _words(view, units, shown) for view in views},
    }  # fmt: skip


def _where(views: Sequence[View], unit: Unit) -> list[str]:
    """The place in each language; once where they say the same."""
    return list(dict.fromkeys(view.where(unit) for view in views))


def _words(v: View, units: Sequence[Unit], systems: Sequence[str]) -> dict[str, Any]:
    t = v.t
    categories, types = {u.category for u in units}, {u.entity_type for u in units}
    return {
        "group": t.group,
        "decimal": t.decimal,
        "categories": {key: v.category(key) for key in sorted(categories)},
        "entities": {key: v.entity(key) for key in sorted(types)},
        "badges": {key: v.badge(key) for key in sorted(categories)},
        "systems": [v.system(key) for key in systems],
        "shown": t.raw("filter.shown"),
        "empty": t("findings.empty"),
        "sort": t.raw("filter.sort"),
        "test": t("matrix.test_only"),
        "gaps": t.raw("gaps.shown"),
        "problems": t.raw("coverage.shown"),
    }


def language_data(pages: Bilingual) -> dict[str, Any]:
    """The other language's texts, for the marks of the page."""
    return {"texts": pages.texts, "entries": pages.entries}
