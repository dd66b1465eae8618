"""The compiled kernel knows UTF-8 exactly where Python's decoder does."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
    from pii_scan.detect import _kernel as compiled
else:
    compiled = pytest.importorskip("pii_scan.detect._kernel", reason="the native kernel was not built here")
QUIET = settings(deadline=None, derandomize=True, database=None)
CHUNK = 64
"""Bytes that the kernel looks at together."""
EDGES = (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
         0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)  # fmt: skip
"""The bytes at which the rules change (Unicode Standard, table 3-7), and some between."""
pieces = st.one_of(st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=4))


def is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_short_sequence_of_edges_is_known_alone_and_across_two_chunks(length: int) -> None:
    for parts in itertools.product(EDGES, repeat=length):
        for rest in (b"", b"\x80", b"\xbf\x80"):
            block = bytes(parts) + rest
            for before in (0, CHUNK - 1, CHUNK - 2, 2 * CHUNK - 3):
                assert compiled.is_utf8(b"x" * before + block) == is_utf8(block), (before, block)


@QUIET
@given(st.lists(pieces, max_size=8).map(b"".join), st.integers(0, 3 * CHUNK))
def test_any_bytes_are_judged_as_by_the_decoder_wherever_they_stand(block: bytes, before: int) -> None:
    text = "å".encode() * (before // 2) + block
    assert compiled.is_utf8(text) == is_utf8(text)
    assert compiled.is_utf8(block + b"y" * before) == is_utf8(block)


@QUIET
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200), st.data())
def test_a_text_cut_within_a_character_is_none(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    at = data.draw(st.integers(0, len(whole)))
    assert compiled.is_utf8(whole)
    assert compiled.is_utf8(whole[:at]) == (at == len(whole) or whole[at] & 0xC0 != 0x80)


def test_what_holds_no_bytes_is_refused() -> None:
    with pytest.raises((TypeError, BufferError)):
        compiled.is_utf8("text")
