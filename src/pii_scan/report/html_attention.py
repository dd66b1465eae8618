"""What the law treats apart, for the HTML report's pages of their own: what each system holds, and what to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pii_scan.inventory.categories import Flag
from pii_scan.inventory.drilldown import Unit
from pii_scan.inventory.holdings import Holding
from pii_scan.report.model import View

MAX_QUEUE = 150
"""Places in the review queue; how many more there are is said."""
_POSSIBLE = (Flag.SPECIAL, Flag.CRIMINAL)


@dataclass(frozen=True, slots=True)
class Attention:
    """Holdings by system, in the order of the inventory, and places, gravest first."""

    ids: tuple[Holding, ...]
    """National identity numbers."""
    id_documents: int
    """Documents with such numbers, copies once."""
    possible: tuple[Holding, ...]
    """Special categories and criminal data: words that may be about a person."""
    queue: tuple[Unit, ...]
    """Places of those, for a human to review."""
    queue_left_out: int


def attention(v: View, ranked: Sequence[Unit]) -> Attention:
    """Picks what is flagged. `ranked`: all places that the report lists."""
    by_flag = {flag: tuple(h for h in v.inventory.holdings if v.table.flag(h.category) is flag) for flag in Flag}
    places = [u for u in ranked if v.table.flag(u.category) in _POSSIBLE and u.count > u.synthetic]
    return Attention(
        ids=by_flag[Flag.NATIONAL_ID],
        id_documents=sum(e.documents for e in v.inventory.entries if v.table.flag(e.category) is Flag.NATIONAL_ID),
        possible=by_flag[Flag.SPECIAL] + by_flag[Flag.CRIMINAL],
        queue=tuple(places[:MAX_QUEUE]),
        queue_left_out=len(places[MAX_QUEUE:]),
    )
