"""What a report may be given beside a run: the record of processing and the notice; and what ties them to systems.

Decides nothing: whom a system's data may go to is a candidate for a person to confirm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.inventory.holdings import UNASSIGNED, Holding
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.notice.law import in_eea, table
from pii_scan.notice.model import Notice
from pii_scan.notice.record import Activity, Record
from pii_scan.report.model import View
from pii_scan.systems.profiles import Profile


@dataclass(frozen=True, slots=True)
class Declared:
    """What the organisation itself says; None: not given."""

    record: Record | None = None
    notice: Notice | None = None

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The activities of the record."""
        return () if self.record is None else self.record.activities

    def whole(self) -> dict[str, str]:
        """Who is responsible, by field: by the record, and where it is silent by the notice of the same controller."""
        record, notice = self.record, self.notice
        said = {"controller": record.controller, "orgnr": record.orgnr} if record else {}
        said |= _placed(record.contact if record else None, "controller_address", "controller_email")
        said |= _placed(record.dpo if record else None, "dpo_name", "dpo_email")
        same = notice is not None and (record is None or record.controller in (None, notice.controller))
        if notice is not None and same:
            more = {"controller": notice.controller, "orgnr": notice.orgnr}
            for prefix, contact in (("controller", notice.contact), ("dpo", notice.dpo)):
                if not any(key.startswith(f"{prefix}_") and value for key, value in said.items()):
                    more |= {f"{prefix}_{key}": text for key, text in (contact or {}).items()}
            said |= {name: text for name, text in more.items() if not said.get(name)}
        return {name: text for name, text in said.items() if text}

    def of_system(self, system: str) -> list[Activity]:
        """The activities that name a system."""
        return [activity for activity in self.activities if system in activity.systems]


def _placed(text: str | None, plain: str, mail: str) -> dict[str, str | None]:
    """A contact in one text, in the field that it belongs in most."""
    return {mail if text and "@" in text else plain: text}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A party that receives what a system holds, as far as the system tells."""

    name: str
    country: str | None
    """Outside the EEA, as the notice names it; ISO 3166-1."""
    from_notice: bool


def candidates(profile: Profile | None, declared: Declared) -> list[Candidate]:
    """Whom a notice would name for a system: as the given notice does, else by the party's usual name."""
    found = []
    for key in profile.recipients if profile is not None else ():
        names = table("recipients")["recipients"].get(key, {"names": [key]})["names"]
        said = [
            recipient for recipient in (declared.notice.recipients if declared.notice else ())
            if recipient.id == key or {recipient.name, *recipient.aliases} & set(names)
        ]  # fmt: skip
        found += [Candidate(one.name, _outside(one.country), from_notice=True) for one in said]
        if not said:
            plain = {re.sub(r"\W", "", name).casefold(): name for name in reversed(names)}
            found.append(Candidate(plain.get(key, names[0]), None, from_notice=False))
    return found


def _outside(country: str | None) -> str | None:
    return None if country is None or in_eea(country) else country


def personal(seen: View, system: str) -> list[Holding]:
    """What a system holds of persons' data, test numbers too, by descending count."""
    return [
        holding for holding in seen.inventory.holdings
        if holding.system == system and seen.table.is_personal(holding.category)
    ]  # fmt: skip


def found_systems(seen: View) -> Iterator[str]:
    """The systems that hold persons' data, in the order of the inventory."""
    known = [share.system for share in seen.inventory.systems]
    systems = dict.fromkeys([*known, *(holding.system for holding in seen.inventory.holdings)])
    yield from (system for system in systems if personal(seen, system))


def encrypted(run: FinishedRun) -> Counter[str]:
    """System to documents that could not be read for want of a password."""
    locked = {
        (row["target"], row["document"])
        for problems in run.problems()
        for row in problems.select(["target", "document", "code"]).to_pylist()
        if row["code"] == "encrypted"
    }
    found: Counter[str] = Counter()
    for documents in run.documents() if locked else ():
        for row in documents.select(["target", "document", "system"]).to_pylist():
            if (row["target"], row["document"]) in locked:
                found[row["system"] or UNASSIGNED] += 1
    return found
