"""The words and the number formats of the reports, in bokmål and English. The words lie in `wording/<lang>`.

Decides nothing about what is shown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml

from pii_scan.errors import UsageError, nearest

LANGUAGES = ("nb", "en")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NARROW_SPACE = "\u202f"
"""Between groups of thousands in Norwegian: a narrow space that does not break."""
_GROUP = {"nb": _NARROW_SPACE, "en": ","}
_DECIMAL = {"nb": ",", "en": "."}
_MONTHS_EN = "January February March April May June July August September October November December".split()
_MONTHS_NB = "januar februar mars april mai juni juli august september oktober november desember".split()


class Wording:
    """The words of one language."""

    def __init__(self, lang: str, texts: dict[str, str | dict[str, str]]) -> None:
        self.lang = lang
        self._texts = texts

    @property
    def group(self) -> str:
        """What stands between thousands."""
        return _GROUP[self.lang]

    @property
    def decimal(self) -> str:
        """The decimal sign."""
        return _DECIMAL[self.lang]

    def keys(self) -> set[str]:
        """All keys, dotted."""
        return set(self._texts)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, its plural chosen by `n`, whole numbers as the language writes them. Raises KeyError."""
        text = self._texts[key]
        if isinstance(text, dict):
            text = text["one" if values["n"] == 1 else "other"]
        shown = {name: self.number(v) if isinstance(v, int) else v for name, v in values.items()}
        return text.format(**shown)

    def raw(self, key: str) -> str:
        """The text of a key as it stands, for a script that fills it in. Raises KeyError; TypeError for a plural."""
        text = self._texts[key]
        if isinstance(text, dict):
            raise TypeError(f"{key} has a plural")
        return text

    def number(self, value: int) -> str:
        """A whole number with groups of thousands."""
        return f"{value:,}".replace(",", self.group)

    def score(self, value: float) -> str:
        """A score from 0 to 1, two decimals."""
        return f"{value:.2f}".replace(".", self.decimal)

    def percent(self, part: int, whole: int) -> str:
        """A share, rounded down so that 100 % means all; a dash where there is no whole."""
        if not whole:
            return "–"
        tenths = part * 1000 // whole
        text = f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}{self.decimal}{tenths % 10}"
        return f"{text}\u00a0%" if self.lang == "nb" else f"{text}%"

    def size(self, count: int) -> str:
        """A number of bytes, in units of 1000 (SI), three figures."""
        value, unit = float(count), "B"
        for unit in ("B", "kB", "MB", "GB", "TB", "PB"):  # noqa: B007
            if value < 999.5 or unit == "PB":
                break
            value /= 1000
        digits = 0 if unit == "B" or value >= 99.95 else 1
        return f"{value:.{digits}f}".replace(".", self.decimal) + f"\u00a0{unit}"

    def day(self, value: date | None) -> str:
        """A date as the language writes it in tables: 03.05.2024 or 2024-05-03; a dash where it is not known."""
        if value is None:
            return "–"
        return value.strftime("%d.%m.%Y") if self.lang == "nb" else value.isoformat()

    def moment(self, value: str | None) -> str:
        """An ISO 8601 moment in words, in UTC; the text itself where it is none."""
        if not value:
            return "–"
        try:
            at = datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            return value
        if self.lang == "nb":
            return f"{at.day}. {_MONTHS_NB[at.month - 1]} {at.year} kl. {at:%H.%M} UTC"
        return f"{at.day} {_MONTHS_EN[at.month - 1]} {at.year}, {at:%H:%M} UTC"


@cache
def wording(lang: str) -> Wording:
    """The words of a language. Raises UsageError where it is neither `nb` nor `en`."""
    if lang not in LANGUAGES:
        raise UsageError(f"reports are not written in {lang!r}", nearest(lang, LANGUAGES))
    texts: dict[str, str | dict[str, str]] = {}
    for file in sorted((resources.files("pii_scan.report") / "wording" / lang).iterdir(), key=lambda file: file.name):
        texts |= _flat(yaml.load(file.read_text("utf-8"), Loader=_LOADER))  # noqa: S506  both are safe loaders
    return Wording(lang, texts)


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str | dict[str, str]]:
    texts: dict[str, str | dict[str, str]] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            texts.update(_flat(value, f"{prefix}{key}."))
        else:
            texts[f"{prefix}{key}"] = value
    return texts
