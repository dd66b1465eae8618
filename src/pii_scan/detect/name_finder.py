"""Person names at work beside the rules: as one stand-in rule without patterns, whose findings are like any other."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pii_scan.detect.engine import Detections, no_detections, text_offsets
from pii_scan.detect.names.columns import NameColumn
from pii_scan.detect.names.model import FILE
from pii_scan.detect.names.tagger import Mentioned, NameTagger
from pii_scan.detect.rules import Rule, load_rules
from pii_scan.detect.validators import UNSURE

ENTITY_TYPE = "PERSON"
RULE_ID = "names.person"
IN_COLUMN = 4
"""What stands for the column in place of a name's strength as the number of the pattern."""
LEAST_TEXT = 5
"""Bytes of a cell in which a name may stand among other words."""


@cache
def name_rule() -> Rule:
    """The rule under which names are kept; its digest is that of the model."""
    return Rule(
        id=RULE_ID, entity_type=ENTITY_TYPE, name="Norwegian person name", category="name", patterns=(), validator="",
        context=(), negative_context=(), context_boost=0.0, negative_penalty=0.0, references=(), examples=(),
        counter_examples=(), origin="names", digest=hashlib.sha256(FILE.read_bytes()).hexdigest(),
    )  # fmt: skip


def rules_and_names(only: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The built-in rules and the one of names, of the entity types `only` if given. Raises RuleError."""
    rules = load_rules(only=only, elsewhere=(ENTITY_TYPE,))
    return (*rules, name_rule()) if not only or ENTITY_TYPE in only else rules


class NameFinder:
    """Names in texts and columns, as detections of rule `number`."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._tagger = NameTagger()

    def in_texts(self, texts: pa.Array, mentioned: Mentioned | None = None, *, cells: bool = False) -> Detections:
        """Names in running text. With `mentioned` the texts are of one document, else each stands for itself."""
        if not len(texts):
            return no_detections()
        joined = "\n".join(text or "" for text in texts.to_pylist())
        size = np.asarray(pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False), np.int64)
        start = np.cumsum(size + 1) - size - 1
        apart = None if mentioned is not None or len(texts) == 1 else start
        found = self._tagger.find(joined, mentioned, apart, cells=cells)
        if not len(found):
            return no_detections()
        text = np.searchsorted(start, found.start, side="right") - 1
        ends = np.append(_byte_offsets(joined), len(joined.encode()))
        base = ends[start[text]]
        return self._made(text, ends[found.start] - base, ends[found.end] - base, found.strength, found.score)

    def in_cells(self, cells: pa.Array, column: NameColumn) -> Detections:
        """Names that fill cells, where the column holds names; else those inside longer cells."""
        which, score = column.detect(cells)
        if len(which):
            length = np.diff(text_offsets(cells))[which]
            return self._made(which, np.zeros(len(which), np.int64), length, np.full(len(which), IN_COLUMN), score)
        long = np.flatnonzero(np.diff(text_offsets(cells)) >= LEAST_TEXT)
        if not len(long):
            return no_detections()
        return self._in_long_cells(cells.take(pa.array(long)), long)

    def _in_long_cells(self, cells: pa.Array, numbers: npt.NDArray[np.int64]) -> Detections:
        """Of cells that are alike, only one is looked at."""
        encoded = cells.dictionary_encode()
        found = self.in_texts(encoded.dictionary, cells=True)
        if not len(found):
            return found
        found = found.repeated(encoded.indices.to_numpy(zero_copy_only=False), len(encoded.dictionary))
        return dataclasses.replace(found, text=numbers[found.text])

    def _made(
        self, text: npt.NDArray[np.int64], start: npt.NDArray[np.int64], end: npt.NDArray[np.int64],
        strength: npt.NDArray[np.generic], score: npt.NDArray[np.float32],
    ) -> Detections:  # fmt: skip
        n = len(text)
        return Detections(
            text.astype(np.int64), start.astype(np.int64), end.astype(np.int64), np.full(n, self._number, np.int16),
            strength.astype(np.int16), np.full(n, UNSURE, np.uint8), np.full(n, -1, np.int32),
            score.astype(np.float32), np.zeros(n, np.int16),
        )  # fmt: skip


def _byte_offsets(text: str) -> npt.NDArray[np.int64]:
    """Where each character begins in UTF-8."""
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    return np.flatnonzero((data & 0xC0) != 0x80)
