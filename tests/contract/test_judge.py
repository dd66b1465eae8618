from __future__ import annotations

from datetime import timedelta

import pytest
from contract_cases import DAY, TEXT, column, contract, file
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.contract.judge import Rule, judge
from pii_scan.contract.model import Allowance, Contracts
from pii_scan.contract.observed import FileSeen, Place

EMAIL, PHONE, FNR = "EMAIL_ADDRESS", "PHONE_NUMBER", "NO_FODSELSNUMMER"
NONE = Contracts(())


def rules(seen: FileSeen, contracts: Contracts, days: int = 0) -> list[tuple[str, str]]:
    found = judge({seen.name: seen}, contracts, DAY + timedelta(days=days))
    return [(str(violation.rule), violation.subject) for violation in found]


def test_an_entity_type_that_is_not_allowed_is_a_violation_and_one_that_is_allowed_is_none() -> None:
    seen = file(columns={"epost": 2}, found={(column("epost"), EMAIL): 2})
    assert rules(seen, contract()) == [("not-allowed", EMAIL)]
    assert rules(seen, contract((EMAIL,))) == []
    assert rules(seen, contract((PHONE,))) == [("not-allowed", EMAIL)]


def test_a_category_allows_its_entity_types_and_a_parent_category_its_children() -> None:
    assert rules(file(found={(TEXT, FNR): 1}), contract(("national_id",))) == []
    cookie = file(found={(TEXT, "COOKIE_ID"): 1})
    assert rules(cookie, contract(("online_id",))) == []
    assert rules(cookie, contract(("online_id.device",))) == [("not-allowed", "COOKIE_ID")]


def test_a_column_of_the_contract_may_hold_what_stands_there_and_nothing_that_the_file_may() -> None:
    seen = file(columns={"epost": 2, "notat": 2}, found={(column("epost"), PHONE): 1, (column("notat"), PHONE): 1})
    found = judge({seen.name: seen}, contract((PHONE,), {"epost": (EMAIL,)}, new_columns=True), DAY)
    assert [(violation.place, violation.subject) for violation in found] == [(column("epost"), PHONE)]


def test_a_column_of_one_sheet_goes_before_the_column_of_any() -> None:
    seen = file(columns={"epost": 2}, found={(column("epost", "Ark1"), EMAIL): 1, (column("epost", "Ark2"), EMAIL): 1})
    found = judge({seen.name: seen}, contract((), {"epost": (EMAIL,), "Ark2!epost": ()}), DAY)
    assert [violation.place for violation in found] == [column("epost", "Ark2")]


def test_a_file_without_a_contract_may_hold_no_personal_data() -> None:
    assert rules(file("annet.csv", {"x": 1}), contract()) == []
    assert rules(file("annet.csv", {"x": 1}, {(column("x"), EMAIL): 1}), contract((EMAIL,))) == [("not-allowed", EMAIL)]
    assert rules(file(found={(column("x"), EMAIL): 1}), NONE) == [("not-allowed", EMAIL)]


def test_numbers_of_organisations_are_no_personal_data() -> None:
    assert rules(file(found={(TEXT, "NO_ORGANISASJONSNUMMER"): 9}), contract()) == []


@pytest.mark.parametrize(("count", "fires"), [(10, False), (11, True)])
def test_a_count_may_reach_its_bound_and_not_pass_it(count: int, fires: bool) -> None:
    seen = file(columns={"epost": 99}, found={(column("epost"), EMAIL): count})
    expected = [("too-many", EMAIL)] if fires else []
    assert rules(seen, contract((), {"epost": (Allowance(EMAIL, max_count=10),)})) == expected
    assert rules(seen, contract((Allowance(EMAIL, max_distinct=10),))) == expected


def test_the_bound_of_a_file_counts_its_places_together_and_that_of_a_column_each() -> None:
    seen = file(columns={"a": 9, "b": 9}, found={(column("a"), EMAIL): 3, (column("b"), EMAIL): 3})
    bound = Allowance(EMAIL, max_count=5)
    assert rules(seen, contract((bound,))) == [("too-many", EMAIL)]
    assert rules(seen, contract((), {"a": (bound,), "b": (bound,)})) == []


def test_the_bound_of_a_category_counts_its_entity_types_together() -> None:
    seen = file(columns={"id": 9}, found={(column("id"), FNR): 2, (column("id"), "NO_D_NUMMER"): 2})
    assert rules(seen, contract((), {"id": (Allowance("national_id", max_count=3),)})) == [("too-many", "national_id")]
    assert rules(seen, contract((), {"id": (Allowance("national_id", max_count=4),)})) == []


@pytest.mark.parametrize(("cells", "fires"), [(20, False), (19, True)])
def test_a_share_is_of_the_cells_that_hold_something(cells: int, fires: bool) -> None:
    seen = file(columns={"notat": cells}, found={(column("notat"), EMAIL): 1})
    found = rules(seen, contract((), {"notat": (Allowance(EMAIL, max_share=0.05),)}))
    assert found == ([("too-large-share", EMAIL)] if fires else [])


def test_test_numbers_are_as_real_or_allowed_or_forbidden_as_the_contract_says() -> None:
    only_tests = file(found={(TEXT, FNR): (0, 2)})
    mixed = file(found={(TEXT, FNR): (1, 2)})
    assert rules(only_tests, contract()) == [("not-allowed", FNR)]
    assert rules(only_tests, contract((FNR,))) == []
    assert rules(only_tests, contract(synthetic="allowed")) == []
    assert rules(mixed, contract(synthetic="allowed")) == [("not-allowed", FNR)]
    assert rules(only_tests, contract((FNR,), synthetic="forbidden")) == [("synthetic", FNR)]
    assert rules(file(found={(TEXT, FNR): 2}), contract((FNR,), synthetic="forbidden")) == []


