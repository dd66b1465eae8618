"""How many persons a run, or a part of one, tells of: an estimate with its bounds, from distinct identifiers.

The tool does not know persons. It counts different values of what points at one, and says what the count rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pii_scan.inventory.rollup import FinishedRun, by_document

ONE_EACH = frozenset(
    {
        "NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_H_NUMMER", "NO_FH_NUMMER", "NO_DUF_NUMMER", "SE_PERSONNUMMER",
        "DK_CPR_NUMMER", "FI_PERSONAL_IDENTITY_CODE",
    }
)  # fmt: skip
"""Of each of these kinds a person has one: so many different values are at least so many persons."""
POINTING = ONE_EACH | {
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CUSTOMER_ID", "USERNAME", "NO_PASSPORT", "NO_BANK_ACCOUNT",
    "CREDIT_CARD", "NO_LICENSE_PLATE",
}  # fmt: skip
"""What points at one person as a rule; a person may have several."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of persons."""

    at_least: int
    """The most different values of one kind that a person has one of; else 1 where anything points at a person."""
    likely: int
    """The most different values of any one kind."""
    at_most: int
    """All different values of all kinds together, as if no two were of one person."""
    by_type: Mapping[str, int]
    """Entity type to different values, by descending number; what the estimate rests on."""


def persons(run: FinishedRun) -> Estimate:
    """The estimate for all documents of `run`. Test numbers are of no person: a kind counts with as many values at most
    as it has other occurrences.
    """
    found = by_document(run)
    if found is None:
        return Estimate(0, 0, 0, {})
    sums = found.group_by(["entity_type"]).aggregate([("count", "sum"), ("synthetic", "sum")]).to_pylist()
    tests = {row["entity_type"]: (row["count_sum"] - row["synthetic_sum"], row["synthetic_sum"]) for row in sums}
    counts: dict[str, int] = {}
    least = [1]
    for row in run.distinct(["entity_type"]).to_pylist():
        name, distinct = str(row["entity_type"]), int(row["distinct"])
        real, synthetic = tests.get(name, (0, 0))
        if name in POINTING and real:
            counts[name] = min(distinct, real)
            if name in ONE_EACH:
                least.append(min(counts[name], distinct - synthetic))
    if not counts:
        return Estimate(0, 0, 0, {})
    by_type = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return Estimate(max(least), max(by_type.values()), sum(by_type.values()), by_type)
