"""Found names as evidence that a word such as «epilepsi» is about a person: in its sentence, on either side."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect import evidence
from pii_scan.detect.engine import WITHOUT_EVIDENCE, Detections, text_offsets


def weigh_names(
    found: Detections, names: Detections, needs_person: npt.NDArray[np.bool_], texts: pa.Array
) -> Detections:
    """`found` in `texts`, with the whole score where words alone did not point at a person and a name does.

    `needs_person`: by rule, whether its words count only near a person.
    """
    if not len(names) or not len(found):
        return found
    asked = np.flatnonzero(needs_person[found.rule] & np.isin(found.text, names.text))
    if not len(asked):
        return found
    score = found.score.copy()
    offsets = text_offsets(texts)
    data = memoryview(texts.buffers()[2] or b"")
    for i in asked.tolist():
        number, start, end = int(found.text[i]), int(found.start[i]), int(found.end[i])
        text = bytes(data[int(offsets[number]) : int(offsets[number + 1])])
        before = text[max(start - evidence.BEFORE_BYTES, 0) : start].decode("utf-8", "ignore")
        after = text[end : end + evidence.AFTER_BYTES].decode("utf-8", "ignore")
        if evidence.person_near(before, after):
            continue
        left, right = evidence.sentence_around(before, after)
        low, high = start - len(left.encode()), end + len(right.encode())
        near = (names.text == number) & (names.start >= low) & (names.end <= high)
        if near.any():
            score[i] /= WITHOUT_EVIDENCE
    return dataclasses.replace(found, score=score)
