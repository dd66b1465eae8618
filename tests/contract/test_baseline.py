from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from contract_cases import DAY, TEXT, column, contract, file
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.contract.baseline import (
    Answer,
    Entry,
    Prints,
    apply,
    class_of,
    differences,
    load_baseline,
    renewed,
    written,
)  # fmt: skip
from pii_scan.contract.judge import Violation, judge
from pii_scan.contract.observed import FileSeen, Value
from pii_scan.errors import ConfigError

KEYED, OTHER, KEYLESS = Prints(b"k" * 32), Prints(b"o" * 32), Prints(None)
ANSWER = Answer("Salg", "før vakten", DAY + timedelta(days=30))
EMAIL = "EMAIL_ADDRESS"


def violations(count: int = 3, name: str = "kunder.csv") -> list[Violation]:
    seen = file(name, columns={"epost": 9}, found={(column("epost"), EMAIL): count})
    return judge({name: seen}, contract((), {"navn": ()}), DAY)


def entries(found: list[Violation], prints: Prints = KEYED, before: tuple[Entry, ...] = ()) -> tuple[Entry, ...]:
    return renewed(found, before, prints, ANSWER, DAY)


@pytest.mark.parametrize("prints", [KEYED, KEYLESS])
def test_what_the_baseline_holds_is_known_until_its_last_day_and_fires_after(prints: Prints) -> None:
    found = violations()
    made = entries(found, prints)
    applied = apply(found, made, prints, ANSWER.expires)
    assert (applied.firing, len(applied.known), applied.expired) == ((), len(found), ())
    assert {known.owner for known in applied.known} == {"Salg"}
    late = apply(found, made, prints, ANSWER.expires + timedelta(days=1))
    assert list(late.firing) == found
    assert len(late.expired) == len(found)


def test_a_new_value_in_a_known_place_fires_alone() -> None:
    made = entries(violations(3))
    [left] = apply(violations(5), made, KEYED, DAY).firing
    assert (left.count, left.distinct, left.subject) == (2, 2, EMAIL)
    assert apply(violations(2), made, KEYED, DAY).firing == ()


def test_without_a_key_more_of_the_same_is_known_up_to_the_next_class() -> None:
    made = entries(violations(3), KEYLESS)
    assert apply(violations(5), made, KEYLESS, DAY).firing == ()
    assert [one.subject for one in apply(violations(6), made, KEYLESS, DAY).firing] == [EMAIL]
    assert not any(entry.values for entry in made)


def test_lines_and_their_order_are_no_part_of_an_identity() -> None:
    [found] = [one for one in violations() if one.subject == EMAIL]
    moved = Violation(**{
        **{name: getattr(found, name) for name in found.__slots__}, "row": 99,
        "values": {key: Value(1, value.row + 40) for key, value in reversed(found.values.items())},
    })  # fmt: skip
    assert entries([found]) == entries([moved])


def test_two_projects_and_two_files_have_different_fingerprints() -> None:
    def prints(made: tuple[Entry, ...]) -> set[str]:
        return {value for entry in made for value in entry.values}

    ours = prints(entries(violations()))
    assert ours
    assert not ours & prints(entries(violations(), OTHER))
    assert not ours & prints(entries(violations(name="andre.csv")))


@pytest.mark.parametrize("prints", [KEYED, KEYLESS])
def test_what_is_written_is_what_is_read(prints: Prints, tmp_path: Path) -> None:
    made = entries(violations(), prints)
    (tmp_path / "b.yaml").write_text(written(made, prints), "utf-8")
    assert load_baseline(tmp_path / "b.yaml", prints) == made
    assert differences(made, load_baseline(tmp_path / "b.yaml", prints)) == []


def test_another_key_or_none_is_refused_and_not_taken_for_new_values(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(written(entries(violations()), KEYED), "utf-8")
    with pytest.raises(ConfigError, match="another key"):
        load_baseline(tmp_path / "b.yaml", OTHER)
    with pytest.raises(ConfigError, match="PII_SCAN_KEY"):
        load_baseline(tmp_path / "b.yaml", KEYLESS)


def test_an_entry_that_nobody_answers_for_is_refused(tmp_path: Path) -> None:
    made = renewed(violations(), (), KEYLESS, Answer("", "", DAY), DAY)
    (tmp_path / "b.yaml").write_text(written(made, KEYLESS), "utf-8")
    with pytest.raises(ConfigError, match=r"line \d+: .*'owner' cannot be ''"):
        load_baseline(tmp_path / "b.yaml", KEYLESS)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("not-allowed", "not-alowed", "did you mean 'not-allowed'"),
    ("expires: 2026-12-30", "expires: 2026-12-32", "there is no day"),
    ("owner:", "ower:", "unknown key 'ower'|lacks 'owner'"),
])  # fmt: skip
def test_a_wrong_baseline_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = written(entries(violations(), KEYLESS), KEYLESS)
    assert old in text
    (tmp_path / "b.yaml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=rf"line \d+: .*({said})"):
        load_baseline(tmp_path / "b.yaml", KEYLESS)


def test_a_renewed_baseline_keeps_who_answers_and_forgets_what_is_gone_but_not_what_was_unread() -> None:
    before = entries(violations())
    other = Answer("Drift", "ny", DAY + timedelta(days=9))
    assert renewed(violations(), before, KEYED, other, DAY) == before
    late = renewed(violations(), before, KEYED, other, ANSWER.expires + timedelta(days=1))
    assert {entry.owner for entry in late} == {"Drift"}
    assert renewed([], before, KEYED, other, DAY) == ()
    assert renewed([], before, KEYED, other, DAY, ["kunder.csv"]) == before
    lines = differences(before, renewed(violations(4), before, KEYED, other, DAY))
    assert [line[:1] for line in lines] == ["~"]
    assert "3 fingerprints" in lines[0] and "4 fingerprints" in lines[0]


def test_a_contract_that_has_run_out_cannot_be_put_in_a_baseline() -> None:
    late = judge({"kunder.csv": FileSeen("kunder.csv", read=True)}, contract(), date(2030, 1, 1))
    assert [str(one.rule) for one in late] == ["expired-contract"]
    assert renewed(late, (), KEYED, ANSWER, DAY) == ()


def test_entries_that_match_nothing_are_said() -> None:
    made = entries(violations())
    assert set(apply([], made, KEYED, DAY).unused) == set(made)


@given(st.integers(1, 10**12))
def test_the_class_of_a_count_holds_it_and_is_less_than_three_times_as_large(count: int) -> None:
    assert count <= class_of(count) < 3 * count
    assert class_of(class_of(count)) == class_of(count)


def test_text_is_known_by_its_values_too() -> None:
    seen = file("a.py", found={(TEXT, EMAIL): 2}, media_type="text/plain")
    found = judge({"a.py": seen}, contract(), DAY)
    assert [entry.identity.place for entry in entries(found)] == ["text:"]
    assert apply(found, entries(found), KEYED, DAY).firing == ()
