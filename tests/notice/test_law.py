"""The tables of law say what they are asked for."""

from __future__ import annotations

import pytest

from pii_scan.inventory.categories import categories
from pii_scan.notice import law


def test_a_section_is_read_in_every_written_form() -> None:
    for cite in ("personopplysningsloven §18", "Personopplysningsloven § 18", "popplyl. § 18 første ledd"):
        assert [item.topic for item in law.provisions(cite)] == ["dpo_confidentiality", "access"]


@pytest.mark.parametrize("cite", ["personopplysningsloven", "straffeloven § 18", "GDPR artikkel 15", "apopplylov § 18"])
def test_what_is_not_known_says_nothing(cite: str) -> None:
    assert law.provisions(cite) == ()


def test_every_topic_of_a_section_has_a_name() -> None:
    for act in law.table("references")["acts"]:
        for name in act["sections"].values():
            found = law.topic(name)
            assert found is not None and set(found.name) == {"nb", "en"}


def test_norway_needs_no_safeguard_and_the_united_states_do() -> None:
    assert law.in_eea("NO") and not law.in_eea("US") and not law.adequate("US") and law.adequate("CH")


def test_names_are_known_however_they_are_written() -> None:
    assert law.entity("FACEBOOK INC") == law.entity("Facebook, Inc.") is not None
    assert law.entity("Facebook Norge Venner AS") is None


def test_implied_categories_are_categories() -> None:
    for kind in ("sources", "purposes"):
        for name in law.table("implied")[kind]:
            implied = law.implied_by(kind, name)
            assert implied is not None and set(implied.categories) <= set(categories().by_key)
