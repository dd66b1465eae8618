from __future__ import annotations

import base64
import re
import time
from html import escape
from typing import Any

import pytest
from data_files import SECRET, line_batches
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import SMALL, places, run

from pii_scan.extract import html
from pii_scan.model import Limits

words = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Cf"], exclude_characters="%\ufeff\ufffe\uffff\xa0\u202f\u2007\u2009"
    ),
    min_size=1,
    max_size=20,
)


def texts(content: str | bytes, limits: Limits | None = None) -> str:
    raw = content if isinstance(content, bytes) else content.encode()
    return "\n---\n".join(str(batch.texts[0]) for batch in run(html.extract, raw, limits)[0])


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=20))
def test_every_value_is_found_at_its_place(values: list[str]) -> None:
    values = [f"({i}:{value}.)" for i, value in enumerate(values)]
    content = "<html>\n" + "\n".join(f"<p>{escape(value)}</p>" for value in values)
    batches, problems = run(html.extract, content.encode())
    assert not problems
    for i, value in enumerate(values):
        assert places(batches, value) == [(i + 2, 4)]


@settings(deadline=None)
@given(st.text("<>!-/ab\"'= &;#x\n[]", max_size=200), st.integers(64, 2000))
def test_nothing_written_as_text_is_lost_in_spoilt_markup(noise: str, limit: int) -> None:
    content = f"<p>kari@example.no</p>{noise}\n<p>ola@example.no</p> {noise} per@example.no"
    found = texts(content, Limits(max_value_bytes=limit * 8))
    for value in ("kari@example.no", "ola@example.no", "per@example.no"):
        assert value in found


def test_inline_tags_join_and_block_tags_part() -> None:
    found = texts(
        "<p><b>158880</b> 10030</p><p>kari@<i>example</i>.no</p><div>a</div>b<br>c<table><tr><td>d<td>e</table>"
    )
    assert "158880 10030\nkari@example.no\n" in found
    assert "a\nb\nc\n" in found and "d\te" in found


@pytest.mark.parametrize(
    "content",
    [
        '<a href="mailto:kari@example.no">x</a>',
        '<a href="mailto:kari%40example.no?subject=x">x</a>',
        "<input name=epost value='kari&#64;example.no'>",
        "<input value=kari@example.no>",
        '<img alt="kari@example.no" src=x>',
        '<img src="/p?e=kari%40example.no">',
        '<meta name=author content="kari@example.no">',
        '<p data-e="kari&commat;example.no">',
        "<!-- kari@example.no -->",
        '<script>var a = {"e": "kari\\u0040example.no"}</script>',
        "<style>/* kari@example.no */</style>",
        "<textarea>kari@example.no</textarea>",
        "<title>kari@example.no</title>",
        "kari@example<!-- x -->.no",
        "kari&shy;@example&#8203;.no",
        "kari@example.no <",
        '<a href="kari@example.no',
        "<!-- kari@example.no",
        "<script>kari@example.no",
        "<![CDATA[kari@example.no]]>",
        "<p title='>' id=\"kari@example.no\">",
        "<p>x</p><unknown-tag kari@example.no>",
    ],
)
def test_no_place_hides_a_value(content: str) -> None:
    assert "kari@example.no" in texts("<html><body>" + content)


def test_hard_spaces_are_blanks() -> None:
    assert "158880 10030" in texts("158880&nbsp;10030") and "158880 10030" in texts("158880&#160;10030")


def test_positions_are_those_of_the_source() -> None:
    content = '<p>\n  <b>æ</b> &aring; kari&#64;example.no\n<a title="x"\n href="mailto:ola%40example.no">y</a>'
    batches, _ = run(html.extract, content.encode())
    assert places(batches, "kari@example.no") == [(2, 20)]
    assert places(batches, "ola@example.no") == [(4, 15)]


@pytest.mark.parametrize(
    "raw",
    [
        "<meta charset=windows-1252><p>Kåre".encode("cp1252"),
        '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"><p>Kåre'.encode("latin-1"),
        "<meta charset=utf-8><p>Kåre".encode(),
        "<meta charset=utf-8><p>Kåre".encode("cp1252"),
        "<p>Kåre".encode("utf-16"),
        "<p>Kåre".encode("cp1252"),
    ],
)
def test_encoding_is_that_of_mark_declaration_or_content(raw: bytes) -> None:
    assert "Kåre" in texts(raw)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("limits", [SMALL, Limits(max_value_bytes=20_000)])
