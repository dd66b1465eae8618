"""What the rest of a column or a text said about a value, kept with it as one number: kind and percentage."""

from __future__ import annotations

TYPED, MALFORMED, OTHER_KIND, CHANCE, COMPLETED = 1, 2, 3, 4, 5
WEAKENED = 0.25
"""Score that is left to a value which the rest of its column or text speaks against."""
_KIND = 128

_WORDS = {
    TYPED: "{percent} % of the column's cells pass the check",
    MALFORMED: "does not pass the check itself; {percent} % of the column's cells do",
    OTHER_KIND: "weakened: the column holds another kind of number",
    CHANCE: "weakened: no more such values pass the check than chance would have it",
    COMPLETED: "completes the date in another column to a national number, as {percent} % of the cells do",
}


def note(kind: int, percent: int = 0) -> int:
    """The number that stands for `kind` and `percent` (0 to 100)."""
    return kind * _KIND + percent


def note_text(number: int) -> str:
    """A note in words a person can read; empty for 0.

    >>> note_text(note(TYPED, 98))
    "98 % of the column's cells pass the check"
    """
    kind, percent = divmod(number, _KIND)
    return _WORDS[kind].format(percent=percent) if kind else ""
