"""Accepted gaps: the file is held against its form, and accepting changes no more than the status."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from gap_cases import SHARE, TODAY, compared, holding, inventory, without
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.errors import ConfigError
from pii_scan.notice.accept import begun, load_accepted
from pii_scan.notice.gaps import Acceptance, Status
from pii_scan.yaml_file import read_mapping

KEY = "G01/omitted/own.share/email"
ENTRY = f"""accepted:
  - gap: {KEY}
    owner: IT-sjefen
    reason: flyttes i januar
    expires: 2027-01-31
"""
FOUND = inventory(holding(SHARE, "email"), holding(SHARE, "phone"), holding("postmark", "email"))


def accepted(*keys: str, expires: date = TODAY) -> dict[str, Acceptance]:
    return {key: Acceptance("IT-sjefen", "flyttes", expires) for key in keys}


def test_the_file_is_read_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "accept.yaml"
    file.write_text(ENTRY, encoding="utf-8")
    assert load_accepted(file) == {KEY: Acceptance("IT-sjefen", "flyttes i januar", date(2027, 1, 31))}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.replace("owner", "ovner"), "line 3: unknown key 'ovner' in 'accepted', entry 1 (did you mean 'owner'?)"),
        (ENTRY.replace("IT-sjefen", '" "'), "line 3"),
        (ENTRY.replace("    expires: 2027-01-31\n", ""), "lacks 'expires'"),
        (ENTRY.replace("2027-01-31", "2027-02-31"), "line 5: there is no day '2027-02-31'"),
        (ENTRY.replace("2027-01-31", "31.01.2027"), "line 5"),
        (ENTRY.replace("G01/", "G20/"), "line 2: there is no rule"),
        (ENTRY.replace("omitted", "ommitted"), "did you mean 'omitted'?"), (ENTRY.replace(KEY, "email"), "line 2"),
        (ENTRY + ENTRY.removeprefix("accepted:\n"), "line 6: 'G01/omitted/own.share/email' stands twice"),
        ("- gap: x\n", "a list of accepted gaps is a mapping"), ("akseptert: []\n", "line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "accept.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_accepted(file)
    assert said in str(error.value) and "accept.yaml" in str(error.value)


def test_an_acceptance_holds_through_its_last_day_and_then_the_gap_is_open_again() -> None:
    for days, status in ((0, Status.ACCEPTED), (9, Status.ACCEPTED), (-1, Status.OPEN)):
        given = accepted(KEY, "G01/omitted/own.share/name", expires=TODAY + timedelta(days=days))
        found = compared(FOUND, without("email"), accepted=given)
        mine = {gap.key: gap for gap in found.gaps}
        assert mine[KEY].status is status and mine[KEY].acceptance == given[KEY]
        assert mine["G01/omitted/postmark/email"].status is Status.OPEN
        assert found.expired == ((KEY,) if days < 0 else ()) and found.unused == ("G01/omitted/own.share/name",)


KEYS = [gap.key for gap in compared(FOUND, without("email", "phone", retention=())).gaps]


@given(st.sets(st.sampled_from([*KEYS, "G05/misplaced/a/b"])), st.integers(-3, 3))
@settings(max_examples=40, deadline=None)
def test_accepting_never_removes_a_row(keys: set[str], days: int) -> None:
    given = accepted(*sorted(keys), expires=TODAY + timedelta(days=days))
    found = compared(FOUND, without("email", "phone", retention=()), accepted=given)
    assert [gap.key for gap in found.gaps] == KEYS
    open_before = {gap.key for gap in compared(FOUND, without("email", "phone", retention=())).gaps
                   if gap.status is Status.OPEN}  # fmt: skip
    open_now = {gap.key for gap in found.gaps if gap.status is Status.OPEN}
    assert open_now == (open_before if days < 0 else open_before - keys)
    assert all(gap.acceptance is not None for gap in found.gaps if gap.status is Status.ACCEPTED)


def test_a_file_that_was_begun_has_the_open_gaps_and_waits_for_a_person(tmp_path: Path) -> None:
    file = tmp_path / "accept.yaml"
    gaps = compared(FOUND, without("email")).gaps
    file.write_text(begun(gaps, date(2027, 11, 30)), encoding="utf-8")
    entries = read_mapping(file, 1 << 20, ConfigError, "a list")["accepted"]
    assert [entry["gap"] for entry in entries] == [gap.key for gap in gaps if gap.status is Status.OPEN]
    with pytest.raises(ConfigError, match="line 4"):
        load_accepted(file)
    text = file.read_text("utf-8").replace('owner: ""', "owner: noen").replace('reason: ""', "reason: derfor")
    file.write_text(text, encoding="utf-8")
    assert set(load_accepted(file)) == {entry["gap"] for entry in entries}
    file.write_text(begun((), date(2027, 11, 30)), encoding="utf-8")
    assert load_accepted(file) == {}
