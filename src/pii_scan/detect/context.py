"""Words near a candidate that make it more, or less, likely. Moves a score; never vetoes, and never looks far.

The nearest word decides: last of the `BEFORE` characters before the candidate, else first of the `AFTER` characters that
follow on the same line. Words of up to four letters count whole, longer ones also inside compounds (Norwegian writes
«bankkontonummer» as one word). In a table the column's header stands before every cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pii_scan.detect.rules import Rule

BEFORE = 60
"""Characters."""
AFTER = 30
WHOLE_WORD = 4
"""Letters up to which a context word must stand alone."""


@dataclass(frozen=True, slots=True)
class ContextWords:
    """The compiled context words of one rule. Word i is positive when i < `positives`."""

    expression: re.Pattern[str] | None
    words: tuple[str, ...]
    positives: int
    boost: float
    penalty: float

    def nearest(self, before: str, after: str) -> int:
        """The number of the word that decides, or -1.

        >>> words = compile_words(("fnr",), ("faktura",), 0.3, 0.5)
        >>> words.nearest("fakturanr 12, fnr ", ""), words.nearest("fnr 1, faktura ", ""), words.nearest("", " (fnr)")
        (0, 1, 0)
        """
        if self.expression is None:
            return -1
        last = -1
        for found in self.expression.finditer(before[-BEFORE:].lower()):
            last = found.lastindex or 0
        if last < 0:
            follows = self.expression.search(after[:AFTER].partition("\n")[0].lower())
            last = follows.lastindex or 0 if follows else 0
        return last - 1

    def change(self, word: int) -> float:
        """What word number `word` does to a score."""
        if word < 0:
            return 0.0
        return self.boost if word < self.positives else -self.penalty


def compile_words(positive: tuple[str, ...], negative: tuple[str, ...], boost: float, penalty: float) -> ContextWords:
    """The words as one expression with a group for each."""
    words = (*positive, *negative)
    groups = []
    for word in words:
        escaped = re.escape(word)
        groups.append(f"((?<![^\\W_]){escaped}(?![^\\W\\d_]))" if len(word) <= WHOLE_WORD else f"({escaped})")
    # Longer words first would change group numbers; instead the alternatives keep their order and the search takes the
    # leftmost, which is what «nearest» needs.
    expression = re.compile("|".join(groups)) if groups else None
    return ContextWords(expression, words, len(positive), boost, penalty)


def rule_words(rule: Rule) -> ContextWords:
    """The context words of `rule`."""
    return compile_words(rule.context, rule.negative_context, rule.context_boost, rule.negative_penalty)
