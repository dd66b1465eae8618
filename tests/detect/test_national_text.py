"""Numbers of persons, accounts and organisations as texts hold them: what is found, and what is let alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from synthetic import accounts, nationals, organisation_number

from pii_scan.detect.detector import Detector

AS_OF = date(2026, 11, 22)
FNR, D, ACCOUNT, ORG = "NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_BANK_ACCOUNT", "NO_ORGANISASJONSNUMMER"
PERSONS = {FNR, D, "NO_H_NUMMER", "NO_FH_NUMMER", "NO_DUF_NUMMER", "SE_PERSONNUMMER", "DK_CPR_NUMMER",
           "FI_PERSONAL_IDENTITY_CODE"}  # fmt: skip
NUMBERS = nationals(12, seed=2026)
SPACES = " \u00a0\u2007\u2009\u202f"
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
FULL_WIDTH = str.maketrans("0123456789", "".join(map(chr, range(0xFF10, 0xFF1A))))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(as_of=AS_OF)


def found(detector: Detector, texts: list[str], header: str = "") -> list[list[tuple[str, str]]]:
    """For each text what is found in it: (entity type, the words)."""
    out: list[list[tuple[str, str]]] = [[] for _ in texts]
    for row in detector.detect_texts(texts, header).to_pylist():
        out[row["text"]].append((row["entity_type"], texts[row["text"]][row["start"] : row["end"]]))
    return out


# --- written forms ----------------------------------------------------------------------------------------------------

ALONE: dict[str, Callable[[str], str]] = {
    "eleven digits": lambda n: n,
    "full-width digits": lambda n: n.translate(FULL_WIDTH),
    **{f"6 + 5 with U+{ord(sign):04X}": lambda n, s=sign: f"{n[:6]}{s}{n[6:]}" for sign in SPACES + HYPHENS + "/"},  # type: ignore[misc]
    "dots and a space": lambda n: f"{n[:2]}.{n[2:4]}.{n[4:6]} {n[6:]}",
    "dots and a hyphen": lambda n: f"{n[:2]}.{n[2:4]}.{n[4:6]}-{n[6:]}",
    "spaces": lambda n: f"{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}",
    "6 + 3 + 2": lambda n: f"{n[:6]} {n[6:9]} {n[9:]}",
}
LABELLED: dict[str, Callable[[str], str]] = {
    **ALONE,
    **{f"6 + 5 with {sign!r}": lambda n, s=sign: f"{n[:6]}{s}{n[6:]}" for sign in (".", ":", "*", " - ", "\t", "  ")},  # type: ignore[misc]
    **{f"broken with {gap!r}": lambda n, g=gap: n[:6] + g + n[6:] for gap in ("\n", "\r\n", " \n", "\n  ", "-\n")},  # type: ignore[misc]
    "digit by digit": " ".join,
    "boxes of a form": lambda n: " ".join(n[:6]) + "  " + " ".join(n[6:]),
    "thousands": lambda n: f"{n[:2]} {n[2:5]} {n[5:8]} {n[8:]}",
    "scientific": lambda n: f"{n[0]},{n[1:]}E+10" if n[0] != "0" else f"{n[1]},{n[2:]}E+09",
    "scientific, point": lambda n: f"{n[0]}.{n[1:]}e+10" if n[0] != "0" else f"{n[1]}.{n[2:]}e+09",
    "rounded": lambda n: f"{n[0]},{n[1:6]}E+10" if n[0] != "0" else f"{n[1]},{n[2:7]}E+09",
    "leading zero lost": lambda n: n.removeprefix("0"),
}
AROUND = ["{}", "({})", '"{}"', "'{}", '="{}"', "<b>{}</b>", "{}.", "{};x", "x\t{}\ty", "{}, {{", "x: {}", "{}.0",
          "{},00", "[{}]", "«{}»", "nr.{}"]  # fmt: skip


@pytest.mark.parametrize("form", ALONE)
def test_a_written_form_is_found_without_a_label(detector: Detector, form: str) -> None:
    written = [ALONE[form](number) for number in NUMBERS]
    assert found(detector, [f"Vi møtte {text} i dag" for text in written]) == [[(FNR, text)] for text in written]


@pytest.mark.parametrize("form", LABELLED)
@pytest.mark.parametrize("label", ["fnr ", "Fødselsnummer: ", "personnr.: ", "fødselsnummeret hennar er "])
def test_a_written_form_is_found_behind_a_label(detector: Detector, form: str, label: str) -> None:
    written = [LABELLED[form](number) for number in NUMBERS]
    assert found(detector, [f"{label}{text} ja" for text in written]) == [[(FNR, text)] for text in written]


@pytest.mark.parametrize("form", [form for form in LABELLED if form not in ALONE and form != "leading zero lost"])
def test_a_form_that_needs_a_label_is_not_found_without(detector: Detector, form: str) -> None:
    texts = [f"Vi møtte {LABELLED[form](number)} i dag" for number in NUMBERS]
    assert not PERSONS & {kind for hits in found(detector, texts) for kind, _ in hits}


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_does_not_hide_it_nor_become_part_of_it(detector: Detector, around: str) -> None:
    for number, hits in zip(NUMBERS, found(detector, [around.format(number) for number in NUMBERS]), strict=True):
        assert (FNR, number) in hits


@pytest.mark.parametrize(
    "header",
    ["fnr", "Fødselsnummer", "fodselsNr", "FNR_SOKER", "person_nr", "PersonNummer", "ssn", "NIN", "personident"],
)
def test_a_cell_without_its_leading_zero_is_found_under_the_header(detector: Detector, header: str) -> None:
    short = [number[1:] for number in NUMBERS if number[0] == "0"]
    assert short
    assert found(detector, short, header) == [[(FNR, cell)] for cell in short]
    assert found(detector, short, "antall") == [[]] * len(short)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fnr", FNR), ("PersonNr", FNR), ("pid", FNR), ("Ident", FNR), ("id_nummer", FNR), ("søkerIdent", FNR),
        ("konto", ACCOUNT), ("KontoNr", ACCOUNT), ("Bankkonto", ACCOUNT), ("account_number", ACCOUNT),
        ("kto.", ACCOUNT), ("utbetalingskonto", ACCOUNT), ("orgnr", ORG), ("Org. nr.", ORG),
        ("OrganisasjonsNummer", ORG), ("company_number", ORG), ("MVA-nummer", ORG),
    ],
)  # fmt: skip
def test_the_header_says_what_the_numbers_of_a_column_are(detector: Detector, header: str, expected: str) -> None:
    rng = random.Random(6)
    cells = {FNR: NUMBERS, ACCOUNT: accounts(12), ORG: [organisation_number(rng) for _ in range(12)]}[expected]
    assert found(detector, cells, header) == [[(expected, cell)] for cell in cells]
    assert found(detector, cells[:1], header) == [[(expected, cells[0])]]


@pytest.mark.parametrize(
    "label",
    ["fnr", "Fnr.", "f.nr.", "fødselsnr", "Fødselsnr.:", "fødselsnummer", "fodselsnummer", "foedselsnr", "personnummer",
     "Personnr", "nin", "NNIN", "SSN", "national id", "National identity number", "norsk ident", "personident",
     "folkeregisteridentifikator", "pnr", "id-nummer", "f\u00f8dselsnummeret hennar er", "FØDSELSNUMMER"],
)  # fmt: skip
def test_the_usual_labels_speak_for_a_number(detector: Detector, label: str) -> None:
    (row,) = detector.detect_texts([f"{label} {NUMBERS[0]}"]).to_pylist()
    assert row["entity_type"] == FNR and row["score"] > 0.9


# --- what is no number of a person ------------------------------------------------------------------------------------

NOT_A_NUMBER = {
    "masked with stars": lambda n: f"fnr {n[:6]}*****",
    "masked with letters": lambda n: f"fnr {n[:6]}-xxxxx",
    "groups of an account": lambda n: f"{n[:4]}.{n[4:6]}.{n[6:]}",
    "in a longer number": lambda n: f"nr 9{n}",
    "before more digits": lambda n: f"nr {n}0",
    "glued to letters": lambda n: f"nr A{n} {n}B",
    "in hexadecimal": lambda n: f"a3f{n}c0",
    "in a UUID": lambda n: f"{n[:8]}-{n[:4]}-{n[4:8]}-{n[2:6]}-{n}0",
    "a decimal": lambda n: f"{n}.25 og 0.{n} og 12.{n}",
    "a coordinate": lambda n: f"{n[:6]}.{n[6:]}",
    "behind KID": lambda n: f"KID: {n}",
    "behind KID, long": lambda n: f"Kundeidentifikasjon (KID) {n}",
    "behind order": lambda n: f"Ordrenr. {n}",
    "behind invoice": lambda n: f"Fakturanummer: {n}",
    "behind tracking": lambda n: f"Sporingsnummer {n}",
    "behind EAN": lambda n: f"EAN {n}",
    "behind GTIN": lambda n: f"GTIN: {n}",
    "behind SKU": lambda n: f"sku={n}",
    "behind IMEI": lambda n: f"IMEI {n}",
    "behind a time": lambda n: f'"timestamp": {n}',
    "inside an order number": lambda n: f"2026-{n[:6]}-{n[6:]}",
    "an international telephone number": lambda n: f"+{n}",
}


@pytest.mark.parametrize("what", NOT_A_NUMBER)
def test_what_is_no_number_of_a_person_is_not_taken_for_one(detector: Detector, what: str) -> None:
    texts = [NOT_A_NUMBER[what](number) for number in NUMBERS]
    assert not PERSONS & {kind for hits in found(detector, texts) for kind, _ in hits}, texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fnr {}", FNR), ("konto {}", ACCOUNT), ("Konto: {}", ACCOUNT), ("Kontonummer:\n{}", ACCOUNT),
        ("bankkonto {}", ACCOUNT), ("KID {}", None), ("Kontonr i DNB: {}", ACCOUNT), ("møt på kontoret, {}", FNR),
        ("konto 4999.20.59191, fnr {}", FNR), ("KID 123, fødselsnummer {}", FNR),
    ],
)  # fmt: skip
def test_the_label_decides_between_a_person_and_an_account(detector: Detector, text: str, expected: str | None) -> None:
    for number, hits in zip(NUMBERS, found(detector, [text.format(number) for number in NUMBERS]), strict=True):
        kinds = [kind for kind, value in hits if value == number]
        assert kinds == ([expected] if expected else [])


def test_the_end_of_an_iban_is_no_account_and_no_person(detector: Detector) -> None:
    for number in NUMBERS:
        rest = int(f"{number}232400") % 97
        iban = f"NO{98 - rest:02d}{number}"
        spaced = " ".join(iban[i : i + 4] for i in range(0, 15, 4))
        hits = found(detector, [f"Betal til {written}." for written in (iban, spaced)])
        assert hits == [[("IBAN_CODE", iban)], [("IBAN_CODE", spaced)]]


def test_unix_times_beside_a_number_are_not_read_as_numbers_that_lost_a_zero(detector: Detector) -> None:
    chance = random.Random(4)
    times = [chance.randrange(1_500_000_000, 1_900_000_000) for _ in range(2_000)]
    texts = [f'{{"fnr": "{NUMBERS[0]}", "timestamp": {time}}}' for time in times]
    assert found(detector, texts) == [[(FNR, NUMBERS[0])]] * len(texts)


def drawn(chance: random.Random, length: int) -> str:
    return f"{chance.randrange(10**length):0{length}d}"


def day(chance: random.Random, form: str) -> str:
    """A day of the last twelve years."""
    return f"{date(2015, 1, 1) + timedelta(days=chance.randrange(4_300)):{form}}"


HARD: dict[str, tuple[Callable[[random.Random], str], int]] = {
    "orders": (lambda c: f"order_id={drawn(c, 11)} sendt", 0),
    "unlabelled ids": (lambda c: f"{drawn(c, 3)};{drawn(c, 11)};vare", 6),
    "EAN": (lambda c: f"EAN 70{drawn(c, 11)}", 0),
    "seconds": (lambda c: f"{c.randrange(1_300_000_000, 1_900_000_000)} INFO start", 0),
    "milliseconds": (lambda c: f"ts={c.randrange(1_300_000_000_000, 1_900_000_000_000)}", 0),
    "IMEI, cut": (lambda c: f"imei {drawn(c, 11)}", 0),
    "tracking": (lambda c: f"Sporing: 3707{drawn(c, 14)} og {drawn(c, 11)}", 6),  # the word has a number of its own
    "accounts": (lambda c: f"{drawn(c, 4)}.{drawn(c, 2)}.{drawn(c, 5)}", 0),
    "accounts with spaces": (lambda c: f"{drawn(c, 4)} {drawn(c, 2)} {drawn(c, 5)}", 0),
    "vouchers": (lambda c: f"{day(c, '%d.%m.%y')} {drawn(c, 5)} Kjøp", 0),
    "coordinates": (lambda c: f"{c.randrange(10**5, 10**6)}.{drawn(c, 5)} {c.randrange(10**6, 10**7)}.12345", 0),
    "minutes": (lambda c: f"{day(c, '%Y%m%d')}1{drawn(c, 1)}30", 0),
    "file names": (lambda c: f"kopi-{day(c, '%Y%m%d')}-1{drawn(c, 1)}3{drawn(c, 1)}", 0),
    "references": (lambda c: f"{day(c, '%y%m%d')}-{drawn(c, 4)}", 4),
    "rows": (lambda c: f"{drawn(c, 6)}\n{drawn(c, 5)}", 0),
}
"""What stands on a line, and how many numbers of persons 2,000 such lines may give: none where a label says what the
number is, or where the form needs one; what chance gives (`chance` of the rules) where the digits stand alone.
"""


@pytest.mark.parametrize("kind", HARD)
def test_numbers_of_other_things_give_no_more_findings_than_chance(detector: Detector, kind: str) -> None:
    make, allowed = HARD[kind]
    chance = random.Random(kind)
    rows = detector.detect_texts([make(chance) for _ in range(2_000)]).to_pylist()
    assert sum(row["entity_type"] in PERSONS for row in rows) <= allowed
