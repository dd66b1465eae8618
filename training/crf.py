"""Trains a linear-chain conditional random field (Lafferty, McCallum, Pereira, 2001) by L-BFGS (Nocedal, 1980).

In NumPy, over runs of equal length at a time; the same input gives the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_TAGS, _START = 3, 3
_FORBIDDEN = -1e4
_HISTORY = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """Words in runs, as `features.Candidates` has them, with their right tags."""

    features: npt.NDArray[np.int32]
    run: Ints
    tags: Ints


def fit(sample: Sample, *, width: int, penalty: float, steps: int, say: Callable[[str], None]) -> tuple[Floats, Floats]:
    """(emission (2, width), transition (3, 4)). `penalty`: of the sum of squares."""
    loss = _Loss(sample, width, penalty)
    weights = _minimised(loss, np.zeros(2 * width + _TAGS * 4), steps, say)
    return weights[: 2 * width].reshape(2, width), _allowed(weights[2 * width :].reshape(_TAGS, 4))


def _product(a: Floats, b: Floats) -> float:
    """Of two vectors; unlike `a @ b` it is the same however many processors there are."""
    return float((a * b).sum())


def _allowed(transition: Floats) -> Floats:
    out = transition.copy()
    out[2, 0] = out[2, _START] = _FORBIDDEN
    return out


class _Loss:
    """The negative log-likelihood and its gradient."""

    def __init__(self, sample: Sample, width: int, penalty: float) -> None:
        self._sample, self._width, self._penalty = sample, width, penalty
        size = np.diff(np.append(sample.run, len(sample.tags)))
        self._groups = [
            sample.run[size == length][:, None] + np.arange(length)[None, :] for length in np.unique(size).tolist()
        ]
        self._flat = sample.features.ravel()

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        width, sample = self._width, self._sample
        emission = np.zeros((len(sample.tags), _TAGS))
        for tag in (0, 1):
            emission[:, tag + 1] = weights[tag * width : (tag + 1) * width][sample.features].sum(axis=1)
        transition = _allowed(weights[2 * width :].reshape(_TAGS, 4))
        total, residual, moves = 0.0, np.zeros_like(emission), np.zeros((_TAGS, 4))
        for group in self._groups:
            total += _group_loss(emission[group], sample.tags[group], transition, group, residual, moves)
        gradient = 2 * self._penalty * weights
        each = sample.features.shape[1]
        for tag in (0, 1):
            spread = np.repeat(residual[:, tag + 1], each)
            gradient[tag * width : (tag + 1) * width] += np.bincount(self._flat, spread, minlength=width)
        moves[2, 0] = moves[2, _START] = 0
        gradient[2 * width :] += moves.ravel()
        return total + self._penalty * _product(weights, weights), gradient


def _log_sum(values: Floats, axis: int) -> Floats:
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis))


def _group_loss(
    emission: Floats, tags: Ints, transition: Floats, group: Ints, residual: Floats, moves: Floats
) -> float:
    """The loss of runs of one length; adds expected less seen counts to `residual` and `moves`."""
    count, length = tags.shape
    inner = transition[:, :3]
    forward, backward = np.zeros_like(emission), np.zeros_like(emission)
    forward[:, 0] = emission[:, 0] + transition[:, _START]
    for t in range(1, length):
        forward[:, t] = _log_sum(forward[:, t - 1, None, :] + inner[None], 2) + emission[:, t]
    for t in range(length - 2, -1, -1):
        backward[:, t] = _log_sum((emission[:, t + 1] + backward[:, t + 1])[:, :, None] + inner[None], 1)
    partition = _log_sum(forward[:, -1], 1)
    rows = np.arange(count)
    residual[group] = np.exp(forward + backward - partition[:, None, None])
    moves[:, _START] += residual[group[:, 0]].sum(axis=0)
    gold = transition[tags[:, 0], _START] + emission[rows, 0, tags[:, 0]]
    np.add.at(moves[:, _START], tags[:, 0], -1)
    for t in range(1, length):
        pair = forward[:, t - 1, None, :] + inner[None] + (emission[:, t] + backward[:, t])[:, :, None]
        moves[:, :3] += np.exp(pair - partition[:, None, None]).sum(axis=0)
        gold += transition[tags[:, t], tags[:, t - 1]] + emission[rows, t, tags[:, t]]
        np.add.at(moves, (tags[:, t], tags[:, t - 1]), -1)
    np.add.at(residual, (group.ravel(), tags.ravel()), -1)
    return float((partition - gold).sum())


def _minimised(loss: _Loss, point: Floats, steps: int, say: Callable[[str], None]) -> Floats:
    value, slope = loss(point)
    past: list[tuple[Floats, Floats, float]] = []
    for step in range(steps):
        way = _direction(slope, past)
        length = 1.0 if past else 1.0 / max(float(np.abs(slope).sum()), 1e-12)
        falling = _product(slope, way)
        for _ in range(20):
            new_value, new_slope = loss(point + length * way)
            if new_value <= value + 1e-4 * length * falling:
                break
            length /= 2
        else:
            return point
        moved, turned = length * way, new_slope - slope
        if (curved := _product(moved, turned)) > 1e-10:
            past = [*past[-_HISTORY + 1 :], (moved, turned, 1 / curved)]
        done = value - new_value < 1e-5 * abs(value)
        point, value, slope = point + moved, new_value, new_slope
        if step % 10 == 0:
            say(f"step {step}: loss {value:.0f}")
        if done:
            break
    return point


def _direction(slope: Floats, past: list[tuple[Floats, Floats, float]]) -> Floats:
    """Minus the slope times the inverse of the curvature that the past steps tell."""
    way, used = slope.copy(), []
    for moved, turned, share in reversed(past):
        a = share * _product(moved, way)
        way -= a * turned
        used.append(a)
    if past:
        moved, turned, share = past[-1]
        way *= 1 / (share * _product(turned, turned))
    for (moved, turned, share), a in zip(past, reversed(used), strict=True):
        way += (a - share * _product(turned, way)) * moved
    return -way
