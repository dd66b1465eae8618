"""How the notice and the record declare a category: PoliCheck's five outcomes. Compares nothing with findings.

Declaring the category itself is clear, only one that holds it is vague; denied is incorrect, both is ambiguous, nothing
is omitted. That a category below it is declared says nothing of the category itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pii_scan.notice.gaps import Outcome
from pii_scan.notice.model import Notice, RetentionLine
from pii_scan.notice.record import Activity


@dataclass(frozen=True, slots=True)
class Declared:
    """How a text declares a category."""

    outcome: Outcome
    line: int | None = None
    """Of the declaration, or of the denial where there is only that."""
    by: str | None = None
    """The category that is declared or denied; None: nothing is."""
    distance: int = 0
    """Steps in the tree from the category up to `by`."""


def ancestors(category: str) -> tuple[str, ...]:
    """The category and those that hold it, nearest first.

    >>> ancestors("online_id.cookie")
    ('online_id.cookie', 'online_id')
    """
    parts = category.split(".")
    return tuple(".".join(parts[:n]) for n in range(len(parts), 0, -1))


def holds(outer: str, category: str) -> bool:
    """Whether `outer` is the category or one that holds it."""
    return category == outer or category.startswith(f"{outer}.")


def named_by(names: Iterable[str], category: str) -> bool:
    """Whether one of the names is the category or holds it."""
    return any(holds(name, category) for name in names)


def in_text(declared: Mapping[str, int | None], denied: Mapping[str, int | None], category: str) -> Declared:
    """The outcome of a category against what a text declares and denies, each with its line."""
    chain = ancestors(category)
    yes = next((key for key in chain if key in declared), None)
    no = next((key for key in chain if key in denied), None)
    if yes is None:
        return Declared(Outcome.OMITTED) if no is None else Declared(Outcome.INCORRECT, denied[no], no, chain.index(no))
    outcome = Outcome.AMBIGUOUS if no is not None else Outcome.CLEAR if yes == category else Outcome.VAGUE
    return Declared(outcome, declared[yes], yes, chain.index(yes))


def in_notice(notice: Notice, category: str) -> Declared:
    """The outcome of a category against the notice."""
    return in_text(notice.categories, notice.denials, category)


def in_activities(activities: Iterable[Activity], category: str) -> Declared:
    """The outcome of a category against activities of the record: the best that any of them gives. A record denies
    nothing.
    """
    return in_text(dict.fromkeys(key for activity in activities for key in activity.categories), {}, category)


def retention_lines(notice: Notice, category: str) -> tuple[RetentionLine, ...]:
    """What the notice says of how long a category is kept: the lines that name it most nearly, or else those for all.

    Lines that give neither a period nor criteria say nothing and are left out.
    """
    said = [line for line in notice.retention if line.period or line.criteria]
    for name in ancestors(category):
        if found := tuple(line for line in said if line.categories is not None and name in line.categories):
            return found
    return tuple(line for line in said if line.categories is None)
