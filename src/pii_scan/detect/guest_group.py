"""Guests of several kinds as one: Presidio recognizers and language models, each under its own stand-in rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from pii_scan.detect.engine import Detections, Guests


class GuestGroup:
    """As `engine.Guests`; the rules of each kind follow those of the one before."""

    def __init__(self, kinds: Sequence[Guests]) -> None:
        self._kinds = list(kinds)
        self.rules = tuple(rule for kind in kinds for rule in kind.rules)

    def hear(self, beat: Callable[[], None]) -> None:
        """Tells each whom to call while it works."""
        for kind in self._kinds:
            kind.hear(beat)

    def detect(self, texts: pa.Array, header: str, first_rule: int) -> Detections:
        """What they find, one kind after the other."""
        parts: list[Detections] = []
        for kind in self._kinds:
            parts.append(kind.detect(texts, header, first_rule))
            first_rule += len(kind.rules)
        return Detections.joined([part for part in parts if len(part)])
