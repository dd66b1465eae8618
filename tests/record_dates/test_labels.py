"""The date that a letter or an invoice bears, and dates in running text that are none of it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.record_dates import labels
from pii_scan.record_dates.labels import labelled_day
from pii_scan.record_dates.tally import NO_DAY, day_of, number_of

LAST = number_of(date(2026, 11, 30))


@pytest.mark.parametrize(
    "text",
    [
        "Fakturadato: 04.03.2020", "Faktura 7, dato 04.03.2020, forfall 18.03.2020", "Dato:\t4. mars 2020",
        "Invoice date: 2020-03-04", "Sent: March 4, 2020", "Fakturadato\n04.03.2020\nForfallsdato\n18.03.2020",
        "Kari, født 01.02.1980, registrert 04.03.2020", "Dato: 01.01.2030\nDato: 04.03.2020", "Opprettet 4.3.2020",
    ],
)  # fmt: skip
def test_the_date_of_a_letter(text: str) -> None:
    assert day_of(labelled_day(text, LAST)) == date(2020, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "", "født 04.03.1980", "Fødselsdato: 04.03.1980", "Date of birth: 1980-03-04", "Forfallsdato: 04.03.2020",
        "forfall 04.03.2020", "Betales innen 04.03.2020", "Gyldig til 04.03.2020", "gjelder fra dato 04.03.2020",
        "Oslo, 04.03.2020", "04.03.2020", "dato 10.12.2020.1", "dato 192.0.2.1", "dato 31.02.2020", "dato 4.3",
        "Dato: 04.03.2030", "dato: ring 68 05 00 00", "versjonsdato-nr 2020-03-04-05",
    ],
)  # fmt: skip
def test_other_dates_and_numbers(text: str) -> None:
    assert labelled_day(text, LAST) == NO_DAY


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert labelled_day(text, LAST) <= LAST


PIECES = st.sampled_from([
    "dato", "Fakturadato", "forfall", "f\u00f8dt", "a", "\u00b2", "7", "\u0664", "_", " ", "  ", " " * 7,
    "sist endret", "sist-endret", "x" * 47, "\t", "\n", "\r\n", ":", ": ", ".", ",", "-", "/", "[", "\u2013",
    "\u4e00", "04.03.2020", "4/3/2020", "2020-03-04", "4. mars 2020", "4.mars. 2020", "12. september. 2020",
    "March 4, 2020", "September 24, 2020", "4. Mars 12, 2020", "\u0660\u0664.03.\u0662\u0660\u0662\u0660", "2020",
    "Mar", "19800304", "04.03.2030", "31.02.2020", "16. Abcdefghi. 2020",
])  # fmt: skip


LABEL = re.compile(r"([^\W\d_]+(?:[ -][^\W\d_]+)?)[ \t]?:?[ \t\r\n]{1,8}$")


@settings(deadline=None, max_examples=500)
@given(st.lists(PIECES, max_size=16).map("".join) | st.text(max_size=40))
def test_it_is_the_first_of_all_dates_that_a_word_names(text: str) -> None:
    """The oracle tries every place of the text."""
    period = labels.words().sorts.index("period")
    days = []
    for found in labels._DATE.finditer(text):
        label = LABEL.search(text[max(found.start() - 48, 0) : found.start()])
        if label is not None and labels.sort_of(label[1]) not in (-1, period):
            days.append(labels._day(found[0]))
    expected = next((day for day in days if 0 <= day <= LAST), NO_DAY)
    assert labelled_day(text, LAST) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "_SHORT", 0)
        assert labelled_day(text, LAST) == expected


def test_a_long_text_takes_no_time() -> None:
    assert labelled_day("04.03.2020 " * 6000, LAST) == NO_DAY
    assert labelled_day("a" * 65_000 + " 04.03.2020", LAST) == NO_DAY
