"""Checks a notice on its own: what GDPR Art. 13 asks for and the text does not say, references and names that are out
of date, and where the text contradicts itself. Needs no scan, and says nothing about what is found.

| rule | asks |
|---|---|
| N01 | a legal basis for every purpose (Art. 13(1)(c)) |
| N02 | transfers out of the EEA, with their safeguards (Art. 13(1)(f)) |
| N03 | how long, or by which criteria, data is kept (Art. 13(2)(a)) |
| N04 | every right of the data subject (Art. 13(2)(b) to (d)) |
| N05 | automated decisions, or that there are none (Art. 13(2)(f)) |
| N06 | provisions that say today what the text says of them |
| N07 | recipients by names that are theirs today |
| N08 | categories that the text's own purposes and sources imply |
| N09 | who, since when, and whom the text is about: controller, contact, number, date, legitimate interests, children |
| N10 | no contradiction within the text |
| N11 | consent for cookies (ekomloven section 3-15) |
| N12 | nothing both declared and denied |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pii_scan.notice import law
from pii_scan.notice.model import RIGHTS, Notice, Purpose, Recipient

IDENTIFIERS = ("ip", "online_id", "location", "national_id", "email", "phone", "name")
"""Categories, with those below them, that make data personal whatever a text calls it (GDPR recital 26 and 30)."""
CONSENT = "6.1.a"
LEGITIMATE_INTERESTS = "6.1.f"
ARTICLE = {
    "access": "15", "rectification": "16", "erasure": "17", "restriction": "18", "portability": "20", "objection": "21",
    "withdraw_consent": "7(3)", "complaint": "77",
}  # fmt: skip


class Level(StrEnum):
    """How much it matters."""

    ERROR = "error"
    """The law asks for it."""
    WARNING = "warning"
    """A reader is misled, or a question has to be answered."""
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Lint:
    """One thing that is wrong with a notice."""

    rule: str
    kind: str
    """Which of the rule's sentences says it: the key of the wording is `lint.<rule>.<kind>`."""
    level: Level
    law: str
    """The provision that asks for it; empty for none."""
    line: int | None = None
    """Line of the notice's text, where the model names it."""
    subject: str = ""
    """What it is about: the id of a purpose, a recipient, a right, a category; a reference or a name as cited."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the sentence is filled with; a mapping from language to text where it depends on that."""


def lint(notice: Notice) -> tuple[Lint, ...]:
    """Everything that is wrong with the notice on its own, by rule and in the order of the text."""
    return tuple(item for rule in _RULES for item in rule(notice))


def declares(notice: Notice, category: str) -> bool:
    """Whether the notice names the category or one that holds it."""
    return any(category == key or category.startswith(f"{key}.") for key in notice.categories)


def _legal_basis(notice: Notice) -> Iterator[Lint]:
    without = [purpose for purpose in notice.purposes if not purpose.legal_basis]
    if not notice.purposes:
        yield Lint("N01", "no_purpose", Level.ERROR, "GDPR Art. 13(1)(c)")
    elif without:
        names = ", ".join(purpose.id for purpose in without)
        values = {"n": len(without), "total": len(notice.purposes), "names": names}
        yield Lint("N01", "silent", Level.ERROR, "GDPR Art. 13(1)(c)", without[0].line, names, values)


def _transfers(notice: Notice) -> Iterator[Lint]:
    outside = [r for r in notice.recipients if _needs_safeguard(r)]
    if outside:
        names = ", ".join(recipient.name for recipient in outside)
        values = {"n": len(outside), "names": names}
        yield Lint("N02", "silent", Level.ERROR, "GDPR Art. 13(1)(f)", outside[0].line, names, values)


def _needs_safeguard(recipient: Recipient) -> bool:
    """Outside the EEA, with no safeguard named and no adequacy decision for the whole country."""
    country = recipient.country
    return country is not None and recipient.transfer is None and not law.in_eea(country) and not law.adequate(country)


