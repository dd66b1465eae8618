"""What a YAML file of someone else's making may do: nothing but hold plain values, and not too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_scan.errors import ConfigError
from pii_scan.yaml_file import kept_contents, read_mapping, read_marked

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""A thousand million x, written with aliases."""


def refusal(folder: Path, content: str | bytes) -> str:
    (folder / "a.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        read_mapping(folder / "a.yaml", 1 << 20, ConfigError, "a test")
    with pytest.raises(ConfigError):
        read_marked(folder / "a.yaml", 1 << 20, ConfigError, "a test")
    assert len(str(caught.value)) < 400
    return str(caught.value)


@pytest.mark.timeout(60)
def test_aliases_that_multiply_are_refused_before_anyone_counts_them(tmp_path: Path) -> None:
    assert "aliases make more than" in refusal(tmp_path, BOMB)


@pytest.mark.parametrize("content", ["a: &x [*x]", "a: &x {b: {c: *x}}", "a: &x\n- b\n- - *x\n"])
def test_an_alias_within_what_it_stands_for_is_refused(tmp_path: Path, content: str) -> None:
    assert "refers to what it stands in" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    ["a: " + "[" * 100_000, "a: " + "{a: " * 50_000, "".join(" " * n + "a:\n" for n in range(1200)),
     "a:\n" + "- " * 90_000],
    ids=["lists", "mappings", "lines", "dashes"],
)  # fmt: skip
def test_nesting_without_end_is_refused(tmp_path: Path, content: str) -> None:
    refusal(tmp_path, content)


@pytest.mark.parametrize(
    "tag",
    ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!python/object/new:type [a]", "!own x",
     "!!python/module:os", "!!python/tuple [a]"],
)  # fmt: skip
def test_tags_make_no_objects(tmp_path: Path, tag: str) -> None:
    assert "line 1" in refusal(tmp_path, f"a: {tag}\n")


def test_what_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "larger than" in refusal(tmp_path, "a: " + "x" * (1 << 20))
    for content in (b"a: \xff\xfe", b"\0", b"a: \x1b[31m", b"%YAML 9.9\n", b"- a", b"a: 2026-99-99\n!"):
        refusal(tmp_path, content)


def test_aliases_as_people_write_them_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", encoding="utf-8")
    read = read_mapping(tmp_path / "a.yaml", 1 << 20, ConfigError, "a test")
    assert read == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}


@pytest.mark.parametrize("damage", [None, b"", b"[1", b"{}", b"[]"])
def test_what_is_kept_of_files_is_what_they_hold(tmp_path: Path, damage: bytes | None) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    files[0].write_text("a: [1, x, 2.5, null, true]\n", encoding="utf-8")
    files[1].write_text("æ: {b: 'no'}\n", encoding="utf-8")
    read: list[str] = []

    def contents() -> list[dict[str, object]]:
        def one(path: Path) -> dict[str, object]:
            read.append(path.name)
            return read_mapping(path, 1000, ConfigError, "a file")

        return kept_contents("kind", files, one, tmp_path / "kept")

    held = [{"a": [1, "x", 2.5, None, True]}, {"æ": {"b": "no"}}]
    assert contents() == contents() == held
    assert read == ["a.yaml", "b.yaml"]
    [kept] = (tmp_path / "kept").iterdir()
    if damage is not None:
        kept.write_bytes(damage)
        assert contents() == held
        assert len(read) == 4
    files[1].write_text("æ: {b: changed}\n", encoding="utf-8")
    assert contents()[1] == {"æ": {"b": "changed"}}


def test_what_json_cannot_hold_is_read_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("1: 2026-01-01\n", encoding="utf-8")
    for _ in range(2):
        try:
            [content] = kept_contents(
                "kind", [tmp_path / "a.yaml"], lambda path: read_mapping(path, 1000, ConfigError, "a file"),
                tmp_path / "kept",
            )  # fmt: skip
        except TypeError:
            pytest.fail("a date is no reason to fail")
        assert list(content) == [1]
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("value", ["!!bool ja", "!!bool ''", "!!timestamp i morgen", "!!int ''", "!!float ''"])
def test_a_value_that_does_not_fit_its_tag_is_refused(tmp_path: Path, value: str) -> None:
    refusal(tmp_path, f"a: {value}\n")


@pytest.mark.parametrize("word", ["truere", "false5", "true false", "trueå"])
def test_a_word_that_begins_as_a_truth_value_is_a_word(tmp_path: Path, word: str) -> None:
    (tmp_path / "a.yaml").write_text(f"a: {word}\n", encoding="utf-8")
    assert read_marked(tmp_path / "a.yaml", 1 << 20, ConfigError, "a test")[0] == {"a": word}
