from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LINES = st.sampled_from(
    [b"--a\n", b"--a--\n", b"--b\n", b"--b--\n", b"\n", b"Content-Type: multipart/mixed; boundary=a\n",
     b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\n",
     b"Content-Type: text/html\n",
     b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"aGVp\n", b"tekst=\n",
     b"Content-Type: application/octet-stream; name*=utf-8''%ff\n", b"<p>hei\n", b" fortsatt\n",
     b"Content-Type: ;;;=\n",
     b"Content-Disposition: attachment; filename*0=\"a\n", b"From: a@example.no\n", b"\xe6\x00\n", b": \n"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=30), st.integers(0, 30))
def test_whatever_the_structure_no_line_is_lost_in_silence(read: Any, lines: list[bytes], place: int) -> None:
    lines = [*lines[:place], b"kari@example.no\n", *lines[place:]]
    result = read(b"From: a@example.no\nTo: b@example.no\n" + b"".join(lines), "x.eml")
    assert result.done["x.eml"].touched
    assert result.problems or "kari@example.no" in result.all_text
    for problem in result.problems:
        assert "Error while reading message/rfc822" not in problem.detail


@pytest.mark.timeout(100)
@pytest.mark.parametrize("line", [b" y\n", b" =?utf-8?q?a?=\n", b';\n a*1="x"\n'], ids=["folds", "words", "parameters"])
def test_a_header_of_very_many_lines_is_read_in_time_that_grows_as_it_does(read: Any, line: bytes) -> None:
    """What stood beyond the limit was once summed anew at each line: hours."""
    result = read(b"From: a@example.no\nSubject: x\n" + line * 500_000 + b"\nkari@example.no\n", "x.eml")
    assert "kari@example.no" in result.all_text
