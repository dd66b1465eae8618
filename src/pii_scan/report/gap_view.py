"""What every report of a check says, in one language: titles, sentences, questions, law, evidence as text.

Takes the gaps as they are; compares nothing, lays nothing out and writes nothing. Persons fewer than five are never
shown as a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pii_scan.inventory.categories import Flag, categories
from pii_scan.inventory.coverage import Coverage
from pii_scan.inventory.holdings import UNASSIGNED, Sample
from pii_scan.model import printable
from pii_scan.notice.gaps import Comparison, Evidence, Gap, Outcome, Status
from pii_scan.notice.lint import Level, Lint
from pii_scan.report.messages import Wording, wording
from pii_scan.report.model import where
from pii_scan.report.notice_lint import message as lint_message

FEW = 5
"""Persons below which no number is shown: it could point at them."""
MAX_NAMES = 6
"""Names listed in a sentence before the rest is counted."""
_PARENTS = {"online_id": "check.online_id", "location": "check.location"}
_CONJUNCTIONS = {"one_of": "check.or", "recipients": "check.and", "trackers": "check.and"}
_SOURCES = {"employer": "check.source_employer", "marketing_partners": "check.source_marketing_partners"}
"""Sources of profiles, as notices name them; those of users' own profiles stand for themselves."""
_UNITS = {"Y": "check.years", "M": "check.months", "W": "check.weeks", "D": "check.days"}
_ARTICLE = re.compile(r"(\d+)(?:\((\d+)\))?(?:\(([a-z])\))?")


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check, with what its reports tell of it."""

    comparison: Comparison
    lint: tuple[Lint, ...]
    coverage: Coverage
    as_of: date
    has_record: bool
    interrupted: bool
    """Whether the scan did not come to its end."""
    names: Mapping[str, Mapping[str, str]]
    """Id of a system to its name by language; an id that is missing stands for itself."""


@dataclass(frozen=True, slots=True)
class Group:
    """The gaps under one heading."""

    name: str
    """`error`, `warning`, `info`, `accepted` or `not_assessable`."""
    title: str
    gaps: tuple[Gap, ...]


_GROUPS = {
    "error": "check.group_error", "warning": "check.group_warning", "info": "check.group_info",
    "accepted": "check.group_accepted", "not_assessable": "check.group_not_assessable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GapView:
    """A checked run and the words for it."""

    checked: Checked
    t: Wording

    def groups(self) -> Iterator[Group]:
        """Open gaps by level, then those that are accepted, then what cannot be assessed; only those that hold any."""
        for name, title in _GROUPS.items():
            gaps = tuple(gap for gap in self.checked.comparison.gaps if _group(gap) == name)
            if gaps:
                yield Group(name, self.t(title), gaps)

    def number(self, group: str) -> int:
        """How many gaps a group has."""
        return sum(_group(gap) == group for gap in self.checked.comparison.gaps)

    def title(self) -> str:
        """What was compared."""
        return self.t("check.title", id=self.checked.comparison.notice, run=self.checked.comparison.run)

    def summary(self) -> str:
        """How many gaps there are, by level and status."""
        t = self.t
        return t(
            "check.summary", errors=t("check.errors", n=self.number("error")),
            warnings=t("check.warnings", n=self.number("warning")), infos=t("check.infos", n=self.number("info")),
            accepted=self.number("accepted"), unknown=self.number("not_assessable"),
        )  # fmt: skip

    def coverage(self) -> list[str]:
        """How much was read, and what that means for the result."""
        known = self.checked.coverage
        lines = [self.t(
            "check.coverage", read=known.read, seen=known.seen, partly=known.partly_read, unread=known.unread
        )]  # fmt: skip
        if not known.complete:
            lines.append(self.t("check.not_clean"))
        return lines

    def remarks(self) -> list[str]:
        """What a reader must know besides the gaps: no record, nothing read, acceptances, test numbers."""
        comparison, t = self.checked.comparison, self.t
        lines = [t("remark.interrupted")] if self.checked.interrupted else []
        if not self.checked.has_record:
            lines.append(t("check.no_record"))
        if not self.checked.coverage.read + self.checked.coverage.partly_read:
            lines.append(t("check.none_read"))
        for key, names in (("check.expired", comparison.expired), ("check.unused", comparison.unused)):
            if names:
                lines.append(t(key, names=", ".join(map(printable, names))))
        if comparison.test_only:
            held = [t("check.place", category=self.category(c), system=self.system(s)) for s, c in comparison.test_only]
            lines.append(t("check.test_only", names=self._listed(held)))
        return lines

    def message(self, gap: Gap) -> str:
        """What differs, as a sentence."""
        return self.t(f"gap.{gap.rule}.{gap.kind}", **self._values(gap))

    def question(self, gap: Gap) -> str:
        """The one question to whoever owns the data."""
        return self.t(f"gap.{gap.rule}.{gap.kind}_q", **self._values(gap))

    def law(self, gap: Gap) -> str:
        """The provisions, as the language cites them; empty for none."""
        return cited(gap.law, self.t.lang)

    def level(self, gap: Gap) -> str:
        """The level in a word."""
        return self.t(f"level.{gap.level}")

    def status(self, gap: Gap) -> str:
        """The status in a word or two."""
        return self.t(f"status.{gap.status}")

    def outcome(self, outcome: Outcome | None) -> str:
        """An outcome in words; a dash for none."""
        return "–" if outcome is None else self.t(f"outcome.{outcome}")

    def line(self, gap: Gap) -> str:
        """The line of the notice, or that no line says it."""
        return self.t("check.no_line") if gap.line is None else self.t("check.line", n=gap.line)

    def in_notice(self, gap: Gap) -> str:
        """How the notice declares it and where, in one phrase."""
        if gap.in_notice is None:
            return self.line(gap)
        unnumbered = gap.line is None and gap.in_notice is not Outcome.OMITTED
        return self.outcome(gap.in_notice) if unnumbered else f"{self.outcome(gap.in_notice)}, {self.line(gap)}"

    def acceptance(self, gap: Gap) -> str:
        """Who answers for it and why, or whose acceptance is over; empty where nobody has."""
        if gap.acceptance is None:
            return ""
        given = {"owner": printable(gap.acceptance.owner), "expires": self.t.day(gap.acceptance.expires)}
        if gap.status is Status.ACCEPTED:
            return self.t("check.accepted_by", reason=printable(gap.acceptance.reason), **given)
        return self.t("check.expired_one", **given)

    def evidence(self, gap: Gap) -> list[str]:
        """What it rests on, in short phrases: numbers, persons, ages, how sure, places, and the rule's own details."""
        return [*(self._counted(gap.evidence) if gap.evidence is not None else ()), *self._details(gap)]

    def _counted(self, known: Evidence) -> Iterator[str]:
        t = self.t
        yield t("check.documents", n=known.documents)
        if known.count:
            yield t("check.values", n=known.count)
        if known.synthetic:
            yield t("check.tests_only") if known.synthetic >= known.count else t("check.tests", n=known.synthetic)
        if known.persons[1]:
            yield t("check.persons", number=self.persons(known.persons))
        if known.oldest is not None and known.oldest == known.youngest:
            yield t("check.age", day=t.day(known.oldest))
        elif known.oldest is not None or known.youngest is not None:
            yield t("check.ages", oldest=t.day(known.oldest), youngest=t.day(known.youngest))
        if known.count:
            yield t("check.sure", score=t.score(known.score))
        if known.samples:
            all_named = len({(one.target, one.document) for one in known.samples}) >= known.documents
            key = "check.all_places" if all_named else "check.places"
            yield t(key, names="; ".join(self.place(sample) for sample in known.samples))

    def _details(self, gap: Gap) -> Iterator[str]:
        values, t = gap.values, self.t
        if isinstance(systems := values.get("systems"), tuple) and systems:
            key = "check.not_scanned" if gap.status is Status.NOT_ASSESSABLE else "check.systems"
            yield t(key, names=self._listed([self.system(system) for system in systems]))
        if isinstance(owners := values.get("owners"), tuple) and owners:
            yield t("check.owners", names=self._listed([printable(str(owner)) for owner in owners]))
        if gap.rule == "G09":
            yield t("check.by_record" if values.get("by") == "record" else "check.by_notice")
        if isinstance(service := values.get("service"), Mapping):
            yield str(service[t.lang])
        if hold := values.get("hold"):
            yield t("check.hold", why=hold.get(t.lang, "") if isinstance(hold, Mapping) else hold)

    def persons(self, number: tuple[int, int]) -> str:
        """A range of persons, as text."""
        least, most = number
        if most < FEW:
            return self.t("check.few")
        if least < FEW:
            return self.t("check.up_to", most=most)
        return self.t.number(most) if least == most else self.t("check.range", least=least, most=most)

    def place(self, sample: Sample) -> str:
        """A sample's document, masked as it is, and the place within it."""
        document = printable(sample.document)
        if sample.unit is None:
            return document
        return self.t(
            "check.within_document", document=document, where=where(sample.unit, self.t, first=sample.unit.count > 1)
        )

    def system(self, key: str | None) -> str:
        """The name of a system, or of what is no system."""
        if key is None:
            return self.t("check.whole_run")
        if key == UNASSIGNED:
            return self.t("check.unassigned_in")
        return printable(self.checked.names.get(key, {}).get(self.t.lang, key))

    def category(self, key: str | None) -> str:
        """The name of a category or of what holds several; empty for none."""
        if key is None:
            return ""
        return self.t(_PARENTS[key]) if key in _PARENTS else printable(categories().name(key, self.t.lang))

    def lint(self) -> list[tuple[Lint, str]]:
        """What is wrong with the notice on its own, with its sentence."""
        return [(item, lint_message(item, self.t.lang)) for item in self.checked.lint]

    def _values(self, gap: Gap) -> dict[str, object]:
        values = {name: self._shown(name, value) for name, value in gap.values.items()}
        return {**values, "system": self.system(gap.system), "category": self._judged(gap)}

    def _judged(self, gap: Gap) -> str:
        """The category of a gap; one whose findings a person must judge is possible, where the sentence does not say so
        itself.
        """
        name = self.category(gap.category)
        flag = None if gap.category is None else categories().flag(gap.category)
        apart = flag in (Flag.SPECIAL, Flag.CRIMINAL) and gap.rule not in ("G03", "G06", "G07")
        return self.t("check.possible", name=name) if apart else name

    def _shown(self, name: str, value: object) -> object:
        if name == "ancestor":
            return self.category(None if value is None else str(value))
        if name == "size_bytes" and isinstance(value, int):
            return self.t.size(value)
        if name == "codes" and isinstance(value, Mapping):
            return self._codes(value)
        if name == "period":
            return period(str(value), self.t)
        if name in _CONJUNCTIONS and isinstance(value, tuple):
            return self._joined([printable(str(one)) for one in value], self.t(_CONJUNCTIONS[name]))
        if name == "source":
            return self.t(_SOURCES[str(value)]) if value in _SOURCES else printable(str(value))
        if isinstance(value, date):
            return self.t.day(value)
        if isinstance(value, Mapping):
            return value.get(self.t.lang, "")
        if isinstance(value, tuple):
            return self._listed([printable(str(one)) for one in value])
        return printable(value) if isinstance(value, str) else value

    def _codes(self, codes: Mapping[str, int]) -> str:
        if not codes:
            return self.t("check.unknown_code")
        known = self.t.keys()
        names = (
            (self.t(f"code.{code}") if f"code.{code}" in known else printable(code), n) for code, n in codes.items()
        )
        return ", ".join(f"{name[0].lower()}{name[1:]} ({self.t.number(n)})" for name, n in names)

    @staticmethod
    def _joined(names: Sequence[str], word: str) -> str:
        """A list as a sentence has it: names of companies have commas themselves."""
        return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)

    def _listed(self, names: Sequence[str]) -> str:
        if len(names) <= MAX_NAMES:
            return ", ".join(names)
        return self.t("check.more", names=", ".join(names[:MAX_NAMES]), n=len(names) - MAX_NAMES)


