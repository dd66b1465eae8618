"""What a sample says of the rows that were not read: an upper bound, where no sampled row had a hit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class SampledPart:
    """A table of which only some rows were read."""

    target: str
    document: str
    """Masked."""
    rows: int | None
    """All rows, as the source estimates them; None where it does not know."""
    read: int
    random: bool = True
    """Drawn at random; otherwise the first that the source gave, of which nothing can be said of the rest."""

    @property
    def unread_bound(self) -> int | None:
        """Of all rows, the most that can hold something of which the sample had none, by `upper_share`; None where
        nothing can be said.
        """
        if self.rows is None or not self.random:
            return None
        return min(self.rows - self.read, math.floor(upper_share(self.read) * self.rows))


def upper_share(read: int, confidence: float = CONFIDENCE) -> float:
    """The largest share of rows with a hit that `read` rows drawn at random, none with a hit, leave room for.

    The exact one-sided bound of Clopper and Pearson (Biometrika 26, 1934, 404-413) for no hit: 1 - (1 - confidence) **
    (1 / read). At 95 % it is close to 3 / read, the rule of three (Hanley and Lippman-Hand, JAMA 249, 1983, 1743-1745).
    Rows drawn without replacement are bounded by less, so it is on the safe side. Holds for what the rules recognise.

    >>> round(upper_share(1000), 5)
    0.00299
    """
    return 1.0 if read <= 0 else -math.expm1(math.log1p(-confidence) / read)


def sampled_parts(manifest: Mapping[str, Any]) -> Iterator[SampledPart]:
    """The tables that a run read in part by drawing rows (`samples` of its manifest), largest bound first."""
    found = [
        SampledPart(part["target"], part["document"], part["total"], part["sampled"], part["random"])
        for part in manifest.get("samples") or ()
    ]
    unknown = math.inf
    yield from sorted(
        (part for part in found if part.rows is None or part.read < part.rows),
        key=lambda part: (-(unknown if part.unread_bound is None else part.unread_bound), part.document),
    )
