"""Overlapping detections: what Presidio drops within an entity type, and the one best type of each span."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


def drop_contained(group: _Ints, start: _Ints, end: _Ints, score: npt.NDArray[np.float32]) -> _Bools:
    """Which detections stay when, within each `group`, one inside another of equal or higher score is dropped.

    The rule of Presidio's `EntityRecognizer.remove_duplicates`. Of equal ones the first stays.
    """
    keep = np.ones(len(start), bool)
    if len(start) < 2:
        return keep
    order = np.lexsort((-score, -(end - start), start, group))
    g, s, e = group[order], start[order], end[order]
    reach = _running_end(g, e)
    suspect = np.zeros(len(s), bool)
    suspect[1:] = (g[1:] == g[:-1]) & (s[1:] < reach[:-1])
    # Most lie in the one right before them, which itself stays
    first = np.flatnonzero(suspect[1:] & ~suspect[:-1]) + 1
    inside = first[(e[first - 1] >= e[first]) & (score[order[first - 1]] >= score[order[first]])]
    keep[order[inside]], suspect[inside] = False, False
    for i in np.flatnonzero(suspect).tolist():
        me = order[i]
        j = i - 1
        while j >= 0 and g[j] == g[i] and reach[j] > s[i]:
            other = order[j]
            if keep[other] and e[j] >= e[i] and s[j] <= s[i] and score[other] >= score[me]:
                keep[me] = False
                break
            j -= 1
    return keep


def best_of_overlapping(start: _Ints, end: _Ints, score: npt.NDArray[np.float32], rank: _Ints) -> _Bools:
    """Which detections stay when each span keeps one: the highest score, then the longest, then the lowest `rank`."""
    keep = np.ones(len(start), bool)
    if len(start) < 2:
        return keep
    order = np.lexsort((end, start))
    s, e = start[order], end[order]
    reach = np.maximum.accumulate(e)
    cluster = np.concatenate([[0], np.cumsum(s[1:] >= reach[:-1])])
    sizes = np.bincount(cluster)
    crowded = np.flatnonzero(sizes > 1)
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    for number in crowded.tolist():
        members = order[firsts[number] : firsts[number + 1]].tolist()
        members.sort(key=lambda i: (-float(score[i]), -int(end[i] - start[i]), int(rank[i]), int(start[i])))
        taken: list[tuple[int, int]] = []
        for i in members:
            a, b = int(start[i]), int(end[i])
            if any(a < right and left < b for left, right in taken):
                keep[i] = False
            else:
                taken.append((a, b))
    return keep


def _running_end(group: _Ints, end: _Ints) -> _Ints:
    """The furthest end so far within each group; both sorted by group."""
    if not len(end):
        return end
    # Groups are lifted apart so that one running maximum serves all.
    lift = group.astype(np.int64) * (int(end.max()) + 1)
    return np.asarray(np.maximum.accumulate(end + lift) - lift)
