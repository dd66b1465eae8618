from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pii_scan.detect.word_automaton import word_automaton

WORDS = ["fødselsnummer", "fnr", "nr", "kontonummer", "ær"]


@pytest.mark.parametrize("damage", [None, b"", b"PK nothing", "cut", "flipped"])
def test_what_is_kept_is_what_is_made(tmp_path: Path, damage: bytes | str | None) -> None:
    made = word_automaton(WORDS)
    first = word_automaton(WORDS, tmp_path)
    [file] = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 255
    if damage is not None:
        file.write_bytes(damage if isinstance(damage, bytes) else data[:-300] if damage == "cut" else data)
    for table, outputs in (first, word_automaton(WORDS, tmp_path)):
        assert np.array_equal(table, made[0])
        assert np.array_equal(outputs, made[1])


def test_other_words_are_another_automaton(tmp_path: Path) -> None:
    word_automaton(WORDS, tmp_path)
    assert np.array_equal(word_automaton(WORDS[1:], tmp_path)[0], word_automaton(WORDS[1:])[0])
