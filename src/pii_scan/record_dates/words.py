"""What headers, keys and parts say of the dates under them: the word list `configs/record_dates.yaml`, compiled once.

Reads no dates itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pii_scan.errors import ConfigError
from pii_scan.registry import data_folder
from pii_scan.yaml_file import read_marked

MAX_BYTES = 64 << 10
MAX_HEADER = 200
"""A longer header is prose, and names nothing."""

_CAMEL = re.compile(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])|(?<=[A-ZÆØÅ])(?=[A-ZÆØÅ][a-zæøå])")
_GAPS = re.compile(r"[^a-z0-9æøåäöü]+")


@dataclass(frozen=True, slots=True)
class Words:
    """The word list."""

    excluded: re.Pattern[str]
    """Of a plain header: its date is not the record's."""
    sorts: tuple[str, ...]
    """Best first."""
    exact: dict[str, int]
    """Plain header to number of its sort."""
    inside: tuple[tuple[int, re.Pattern[str]], ...]
    """Number of a sort and what names it within a plain header; in the order in which they are to be tried."""
    message_parts: tuple[str, ...]
    file_parts: tuple[str, ...]
    names: dict[str, Any]


_TRIED = ("period", "changed", "active", "ended", "created", "happened")
"""«date created», «last modified date»: the word that says more than that it is a date decides."""


def plain(header: str) -> str:
    """A header in the form of the word list.

    >>> plain("InvoiceDate"), plain("cbc:IssueDate"), plain("Sist_endret"), plain("LASTWriteTime")
    ('invoice date', 'cbc issue date', 'sist endret', 'last write time')
    """
    if len(header) > MAX_HEADER:
        return ""
    text = unicodedata.normalize("NFC", header)
    return _GAPS.sub(" ", _CAMEL.sub(" ", text).lower()).strip()


@lru_cache(maxsize=1 << 14)
def sort_of(header: str) -> int:
    """The number of the sort of date that a header or key names; -1 where it names none.

    >>> words().sorts[sort_of("Fakturadato")], words().sorts[sort_of("created_at")], sort_of("Fødselsdato")
    ('happened', 'created', -1)
    """
    text, known = plain(header), words()
    if not text or known.excluded.search(text):
        return -1
    if text in known.exact:
        return known.exact[text]
    for number, expression in known.inside:
        if expression.search(text):
            return number
    return -1


@cache
def words() -> Words:
    """The word list of this installation. Raises ConfigError where it is broken."""
    path = data_folder("configs") / "record_dates.yaml"
    content, _ = read_marked(path, MAX_BYTES, ConfigError, "a list of words for dates")
    try:
        excluded, sorts, parts = content["excluded"], content["sorts"], content["parts"]
        order = tuple(sorts)
        exact = {item.lstrip("="): n for n, name in enumerate(order) for item in sorts[name] if item[0] != "*"}
        inside = tuple((order.index(name), _any_of(sorts[name])) for name in _TRIED)
        no_date = "|".join([*map(re.escape, excluded["anywhere"]), rf"\b(?:{'|'.join(excluded['words'])})\b"])
        return Words(
            re.compile(no_date), order, exact, inside, tuple(parts["message"]), tuple(parts["file"]), content["names"]
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise ConfigError(f"{path}: not a list of words for dates ({type(problem).__name__})") from None


def _any_of(items: list[str]) -> re.Pattern[str]:
    forms = [rf"{re.escape(item[1:])}\b" if item[0] == "*" else rf"\b{re.escape(item)}\b" for item in items]
    return re.compile("|".join(form for form, item in zip(forms, items, strict=True) if item[0] != "="))
