"""Postal codes, places and streets: against the register that is shipped, and against forms that must (not) pass."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path

import pytest

from pii_scan.detect.validators import JUDGEMENT, REJECTED, UNSURE, VALID, VALIDATORS, judge_texts
from pii_scan.detect.validators.postal import fold_place, register

AS_OF = date(2026, 11, 22)
SOURCE = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "postal" / "no_postal_codes_2026.tsv"
YEARS = range(1900, 2100)


def places(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["no_postal_place"], texts, AS_OF).tolist()


def streets(*texts: str) -> list[int]:
    return judge_texts(VALIDATORS["no_street_address"], texts, AS_OF).tolist()


def pairs(count: int, seed: int) -> list[tuple[str, str]]:
    return random.Random(seed).choices(sorted(register().items()), k=count)


@pytest.mark.skipif(not SOURCE.is_file(), reason=f"needs {SOURCE.name}")
def test_the_shipped_register_is_the_source_without_the_municipalities():
    with SOURCE.open(encoding="utf-8", newline="") as file:
        assert {row["code"]: row["place"] for row in csv.DictReader(file, delimiter="\t")} == register()


def test_the_register_has_codes_of_four_digits_and_places_of_letters():
    assert len(register()) > 5_000
    assert all(len(code) == 4 and code.isdigit() and place.replace(" ", "").replace("-", "").isalpha()
               for code, place in register().items())  # fmt: skip


def test_every_pair_of_the_register_is_valid_but_for_those_that_could_be_a_year():
    for code, place in register().items():
        expected = UNSURE if int(code) in YEARS else VALID
        assert places(f"{code} {place}", f"{code} {place.upper()}", f"N-{code} {place}") == [expected, expected, VALID]


def test_a_place_is_compared_without_regard_to_case_and_to_how_its_letters_are_written():
    for code, place in pairs(400, 1):
        spelt = place.lower().replace("å", "aa").replace("ø", "oe").replace("æ", "ae")
        assert places(f"NO-{code} {spelt}") == [VALID], place
        assert fold_place(place) == fold_place(place.upper()) == fold_place(spelt)


def test_one_wrong_letter_of_a_long_name_is_forgiven():
    assert places("5003 Bergan", "7011 Trondhem", "4006 Stavannger", "0150 Osla") == [VALID, VALID, VALID, REJECTED]


def test_what_people_leave_out_of_a_place_is_forgiven():
    assert places("4614 Kristiansand", "8622 Mo", "3800 Bø", "6517 Kristiansund") == [VALID] * 4


def test_a_code_with_a_place_from_elsewhere_is_rejected():
    chance = random.Random(2)
    here = {(code[0], fold_place(place)) for code, place in register().items()}
    for code, _ in pairs(400, 3):
        place = chance.choice(sorted(register().values()))
        if (code[0], fold_place(place)) not in here:
            assert places(f"{code} {place}") == [REJECTED], (code, place)


@pytest.mark.parametrize(
    "text",
    ["2024 Oslo", "1994 Lillehammer", "2019 Skien", "1234 Kunder", "4601 Bergen", "8001 Zürich", "1620 København V",
     "5020 Salzburg", "", "Oslo", "150 Oslo", "0150 O"],
)  # fmt: skip
def test_a_year_and_a_place_or_a_foreign_place_is_no_postal_address(text):
    assert places(text) == [REJECTED]


def test_a_cell_of_a_code_alone_is_valid_when_the_register_has_it():
    for number in range(10_000):
        code = f"{number:04d}"
        assert places(code) == [VALID if code in register() else REJECTED]
    assert places("150", "154") == [VALID, VALID]  # a spreadsheet dropped the zero


# --- streets ----------------------------------------------------------------------------------------------------------

STREETS = (
    "Storgata 5", "Karl Johans gate 1", "Henrik Ibsens gate 10 B", "Nedre Slottsgate 5", "Øvre Storgate 3A",
    "Storgt. 5", "Bjørnvn 3", "Kirkev. 12", "Olaf Ryes plass 2", "Bygdøy allé 2", "Aker brygge 12", "Rådhusplassen 1",
    "Kyrkjevegen 22", "Pilestredet 46", "skolegata 7b", "KIRKEVEIEN 45", "Ole-Jacob Hansens vei 3",
    "Postboks 123", "Postboks 9 Sentrum",
)  # fmt: skip


@pytest.mark.parametrize("street", STREETS)
def test_a_street_by_its_form_is_valid_alone_and_with_any_postal_code_and_place(street):
    assert streets(street) == [VALID]
    for code, place in pairs(20, 4):
        tails = (f", {code} {place}", f" {code} {place}", f", NO-{code} {place}", f" - {code} {place.upper()}")
        assert streets(*(street + tail for tail in tails)) == [VALID] * 4


@pytest.mark.parametrize(
    "text",
    ["Riksvei 13", "fylkesvei 33", "Vei 12", "Veg 3", "gata 5", "Denne gata 5", "bronseplass 3", "Colgate 75",
     "aggregate 10", "Storgata 2019", "Storgata 0", "Storgata 05", "Storgata", "5", "", "Parkeringsplassen 12"],
)  # fmt: skip
def test_what_has_a_streets_form_and_names_none_is_rejected(text):
    assert streets(text) == [REJECTED]


def test_a_year_is_a_house_number_where_a_letter_or_a_postal_code_follows():
    assert streets("Mosseveien 1950", "Mosseveien 1950 B", "Mosseveien 1950, 1410 Kolbotn") == [REJECTED, VALID, VALID]


def test_any_other_name_needs_a_postal_code_and_place_that_belong_together():
    for code, place in pairs(300, 5):
        assert streets(f"Tveitane 12, {code} {place}") == [VALID], (code, place)
    assert streets("Tveitane 12", "PB 45", "Grensen 5") == [UNSURE] * 3
    assert streets("Volvo 240, 1994 Modell", "iPhone 15, 2024 Oslo", "Tveitane 12, 4601 Bergen") == [REJECTED] * 3


def test_no_text_makes_either_validator_fail():
    chance = random.Random(6)
    signs = "Storgata veien0123456789 ,.-/\u00a0ÆØÅæøå<>\n\x00ß１"
    texts = ["".join(chance.choices(signs, k=chance.randrange(40))) for _ in range(3_000)]
    assert all(verdict & JUDGEMENT in (REJECTED, UNSURE, VALID) for verdict in (*places(*texts), *streets(*texts)))
