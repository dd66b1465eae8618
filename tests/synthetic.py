"""Numbers for tests: Skatteetaten's test series (month + 80), Test-Norge's organisations, accounts."""

from __future__ import annotations

import random

_K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORGNR = (3, 2, 7, 6, 5, 4, 3, 2)


def _control(stem: str, weights: tuple[int, ...]) -> int:
    return -sum(weight * int(digit) for weight, digit in zip(weights, stem, strict=True)) % 11


def national_number(rng: random.Random, *, d_number: bool = False) -> str:
    """A fødselsnummer or D-number of a test person born in the last century."""
    while True:
        day = rng.randint(1, 28) + (40 if d_number else 0)
        stem = f"{day:02}{rng.randint(81, 92)}{rng.randint(40, 99)}{rng.randint(0, 499):03}"
        first = _control(stem, _K1)
        second = _control(f"{stem}{first}", _K2) if first < 10 else 10
        if second < 10:
            return f"{stem}{first}{second}"


def account_number(rng: random.Random) -> str:
    """A kontonummer that no rule reads as a person's number."""
    while True:
        stem = f"{rng.randint(9700, 9799)}{rng.randint(0, 999_999):06}"
        last = _control(stem, _K2)
        if last < 10 and (_control(stem[:9], _K1) - int(stem[9])) % 11 > 3:
            return f"{stem}{last}"


def organisation_number(rng: random.Random) -> str:
    """An organisasjonsnummer of Test-Norge."""
    while True:
        stem = f"{rng.randint(20_000_000, 39_999_999)}"
        last = _control(stem, _ORGNR)
        if last < 10:
            return f"{stem}{last}"


def nationals(count: int, seed: int = 1) -> list[str]:
    """`count` fødselsnummer."""
    rng = random.Random(seed)
    return [national_number(rng) for _ in range(count)]


def accounts(count: int, seed: int = 1) -> list[str]:
    """`count` kontonumre."""
    rng = random.Random(seed)
    return [account_number(rng) for _ in range(count)]


def random_numbers(count: int, digits: int = 11, seed: int = 1) -> list[str]:
    """`count` numbers of so many random digits."""
    rng = random.Random(seed)
    return [f"{rng.randrange(10**digits):0{digits}}" for _ in range(count)]
