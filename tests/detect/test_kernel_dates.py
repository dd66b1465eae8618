"""What the compiled kernel finds of dates is what the NumPy code finds, on any bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pii_scan import kernel
from pii_scan.record_dates import forms, keyed, lines

if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
    from pii_scan.detect import _kernel as compiled
else:
    compiled = pytest.importorskip("pii_scan.detect._kernel", reason="the native kernel was not built here")
QUIET = settings(deadline=None, derandomize=True, database=None)
STAMPS = [
    b"2026-03-09 06:00:12,345", b"2026/03/09 06:00:12", b"2026-03-09T06:00:12Z", b"2024-02-29_23:59",
    b"2026-02-29t05:06", b"2026-03/09 06:00", b"0000-01-01 00:00", b"9999-12-31\t23:59",
    b"06/Feb/2026:00:00:38 +0000", b"06/Foo/2026:00:00:38", b"31/des/1999:23:59:59", b"Feb  6 2026 00:00:38",
    b"Feb  6 00:00:38 2026", b"Mai 16 00:00:38.123456 2026", b"okt 31 10:00:00 1999", b"Feb /; 2026 00:00:38",
    b"04.03.2026, 05:06", b"04.03.2026 05.06", b"04.03.2026T05:06", b"04.03.2026,\t05:06", b"31.04.2026 10:11",
    b"1583298000.123", b"9999999999.99", b"12.12.12.12", b"10.0.0.1:8080",
]  # fmt: skip
KEYED = [
    b'"created": "2026-03-04"', b'"created":2026', b'"a" : "4.3.2026"', b'"":"2026"', b'"x":"Wed, 4 Mar 2026"',
    b'"dtstart":20260304', b"<a:date b='1'>2026-03-04</a:date>", b"<date/>2026", b"<d><![CDATA[2026-03-04]]></d>",
    b"<![CDATA[4.3.2026", b"<a>b>2026-01-01", b"<>2026", b"< a>2026", b'<x day="2026-03-04"', b" day='4/3/2026'",
    b'?day="12 mars"', b"DTSTART;VALUE=DATE:20260304", b"DTSTART:20260304T050607Z", b"dtstart:20260304", b":12345678",
    b"X" * 47 + b":20260304", b"X" * 48 + b":20260304", b"<" + b"t" * 48 + b">2026", b"<" + b"t" * 49 + b">2026",
    b'"' + b"k" * 48 + b'":2026', b'"' + b"k" * 49 + b'":2026', b"<t " + b"a" * 188 + b">2026",
    b"<t " + b"a" * 191 + b">2026",
]  # fmt: skip
BETWEEN = [
    b"\n", b"\n\n", b"\r\n", b" ", b"[", b"(", b'"', b"'", b"<", b"*", b"|", b"\t", b"a", b"7", b".", b",", b":",
    b"=", b">", b"-", b"/", b"\xff", b"\xc3", "æ".encode(), b"\0", b"x" * 190, b"x " * 120, b"INFO ", b"fodt ",
    b"due date ", b"{", b";",
]  # fmt: skip
fragments = st.one_of(st.sampled_from(BETWEEN), st.sampled_from(STAMPS), st.sampled_from(KEYED), st.binary(max_size=4))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[bytes, int]:
    """Bytes, cut anywhere at either end, and how many of them are owned."""
    data = b"".join(draw(st.lists(fragments, max_size=16)))
    first = draw(st.integers(0, min(len(data), 30)))
    last = draw(st.integers(first, len(data)) | st.just(len(data)))
    data = data[first:last]
    return data, draw(st.integers(-1, len(data) + 3) | st.just(len(data)))


def on(name: str, work: Callable[[], Any]) -> Any:
    """What `work` gives on one of the kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernel.VARIABLE, name)
        return work()


def told(found: Any) -> list[Any]:
    return [part.tolist() if isinstance(part, np.ndarray) else part for part in found]


@settings(QUIET, max_examples=500)
@given(blocks(), st.booleans(), st.sampled_from([4, 7, kernel.ROOM]))
@example((b"x\n" + b"2026-03-09 06:00 " * 20, 3), False, 4)
def test_lines_have_the_same_stamps(block, continued, room):
    data, owned = np.frombuffer(block[0], np.uint8), block[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "ROOM", room)
        found = [told(on(name, lambda: lines.line_days(data, owned, continued))) for name in kernel.NAMES]
    assert found[0] == found[1]


@settings(QUIET, max_examples=500)
@given(blocks(), st.sampled_from([2, 5, kernel.ROOM]))
@example((b'"x":20260101' * 9, 200), 2)
def test_the_same_values_stand_under_the_same_keys(block, room):
    data, owned = np.frombuffer(block[0], np.uint8), block[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyed, "ROOM", room)
        found = [told(on(name, lambda: keyed.values_under_keys(data, owned))) for name in kernel.NAMES]
    assert found[0] == found[1]


UNITS = [*STAMPS, *KEYED, b"\n", b"\n2026-01-02 03:04:05 a", b"DTSTART:20260102\n", b"a:0000000"]


