"""Keeps a set of expressions, taken apart and laid out, in a file, so that the next start need not do it again.

Holds what rules say, and nothing of what was scanned. A file that is not whole, or was made by other code, is left
aside: the layout is then made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import marshal
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pii_scan.cache_folder import read_own, write_own
from pii_scan.detect.expression import Expression, Lookahead, Lookbehind, Nfa
from pii_scan.detect.groups import Anchor, Layout
from pii_scan.detect.starts import DEPTH, Opening, Openings

MAX_FILES = 4
"""Older ones are deleted."""
_SOURCES = (
    "charset.py", "clusters.py", "expression.py", "groups.py", "layout_memory.py", "ordinary_text.py", "sieve.py",
    "starts.py",
)  # fmt: skip
"""What decides a layout."""

Expressions = Sequence[tuple[str, int]]


class Kept(NamedTuple):
    """What follows from a set of expressions alone."""

    layout: Layout
    uncompiled: list[tuple[int, str]]
    """Those that no automaton can run, with the reason."""
    read: Callable[[int], Expression]
    """The expression of a number, taken apart. Raises CannotCompile."""


def recall(expressions: Expressions, folder: Path) -> Kept | None:
    """What is kept of `expressions`; None where nothing is."""
    try:
        content = read_own(folder, _name(expressions))
        if content is None:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            return _kept({name: kept[name] for name in kept.files})
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def keep(expressions: Expressions, folder: Path, made: Kept) -> None:
    """Writes it; where that is not possible, the next start takes longer."""
    arrays = _arrays(made, len(expressions))
    write_own(folder, _name(expressions), lambda out: np.savez(out, **arrays), MAX_FILES)


def _name(expressions: Expressions) -> str:
    said = json.dumps([_code(), sys.version, np.__version__, list(expressions)])
    return f"layout-{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.npz"


@cache
def _code() -> str:
    folder = Path(__file__).parent
    return hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()


def _arrays(made: Kept, count: int) -> dict[str, Any]:
    openings, sieve = made.layout.openings.tables
    layout, beyond = made.layout, {number for number, _ in made.uncompiled}
    told = {
        "uncompiled": made.uncompiled,
        "together": [[list(members), str(int(clusters))] for members, clusters in layout.together],
        "anchored": [[n, str(one.bytes), one.prefix, one.opening.rate] for n, one in layout.anchored],
    }
    pairs = [np.packbits(one.opening.pairs) for _, one in layout.anchored]
    around = [np.packbits([one.before, one.after]) for _, one in layout.anchored]
    plain = [b"" if n in beyond else marshal.dumps(_plain(made.read(n))) for n in range(count)]
    return {
        "told": np.frombuffer(json.dumps(told).encode(), np.uint8), "openings": openings, "sieve": sieve,
        "pairs": np.array(pairs, np.uint8), "around": np.array(around, np.uint8),
        "expressions": np.frombuffer(b"".join(plain), np.uint8),
        "ends": np.cumsum([len(one) for one in plain], dtype=np.int64),
    }  # fmt: skip


def _kept(kept: Mapping[str, Any]) -> Kept:
    told = json.loads(kept["told"].tobytes())
    anchored = []
    for place, (number, anchor, prefix, rate) in enumerate(told["anchored"]):
        opening = np.unpackbits(kept["pairs"][place]).reshape(DEPTH, 256, 256).astype(np.bool_)
        before, after = np.unpackbits(kept["around"][place]).reshape(2, 256).astype(np.bool_)
        anchored.append((number, Anchor(int(anchor), prefix, before, after, Opening(opening, rate))))
    together = tuple((tuple(members), np.uint64(int(clusters))) for members, clusters in told["together"])
    uncompiled = [(number, reason) for number, reason in told["uncompiled"]]
    blob, ends = kept["expressions"].tobytes(), [0, *kept["ends"].tolist()]

    @cache
    def read(number: int) -> Expression:
        return _made(marshal.loads(blob[ends[number] : ends[number + 1]]))

    openings = Openings.of_tables(kept["openings"], kept["sieve"])
    return Kept(Layout(openings, together, tuple(anchored)), uncompiled, read)


def _plain(one: Expression) -> tuple[Any, ...]:
    """An expression as numbers and tuples alone, each distinct one once: `marshal` writes it once, too.

    Tuples, so that what is read need not be made over, and that the garbage collector need not look through it.
    """
    same: dict[Any, Any] = {}
    edges = tuple(
        tuple(same.setdefault((mask, to), (same.setdefault(mask, mask), to)) for mask, to in state)
        for state in one.nfa.edges
    )
    epsilon = tuple(map(tuple, one.nfa.epsilon))
    behind = tuple((item.negated, item.alternatives) for item in one.lookbehinds)
    ahead = tuple((item.negated, _plain(item.expression), item.exact) for item in one.lookaheads)
    rest = (one.boundary_before, one.boundary_after, one.anchored, one.reach, one.width, one.labelled, one.approximate)
    return epsilon, edges, one.start, one.end, one.exact, behind, ahead, rest


def _made(plain: tuple[Any, ...]) -> Expression:
    """The inverse of `_plain`."""
    epsilon, edges, start, end, exact, behind, ahead, rest = plain
    behinds = tuple(Lookbehind(negated, alternatives) for negated, alternatives in behind)
    aheads = tuple(Lookahead(negated, _made(inner), sure) for negated, inner, sure in ahead)
    return Expression(Nfa(epsilon, edges), start, end, exact, behinds, aheads, *rest)
