"""Classes of characters as an automaton over UTF-8 wants them: ASCII as a set of bytes, others as sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

IGNORECASE, MULTILINE, DOTALL = 2, 8, 16

ByteSet = int
"""A set of byte values as a 256-bit integer."""

ALL_ASCII: ByteSet = (1 << 128) - 1


def byteset(values: Iterable[int]) -> ByteSet:
    """The set of the given byte values."""
    result = 0
    for value in values:
        result |= 1 << value
    return result


@cache
def byte_mask(values: ByteSet) -> npt.NDArray[np.bool_]:
    """(256,): which bytes are in the set."""
    packed = np.frombuffer(values.to_bytes(32, "little"), np.uint8)
    return np.asarray(np.unpackbits(packed, bitorder="little").astype(np.bool_))


DIGITS = byteset(b"0123456789")
WORD = DIGITS | byteset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE = byteset(b" \t\n\r\x0b\x0c")
_CATEGORIES = {"CATEGORY_DIGIT": DIGITS, "CATEGORY_WORD": WORD, "CATEGORY_SPACE": _SPACE}
_CASE_PARTNERS = {"i": "\u0130\u0131", "k": "\u212a", "s": "\u017f"}


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters that one item of an expression matches."""

    ascii_set: ByteSet
    sequences: tuple[bytes, ...] = ()
    """Single non-ASCII characters as UTF-8."""
    any_other: bool = False
    """Any non-ASCII character is let through ..."""
    approximate: bool = False
    """... though the expression takes only some of them."""


def charset(op: str, value: Any, flags: int) -> Charset:
    """The characters of an item of a parse tree that takes one."""
    if op == "ANY":
        return Charset(ALL_ASCII if flags & DOTALL else ALL_ASCII & ~(1 << 10), any_other=True)
    if op == "LITERAL":
        return _literal(chr(value), flags & IGNORECASE)
    if op == "NOT_LITERAL":
        return _negated(_literal(chr(value), flags & IGNORECASE))
    return _class(tuple(value), flags & IGNORECASE)


@cache
def _class(members: tuple[tuple[Any, Any], ...], flags: int) -> Charset:
    """The characters of a class, `[...]`; a repeat asks for the same one many times."""
    ascii_set, characters, approximate, negated = 0, set(), False, False
    for kind, detail in members:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            characters.add(chr(detail))
        elif name == "RANGE":
            first, last = detail
            characters.update(map(chr, range(first, min(last, first + 512) + 1)))
            approximate |= last > first + 512
        else:
            positive = _CATEGORIES[str(detail).replace("NOT_", "")]
            ascii_set |= ALL_ASCII & ~positive if "NOT_" in str(detail) else positive
            approximate = True
    single = _literals(characters, flags)
    approximate |= single.approximate
    union = Charset(ascii_set | single.ascii_set, single.sequences, approximate, approximate)
    return _negated(union) if negated else union


def _negated(charset: Charset) -> Charset:
    approximate = charset.approximate or bool(charset.sequences)
    return Charset(ALL_ASCII & ~charset.ascii_set, any_other=True, approximate=approximate)


@cache
def _literal(character: str, flags: int) -> Charset:
    return _literals({character}, flags)


def _literals(characters: set[str], flags: int) -> Charset:
    cased = False
    if flags & IGNORECASE:
        folded = {form for char in characters for form in (char, char.lower(), char.upper(), char.casefold())}
        folded = {form for form in folded | {form.upper() for form in folded} if len(form) == 1}
        folded |= {partner for char in folded for partner in _CASE_PARTNERS.get(char, "")}
        # Which signs fold onto a letter outside ASCII is for the expression to say
        cased = any(char >= "\x80" and (char.lower() != char or char.casefold() != char.upper()) for char in characters)
        characters = folded
    ascii_set = byteset(ord(char) for char in characters if char < "\x80")
    sequences = sorted(char.encode("utf-8", "surrogatepass") for char in characters if char >= "\x80")
    if cased or len(sequences) > 64:
        return Charset(ascii_set, any_other=True, approximate=True)
    return Charset(ascii_set, tuple(sequences))
