from __future__ import annotations

import base64
import io
import mailbox
import tracemalloc
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.extract import dispatch, mail_separators, split
from pii_scan.extract.media_type import identify
from pii_scan.model import Document, DocumentRef, Limits, Problem, Slice

DATE = b"From ola@example.no Mon Jan  5 10:00:00 2026\n"
CSV = "navn;epost\nKåre;kåre@example.no\n"


def message(number: int, body: str = "Hei", attach: bool = False) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"fra{number}@example.no", "til@example.no", f"Sak {number}"
    made.set_content(body)
    if attach:
        made.add_attachment(CSV.encode(), "text", "csv", filename="liste.csv")
    return made.as_bytes()


def mbox(*messages: bytes) -> bytes:
    return b"".join(DATE + data.replace(b"\nFrom ", b"\n>From ") + b"\n" for data in messages)


MADE = mbox(message(1), message(2, "Ring 68 05 00 01\n\nFrom meg til deg", attach=True), message(3))


def test_messages_are_members_and_their_attachments_below_them(read: Any) -> None:
    result = read(MADE, "mail.mbox")
    assert result.problems == []
    assert result.order == [
        "mail.mbox!00001", "mail.mbox!00002!liste.csv", "mail.mbox!00002", "mail.mbox!00003", "mail.mbox",
    ]  # fmt: skip
    assert "kåre@example.no" in result.text("mail.mbox!00002!liste.csv")
    assert "Ring 68 05 00 01\n\nFrom meg til deg" in result.text("mail.mbox!00002")
    assert "fra3@example.no" in result.text("mail.mbox!00003")
    assert "From ola@example.no" in result.text("mail.mbox!00001").replace("From  ", "From ")


def test_line_ends_of_windows_change_nothing(read: Any) -> None:
    result = read(MADE.replace(b"\n", b"\r\n"), "mail.mbox")
    assert result.problems == [] and len(result.done) == 5


