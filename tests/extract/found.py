"""What came out of a document, by document and part, and mutants of documents: for the tests of Office formats."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pii_scan.model import ColumnOrigin, LineOrigin, PageOrigin, PartOrigin

COUNT = 200


def parts(result: Any, document: str) -> dict[str, str]:
    """Text by the name of its part, `page 3` for pages, of one document of a walk."""
    found: dict[str, list[str]] = defaultdict(list)
    for item in result.batches:
        if item.ref.display != document:
            continue
        origin, texts = item.batch.origin, item.batch.texts.to_pylist()
        if isinstance(origin, PartOrigin):
            for name, text in zip(origin.parts, texts, strict=True):
                found[name].append(text)
        elif isinstance(origin, LineOrigin):
            found[origin.part] += texts
        elif isinstance(origin, PageOrigin):
            found[f"page {origin.first_page}"] += texts
    return {name: "\n".join(texts) for name, texts in found.items()}


def cells(result: Any, document: str) -> dict[tuple[str, int, int], str]:
    """Cells by sheet, row and column, of one document of a walk."""
    found = {}
    for item in result.batches:
        origin = item.batch.origin
        if item.ref.display == document and isinstance(origin, ColumnOrigin):
            texts = item.batch.texts.to_pylist()
            numbers = range(origin.first_row, origin.first_row + len(texts))
            for row, text in zip(numbers if origin.rows is None else origin.rows.tolist(), texts, strict=True):
                assert (origin.sheet, row, origin.column) not in found
                found[origin.sheet, row, origin.column] = text
    return found


def headers(result: Any) -> dict[tuple[str, int], set[str]]:
    """The headers of each column, by sheet and column."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for item in result.batches:
        if isinstance(item.batch.origin, ColumnOrigin):
            found[item.batch.origin.sheet, item.batch.origin.column].add(item.batch.origin.header)
    return found


def line_of(result: Any, document: str, part: str, value: str) -> int:
    """The 1-based line on which a value lies in a part."""
    for item in result.batches:
        origin = item.batch.origin
        if item.ref.display == document and isinstance(origin, LineOrigin) and origin.part == part:
            text = item.batch.texts[0].as_py()
            if value in text:
                return origin.first_line + text[: text.index(value)].count("\n")
    raise AssertionError(f"{value} is not in part {part!r}")


def mutants(data: bytes, count: int = COUNT, seed: int = 20261122) -> Iterator[bytes]:
    """The data with bytes changed, overwritten in runs, moved, or cut off. The same ones in each run."""
    chance = random.Random(seed)
    for _ in range(count):
        changed = bytearray(data)
        kind = chance.random()
        if kind < 0.6:
            high = len(changed) if kind < 0.45 else min(len(changed), 2048)
            for _ in range(chance.randint(1, 12)):
                changed[chance.randrange(high)] = chance.randrange(256)
        elif kind < 0.75:
            changed = changed[: chance.randrange(len(changed))]
        elif kind < 0.9:
            at, size = chance.randrange(len(changed)), chance.randint(1, 600)
            changed[at : at + size] = bytes([chance.choice([0, 1, 127, 255])]) * size
        else:
            to, start, size = chance.randrange(len(changed)), chance.randrange(len(changed)), chance.randint(1, 2000)
            changed[to : to + size] = changed[start : start + size]
        yield bytes(changed)


def none_goes_astray(read: Any, data: bytes, name: str, count: int = COUNT) -> None:
    """Every mutant ends in texts, problems or a sound document, and no parser raises what is not told of."""
    for number, mutant in enumerate(mutants(data, count)):
        result = read(mutant, name)
        assert result.problems or result.batches or result.done[name].touched, number
        assert not [p for p in result.problems if "Error while" in p.detail], (number, result.problems)
