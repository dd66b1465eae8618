"""Parts of a text are found where they stand, however long it is."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.systems.evidence import Evidence, _threes_of
from pii_scan.systems.profiles import profiles
from pii_scan.systems.seen import Seen
from pii_scan.systems.signals import HeaderSignal, HeaderSignals, TextSignal

PARTS = sorted({part for one in profiles() for s in one.signals if isinstance(s, TextSignal) for part in s.contains})


def evidence_of(text: str) -> Evidence:
    evidence = Evidence((), "text/plain", None)
    evidence.__dict__["text"] = text
    return evidence


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([*PARTS, *(part[1:] for part in PARTS), *(part[:-1] for part in PARTS), "å", "\n"]), max_size=9
    ),
    st.sampled_from(["", "x" * 5000, "påmelding 12.03. " * 400, "名前" * 2100, "\ufffd" * 4096]),
    st.text(max_size=9),
)
def test_a_part_is_held_where_it_stands_in_the_text(pieces: list[str], filler: str, rest: str) -> None:
    text = filler[:2000] + "".join(pieces) + filler[2000:]
    evidence = evidence_of(text)
    for part in [*PARTS, "", "x", "xx", rest, *pieces]:
        assert evidence.holds(part) == (part in text)


def test_what_a_long_text_lacks_is_mostly_told_by_its_bytes() -> None:
    evidence = evidence_of("Av nå vannkraft må noe hadde vedlegg sletting under hendelse. " * 1000)
    threes = evidence._threes
    assert threes is not None
    assert not any(all(threes[number] for number in _threes_of(part)) for part in PARTS)


HEADER_SIGNALS = [
    (number, signal)
    for number, profile in enumerate(profiles())
    for signal in profile.signals
    if isinstance(signal, HeaderSignal)
]
ASKED = sorted({name for _, signal in HEADER_SIGNALS for names in signal.headers for name in names})


@given(st.lists(st.lists(st.sampled_from(ASKED) | st.text(max_size=4), max_size=12), max_size=3), st.data())
@settings(deadline=None)
def test_headers_that_nothing_is_seen_of_are_of_signals_that_would_not_fire(tables: list[list[str]], data: Any) -> None:
    whole = data.draw(st.sampled_from(HEADER_SIGNALS))[1]
    seen = Seen(lambda name: False)
    for number, headers in enumerate([*tables, [*(names[0] for names in whole.headers), "another"]]):
        seen.sheets[f"t{number}"] = dict.fromkeys(headers)
    evidence = Evidence(("x.csv",), "text/csv", seen)
    tried = HeaderSignals(HEADER_SIGNALS).worth_trying(evidence)
    fired = [one for one in HEADER_SIGNALS if one[1].fired(evidence)]
    assert [one for one in tried if one[1].fired(evidence)] == fired
    assert fired or 0 < whole.at_most_columns <= len(whole.headers)
    assert len(tried) < len(HEADER_SIGNALS)
