"""Where the identifiers of a person were found, as text for who answers a request, and as JSON. Shows no identifier."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pii_scan.inventory.categories import categories
from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.inventory.lookup import Answer, Held, Lookup, Place
from pii_scan.model import printable
from pii_scan.report.json_v1 import location
from pii_scan.report.messages import Wording, wording
from pii_scan.report.model import system_name, where
from pii_scan.systems.profiles import ProfileTable

MAX_PLACES = 50
"""Places listed of one document in the text; JSON has all."""


def as_json(found: Lookup, targets: int) -> Iterator[str]:
    """One line for each identifier. Where the run has several `targets`, each place names its own; a place in a copy of
    an item that another document holds too says so.
    """
    for answer in found.answers:
        places = []
        for place in answer.places:
            shown: dict[str, Any] = {"document": place.document}
            if targets > 1:
                shown["target"] = place.target
            row = {name: getattr(place, name) for name in ("kind", "sheet", "part", "header", "row", "column")}
            shown |= {"location": location(row), "entity_type": place.entity_type, "count": place.count}
            if found.documents[place.target, place.document].copy:
                shown["copy"] = True
            places.append(shown)
        yield json.dumps({"query": {"entity_type": answer.entity_type}, "places": places}, ensure_ascii=False)


def text(found: Lookup, lang: str, known: ProfileTable, *, finished: bool, purpose: str) -> str:
    """All of it for a person to read; `known`: the systems of the run."""
    t = wording(lang)
    lines = [t("subject.title"), t("subject.purpose", name=t(f"subject.purposes.{purpose}")), ""]
    for answer in found.answers:
        lines += [*_answer(answer, found, known, t), ""]
    lines += [*_summary(found, known, t), "", *coverage_lines(found, t, finished=finished)]
    return "\n".join(lines) + "\n"


def coverage_lines(found: Lookup, t: Wording, *, finished: bool) -> list[str]:
    """What the answer cannot speak for: always said, first of all where nothing was found."""
    coverage = found.coverage
    lines = [t("subject.coverage.title")]
    lines.append(t("subject.coverage.documents", seen=coverage.seen, read=coverage.read))
    left = coverage.partly_read + coverage.unread
    if left:
        lines.append(t("subject.coverage.unread", unread=coverage.unread, partly=coverage.partly_read))
    if coverage.problems:
        known = t.keys()
        for code, count in coverage.problems.items():
            name = t(f"code.{code}") if f"code.{code}" in known else printable(code)
            lines.append(f"  {name}: {t.number(count)}")
    if not finished:
        lines.append(t("subject.coverage.interrupted"))
    if left or coverage.problems or not finished:
        lines.append(t("subject.coverage.not_assessed"))
    lines.append(t("subject.coverage.rules"))
    return lines


def _answer(answer: Answer, found: Lookup, known: ProfileTable, t: Wording) -> Iterator[str]:
    name = _kind(answer.entity_type, t)
    yield t("subject.line", line=str(answer.identifier.line), kind=name)
    if not answer.places:
        yield "  " + t("subject.not_found" if answer.searched else "subject.not_searched")
    else:
        documents = len({(place.target, place.document) for place in answer.places})
        hits = t("subject.hits", n=sum(place.count for place in answer.places))
        yield "  " + t("subject.found", hits=hits, documents=t("folders.documents", n=documents))
        for system, group in _by_system(answer, found):
            yield "  " + t("subject.system", name=system_name(system, known, t))
            for (target, document), places in group:
                yield from _document(target, document, places, found.documents[target, document], answer, t)
    for other, count in answer.others.items():
        yield "  " + t("subject.other", kind=_kind(other, t), n=count, label=other)


def _by_system(answer: Answer, found: Lookup) -> Iterator[tuple[str, list[tuple[tuple[str, str], list[Place]]]]]:
    """The documents of each system with their places, systems by name, those without one last."""

    def system(place: Place) -> str:
        return found.documents[place.target, place.document].system or UNASSIGNED

    order = sorted(answer.places, key=lambda p: (system(p) == UNASSIGNED, system(p), p.target, p.document))
    for name, places in groupby(order, key=system):
        yield name, [(key, list(group)) for key, group in groupby(places, key=lambda p: (p.target, p.document))]


def _document(
    target: str, document: str, places: list[Place], held: Held, answer: Answer, t: Wording
) -> Iterator[str]:  # fmt: skip
    yield f"    {printable(document)}"
    about = [t("subject.target", name=printable(target))]
    if held.original.location:
        about.append(t("folders.original", path=printable(held.original.location)))
    if held.original.owner:
        about.append(t("folders.owner", name=printable(held.original.owner)))
    if held.copy:
        about.append(t("subject.copy"))
    if held.status == "partly_read":
        about.append(t("subject.partly_read"))
    yield from (f"      {line}" for line in about)
    for place in places[:MAX_PLACES]:
        times = f" ({t('subject.hits', n=place.count)})" if place.count > 1 else ""
        kind = "" if place.entity_type == answer.entity_type else f" [{_kind(place.entity_type, t)}]"
        yield f"      - {where(place, t, first=False)}{kind}{times}"
    if len(places) > MAX_PLACES:
        yield "      - " + t("subject.more", n=len(places) - MAX_PLACES)


def _summary(found: Lookup, known: ProfileTable, t: Wording) -> Iterator[str]:
    yield t("subject.summary.title")
    missing = [str(answer.identifier.line) for answer in found.answers if not answer.places]
    yield t("subject.summary.identifiers", n=len(found.answers))
    if missing:
        yield t("subject.summary.missing", lines=", ".join(missing))
    if not found.places:
        return
    copied = sum(held.copy for held in found.documents.values())
    yield t("subject.summary.places", places=found.places, documents=t("folders.documents", n=len(found.documents)))
    if copied:
        yield t("subject.summary.copies", n=copied)
    systems = Counter(held.system or UNASSIGNED for held in found.documents.values())
    for system, count in sorted(systems.items(), key=lambda item: (item[0] == UNASSIGNED, -item[1], item[0])):
        yield f"  {system_name(system, known, t)}: {t('folders.documents', n=count)}"


def _kind(entity_type: str | None, t: Wording) -> str:
    if entity_type is None:
        return t("subject.unknown_kind")
    return printable(categories().entity_name(entity_type, t.lang))
