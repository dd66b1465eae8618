"""Begins a notice model from the text of a notice: proposes what the words on each line may declare, by the terms in
`configs/law`. A person confirms: a model that still holds a proposal is refused by `notice.model`.

Fills in nothing that the text does not name, and no legal basis, purpose, period or role at all: those need a reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pii_scan.errors import ConfigError
from pii_scan.notice import law
from pii_scan.notice.model import RIGHTS

MAX_TEXT_BYTES = 4 << 20
MAX_QUOTED = 60
MAX_LINE = 20_000
_BULLET = re.compile(r"\s*(?:[-–—•*·‣]|\d{1,2}[.)])\s")
_DENIED = re.compile(
    r"(?i)\b(?:behandler|samler\s+inn|innhenter|lagrer|registrerer|samlar\s+inn|handsamar)\s+(?:vi\s+)?"
    r"(?:ikkje|ikke|aldri|ingen)\b|\b(?:do\s+not|don't|never)\s+(?:process|collect|store|record)\b"
)
_COMPANY = re.compile(
    r"((?:[A-ZÆØÅ0-9][\w&.'-]*[ \t]+){0,4}[A-ZÆØÅ0-9][\w&.'-]*,?[ \t]+"
    r"(?:ASA?|SA|BA|ANS|DA|NUF|LLC|Inc\.?|Ltd\.?|Limited|GmbH|AB|A/S|ApS|Oyj?|SARL|B\.?V\.?|SAS|S\.A\.))(?![\w/])"
)
_CONTROLLER = re.compile(r"(?i)behandlingsansvarlig|ansvarlig for behandling|data controller|controller of")
_REFERENCE = re.compile(r"(?i)\b([a-zæøå]{3,40}(?:loven|lova|lov|act)|popplyl\.?)\s*§+\s*(\d+(?:-\d+)?)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATED = re.compile(r"(?i)(?:oppdatert|endret|endra|revidert|versjon|gjelder fra|updated|revised|effective)\D{0,20}"
                    r"(\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{4}-\d\d-\d\d|\d{1,2}\.?\s\w{3,9}\.?\s\d{4})")  # fmt: skip
_NUMBER = re.compile(
    r"(?i)\borg(?:ani[sz]a(?:sj|ti)ons?)?\.?\s*(?:nr|no|number|nummer)?\.?:?\s*(?:no\s*)?(\d{3}\s?\d{3}\s?\d{3})\b"
)
_GIVEN = re.compile(r"(?i)\b(?:rett|retten|rettar|krav|krev\w*|rights?|klage|kan du|du kan)\b")
_WORDS = {
    "nb": frozenset("og ikke jeg noen hvordan fra dere opplysninger".split()),
    "nn": frozenset("og ikkje eg nokon korleis frå dykk opplysningar".split()),
    "en": frozenset("and not we any how from your information".split()),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line of the text may declare."""

    key: str
    """The category, or the id of the recipient or subject of the law."""
    line: int
    """From 1."""
    said: str
    """The words of the text that speak for it."""


def read_text(path: Path) -> str:
    """The notice's text in a plain text file (UTF-8). Raises ConfigError."""
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_TEXT_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is no text in UTF-8", "save the notice as plain text") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None


def declared(text: str) -> tuple[list[Proposal], list[Proposal]]:
    """(categories that the text may declare, categories that it may say are not processed), each where it is most
    plainly named: in the shortest entry of a list, or where it stands first.
    """
    found: dict[str, list[tuple[bool, int, Proposal]]] = {}
    denied: dict[str, Proposal] = {}
    for number, line in _lines(text):
        listed, negated = bool(_BULLET.match(line)), _DENIED.search(line) is not None
        for key, expression in category_terms().items():
            if (hit := expression.search(line)) is None:
                continue
            proposal = Proposal(key, number, hit[0])
            if negated:
                denied.setdefault(key, proposal)
            else:
                found.setdefault(key, []).append((not listed, len(line) if listed else 0, proposal))
    chosen = (min(items, key=lambda item: (*item[:2], item[2].line))[2] for items in found.values())
    return sorted(chosen, key=lambda proposal: (proposal.line, proposal.key)), list(denied.values())


def recipients(text: str, controller: str | None) -> list[Proposal]:
    """The parties that the text may name as recipients: known names, and what ends as the name of a company does."""
    found: dict[str, Proposal] = {}
    for number, line in _lines(text):
        known = [(key, hit[0]) for key, expression in _known_recipients().items() if (hit := expression.search(line))]
        for key, name in known:
            found.setdefault(key, Proposal(key, number, name))
        for hit in _COMPANY.finditer(line):
            name = hit[1]
            if name == controller or any(name in said or said in name for _, said in known):
                continue
            key = re.sub(r"[^a-z0-9]+", "_", name.casefold().translate(_FOLD)).strip("_")
            found.setdefault(key, Proposal(key, number, name))
    return list(found.values())


def references(text: str) -> list[Proposal]:
    """The sections that the text cites; `key` is what the words around say it is about, or `unknown`."""
    found = []
    for number, line in _lines(text):
        for sentence in re.split(r"(?<=[.!?])\s+", line):
            for hit in _REFERENCE.finditer(sentence):
                nearest = [
                    (min(abs(word.start() - hit.start()) for word in words), topic)
                    for topic, expression in _topic_terms().items()
                    if (words := list(expression.finditer(sentence)))
                ]
                found.append(Proposal(min(nearest)[1] if nearest else "unknown", number, hit[0]))
    return found


