"""Addresses, dates of birth, telephone numbers, customer numbers, plates and passports in whole texts.

In the texts below `⟦A|…⟧` marks what must be found, exactly, and of which kind; nothing else of these kinds may be.
People, numbers and streets' numbers are invented: phones of the range for film and television, domains of RFC 2606.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date
from functools import cache

import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import load_rules
from pii_scan.detect.validators.postal import register

KINDS = {
    "A": "NO_ADDRESS", "B": "DATE_OF_BIRTH", "P": "PHONE_NUMBER", "C": "CUSTOMER_ID", "L": "NO_LICENSE_PLATE",
    "K": "NO_PASSPORT",
}  # fmt: skip
_MARK = re.compile(r"⟦(\w)\|(.*?)⟧", re.DOTALL)


@cache
def detector() -> Detector:
    return Detector(load_rules(only=tuple(KINDS.values())), as_of=date(2026, 11, 22))


def unmarked(text: str) -> tuple[str, list[tuple[str, str]]]:
    return _MARK.sub(r"\2", text), [(KINDS[kind], value) for kind, value in _MARK.findall(text)]


def found(text: str, header: str = "") -> list[tuple[str, str]]:
    rows = detector().detect_texts([text], header).to_pylist()
    return [(row["entity_type"], text[row["start"] : row["end"]]) for row in rows]


MESSAGES = """
Hei Kari, send pakken til ⟦A|Bjørnstjerne Bjørnsons gate 14B, 3044 Drammen⟧. Ring meg på ⟦P|68 05 11 22⟧. Mvh Per
---
Ingrid Solheim
Nordlia Bygg AS
⟦A|Havnegata 7⟧
⟦A|7010 Trondheim⟧
Tlf: ⟦P|+47 68 05 33 44⟧ | Mob: ⟦P|680 51 122⟧
ingrid.solheim@example.no
---
John Smith
T: ⟦P|+44 20 7946 0958⟧
M: ⟦P|+47 680 55 123⟧
---
eg bur i ⟦A|kyrkjevegen 12⟧ på os, ring gjerne ⟦P|68051299⟧
---
[12:03] ola: adressa mi er ⟦A|bakkegata 3⟧, mob ⟦P|68054399⟧
[12:04] kari: ok! kl 1430 da
---
Emne: Endring av adresse
Jeg har flyttet fra ⟦A|Ekornveien 4, 2004 Lillestrøm⟧ til ⟦A|Parkveien 62 C, 0254 Oslo⟧ 1. april 2026.
Kundenummeret mitt er ⟦C|50023114⟧. Jeg er født ⟦B|28.02.1990⟧. Mobil ⟦P|68 05 43 10⟧
---
Han bor nå i ⟦A|Kong Oscars gate 5, H0201, 5017 Bergen⟧
---
Leiligheten i ⟦A|Thorvald Meyers gate 33⟧ (bolignr H0301) er utleid
---
Besøk: ⟦A|Tollbugata 8A, 0152 Oslo⟧ | Post: ⟦A|Postboks 250, 0103 Oslo⟧ | Tlf: ⟦P|68 05 10 00⟧ | Org: 312 345 678
---
fakturaadresse: ⟦A|PB 4455, 7444 Trondheim⟧
---
c/o Hansen, ⟦A|Skogveien 5 B, 1470 Lørenskog⟧
---
Eikelia 2
⟦A|2000 Lillestrøm⟧
Norge
---
kari@example.no, ⟦P|68 05 17 77⟧, Bergen
---
Siv Ås - ⟦P|68053333⟧
Per Lien, ⟦P|68051111⟧
---
Vipps 50 kr til ⟦P|68055667⟧ eller ring ⟦P|680 55 668⟧
---
WhatsApp ⟦P|+46 70 174 06 05⟧ or call ⟦P|(212) 555-0187⟧
---
Telefonnummeret hans er ⟦P|680 54 570⟧. tlf. ⟦P|68051234⟧/⟦P|68051235⟧
---
Ho vart fødd ⟦B|17. mai 1950⟧, mormor ⟦B|⟧
---
Kari Lyng (f. ⟦B|12.03.85⟧), ⟦A|Eikeveien 3, 1920 Sørumsand⟧
---
Sønnen vår er født den ⟦B|8.8.2015⟧. Fødselsdato og sted: ⟦B|14.02.1979⟧, Hamar
---
Bilen (⟦L|EK 23456⟧) ble skadet på parkeringsplassen. Reg.nr på motpart: ⟦L|DP45612⟧.
---
Tilhenger ⟦L|HT 1234⟧ er stjålet. Parkeringsbot: Skiltnr ⟦L|JT44556⟧, Volvo V70
---
Passnr: ⟦K|QXA004512⟧, utstedt 01.02.2024, gyldig til 01.02.2034
---
The applicant holds passport number ⟦K|00112233⟧, date of birth ⟦B|05 MAY 1985⟧, date of expiry 01 JAN 2029
""".replace(", mormor ⟦B|⟧", "")

FORMS = (
    """
