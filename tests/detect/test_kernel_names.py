"""The compiled kernel finds the names that the NumPy code finds, in any text, and reads nothing outside its arrays."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan import kernel
from pii_scan.detect.names import around, features, words
from pii_scan.detect.names.cases import single_case
from pii_scan.detect.names.decode import best_tags
from pii_scan.detect.names.evidence import Listed, Lists, WordTable
from pii_scan.detect.names.model import Weights, built_in_model
from pii_scan.detect.names.tagger import Mentioned, Names, NameTagger
from pii_scan.detect.names.texts import Texts
from pii_scan.detect.names.tokens import Tokens, among, shared, word_hashes

if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
    from pii_scan.detect import _kernel as compiled
else:
    compiled = pytest.importorskip("pii_scan.detect._kernel", reason="the native kernel was not built here")
QUIET = settings(deadline=None, derandomize=True, database=None)
PIECES = (
    "Kari Ola Hansen Nordmann Berg Åse Lars-Erik von van der de hansen kari KARI HANSEN K. Hansen,Kari Karis Hansens "
    "D’Arcy O'Hara Hilsen Hei, Navn: author=Kari kari@example.no <ola.berg@example.no> – Šarić og på jeg til har ble "
    "def class Foo(Bar): /index.html 10.0; 42 = ; | \" [ ] gate 17. mai camelCase XMLParser \u2100 😀 - -- '-' ½ ﬁ"
).split(" ")
PROSE = st.lists(
    st.one_of(st.sampled_from(PIECES), st.sampled_from(["\n", "\r\n", "\t", "  ", "\u00a0", "\u2028", "\x85"])),
    max_size=40,
).map(" ".join)
TEXTS = st.one_of(
    PROSE, PROSE.map(str.upper), PROSE.map(str.lower), st.text(max_size=40),
    st.text("aB-'´’ \n\r.9_åÆ\u2019\u20ff\u2100ſK\u0130\ud800\udfff", max_size=40),
)  # fmt: skip
BYTES = st.one_of(TEXTS.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=40),
                  st.lists(st.sampled_from([0x61, 0x2D, 0xC3, 0xA5, 0xE2, 0x80, 0x99, 0xB7, 0xF0, 0xFF, 0x20, 0x0A]),
                           max_size=40).map(bytes))  # fmt: skip
LONG = {
    "one word": b"a" * (1 << 20), "one number": b"7" * ((1 << 20) + 1), "capitals": b"A" * (1 << 20),
    "joiners": b"a-" * (1 << 19), "signs": b"@" * 5000, "lines": b"A\n" * 5000, "words": b"Kari Hansen " * 3000,
    "letters beyond ASCII": "Å".encode() * (1 << 19), "a continued byte": b"a" + b"\x80" * 5000, "no text": b"",
    "pieces without spaces": b"x" * ((1 << 20) - 1) + "åå".encode() * 9 + b" Kari Hansen og jeg har ikke",
}  # fmt: skip


def both(work: Callable[[], Any]) -> Any:
    """What `work` gives on either kernel, which is the same."""
    given = []
    for name in kernel.NAMES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(kernel.VARIABLE, name)
            given.append(work())
    assert given[0] == given[1]
    return given[0]


def all_of(tokens: Tokens) -> list[Any]:
    """All that the kernel says of tokens without their context."""
    which = np.arange(len(tokens.kind))
    begins = np.array([0, len(which) // 2])
    said: list[Any] = [column.tolist() for column in tokens.columns[2:]]
    for size in (1, 2, 3, 4):
        said.append(tokens.prefix(which, size).tolist())
    said.append(tokens.suffixes(which, (1, 2, 3, 4, 9)).tolist())
    said += [tokens.part(tokens.start, tokens.end).tolist(), [column.tolist() for column in tokens.counts(which)]]
    said += [around.glued(tokens).tolist(), single_case(tokens, begins).tolist()]
    return [*said, words.Speech(tokens).norwegian(which[2:-2], begins).tolist()]


def listed(tokens: Tokens, lists: Lists) -> list[Any]:
    found = lists.of(tokens, np.arange(len(tokens.kind)))
    return [getattr(found, name).tolist() for name in Listed.__slots__]


def names_of(found: Names) -> list[Any]:
    return [getattr(found, name).tolist() for name in Names.__slots__]


@settings(QUIET, max_examples=400)
@given(BYTES)
def test_any_bytes_have_the_same_tokens(data: bytes) -> None:
    both(lambda: all_of(Tokens(data)))


@settings(QUIET, max_examples=300)
@given(TEXTS)
def test_lists_say_the_same_of_all_tokens(text: str) -> None:
    both(lambda: listed(Tokens(text), built_in_model().lists))


@settings(QUIET, max_examples=200)
@given(BYTES)
def test_candidates_have_the_same_features_and_tags(data: bytes) -> None:
    def seen() -> list[Any]:
        tokens, model, out = Tokens(data), built_in_model(), []
        for find, weights in ((features.cased_candidates, model.cased), (features.caseless_candidates, model.caseless)):
            found = find(tokens, model.lists)
            if len(found.token):
                out += [found.token.tolist(), found.run.tolist(), found.features.tolist()]
                out += [weights.scores(found.features).tolist(), weights.tags(found).tolist()]
        return out

    both(seen)


@settings(QUIET, max_examples=300)
@given(st.lists(TEXTS, max_size=4), st.booleans(), st.booleans())
def test_the_same_names_are_found(texts: list[str], apart: bool, cells: bool) -> None:
    def found() -> list[Any]:
        tagger, mentioned = NameTagger(), Mentioned()
        starts = np.cumsum([0, *(len(text) + 1 for text in texts)])[: len(texts)]
        if apart:
            return names_of(tagger.find("\n".join(texts), bounds=starts, cells=cells))
        return [names_of(tagger.find(text, mentioned, cells=cells)) for text in texts]

    both(found)


@pytest.mark.parametrize("data", LONG.values(), ids=LONG)
def test_long_words_lines_and_runs_are_the_same(data: bytes) -> None:
    both(lambda: [all_of(Tokens(data)), listed(Tokens(data), built_in_model().lists)])
    both(lambda: names_of(NameTagger().find_in(np.frombuffer(data, np.uint8))))


def test_many_pieces_of_texts_apart_and_of_one_document_are_the_same() -> None:
    lines = ["Styret har valgt Tormod Vrangsund, og han er ikke her.", "Vrangsund kommer.", "Ærlig: Åse"] * 20_000
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])[: len(lines)]
    both(lambda: names_of(NameTagger().find("\n".join(lines), bounds=starts)))
    both(lambda: names_of(NameTagger().find("\n".join(lines))))


numbers = st.lists(st.one_of(st.integers(0, 9), st.integers(0, (1 << 64) - 1)), max_size=60)


@given(numbers, numbers)
def test_hashes_are_among_the_same(hashes: list[int], members: list[int]) -> None:
    some, all_members = np.array(hashes, np.uint64), np.array(members, np.uint64)
    assert both(lambda: shared(some, all_members).tolist()) == [one in set(members) for one in hashes]
    both(lambda: among(some, np.sort(all_members)).tolist())


@given(st.lists(st.tuples(st.sampled_from(["kari", "ås", "hansen", "x", "berg"]), st.integers(1, 255)), max_size=9),
       TEXTS)  # fmt: skip
def test_lists_of_any_size_say_the_same(words_and_codes: list[tuple[str, int]], text: str) -> None:
    some = WordTable.of_words(dict(words_and_codes))
    empty = WordTable.of_words({})
    lists = Lists(some, empty, some, WordTable.made({5: 1, (7 << 32) | 1: 0}))
    both(lambda: listed(Tokens(text + " kari Berg ås-berg"), lists))


@settings(QUIET, max_examples=100)
@given(st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=1, max_size=12), st.data())
def test_ties_and_runs_have_the_same_tags(rows: list[list[int]], data: st.DataObject) -> None:
    transition = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=12, max_size=12)), np.float32).reshape(3, 4)
    run = np.array(sorted({0, *data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=4))}))
    both(lambda: best_tags(np.array(rows, np.float32), run, transition).tolist())


# --- arguments that are not what they must be -------------------------------------------------------------------------


def columns(**given: Any) -> list[Any]:
    """The tokens of a short text, with some of their columns replaced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.VARIABLE, "native")
        own = Tokens("Lars-Eriks hus, sa ho.").columns
    names = ("data", "points", "start", "end", "length", "kind", "hash", "capital", "first", "counted")
    return list({**dict(zip(names, own, strict=True)), **given}.values())


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def room(count: int, kind: Any = np.uint8) -> np.ndarray:
    return np.zeros(count, kind)


