"""What a gap rests on, from holdings: numbers, ages, places. Estimates persons; judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from pii_scan.inventory.holdings import Ages, Holding, Sample, SystemShare
from pii_scan.notice.facts import Seen
from pii_scan.notice.gaps import Evidence

MAX_SAMPLES = 3
ONE_PERSON = frozenset({"national_id"})
"""Categories of which a person has one value of each type (fødselsnummer, D-nummer), and a value has one person."""
OWN = frozenset({"national_id", "email", "phone", "customer_id", "passport", "credentials", "bank", "card"})
"""Categories of which a value is one person's as a rule; a person may have several."""


def evidence_of(holding: Holding) -> Evidence:
    """The evidence of one holding; test numbers do not count."""
    return Evidence(
        documents=holding.documents, count=holding.count - holding.synthetic, persons=persons(holding),
        oldest=holding.ages.oldest, youngest=holding.ages.youngest, samples=holding.samples[:MAX_SAMPLES],
        score=holding.score,
    )  # fmt: skip


def persons(holding: Holding) -> tuple[int, int]:
    """Distinct persons, at least and at most.

    At least: one, or as many as the category that each person has one of has values. At most: one for each distinct
    value where a value is one person's, otherwise one for each value, since any number of persons can have the same
    diagnosis or IP address.
    """
    real = holding.count - holding.synthetic
    if real <= 0:
        return 0, 0
    most = min(holding.distinct, real) if holding.category in OWN and holding.distinct else real
    least = 1
    if holding.category in ONE_PERSON:
        least = max(1, max(holding.entity_types.values(), default=1) - holding.synthetic)
    return min(least, most), most


def evidence_of_all(holdings: Sequence[Holding], share: SystemShare | None = None) -> Evidence | None:
    """The evidence of several holdings together; None where there are none.

    Documents are those with findings of `share`, the system that all holdings are of; without it they are added up,
    which is right only for holdings of different systems. Persons may be the same or others in each holding.
    """
    if not holdings:
        return None
    each = [evidence_of(holding) for holding in holdings]
    least = max(one.persons[0] for one in each)
    samples = sorted((sample for one in each for sample in one.samples), key=lambda s: (-s.count, s.target, s.document))
    documents = sum(one.documents for one in each) if share is None else share.with_findings
    return Evidence(
        documents=documents, count=sum(one.count for one in each),
        persons=(least, sum(one.persons[1] for one in each)), oldest=_first([one.oldest for one in each], min),
        youngest=_first([one.youngest for one in each], max),
        samples=_by_document(samples), score=max(one.score for one in each),
    )  # fmt: skip


def evidence_of_seen(seen: Sequence[Seen], holding: Holding | None) -> Evidence:
    """The evidence of what facts tell of: its own numbers and places, and the ages and score of the `holding` it is
    part of. Documents are those of the largest, since the others may be the same.
    """
    count = sum(one.count for one in seen)
    documents = max((one.documents for one in seen), default=0)
    samples = sorted({s for one in seen for s in one.samples}, key=lambda s: (-s.count, s.target, s.document))
    ages, score = (Ages(), 1.0) if holding is None else (holding.ages, holding.score)
    return Evidence(
        documents, count, (min(1, count), count), ages.oldest, ages.youngest, _by_document(samples), score
    )  # fmt: skip


def _by_document(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The first few, one for each document."""
    unique = {(sample.target, sample.document): sample for sample in reversed(samples)}
    return tuple(sample for sample in samples if unique[sample.target, sample.document] is sample)[:MAX_SAMPLES]


def _first(days: Sequence[date | None], choose: Callable[[list[date]], date]) -> date | None:
    known = [day for day in days if day is not None]
    return choose(known) if known else None
