"""G01 to G03 and G10: categories that were found against those that the texts declare, both ways.

| rule | fires when |
|---|---|
| G01 | a category was found that the notice, or the record, does not declare, or that the notice denies |
| G02 | only a category that holds the found one is declared |
| G03 | a declared category was not found, although where it usually lies was scanned; no reason to delete it |
| G10 | the notice gives neither a period nor criteria for a category that was found |
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_scan.inventory.categories import Category
from pii_scan.inventory.holdings import Holding
from pii_scan.notice.case import Case, Profile, is_examined
from pii_scan.notice.declare import holds, retention_lines
from pii_scan.notice.evidence import evidence_of_all
from pii_scan.notice.gaps import Gap, Outcome, Status
from pii_scan.notice.recipients import ids_named

_UNDECLARED = {Outcome.OMITTED: "omitted", Outcome.INCORRECT: "denied", Outcome.AMBIGUOUS: "ambiguous"}


def undeclared(case: Case) -> Iterator[Gap]:
    """G01. Where the notice is silent, one row says so whatever the record says; the row has the record's outcome."""
    for holding in case.found:
        kind = _UNDECLARED.get(case.declared(holding.category).outcome)
        if kind is not None:
            yield case.of_holding("G01", kind, holding)
            continue
        recorded = case.recorded(holding)
        if recorded is not None and recorded.outcome is Outcome.OMITTED:
            yield _unrecorded(case, holding)


def _unrecorded(case: Case, holding: Holding) -> Gap:
    uncovered = case.uncovered(holding)
    if uncovered < holding.documents:
        return case.of_holding("G01", "record_partly", holding, uncovered=uncovered, total=holding.documents)
    return case.of_holding("G01", "record", holding)


def vague(case: Case) -> Iterator[Gap]:
    """G02: the notice first, the record where the notice is clear."""
    for holding in case.found:
        declared, recorded = case.declared(holding.category), case.recorded(holding)
        if declared.outcome is Outcome.VAGUE:
            yield case.of_holding("G02", "vague", holding, ancestor=declared.by, n=declared.distance)
        elif declared.outcome is Outcome.CLEAR and recorded is not None and recorded.outcome is Outcome.VAGUE:
            yield case.of_holding("G02", "record", holding, ancestor=recorded.by, n=recorded.distance)


def not_found(case: Case) -> Iterator[Gap]:
    """G03: one row for each declared category that was not found.

    It can be assessed only where each family of systems that is expected to hold it was scanned: those that usually
    do, and that the scan met, the notice's recipients point to, or the record names. What could not be listed, and
    what an interrupted scan did not come to, may hold anything.
    """
    everything = case.facts.whole and not case.facts.unread.get(None)
    read = {share.system for share in case.inventory.systems if is_examined(share)} if everything else set()
    expected = [profile for profile in case.profiles.values() if _is_expected(case, profile)]
    for category, line in case.notice.categories.items():
        if any(holds(category, holding.category) and case.real(holding) for holding in case.inventory.holdings):
            continue
        usual = [p for p in expected if any(holds(category, key) or holds(key, category) for key in p.usual)]
        families = {profile.family for profile in usual}
        scanned = {profile.family for profile in usual if profile.id in read}
        if not read or not families or scanned != families:
            missing = tuple(p.id for p in usual if p.family not in scanned)
            yield case.of_category(
                "G03", "not_scanned", category, None, line, Status.NOT_ASSESSABLE, systems=missing, n=len(missing)
            )
        elif not _is_findable(case, category):
            yield case.of_category("G03", "no_recognizer", category, None, line, Status.NOT_ASSESSABLE)
        else:
            where = tuple(profile.id for profile in usual if profile.id in read)
            yield case.of_category("G03", "not_found", category, None, line, systems=where)


def _is_expected(case: Case, profile: Profile) -> bool:
    recorded = {system for activity in (case.record.activities if case.record else ()) for system in activity.systems}
    return (
        profile.id in case.shares
        or profile.id in recorded
        or bool(set(profile.recipients) & {key for recipient in case.notice.recipients for key in ids_named(recipient)})
    )


def _is_findable(case: Case, category: str) -> bool:
    keys = [known.key for known in case.table if holds(category, known.key)]
    if case.facts.findable is not None:
        return any(key in case.facts.findable for key in keys)
    return any(_has_rule(case.table.by_key[key]) for key in keys)


def _has_rule(category: Category) -> bool:
    return bool(category.entity_types)


def retention_unknown(case: Case) -> Iterator[Gap]:
    """G10: one row for each category, wherever it lies."""
    by_category: dict[str, list[Holding]] = {}
    for holding in case.found:
        by_category.setdefault(holding.category, []).append(holding)
    for category, holdings in by_category.items():
        if not retention_lines(case.notice, category):
            systems = tuple(holding.system for holding in holdings)
            declared = case.declared(category)
            yield case.of_category(
                "G10", "unknown", category, evidence_of_all(holdings), declared.line, systems=systems, n=len(systems)
            )
