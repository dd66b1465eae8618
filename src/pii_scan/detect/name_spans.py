"""Where personal data stands in the names of files, columns and parts."""

from __future__ import annotations

from collections.abc import Callable

from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.detect.detector import Detector
from pii_scan.detect.presidio_guest import GuestError


def finder(detector: Detector) -> Callable[[list[str]], list[list[tuple[int, int]]]]:
    """Given names, the code point spans of personal data in each. A name that a rule cannot be tried on in time, or
    that a guest fails on, counts as personal data from end to end.
    """

    def find(names: list[str]) -> list[list[tuple[int, int]]]:
        spans: list[list[tuple[int, int]]] = [[] for _ in names]
        try:
            found = detector.detect_texts(names)
        except (ExpressionTimeout, GuestError):
            return [[(0, len(name))] for name in names]
        for row in found.select(["text", "start", "end"]).to_pylist():
            spans[row["text"]].append((row["start"], row["end"]))
        for number, start, end in detector.own_words(names):
            spans[number].append((start, end))
        return spans

    return find
