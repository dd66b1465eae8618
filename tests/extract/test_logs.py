"""Logs are text at their lines; what they hold in percent-encoding is found at its place in the line."""

from __future__ import annotations

import gzip
import io
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from data_files import assert_survive, column, line_batches
from hypothesis import given
from hypothesis import strategies as st
from text_family import SMALL, lines_text, places, run

from pii_scan.extract import percent, text
from pii_scan.model import Document, DocumentRef, Limits

LOGS = {
    "combined": "203.0.113.7 - kari [10/Oct/2026:13:55:36 +0200] "
    '"GET /u?email=kari%40example.no&navn=K%C3%A5re+Nordmann HTTP/1.1" 200 2326 '
    '"https://example.no/?e=ola%2540example.no" "Mozilla/5.0 (X11)"\n',
    "nginx": '203.0.113.7 - - [10/Oct/2026:13:55:36 +0200] "POST /x HTTP/2.0" 302 0 "-" "-" rt=0.1 '
    'args="email=kari%40example.no" up="-"\n',
    "iis": "#Software: Microsoft Internet Information Services 10.0\r\n"
    "#Fields: date time c-ip cs-uri-query cs-username\r\n"
    "2026-01-01 00:00:01 203.0.113.9 email=kari%40example.no EXAMPLE\\kari\r\n",
    "s3": "79a59d bkt [06/Feb/2026:00:00:38 +0000] 203.0.113.3 arn:aws:iam::1:user/x 3E57 REST.GET.OBJECT "
    'kari%2540example.no.pdf "GET /b/x.pdf HTTP/1.1" 200 - 113 - 7 - "-" "-" -\n',
    "cloudfront": "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-uri-query\n"
    "2026-01-01\t00:00:01\tOSL50\t203.0.113.9\temail=kari%40example.no\n",
    "alb": "https 2026-07-02T22:23:00.186641Z app/lb/50dc 203.0.113.5:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 0 57 "
    '"GET https://example.no:443/?e=kari%40example.no HTTP/1.1" "curl" ECDHE TLSv1.2\n',
    "json": '{"time": "2026-01-01", "url": "https:\\/\\/example.no\\/?e=kari%40example.no"}\n',
    "syslog": "Jan  1 00:00:01 vert sshd[123]: forespørsel e=kari%40example.no fra 203.0.113.5\n",
}


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.parametrize("packed", [False, True])
def test_an_encoded_address_is_found_at_its_line_and_column(read: Any, kind: str, packed: bool) -> None:
    line = LOGS[kind]
    comments = line[: line.rstrip().rfind("\n") + 1]
    content = comments + line[len(comments) :] * 5
    data = content.encode()
    result = read(gzip.compress(data) if packed else data, "access.log.gz" if packed else "access.log")
    first = content.count("\n", 0, len(comments)) + 1
    column = line[len(comments) :].index("kari%") + 1
    found = places(line_batches(result, "access.log.gz!access.log" if packed else "access.log"), "kari@example.no")
    assert found == [(first + i, column) for i in range(5)]


def test_names_and_what_is_encoded_twice_are_found_too(read: Any) -> None:
    lines = line_batches(read(LOGS["combined"].encode()))
    assert places(lines, "Kåre Nordmann") == [(1, LOGS["combined"].index("K%C3") + 1)]
    assert places(lines, "ola@example.no") == [(1, LOGS["combined"].index("ola%2540") + 1)]
    assert places(lines, "Mozilla") == [(1, LOGS["combined"].index("Mozilla") + 1)]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), st.booleans())
def test_decoding_undoes_encoding(value: str, plus: bool) -> None:
    encoded = (quote_plus if plus else quote)(value, safe="")
    made = percent.decode(f"?a%3D={encoded} ".encode())
    assert made is not None
    if not value.startswith(" "):  # a plus sign at the begin is one of a telephone number
        assert made.text.decode() == f"?a=={value} "
    made.text.decode()
    assert (made.source[1:] > made.source[:-1]).all() and len(made.text) == len(made.source)


