"""Binary property lists: every value with its key, data as members; nesting without end is bounded."""

from __future__ import annotations

import plistlib
from datetime import datetime
from typing import Any

import pytest
from extract.found import mutants

HTML = b"<!DOCTYPE html><html><body><p>Skriv til siv@example.no</p></body></html>".ljust(100)


def packed(value: Any) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


FULL = {
    "Konto": {"epost": "kåre@example.no", "navn": ["Kåre Eksempel", "Eva Østby"], "aktiv": True},
    "telefon": 68050011,
    "født": datetime(1980, 8, 1),  # noqa: DTZ001 - as the format has it
    "side": HTML,
    "rå": b"\1\2ola@example.no\0",
}


def test_values_have_their_keys_and_data_are_members(read: Any) -> None:
    result = read(packed(FULL), "a.plist")
    lines = result.text("a.plist").split("\n")
    expected = {"epost: kåre@example.no", "navn: Kåre Eksempel", "navn: Eva Østby", "telefon: 68050011"}
    assert expected <= set(lines) and "født: 1980-08-01 00:00:00" in lines and "rå: ola@example.no" in lines
    assert "siv@example.no" in result.text("a.plist!side") and not result.problems


def test_shared_objects_are_read_once_and_do_not_multiply(read: Any) -> None:
    inner: Any = ["kari@example.no"]
    for _ in range(60):
        inner = [inner, inner]
    assert read(packed(inner), "a.plist").text("a.plist").count("kari@example.no") == 1


def test_deep_nesting_is_a_limit(read: Any) -> None:
    inner: Any = "kari@example.no"
    for _ in range(150):
        inner = [inner]
    assert read(packed(inner), "a.plist").codes == [("a.plist", "limit")]


@pytest.mark.parametrize("cut", [20, 200, -1])
def test_a_cut_list_is_said(read: Any, cut: int) -> None:
    assert read(packed(FULL)[:cut], "a.plist").codes == [("a.plist", "corrupt")]


def test_mutants_end_and_never_vanish(read: Any) -> None:
    for data in mutants(packed(FULL)):
        result = read(data, "a.plist")
        assert result.problems or result.texts
