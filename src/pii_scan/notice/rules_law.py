"""G05 to G08 and G17: what the law treats apart, and what lies where it has no business.

| rule | fires when |
|---|---|
| G05 | a category lies in a system that has no place for it |
| G06 | a special category may have been found, and the notice states no condition of Art. 9(2) for it |
| G07 | the same of criminal convictions and offences: no purpose that the law allows |
| G08 | national identity numbers lie where no purpose or activity needs certain identification |
| G17 | what participants gave for a course lies where marketing is done |

What G06 and G07 find is possible: a person must judge it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.inventory.categories import Flag
from pii_scan.inventory.holdings import Holding
from pii_scan.notice.case import Case
from pii_scan.notice.declare import named_by
from pii_scan.notice.gaps import Gap
from pii_scan.notice.model import Purpose

PARTICIPANT = frozenset({"education", "grades", "salary", "bank", "passport", "nationality", "language"})
"""Categories, with those that the law treats apart, that are collected for a course or a job and not for marketing."""
OFFICIAL = frozenset({"6.1.c", "6.1.e"})
"""Legal bases that rest on a law, as Art. 10 demands."""
MARKETING = ("market", "ads", "advert", "newsletter", "nyhetsbrev", "markedsf")
"""Parts of ids of purposes that are about marketing."""


def misplaced(case: Case) -> Iterator[Gap]:
    """G05."""
    for profile, holdings in case.known_systems():
        for holding in holdings:
            if named_by(profile.misplaced, holding.category):
                yield case.of_holding("G05", "misplaced", holding)


def special(case: Case) -> Iterator[Gap]:
    """G06."""
    for holding in _flagged(case, Flag.SPECIAL):
        if any(purpose.art9 for purpose in case.purposes(holding.category)):
            continue
        recorded = any(
            activity.art9 and (not activity.categories or named_by(activity.categories, holding.category))
            for activity in case.activities(holding)
        )
        yield case.of_holding("G06", "record_only" if recorded else "no_basis", holding)


def criminal(case: Case) -> Iterator[Gap]:
    """G07. Personopplysningsloven section 11 lets Art. 9(2)(a) and (c) to (f) stand for what Art. 10 demands."""
    for holding in _flagged(case, Flag.CRIMINAL):
        if any(_allows_criminal(purpose, holding.category) for purpose in case.notice.purposes):
            continue
        recorded = any(
            named_by(activity.categories, holding.category) and (activity.art9 or OFFICIAL & set(activity.legal_basis))
            for activity in case.activities(holding)
        )
        yield case.of_holding("G07", "record_only" if recorded else "no_basis", holding)


def _allows_criminal(purpose: Purpose, category: str) -> bool:
    """Whether a purpose names the category and rests on a law or a condition of Art. 9(2)."""
    return named_by(purpose.categories, category) and bool(purpose.art9 or OFFICIAL & set(purpose.legal_basis))


def national_id(case: Case) -> Iterator[Gap]:
    """G08. Where the record flags activities, the system must be part of one; a purpose of the notice says of no
    system, and is enough only where no activity does.
    """
    activities = case.record.activities if case.record is not None else ()
    by_activity = any(activity.secure_identification for activity in activities)
    for holding in _flagged(case, Flag.NATIONAL_ID):
        if by_activity:
            if not any(activity.secure_identification for activity in case.activities(holding)):
                yield case.of_holding("G08", "activity", holding)
        elif not any(purpose.secure_identification for purpose in case.purposes(holding.category)):
            yield case.of_holding("G08", "purpose", holding)


def drift(case: Case) -> Iterator[Gap]:
    """G17. A purpose of marketing that names the category says that it is meant."""
    meant = {key for purpose in case.notice.purposes if _is_marketing(purpose) for key in purpose.categories}
    for profile, holdings in case.known_systems():
        for holding in holdings if profile.kind == "marketing" else ():
            apart = case.table.flag(holding.category) is not Flag.NONE
            if (apart or holding.category in PARTICIPANT) and not named_by(meant, holding.category):
                yield case.of_holding("G17", "drift", holding)


def _is_marketing(purpose: Purpose) -> bool:
    return any(word in purpose.id for word in MARKETING)


def _flagged(case: Case, flag: Flag) -> Iterator[Holding]:
    return (holding for holding in case.found if case.table.flag(holding.category) is flag)
