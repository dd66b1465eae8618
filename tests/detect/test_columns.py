"""Columns of tables are decided as a whole: by header, by the share of cells that pass a check, and against chance."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import Counter

import pyarrow as pa
import pytest
from synthetic import accounts, nationals, organisation_number, random_numbers

from pii_scan.detect.columns import Column, ColumnPlace, ColumnRules
from pii_scan.detect.context import plain_header
from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import ANY_CELL, Rule, RuleColumn, load_rules

AS_OF = dt.date(2026, 11, 22)
DETECTOR = Detector(as_of=AS_OF)


def cells(values: list[str | None], header: str = "", detector: Detector = DETECTOR) -> list[dict[str, object]]:
    """Each detection in one column: text, type, score, whole cell or not."""
    array = pa.array(values, pa.string())
    found = detector.reading().cells(array, ColumnPlace(header))
    return [
        {
            "row": int(row), "type": detector.rules[rule].entity_type, "score": round(float(score), 2),
            "why": "; ".join(detector.engine.reasons(int(rule), int(pattern), int(verdict), int(word), int(note))),
        }
        for row, rule, pattern, verdict, word, score, note in zip(
            found.text, found.rule, found.pattern, found.verdict, found.word, found.score, found.note, strict=True
        )
    ]  # fmt: skip


def types(values: list[str | None], header: str = "") -> Counter[object]:
    return Counter(row["type"] for row in cells(values, header))


@pytest.mark.parametrize("header", ["", "id", "ordrenr", "Referanse", "løpenummer"])
def test_random_numbers_of_eleven_digits_are_nobody(header):
    assert types(random_numbers(100_000), header) == {}


def test_accounts_that_pass_as_a_national_number_stay_accounts():
    rng = random.Random(3)
    registers = [f"{day:02}{month:02}" for day in range(1, 29) for month in (81, 82, 90)]  # read as days and months
    values = []
    while len(values) < 3_000:
        stem = rng.choice(registers) + f"{rng.randrange(10**6):06}"
        remainder = sum(int(d) * w for d, w in zip(stem, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if remainder != 1:
            values.append(stem + str(-remainder % 11))
    assert types(values, "kontonr") == {"NO_BANK_ACCOUNT": 3_000}
    found = types(values)
    assert set(found) == {"NO_BANK_ACCOUNT"} and found.total() == 3_000


def test_a_column_of_national_numbers_keeps_its_type_and_counts_its_broken_cells():
    values: list[str | None] = [*nationals(200)]
    for row in (3, 77, 150):
        values[row] = str(values[row])[:-1] + str((int(str(values[row])[-1]) + 1) % 10)
    values[9], values[10] = None, ""
    rows = cells(values, "Fødselsnummer")
    assert {row["type"] for row in rows} == {"NO_FODSELSNUMMER"}
    assert len(rows) == 198
    broken = [row for row in rows if row["row"] in (3, 77, 150)]
    assert all(row["score"] == 0.5 and "does not pass the check itself" in str(row["why"]) for row in broken)
    assert all("98 % of the column's cells pass" in str(row["why"]) for row in rows if row not in broken)


def test_values_alone_say_what_an_unnamed_column_holds():
    assert types([*nationals(20)], "kolonne 7") == {"NO_FODSELSNUMMER": 20}
    assert types([*accounts(20)], "kolonne 7") == {"NO_BANK_ACCOUNT": 20}


def test_numbers_without_their_leading_zero_count_where_the_column_is_one_of_national_numbers():
    values = nationals(400)
    short = [value.lstrip("0") if value.startswith("0") else value for value in values]
    assert any(len(value) == 10 for value in short)
    assert types([*short], "nr") == {"NO_FODSELSNUMMER": 400}


def test_unix_times_and_serial_numbers_of_ten_digits_are_nobody():
    times = [str(1_700_000_000 + 977 * i) for i in range(5_000)]
    assert types([*times], "opprettet") == {}
    assert types(random_numbers(20_000, 10), "serienr") == {}


def test_organisation_numbers_in_a_column_named_telephone_are_no_telephones():
    rng = random.Random(5)
    values: list[str | None] = [organisation_number(rng) for _ in range(50)]
    assert "PHONE_NUMBER" not in types(values, "telefon")


def test_one_national_number_in_a_column_of_words_is_found():
    values: list[str | None] = ["ja", "nei", "vet ikke"] * 30
    values[7] = nationals(1)[0]
    assert types(values, "merknad") == {"NO_FODSELSNUMMER": 1}


def test_a_national_number_inside_a_longer_cell_is_found_whatever_the_column_holds():
    values: list[str | None] = [*random_numbers(500), f"gjelder fnr {nationals(1)[0]} fra i går"]
    assert [row["row"] for row in cells(values, "melding") if row["type"] == "NO_FODSELSNUMMER"] == [500]


def test_what_one_batch_showed_counts_for_the_next():
    reading, place = DETECTOR.reading(), ColumnPlace("")
    values = nationals(101)
    reading.cells(pa.array(values[:100]), place)
    broken = values[100][:-1] + str((int(values[100][-1]) + 1) % 10)
    assert len(reading.cells(pa.array([broken]), place)) == 1
    assert len(reading.cells(pa.array([broken]), ColumnPlace("", number=2))) == 0


def test_how_a_column_is_cut_into_batches_changes_no_confirmed_value():
    values = [*nationals(60), *accounts(3)]
    whole = DETECTOR.reading().cells(pa.array(values), ColumnPlace("fnr"))
    reading = DETECTOR.reading()
    parts = [reading.cells(pa.array(values[i : i + 7]), ColumnPlace("fnr")) for i in range(0, len(values), 7)]
    assert sum(len(part) for part in parts) == len(whole)


def test_slices_and_nulls_of_arrow_arrays_are_counted_right():
    values = pa.array(["x", *nationals(5), None, "", "y"])
    found = DETECTOR.reading().cells(values.slice(1, 7), ColumnPlace("fnr"))
    assert found.text.tolist() == [0, 1, 2, 3, 4]


def labelled(columns: tuple[RuleColumn, ...], **more: object) -> Detector:
    email = next(rule for rule in load_rules() if rule.id == "any.email")
    rule = dataclasses.replace(
        email, id="acme.member", entity_type="MEMBER", category="name", validator="", columns=columns, **more,
    )  # fmt: skip
    assert isinstance(rule, Rule)
    return Detector([rule], as_of=AS_OF)


@pytest.mark.parametrize("header", ["MedlemsNr", "medlems_nr", "Medlems-nr.", " MEDLEMS NR ", "medlems/nr"])
def test_a_header_that_a_rule_names_makes_its_cells_findings(header):
    detector = labelled((RuleColumn("medlems ?nr", r"[A-Z]{2}-?[0-9]{4}", 0.8),))
    rows = cells(["AB-1234", " AB1234 ", "AB-12345", "", None, "ukjent"], header, detector)
    assert [(row["row"], row["type"], row["score"]) for row in rows] == [(0, "MEMBER", 0.8), (1, "MEMBER", 0.8)]
    assert "the column's header names it" in str(rows[0]["why"])


def test_other_headers_do_not():
    detector = labelled((RuleColumn("medlems ?nr", ANY_CELL, 0.8),))
    for header in ("", "nr", "antall medlemsnr", "medlemsnr gammel"):
        assert cells(["AB-1234"], header, detector) == []


def test_the_span_of_a_cell_leaves_spaces_around_it_out():
    detector = labelled((RuleColumn("kode", ANY_CELL, 0.8),))
    found = detector.detect_texts([" åæ ø "], "kode").to_pylist()
    assert [(row["start"], row["end"]) for row in found] == [(1, 5)]


def test_a_check_still_rejects_cells_under_a_named_header():
    orgnr = next(rule for rule in load_rules() if rule.id == "no.organisasjonsnummer")
    rule = dataclasses.replace(orgnr, patterns=orgnr.patterns[:1], columns=(RuleColumn("nr", r"[0-9]{9}", 0.8),))
    good = organisation_number(random.Random(1))
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert [row["row"] for row in cells([good, bad], "nr", Detector([rule], as_of=AS_OF))] == [0]


@pytest.mark.parametrize(
    ("header", "plain"),
    [("KundeNr", "kunde nr"), ("birthDate", "birth date"), ("E-post", "e post"), ("a__b--c", "a b c"), ("ID", "id"),
     ("Fødselsdato ", "fødselsdato"), ("x.y/z\\w", "x y z w"), ("", "")],
)  # fmt: skip
def test_headers_are_brought_to_plain_form(header, plain):
    assert plain_header(header) == plain
    assert plain_header(plain) == plain


@pytest.mark.parametrize(
    ("headers", "person"),
    [
        (("fornavn", "etternavn", "merknad"), True),
        (("epost", "status"), True),
        (("Fødselsnummer", "beløp"), True),
        (("varenr", "varenavn", "pris"), False),
        (("navn", "pris", "lager"), False),
        (("ElevNavn", "fravær"), True),
        ((), False),
    ],
)
def test_a_table_is_about_persons_when_a_header_says_so(headers, person):
    rules = ColumnRules(DETECTOR.engine)
    assert rules.about_persons(headers) is person


def test_a_column_read_in_no_batches_has_found_nothing():
    column = Column(ColumnRules(DETECTOR.engine), ColumnPlace("fnr"), AS_OF)
    assert len(column.detect(pa.array([], pa.string()), min_score=0, resolve=True)) == 0
