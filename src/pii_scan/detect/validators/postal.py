"""Norwegian postal addresses. Sources: the register of postal codes of Posten Norge AS (Bring), shipped as
`recognizers/no/postal_codes.tsv`; Kartverket, «Veileder for adressering» (house numbers, letters, bolignummer H0201).

No register of streets is asked: a street is known by its form, and a postal code behind it by the register.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache

from pii_scan.detect.validators.verdict import REJECTED, UNSURE, VALID
from pii_scan.registry import data_folder

_CODE = re.compile(r"(?:\b(?:NO?)[- ]?)?\b(\d{4})[ \u00a0]+([^\W\d_]{2}[^\d,;]*)$", re.IGNORECASE)
"""The end of an address: postal code and place."""
_CODE_FIRST = re.compile(r"(NO?[- ]?)?(\d{4})[ \u00a0]+([^\W\d_]{2}[^\d,;]*)", re.IGNORECASE)
_HOUSE = re.compile(r"^(.*?)[ \u00a0.]*(?:nr\.? ?)?(\d{1,4})(?!\d)[ \u00a0]?([a-z](?![a-zæøå]))?", re.IGNORECASE)
_QUALIFIER = re.compile(r" (?:i \w+|pa \w+|s|n)$")
"""What a registered place has behind its name and people leave out: «Kristiansand S», «Mo i Rana»."""
_FOLDS = str.maketrans({"å": "a", "æ": "a", "ä": "a", "ø": "o", "ö": "o", "é": "e", "-": " ", "\u00a0": " "})
_ENDING = (
    r"gat[ae]n?|vei(?:en)?|veg(?:en)?|all[eé]e?n?|allmenningen|stredet|strede|svingen|torget|torv(?:et)?|torg|stien|smuget|"
    r"smauet|ka[iy]en|kaia|promenaden?|tråkket|plassen|bakken|bakkane|tunet|kroken|faret|løkk[ae]n?|terrassen?|"
    r"brygg(?:e|a|en|ene)|kleiva|gutua|geilen|rampen|stubben|leitet|grenda"
)
"""What names of streets end in and little else does."""
_SHORT = r"[rtdnskg]gt|[klvgd]egt|[bcdfghklmnprst]vn|[kltrdng]evn|[kdglrnt]ev"
"""«Storgt.», «Bjørnvn.», «Kirkev.»: endings of words like «solgt» and «navn» are not among them."""
_APART = re.compile(rf"{_ENDING}|gt|vn|v|plass|pl|bakke|sti|kai|minde|hage|park|gang|tun|gård|gard")
"""A last word that makes a street of the words before it."""
_JOINED = re.compile(rf"[^\W\d_]{{2,}}(?:{_ENDING})$|[^\W\d_](?:{_SHORT})$")
_NO_STREET = frozenset(
    "riksvei riksveg fylkesvei fylkesveg europavei europaveg motorvei motorveg hovedvei hovudveg omvei omveg kjørevei "
    "gangvei gangveg sykkelvei sykkelveg blindvei privatvei skogsbilvei grusvei anleggsvei adkomstvei rømningsvei "
    "luftvei halvvei melkevei underveien omveien motorveien halvveien gågate gågata sidegate sidegata parallellgate "
    "blindgate parkeringsplassen arbeidsplassen sitteplassen lagerplassen førsteplassen andreplassen tredjeplassen "
    "pallplassen bronseplass sølvplass gullplass parkeringsplass arbeidsplass sitteplass lagerplass hylleplass "
    "førsteplass andreplass tredjeplass båtplass colgate seagate watergate stargate tailgate tollgate floodgate "
    "aggregate delegate navigate investigate propagate mitigate irrigate interrogate congregate segregate surrogate "
    "corrugate conjugate litigate obligate promulgate frigate legate negate abrogate fumigate instigate relegate "
    "profligate".split()
)  # fmt: skip
"""Words of a street's form that name no street: kinds of road, ranks and seats, English words in -gate."""
_BOX = re.compile(r"(postboks)|p\.?b|boks", re.IGNORECASE)
_ORDINAL = frozenset(
    "den det denne en ei vår min din sin hver neste første andre tredje samme ny ingen riks fylkes kommunal privat "
    "offentlig vis gå på i til fra om ta parkerings arbeids bil hans hennes deres årets ukas egen god mer".split()
)
"""Words before «gate», «vei» or «plass» that make no name of it."""
_YEARS = range(1900, 2100)