def _retention(notice: Notice) -> Iterator[Lint]:
    said = [line for line in notice.retention if line.period or line.criteria]
    if not said:
        yield Lint("N03", "silent", Level.ERROR, "GDPR Art. 13(2)(a)")
    elif all(line.categories is not None for line in said):
        held = {key for line in said for key in line.categories or ()}
        for key, at in notice.categories.items():
            if not any(key == name or key.startswith(f"{name}.") for name in held):
                values = {"category": key}
                yield Lint("N03", "category", Level.WARNING, "GDPR Art. 13(2)(a)", at, key, values)


def _rights(notice: Notice) -> Iterator[Lint]:
    for right in RIGHTS:
        if not notice.rights[right]:
            level = Level.ERROR
            if right == "withdraw_consent" and not _uses(notice, CONSENT) and _every_basis_is_known(notice):
                continue  # asked for only where the processing rests on consent
            values = {"right": right, "article": ARTICLE[right]}
            where = "GDPR Art. 13(2)(c)" if right == "withdraw_consent" else "GDPR Art. 13(2)(d)"
            where = where if right in ("withdraw_consent", "complaint") else "GDPR Art. 13(2)(b)"
            yield Lint("N04", "silent", level, where, None, right, values)


def _automated(notice: Notice) -> Iterator[Lint]:
    if notice.automated_decisions is None:
        kind = "ads" if any("ads" in purpose.id for purpose in notice.purposes) else "silent"
        yield Lint("N05", kind, Level.ERROR, "GDPR Art. 13(2)(f)")


def _references(notice: Notice) -> Iterator[Lint]:
    for reference in notice.law_refs:
        found = law.provisions(reference.cite)
        wanted = law.topic(reference.about)
        newest = next((item for item in found if item.repealed is None), None)
        if not found or any(item.topic == reference.about and item.repealed is None for item in found):
            continue
        old = next((item for item in found if item.topic == reference.about), None)
        values = {
            "cite": reference.cite,
            "old": {lang: "" if old is None else old.act[lang] for lang in ("nb", "en")},
            "now": {lang: _topic_name(newest, lang) for lang in ("nb", "en")},
            "right": "" if wanted is None else wanted.today,
            "about": reference.about if wanted is None else wanted.name,
        }
        kind = "repealed" if old is not None and newest is not None else "only_old" if old is not None else "other"
        yield Lint("N06", kind, Level.ERROR, "", reference.line, reference.cite, values)


def _topic_name(provision: law.Provision | None, lang: str) -> str:
    known = None if provision is None else law.topic(provision.topic)
    return "" if known is None else known.name[lang]


def _names(notice: Notice) -> Iterator[Lint]:
    for recipient in notice.recipients:
        known = law.entity(recipient.name)
        if known is None or (recipient.valid_to is not None and known.today is not None):
            continue  # a name that the notice itself dates is in order
        kind = "product" if known.today is None else "renamed"
        values = {"name": recipient.name, "today": known.today or "", "note": known.note, "since": known.changed or ""}
        yield Lint("N07", kind, Level.WARNING, "GDPR Art. 13(1)(e)", recipient.line, recipient.name, values)


def _implied(notice: Notice) -> Iterator[Lint]:
    named: list[tuple[str, str, int | None]] = [("sources", name, None) for name in notice.sources]
    named += [("purposes", purpose.id, purpose.line) for purpose in notice.purposes]
    seen = set()
    for kind, name, line in named:
        implied = law.implied_by(kind, name)
        for category in implied.categories if implied is not None else ():
            if category not in seen and not declares(notice, category):
                seen.add(category)
                values = {"category": category, "why": implied.why if implied is not None else ""}
                yield Lint("N08", "undeclared", Level.WARNING, "GDPR Art. 14(1)(d)", line, category, values)


