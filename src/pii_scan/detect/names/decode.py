"""The best tags for runs of words (Viterbi, 1967): many runs at a time, step by step along them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pii_scan.detect.names.tokens import Codes, Ints
from pii_scan.kernel import native

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
START = 3
"""Column of the transitions that stands for the edge of a run."""
Floats = npt.NDArray[np.float32]


def best_tags(emission: Floats, run: Ints, transition: Floats) -> Codes:
    """The tag of each word. `emission`: (words, 3). `run`: where runs begin. `transition`: (to, from), START included;
    no run begins INSIDE, and INSIDE never follows OUTSIDE.
    """
    tags = np.zeros(len(emission), np.uint8)
    if not len(run):
        return tags
    kernel = native()
    if kernel is not None:
        kernel.tags(emission, run, transition, np.empty((len(emission), 3), np.uint8), tags)
        return tags
    size = np.diff(np.append(run, len(emission)))
    order = np.argsort(-size, kind="stable")
    run, size = run[order], size[order]
    steps = int(size[0])
    active = [int(np.searchsorted(-size, -step, side="left")) for step in range(steps)]
    back = np.zeros((len(emission), 3), np.uint8)
    score = emission[run] + transition[:, START]
    final = np.empty_like(score)
    for step in range(1, steps):
        final[active[step] : len(score)] = score[active[step] :]
        score = score[: active[step]]
        options = score[:, None, :] + transition[None, :, :3]
        place = run[: active[step]] + step
        back[place] = options.argmax(2)
        score = options.max(2) + emission[place]
    final[: len(score)] = score
    tag = final.argmax(1).astype(np.uint8)
    for step in range(steps - 1, -1, -1):
        running = size > step
        last = run[running] + step
        tags[last] = tag[running]
        tag[running] = back[last, tag[running]]
    return tags


def spans_of_tags(tags: Codes, run: Ints) -> tuple[Ints, Ints]:
    """(first, last) word of each name."""
    begin = (tags == BEGIN).nonzero()[0]
    if not len(begin):
        return begin, begin
    edges = np.zeros(len(tags) + 1, bool)
    edges[run] = True
    edges[-1] = True
    edges[:-1] |= tags != INSIDE
    edge = np.flatnonzero(edges)
    stop = edge[np.searchsorted(edge, begin, side="right")]
    return begin, stop - 1
