"""The words of records of processing: cells with several values, legal bases, periods, categories, countries.

The words lie in `configs/ropa/words.yaml`. Reads no file of the user's and decides nothing beyond a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pii_scan.errors import ConfigError
from pii_scan.inventory.categories import categories
from pii_scan.notice.draft import category_terms
from pii_scan.notice.model import known_categories
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_marked

MAX_BYTES = 256 << 10
_COMPANY_ENDING = re.compile(r"(?i)(?:LLC|Inc|Ltd|Limited|Corp|GmbH|ASA?|A/S|AB|B\.?V)\.?")
_NOT = r"(?<!ikke )(?<!uten )(?<!ikkje )(?<!utan )(?<!not )(?<!without )"
_ARTICLE = re.compile(
    r"(?i)(?<![\d.§])(?<!§ )(?P<article>[69])\s*(?:\.\s*|\(\s*|,?\s*nr\.?\s*|\s)?(?P<section>[12])?\s*\)?\s*[.,]?\s*"
    r"(?P<named>bokstav|litra|letter|lit\.?|point|\()?\s*(?P<letter>[a-j])\b\)?"
    r"(?P<more>(?:\s*(?:,|og|and|eller|or|/|&)\s*(?:bokstav|litra)?\s*\(?[a-j]\b\)?(?![.\w]))*)"
)
_CITED = re.compile(r"(?i)\bart(?:ikkel|icle|\.)?\s*$")
_LETTER = re.compile(r"(?i)(?<![a-zæøå])[a-j](?![a-zæøå])")
_NUMBER = r"\d{1,4}(?:[.,]\d{1,2})?(?:\s*½|\s+1/2)?|½"
_ISO = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?")
_FROM = re.compile(
    r"(?i)^[\s,]*(?:etter|frå|fra og med|regnet fra|fra|after|following|from the|from|since)\s+(?:at\s+)?(.+)$"
)
_NEGATED = re.compile(r"(?i)\s*(?:ingen|ikke|ikkje|uten|utan|no|not|none|without)\b")
_ASIDE = re.compile(r"\(([^()]*)\)")


def table(name: str) -> dict[str, Any]:
    """The table `name` of `configs/ropa`. Raises ConfigError where it is broken."""
    return _table(name)


@cache
def _table(name: str) -> dict[str, Any]:
    path = data_folder("configs") / "ropa" / f"{name}.yaml"
    return read_marked(path, MAX_BYTES, ConfigError, "a table for records of processing")[0]


def plain(text: str) -> str:
    """A text as it is compared: small letters, single spaces, no closing punctuation."""
    return " ".join(text.casefold().split()).strip(" .:;*")


def said(text: str) -> str:
    """What a cell of free words says; empty where it says that there is nothing, or that a person must fill in."""
    return "\n".join(line for line in (part.strip() for part in text.split("\n")) if line and not _silent(line))


def values(text: str, *, prose: bool = False) -> list[str]:
    """The values of a cell: at `;` and line ends, and at `,` where there are none of these (not in `prose`, and not
    within brackets). What our own export only proposes is left out.

    >>> values("Navn, e-post (privat, jobb)"), values("Navn, e-post; telefon"), values("Wildbit, LLC")
    (['Navn', 'e-post (privat, jobb)'], ['Navn, e-post', 'telefon'], ['Wildbit, LLC'])
    """
    parts = re.split(r"[;\n\r]", text)
    if len(parts) == 1 and not prose:
        parts = list(_at_commas(text))
    found = (re.sub(r"^\s*(?:[-–•*·]|\d{1,2}[.)])\s+", "", part).strip() for part in parts)
    return list(dict.fromkeys(" ".join(part.split()) for part in found if part and not _silent(part)))


def _at_commas(text: str) -> Iterator[str]:
    """At each comma outside brackets; «LLC» and the like stay with the name before."""
    parts = re.split(r",(?![^()]*\))", text)
    joined: list[str] = []
    for part in parts:
        if joined and _COMPANY_ENDING.fullmatch(part.strip()):
            joined[-1] += f",{part}"
        else:
            joined.append(part)
    return iter(joined)


def _silent(text: str) -> bool:
    words = _table("words")
    key = plain(text)
    marked = any(key.startswith(marker.strip(":")) and ":" in text for marker in _markers())
    return (
        not re.search(r"\w", key)
        or key in words["nothing"]
        or key in words["blank"].values()
        or text in words["nothing"]
        or marked
    )


@cache
def _markers() -> tuple[str, ...]:
    return tuple(marker for entry in _table("words")["markers"].values() for marker in entry.values())


def is_blank(text: str) -> bool:
    """Whether a cell waits for a person, in the words of our own export."""
    return any(plain(line) in _table("words")["blank"].values() for line in text.split("\n"))


def is_yes(text: str) -> bool:
    """Whether a cell says yes."""
    return plain(text) in _table("words")["yes"]


def named_categories(text: str) -> list[str]:
    """Keys of the category tree that one value of a cell names; empty where the tree has none of that name.

    >>> named_categories("Fødselsnummer (11 siffer)"), named_categories("E-postadresser og telefon")
    (['national_id'], ['email', 'phone'])
    >>> named_categories("Skostørrelse"), named_categories("Personalia (navn, adresse)")
    ([], ['name', 'address'])
    """
    if _NEGATED.match(text):
        return []
    whole = _category(text)
    if whole:
        return whole
    main, aside = _each(_ASIDE.sub(" ", text)), _each(" / ".join(_ASIDE.findall(text)))
    if main and all(main):
        found = [*main, *aside]
    else:  # «Personalia (navn, adresse)» is what stands in the brackets
        found = aside if aside and all(aside) and len(main) == 1 else []
    return list(dict.fromkeys(key for keys in found for key in keys))


def _each(text: str) -> list[list[str]]:
    parts = re.split(r"(?i)\s+(?:og|samt|and)\s+|[/&,]", text)
    return [_category(part) for part in parts if part.strip()]


def _category(text: str) -> list[str]:
    if text.strip() in known_categories():  # as written: «location» is a key, «Location» a name
        return [text.strip()]
    key = plain(text)
    if key in _category_names():
        return list(_category_names()[key])
    if key in known_categories():
        return [key]
    if re.search(r"(?i)\s(?:og|samt|and)\s|[/&,(]", text):
        return []
    hits = [(found.start(), key) for key, terms in category_terms().items() if (found := terms.search(text))]
    return [min(hits)[1]] if hits else []


@cache
def _category_names() -> dict[str, tuple[str, ...]]:
    names = {plain(name): tuple(keys) for name, keys in _table("words")["categories"].items()}
    names |= {plain(kind): (c.key,) for c in categories() for by in c.entity_types.values() for kind in by.values()}
    return names | {plain(name): (c.key,) for c in categories() for name in c.name.values()}


def bases(text: str, article: str) -> tuple[list[str], list[str]]:
    """(bases by GDPR Art. 6(1), conditions by Art. 9(2)) that a cell names, as `6.1.b`; words count for `article`.

    >>> bases("art. 6 nr. 1 bokstav b og c", "6"), bases("Avtale", "6"), bases("9(2)(j)", "9")
    ((['6.1.b', '6.1.c'], []), (['6.1.b'], []), ([], ['9.2.j']))
    """
    found = [basis for hit in _ARTICLE.finditer(text) for basis in _formal(hit)]
    if not found:
        found = [basis for basis, terms in _basis_terms().items() if basis[0] == article and terms.search(text)]
    found = list(dict.fromkeys(found))
    return [basis for basis in found if basis[0] == "6"], [basis for basis in found if basis[0] == "9"]


def _formal(hit: re.Match[str]) -> list[str]:
    article, section = hit["article"], {"6": "1", "9": "2"}[hit["article"]]
    last = {"6": "f", "9": "j"}[article]
    if hit["section"] not in (None, section):
        return []
    if hit["section"] is None and hit["named"] in (None, "(") and not _CITED.search(hit.string[: hit.start()]):
        return []  # «kapittel 9 A» is no article
    letters = [hit["letter"], *_LETTER.findall(hit["more"])]
    return [f"{article}.{section}.{letter.lower()}" for letter in letters if letter.lower() <= last]


@cache
def _basis_terms() -> dict[str, re.Pattern[str]]:
    return {
        basis: re.compile(rf"(?i){_NOT}(?<!\w)(?:{'|'.join(map(re.escape, terms))})\w*")
        for basis, terms in _table("words")["bases"].items()
    }


@dataclass(frozen=True, slots=True)
class Period:
    """A period in words."""

    duration: str
    """ISO 8601."""
    starts_from: str = ""
    """The key of what it runs from, or the words for that."""
    aside: str = ""
    """What stands in brackets."""


def period(text: str) -> Period | None:
    """The one period that a cell states; None where it states none, several, or more than that.

    >>> period("5 år"), period("3.5 years").duration, period("18 mnd etter kursslutt").starts_from
    (Period(duration='P5Y', starts_from='', aside=''), 'P3Y6M', 'course_end')
    >>> period("5 år for kunder, 1 år for søkere"), period("så lenge det er nødvendig")
    (None, None)
    """
    aside = "; ".join(part.strip() for part in _ASIDE.findall(text) if part.strip())
    bare = " ".join(_ASIDE.sub(" ", text).split()).strip(" .;")
    if _ISO.fullmatch(bare):
        return Period(bare, "", aside)
    run = _period_form().search(bare)
    if run is None or not _is_lead(bare[: run.start()]):
        return None
    rest = bare[run.end() :]
    start = _FROM.match(rest)
    if (rest.strip(" .,") and start is None) or (start and _period_form().search(start[1])):
        return None
    duration = _duration(run[0])
    return None if duration is None else Period(duration, _anchor(start[1]) if start else "", aside)


def _is_lead(text: str) -> bool:
    words = plain(text.replace(",", " "))
    known = sorted(map(plain, _table("words")["lead"]), key=len, reverse=True)
    return re.fullmatch(rf"(?:(?:{'|'.join(map(re.escape, known))})\s*)*", words) is not None


def _anchor(text: str) -> str:
    key = plain(text)
    for anchor, names in _table("words")["anchors"].items():
        if key == anchor or any(key == plain(name) or key.startswith(plain(name)) for name in names):
            return str(anchor)
    return " ".join(text.split()).strip(" .")


@cache
def _period_form() -> re.Pattern[str]:
    words = _table("words")
    units = "|".join(sorted((unit for names in words["units"].values() for unit in names), key=len, reverse=True))
    numbers = "|".join(sorted(words["numbers"], key=len, reverse=True))
    one = rf"(?<![\w.,/])(?:{_NUMBER}|(?:et |ett |a )?(?:{numbers}))[\s-]*(?:{units})\b\.?"
    return re.compile(rf"(?i){one}(?:\s*(?:,|og|and)?\s*{one})*")


def _duration(text: str) -> str | None:
    """`3,5 år` as P3Y6M: half a year is six months, half a month 15 days. None where it comes to nothing, and where the
    units do not descend: «5 år, 10 år» are two periods.
    """
    words = _table("words")
    total = {"Y": 0, "M": 0, "W": 0, "D": 0}
    unit_of = {name: unit for unit, names in words["units"].items() for name in names}
    form = re.compile(rf"(?i)({_NUMBER}|[a-zåæø ]+?)[\s-]*({'|'.join(sorted(unit_of, key=len, reverse=True))})\b")
    units: list[str] = []
    for number, unit in form.findall(re.sub(r"(?i)\b(?:og|and)\b|,(?!\d)", " ", text)):
        count, name = _number(number), unit_of[unit.casefold()]
        units.append(name)
        if count is None or units != sorted(set(units), key=tuple(words["units"]).index):
            return None
        whole, half = int(count), count - int(count)
        letter, smaller, size = {
            "years": ("Y", "M", 12), "months": ("M", "D", 30), "weeks": ("W", "D", 7), "days": ("D", "D", 1)
        }[name]  # fmt: skip
        total[letter] += whole
        total[smaller] += round(half * size) if letter != "D" else 0
    shown = "".join(f"{n}{letter}" for letter, n in total.items() if n)
    return f"P{shown}" if shown else None


def _number(text: str) -> float | None:
    text = " ".join(text.split())
    if text[:1].isdigit() or text == "½":
        half = 0.5 if re.search(r"½|\s1/2$", text) else 0
        digits = re.match(r"\d+(?:[.,]\d+)?", text)
        return (float(digits[0].replace(",", ".")) if digits else 0) + half
    numbers = _table("words")["numbers"]
    last = text.casefold().split()[-1:] or [""]
    return None if last[0] not in numbers else float(numbers[last[0]])


_SHOWN = {
    "nb": {"Y": ("år", "år"), "M": ("måned", "måneder"), "W": ("uke", "uker"), "D": ("dag", "dager")},
    "en": {"Y": ("year", "years"), "M": ("month", "months"), "W": ("week", "weeks"), "D": ("day", "days")},
}  # fmt: skip


def period_words(duration: str, lang: str) -> str:
    """An ISO 8601 duration in words, which `period` reads back; the text itself where it is none.

    >>> period_words("P1Y6M", "nb"), period_words("P60D", "en")
    ('1 år 6 måneder', '60 days')
    """
    found = _ISO.fullmatch(duration)
    if found is None:
        return duration
    parts = [(int(part[:-1]), part[-1]) for part in found.groups() if part]
    return " ".join(f"{n} {_SHOWN[lang][unit][n != 1]}" for n, unit in parts)


def country(text: str) -> str:
    """The ISO 3166-1 code of a country named in words; the text itself where it is not known.

    >>> country("Storbritannia"), country("us"), country("Atlantis")
    ('GB', 'US', 'Atlantis')
    """
    return _countries().get(plain(text), text)


@cache
def _countries() -> dict[str, str]:
    entries: dict[str, Iterable[str]] = _table("words")["countries"]
    return {plain(name): code for code, names in entries.items() for name in (code, *names)}
