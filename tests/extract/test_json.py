from __future__ import annotations

import json as reference
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from text_family import SMALL, lines_text, places, run

from pii_scan.extract import escapes, json
from pii_scan.model import Limits, ProblemCode

REPAIRED = re.compile("[\xc2-\xf4][\x80-\xbf]")  # read as UTF-8 that was escaped byte by byte
TAG = re.compile("<[A-Za-z/!?]")
words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\\\ufeff"%'), min_size=1, max_size=20
).filter(lambda value: not REPAIRED.search(value))


def text_of(content: str | bytes, limits: Limits | None = None) -> str:
    raw = content if isinstance(content, bytes) else content.encode()
    batches, problems = run(json.extract, raw, limits)
    assert not problems
    return lines_text(batches).decode()


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=20), st.booleans(), st.sampled_from([None, 1]))
def test_every_string_is_found_at_its_place(values: list[str], ascii_only: bool, indent: int | None) -> None:
    assume(not any(TAG.search(value) for value in values))  # what is markup is read as such: test_exports.py
    values = [f"<{i}:{value}>" for i, value in enumerate(values)]
    content = reference.dumps(values, ensure_ascii=ascii_only, indent=indent)
    batches, problems = run(json.extract, content.encode())
    assert not problems
    for i, value in enumerate(values):
        at = content.index(f"<{i}:")
        line = content.count("\n", 0, at)
        assert (line + 1, at - (content.rfind("\n", 0, at) + 1) + 1) in places(batches, value)


@settings(deadline=None)
@given(words)
def test_json_in_a_string_is_decoded_too(value: str) -> None:
    assert value in text_of(reference.dumps({"AuditData": reference.dumps({"x": "a\n" + value})}))


def test_escapes_hide_nothing() -> None:
    assert "kari@example.no" in text_of(r'{"e": "kari\u0040example.no"}')
    assert "158880/10030" in text_of(r'{"e": "158880\/10030"}')
    assert "a\nkari@example.no" in text_of(r'{"e": "a\nkari@example.no"}')
    assert "\nkari@example.no" in text_of(reference.dumps({"m": reference.dumps({"x": "\nkari@example.no"})}))
    assert "😀" in text_of(r'"\ud83d\ude00"') and "\ufffd\ufffd" in text_of(r'"\ude00\ud83d"')


def test_a_backslash_before_a_name_is_no_line_break() -> None:
    assert r"EXAMPLE\nora@example.no" in text_of(r'{"login": "EXAMPLE\\nora@example.no"}')


def test_utf8_written_as_latin1_escapes_is_repaired() -> None:
    assert (
        text_of(r'{"n": "K\u00c3\u00a5re \u00e2\u0082\u00ac \u00f0\u009f\u0098\u0080 bl\u00e5"}')
        == '{"n": "Kåre € 😀 blå"}'
    )


@given(st.text(st.sampled_from('\\u0dc3a89ntb"/{[x'), max_size=60))
def test_unescape_always_gives_utf8_and_ascending_sources(block: str) -> None:
    made = escapes.unescape(block.encode())
    made.text.decode()
    assert len(made.text) == len(made.source) and (made.source[1:] > made.source[:-1]).all()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\b\f")))
def test_unescape_undoes_what_json_escapes(value: str) -> None:
    quoted = reference.dumps(value)
    assume(not REPAIRED.search(value))
    assert escapes.unescape(quoted.encode()).text.decode() == f'"{value}"'


def test_text_without_escapes_is_not_mapped() -> None:
    [batch], _ = run(json.extract, b'{"a": "kari@example.no"}')
    assert batch.origin.source_map is None  # type: ignore[union-attr]


@pytest.mark.parametrize("limits", [SMALL, Limits(max_value_bytes=512)])
def test_minified_json_is_cut_without_loss(limits: Limits) -> None:
    rows = [
        {"i": i, "m": f"kari{i}@example.no", "t": 'a"b\\c\n' * 5, "n": reference.dumps({"æ": "ø\n"})}
        for i in range(400)
    ]
    content = reference.dumps(rows)
    batches, problems = run(json.extract, content.encode(), limits)
    assert not problems and len(batches) > 20
    for i in (0, 7, 399):
        needle = f'"kari{i}@example.no'
        assert places(batches, needle) == [(1, content.index(needle) + 1)]


@pytest.mark.parametrize(
    "content", ['{"a": [1, 2', '{"a": "x', '[{"a": 1}, {"a"', '{"a": "x\\"}', '{"a": 1}\n{"a": "b']
)
def test_json_that_ends_early_is_a_problem_and_is_still_read(content: str) -> None:
    batches, [problem] = run(json.extract, content.encode())
    assert problem.code is ProblemCode.TRUNCATED
    assert lines_text(batches).startswith(b'{"a"') or lines_text(batches).startswith(b"[{")


@pytest.mark.parametrize("content", ["", "1", '{"a}": "]"}', "[]\n[]\n", '{"a": "\\\\"}', '// it"s\n{"a": 1}'])
def test_whole_json_is_no_problem(content: str) -> None:
    assert run(json.extract, content.encode())[1] == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_wide_json_is_read(encoding: str) -> None:
    assert "kari@example.no" in text_of('{"navn": "Kåre", "e": "kari\\u0040example.no"}'.encode(encoding))


@pytest.mark.parametrize("depth", [1, 2])
def test_percent_encoded_addresses_are_found_at_their_place(depth: int) -> None:
    content = reference.dumps({"url": "https://example.no/?e=kari%40example.no&n=K%C3%A5re+N", "b": 'a"b'})
    for _ in range(depth - 1):
        content = reference.dumps({"AuditData": content})
    batches, _ = run(json.extract, content.encode())
    assert places(batches, "kari@example.no") == [(1, content.index("kari%") + 1)]
    assert places(batches, "Kåre N") == [(1, content.index("K%C3") + 1)]


def test_json_nested_without_end_is_text_like_any_other() -> None:
    content = '{"a":[' * 200_000 + '"kari@example.no"' + "]}" * 200_000
    batches, problems = run(json.extract, content.encode())
    assert not problems and places(batches, "kari@example.no") == [(1, content.index("kari") + 1)]
