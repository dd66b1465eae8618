"""The public detector: texts in, a table of detections out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from pii_scan.detect.engine import Detections, RuleEngine, text_offsets
from pii_scan.detect.rules import Rule, load_rules
from pii_scan.detect.validators import SYNTHETIC

DETECTIONS = pa.schema(
    [
        pa.field("text", pa.int64(), False),
        pa.field("start", pa.int64(), False),
        pa.field("end", pa.int64(), False),
        pa.field("entity_type", pa.dictionary(pa.int32(), pa.string()), False),
        pa.field("score", pa.float32(), False),
        pa.field("synthetic", pa.bool_(), False),
        pa.field("recognizer", pa.dictionary(pa.int32(), pa.string()), False),
    ]
)
DEFAULT_MIN_SCORE = 0.4


class Detector:
    """Finds personal data in texts by rules.

    >>> table = Detector().detect_texts(["fnr 158880 10030", "intet her"])
    >>> table.select(["text", "start", "end"]).to_pylist()
    [{'text': 0, 'start': 4, 'end': 16}]
    """

    def __init__(
        self,
        rules: Sequence[Rule] | None = None,
        *,
        rule_paths: Iterable[str | Path] = (),
        only: Sequence[str] = (),
        min_score: float = DEFAULT_MIN_SCORE,
        resolve: bool = True,
        as_of: date | None = None,
    ) -> None:
        """`rules`: already loaded; else the built-in ones and those of `rule_paths`, of the entity types `only` if
        given.
        `min_score`: 0..1. `resolve`: keep one type for each span. `as_of`: the day that decides which numbers exist,
        today by default. Raises RuleError.
        """
        self.rules = tuple(rules) if rules is not None else load_rules(rule_paths, only=only)
        self.min_score = min_score
        self.resolve = resolve
        self.engine = RuleEngine(self.rules, as_of or datetime.now(tz=UTC).date())

    def detect(self, texts: pa.Array, header: str = "") -> Detections:
        """Detections as byte spans; `header` is the column's when the texts are cells."""
        return self.engine.detect(texts, header, min_score=self.min_score, resolve=self.resolve)

    def detect_texts(self, texts: Sequence[str] | pa.Array | pa.ChunkedArray, header: str = "") -> pa.Table:
        """One row a detection: text (index), start and end (code points, half-open), entity_type, score, synthetic,
        recognizer; sorted by text and start.
        """
        array = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.large_string())
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_string(array.type) and not pa.types.is_large_string(array.type):
            array = array.cast(pa.large_string())
        found = self.detect(array, header)
        start, end = _code_points(array, found)
        return pa.table(
            [
                pa.array(found.text),
                pa.array(start),
                pa.array(end),
                _names([rule.entity_type for rule in self.rules], found.rule),
                pa.array(found.score),
                pa.array((found.verdict & SYNTHETIC) != 0),
                _names([rule.id for rule in self.rules], found.rule),
            ],
            schema=DETECTIONS,
        )


def _names(names: list[str], rule: np.ndarray) -> pa.DictionaryArray:
    distinct = sorted(set(names))
    codes = np.array([distinct.index(name) for name in names] or [0], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes[rule], pa.int32()), pa.array(distinct, pa.string()))


def _code_points(texts: pa.Array, found: Detections) -> tuple[np.ndarray, np.ndarray]:
    """Byte offsets within texts as code point offsets: less one for each continuation byte of UTF-8 before."""
    if not len(found):
        return found.start, found.end
    offsets = text_offsets(texts)
    first = int(offsets[0])
    data = np.frombuffer(texts.buffers()[2], np.uint8)[first : int(offsets[-1])]
    continuing = np.flatnonzero((data & 0xC0) == 0x80)
    begin = offsets[found.text] - first
    before = np.searchsorted(continuing, begin)
    start = found.start - (np.searchsorted(continuing, begin + found.start) - before)
    end = found.end - (np.searchsorted(continuing, begin + found.end) - before)
    return start, end
