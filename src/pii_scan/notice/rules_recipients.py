"""G04, G12, G13 and G16: the systems that were found, against the recipients and the sources that the texts name.

| rule | fires when |
|---|---|
| G04 | data lies in a system whose recipient the notice or the record does not name, or that the record does not know |
| G12 | such a recipient is outside the EEA, and the notice is silent on the transfer |
| G13 | identifiers of a tracker were found whose recipient the notice does not name |
| G16 | the kind of file comes from a third party, and the notice names no such source |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from pii_scan.inventory.holdings import UNASSIGNED, Holding
from pii_scan.notice import law
from pii_scan.notice.case import Case, Profile
from pii_scan.notice.evidence import evidence_of_all, evidence_of_seen
from pii_scan.notice.gaps import Evidence, Gap
from pii_scan.notice.lint import Level
from pii_scan.notice.model import Recipient
from pii_scan.notice.recipients import in_record, named, shown_name, valid_on
from pii_scan.notice.record import Activity

COOKIE = "online_id.cookie"
_MAX_OWNERS = 5


def unnamed(case: Case) -> Iterator[Gap]:
    """G04. Where the notice does not name the recipient, one row says so; the record is asked where the notice does."""
    for profile, holdings in case.known_systems():
        evidence = evidence_of_all(holdings, case.shares.get(profile.id))
        names = tuple(map(shown_name, profile.recipients))
        receivers = named(case.notice, profile.recipients)
        if profile.recipients and not receivers:
            yield case.of_system("G04", "notice", profile.id, evidence, one_of=names)
        elif receivers and not _named_for(receivers, holdings, case.as_of):
            last = max(receivers, key=lambda recipient: recipient.valid_to or "")
            yield case.of_system(
                "G04", "expired", profile.id, evidence, last.line, name=last.name, until=_day(last.valid_to)
            )  # fmt: skip
        elif case.record is not None:
            yield from _unrecorded(case, profile, evidence, receivers)
    for system, holdings in case.by_system.items():  # that only a path rule of the user knows
        named_by_user = system not in case.profiles and system != UNASSIGNED
        if named_by_user and case.record is not None and not case.activities_of(system):
            yield case.of_system("G04", "record_system", system, evidence_of_all(holdings, case.shares.get(system)))
    yield from _unassigned(case)


def _named_for(receivers: Sequence[Recipient], holdings: Sequence[Holding], as_of: date) -> bool:
    """Whether the notice names a recipient today, or did when the youngest of what was found was made."""
    known = [holding.ages.youngest for holding in holdings]
    days = [as_of] if None in known else [as_of, max(day for day in known if day is not None)]
    return any(valid_on(recipient, day) for recipient in receivers for day in days)


def _day(text: str | None) -> date | str:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return text or ""


def _unrecorded(
    case: Case, profile: Profile, evidence: Evidence | None, receivers: Sequence[Recipient]
) -> Iterator[Gap]:
    activities = case.activities_of(profile.id)
    line = receivers[0].line if receivers else None
    if not activities:
        yield case.of_system("G04", "record_system", profile.id, evidence, line)
    elif profile.recipients and not in_record(activities, profile.recipients):
        names = tuple(map(shown_name, profile.recipients))
        yield case.of_system("G04", "record", profile.id, evidence, line, one_of=names)


def _unassigned(case: Case) -> Iterator[Gap]:
    """Documents that no profile knows, with their size and owners: a warning where personal data is in them."""
    share, holdings = case.shares.get(UNASSIGNED), case.by_system.get(UNASSIGNED, ())
    if not holdings and (share is None or not share.documents):
        return
    owners = () if share is None else tuple(share.owners)[:_MAX_OWNERS]
    size, documents = (0, 0) if share is None else (share.size_bytes, share.documents)
    evidence = evidence_of_all(holdings, share)
    gap = case.of_system("G04", "unassigned", UNASSIGNED, evidence, owners=owners, size_bytes=size, n=documents)
    yield gap if holdings else replace(gap, level=Level.INFO)


def third_country(case: Case) -> Iterator[Gap]:
    """G12, for recipients that the notice names; those that it does not are G04."""
    for profile, holdings in case.known_systems():
        evidence = evidence_of_all(holdings, case.shares.get(profile.id))
        receivers = named(case.notice, profile.recipients)
        for recipient in [one for one in receivers if valid_on(one, case.as_of)] or receivers:
            if (kind := _transfer(recipient, profile)) is not None:
                country = recipient.country or ""
                yield case.of_system(
                    "G12", kind, profile.id, evidence, recipient.line, name=recipient.name, country=country
                )  # fmt: skip
                break
        else:
            if any(map(_is_unguarded, case.activities_of(profile.id))):
                yield case.of_system("G12", "record", profile.id, evidence)


def _transfer(recipient: Recipient, profile: Profile) -> str | None:
    """Which kind of gap a recipient is; None where the notice is not silent, or has nothing to say."""
    if recipient.transfer is not None:
        return None
    if recipient.country is None:
        return "unknown_country" if any(map(_may_be_outside, profile.recipients)) else None
    if law.in_eea(recipient.country) or law.adequate(recipient.country):
        return None
    return "partial" if law.partly_adequate(recipient.country) else "silent"


def _is_unguarded(activity: Activity) -> bool:
    """Whether an activity has a transfer that needs safeguards and none; a country in words is taken to be outside."""
    outside = (c for c in activity.third_countries if not law.in_eea(c) and not law.adequate(c))
    return not activity.safeguards and any(outside)


def _may_be_outside(key: str) -> bool:
    """Whether a party that a recipient's names stand for is known to be outside the EEA."""
    entry = law.table("recipients")["recipients"].get(key)
    countries = () if entry is None else entry["country"].values()
    return any(country and not law.in_eea(country) and not law.adequate(country) for country in countries)


def trackers(case: Case) -> Iterator[Gap]:
    """G13: one row for each system, with all of its trackers that have no recipient in the notice."""
    known = law.table("trackers")["trackers"]
    for system, seen in case.facts.trackers.items():
        silent = {key: how for key, how in seen.items() if not named(case.notice, known[key]["recipients"])}
        if silent:
            recipients = dict.fromkeys(shown_name(id_) for key in silent for id_ in known[key]["recipients"])
            held = next((h for h in case.by_system.get(system, ()) if h.category == COOKIE), None)
            evidence = evidence_of_seen(tuple(silent.values()), held)
            names = tuple(known[key]["name"] for key in silent)
            yield case.of_system(
                "G13", "recipient", system, evidence, trackers=names, recipients=tuple(recipients)
            )  # fmt: skip


def sources(case: Case) -> Iterator[Gap]:
    """G16. A notice that names another third party than the profile's is asked all the same."""
    for profile, holdings in case.known_systems():
        source = profile.third_party_source
        if source is not None and source not in case.notice.sources:
            evidence = evidence_of_all(holdings, case.shares.get(profile.id))
            yield case.of_system("G16", "source", profile.id, evidence, source=source)
