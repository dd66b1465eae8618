"""Columns of names and of everything else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pii_scan.detect.names.columns import NameColumn, says_names

NAMES = ["Kari Hansen", "Ola Berg", "Ann-Kristin Lunde", "Per Olav Solheim", "Mohammed Ali", "Sigrid Haugland"]


def called(cells: list[str | None], header: str = "") -> list[int]:
    return [int(i) for i in NameColumn(header).detect(pa.array(cells, pa.large_string()))[0]]


@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_full_names_make_a_column_without_a_header(change) -> None:
    assert called([change(name) for name in NAMES]) == list(range(len(NAMES)))


def test_surname_and_first_name_may_be_turned() -> None:
    assert called(["Hansen, Kari", "Berg, Ola", "Lunde, Per"]) == [0, 1, 2]


@pytest.mark.parametrize(
    "cells",
    [
        ["Fjordlys AS", "Hansen Bil", "Bakeriet på hjørnet", "Norsk Stål"],
        ["Oslo", "Bergen", "Stavanger", "Trondheim"],
        ["Lampe Pro", "Sofa XL", "Drill Max", "Kniv"],
        ["Betalt", "Ikke betalt", "Purret", "Avskrevet"],
        ["kari@example.no", "ola@example.no", "per@example.no"],
        ["12", "13", "14"],
        [None, "", " "],
    ],
)
def test_companies_places_products_and_words_are_no_names(cells) -> None:
    assert called(cells) == []


def test_a_header_lets_unlisted_names_in_and_keeps_what_is_no_name_out() -> None:
    assert called(["Kari", "Ola", "Qwrtz", "12", None], "fornavn") == [0, 1, 2]


@pytest.mark.parametrize("header", ["navn", "fullt navn", "etternavn", "first name", "kontaktperson", "deltaker"])
def test_headers_of_names(header: str) -> None:
    assert says_names(header) is True


@pytest.mark.parametrize("header", ["firmanavn", "produktnavn", "filnavn", "brukernavn", "kommune"])
def test_headers_of_other_names(header: str) -> None:
    assert says_names(header) is False


def test_what_a_column_has_shown_counts_for_its_later_batches() -> None:
    column = NameColumn("")
    column.detect(pa.array(NAMES, pa.large_string()))
    assert column.detect(pa.array(["Lise Moe"], pa.large_string()))[0].tolist() == [0]