def _facts(notice: Notice) -> Iterator[Lint]:
    if notice.controller is None:
        yield Lint("N09", "controller", Level.ERROR, "GDPR Art. 13(1)(a)")
    elif not notice.contact:
        yield Lint("N09", "contact", Level.ERROR, "GDPR Art. 13(1)(a)")
    if notice.published is None:
        yield Lint("N09", "published", Level.WARNING, "")
    if notice.orgnr is None:
        yield Lint("N09", "orgnr", Level.INFO, "")
    uses = _uses(notice, LEGITIMATE_INTERESTS)
    if notice.legitimate_interests is None and (uses or not _every_basis_is_known(notice)):
        level = Level.ERROR if uses else Level.WARNING
        yield Lint("N09", "legitimate_interests", level, "GDPR Art. 13(1)(d)")
    if notice.consequence_of_not_providing is None:
        yield Lint("N09", "consequence", Level.ERROR, "GDPR Art. 13(2)(e)")
    if not any(word in subject for subject in notice.data_subjects for word in ("child", "pupil", "minor")):
        yield Lint("N09", "children", Level.INFO, "personopplysningsloven § 5")
    if not notice.categories:
        yield Lint("N09", "categories", Level.ERROR, "GDPR Art. 14(1)(d)")


def _contradictions(notice: Notice) -> Iterator[Lint]:
    if notice.role_wording:
        values = {"wording": notice.role_wording}
        yield Lint("N10", "joint", Level.WARNING, "GDPR Art. 26", None, notice.role_wording, values)
    for purpose in notice.purposes:
        yield from _of_purpose(notice, purpose)
    for recipient in notice.recipients:
        towards = [purpose for purpose in notice.purposes if set(purpose.towards) & _ids(recipient)]
        if recipient.role == "processor" and towards:
            values = {"name": recipient.name, "purpose": towards[0].id}
            yield Lint("N10", "role", Level.WARNING, "GDPR Art. 28", recipient.line, recipient.id, values)
    left_out = [who for who in notice.data_subjects if who not in notice.rights_subjects]
    if notice.rights_subjects and left_out:
        names = ", ".join(left_out)
        yield Lint("N10", "rights", Level.WARNING, "GDPR Art. 13(2)(b)", None, names, {"names": names})


def _of_purpose(notice: Notice, purpose: Purpose) -> Iterator[Lint]:
    if purpose.defect:
        yield Lint("N10", "defect", Level.WARNING, "", purpose.line, purpose.id, {"defect": purpose.defect})
    held = [key for key in purpose.categories or notice.categories if key.partition(".")[0] in IDENTIFIERS]
    if purpose.claim == "anonymous" and held:
        values = {"purpose": purpose.id, "categories": ", ".join(held)}
        yield Lint("N10", "anonymous", Level.WARNING, "GDPR recital 26", purpose.line, purpose.id, values)


def _ids(recipient: Recipient) -> set[str]:
    """The names under which a purpose may point at a recipient."""
    return {recipient.id, *(name.casefold().replace(" ", "_") for name in (recipient.name, *recipient.aliases))}


def _cookies(notice: Notice) -> Iterator[Lint]:
    declared = next((key for key in notice.categories if key.startswith("online_id")), None)
    if declared is not None and not _uses(notice, CONSENT):
        yield Lint("N11", "silent", Level.WARNING, "ekomloven § 3-15", notice.categories[declared], declared)


def _denied(notice: Notice) -> Iterator[Lint]:
    for category, line in notice.denials.items():
        both = [key for key in notice.categories if key == category or key.startswith(f"{category}.")]
        if both or declares(notice, category):
            yield Lint("N12", "both", Level.ERROR, "GDPR Art. 5(1)(a)", line, category, {"category": category})


def _uses(notice: Notice, basis: str) -> bool:
    return any(basis in purpose.legal_basis for purpose in notice.purposes)


def _every_basis_is_known(notice: Notice) -> bool:
    return all(purpose.legal_basis for purpose in notice.purposes)


_RULES: tuple[Callable[[Notice], Iterator[Lint]], ...] = (
    _legal_basis, _transfers, _retention, _rights, _automated, _references, _names, _implied, _facts, _contradictions,
    _cookies, _denied,
)  # fmt: skip
