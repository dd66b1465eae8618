"""What every output of the guard says, in one language: sentences, places, titles. Lays nothing out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pii_scan.contract.judge import Rule, Violation
from pii_scan.contract.observed import Place
from pii_scan.contract.result import Result
from pii_scan.inventory.categories import categories
from pii_scan.report.messages import Wording, wording


@dataclass(frozen=True, slots=True)
class Unread:
    """One thing that was not, or not wholly, read."""

    file: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class GuardView:
    """A result in one language."""

    result: Result
    t: Wording
    version: str
    """Of pii-scan."""

    def message(self, violation: Violation) -> str:
        """What is wrong, without file and place."""
        t = self.t
        return t(
            f"guard.rule.{_said(violation)}", subject=self.subject(violation),
            count=t("guard.values", n=violation.count), distinct=t.number(violation.distinct),
            contract=self.contract(violation), limit=self._limit(violation), share=self._share(violation.share),
        )  # fmt: skip

    def todo(self, violation: Violation) -> str:
        """What to do about it."""
        return self.t(f"guard.todo.{_said(violation)}", owner=violation.owner or self.t("guard.whoever"))

    def title(self, rule: str) -> str:
        """The short name of a rule."""
        return self.t(f"guard.title.{rule}")

    def contract(self, violation: Violation) -> str:
        """The contract that a file has."""
        return self.t("guard.contract", id=violation.contract)

    def subject(self, violation: Violation) -> str:
        """The entity type or category with its name, or the name of a column."""
        name = violation.subject
        table = categories()
        if violation.rule is Rule.EXPIRED:
            return name
        shown = table.entity_name(name, self.t.lang) if name in table.by_entity_type else table.name(name, self.t.lang)
        return name if violation.rule is Rule.MISSING_COLUMN or shown == name else f"{name} ({shown})"

    def place(self, place: Place | None) -> str:
        """Where in the file; empty for the whole of it."""
        if place is None:
            return ""
        if place.kind in ("text", "page") and not place.name:
            return self.t(f"guard.place.{place.kind}")
        name = f"{place.sheet}!{place.name}" if place.sheet else place.name
        return self.t("guard.place.column" if place.kind == "column" else "guard.place.part", name=name)

    def unread(self) -> Iterator[Unread]:
        """What was not read, one for each problem."""
        for file in self.result.unread:
            for _, code, detail in file.problems or [("", "unread", "")]:
                yield Unread(file.name, code, detail)

    def unread_message(self, unread: Unread) -> str:
        """What could not be read."""
        return self.t("guard.unread", detail=unread.detail, code=unread.code)

    def summary(self) -> str:
        """The last line."""
        t, result = self.t, self.result
        return t(
            "guard.summary", files=t("guard.files", n=len(result.files)),
            violations=t("guard.violations", n=len(result.violations)),
            unread=t("guard.unread_files", n=len(result.unread)),
        )  # fmt: skip

    def _limit(self, violation: Violation) -> str:
        if violation.limit is None:
            return ""
        return self._share(violation.limit) if violation.share is not None else self.t.number(int(violation.limit))

    def _share(self, share: float | None) -> str:
        return "" if share is None else self.t.percent(round(share * 1000), 1000)


def _said(violation: Violation) -> str:
    return str(violation.rule) if violation.contract else "no-contract"


def guard_view(result: Result, lang: str, version: str) -> GuardView:
    """The result in a language. Raises UsageError for one that there is not."""
    return GuardView(result, wording(lang), version)
