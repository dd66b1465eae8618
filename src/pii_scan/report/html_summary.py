"""The first lines of the HTML report: what was scanned, found, is gravest, was not read, and deviates, in sentences.

For someone who reads nothing else. Every number is the inventory's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.inventory.categories import Flag
from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.report.html_gaps import GapList
from pii_scan.report.model import FLAGS, View

NAMED = 3
"""How many categories or systems a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Line:
    """One topic of the summary: a label, sentences, and the section that says more."""

    name: str
    label: str
    sentences: tuple[str, ...]
    section: str
    grave: bool = False


def summary(v: View, gaps: GapList | None) -> list[Line]:
    """The lines in the order they are read."""
    topics = {
        "scanned": (_scanned(v), "statement", False),
        "found": (_found(v), "categories", False),
        "where": (_where(v), "systems", False),
        "gravest": _gravest(v),
        "unread": (_unread(v), "coverage", not v.inventory.coverage.complete or v.interrupted),
        "gaps": (_gaps(v, gaps), "gaps", bool(gaps and gaps.open)),
    }
    return [
        Line(name, v.t(f"summary.{name}"), tuple(sentences), section, grave)
        for name, (sentences, section, grave) in topics.items()
        if sentences
    ]


def in_sentence(name: str) -> str:
    """A name within a sentence: lower case, unless it begins with an abbreviation.

    >>> [in_sentence(name) for name in ("Helseopplysninger", "IP-adresse", "E-postadresse")]
    ['helseopplysninger', 'IP-adresse', 'e-postadresse']
    """
    return name if name[1:2].isupper() or name[1:2].isdigit() else name[:1].lower() + name[1:]


def listed(v: View, names: list[str]) -> str:
    """Names as a sentence lists them: «a, b og c», or «a, b, c og 4 til» where there are more than `NAMED`."""
    more = len(names) - NAMED
    if more > 1:
        names = [*names[:NAMED], v.t("summary.more", n=more)]
    if len(names) < 2:
        return "".join(names)
    return v.t("summary.and", first=", ".join(names[:-1]), last=names[-1])


def _scanned(v: View) -> Iterator[str]:
    coverage = v.inventory.coverage
    targets = listed(v, [v.target(target) for target in v.targets])
    size = v.t.size(coverage.bytes_seen)
    yield v.t("summary.scanned_text", documents=v.t("folders.documents", n=coverage.seen), targets=targets, size=size)


def _found(v: View) -> Iterator[str]:
    totals, entries = v.inventory.totals, v.inventory.entries
    if not totals.with_personal_data:
        return
    kinds = [entry for entry in entries if v.table.is_personal(entry.category) and entry.count > entry.synthetic]
    most = listed(v, [in_sentence(v.category(entry.category)) for entry in kinds[:NAMED]])
    documents = v.t("folders.documents", n=totals.with_personal_data)
    yield v.t("summary.found_text", documents=documents, n=len(kinds), most=most)
    if totals.synthetic:
        yield v.t("summary.synthetic", n=totals.synthetic)


def _where(v: View) -> Iterator[str]:
    held = [share for share in v.inventory.systems if share.with_findings]
    known = [share for share in held if share.system != UNASSIGNED]
    if known:
        names = listed(v, [v.system(share.system) for share in known])
        yield v.t("summary.where_text", n=len(known), systems=names)
    for share in held:
        if share.system == UNASSIGNED:
            yield v.t("summary.unassigned", n=share.with_findings)


def _gravest(v: View) -> tuple[list[str], str, bool]:
    """The sentences, the section that the first of them is about, and whether there is anything grave."""
    sentences, sections = [], []
    for flag, entries in v.callouts():
        real = [entry for entry in entries if entry.count > entry.synthetic]
        if real:
            what = (
                (
                    in_sentence(v.category(entry.category)),
                    v.t("folders.documents", n=entry.documents),
                )
                for entry in real
            )
            named = listed(v, [v.t("summary.in_documents", name=name, documents=n) for name, n in what])
            sentences.append(v.t(f"summary.gravest_{flag.value}", what=named))
            sections.append("ids" if flag is Flag.NATIONAL_ID else "special")
    if sentences:
        return sentences, sections[0], True
    flags = listed(v, [in_sentence(v.t(f"callouts.{flag.value}")) for flag in FLAGS])
    return ([v.t("summary.gravest_none", flags=flags)] if v.inventory.coverage.seen else []), "ids", False


def _unread(v: View) -> Iterator[str]:
    coverage = v.inventory.coverage
    if v.interrupted:
        yield v.t("summary.interrupted")
    if coverage.complete:
        yield v.t("summary.unread_none")
        return
    parts = (("headline.unread", coverage.unread), ("headline.partly", coverage.partly_read))
    for key, n in parts:
        if n:
            yield f"{v.t(key, n=n)}."
    if coverage.unread or coverage.partly_read:
        yield v.t("summary.unread_text")
    else:
        yield v.t("remark.incomplete_listing", n=sum(coverage.problems.values()))


def _gaps(v: View, gaps: GapList | None) -> Iterator[str]:
    if gaps is None:
        yield v.t("summary.gaps_none")
        return
    levels = [v.t(f"gaps.{level}", n=n) for level, n in gaps.levels().items()]
    if levels:
        yield v.t("summary.gaps_text", n=len(gaps.open), levels=listed(v, levels))
    else:
        yield v.t("summary.gaps_open_none")
    for key, n in (("accepted", len(gaps.accepted)), ("not_assessable", len(gaps.not_assessable))):
        if n:
            yield v.t(f"summary.gaps_{key}", n=n)
