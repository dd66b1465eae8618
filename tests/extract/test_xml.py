from __future__ import annotations

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_family import SMALL, lines_text, places, run

from pii_scan.extract import xml
from pii_scan.model import Limits, ProblemCode

words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="%\ufeff\ufffe\uffff&"), min_size=1, max_size=20
)


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=20), st.booleans())
def test_every_value_is_found_at_its_place(values: list[str], numeric: bool) -> None:
    values = [f"({i}:{value}.)" for i, value in enumerate(values)]
    inner = ["".join(f"&#{ord(c)};" if c in "@<æ" else escape(c) for c in v) if numeric else escape(v) for v in values]
    content = "<r>\n" + "\n".join(f'<v a="1">{value}</v>' for value in inner) + "\n</r>"
    batches, problems = run(xml.extract, content.encode())
    assert not problems
    for i, value in enumerate(values):
        assert places(batches, value) == [(i + 2, 10)]


def test_references_and_sections_hide_nothing() -> None:
    content = b'<a b="kari&#x40;example.no"><![CDATA[ola@example.no]]>&lt;x&gt; per&amp;#64;example.no &unknown;</a>'
    text = lines_text(run(xml.extract, content)[0]).decode()
    for value in ("kari@example.no", "ola@example.no", "<x>", "per@example.no", "&unknown;"):
        assert value in text


def test_second_round_keeps_positions() -> None:
    content = b"<a>&amp;lt;&lt;b&gt; x &amp;#64; &lt; kari &amp;amp; ola</a>"
    batches, _ = run(xml.extract, content)
    for word in ("kari", "ola"):
        assert places(batches, word) == [(1, content.index(word.encode()) + 1)]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-8", "UTF-16", "x-unknown"])
def test_declared_encoding_is_used(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><a>Kåre</a>'
    raw = content.encode("cp1252" if encoding == "x-unknown" else encoding)
    batches, problems = run(xml.extract, raw)
    assert "Kåre" in lines_text(batches).decode() and not problems


def test_entity_declarations_are_a_problem_and_never_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a0 "kari@example.no">' + "".join(
        f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9)
    )
    batches, [problem] = run(xml.extract, (bomb + "]><a>&a9;</a>").encode())
    assert problem.code is ProblemCode.LIMIT and problem.detail == "entity declarations are not expanded"
    assert lines_text(batches).count(b"kari@example.no") == 1


def test_external_entities_are_never_opened() -> None:
    content = b'<!DOCTYPE a SYSTEM "http://example.no/x.dtd" [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    assert [problem.code for problem in run(xml.extract, content)[1]] == [ProblemCode.LIMIT]
    assert run(xml.extract, b'<!DOCTYPE a SYSTEM "x.dtd"><a>b</a>')[1] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a><b>kari@example.no</a>", ProblemCode.CORRUPT),
        (b"<a><b>kari@example.no</b>", ProblemCode.TRUNCATED),
        (b"<a>kari@example.no</a><b", ProblemCode.CORRUPT),
        (b"<a>" * 300 + b"kari@example.no" + b"</a>" * 300, ProblemCode.LIMIT),
    ],
)
def test_spoilt_xml_is_a_problem_and_is_still_read(content: bytes, code: ProblemCode) -> None:
    batches, [problem] = run(xml.extract, content)
    assert problem.code is code and b"kari@example.no" in lines_text(batches)
    assert "kari" not in problem.detail


def test_depth_counts_no_tags_in_comments_and_sections() -> None:
    content = b"<a>" + b"<!-- <x><x> --><![CDATA[<p><br>]]><c/>" * 2000 + b"</a>"
    for limits in (Limits(max_xml_depth=10), Limits(max_xml_depth=10, max_value_bytes=400)):
        assert run(xml.extract, content, limits)[1] == []


def test_long_documents_are_read_in_blocks() -> None:
    content = "<r>" + "".join(f"<v>kari{i}&#64;example.no, æ</v>" for i in range(2000)) + "</r>"
    batches, problems = run(xml.extract, content.encode(), SMALL)
    assert not problems and len(batches) > 20
    for i in (0, 999, 1999):
        assert places(batches, f">kari{i}@example.no") == [(1, content.index(f">kari{i}&") + 1)]


def test_percent_encoded_addresses_are_found_at_their_place() -> None:
    content = '<r>\n<a u="https://example.no/?e=kari%40example.no&amp;n=1">ola%40example.no</a>'
    content += "<!-- per%2540example.no --></r>"
    batches, _ = run(xml.extract, content.encode())
    line = content.partition("\n")[2]
    for name in ("kari", "ola", "per"):
        assert places(batches, f"{name}@example.no") == [(2, line.index(f"{name}%") + 1)]
