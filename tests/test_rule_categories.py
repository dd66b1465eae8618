"""Rules and the category table agree."""

from __future__ import annotations

import pytest

from pii_scan.detect.rules import Rule, load_rules
from pii_scan.inventory.categories import categories


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_a_built_in_rule_names_the_category_that_the_table_gives_its_entity_type(rule: Rule) -> None:
    assert rule.category == categories().of(rule.entity_type).key