def fold_place(name: str) -> str:
    """A place name as it is compared: lower case, å like a or aa, ø like o or oe, one space.

    >>> fold_place("ÅLGÅRD") == fold_place("Aalgaard"), fold_place("Bodø") == fold_place("BODO")
    (True, True)
    """
    plain = name.lower().replace("aa", "å").replace("ae", "æ").replace("oe", "ø")
    return " ".join(plain.translate(_FOLDS).split()).rstrip(".")


@cache
def register() -> dict[str, str]:
    """Code to place, as Posten writes it. Raises ConfigError when the data folder is missing."""
    lines = (data_folder("recognizers") / "no" / "postal_codes.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.partition("\t") for line in lines if line and not line.startswith("#"))
    return {code: place for code, _, place in rows}


@cache
def _folded() -> dict[str, str]:
    return {code: fold_place(place) for code, place in register().items()}


@cache
def _places() -> frozenset[str]:
    return frozenset(_folded().values())


@cache
def _regions() -> frozenset[tuple[str, str]]:
    """(first digit of the code, place): the parts of the country in which a place of that name lies."""
    return frozenset((code[0], place) for code, place in _folded().items())


@lru_cache(maxsize=1 << 16)
def _place_of(code: str, name: str) -> int:
    """VALID when the register has this place at this code (one letter may differ, words may follow); UNSURE when the
    code and the place exist, but not together.
    """
    place = fold_place(name)
    registered = _folded().get(code)
    if registered is not None:
        short = _QUALIFIER.sub("", registered)
        if place == registered or place.startswith(registered + " ") or place == short:
            return VALID
        if len(registered) >= 5 and _one_edit(place, registered):
            return VALID
    return UNSURE if place in _places() else REJECTED


def _one_edit(a: str, b: str) -> bool:
    """Whether two words differ by one letter: another, one more, one fewer."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    return a[start + 1 :] == b[start + 1 :] or a[start + 1 :] == b[start:] or a[start:] == b[start + 1 :]


def postal_place(text: str, as_of: date) -> int:
    """A postal code with its place, «0150 Oslo». VALID when the register has the pair; UNSURE when the pair is
    right but could be a year and a place («2000 Lillestrøm»), or when code and place are of the same region.

    A code without a place (a table's cell) is VALID when the register has it.
    """
    bare = text.strip()
    if bare.isascii() and bare.isdigit():
        return VALID if bare.zfill(4) in register() else REJECTED
    found = _CODE_FIRST.fullmatch(bare)
    if not found:
        return REJECTED
    nation, code, place = found.groups()
    judgement = _place_of(code, place)
    if int(code) in _YEARS and not nation:  # «N-2000» is no year
        return UNSURE if judgement == VALID else REJECTED
    if judgement == UNSURE and (code[0], fold_place(place)) not in _regions():
        return REJECTED
    return judgement


def street_address(text: str, as_of: date) -> int:
    """A street or post box with a number, alone or with postal code and place behind it.

    VALID: a name with a street's ending, a post box spelt out, and any name before a code and a place that the register
    has together. UNSURE: a name by itself, a post box in short. Rejected: kinds of road («riksvei 3»), a year for a
    number, a name that is no street's before a code and a place that do not belong together.
    """
    found = _CODE.search(text)
    head = text[: found.start()].rstrip(" \u00a0,;/|·–-") if found else text
    house = _HOUSE.match(head)
    if not house:
        return REJECTED
    name, number, letter = house.groups()
    box = _BOX.fullmatch(name.strip(" .\u00a0"))
    street = _street_form(name) if not box else VALID if box[1] else UNSURE
    if street == REJECTED or number.startswith("0"):
        return REJECTED
    if found is None:
        return REJECTED if int(number) in _YEARS and not letter and not box else street
    if box or street == VALID or _place_of(*found.groups()) == VALID:
        return VALID
    return REJECTED


def _street_form(name: str) -> int:
    """VALID for a name with a street's ending, REJECTED for what has the ending but is none, UNSURE for others.

    Compounds in -plass are seats and ranks more often than streets («Olavs plass» is written apart).
    """
    words = name.lower().replace("\u00a0", " ").split()
    if not words:
        return REJECTED
    last = words[-1].rstrip(".")
    if last in _NO_STREET:
        return REJECTED
    if _APART.fullmatch(last):
        return REJECTED if len(words) == 1 or words[-2] in _ORDINAL else VALID
    return VALID if _JOINED.search(last) else UNSURE
