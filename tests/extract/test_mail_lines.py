"""The short ways through a message give what the long ones give."""

from __future__ import annotations

import io
from email.message import Message
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import mail_headers, mail_lines
from pii_scan.extract.mail_headers import Header, parse_header, read_header
from pii_scan.extract.mail_lines import Lines

PIECES = st.sampled_from([b"\n", b"\r\n", b"--", b"--a\n", b"-", b"a", b"tekst\n", b" ", b"x" * 9, b"A: b\n", b"\r"])
LINES = st.sampled_from(
    ["A: b", "From: Kari <k@example.no>", " fortsatt", "\tfortsatt =?utf-8?Q?=C3=A5?=", "B :c", "From x", "C:", "D: \r",
     "Content-Type: a/b; c=d", "content-type: e/f", "ingen overskrift", "", " "]
)  # fmt: skip
PARAMETERS = st.sampled_from(
    ["; ", ";", "name=", "NAME=", "charset=utf-8", '"a b"', '"', "a", "b.txt", "x y", "=", "*0=", "%e6", "\\", "<a>",
     "'", " ", "\t", "filename="]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40), st.integers(1, 40))
def test_blocks_and_lines_together_are_the_message(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mail_lines, "PIECE", size)
        lines, read = Lines(io.BytesIO(data)), b""
        while block := lines.body() or lines.next():
            if lines.at_start and block.startswith(b"--"):
                assert read.endswith(b"\n") or not read
                lines.push_back(block)
                assert lines.next() == block and lines.at_start
            else:
                assert b"\n--" not in block
            read += block
    assert read == data


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40), st.integers(1, 40))
def test_lines_are_those_of_the_file(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mail_lines, "PIECE", size)
        lines, file = Lines(io.BytesIO(data)), io.BytesIO(data)
        assert list(iter(lines.next, b"")) == list(iter(lambda: file.readline(size), b""))


def slowly(block: bytes) -> tuple[Header, bytes]:
    """The header as it is read line by line, and what is left."""
    file, pushed = io.BytesIO(block), list[bytes]()
    header = read_header(lambda: pushed.pop() if pushed else file.readline(), pushed.append, 64 << 10)
    return header, b"".join(pushed) + file.read()


@settings(max_examples=500, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_a_whole_block_is_read_as_line_by_line(lines: list[str], end: str) -> None:
    data = "".join(line + end for line in [*lines, "", "kropp"]).encode()
    walk = Lines(io.BytesIO(data))
    block = walk.header_block(64 << 10)
    header = None if block is None else parse_header(block)
    if header is None:
        if block is not None:
            walk.push_back(block)
        assert b"".join(iter(walk.next, b"")) == data
        return
    slow, left = slowly(data)
    assert (header.fields, header.raw, header.rest, header.cut) == (slow.fields, slow.raw, slow.rest, slow.cut)
    assert b"".join(iter(walk.next, b"")) == left


@settings(max_examples=500, deadline=None)
@given(st.lists(PARAMETERS, max_size=9))
def test_plain_parameters_are_those_of_the_full_parser(parts: list[str]) -> None:
    value = "text/plain; " + "".join(parts)
    plain = mail_headers._plain_parameters(value)
    if plain is None:
        return
    message: Any = Message()
    message["Content-Type"] = value
    for name in ("name", "charset", "filename"):
        assert plain.get(name, "") == message.get_param(name, "")
