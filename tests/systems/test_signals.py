"""Parts of a text are found where they stand, however long it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.systems.evidence import Evidence, _threes_of
from pii_scan.systems.profiles import profiles
from pii_scan.systems.signals import TextSignal

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
