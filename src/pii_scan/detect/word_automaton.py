"""Words as one automaton over bytes (Aho and Corasick, 1975), kept in a file so that the next start is short."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pii_scan.cache_folder import read_own, write_own

MAX_FILES = 4
"""Older ones are deleted."""


def word_automaton(
    words: Sequence[str], memory: Path | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """(next state by state and byte, words that end in each state, shortest first). Upper case counts as lower.

    `memory`: folder in which it is kept.
    """
    if memory is None:
        return _made(words)
    name = _name(words)
    try:
        with np.load(io.BytesIO(read_own(memory, name) or b""), allow_pickle=False) as kept:
            return kept["table"], kept["outputs"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or not whole
        table, outputs = _made(words)
        write_own(memory, name, lambda out: np.savez(out, table=table, outputs=outputs), MAX_FILES)
        return table, outputs


def _name(words: Sequence[str]) -> str:
    said = json.dumps([np.__version__, list(words)]).encode("utf-8", "surrogatepass")
    return f"words-{hashlib.sha256(Path(__file__).read_bytes() + said).hexdigest()[:32]}.npz"


def _made(words: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    edges: list[dict[int, int]] = [{}]
    ends: list[list[int]] = [[]]
    for number, word in enumerate(words):
        state = 0
        for byte in word.lower().encode():
            if byte not in edges[state]:
                edges[state][byte] = len(edges)
                edges.append({})
                ends.append([])
            state = edges[state][byte]
        ends[state].append(number)
    table = np.zeros((len(edges), 256), np.int32)
    fail = [0] * len(edges)
    queue = [0]
    for state in queue:
        table[state] = table[fail[state]] if state else 0
        for byte, to in edges[state].items():
            fail[to] = int(table[fail[state], byte]) if state else 0
            table[state, byte] = to
            queue.append(to)
        ends[state] = sorted({*ends[state], *ends[fail[state]]}, key=lambda i: len(words[i]))
    upper = np.arange(256)
    for byte in range(65, 91):
        upper[byte] = byte + 32
    table = np.ascontiguousarray(table[:, upper])
    _fold_latin1(table)
    width = max(1, *(len(found) for found in ends))
    outputs = np.full((len(edges), width), -1, np.int32)
    for state, found in enumerate(ends):
        outputs[state, : len(found)] = found
    return table, outputs


def _fold_latin1(table: npt.NDArray[np.int32]) -> None:
    """Lets the capital letters of Latin-1 (U+00C0 to U+00DE, in UTF-8 C3 80 to C3 9E) run as their small ones."""
    after_c3 = np.unique(table[:, 0xC3])
    for state in after_c3[after_c3 > 0].tolist():
        table[state, 0x80:0x9F] = table[state, 0xA0:0xBF]
