"""Names as they may be shown."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pii_scan.model import DocumentRef, printable


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_a_shown_name_is_valid_and_controls_nothing(name: str) -> None:
    shown = printable(name)
    shown.encode("utf-8")
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    if name.isprintable():
        assert shown == name


def test_a_chain_of_documents_says_where_each_lies() -> None:
    top = DocumentRef("t", "a.zip")
    inner = top.member("b\udce5.eml").member("c\x1b[31m.txt")
    assert inner.display == r"a.zip!b\xe5.eml!c\x1b[31m.txt"
    assert (inner.depth, inner.top, top.depth) == (2, top, 0)
