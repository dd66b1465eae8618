"""A text that is passed over from its bytes holds no name that the tagger would have found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.names.evident import may_hold_names
from pii_scan.detect.names.model import built_in_model
from pii_scan.detect.names.tagger import NameTagger

TAGGER = NameTagger()
PIECES = st.sampled_from(
    "Kari Ola Hansen Nordmann Berg Åse Lars-Erik von de hansen kari KARI HANSEN K. K.Hansen Hansen,Kari Karis D’Arcy\n"
    "Hilsen Hei, Navn: author=Kari kari@example.no <ola.berg@example.no> Kari\u00a0Berg – Å.Berg Šarić og på jeg til\n"
    "def class Foo(Bar): return self.Value GET /index.html HTTP/1.1 Windows NT 10.0; Mozilla/5.0 Chrome/1.2 [INFO] "
    "2026-11-02T12:00:00 ERROR in Thread-7 42 : = ; | \t {} \"Ola\" 'Berg' print( x_y camelCase XMLParser".split(" ")
)
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(" ".join), max_size=6).map("\n".join)


@settings(max_examples=600, deadline=None)
@given(TEXTS, st.integers(0, 40))
def test_no_text_with_a_name_in_it_is_passed_over(text: str, padding: int) -> None:
    text += "\nlevel=info status=200 path=/a/b.html took 12 ms in worker Seven" * padding
    assert may_hold_names(text.encode(), built_in_model().lists) or not len(TAGGER.find(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "", "GET /kurs HTTP/1.1 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36\n" * 50,
        "import os\n\nclass Reader(Base):\n    def read(self) -> Text:\n        raise ValueError('No Thing')\n" * 30,
    ],
)  # fmt: skip
def test_programs_and_logs_are_passed_over(text: str) -> None:
    assert not may_hold_names(text.encode(), built_in_model().lists)


@pytest.mark.parametrize(
    "text",
    ["class Foo: pass  # by Kari Hansen", "author: Kari", "From: Kari <kari@example.no>", "hei, jeg er her og Bor her",
     "print(x)\nHilsen,\nKari", "Vi ringte og avtalte et møte på Moss"],
)  # fmt: skip
def test_what_is_evident_is_looked_at(text: str) -> None:
    assert may_hold_names(text.encode(), built_in_model().lists)
