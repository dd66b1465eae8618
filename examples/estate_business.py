"""Invoices, customers, bank statements, staff papers and the privacy notice of the invented firm."""

from __future__ import annotations

import random
from xml.sax.saxutils import escape

from estate_marks import Table, lines, mark
from estate_people import grouped, iban
from estate_writer import FIRM, Estate, Firm, as_number

_ORG = (3, 2, 7, 6, 5, 4, 3, 2, 1)
_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4242 4242 4242 4242", "3782 822463 10005")


def write_business_files(estate: Estate) -> None:
    """Everything below faktura/, okonomi/ and personal/."""
    for i, firm in enumerate(estate.firms[:3]):
        _invoice_pdf(estate, firm, 10231 + i)
    for i, firm in enumerate(estate.firms[:2]):
        _invoice_xml(estate, firm, 10231 + i)
    _customers(estate)
    _bank_statement(estate)
    _refunds(estate)
    _contract(estate)
    _salaries(estate)
    _review(estate)


def kid(rng: random.Random) -> str:
    """A payment reference (KID) of 9 digits, control digit by Luhn, that is no organisation number by mod 11."""
    while True:
        stem = f"1{rng.randint(0, 9_999_999):07d}"
        total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(stem)))
        digits = f"{stem}{-total % 10}"
        if sum(w * int(d) for w, d in zip(_ORG, digits, strict=True)) % 11:
            return digits


def _invoice_pdf(estate: Estate, firm: Firm, number: int) -> None:
    path = f"faktura/faktura-{number}.pdf"
    rng = estate.rng(path)
    people = rng.sample(estate.participants, 6)
    first = [
        FIRM,
        f"Org.nr. {mark('NO_ORGANISASJONSNUMMER', estate.organisation)} MVA",
        f"Faktura {number}, dato 02.03.2026, forfall 16.03.2026",
        f"Til: {firm.name}, org.nr. {firm.organisation_number()}",
        f"Att. {firm.contact.name()}, {firm.contact.address()}",
        f"E-post: {firm.contact.email()}",
        "Kurs: Norsk B1, seks deltakere, 41 400,00 kr",
        f"Betales til kontonummer {mark('NO_BANK_ACCOUNT', grouped(estate.account))}",
        f"IBAN {mark('IBAN_CODE', iban(estate.account))}",
        f"KID {kid(rng)}",
    ]
    second = ["Deltakere", *(f"{p.name()}, født {p.birth_date()}" for p in people)]
    estate.pdf(path, [first, second])


def _invoice_xml(estate: Estate, firm: Firm, number: int) -> None:
    """A shortened invoice in the form of EHF Billing 3.0 (Peppol BIS, UBL 2.1)."""
    seller = mark("NO_ORGANISASJONSNUMMER", estate.organisation)
    account = mark("NO_BANK_ACCOUNT", estate.account)
    written = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Invoice xmlns="{_UBL}:Invoice-2" xmlns:cac="{_UBL}:CommonAggregateComponents-2"',
        f'         xmlns:cbc="{_UBL}:CommonBasicComponents-2">',
        f"  <cbc:ID>{number}</cbc:ID>",
        "  <cbc:IssueDate>2026-03-02</cbc:IssueDate>",
        "  <cac:AccountingSupplierParty><cac:Party>",
        f'    <cac:PartyIdentification><cbc:ID schemeID="0192">{seller}</cbc:ID></cac:PartyIdentification>',
        f"    <cac:PartyName><cbc:Name>{escape(FIRM)}</cbc:Name></cac:PartyName>",
        "  </cac:Party></cac:AccountingSupplierParty>",
        "  <cac:AccountingCustomerParty><cac:Party>",
        f'    <cac:PartyIdentification><cbc:ID schemeID="0192">{firm.organisation_number()}</cbc:ID>'
        "</cac:PartyIdentification>",
        f"    <cac:PartyName><cbc:Name>{escape(firm.name)}</cbc:Name></cac:PartyName>",
        "    <cac:Contact>",
        f"      <cbc:Name>{firm.contact.name()}</cbc:Name>",
        f"      <cbc:Telephone>{firm.contact.phone('plain')}</cbc:Telephone>",
        f"      <cbc:ElectronicMail>{firm.contact.email()}</cbc:ElectronicMail>",
        "    </cac:Contact>",
        "  </cac:Party></cac:AccountingCustomerParty>",
        "  <cac:PaymentMeans><cac:PayeeFinancialAccount>",
        f'    <cbc:ID schemeID="BBAN">{account}</cbc:ID>',
        "  </cac:PayeeFinancialAccount></cac:PaymentMeans>",
        '  <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="NOK">41400.00</cbc:PayableAmount>'
        "</cac:LegalMonetaryTotal>",
        "</Invoice>",
    ]
    estate.text(f"faktura/ehf-{number}.xml", lines(written))


