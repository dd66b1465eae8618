"""The sheet for a personal data breach (GDPR Art. 33; «avviksmelding» to Datatilsynet within 72 hours), in Markdown.

Fills in what a run can know: types of data, numbers, systems, places, ages. Everything else is marked for a human.
Fields as Datatilsynet's form for notifying a breach asks for them (datatilsynet.no, «avvik», 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from pii_scan.inventory.categories import Flag
from pii_scan.inventory.holdings import UNASSIGNED, Holding
from pii_scan.inventory.persons import Estimate, persons
from pii_scan.inventory.rollup import FinishedRun
from pii_scan.report.markdown import escaped
from pii_scan.report.model import View, view

KINDS = ("confidentiality", "integrity", "availability")
"""The three kinds of breach that Datatilsynet tells apart (EDPB Guidelines 9/2022, section I.B)."""
CHILDREN = ("birthdate", "national_id")
"""Categories that show who is a child."""


def write(run: FinishedRun, out: BinaryIO, lang: str) -> None:
    """Writes the sheet in UTF-8."""
    seen = view(run, lang, details=False)
    for line in _lines(seen, persons(run)):
        out.write(f"{line}\n".encode())


def _lines(seen: View, estimate: Estimate) -> Iterator[str]:
    t = seen.t
    yield f"# {t('incident.title')}\n"
    yield f"{t('incident.lead')}\n"
    yield f"{t('incident.marked', blank=t('incident.blank'))}\n"
    yield from _fields(seen, "contact", ("controller", "reporter", "dpo", "processor"))
    yield from _fields(seen, "event", ("discovered", "deadline", "period", "cause", "how", "description"))
    yield f"**{t('incident.kind.title')}**\n"
    for kind in KINDS:
        yield f"- ☐ {t(f'incident.kind.{kind}')}"
    yield ""
    yield from _who(seen, estimate)
    yield from _what(seen)
    yield from _where(seen)
    yield from _fields(seen, "consequences", ("likely", "severity"))
    yield from _fields(seen, "measures", ("taken", "planned", "prevent"))
    yield from _fields(seen, "informed", ("persons", "when", "why_not"))
    yield from _coverage(seen)
    yield from _source(seen)


def _fields(seen: View, section: str, names: Sequence[str]) -> Iterator[str]:
    """A section that only a human can fill in."""
    t = seen.t
    yield f"## {t(f'incident.{section}.title')}\n"
    rows = ([t(f"incident.{section}.{name}"), t("incident.blank")] for name in names)
    yield from _table([t("incident.field"), t("incident.answer")], rows)


def _who(seen: View, estimate: Estimate) -> Iterator[str]:
    t = seen.t
    yield f"## {t('incident.who.title')}\n"
    number = t("incident.who.none")
    if estimate.by_type:
        number = t(
            "incident.who.estimate", likely=estimate.likely, at_least=estimate.at_least, at_most=estimate.at_most
        )  # fmt: skip
    rows = [[t("incident.who.number"), number]]
    if estimate.by_type:
        basis = ", ".join(f"{escaped(seen.entity(name))} {t.number(n)}" for name, n in estimate.by_type.items())
        rows.append([t("incident.who.basis"), basis])
    if seen.inventory.totals.synthetic:
        rows.append([t("incident.who.test_numbers"), t.number(seen.inventory.totals.synthetic)])
    found = {entry.category for entry in seen.inventory.entries}
    shows = [escaped(seen.category(name)) for name in CHILDREN if name in found]
    children = t("incident.who.may_be_children", names=", ".join(shows)) if shows else t("incident.blank")
    rows += [[t("incident.who.relationship"), t("incident.blank")], [t("incident.who.children"), children]]
    yield from _table([t("incident.field"), t("incident.answer")], rows)


def _what(seen: View) -> Iterator[str]:
    t, entries = seen.t, seen.inventory.entries
    yield f"## {t('incident.what.title')}\n"
    if not entries:
        yield f"{t('incident.what.nothing')}\n"
    else:
        heads = [t(f"column.{name}") for name in ("category", "count", "distinct", "documents")]
        rows = (
            [escaped(seen.category(e.category)), t.number(e.count), t.number(e.distinct), t.number(e.documents),
             escaped(seen.badge(e.category))]
            for e in entries
        )  # fmt: skip
        yield from _table([*heads, t("incident.what.flag")], rows)
    for flag, flagged in seen.callouts():
        names = ", ".join(f"{escaped(seen.category(e.category))} ({t.number(e.count)})" for e in flagged)
        yield f"- **{t(f'callouts.{flag.value}')}**: {names or t('callouts.none')}"
        if flagged and flag is not Flag.NATIONAL_ID:
            yield f"  {t('incident.what.possible')}"
    yield f"- {t('incident.what.more')}: {t('incident.blank')}\n"


def _where(seen: View) -> Iterator[str]:
    t, inventory = seen.t, seen.inventory
    yield f"## {t('incident.where.title')}\n"
    if inventory.entries:
        rows = ([escaped(name), documents, age] for name, documents, age in _systems(seen))
        yield from _table([t("column.system"), t("column.documents"), t("incident.where.ages")], rows)
        yield f"**{t('incident.where.places')}**\n"
        for place in inventory.matrix.places:
            count = sum(cell.count for (_, at), cell in inventory.matrix.cells.items() if at == place)
            yield f"- {escaped(seen.place(place))}: {t('folders.count', n=count)}"
        yield ""
    rows_now = [[t("incident.where.now"), t("incident.blank")], [t("incident.where.receivers"), t("incident.blank")]]
    yield from _table([t("incident.field"), t("incident.answer")], rows_now)


def _systems(seen: View) -> Iterator[tuple[str, str, str]]:
    """(system, documents with findings, ages of the records) by descending number of findings."""
    t, inventory = seen.t, seen.inventory
    shares = {share.system: share.with_findings for share in inventory.systems}
    rows = inventory.holdings
    for system in dict.fromkeys(row.system for row in rows):
        mine = [row for row in rows if row.system == system]
        dates = [day for row in mine for day in _dates(row)]
        documents = shares.get(system) or max(row.documents for row in mine)
        at_least = "" if system in shares else f"{t('incident.where.at_least')} "
        age = t("incident.where.unknown_age")
        if dates:
            basis = "data" if all(isinstance(r, Holding) and r.ages.basis == "data" for r in mine) else "file"
            days = t("incident.where.age", oldest=t.day(min(dates)), youngest=t.day(max(dates)))
            age = f"{days} ({t(f'incident.where.basis.{basis}')})"
        yield seen.system(system) if system != UNASSIGNED else t("unassigned"), f"{at_least}{t.number(documents)}", age


def _dates(row: object) -> Iterator:  # type: ignore[type-arg]
    """The oldest and the youngest date that is known."""
    if isinstance(row, Holding) and row.ages.oldest is not None:
        yield from (day for day in (row.ages.oldest, row.ages.youngest) if day is not None)
    else:
        yield from (day for day in (getattr(row, "first_seen", None), getattr(row, "last_seen", None)) if day)


def _coverage(seen: View) -> Iterator[str]:
    t, coverage = seen.t, seen.inventory.coverage
    yield f"## {t('incident.coverage.title')}\n"
    yield f"{t('incident.coverage.read', read=coverage.read, seen=coverage.seen)}\n"
    for warning in seen.warnings():
        yield f"- {warning}"
    for code, count in coverage.problems.items():
        yield f"- {escaped(seen.code(code))}: {t.number(count)}"
    yield f"- {t('incident.coverage.rules')}\n"


def _source(seen: View) -> Iterator[str]:
    t, manifest = seen.t, seen.manifest
    yield f"## {t('incident.source.title')}\n"
    yield f"- {t('method.run')}: {escaped(str(manifest['id']))}"
    yield f"- {t('method.started')}: {t.moment(str(manifest['started_at']))}"
    yield f"- {t('method.targets')}: {escaped(', '.join(seen.targets))}"
    yield f"- {t('method.version')}: {escaped(str(manifest['version']))}"
    if "part" in manifest:
        named = ", ".join(escaped(seen.system(name)) for name in manifest["part"]["systems"])
        yield f"- {t('incident.source.part')}{f' ({named})' if named else ''}"
    yield f"\n{t('incident.source.text')}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
