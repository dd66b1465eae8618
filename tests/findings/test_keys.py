"""There is one key, only the user can read it, and no run shows it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import ConfigError
from pii_scan.findings.keys import KEY_BYTES, existing_key, fingerprint_key, key_check


def test_the_key_is_made_once_and_only_the_user_can_read_it(tmp_path: Path) -> None:
    key = fingerprint_key({}, tmp_path / "a" / "b")
    assert len(key) == KEY_BYTES
    assert fingerprint_key({}, tmp_path / "a" / "b") == key
    assert fingerprint_key({}, tmp_path / "other") != key
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["key"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "a" / "b" / "key").stat().st_mode) == 0o600


def test_scans_that_start_at_the_same_moment_get_the_same_key(tmp_path: Path) -> None:
    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, n=number: fingerprint_key({}, tmp_path / str(n)), range(8)))  # type: ignore[misc]
        assert len(keys) == 1


def test_the_key_in_the_environment_comes_first_and_makes_no_file(tmp_path: Path) -> None:
    assert fingerprint_key({"PII_SCAN_KEY": " " + "0f" * 32 + "\n"}, tmp_path / "x") == b"\x0f" * 32
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("text", ["abc", "zz" * 32, "0f" * 31, "0f" * 33])
def test_a_wrong_key_is_refused_and_not_repeated(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text, encoding="ascii")
    for environment in ({"PII_SCAN_KEY": text}, {}):
        with pytest.raises(ConfigError) as raised:
            fingerprint_key(environment, tmp_path)
        assert text not in str(raised.value)


def test_a_key_that_cannot_be_kept_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="PII_SCAN_KEY"):
        fingerprint_key({}, tmp_path / "file" / "folder")
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="PII_SCAN_KEY"):
        fingerprint_key({}, tmp_path)


def test_a_key_that_is_only_looked_for_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PII_SCAN_KEY"):
        existing_key({}, tmp_path / "config")
    assert list(tmp_path.iterdir()) == []
    key = fingerprint_key({}, tmp_path / "config")
    assert existing_key({}, tmp_path / "config") == key
    assert existing_key({"PII_SCAN_KEY": "0f" * 32}, tmp_path / "none") == b"\x0f" * 32


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_the_key_check_tells_keys_apart_and_shows_none(one_key: bytes, other: bytes) -> None:
    assert (key_check(one_key) == key_check(other)) == (one_key == other)
    assert key_check(one_key) not in one_key.hex()
