"""A run as JSON-LD in the terms of the W3C Data Privacy Vocabulary 2.3 (`--format dpv`): the record of processing, its
activities as the organisation declares them, and what each system holds as the scan found it.

Plain DPV with its extensions for personal data and the GDPR; claims conformance with no profile. States only what the
record, the notice or the run says: a category found is one of a system, never of an activity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, BinaryIO
from urllib.parse import quote

from pii_scan.inventory.rollup import FinishedRun
from pii_scan.model import printable
from pii_scan.notice.record import Activity
from pii_scan.registry import data_folder
from pii_scan.report.declared import Declared, candidates, found_systems, personal
from pii_scan.report.model import View, view

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_CONTACT = ("name", "address", "email", "phone")
_NOTHING = Declared()
_PERIOD = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(?:(\d+)W)?(?:(\d+)D)?")


def write(run: FinishedRun, out: BinaryIO, lang: str, declared: Declared = _NOTHING) -> None:
    """One JSON object in UTF-8, keys in a fixed order."""
    write_of(view(run, lang, details=False), out, declared)


def write_of(seen: View, out: BinaryIO, declared: Declared) -> None:
    """As `write`, of a run that is rolled up."""
    out.write((json.dumps(document(seen, declared), ensure_ascii=False, indent=2) + "\n").encode())


def document(seen: View, declared: Declared) -> dict[str, Any]:
    """The JSON-LD document."""
    base = f"urn:pii-scan:run:{quote(str(seen.manifest.get('id') or 'unknown'), safe='')}"
    systems = {system: _system(seen, system, declared, base) for system in found_systems(seen)}
    named = {system for activity in declared.activities for system in activity.systems}
    processes = [_activity(seen, activity, base, systems) for activity in declared.activities]
    processes += [process for system, process in systems.items() if system not in named]
    first = _node(
        {"@id": f"{base}#record", "@type": "dpv:ROPA", "dct:title": seen.t("protocol.title")},
        {
            "dct:created": _typed(seen.manifest.get("finished_at"), "xsd:dateTime"),
            "dpv:hasDataController": _controller(declared, base),
            "dpv:hasDataProtectionOfficer": _officer(declared),
            "dpv:hasNotice": _notice(declared),
            "dpv:hasProcess": [{"@id": process["@id"]} for process in processes],
        },
    )
    graph = [first, *processes, *(process for system, process in systems.items() if system in named)]
    return {"@context": CONTEXT, "@graph": graph}


@cache
def terms() -> frozenset[str]:
    """The terms, with prefix, that may be written: `configs/dpv/terms.txt`."""
    lines = (data_folder("configs") / "dpv" / "terms.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _activity(seen: View, activity: Activity, base: str, systems: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the record says of an activity, with the systems that it names."""
    return _node(
        {
            "@id": f"{base}#activity-{quote(activity.id, safe='')}", "@type": "dpv:Process",
            "dct:title": _text(activity.name), "dct:identifier": _text(activity.id),
        },
        {
            "dpv:hasPurpose": _described("dpv:Purpose", activity.purposes),
            "dpv:hasPersonalData": [
                *_data(seen, activity.categories), *_titled("dpv:PersonalData", activity.other_categories),
            ],
            "dpv:hasDataSubject": _titled("dpv:DataSubject", activity.subjects),
            "dpv:hasRecipient": _named("dpv:Recipient", activity.recipients),
            "dpv:hasThirdCountry": _named("dpv:ThirdCountry", activity.third_countries),
            "dpv:hasLegalBasis": [_basis(basis) for basis in (*activity.legal_basis, *activity.art9)],
            "dpv:hasStorageCondition": _storage(activity),
            "dpv:hasTechnicalOrganisationalMeasure": _described(
                "dpv:TechnicalOrganisationalMeasure", filter(None, [activity.security])
            ),
            "dpv:isImplementedUsingTechnology": _titled("dpv:Technology", activity.systems),
            "dpv:hasProcess": [{"@id": systems[name]["@id"]} for name in activity.systems if name in systems],
        },
    )  # fmt: skip


