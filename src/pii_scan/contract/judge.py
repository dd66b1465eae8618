"""Holds what was seen in the files against their contracts; gives the violations. Reads and prints nothing.

A rule each: NOT_ALLOWED, TOO_MANY, TOO_LARGE_SHARE, SYNTHETIC, NEW_COLUMN, MISSING_COLUMN, EXPIRED.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np

from pii_scan.contract.model import ALLOWED, FORBIDDEN, Allowance, Contract, Contracts
from pii_scan.contract.observed import COLUMN, FileSeen, Place, Tally, Value
from pii_scan.inventory.categories import categories


class Rule(StrEnum):
    """What can be wrong with an export. Stable: baselines and dashboards rely on these."""

    NOT_ALLOWED = "not-allowed"
    TOO_MANY = "too-many"
    TOO_LARGE_SHARE = "too-large-share"
    SYNTHETIC = "synthetic"
    NEW_COLUMN = "new-column"
    MISSING_COLUMN = "missing-column"
    EXPIRED = "expired-contract"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing in one place of one file that its contract does not allow."""

    rule: Rule
    file: str
    contract: str
    """Id; empty where none is for the file."""
    owner: str
    place: Place | None
    subject: str
    """Entity type or category; of the rules on columns their name; of an expired contract its last day."""
    category: str = ""
    count: int = 0
    distinct: int = 0
    limit: float | None = None
    """The bound that was passed."""
    share: float | None = None
    row: int = 0
    """The first row of a table or line of a text; 0: none is known."""
    values: Mapping[int, Value] = field(default_factory=dict, hash=False)
    """What it is about, by keyed fingerprint."""


def judge(files: Mapping[str, FileSeen], contracts: Contracts, as_of: date) -> list[Violation]:
    """The violations in all files, in the order of files, places and entity types."""
    families: dict[str, list[FileSeen]] = {}
    for name in files:
        families.setdefault(_outermost(name, files), []).append(files[name])
    return [
        violation
        for name, file in files.items()
        for violation in _judge(file, families.get(name, []), contracts, as_of)
    ]


def _outermost(name: str, files: Mapping[str, FileSeen]) -> str:
    """The file that holds a document; a member of a container stands after `!`."""
    at = name.find("!")
    while at >= 0:
        if name[:at] in files:
            return name[:at]
        at = name.find("!", at + 1)
    return name


def _judge(file: FileSeen, family: Sequence[FileSeen], contracts: Contracts, as_of: date) -> Iterator[Violation]:
    """`family`: the file and its members; empty for a member, whose container is asked what is missing."""
    contract = contracts.for_file(file.name)
    if contract is not None:
        if contract.expires < as_of:
            yield _said(Rule.EXPIRED, file, contract, None, contract.expires.isoformat())
        yield from _columns(file, family, contract)
    allowed = _Allowed(file, contract)
    for (place, entity_type), tally in sorted(file.tallies.items()):
        yield from allowed.place(place, entity_type, tally)
    yield from allowed.bounds()


def _columns(file: FileSeen, family: Sequence[FileSeen], contract: Contract) -> Iterator[Violation]:
    """Columns that are new, and such as are not there. A file without any table, such as a text, has none to miss
    unless the contract asks for them.
    """
    seen = list(file.columns.values())
    if not contract.new_columns:
        for column in seen:
            if contract.terms(column.sheet, column.place.name) is None:
                yield _said(Rule.NEW_COLUMN, file, contract, column.place, column.place.name)
    if not family or not all(one.read for one in family):  # what is missed could be unread
        return
    known = [column for one in family for column in one.columns.values()]
    there = {column.place.name for column in known} | {f"{c.sheet}!{c.place.name}" for c in known}
    for terms in contract.columns.values():
        if terms.required and terms.name not in there:
            yield _said(Rule.MISSING_COLUMN, file, contract, None, terms.name)


