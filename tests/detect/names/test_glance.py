"""A look at bytes: that at many texts says of each what one at it alone says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.detect.names.glance import each_may_hold_a_name, may_hold_a_name


@given(st.lists(st.text("ab Kå. ", max_size=12), max_size=8))
def test_many_texts_are_looked_at_as_each_is_alone(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    bounds = np.cumsum([0, *map(len, encoded)])
    alone = [may_hold_a_name(np.frombuffer(text, np.uint8)) for text in encoded]
    assert each_may_hold_a_name(data, bounds).tolist() == alone