def rights(text: str) -> dict[str, Proposal]:
    """By right: the line that may give it."""
    found: dict[str, Proposal] = {}
    for number, line in _lines(text):
        if _GIVEN.search(line):
            for topic, expression in _topic_terms().items():
                if (hit := expression.search(line)) is not None:
                    found.setdefault(topic, Proposal(topic, number, hit[0]))
    return found


def draft(text: str) -> str:
    """A notice model as YAML: proposals marked `confirm: true`, each with its line and the words that speak for it."""
    controller = _controller(text)
    categories, denials = declared(text)
    cited = [f"{{cite: {_quoted(p.said)}, about: {p.key}, line: {p.line}, confirm: true}}" for p in references(text)]
    lines = [
        _HEAD, "notice:", "  id: draft", f"  language: {_language(text)}", _single("  published", _DATED.search(text)),
        "  jurisdiction: NO", *_listed("  law_refs", cited, "    "),
        "controller:", f"  name: {_quoted(controller)}  # confirm" if controller else "  name: null",
        _single("  orgnr", _NUMBER.search(text)), _contact(text), "  dpo: null",
        "data_subjects: []", *_listed("categories", [_entry("key", item) for item in categories]),
        "sources: []", "purposes: []  # - {id: invoicing, legal_basis: null, line: 1}",
        *_listed("recipients", [_recipient(item) for item in recipients(text, controller)]),
        "retention: []", "rights:", *_rights(text),
        "art13:", "  consequence_of_not_providing: null", "  automated_decisions: null", "  legitimate_interests: null",
        *_listed("denials", [_entry("category", item) for item in denials]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _rights(text: str) -> Iterator[str]:
    given = rights(text)
    for name in RIGHTS:
        hint = f"  # line {given[name].line} may say so: {_quoted(given[name].said)}" if name in given else ""
        yield f"  {name}: null{hint}"


def _single(key: str, found: re.Match[str] | None) -> str:
    return f"{key}: {_quoted(found[1])}  # confirm" if found else f"{key}: null"


def _contact(text: str) -> str:
    found = _ADDRESS.search(text)
    return f"  contact: {{email: {_quoted(found[0])}}}  # confirm" if found else "  contact: null"


_HEAD = """# A draft by pii-scan from the words of a notice. It proposes; you decide.
# For every entry with `confirm: true`, read the line, correct the entry or delete it, and take `confirm` away.
# Then fill in what only a reader can: purposes with their legal basis, data subjects, sources, roles, periods, rights.
# null means that the text is silent."""
_FOLD = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


def _entry(name: str, item: Proposal) -> str:
    return f"{{{name}: {item.key}, line: {item.line}, confirm: true}}  # {_quoted(item.said)}"


def _recipient(item: Proposal) -> str:
    country = _countries().get(item.said) or "null"
    return (
        f"{{id: {item.key}, name: {_quoted(item.said)}, role: null, for: [], country: {country}, transfer: null, "
        f"line: {item.line}, confirm: true}}"
    )


def _listed(name: str, items: Sequence[str], indent: str = "  ") -> list[str]:
    return [f"{name}:", *(f"{indent}- {item}" for item in items)] if items else [f"{name}: []"]


def _quoted(text: str) -> str:
    """A text as YAML holds it on one line."""
    return json.dumps(text[:MAX_QUOTED], ensure_ascii=False)


def _controller(text: str) -> str | None:
    for _, line in _lines(text):
        if _CONTROLLER.search(line) and (hit := _COMPANY.search(line)) is not None:
            return hit[1]
    return None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines from 1; a longer one than anybody writes is cut."""
    for number, line in enumerate(text.splitlines(), 1):
        yield number, line[:MAX_LINE]


def _language(text: str) -> str:
    words = re.findall(r"[a-zæøå]+", text.casefold())
    return max(_WORDS, key=lambda lang: sum(word in _WORDS[lang] for word in words))


def _expression(terms: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """Any of the terms, with an ending or as the first part of a compound unless `=` says otherwise."""
    forms = [
        rf"{re.escape(term[1:])}\b" if term.startswith("=") else rf"{re.escape(term)}\w*"
        for lang in ("nb", "en")
        for term in terms[lang]
    ]
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(forms)})")


@cache
def category_terms() -> dict[str, re.Pattern[str]]:
    """By category: the words that name it."""
    return {key: _expression(terms) for key, terms in law.table("terms")["categories"].items()}


@cache
def _topic_terms() -> dict[str, re.Pattern[str]]:
    return {key: _expression(terms) for key, terms in law.table("terms")["about"].items()}


@cache
def _known_recipients() -> dict[str, re.Pattern[str]]:
    """By id: any of its names as whole words, the longest first."""
    return {
        key: re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in _longest(entry["names"])))
        for key, entry in law.table("recipients")["recipients"].items()
    }


@cache
def _countries() -> dict[str, str]:
    entries = law.table("recipients")["recipients"].values()
    return {name: code for entry in entries for name, code in entry["country"].items()}


def _longest(names: Sequence[str]) -> Iterator[str]:
    yield from sorted(names, key=len, reverse=True)
