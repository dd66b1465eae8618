from __future__ import annotations

import random
from typing import Any

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


def test_changed_bytes_raise_nothing(read: Any) -> None:
    data = (
        b"From: a@example.no\nTo: =?utf-8?Q?b=C3=A5?=\nContent-Type: multipart/mixed; boundary=a\n\n--a\n"
        b"Content-Type: text/plain; charset=utf-8; name*0*=utf-8''b%20c\n"
        b"Content-Transfer-Encoding: base64\n\naGVp\n--a\n"
        b"Content-Type: text/html\n\n<p>hei</p>\n--a--\n"
    )
    rng = random.Random(3)
    for _ in range(500):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            broken[rng.randrange(len(data))] = rng.randrange(256)
        for problem in read(bytes(broken), "x.eml").problems:
            assert "Error while reading message/rfc822" not in problem.detail
