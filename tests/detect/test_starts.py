"""What is said of the byte that every match must hold, and of the bytes around it, holds for every match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect.charset import byte_mask
from pii_scan.detect.expression import read_expression
from pii_scan.detect.starts import anchor_of

EXPRESSIONS = {
    r"[a-z][a-z.]{0,9}%40[a-z]{1,9}\.no": b"%",
    r"[a-z]{1,9} ?\[(?:at|a|@)\] ?[a-z]{2,9}": b"[",
    r"[a-z_]{1,9}@[a-z]{1,9}(?:\.[a-z]{1,4}){1,3}": b"@",
    r"[a-z]{2,6}(?:gata|veien) [1-9][0-9]{0,3}": b"0123456789",
    r"(?:kl|tlf)[.:]? ?[0-9]{2}": b"0123456789",
    r"[a-z]{1,5}=": b"=",
    r"(?:a|b/)[a-z]{0,3}/[a-z]?": b"/",
}


@pytest.mark.parametrize("pattern", EXPRESSIONS)
@given(data=st.data(), behind=st.binary(max_size=1))
def test_in_every_match_the_bytes_stand_as_they_are_said_to(pattern: str, data: st.DataObject, behind: bytes) -> None:
    held = anchor_of(read_expression(pattern, 0))
    assert held is not None
    anchors, before, after = map(byte_mask, (held.bytes, held.before, held.after))
    assert bytes(i for i in range(256) if anchors[i]) == EXPRESSIONS[pattern]
    found = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)).encode()
    first = next(i for i, byte in enumerate(found) if anchors[byte])
    assert first <= held.prefix and all(before[byte] for byte in found[:first])
    assert all(after[byte] for byte in (found + behind)[first + 1 : first + 2])


def test_what_may_not_follow_is_not_among_what_may() -> None:
    held = anchor_of(read_expression(r"[a-z]{1,9}\[(?:at|krøll)\]", 0))
    assert held is not None
    assert bytes(i for i in range(256) if byte_mask(held.after)[i]) == b"ak"


def test_a_match_that_can_do_without_them_holds_none() -> None:
    assert anchor_of(read_expression(r"[a-z]{1,9}@?[a-z]{1,9}", 0)) is None
    assert anchor_of(read_expression(r"[a-z]+@[a-z]", 0)) is None, "too much may stand before it"