@pytest.mark.parametrize("size", [1, 2, 4095, 4096, 4097, 4098, 70_000])
@pytest.mark.parametrize("before", [b"", b"\n", b"x" * 9])
def test_a_block_of_any_size_is_read_the_same(before, size):
    for unit in UNITS:
        data = np.frombuffer((before + unit * (size // len(unit) + 1))[:size], np.uint8)
        native, plain = (on(name, partial(all_of, data)) for name in kernel.NAMES)
        assert native == plain


def all_of(data: np.ndarray) -> list[Any]:
    owned = len(data) - 5
    return [*told(lines.line_days(data, owned, False)), *told(keyed.values_under_keys(data, owned))]


CELLS = [
    "2026-03-04", "2026/3/4", "2026.03.04", "2026-03", "2026-3", "20260304", "20260304T0506", "202603040506",
    "20260304050607", "20260304050607.1", "20260304_x", "20260304-", "4.3.26", "04.03.2026", "4/3/2026", "13/3/2026",
    "3/13/2026", "3/4/2026 5:06 PM", "13/4/2026 am", "4-3-27", "31.04.2026", "29.02.2024", "29.02.1900", "1583298000",
    "1583298000.5", "1583298000123", "1583298000123456", "1583298000123456789", "9" * 19, "9" * 20, "4. mars 2026",
    "Mar 4, 2026", "mars", "Wednesday, 4. september 2019 kl. 12", "0000-01-01", "9999-12-31", "2026-13-01", "12.34",
    "1234-5678901", "123.4.5", "12.3.", "12..3", "1-2-3-4", "1.2." + "3" * 40, "1." + "2" * 40, "2026-" + "0" * 30,
    "x" * 40, "",
]  # fmt: skip
cells = st.builds(
    lambda before, text, after: before.encode() + text + after.encode(),
    st.text("\"' =\t", max_size=4),
    st.one_of(
        st.sampled_from(CELLS).map(str.encode),
        st.text("0123456789-./ T:apmåZ", max_size=36).map(str.encode),
        st.binary(max_size=36),
    ),
    st.sampled_from(["", "", " 12:00", "T05:06:07Z", "Z", "+", ";", ",", "x", "0", '"', "\0", " p.m", "." * 30]),
)  # fmt: skip


@settings(QUIET, max_examples=500)
@given(st.lists(cells, max_size=8), st.sampled_from([1, 100]), st.sampled_from([1999, 2000, 2026, 2099]))
@example([b"2026-03-04"], 64, 2026)
@example([b"2026-03-04 12:00"], 64, 2026)
def test_cells_are_the_same_days(some, times, century):
    some = some * times
    lengths = np.array([len(one) for one in some], np.int64)
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join(some) or b"\0", np.uint8)
    found = [told(on(name, lambda: forms.read_days(data, starts, lengths, century))) for name in kernel.NAMES]
    assert found[0] == found[1]


def test_days_are_those_of_the_calendar():
    """Every day of every year, and the days around each month."""
    years, months, days = (part.ravel() for part in np.meshgrid(np.arange(0, 10_001, 7), np.arange(14), np.arange(33)))
    kept = years < 10_000
    years, months, days = years[kept], months[kept], days[kept]
    texts = b"".join(b"%04d%02d%02d" % one for one in zip(years.tolist(), months.tolist(), days.tolist(), strict=True))
    starts = np.arange(len(years)) * 8
    read = on(
        "native",
        lambda: forms.read_days(np.frombuffer(texts, np.uint8), starts, np.full(len(years), 8), 2026),
    )
    assert read.day_first.tolist() == forms.days_of(years, months, days).tolist()


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.mark.parametrize(
    "call",
    [
        lambda data: compiled.stamps(data, ints(1), ints(1), ints(1), 9, False, 200, 0),
        lambda data: compiled.stamps(data, ints(*range(9)), ints(*range(8)), ints(*range(9)), 9, False, 200, 0),
        lambda data: compiled.stamps(data, *np.empty((3, 9), np.int64), 9, False, 200, -1),
        lambda data: compiled.stamps(data, *np.empty((3, 9), np.int64), 9, False, 1 << 20, 0),
        lambda data: compiled.keyed(data, ints(*range(5)), 9, 0),
        lambda data: compiled.keyed(data, ints(*range(11)), 9, 0),
        lambda data: compiled.keyed(data, ints(*range(20)), 9, -1),
        lambda data: compiled.days(data, ints(-1), ints(1), ints(0), ints(0), np.zeros(1, np.bool_), 2026),
        lambda data: compiled.days(data, ints(len(data)), ints(1), ints(0), ints(0), np.zeros(1, np.bool_), 2026),
        lambda data: compiled.days(data, ints(1), ints(1 << 62), ints(0), ints(0), np.zeros(1, np.bool_), 2026),
        lambda data: compiled.days(data, ints(0), ints(-1), ints(0), ints(0), np.zeros(1, np.bool_), 2026),
        lambda data: compiled.days(data, ints(0), ints(1), ints(0), ints(0), np.zeros(2, np.bool_), 2026),
        lambda data: compiled.days(data, ints(0), ints(1), ints(0), ints(0), np.zeros(1, np.bool_), -1),
    ],
)
def test_arrays_of_other_lengths_are_refused(call):
    with pytest.raises(ValueError, match="that are not there|of other lengths"):
        call(np.frombuffer(b"2026-03-04", np.uint8))
    with pytest.raises(TypeError, match="another kind"):
        compiled.lines(np.zeros(3, np.int64), 3, False)
