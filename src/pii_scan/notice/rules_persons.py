"""G11, G14, G15 and G18: children, what is called anonymous, what is hashed, and secrets beside personal data.

| rule | fires when |
|---|---|
| G11 | persons under 18, or under 13, are in what was found, and the notice does not say that it is about children |
| G14 | the notice calls data anonymous, and identifiers lie where such data is |
| G15 | identifiers are hashed, and so pseudonymous (Art. 4(5)), and the notice calls them anonymous or names them not |
| G18 | passwords or their hashes lie in one document with other personal data |

The age from which a child consents alone is 13 in Norway (personopplysningsloven section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pii_scan.inventory.holdings import Holding
from pii_scan.notice.case import Case
from pii_scan.notice.evidence import evidence_of_all, evidence_of_seen
from pii_scan.notice.gaps import Evidence, Gap, Outcome
from pii_scan.notice.lint import CONSENT, IDENTIFIERS
from pii_scan.notice.model import Purpose

MEASURED = frozenset({"analytics", "log", "website"})
"""Kinds of systems in which usage is measured."""
CHILDREN = ("child", "pupil", "minor", "barn", "elev")
"""Parts of the ids of data subjects that are children."""


def children(case: Case) -> Iterator[Gap]:
    """G11: one row for each system, of the youngest there are. Persons are counted by document, and may be fewer."""
    said = any(word in subject for subject in case.notice.data_subjects for word in CHILDREN)
    consent = any(CONSENT in purpose.legal_basis for purpose in case.notice.purposes)
    for share in case.inventory.systems:
        if share.under_13 and (consent or not said):
            kind, number = "under_13_consent" if consent else "under_13", share.under_13
        elif share.under_18 and not said:
            kind, number = "under_18", share.under_18
        else:
            continue
        evidence = evidence_of_all(case.by_system.get(share.system, ()), share)
        evidence = evidence or Evidence(share.with_findings, number, (1, number), None, None, (), 1.0)
        yield case.of_system("G11", kind, share.system, replace(evidence, persons=(1, number)))


def anonymous(case: Case) -> Iterator[Gap]:
    """G14: one row for each identifier in each system, at the line of the purpose."""
    claims = [purpose for purpose in case.notice.purposes if purpose.claim == "anonymous"]
    for holding in case.found:
        if case.kind(holding.system) not in MEASURED or holding.category.partition(".")[0] not in IDENTIFIERS:
            continue
        claim = next((purpose for purpose in claims if purpose in case.purposes(holding.category)), None)
        if claim is not None:
            gap = case.of_holding("G14", "identifiers", holding, claim.line, purpose=claim.id)
            yield replace(gap, in_notice=Outcome.INCORRECT)


def hashed(case: Case) -> Iterator[Gap]:
    """G15."""
    claim: Purpose | None = next((one for one in case.notice.purposes if one.claim == "anonymous"), None)
    for (system, category), seen in case.facts.hashed.items():
        declared = case.declared(category)
        if claim is None and declared.outcome is Outcome.CLEAR:
            continue
        line = declared.line if claim is None else claim.line
        evidence = evidence_of_seen((seen,), _held(case, system, category))
        gap = case.of_category("G15", "hashed", category, evidence, line)
        yield replace(gap, system=system)


def _held(case: Case, system: str, category: str) -> Holding | None:
    return next((holding for holding in case.by_system.get(system, ()) if holding.category == category), None)


def secrets(case: Case) -> Iterator[Gap]:
    """G18: one row for each system."""
    for system, seen in case.facts.secrets.items():
        held = _held(case, system, "credentials")
        if not seen.documents or held is None:
            continue
        gap = case.of_holding("G18", "beside", held, n=seen.documents)
        yield replace(gap, evidence=evidence_of_seen((seen,), held))