Navn: Ali Hassan
F.dato: ⟦B|120388⟧
Tlf.nr: ⟦P|680 54 321⟧
Medlemsnr: ⟦C|0045512⟧
---
Fødselsdato (dd.mm.åååå): ⟦B|09.10.1983⟧
Gateadresse: ⟦A|Sommerro 2⟧
Postnr. og sted: ⟦A|3016 Drammen⟧
Telefon (privat): ⟦P|68 05 22 31⟧   E-post: jon@example.org
---
Fødselsdato
⟦B|12.03.1985⟧
Telefon
⟦P|68 05 12 34⟧
Adresse
⟦A|Lerkeveien 2⟧
---
PASIENTJOURNAL  Pasient-ID: ⟦C|PAS-00812⟧  Født: ⟦B|1948-12-30⟧
Pårørende: Nils Holm, tlf. ⟦P|680 54 444⟧  HPR-nummer: ⟦C|9144889⟧
---
{"fodselsdato": "⟦B|1987-11-02⟧", "mobil": "⟦P|+4768054321⟧",
"adresse": {"gate": "⟦A|Solbakken 4⟧"}, "kundeId": "⟦C|KU-99812⟧"}
---
<BirthDate>⟦B|1975-01-30⟧</BirthDate><Telefon>⟦P|68059901⟧</Telefon><Gateadresse>⟦A|Øvre Torggate 22⟧</Gateadresse>
---
<cbc:StreetName>⟦A|Fabrikkgata 3⟧</cbc:StreetName><cbc:PostalZone>⟦A|5059⟧</cbc:PostalZone><RegNo>⟦L|DN 66554⟧</RegNo>
---
BEGIN:VCARD
BDAY:⟦B|1979-04-05⟧
TEL;TYPE=CELL:⟦P|+4768050001⟧
END:VCARD
---
2026-03-01T10:22:33Z INFO login phone=⟦P|+4768051001⟧ customerId=⟦C|1002934⟧ session=ab12cd34 order=55667788
---
tlf=⟦P|68050014⟧;adr=⟦A|Bjerkealleen 4⟧;fdato=⟦B|010190⟧
---
ADRESSE: ⟦A|STRANDGATA 15, 6004 ÅLESUND⟧  KUNDENR.: ⟦C|448120⟧
---
P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
""".replace("\n---\nP<UTO", "\n---\n⟦K|P<UTO").rstrip()
    + "\nL898902C36UTO7408122F1204159ZE184226B<<<<<10⟧\n"
)

NOTHING = """
Faktura 20260033 til kunde 55. Forfall 12.04.2026. Beløp kr 12 345,00. KID 000123456789. Konto 4999.20.59191.
---
Ordre 68051234 ble sendt 05.06.2026. Varenr 45678912, EAN 7038010009457, pris 249,00
---
Møtet er i Storgata kl. 14.30, rom 5. Vi ses i gata 5 ganger til. Han gikk i veien 2 år.
---
I 2024 Oslo hadde 700 000 innbyggere. OL i 1994 Lillehammer. Kommunenr 4601 Bergen, 1103 Stavanger.
---
E18 er stengt. Riksvei 4 og fylkesvei 120. Side 12, kap. 5, § 4-2. NS 12345 og NS-EN 50131.
---
select * from kunder where customer_id = 5 and created > '2024-01-01' -- CUSTOMER_ID INTEGER NOT NULL
---
def get(customer_id: int = 10, phone="12345678"): return f"{customer_id:08d}"
---
const memberId = 42; let student_id = req.params.id; employeeNo = 'EMP' + i;
---
Selskapet ble stiftet 12.03.1985. Opprettet: 04.05.2020. Gyldig til 31.12.2030. Released 12 March 2015. f. 1975
---
ISBN 978-82-05-12345-6; GUID 68051234-ab12-4f00-9999-aabbccddeeff; versjon 68.05.12.34; bytes 4a 68 05 12 34 ff
---
orgnr 912 345 678. NOK 912 34 567. Sum: 45 00 00 00 kr. Lotto 23 24 31 34
---
Art.nr AB 12345, delenummer XY12345, modell HP 51234, KB 12345. Flight SK 4455, gate 12. CA 90210
---
Passord: ABC123456. Pass på at 12345678 ikke brukes. Password reset code 48213344. Kampanjekode 22334455.
---
Prosjektnr 55123, saksnr 2026/4411, ordrenr. 998877, KID-nr 12345678. Kundenummer må oppgis. Kunde nr 2 i køen.
---
12 stk bord 60 x 120 cm, hylleplass 12, parkeringsplass 33. Windows 10, Volvo 240, Formel 1. Colgate 75 ml
---
Storgata 1 000 kr, Storgata 2,5 km unna. Ringveien 10 000 biler. Mosseveien 12. april stengt. Solgt i Storgata 2018.
---
Vestergade 5, 1620 København V. Bahnhofstrasse 4, 8001 Zürich. Storgatan 5, 111 22 Stockholm. 12 Main Street
"""


def texts(block: str) -> list[str]:
    return [text.strip("\n") for text in block.strip("\n").split("\n---\n")]


@pytest.mark.parametrize("text", [*texts(MESSAGES), *texts(FORMS)])
def test_what_is_marked_is_found_and_nothing_else(text):
    plain, expected = unmarked(text)
    assert found(plain) == expected


@pytest.mark.parametrize("text", texts(NOTHING))
def test_nothing_is_found_in_what_only_looks_alike(text):
    assert found(text) == []


def test_every_pattern_is_compiled():
    assert not detector().engine.uncompiled


def test_a_street_and_the_line_below_it_are_two_findings_and_on_one_line_one():
    chance = random.Random(1)
    for code, place in chance.choices(sorted(register().items()), k=150):
        assert [kind for kind, _ in found(f"Storgata 5\n{code} {place}\n")] == ["NO_ADDRESS"] * 2
        for between in (", ", " ", ", N-", " - "):
            line = f"Storgata 5{between}{code} {place}"
            assert found(f"Send til {line}.") == [("NO_ADDRESS", line)]


def test_places_of_several_words_are_spanned_whole():
    for code, place in register().items():
        if " " in place or "-" in place:
            for written in (place, place.upper()):
                assert found(f"Tveita 3, {code} {written}!") == [("NO_ADDRESS", f"Tveita 3, {code} {written}")]


PHONE_FORMS = (
    "########",
    "## ## ## ##",
    "### ## ###",
    "### ### ##",
    "#### ####",
    "## ### ###",
    "##-##-##-##",
    "##.##.##.##",
)
PREFIXES = ("", "+47 ", "+47", "0047 ", "(+47) ", "00 47 ", "47 ")
PHONE_LABELS = (
    "Tlf {}", "tlf.: {}", "Telefon: {}", "Mobilnr: {}", "Phone number: {}", "Tel.nr.: {}", "Tlf (mobil) {}",
    "telefon={}",
    '"phone":"{}"', "<Telefon>{}</Telefon>", "Kontakt Kari på tlf {}.", "TLF. PRIVAT: {}", "Mobiltelefon: {}", "fax {}",
)  # fmt: skip


@pytest.mark.parametrize("label", PHONE_LABELS)
def test_a_number_after_a_label_is_found_in_every_written_form(label):
    for i, form in enumerate(PHONE_FORMS):
        digits = iter(f"6805{1200 + i}")
        number = "".join(next(digits) if char == "#" else char for char in form)
        for prefix in PREFIXES:
            assert found(label.format(prefix + number)) == [("PHONE_NUMBER", prefix + number)]


@pytest.mark.parametrize("form", [form for form in PHONE_FORMS if form != "########"][:2])
def test_the_usual_groups_need_no_label(form):
    digits = iter("68051234")
    number = "".join(next(digits) if char == "#" else char for char in form)
    for text in ("{}", "Kari Moe\n{}\nkari@example.no", "Hei, {} er nummeret", "({})", "Kari Moe / {}"):
        assert found(text.format(number)) == [("PHONE_NUMBER", number)]


BIRTH_LABELS = (
    "født {}", "Født: {}", "Fødd {}", "født den {}", "Fødselsdato: {}", "F.dato: {}", "(f. {})", "DOB: {}",
    "Born on {} in Oslo",
    '"birthDate": "{}"', "dob={}", "Fødselsdato\n{}", "hun ble født {} på Hamar", "Bursdag: {}",
    "Han er født i Bergen {}",
    "Date of birth {}", "Fødselsdato ........ {}", "patientBirthDate: {}", "<fodselsdato>{}</fodselsdato>",
)  # fmt: skip


@pytest.mark.parametrize("label", BIRTH_LABELS)
def test_a_date_after_a_word_for_birth_is_found_without_the_word(label):
    for day in ("12.03.1985", "1985-03-12", "12/3 1985", "120385", "12. mars 1985", "March 12, 1985", "12031985"):
        assert found(label.format(day)) == [("DATE_OF_BIRTH", day)]


@pytest.mark.parametrize(
    "label", ["Dato: {}", "Forfall {}", "Opprettet {}", "Utløper: {}", "Stiftet {}", "{}", "nyfødt {}"]
)
def test_a_date_after_another_word_is_no_date_of_birth(label):
    for day in ("12.03.1985", "1985-03-12", "12. mars 1985"):
        assert found(label.format(day)) == []


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("Adresse", "Nordre Haugen", "A"), ("street_address", "Tveit 12", "A"), ("Postnr", "0150", "A"),
        ("FødtDato", "120385", "B"),
        ("birthDate", "1985-03-12", "B"), ("Fødselsdato", "12.03.1985 ", "B"), ("Mobil", "68051234", "P"),
        ("KundeNr", "10293", "C"),
        ("Tlf privat", "680 51 234", "P"), ("ansatt_id", "E-4471", "C"), ("Regnr", "AB12345", "L"),
        ("Passnummer", "00112233", "K"),
    ],
)  # fmt: skip
def test_a_header_says_what_cells_are(header, cell, kind):
    assert found(cell, header) == [(KINDS[kind], cell.strip())]


@pytest.mark.parametrize("header", ["Ordrenr", "Varenr", "Beløp", "Dato", "Gruppe", "Sum"])
def test_the_same_cells_are_nothing_under_another_header(header):
    for cell in ("68051234", "12.03.1985", "1985-03-12", "10293", "AB12345", "00112233", "Nordre Haugen", "0150"):
        assert found(cell, header) == [], cell


def catalogue(chance: random.Random, size: int) -> str:
    """`size` characters of lines as Norwegian product catalogues have them: article numbers, EAN, measures, prices."""
    brand = "Bosch Makita Jotun Glava Isola Essve Philips Colgate Seagate Orkla Würth Bergans Jøtul".split()
    thing = (
        "Skrue Gipsplate Maling Terrassebord Dør Hylle Lampe Slange Filter Tannkrem Genser Gategrill Hagebenken".split()
    )
    n: Callable[[int, int], int] = chance.randint
    made: list[str] = []
    while size > 0:
        b, t = chance.choice(brand), chance.choice(thing)
        price = chance.choice([f"{n(1, 99)} {n(0, 999):03d},{n(0, 99):02d}", f"{n(9, 9999)},00"])
        made.append(
            chance.choice(
                [
                    f"{n(20_000_000, 69_999_999)} {b} {t} {n(10, 250)} x {n(10, 250)} cm {n(1, 50)} stk kr {price}",
                    f"Varenr: {n(10**5, 10**8)} | EAN: 70{n(10**10, 10**11)} | {b} {t} {n(1, 200)}mm | Lager {n(0, 9)}",
                    f"{b} {t}, mål: {n(20, 300)} x {n(20, 300)} x {n(2, 80)} mm. Art.nr. AB {n(10**4, 10**5)}",
                    f"{n(1000, 9999)} {t} {b} {n(1, 100)} % Antall {n(1, 99)} Sum {price}",
                    f"{b} {t} {n(12, 240)} V, {n(5, 2000)} W, NS-EN {n(1000, 99_999)}, HP{n(1000, 9999)} (2024)",
                    f"NOBB {n(2 * 10**7, 7 * 10**7)}; {b} {t}; {n(8, 48)}X{n(48, 300)}; {n(200, 999)} 456 {n(10, 99)}",
                ]
            )
        )
        size -= len(made[-1]) + 1
    return "\n".join(made)


def test_product_catalogues_hold_at_most_one_false_finding_in_a_megabyte():
    assert len(found(catalogue(random.Random(2), 1_000_000))) <= 1