def gap_view(checked: Checked, lang: str) -> GapView:
    """The words for a checked run. Raises UsageError for an unknown language."""
    return GapView(checked, wording(lang))


def _group(gap: Gap) -> str:
    return str(gap.level) if gap.status is Status.OPEN else str(gap.status)


def has_open_error(gaps: Iterable[Gap]) -> bool:
    """Whether a gap fires the gate: open, and an error."""
    return any(gap.status is Status.OPEN and gap.level is Level.ERROR for gap in gaps)


def cited(law: str, lang: str) -> str:
    """Provisions as a language cites them: the GDPR in Norwegian by its Norwegian name, articles written out.

    >>> cited("GDPR Art. 13(1)(c), 5(1)(a)", "nb")
    'personvernforordningen artikkel 13 nr. 1 bokstav c, artikkel 5 nr. 1 bokstav a'
    >>> cited("personopplysningsloven § 12", "en")
    'Norwegian Personal Data Act section 12'
    """
    if lang == "en":
        law = law.replace("personopplysningsloven § ", "Norwegian Personal Data Act section ")
        return law.replace("ekomloven § ", "Norwegian Electronic Communications Act section ")
    parts = []
    for part in law.split(", "):
        if part.startswith("GDPR Art. ") or _ARTICLE.fullmatch(part):
            name = "personvernforordningen " if part.startswith("GDPR") else ""
            parts.append(name + _ARTICLE.sub(_article, part.removeprefix("GDPR Art. ")))
        else:
            parts.append(part.replace("GDPR recital ", "fortalen til personvernforordningen, punkt "))
    return ", ".join(parts)


def _article(found: re.Match[str]) -> str:
    number, paragraph, letter = found.groups()
    text = f"artikkel {number}"
    text += f" nr. {paragraph}" if paragraph else ""
    return text + (f" bokstav {letter}" if letter else "")


def period(duration: str, t: Wording) -> str:
    """An ISO 8601 duration of years, months, weeks and days in words; the text itself where it is none."""
    found = re.fullmatch(r"P((?:\d+[YMWD])+)", duration)
    if found is None:
        return printable(duration)
    return " ".join(t(_UNITS[unit], n=int(n)) for n, unit in re.findall(r"(\d+)([YMWD])", found[1]))