def _customers(estate: Estate) -> None:
    rows: Table = [["Kundenr", "Firma", "Org.nr", "Kontaktperson", "E-post", "Telefon", "Fakturaadresse"]]
    for firm in estate.firms:
        p = firm.contact
        number = mark("CUSTOMER_ID", firm.customer_id)
        rows.append([number, firm.name, firm.organisation_number(), p.name(), p.email(), p.phone(), p.address()])
    estate.csv("okonomi/kunder.csv", rows)


def _bank_statement(estate: Estate) -> None:
    path = "okonomi/bank-2026-03.csv"
    rng = estate.rng(path)
    rows: Table = [["Bokføringsdato", "Beskrivelse", "Fra konto", "Til konto", "Beløp", "Melding"]]
    own = mark("NO_BANK_ACCOUNT", grouped(estate.account))
    for i in range(160):
        p = rng.choice(estate.participants)
        amount = f"{rng.randint(300, 9000)},{rng.choice(('00', '50'))}"
        date = f"{1 + i // 6:02d}.03.2026"
        if i % 4:
            rows.append([date, f"Innbetaling {p.name()}", p.bank_account(), own, amount, f"KID {kid(rng)}"])
        else:
            rows.append([date, "Lønn og honorar", own, p.bank_account("plain"), f"-{amount}", p.name()])
    estate.csv(path, rows, "cp1252")


def _refunds(estate: Estate) -> None:
    path = "okonomi/refusjoner.csv"
    rng = estate.rng(path)
    rows: Table = [["Dato", "Navn", "Kortnummer", "IBAN", "Beløp"]]
    for i, p in enumerate(estate.participants[160:172]):
        card = mark("CREDIT_CARD", _CARDS[i % 4])
        rows.append([f"{i + 1:02d}.03.2026", p.name(), card, p.iban(), f"{rng.randint(300, 4000)},00"])
    estate.csv(path, rows)


def _contract(estate: Estate) -> None:
    chief, p = estate.staff[0], estate.staff[6]
    estate.docx(
        "personal/arbeidsavtale.docx",
        [
            f"Arbeidsavtale mellom {FIRM} og {p.name()}",
            ("Fødselsnummer", p.national_id("spaced")),
            ("Adresse", p.address()),
            ("Telefon", p.phone()),
            ("E-post", p.email()),
            ("Kontonummer for lønn", p.bank_account()),
            ("Utdanning", p.schooling()),
            "Stillingen er fast, 80 prosent, fra 1. februar 2026.",
            f"Nærmeste leder er {chief.name()}.",
            "Prøvetiden er seks måneder.",
        ],
    )


def _salaries(estate: Estate) -> None:
    rows: Table = [["Ansattnr", "Navn", "Fødselsnummer", "Kontonummer", "Månedslønn", "Skattetrekk", "Fagforening"]]
    accounts: Table = [["Navn", "Lønnskonto", "Feriepenger"]]
    unions = ("NITO", "Fagforbundet", "")
    for i, p in enumerate(estate.staff):
        union = mark("UNION_MEMBERSHIP", unions[i % 3]) if unions[i % 3] else ""
        rows.append(
            [
                mark("CUSTOMER_ID", str(101 + i)),
                p.name(),
                p.national_id(),
                p.bank_account(),
                41_000 + 1_750 * i,
                0.31 + i / 100,
                union,
            ]
        )
        accounts.append([p.name(), as_number(p.bank_account("plain")), 49_200 + 2_100 * i])
    estate.xlsx("personal/loenn-2026-03.xlsx", {"Mars": rows, "Feriepenger": accounts})


def _review(estate: Estate) -> None:
    chief, p = estate.staff[0], estate.staff[4]
    ill = mark("HEALTH", "sykmeldt")
    estate.docx(
        "personal/medarbeidersamtale.docx",
        [
            "Medarbeidersamtale 2026",
            f"Medarbeider: {p.name()}",
            f"Leder: {chief.name()}",
            "Vi gikk gjennom arbeidsoppgavene og målene for våren.",
            f"Nås best på {p.phone('international')} etter klokken 14.",
        ],
        [("Leder", f"{p.name()} var {ill} i januar, følg opp i april.")],
    )