def test_test_numbers_that_are_allowed_do_not_count_for_a_bound() -> None:
    seen = file(found={(TEXT, FNR): (1, 5)})
    assert rules(seen, contract((Allowance(FNR, max_count=1),), synthetic="allowed")) == []
    assert rules(seen, contract((Allowance(FNR, max_count=1),))) == [("too-many", FNR)]


def test_a_new_column_is_a_violation_unless_new_ones_are_allowed() -> None:
    seen = file(columns={"epost": 2, "telefon": 0})
    assert rules(seen, contract((), {"epost": ()})) == [("new-column", "telefon")]
    assert rules(seen, contract((), {"epost": ()}, new_columns=True)) == []
    assert rules(seen, contract()) == []


def test_a_column_that_must_be_there_is_missed_also_where_the_table_is_empty() -> None:
    terms: dict[str, tuple[str | Allowance, ...]] = {"epost": (EMAIL,), "navn": ()}
    assert rules(file(columns={"epost": 0}), contract((), terms, ("navn",))) == [("missing-column", "navn")]
    assert rules(file(columns={"epost": 0, "navn": 0}), contract((), terms, ("navn",))) == []
    unread = FileSeen("kunder.csv")
    assert rules(unread, contract((), terms, ("navn",))) == []


def test_a_contract_holds_on_its_last_day_and_not_after() -> None:
    assert rules(file(), contract()) == []
    assert rules(file(), contract(), days=1) == [("expired-contract", DAY.isoformat())]
    assert rules(file("annet.csv"), contract(), days=1) == []


def test_the_first_contract_that_is_for_a_file_counts() -> None:
    both = Contracts((*contract((EMAIL,)).all, *contract((), files=("*.csv",), id="alle").all))
    assert rules(file(found={(TEXT, EMAIL): 1}), both) == []
    assert rules(file("annet.csv", found={(TEXT, EMAIL): 1}), both) == [("not-allowed", EMAIL)]


def test_members_of_a_container_are_judged_by_the_contract_of_the_container() -> None:
    seen = file("ut/kunder.zip!a/b.csv", found={(TEXT, EMAIL): 1})
    assert rules(seen, contract((EMAIL,), files=("ut/*.zip",))) == []
    assert rules(seen, contract((EMAIL,), files=("andre/*.zip",))) == [("not-allowed", EMAIL)]


def test_a_column_that_must_be_there_may_be_in_any_member_of_a_container() -> None:
    terms = contract((), {"epost": ()}, ("epost",), files=("k.zip",))
    whole, empty = file("k.zip"), file("k.zip!les meg.txt")
    table = file("k.zip!k.csv", {"epost": 1})
    for files, missing in (([whole, empty, table], 0), ([whole, empty], 1)):
        assert len(judge({one.name: one for one in files}, terms, DAY)) == missing


TYPES = st.sampled_from([EMAIL, PHONE, FNR, "PERSON", "IP_ADDRESS"])
PLACES = st.sampled_from([TEXT, column("a"), column("b"), Place("part", "tittel")])
FOUND = st.dictionaries(st.tuples(PLACES, TYPES), st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8)
ALLOWED = st.lists(
    st.builds(Allowance, TYPES, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    max_size=4, unique_by=lambda one: one.name,
)  # fmt: skip


@given(FOUND, ALLOWED, TYPES, st.sampled_from(["as_real", "allowed", "forbidden"]))
def test_an_allowance_more_never_adds_a_violation(
    found: dict[tuple[Place, str], int | tuple[int, int]], items: list[Allowance], more: str, synthetic: str
) -> None:
    seen = file(columns={"a": 9, "b": 9}, found=found)
    before = rules(seen, contract(tuple(items), synthetic=synthetic))
    without = [item for item in items if item.name != more]
    after = rules(seen, contract((*without, more), synthetic=synthetic))
    assert set(after) <= set(before)


@given(FOUND, ALLOWED)
def test_what_is_found_less_often_never_adds_a_violation(
    found: dict[tuple[Place, str], int | tuple[int, int]], items: list[Allowance]
) -> None:
    terms = contract(tuple(items))
    before = rules(file(columns={"a": 9, "b": 9}, found=found), terms)
    fewer = {key: (value[0] // 2, value[1] // 2) for key, value in found.items() if isinstance(value, tuple)}
    assert set(rules(file(columns={"a": 9, "b": 9}, found={**fewer}), terms)) <= set(before)


def test_every_rule_can_fire() -> None:
    seen = file(
        columns={"a": 2, "b": 2, "ny": 0},
        found={(column("a"), EMAIL): 2, (column("b"), EMAIL): 2, (column("a"), PHONE): 1, (TEXT, FNR): (0, 1)},
    )
    terms: dict[str, tuple[str | Allowance, ...]] = {
        "a": (Allowance(EMAIL, max_count=1),), "b": (Allowance(EMAIL, max_share=0.5),), "c": (),
    }  # fmt: skip
    found = rules(seen, contract((FNR,), terms, ("c",), synthetic="forbidden"), days=1)
    assert {rule for rule, _ in found} == {str(rule) for rule in Rule}