def test_stdlib_reads_the_same_messages(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    box = mailbox.mbox(path)
    for number in range(1, 8):
        box.add(message(number, f"Tekst {number}\nFrom her\n\nFrom der: x", attach=number % 2 == 0))
    box.close()
    box = mailbox.mbox(path, create=False)
    result = read(path.read_bytes(), "x.mbox")
    assert result.problems == []
    for number, expected in enumerate(box, 1):
        text = result.text(f"x.mbox!{number:05d}")
        assert str(expected["Subject"]) in text and str(expected["From"]) in text
        assert (f"x.mbox!{number:05d}!liste.csv" in result.done) == expected.is_multipart()
    assert sum(name.count("!") == 1 for name in result.done) == 7
    box.close()


@pytest.mark.parametrize(
    "line",
    [
        b"From - Mon Jan 05 10:00:00 2026", b"From MAILER-DAEMON Mon Jan  5 10:00:00 2026",
        b"From 1790000000000000001@xxx Mon Jan 05 10:00:00 +0000 2026", b"From ola@example.no 5 Jan 2026 10:00",
        b"From ???@??? Mon Jan 05 10:00:00 2026", b"From ola@example.no",
        b'From "Ola N"@example.no Mon, 05 Jan 2026 10:00:00 +0100',
    ],
)  # fmt: skip
def test_separators_of_many_writers(read: Any, line: bytes) -> None:
    result = read(b"".join(line + b"\n" + message(n, attach=True) + b"\n" for n in (1, 2)), "x")
    assert result.problems == []
    assert "kåre@example.no" in result.text("x!00002!liste.csv")


def test_a_separator_without_a_blank_line_before_it_counts_when_it_is_sure(read: Any) -> None:
    data = DATE + message(1).rstrip(b"\n") + b"\n" + DATE + message(2, attach=True)
    assert "x!00002!liste.csv" in read(data, "x").done


def test_text_that_only_begins_like_a_separator_cuts_nothing(read: Any) -> None:
    body = b"Hei\nFrom one Mon Jan 5\nikke felt\n\nFrom here on: nothing\n\nFrom there\n\nslutt\n"
    data = DATE + b"From: a@example.no\n\n" + body.replace(b"From here on: nothing", b"From here on")
    assert list(read(data, "x").done) == ["x!00001", "x"]


def test_a_mailbox_cut_short_or_without_its_first_line_is_read_as_one(read: Any) -> None:
    tail = read(b"rester av noe\n\n" + MADE, "x")
    assert "rester av noe" in tail.text("x!00000") and "x!00002!liste.csv" in tail.done
    lost = read(MADE.partition(b"\n")[2], "x.mbox")
    assert "fra1@example.no" in lost.text("x.mbox!00000") and "x.mbox!00001!liste.csv" in lost.done


def test_quoted_lines_are_given_as_they_were_written(read: Any) -> None:
    data = DATE + b"From: a@example.no\n\n>From ola\n>>From kari\n> From per\nx >From q\n"
    for limits in (Limits(), Limits(spool_bytes=16)):
        assert "From ola\n>From kari\n> From per\nx >From q\n" in read(data, "x", limits).text("x!00001")


def test_a_damaged_message_spoils_no_other(read: Any) -> None:
    data = MADE.replace(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: tull")
    result = read(data, "x.mbox")
    assert ("x.mbox!00002", "unsupported") in result.codes
    assert "fra3@example.no" in result.text("x.mbox!00003")
    cut = read(MADE[: MADE.index(b"liste.csv") + 60], "x.mbox")
    assert ("x.mbox!00002", "truncated") in cut.codes and "fra1@example.no" in cut.all_text


def test_more_messages_than_allowed_are_named_as_left_out(read: Any) -> None:
    result = read(mbox(*map(message, range(9))), "x.mbox", Limits(max_members=4))
    assert [problem.detail for problem in result.problems] == ["the members after the first 4 are left out"]
    assert len(result.done) == 5


def test_a_message_larger_than_memory_is_streamed() -> None:
    encoded = base64.encodebytes(b"kari@example.no\n" * 3000)
    part = b"--a\nContent-Type: text/plain; name=%d.txt\nContent-Transfer-Encoding: base64\n\n" + encoded
    head = DATE + b'From: a@example.no\nContent-Type: multipart/mixed; boundary="a"\n\n'
    data = head + b"".join(part % number for number in range(500)) + b"--a--\n\n" + mbox(message(2))
    assert len(data) > 30 << 20
    document = Document(DocumentRef("t", "x.mbox"), io.BytesIO(data))
    seen = 0
    tracemalloc.start()
    for item in dispatch.extract(document, Limits(spool_bytes=1 << 20)):
        assert not isinstance(item, Problem)
        seen += isinstance(item, dispatch.DocumentDone)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == 503 and peak < 12 << 20


# slices


def sliced(data: bytes, slice_bytes: int) -> list[Slice]:
    document = Document(DocumentRef("t", "x.mbox"), io.BytesIO(data))
    document.media_type = identify(document)
    return split.plan(document, Limits(), slice_bytes)


def places(data: bytes, part: Slice | None = None) -> list[tuple[str, str]]:
    document = Document(DocumentRef("t", "x.mbox"), io.BytesIO(data), slice=part)
    return [
        (item.ref.display, text)
        for item in dispatch.extract(document, Limits())
        if isinstance(item, dispatch.Extracted)
        for text in item.batch.texts.to_pylist()
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["Hei", "x\n\nFrom y", "x\nFrom z\n" * 9, "å" * 300, "\n\n", DATE.decode()]), min_size=4),
    st.integers(100, 3000),
    st.booleans(),
)
def test_slices_hold_each_message_exactly_once(bodies: list[str], slice_bytes: int, before: bool) -> None:
    data = b"rest\n\n" * before + mbox(*(message(n, body, n % 3 == 0) for n, body in enumerate(bodies)))
    slices = sliced(data, slice_bytes)
    if len(data) > 4 * slice_bytes + 4000:
        assert slices
    if slices:
        assert slices[0].start == 0 and slices[-1].end == len(data)
        assert all(a.end == b.start < b.end for a, b in zip(slices, slices[1:], strict=False))
        assert [place for part in slices for place in places(data, part)] == places(data)
    assert sliced(data, slice_bytes) == slices


def test_offsets_do_not_depend_on_where_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(mail_separators.offsets(io.BytesIO(MADE), 0, len(MADE)))
    assert len(whole) == 3
    for size in (1, 2, 5, 6, 7, 8, 50, 211):
        monkeypatch.setattr(mail_separators, "_BLOCK_BYTES", size)
        assert list(mail_separators.offsets(io.BytesIO(MADE), 0, len(MADE))) == whole, size