def test_long_documents_are_read_in_blocks(limits: Limits, inline: bool) -> None:
    tag = "b" if inline else "p"
    content = "".join(
        f"<{tag}>[kari{i}&#64;example.no]</{tag}> æ<a title='ola{i}@example.no'></a> " for i in range(1500)
    )
    batches, _ = run(html.extract, content.encode(), limits)
    assert len(batches) > 6
    for i in (0, 1, 750, 1499):
        assert places(batches, f"[kari{i}@example.no]") == [(1, content.index(f"[kari{i}&") + 1)]
        assert places(batches, f"'ola{i}@example.no'") == [(1, content.index(f"'ola{i}@") + 1)]


def test_long_scripts_and_comments_are_read_in_blocks() -> None:
    for begin, end in (("<script>", "</script>"), ("<!--", "-->")):
        content = (
            "<p>x</p>" + begin + "\n".join(f"var a{i} = 'kari{i}@example.no';" for i in range(2000)) + end + "<p>slutt"
        )
        batches, _ = run(html.extract, content.encode(), SMALL)
        assert [line for line, _ in places(batches, "kari777@")] == [778]
        assert [line for line, _ in places(batches, "slutt")] == [2000]


HOSTILE = (
    """< <!-- <a_ <a_" <a_'"= <a_= &# <script> </ <a_b='< <! <a_=""_ <i>x_ --> &amp <a_x=" <![CDATA[ <a% %40""".split()
)


@pytest.mark.parametrize("unit", [unit.replace("_", " ") for unit in HOSTILE])
def test_hostile_input_takes_linear_time(unit: str) -> None:
    spent = []
    for size in (100_000, 400_000):
        start = time.process_time()
        run(html.extract, (unit * size)[:size].encode())
        spent.append(time.process_time() - start)
    assert spent[1] < 8 * spent[0] + 0.3


HIDDEN = """<html><head><meta name="author" content="kari1@example.no">
<script type="application/ld+json">{"a":"kari2\\u0040example.no","u":"https://x/?e=kari3%40example.no"}</script>
<!-- kari4@example.no --><style>/* kari5@example.no */</style></head>
<body><a href="mailto:kari6%40example.no" title="kari7@example.no">x</a><input type=hidden value="kari8&#64;example.no">
<div data-u="{&quot;e&quot;:&quot;kari9\\u0040example.no&quot;}" onclick="f('kari10@example.no')">x</div>
<img alt="kari11@example.no" src="x"><option value=kari12@example.no>y</option><a href="/?u=kari13%2540example.no">z</a>
<p>https://example.no/?e=kari14%40example.no</p><iframe srcdoc="&lt;p&gt;kari15@example.no"></iframe>
<script>var j = "{\\"e\\":\\"kari16@example.no\\"}";</script></body></html>"""


@pytest.mark.parametrize("number", range(1, 17))
def test_what_a_page_does_not_show_is_found_at_its_place(number: int) -> None:
    batches, _ = run(html.extract, HIDDEN.encode())
    at = next(match.start() for match in re.finditer(f"kari{number}(?=[@&%\\\\])", HIDDEN))
    wanted = (HIDDEN.count("\n", 0, at) + 1, at - HIDDEN.rfind("\n", 0, at))
    assert places(batches, f"kari{number}@example.no") == [wanted]


def test_documents_within_a_page_are_members(read: Any) -> None:
    inner = base64.b64encode(f"Til: {SECRET}".encode()).decode()
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(400_000)).decode()
    pixel = base64.b64encode(b"GIF89a" + bytes(37)).decode()
    content = (
        f'<html><body><a href="data:text/plain;charset=utf-8;base64,{inner}">x</a>'
        f'<img src="data:image/png;base64,{picture}"><img src="data:image/gif;base64,{pixel}">'
        f"<style>@font-face {{src: url(data:font/woff2;base64,{picture})}}</style>"
        "<p>ola@example.no</p></body></html>"
    )
    result = read(content.encode(), "x.html")
    assert result.text("x.html!embedded 1.txt") == f"Til: {SECRET}"
    assert set(result.done) == {"x.html", "x.html!embedded 1.txt", "x.html!embedded 2.png"}
    assert inner not in result.all_text
    assert places(line_batches(result), "ola@example.no") == [(1, content.index("ola@") + 1)]
