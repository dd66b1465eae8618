"""What the tests of the data readers share: cells of a walk by place, and mutants of a file that none may fall over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from pii_scan.model import ColumnOrigin, Limits, LineOrigin, PartOrigin

Place = tuple[str, int, str]
"""Sheet, row, header (or the number of a column without one)."""

SECRET = "planted.person@example.no"


def cells(result: Any, document: str = "") -> dict[Place, list[str]]:
    """Every cell of one document of a walk, the outermost by default; several where a list stands in one."""
    document = document or result.order[-1]
    found: dict[Place, list[str]] = {}
    for extracted in result.batches:
        origin = extracted.batch.origin
        if extracted.ref.display != document or not isinstance(origin, ColumnOrigin):
            continue
        for i, text in enumerate(extracted.batch.texts.to_pylist()):
            row = origin.first_row + i if origin.rows is None else int(origin.rows[i])
            found.setdefault((origin.sheet, row, origin.header or str(origin.column)), []).append(text)
    return found


def column(result: Any, header: str, sheet: str = "", document: str = "") -> dict[int, str]:
    """The single cells of one column by row."""
    found = {}
    for (in_sheet, row, name), texts in cells(result, document).items():
        if (in_sheet, name) == (sheet, header):
            [found[row]] = texts
    return found


def parts(result: Any, document: str = "") -> dict[str, str]:
    """Every part of one document of a walk."""
    document = document or result.order[-1]
    found = {}
    for extracted in result.batches:
        origin = extracted.batch.origin
        if extracted.ref.display == document and isinstance(origin, PartOrigin):
            found.update(zip(origin.parts, extracted.batch.texts.to_pylist(), strict=True))
    return found


def line_batches(result: Any, document: str = "") -> list[Any]:
    """The running text of one document of a walk, for `text_family.places`."""
    document = document or result.order[-1]
    return [
        extracted.batch
        for extracted in result.batches
        if extracted.ref.display == document and isinstance(extracted.batch.origin, LineOrigin)
    ]


def mutants(data: bytes, count: int = 200, seed: int = 4, spared: int = 0) -> Iterator[bytes]:
    """The data with bits flipped, cut short, overwritten or shuffled; the first `spared` bytes stay. The same ones in
    each run.
    """
    rng = random.Random(seed)
    for number in range(count):
        made, kind = bytearray(data), number % 5
        if kind == 0:
            for _ in range(rng.randrange(1, 30)):
                made[rng.randrange(spared, len(made))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del made[rng.randrange(spared, len(made)) :]
        elif kind == 2:
            at, size = rng.randrange(spared, len(made)), rng.randrange(1, 600)
            made[at : at + size] = bytes([rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))]) * size
        elif kind == 3:
            at, other, size = (rng.randrange(spared, len(made)) for _ in range(3))
            made[at : at + size % 512] = made[other : other + size % 512]
        else:
            at = rng.randrange(spared, len(made))
            made[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(1, 9))
        yield bytes(made)


def assert_survive(
    read: Callable[..., Any], data: bytes, name: str = "x", count: int = 200, spared: int = 0, seconds: float = 20
) -> None:
    """No mutant raises, hangs, vanishes or shows its content in a problem: each gives text, a problem, or is done."""
    limits = Limits(max_total_bytes=1 << 28, max_member_bytes=1 << 27)
    for number, mutant in enumerate(mutants(data, count, spared=spared)):
        started = time.monotonic()
        result = read(mutant, name, limits)
        assert time.monotonic() - started < seconds, number
        assert result.batches or result.problems or result.done[name].touched, number
        for problem in result.problems:
            assert "example.no" not in problem.detail and len(problem.detail) < 120, number
            assert "Error while reading" not in problem.detail or problem.ref.parent is not None, (number, problem)
