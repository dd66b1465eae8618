"""The words of records: what they mean is what a careful reader takes them to mean; the rest stays as written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.inventory.categories import categories
from pii_scan.notice.record_systems import Systems
from pii_scan.notice.record_words import (
    bases,
    country,
    is_blank,
    named_categories,
    period,
    period_words,
    said,
    table,
    values,
)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("5 år", "P5Y"),
        ("3.5 years", "P3Y6M"),
        ("3,5 år", "P3Y6M"),
        ("3 ½ år", "P3Y6M"),
        ("6 måneder", "P6M"),
        ("60 dager", "P60D"),
        ("18 mnd.", "P18M"),
        ("fem år", "P5Y"),
        ("et halvt år", "P6M"),
        ("ett år", "P1Y"),
        ("2 uker", "P2W"),
        ("3 år og 6 måneder", "P3Y6M"),
        ("P1Y6M", "P1Y6M"),
        ("Inntil 10 år.", "P10Y"),
        ("Slettes etter 30 dager", "P30D"),
        ("up to two years", "P2Y"),
        ("5 years (Bookkeeping Act)", "P5Y"),
        ("5 år etter regnskapsårets slutt", "P5Y"),
        ("1 year after end of contract", "P1Y"),
        ("5-år", "P5Y"),
    ],
)
def test_periods_in_words_are_durations(text: str, duration: str) -> None:
    found = period(text)
    assert found is not None and found.duration == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "år",
        "Så lenge kundeforholdet varer",
        "6 måneder for søkere, 5 år for kunder",
        "5 år eller 10 år",
        "Slettes ikke før 5 år",
        "2020-2025",
        "se rutine 5 år gammel",
        "12345678 år",
        "0 år",
        "§ 13 i 5 år og dokumentasjon",
        "5 år etter 2 år",
        "5 år, 10 år",
        "6 måneder og 5 år",
        "3 måneder - 5 år",
        "minst 5 år",
        "PT5H",
        "P",
        "5 årlige",
        "15.05.2024",
    ],
)
def test_what_is_no_single_period_is_left_as_written(text: str) -> None:
    assert period(text) is None


def test_what_a_period_runs_from_has_the_key_of_the_notice_model_or_its_own_words() -> None:
    starts = {
        text: period(f"5 år etter {text}").starts_from  # type: ignore[union-attr]
        for text in ("kursslutt", "regnskapsårets slutt", "siste faktura")
    }
    assert starts == {
        "kursslutt": "course_end",
        "regnskapsårets slutt": "end_of_year",
        "siste faktura": "siste faktura",
    }


@given(st.integers(0, 99), st.integers(0, 24), st.integers(0, 99), st.integers(0, 999), st.sampled_from(["nb", "en"]))
def test_a_duration_written_in_words_is_read_back(years: int, months: int, weeks: int, days: int, lang: str) -> None:
    duration = "P" + "".join(f"{n}{u}" for n, u in ((years, "Y"), (months, "M"), (weeks, "W"), (days, "D")) if n)
    found = period(period_words(duration, lang))
    assert (found.duration if found else "P") == duration


@pytest.mark.parametrize(
    ("text", "article", "expected"),
    [
        ("art. 6 nr. 1 bokstav b", "6", (["6.1.b"], [])),
        ("6(1)(b)", "6", (["6.1.b"], [])),
        ("6.1.b", "6", (["6.1.b"], [])),
        ("Artikkel 6 (1) b", "6", (["6.1.b"], [])),
        ("Art. 6 b)", "6", (["6.1.b"], [])),
        ("GDPR Article 6(1)(f)", "6", (["6.1.f"], [])),
        ("artikkel 6 nr.1 bokstav a, c og f", "6", (["6.1.a", "6.1.c", "6.1.f"], [])),
        ("avtale", "6", (["6.1.b"], [])),
        ("Samtykke", "6", (["6.1.a"], [])),
        ("contract", "6", (["6.1.b"], [])),
        ("Samtykke", "9", ([], ["9.2.a"])),
        ("art. 9 nr. 2 bokstav h", "9", ([], ["9.2.h"])),
        ("9(2)(j)", "6", ([], ["9.2.j"])),
        ("art. 6 nr. 1 bokstav c, jf. art. 9 nr. 2 bokstav b", "6", (["6.1.c"], ["9.2.b"])),
        ("Berettiget interesse", "6", (["6.1.f"], [])),
        ("uten samtykke", "6", ([], [])),
        ("6.1.g", "6", ([], [])),
        ("6.2.b", "6", ([], [])),
        ("16.1.b", "6", ([], [])),
        ("bokføringsloven § 13", "6", ([], [])),
        ("opplæringslova kapittel 9 A", "9", ([], [])),
        ("helsepersonelloven § 6 d", "6", ([], [])),
        ("§ 9 bokstav b", "9", ([], [])),
        ("litra b i artikkel 6", "6", ([], [])),
        ("artikkel 6 bokstav f", "6", (["6.1.f"], [])),
        ("", "6", ([], [])),
    ],
)
def test_legal_bases_in_their_usual_forms(text: str, article: str, expected: tuple[list[str], list[str]]) -> None:
    assert bases(text, article) == expected


def test_every_category_is_named_by_its_key_and_by_its_names_in_both_languages() -> None:
    for category in categories():
        for name in (category.key, *category.name.values()):
            assert category.key in named_categories(name), name


def test_a_cell_that_denies_or_only_half_names_a_category_declares_none() -> None:
    for text in (
        "Ingen helseopplysninger",
        "ikke fødselsnummer",
        "Navn og skostørrelse",
        "Skostørrelse",
        "",
        "123",
        "()",
    ):
        assert named_categories(text) == [], text


def test_values_are_split_where_people_split_them() -> None:
    assert values("a, b; c") == ["a, b", "c"]
    assert values("a, b\nc") == ["a, b", "c"]
    assert values("- a\n• b\n1. c\n") == ["a", "b", "c"]
    assert values("Facebook, Inc., Google Ireland Limited, Wildbit, LLC") == [
        "Facebook, Inc.",
        "Google Ireland Limited",
        "Wildbit, LLC",
    ]
    assert values("Administrere kurs, og fakturere", prose=True) == ["Administrere kurs, og fakturere"]
    assert values("Nei") == values("N/A") == values("-") == values("") == values(" ; ,\n") == []


def test_what_our_export_only_proposes_declares_nothing() -> None:
    words = table("words")
    for lang in ("nb", "en"):
        assert is_blank(words["blank"][lang]) and said(words["blank"][lang]) == ""
        for marker in words["markers"].values():
            assert values(f"{marker[lang]} Navn\nE-post") == ["E-post"]
    assert values("Kandidat nr. 3") == ["Kandidat nr. 3"]


def test_countries_have_their_code_and_unknown_ones_their_name() -> None:
    assert [country(name) for name in ("USA", "usa", "Norge", "Atlantis", "IN")] == ["US", "US", "NO", "Atlantis", "IN"]


NAMES = {
    "microsoft365.exchange": ("Exchange-postbokser", "Microsoft 365"),
    "microsoft365.teams": ("Teams-meldinger", "Microsoft 365"),
    "course.moodle": ("Moodle",),
    "own.profile": ("Vårt Fagsystem",),
    "aws.s3": (),
}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Microsoft 365", ("microsoft365.exchange", "microsoft365.teams")),
        ("office365", ("microsoft365.exchange", "microsoft365.teams")),
        ("Exchange Online", ("microsoft365.exchange",)),
        ("Office 365 (Teams)", ("microsoft365.teams",)),
        ("Moodle", ("course.moodle",)),
        ("vårt fagsystem", ("own.profile",)),
        ("own.profile", ("own.profile",)),
        ("AWS", ("aws.s3",)),
        ("Tripletex", ()),
        ("microsoft365.exchnage", ()),
        ("microsoft365", ("microsoft365.exchange", "microsoft365.teams")),
        ("Steamship", ()),
        ("", ()),
    ],
)
def test_systems_are_known_by_name_product_and_family(text: str, ids: tuple[str, ...]) -> None:
    assert Systems(NAMES).named(text) == ids


@given(st.text(max_size=200))
def test_no_cell_breaks_the_readers(text: str) -> None:
    for value in values(text):
        assert value == value.strip() and value
        named_categories(value)
        Systems(NAMES).named(value)
    for article in "69":
        for found in bases(text, article):
            assert all(re.fullmatch(r"6\.1\.[a-f]|9\.2\.[a-j]", basis) for basis in found)
    found_period = period(text)
    assert found_period is None or re.fullmatch(r"P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?", found_period.duration)
    said(text)
