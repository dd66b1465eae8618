"""Which headers, keys and elements name the date of a record."""

from __future__ import annotations

import pytest

from pii_scan.record_dates.words import plain, sort_of, words


def sort(header: str) -> str:
    """The sort by its name; empty for none."""
    number = sort_of(header)
    return words().sorts[number] if number >= 0 else ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("created_time", "created"), ("CreationDate", "created"), ("createdDateTime", "created"),
        ("Opprettet", "created"), ("Registrert dato", "created"), ("Sign Up", "created"), ("date_created", "created"),
        ("dato", "happened"), ("DATO", "happened"), ("Time", "happened"), ("timestamp", "happened"),
        ("timestamp_ms", "happened"), ("event_date", "happened"), ("event_timestamp", "happened"),
        ("eventTime", "happened"), ("ReceivedAt", "happened"), ("Entry Date", "happened"), ("Payment Date", "happened"),
        ("Fakturadato", "happened"), ("bilagsdato", "happened"), ("Bokføringsdato", "happened"),
        ("InvoiceDate", "happened"), ("cbc:IssueDate", "happened"), ("TransactionDate", "happened"),
        ("pubDate", "happened"), ("post_date_gmt", "happened"), ("Sendt", "happened"),
        ("Last Active", "active"), ("Sist innlogget", "active"), ("kursslutt", "ended"), ("Date completed", "ended"),
        ("lastModifiedDateTime", "changed"), ("Sist endret", "changed"), ("updated_at", "changed"),
        ("update", "changed"), ("timecreated", "created"), ("timemodified", "changed"),
        ("Dt", "happened"), ("lastaccess", "active"),
        ("SelectionStartDate", "period"), ("PeriodStart", "period"), ("kursstart", "period"), ("startdato", "period"),
    ],
)  # fmt: skip
def test_a_date_of_a_record(header: str, expected: str) -> None:
    assert sort(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Fødselsdato", "fodselsdato", "foedselsdato", "birthDate", "Date of Birth", "date_of_birth", "DOB", "Born",
        "født", "BDAY", "Forfallsdato", "DueDate", "cbc:DueDate", "payment due date", "Expiry Date", "expires_at",
        "Utløpsdato", "valid_to", "Gyldig til", "Planlagt dato", "scheduled time", "Frist", "next_date",
        "dødsdato", "date of death", "Fødedato", "Date de naissance", "Ankomst dato", "utskriftsdato", "export date",
        "GeneratedDate", "passport issue date",
        "navn", "telefon", "postnummer", "timer", "time zone", "beløp", "kundenr", "",
        "candidate name", "datoer for alle", "x" * 500,
    ],
)  # fmt: skip
def test_no_date_of_a_record(header: str) -> None:
    assert sort(header) == ""


def test_the_list_is_in_the_form_that_headers_are_compared_in() -> None:
    assert all(plain(header) == header for header in words().exact)
    assert set(words().sorts) == {"ended", "active", "happened", "created", "changed", "period"}