class _Allowed:
    """One file against its contract; counts what is allowed up to a bound."""

    def __init__(self, file: FileSeen, contract: Contract | None) -> None:
        self._file = file
        self._contract = contract
        self._counted: dict[tuple[Place | None, Allowance], list[tuple[Place, str, Tally, int]]] = {}

    def place(self, place: Place, entity_type: str, tally: Tally) -> Iterator[Violation]:
        """What is wrong with one entity type in one place as such."""
        contract = self._contract
        if not categories().is_personal(tally.category):
            return
        count = tally.count
        if contract is not None and contract.synthetic != "as_real":
            count = tally.real
            if tally.synthetic and contract.synthetic == FORBIDDEN:
                yield self._about(Rule.SYNTHETIC, place, entity_type, tally, tally.synthetic)
            assert contract.synthetic in (ALLOWED, FORBIDDEN)
        if not count:
            return
        scope, allow = self._terms(place)
        found = next((one for one in allow if one.covers(entity_type, tally.category)), None)
        if found is None:
            yield self._about(Rule.NOT_ALLOWED, place, entity_type, tally, count)
        elif found.bounded:
            self._counted.setdefault((scope, found), []).append((place, entity_type, tally, count))

    def bounds(self) -> Iterator[Violation]:
        """Bounds that were passed, by all that one allowance covers in its column or file."""
        for (scope, allowance), parts in self._counted.items():
            count = sum(part[3] for part in parts)
            prints = [part[2].prints for part in parts]
            distinct = len(np.unique(np.concatenate(prints)))
            category = parts[0][2].category
            limit, share = _passed(allowance, count, distinct, self._cells(scope))
            if limit is not None:
                values = _joined([part[2] for part in parts])
                row = min((value.row for value in values.values() if value.row), default=0)
                rule = Rule.TOO_MANY if share is None else Rule.TOO_LARGE_SHARE
                yield _said(rule, self._file, self._contract, scope, allowance.name, category=category, count=count,
                            distinct=len(values), limit=limit, share=share, row=row, values=values)  # fmt: skip

    def _terms(self, place: Place) -> tuple[Place | None, Sequence[Allowance]]:
        """(the column that has terms of its own, or None for the file; what may be there)."""
        if self._contract is None:
            return None, ()
        if place.kind == COLUMN:
            terms = self._contract.terms(place.sheet, place.name)
            if terms is not None:
                return place, terms.allow
        return None, self._contract.allow

    def _cells(self, scope: Place | None) -> int:
        if scope is None:
            return 0
        column = self._file.columns.get((scope.sheet, scope.name))
        return column.cells if column else 0

    def _about(self, rule: Rule, place: Place, entity_type: str, tally: Tally, count: int) -> Violation:
        return _said(rule, self._file, self._contract, place, entity_type, category=tally.category, count=count,
                     distinct=len(tally.values), row=tally.row, values=tally.values)  # fmt: skip


def _joined(tallies: Sequence[Tally]) -> dict[int, Value]:
    """The values of several places together."""
    values: dict[int, Value] = {}
    for tally in tallies:
        for key, value in tally.values.items():
            before = values.get(key, Value(0, 0))
            row = min(filter(None, (before.row, value.row)), default=0)
            values[key] = Value(before.hits + value.hits, row)
    return values


def _passed(allowance: Allowance, count: int, distinct: int, cells: int) -> tuple[float | None, float | None]:
    """(the bound that was passed, the share that passed it); (None, None) where all hold."""
    if allowance.max_count is not None and count > allowance.max_count:
        return allowance.max_count, None
    if allowance.max_distinct is not None and distinct > allowance.max_distinct:
        return allowance.max_distinct, None
    if allowance.max_share is not None and cells and min(count / cells, 1) > allowance.max_share:
        return allowance.max_share, min(count / cells, 1)
    return None, None


def _said(
    rule: Rule, file: FileSeen, contract: Contract | None, place: Place | None, subject: str, *, category: str = "",
    count: int = 0, distinct: int = 0, limit: float | None = None, share: float | None = None, row: int = 0,
    values: Mapping[int, Value] | None = None,
) -> Violation:  # fmt: skip
    return Violation(
        rule, file.name, contract.id if contract else "", contract.owner if contract else "", place, subject, category,
        count, distinct, limit, share, row, values or {},
    )  # fmt: skip
