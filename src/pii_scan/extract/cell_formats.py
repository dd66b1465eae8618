"""Numbers of a sheet as a person sees them: identifiers without an exponent, serial dates as ISO dates, digit masks.

Reads styles.xml (SpreadsheetML, ECMA-376 part 1, 18.8). Thousands separators, currencies and colours are not rendered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from pii_scan.extract.office_text import Reader
from pii_scan.model import Limits

Format = Callable[[str], str]

_BUILT_IN = {  # ECMA-376 part 1, 18.8.30; 27-36 and 50-58 are dates in East Asian files
    **dict.fromkeys([14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)], "d"),
    **dict.fromkeys([18, 19, 20, 21, 32, 33, 34, 35, 45, 47], "h"),
    22: "d h",
}
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].')
_BRACKET = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_MASK = re.compile(r"[0#? ().+/-]*")
_DAY_SECONDS = 86400
_HEADING_CODE = re.compile(r'&(?:(&)|([LCR])|"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3} ?|[A-Za-z])')
"""ECMA-376 part 1, 18.3.1.46: sections, fonts, sizes, colours, fields of a heading; `&&` is the sign itself."""


def heading_text(text: str) -> str:
    r"""The header or footer of a printed sheet without its codes, each section on a line of its own.

    >>> heading_text('&L&"Arial,Bold"&12 Kari && Ola&Ckari@example.no&RSide &P av &N')
    'Kari & Ola\nkari@example.no\nSide  av '
    """
    return _HEADING_CODE.sub(lambda code: code[1] or ("\n" if code[2] else ""), text).removeprefix("\n")


def number_text(value: str) -> str:
    """A stored number in plain digits, to the 15 digits that a spreadsheet keeps.

    >>> [number_text(v) for v in ("15888010030", "1.588801003E10", "1.5888010030000001E10", "12.50", "1E400")]
    ['15888010030', '15888010030', '15888010030', '12.5', '1E400']
    """
    if value.isdigit():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if not abs(number) < 1e300:
        return value
    text = f"{number:.15g}"
    return f"{float(text):.0f}" if "e+" in text and abs(number) < 1e21 else text


@lru_cache(maxsize=1 << 16)
def date_text(value: str, kind: str, date1904: bool) -> str:
    """A serial date as ISO 8601 (ECMA-376 part 1, 18.17.4.1); a number that is no date comes back as a number.

    `kind` is `d` (date), `h` (time of day) or `d h`. The 1900 system counts a 29 February 1900 that never was.

    >>> date_text("32874", "d", False), date_text("31412", "d", True), date_text("59.5", "d h", False)
    ('1990-01-01', '1990-01-01', '1900-02-28T12:00:00')
    """
    try:
        serial = float(value)
    except ValueError:
        return value
    if not 0 <= serial < 2958466:
        return number_text(value)
    if date1904:
        start = datetime(1904, 1, 1)  # noqa: DTZ001 - a date of the sheet, of no time zone
    else:
        start = datetime(1899, 12, 30) + timedelta(days=serial < 60)  # noqa: DTZ001
    try:
        moment = start + timedelta(seconds=round(serial * _DAY_SECONDS))
    except OverflowError:
        return number_text(value)
    if kind == "d":
        return moment.date().isoformat()
    return moment.time().isoformat() if kind == "h" and serial < 1 else moment.isoformat()


def masked_text(value: str, mask: str) -> str:
    """A whole number in a mask of digits, as spreadsheets show special formats; else `number_text`.

    >>> masked_text("1010112345", "000000 00000"), masked_text("7", "0000"), masked_text("1.5", "0000")
    ('010101 12345', '0007', '1.5')
    """
    digits = number_text(value)
    if not digits.isdigit():
        return digits
    out: list[str] = []
    left = list(digits)
    first = min(at for at, char in enumerate(mask) if char in "0#?")
    for at in range(len(mask) - 1, -1, -1):
        char = mask[at]
        if char in "0#?":
            out.append(left.pop() if left else "0" if char == "0" else "")
            if at == first:
                out.extend(reversed(left))
        elif left or "0" in mask[:at]:
            out.append(char)
    return "".join(reversed(out)).strip()


def format_of(code: str) -> tuple[str, str]:
    """What a number format makes of a number: `("date", kind)`, `("mask", mask)` or `("", "")`.

    >>> format_of("dd.mm.yyyy"), format_of('[$-414]000000" "00000'), format_of("#,##0.00"), format_of("[h]:mm")
    (('date', 'd'), ('mask', '000000 00000'), ('', ''), ('', ''))
    """
    section = _split_section(code)
    if _ELAPSED.search(section):
        return "", ""
    plain = _BRACKET.sub("", section)
    bare = _LITERAL.sub("", plain).lower()
    day = any(char in bare for char in "dy") or ("m" in bare and not any(char in bare for char in "hs"))
    clock = any(char in bare for char in "hs")
    if bare != "general" and (day or clock):
        return "date", " ".join(["d"] * day + ["h"] * clock)
    mask = _LITERAL.sub(lambda m: {'"': m.group()[1:-1], "\\": m.group()[1:]}.get(m.group()[0], ""), plain)
    if bare.count("0") >= 2 and "." not in bare and _MASK.fullmatch(mask):
        return "mask", mask
    return "", ""


def _split_section(code: str) -> str:
    """The section of a format for positive numbers."""
    quoted = False
    for at, char in enumerate(code):
        if char == '"':
            quoted = not quoted
        elif char == ";" and not quoted and code[at - 1 : at] != "\\":
            return code[:at]
    return code


class Styles(Reader):
    """styles.xml: the formats of cells, by the number that a cell's `s` names."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._codes: dict[str, str] = {}
        self._cells: list[str] = []

    def _begin(self, tag: str, attrs: dict[str, str]) -> None:
        if tag == "numFmt":
            self._codes[attrs.get("numFmtId", "")] = attrs.get("formatCode", "")
        elif tag == "xf" and len(self.stack) > 1 and self.stack[-2] == "cellXfs":
            self._cells.append(attrs.get("numFmtId", "0"))

    def formats(self, date1904: bool) -> dict[str, Format]:
        """What to make of a number, for each cell style that does not show it plainly."""
        found: dict[str, Format] = {}
        for at, number in enumerate(self._cells):
            shown = cell_format(number, self._codes, date1904)
            if shown is not None:
                found[str(at)] = shown
        return found


def cell_format(number: str, codes: Mapping[str, str], date1904: bool) -> Format | None:
    """What to make of a number by a number format: one of `codes` or a built-in one; None: show it plainly."""
    if number in codes:
        sort, rule = format_of(codes[number])
    else:
        sort, rule = "date", _BUILT_IN.get(int(number) if number.isdecimal() else -1, "")
    if sort == "date" and rule:
        return _dates(rule, date1904)
    return _masks(rule) if sort == "mask" else None


def _dates(kind: str, date1904: bool) -> Format:
    return lambda value: date_text(value, kind, date1904)


def _masks(mask: str) -> Format:
    return lambda value: masked_text(value, mask)
