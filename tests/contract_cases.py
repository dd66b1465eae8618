"""Files as a reading would have seen them, and contracts as their files would say, for tests of the judging."""

from __future__ import annotations

from datetime import date

from pii_scan.contract.model import Allowance, ColumnTerms, Contract, Contracts
from pii_scan.contract.observed import ColumnSeen, FileSeen, Place, Tally, Value
from pii_scan.inventory.categories import category_of

DAY = date(2026, 11, 30)
TEXT = Place("text", "")


def column(name: str, sheet: str = "") -> Place:
    return Place("column", name, sheet)


def file(
    name: str = "kunder.csv", columns: dict[str, int] | None = None,
    found: dict[tuple[Place, str], int | tuple[int, int]] | None = None, media_type: str = "text/csv",
) -> FileSeen:  # fmt: skip
    """`columns`: cells by header. `found`: real detections, or (real, synthetic), by place and entity type."""
    seen = FileSeen(name, media_type, True)
    for number, (header, cells) in enumerate((columns or {}).items(), 1):
        seen.columns["", header] = ColumnSeen("", header, number, cells)
    for (place, entity_type), count in (found or {}).items():
        real, synthetic = count if isinstance(count, tuple) else (count, 0)
        values = {hash((entity_type, n)) & 0xFFFF_FFFF: Value(1, n + 2) for n in range(real + synthetic)}
        tally = Tally(category_of(entity_type), real, synthetic, values)
        if place.kind == "text":
            tally.by_line = {value.row: [key] for key, value in values.items()}
        seen.tallies[place, entity_type] = tally
    return seen


def contract(
    allow: tuple[str | Allowance, ...] = (), columns: dict[str, tuple[str | Allowance, ...]] | None = None,
    required: tuple[str, ...] = (), **more: object,
) -> Contracts:  # fmt: skip
    """One contract, for kunder.csv unless `files` says otherwise."""
    terms = {name: ColumnTerms(name, allowed(*items), name in required) for name, items in (columns or {}).items()}
    given: dict[str, object] = {
        "id": "kunder", "owner": "Salg", "expires": DAY, "files": ("kunder.csv",), "new_columns": not terms,
        "synthetic": "as_real", **more,
    }  # fmt: skip
    return Contracts((Contract(allow=allowed(*allow), columns=terms, **given),))  # type: ignore[arg-type]


def allowed(*items: str | Allowance) -> tuple[Allowance, ...]:
    return tuple(Allowance(item) if isinstance(item, str) else item for item in items)
