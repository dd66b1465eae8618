"""Found names as evidence that a word such as «epilepsi» is about a person: in its sentence, on either side."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.detect import evidence
from pii_scan.detect.cell_bytes import text_offsets
from pii_scan.detect.engine import WITHOUT_EVIDENCE, Detections


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
    name_start, name_end = (np.sort(offsets[names.text] + place) for place in (names.start, names.end))
    for i in asked.tolist():
        first, last = int(offsets[found.text[i]]), int(offsets[found.text[i] + 1])
        start, end = first + int(found.start[i]), first + int(found.end[i])
        before = bytes(data[max(start - evidence.BEFORE_BYTES, first) : start]).decode("utf-8", "ignore")
        after = bytes(data[end : min(end + evidence.AFTER_BYTES, last)]).decode("utf-8", "ignore")
        left, right = evidence.sentence_around(before, after)
        low, high = start - len(left.encode()), end + len(right.encode())
        # of names, which do not overlap, one lies between two places if more have begun at the first than not ended
        within = np.searchsorted(name_end, high, "right") > np.searchsorted(name_start, low, "left")
        if within and not evidence.person_near(before, after):
            score[i] /= WITHOUT_EVIDENCE
    return dataclasses.replace(found, score=score)