SLOTS = np.zeros(8, np.uint64)
SIZE = len(columns()[2])
FAR = [ints(-(1 << 62)), ints(1 << 62), ints(-1), ints(SIZE)]


@pytest.mark.parametrize("which", FAR)
def test_a_token_that_is_not_there_is_refused(which: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not there"):
        compiled.affixes(*columns(), which, ints(2), room(1, np.uint64))
    with pytest.raises(ValueError, match="not there"):
        compiled.listed(*columns(), SLOTS, which, *(room(1) for _ in range(5)))
    with pytest.raises(ValueError, match="not there"):
        compiled.single_case(*columns(), np.append(which, -5), room(SIZE, bool))
    seen = (room(3), room(3), room(3, bool), room(3, bool), room(3))
    for one in (which, ints(1), ints(SIZE - 2)):
        with pytest.raises(ValueError, match="not there"):
            compiled.features(*columns(), one, *seen, room(0, np.uint32), room(1, bool), room(25, np.int32))


@pytest.mark.parametrize("place", [-(1 << 62), -1, 0, 5, 10_000, 1 << 62])
def test_tokens_whose_places_lie_outside_the_text_are_read_nowhere(place: int) -> None:
    which = np.arange(SIZE)
    for wrong in ({"start": np.full(SIZE, place)}, {"end": np.full(SIZE, place)},
                  {"start": np.full(SIZE, place), "end": np.full(SIZE, place + 9)}, {"data": room(0)}):  # fmt: skip
        for size in (-(1 << 62), -3, 0, 3, 1 << 62):
            compiled.affixes(*columns(**wrong), which, ints(size), room(SIZE, np.uint64))
        compiled.listed(*columns(**wrong), SLOTS, which, *(room(SIZE) for _ in range(5)))
        compiled.glued(*columns(**wrong), room(256), room(SIZE, bool))
        inner = which[2:-2]
        seen = [room(3 * len(inner), kind) for kind in (np.uint8, np.uint8, bool, bool, np.uint8)]
        out = room(25 * len(inner), np.int32)
        compiled.features(*columns(**wrong), inner, *seen, room(0, np.uint32), room(1, bool), out)


def test_arrays_of_other_lengths_are_refused() -> None:
    data, points = np.frombuffer(b"Kari og Ola", np.uint8), columns()[1]
    own = [np.empty(4, column.dtype) for column in columns()[2:]]
    calls: list[tuple[Callable[..., Any], list[Any]]] = [
        (compiled.tokens, [data, points, *own]), (compiled.tokens, [data, points[1:], *own]),
        (compiled.tokens, [data, points, *own[:-1], room(3, np.uint64)]),
        (compiled.parts, [data, points, ints(0), ints(12), room(1, np.uint64)]),
        (compiled.parts, [data, points, ints(3), ints(2), room(1, np.uint64)]),
        (compiled.parts, [data, points, ints(-1), ints(2), room(1, np.uint64)]),
        (compiled.parts, [data, points, ints(0), ints(2), room(2, np.uint64)]),
        (compiled.affixes, [*columns(), ints(2), ints(), room(1, np.uint64)]),
        (compiled.affixes, [*columns(kind=room(2)), ints(2), ints(1), room(1, np.uint64)]),
        (compiled.listed, [*columns(), SLOTS[:7], ints(2), *(room(1) for _ in range(5))]),
        (compiled.listed, [*columns(), SLOTS[:0], ints(2), *(room(1) for _ in range(5))]),
        (compiled.listed, [*columns(), SLOTS, ints(2), *(room(2) for _ in range(5))]),
        (compiled.enter, [SLOTS.copy(), room(2, np.uint32), room(1), ints(0)]),
        (compiled.enter, [SLOTS.copy(), room(1, np.uint32), room(1), ints(4)]),
        (compiled.enter, [np.zeros(1, np.uint64), np.array([1, 2], np.uint32), np.ones(2, np.uint8), ints(0)]),
        (compiled.among, [room(2, np.uint64), room(1, np.uint64), room(1, bool)]),
        (compiled.glued, [*columns(), room(255), room(SIZE, bool)]),
        (compiled.single_case, [*columns(), ints(0), room(1, bool)]),
        (compiled.weighed, [room(4, np.int8), np.array([2], np.int32), room(2, np.int32)]),
        (compiled.weighed, [room(4, np.int8), np.array([-1], np.int32), room(2, np.int32)]),
        (compiled.weighed, [room(4, np.int8), room(3, np.int32), room(4, np.int32)]),
        (compiled.tags, [room(6, np.float32), ints(0, 2), room(12, np.float32), room(6), room(2)]),
        (compiled.tags, [room(6, np.float32), ints(1), room(12, np.float32), room(6), room(2)]),
        (compiled.tags, [room(6, np.float32), ints(0, 0), room(12, np.float32), room(6), room(2)]),
        (compiled.tags, [room(6, np.float32), ints(0), room(11, np.float32), room(6), room(2)]),
    ]  # fmt: skip
    for call, arguments in calls:
        with pytest.raises(ValueError, match=f"{call.__name__}|tokens"):
            call(*arguments)
    with pytest.raises(TypeError, match="another number"):
        compiled.tokens(data)


def test_a_full_table_of_lists_ends_every_search() -> None:
    slots = np.full(4, (9 << 32) | 1, np.uint64)
    out = [room(SIZE) for _ in range(5)]
    compiled.listed(*columns(), slots, np.arange(SIZE), *out)
    assert not out[0].any()


def test_text_numbers_are_those_of_looking_each_up() -> None:
    tokens = Tokens("Kari\n\nOla og\nPer\n")
    bounds = ints(0, 5, 6, 13, 17)
    texts = Texts(tokens, bounds + 40, 40)
    expected = np.searchsorted(bounds, tokens.start, side="right")
    assert texts.number(np.arange(len(tokens.kind))).tolist() == expected.tolist()
    assert texts.begins.tolist() == [0, *(np.flatnonzero(np.diff(expected)) + 1).tolist()]


def test_rounded_weights_of_any_width_are_weighed_alike() -> None:
    random = np.random.default_rng(3)
    weights = Weights(random.integers(-127, 128, (2, 64)).astype(np.int8), 0.0371, np.zeros((3, 4), np.float32))
    some = random.integers(0, 64, (30, 7)).astype(np.int32)
    both(lambda: weights.scores(some).tolist())


def test_own_words_have_one_hash_on_either() -> None:
    both(lambda: word_hashes(["kari", "", "åse-marie", "d’arcy", "a b", "\ud800"]).tolist())
