from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pii_scan.errors import ConfigError
from pii_scan.inventory.categories import Flag, categories, category_of, load_categories

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared"

ENTITY_TYPES = """
NO_FODSELSNUMMER NO_D_NUMMER NO_H_NUMMER NO_FH_NUMMER NO_DUF_NUMMER NO_BANK_ACCOUNT NO_ORGANISASJONSNUMMER NO_ADDRESS
NO_LICENSE_PLATE NO_PASSPORT PERSON EMAIL_ADDRESS PHONE_NUMBER IP_ADDRESS IBAN_CODE CREDIT_CARD MAC_ADDRESS COOKIE_ID
DEVICE_ID USER_AGENT GEO_COORDINATE DATE_OF_BIRTH USERNAME PASSWORD_HASH EDUCATION HEALTH UNION_MEMBERSHIP RELIGION
ETHNICITY POLITICAL_OPINION SEXUAL_ORIENTATION CRIMINAL_RECORD CUSTOMER_ID SE_PERSONNUMMER DK_CPR_NUMMER
FI_PERSONAL_IDENTITY_CODE
""".split()


@pytest.mark.parametrize("entity_type", ENTITY_TYPES)
def test_every_entity_type_of_the_interface_has_a_category_and_names(entity_type: str) -> None:
    category = categories().by_key[category_of(entity_type)]
    assert all(category.entity_types[entity_type][lang] for lang in ("nb", "en"))


def test_no_entity_type_beyond_the_interface_is_named() -> None:
    assert set(categories().by_entity_type) == set(ENTITY_TYPES)


@pytest.mark.parametrize(
    ("entity_type", "category"),
    [
        ("NO_D_NUMMER", "national_id"),
        ("IBAN_CODE", "bank"),
        ("NO_BANK_ACCOUNT", "bank"),
        ("CREDIT_CARD", "card"),
        ("COOKIE_ID", "online_id.cookie"),
        ("MAC_ADDRESS", "online_id.device"),
        ("GEO_COORDINATE", "location.ip_derived"),
        ("NO_ORGANISASJONSNUMMER", "organisation"),
        ("NO_LICENSE_PLATE", "vehicle"),
    ],
)
def test_category_of_an_entity_type(entity_type: str, category: str) -> None:
    assert category_of(entity_type) == category


def test_an_unknown_entity_type_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="EMAIL_ADDRESS"):
        category_of("EMAIL_ADRESS")


def test_flags_say_what_the_law_says() -> None:
    flagged = {flag: {c.key for c in categories() if c.flag is flag} for flag in Flag}
    assert flagged[Flag.NATIONAL_ID] == {"national_id"}
    assert flagged[Flag.CRIMINAL] == {"criminal"}
    special = {"health", "union", "ethnicity", "religion", "politics", "sexuality", "biometric", "genetic"}
    assert flagged[Flag.SPECIAL] == special
    assert all(category.note for category in categories() if category.flag is not Flag.NONE)


def test_an_organisation_number_is_not_personal_data_but_an_unknown_category_is() -> None:
    assert not categories().is_personal("organisation")
    assert categories().is_personal("a_users_own_category")
    assert categories().name("a_users_own_category", "nb") == "a_users_own_category"


@pytest.mark.skipif(not (SHARED / "data" / "categories.csv").exists(), reason="the shared category table is not here")
def test_the_shared_category_table_is_whole() -> None:
    with open(SHARED / "data" / "categories.csv", encoding="utf-8", newline="") as text:
        shared = [row for row in csv.DictReader(text, delimiter=";") if row["key"] != "--"]
    for row in shared:
        own = categories().by_key[row["key"]]
        assert "|".join(own.dpv) == row["dpv_pd"]
        assert "|".join(own.fideslang) == row["fideslang"].replace("(none)", "")
        assert (own.flag is Flag.SPECIAL) == (row["flag"] == "ART9")
    more = set(categories().by_key) - {row["key"] for row in shared}
    assert more == {"customer_id", "vehicle", "organisation", "other"}


GOOD = """
categories:
  - key: name
    name: {nb: Navn, en: Name}
    dpv: [Name]
    fideslang: []
    flag: none
    entity_types: {PERSON: {nb: Navn, en: Name}}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("flag: none", "flagg: none", "unknown field 'flagg'"),
        ("flag: none", "flag: secret", "unknown flag"),
        ("    flag: none\n", "", "field 'flag' is missing"),
        ("{nb: Navn, en: Name}\n    dpv", "{nb: Navn}\n    dpv", "must have a text for each of nb, en"),
        ("dpv: [Name]", "dpv: Name", "must be a list of words"),
        ("categories:", "category:", "top key"),
        ("    flag: none", "    person: 1\n    flag: none", "'person' must be"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "categories.yaml"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_categories(path)


def test_nothing_may_stand_twice(tmp_path: Path) -> None:
    path = tmp_path / "categories.yaml"
    entry = GOOD.partition("categories:\n")[2]
    path.write_text(f"{GOOD}{entry}", "utf-8")
    with pytest.raises(ConfigError, match="'name' stands twice"):
        load_categories(path)
    path.write_text(GOOD + entry.replace("key: name", "key: other"), "utf-8")
    with pytest.raises(ConfigError, match="'PERSON' stands twice"):
        load_categories(path)