@given(st.text(st.sampled_from('%25C3A540eE+=?& @a1\n"ø'), max_size=60))
def test_what_is_made_is_always_utf8_and_lines_stay_lines(block: str) -> None:
    made = percent.decode(block.encode())
    if made is not None:
        assert made.text.decode().count("\n") == block.count("\n")
        assert len(made.text) == len(made.source) and (made.source[1:] > made.source[:-1]).all()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("navn=K%E5re&by=Troms%F8", "navn=Kåre&by=Tromsø"),
        ("e=kari%2540example.no", "e=kari@example.no"),
        ("tlf=%2B4768050000", "tlf=+4768050000"),
        ("tlf=+4768050000&x=%20", "tlf=+4768050000&x= "),
        ("q=a%20b+c", "q=a b c"),
        ("e=kari+post@example.no&x=%20y", "e=kari+post@example.no&x= y"),
        ("1+1 er 2, men a=%20", "1+1 er 2, men a= "),
        ("bind=%0Ato%0D%0Atre%09", "bind= to  tre "),
        ("x=%00%07%7F", "x=%00%07%7F"),
        ("rabatt 50%68050000", "rabatt 50%68050000"),
        ("q=Storgata+1%2C0155", "q=Storgata 1,0155"),
        ("%6b%61%72%69", "kari"),
        ("100 % av 5% og 10%z", "100 % av 5% og 10%z"),
        ("%", "%"),
        ("%4", "%4"),
        ("%C3", "Ã"),
        ("%81", "%81"),
    ],
)
def test_each_escape_is_read_as_it_was_meant(line: str, wanted: str) -> None:
    made = percent.decode(line.encode())
    assert (line if made is None else made.text.decode()) == wanted


def test_escapes_across_blocks_are_whole_and_in_place() -> None:
    lines = [f"GET /{i}?e=k{i}%40example.no&n={'%C3%A5' * (i % 7)}" for i in range(2000)]
    batches, _ = run(text.extract, "\n".join(lines).encode(), SMALL)
    assert len(batches) > 20
    for i in (0, 1, 500, 1999):
        assert places(batches, f"k{i}@example.no") == [(i + 1, lines[i].index(f"k{i}%") + 1)]
    one = "&".join(lines)  # a single line, which is cut
    batches, _ = run(text.extract, one.encode(), SMALL)
    for i in (0, 1, 500, 1999):
        assert places(batches, f"=k{i}@example.no") == [(1, one.index(f"=k{i}%") + 1)]


def test_addresses_in_the_cells_of_tables_are_decoded_too(read: Any) -> None:
    rows = [f"{i},https://example.no/?e=k{i}%40example.no&n=K%C3%A5re+N,50%68" for i in range(50)]
    result = read(("id,url,merknad\n" + "\n".join(rows)).encode(), "besok.csv")
    assert column(result, "url") == {i + 2: f"https://example.no/?e=k{i}@example.no&n=Kåre N" for i in range(50)}
    assert set(column(result, "merknad").values()) == {"50%68"}


def test_text_without_escapes_is_not_touched() -> None:
    content = b"50 % rabatt, 100%, %s og %d\n" * 100
    batches, _ = run(text.extract, content)
    assert lines_text(batches) == content and batches[0].origin.source_map is None  # type: ignore[union-attr]


def test_plain_logs_take_no_longer_than_a_look_for_a_sign() -> None:
    content = b"203.0.113.7 - - [10/Oct/2026:13:55:36 +0200] GET /side/12345 HTTP/1.1 200 2326\n" * 200_000

    def seconds(work: Any) -> float:
        best = 9.0
        for _ in range(5):
            start = time.process_time()
            work()
            best = min(best, time.process_time() - start)
        return best

    plain = seconds(lambda: list(text.segments(io.BytesIO(content), "utf-8")))
    whole = seconds(lambda: list(text.extract(Document(DocumentRef("t", "x"), io.BytesIO(content)), Limits())))
    assert whole < 6 * plain + 0.05


def test_no_mutant_raises_hangs_or_vanishes(read: Any) -> None:
    data = "".join(line.replace("\r", "") * 3 for line in LOGS.values() if not line.startswith(("#", "{"))).encode()
    assert_survive(read, data, "access.log")
