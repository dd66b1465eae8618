from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from pii_scan.detect.groups import PADDING
from pii_scan.detect.layout_memory import MAX_FILES, recall
from pii_scan.detect.patterns import PatternSet
from pii_scan.detect.rules import FLAGS, load_rules

EXPRESSIONS = [
    (r"\b\d{6} ?\d{5}\b", FLAGS), (r"(?<![\w.])[a-z0-9._]+@[a-z0-9.]+\.no\b(?!-)", FLAGS), (r"(a|b)(?=\1)x", FLAGS),
    (r"\bblå(?:bær|skjell)?\b", FLAGS), (r"[[:alpha:]]{6}", FLAGS),
]  # fmt: skip
TEXT = "fnr 158880 10030, kari@example.no, ola@example.no-x, blåbær BLÅ 12345678901"


def scan(patterns: PatternSet, text: str = TEXT) -> list[tuple[int, int, int]]:
    buffer = np.full(len(text.encode()) + 2 * PADDING, 0xFF, np.uint8)
    buffer[PADDING:-PADDING] = np.frombuffer(text.encode(), np.uint8)
    found = patterns.scan(buffer)
    return list(zip(found.pattern.tolist(), found.start.tolist(), found.end.tolist(), strict=True))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    PatternSet(EXPRESSIONS, tmp_path / "m")
    [file] = (tmp_path / "m").iterdir()
    return file


def test_what_is_recalled_finds_what_is_made_anew(kept: Path) -> None:
    before = kept.stat().st_mtime_ns
    plain, recalled = PatternSet(EXPRESSIONS), PatternSet(EXPRESSIONS, kept.parent)
    assert scan(plain) == scan(recalled) != []
    assert plain.uncompiled == recalled.uncompiled != []
    assert kept.stat().st_mtime_ns == before


def test_the_built_in_rules_find_the_same_from_memory(tmp_path: Path) -> None:
    expressions = sorted({(pattern.regex, FLAGS) for rule in load_rules() for pattern in rule.patterns})
    text = "\n".join(example.text for rule in load_rules() for example in (*rule.examples, *rule.counter_examples))
    PatternSet(expressions, tmp_path)
    assert scan(PatternSet(expressions, tmp_path), text) == scan(PatternSet(expressions), text)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_a_damaged_file_is_left_aside_and_made_anew(kept: Path, damage: str) -> None:
    data = bytearray(kept.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 255
    kept.write_bytes({"cut": bytes(data[:-500]), "empty": b"", "other": b"PK nothing"}.get(damage, bytes(data)))
    assert scan(PatternSet(EXPRESSIONS, kept.parent)) == scan(PatternSet(EXPRESSIONS))


def test_only_the_user_can_read_it_and_old_ones_go(kept: Path) -> None:
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent.stat().st_mode & 0o077 == 0
    for number in range(MAX_FILES + 2):
        PatternSet([(f"a{number}", FLAGS)], kept.parent)
    assert len(list(kept.parent.iterdir())) == MAX_FILES


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    assert scan(PatternSet(EXPRESSIONS, tmp_path / "file" / "m")) == scan(PatternSet(EXPRESSIONS))


@pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are those of POSIX")
@pytest.mark.parametrize("how", ["file", "folder", "link", "no file"])
def test_what_another_user_could_have_written_is_neither_read_nor_added_to(kept: Path, how: str) -> None:
    folder, content = kept.parent, kept.read_bytes()
    if how == "file":
        kept.chmod(0o622)
    elif how == "folder":
        folder.chmod(0o770)
    else:
        kept.unlink()
    if how == "link":
        (folder.parent / "other").write_bytes(content)
        kept.symlink_to(folder.parent / "other")
    expressions = [(re, flags) for re, flags in EXPRESSIONS]
    if how != "no file":
        assert recall(expressions, folder) is None
    else:
        (folder / kept.name).mkdir()
        assert recall(expressions, folder) is None
    if how == "folder":
        kept.unlink()
        assert scan(PatternSet(EXPRESSIONS, folder)) == scan(PatternSet(EXPRESSIONS))
        assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are those of POSIX")
def test_what_another_user_owns_is_not_read(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recall(EXPRESSIONS, kept.parent) is not None
    monkeypatch.setattr(os, "getuid", lambda: kept.stat().st_uid + 1)
    assert recall(EXPRESSIONS, kept.parent) is None
