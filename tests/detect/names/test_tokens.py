"""Hashes of words and of their parts, against words one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect.names.decode import best_tags
from pii_scan.detect.names.tokens import EDGE, WORD, Tokens, word_hashes

words = st.text("abcæøåABCÆØÅ-'é1", min_size=1, max_size=12).filter(lambda w: w.strip("-'") == w)


@given(st.lists(words, min_size=1, max_size=8))
def test_a_word_has_the_same_hash_wherever_it_stands(some: list[str]) -> None:
    joined = Tokens(" ".join(some))
    alone = [Tokens(word) for word in some]
    assert joined.hash[EDGE:-EDGE].tolist() == [h for tokens in alone for h in tokens.hash[EDGE:-EDGE].tolist()]


@given(st.lists(words, min_size=1, max_size=8))
def test_case_does_not_change_a_hash(some: list[str]) -> None:
    text = " ".join(some)
    assert Tokens(text.upper()).hash.tolist() == Tokens(text.lower()).hash.tolist()


@given(st.text(max_size=60))
def test_tokens_cover_every_character_that_is_no_space(text: str) -> None:
    tokens = Tokens(text)
    covered = np.zeros(len(text), bool)
    starts, ends = tokens.points(tokens.start), tokens.points(tokens.end)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        covered[start:end] = True
    assert all(char.isspace() for char, inside in zip(text, covered, strict=True) if not inside)


def test_a_joiner_between_letters_is_part_of_the_word() -> None:
    tokens = Tokens("Ann-Kristin - O'Hara")
    kept = [(s, e) for s, e, k in zip(tokens.start, tokens.end, tokens.kind, strict=True) if k == WORD]
    assert kept == [(0, 11), (14, 20)]


def test_hashes_of_lists_are_those_of_texts() -> None:
    assert word_hashes(["kari", "ola"]).tolist() == Tokens("Kari Ola").hash[EDGE:-EDGE].tolist()


def test_the_best_tags_are_those_of_trying_every_way() -> None:
    import itertools

    random = np.random.default_rng(5)
    transition = random.normal(size=(3, 4)).astype(np.float32)
    transition[2, 0] = transition[2, 3] = -1e4
    emission = random.normal(size=(9, 3)).astype(np.float32)
    run = np.array([0, 1, 5])
    tags = best_tags(emission, run, transition)
    for begin, end in ((0, 1), (1, 5), (5, 9)):

        def score(way: tuple[int, ...], begin: int = begin) -> float:
            steps = zip((3, *way[:-1]), way, strict=True)
            return float(
                sum(emission[begin + i, t] for i, t in enumerate(way)) + sum(transition[t, f] for f, t in steps)
            )

        best = max(itertools.product(range(3), repeat=end - begin), key=score)
        assert tuple(tags[begin:end].tolist()) == best