def _system(seen: View, system: str, declared: Declared, base: str) -> dict[str, Any]:
    """What the scan found in a system; its recipients only as the notice names them."""
    parties = [party for party in candidates(seen.profiles.by_id.get(system), declared) if party.from_notice]
    return _node(
        {
            "@id": f"{base}#system-{quote(system, safe='')}", "@type": "dpv:Process",
            "dct:title": _text(seen.system(system)), "dct:identifier": _text(system),
        },
        {
            "dpv:hasPersonalData": list(_data(seen, (holding.category for holding in personal(seen, system)))),
            "dpv:hasRecipient": _named("dpv:Recipient", (party.name for party in parties)),
            "dpv:hasThirdCountry": _named("dpv:ThirdCountry", (party.country for party in parties if party.country)),
        },
    )  # fmt: skip


def _data(seen: View, categories: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The first DPV term of each category: the widest. By name where DPV has none, or for a parent in our tree."""
    written = set()
    for key in dict.fromkeys(categories):
        category = seen.table.by_key.get(key)
        if category is None or not category.dpv:
            yield {"@type": "dpv:PersonalData", "dct:title": seen.category(key)}
        elif category.dpv[0] not in written:
            written.add(category.dpv[0])
            yield {"@id": f"pd:{category.dpv[0]}"}


def _basis(basis: str) -> dict[str, str]:
    """`6.1.b` as `eu-gdpr:A6-1-b`."""
    return {"@id": f"eu-gdpr:A{basis.replace('.', '-')}"}


def _storage(activity: Activity) -> list[dict[str, Any]]:
    """How long; the words of the record where it is no single period."""
    words = [text for text in (activity.retention_text, activity.starts_from) if text]
    if activity.retention is None and not words:
        return []
    duration = _typed(_xsd_duration(activity.retention), "xsd:duration")
    extra = {"dpv:hasDuration": {"@type": "dpv:TemporalDuration", "rdf:value": duration}} if duration else {}
    kind = "dpv:StorageDuration" if duration else "dpv:StorageCondition"
    return [_node({"@type": kind, **extra}, {"dct:description": [_text(text) for text in words]})]


def _xsd_duration(duration: str | None) -> str | None:
    """An ISO 8601 duration as XML Schema has it: without weeks.

    >>> _xsd_duration("P2W"), _xsd_duration("P1Y6M"), _xsd_duration("P1W2D")
    ('P14D', 'P1Y6M', 'P9D')
    """
    found = _PERIOD.fullmatch(duration or "")
    if found is None:
        return None
    days = 7 * int(found[3] or 0) + int(found[4] or 0)
    return f"P{found[1] or ''}{found[2] or ''}" + (f"{days}D" if days or not (found[1] or found[2]) else "")


def _controller(declared: Declared, base: str) -> dict[str, Any] | None:
    whole = declared.whole()
    said = _node(
        {},
        {
            "dpv:hasName": whole.get("controller"), "dpv:hasIdentifier": whole.get("orgnr"),
            "dpv:hasContact": _contact(whole, "controller"),
        },
    )  # fmt: skip
    return {"@id": f"{base}#controller", "@type": "dpv:DataController", **said} if said else None


def _officer(declared: Declared) -> dict[str, Any] | None:
    contact = _contact(declared.whole(), "dpo")
    return {"@type": "dpv:DataProtectionOfficer", "dpv:hasContact": _text(contact)} if contact else None


def _contact(whole: Mapping[str, str], prefix: str) -> str:
    return ", ".join(whole[name] for part in _CONTACT if (name := f"{prefix}_{part}") in whole)


def _notice(declared: Declared) -> dict[str, Any] | None:
    if declared.notice is None:
        return None
    said = {"dct:identifier": _text(declared.notice.id), "dct:language": declared.notice.language}
    return _node({"@type": "dpv:PrivacyNotice", **said}, {"dct:issued": declared.notice.published})


def _named(kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"@type": kind, "dpv:hasName": _text(name)} for name in dict.fromkeys(names)]


def _titled(kind: str, titles: Iterable[str]) -> list[dict[str, Any]]:
    return [{"@type": kind, "dct:title": _text(title)} for title in dict.fromkeys(titles)]


def _described(kind: str, texts: Iterable[str]) -> list[dict[str, Any]]:
    return [{"@type": kind, "dct:description": _text(text)} for text in dict.fromkeys(texts)]


def _node(fixed: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """`fixed`, and of `found` what says something."""
    return fixed | {name: _text(value) if isinstance(value, str) else value for name, value in found.items() if value}


def _typed(value: str | None, kind: str) -> dict[str, str] | None:
    return {"@type": kind, "@value": value} if value else None


def _text(text: str) -> str:
    """A text on one line, as it may be shown."""
    return printable(" ".join(text.split()))
