"""Detections with the words that are shown of them in place of rule numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pii_scan.detect.detector import Detector
from pii_scan.detect.engine import Detections
from pii_scan.detect.validators import SYNTHETIC
from pii_scan.findings.collect import Hits, Label

_FEW = 16
_Kind = tuple[int, int, int, int, int]


class Labelled:
    """Remembers the labels of one detector: there are few kinds of detections."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._numbers: dict[_Kind, int] = {}
        self._labels: list[Label] = []

    def hits(self, found: Detections) -> Hits:
        """The detections as rows are made of."""
        columns: tuple[npt.NDArray[Any], ...] = (found.rule, found.pattern, found.verdict, found.word, found.note)
        if len(found) <= _FEW:
            each = zip(*(column.tolist() for column in columns), strict=True)
            label = np.array([self._number(kind) for kind in each], np.int64)
        else:
            combined = found.word.astype(np.int64) + 1 << 12  # a word is -1 where there is none
            for column, shift in ((found.rule, 48), (found.pattern, 40), (found.verdict, 32), (found.note, 0)):
                combined += column.astype(np.int64) << shift
            _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
            each = zip(*(column[first].tolist() for column in columns), strict=True)
            label = np.array([self._number(kind) for kind in each], np.int64)[inverse]
        synthetic = (found.verdict & SYNTHETIC) != 0
        return Hits(found.text, found.start, found.end, label, found.score, synthetic, self._labels)

    def _number(self, kind: _Kind) -> int:
        number = self._numbers.get(kind)
        if number is None:
            rule = self._detector.rules[kind[0]]
            reasons = "; ".join(self._detector.engine.reasons(*kind))
            number = self._numbers[kind] = len(self._labels)
            self._labels.append(Label(rule.entity_type, rule.category, rule.id, reasons))
        return number
