"""Accounting: SAF-T Financial, an invoice with attachments, a-melding, bank and customer exports, import files.

Forms from Skatteetaten's schemas (SAF-T, a-melding), Peppol BIS Billing 3.0 and the import formats of Visma and Mamut.
Some bank accounts pass the test of a fødselsnummer too, as one in about three hundred does in the world; those have a
date with month + 80, so that they cannot be the number of anybody.
"""

from __future__ import annotations

import base64
import datetime as dt
from xml.sax.saxutils import escape

from estate_business import kid
from estate_course import participant_rows
from estate_marks import Table, lines, mark
from estate_people import Person, national_number
from estate_writer import FIRM, Estate, Firm

SAFT = "regnskap/saft/SAF-T Financial_Fjordlys_20260310.xml"
_EHF = "regnskap/ehf/ehf-10240.xml"
_MESSAGE = "regnskap/a-melding/a-melding-2026-02.xml"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing"


def write_accounting_files(estate: Estate) -> None:
    """Everything below regnskap/."""
    _saft(estate)
    _invoice(estate)
    _a_melding(estate)
    _bank(estate)
    _customers(estate)
    _visma(estate)
    _gbat(estate)


def telling_account(estate: Estate, purpose: str) -> str:
    """A bank account, marked, that passes every test of a fødselsnummer (of the test series)."""
    rng = estate.rng(f"account of {purpose}")
    born = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randint(0, 18_000))
    return mark("NO_BANK_ACCOUNT", national_number(born, rng))


def _party(estate: Estate, firm: Firm, number: int) -> list[str]:
    p = firm.contact
    return [
        "    <Customer>",
        f"      <RegistrationNumber>{firm.organisation}</RegistrationNumber>",
        f"      <Name>{escape(firm.name)}</Name>",
        "      <Address>",
        f"        <StreetName>{p.street_line()}</StreetName>",
        f"        <City>{p.place}</City>",
        f"        <PostalCode>{mark('NO_ADDRESS', p.postcode)}</PostalCode>",
        "        <Country>NO</Country>",
        "      </Address>",
        "      <Contact>",
        "        <ContactPerson>",
        f"          <FirstName>{mark('PERSON', p.first)}</FirstName>",
        f"          <LastName>{mark('PERSON', p.last)}</LastName>",
        "        </ContactPerson>",
        f"        <Telephone>{p.phone('plain')}</Telephone>",
        f"        <Email>{p.email()}</Email>",
        "      </Contact>",
        "      <BankAccount>",
        f"        <BankAccountNumber>{telling_account(estate, firm.name)}</BankAccountNumber>",
        "      </BankAccount>",
        f"      <CustomerID>{mark('CUSTOMER_ID', str(20140 + number))}</CustomerID>",
        "    </Customer>",
    ]


def _saft(estate: Estate) -> None:
    """The ledger of 2018 to 2025: its oldest entries are past the bookkeeping act's five years."""
    own = estate.organisation  # no label that a scanner would know: not in the truth
    written = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO">',
        "  <Header>",
        "    <AuditFileVersion>1.30</AuditFileVersion>",
        "    <AuditFileCountry>NO</AuditFileCountry>",
        "    <AuditFileDateCreated>2026-03-10</AuditFileDateCreated>",
        "    <SoftwareCompanyName>Fjordlys regnskap</SoftwareCompanyName>",
        "    <SoftwareID>Regnskap</SoftwareID>",
        f"    <Company><RegistrationNumber>{own}</RegistrationNumber><Name>{FIRM}</Name></Company>",
        "    <SelectionCriteria>",
        "      <PeriodStart>1</PeriodStart><PeriodStartYear>2018</PeriodStartYear>",
        "      <PeriodEnd>12</PeriodEnd><PeriodEndYear>2025</PeriodEndYear>",
        "    </SelectionCriteria>",
        "  </Header>",
        "  <MasterFiles>",
        "    <Customers>",
    ]
    for number, firm in enumerate(estate.firms):
        written += _party(estate, firm, number)
    written += ["    </Customers>", "  </MasterFiles>", "  <GeneralLedgerEntries>", "    <Journal>"]
    for i, p in enumerate(estate.participants[180:188]):
        day = f"{2018 + i}-0{1 + i}-15"
        written += [
            "      <Transaction>",
            f"        <TransactionID>{4000 + i}</TransactionID>",
            f"        <TransactionDate>{day}</TransactionDate>",
            f"        <Description>Kursavgift {p.name()}</Description>",
            f"        <SystemEntryDate>{day}</SystemEntryDate>",
            "        <Line><RecordID>1</RecordID><AccountID>1500</AccountID><DebitAmount><Amount>4900.00</Amount>"
            "</DebitAmount></Line>",
            "      </Transaction>",
        ]
    written += ["    </Journal>", "  </GeneralLedgerEntries>", "</AuditFile>"]
    estate.text(SAFT, lines(written))


def _attachment(document: str, name: str, media_type: str, content: bytes) -> list[str]:
    shown = base64.b64encode(content).decode()
    return [
        "  <cac:AdditionalDocumentReference>",
        f"    <cbc:ID>{document}</cbc:ID>",
        f'    <cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="{media_type}" filename="{name}">{shown}'
        "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>",
        "  </cac:AdditionalDocumentReference>",
    ]


def _invoice(estate: Estate) -> None:
    """EHF Billing 3.0 with a list of participants and a PDF in it, in base64."""
    firm = estate.firms[2]
    people = estate.participants[188:194]
    table = participant_rows(people, estate.rng(_EHF))
    listed = estate.csv_data(f"{_EHF}!spesifikasjon.csv", table)
    page = [FIRM, "Vedlegg til faktura 10240", *(f"{p.name()}, fødselsnummer {p.national_id()}" for p in people[:3])]
    pdf = estate.pdf_data(f"{_EHF}!vedlegg.pdf", [page])
    seller = mark("NO_ORGANISASJONSNUMMER", estate.organisation)
    written = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Invoice xmlns="{_UBL}:Invoice-2" xmlns:cac="{_UBL}:CommonAggregateComponents-2" '
        f'xmlns:cbc="{_UBL}:CommonBasicComponents-2">',
        f"  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#{_PEPPOL}:3.0</cbc:CustomizationID>",
        "  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>",
        "  <cbc:ID>10240</cbc:ID>",
        "  <cbc:IssueDate>2026-03-06</cbc:IssueDate>",
        f"  <cbc:BuyerReference>{firm.contact.name()}</cbc:BuyerReference>",
        *_attachment("1", "spesifikasjon.csv", "text/csv", listed),
        *_attachment("2", "vedlegg.pdf", "application/pdf", pdf),
        "  <cac:AccountingSupplierParty><cac:Party>",
        f'    <cbc:EndpointID schemeID="0192">{seller}</cbc:EndpointID>',
        "  </cac:Party></cac:AccountingSupplierParty>",
        "  <cac:AccountingCustomerParty><cac:Party>",
        f'    <cbc:EndpointID schemeID="0192">{firm.organisation_number()}</cbc:EndpointID>',
        "    <cac:Contact>",
        f"      <cbc:Name>{firm.contact.name()}</cbc:Name>",
        f"      <cbc:Telephone>{firm.contact.phone('plain')}</cbc:Telephone>",
        f"      <cbc:ElectronicMail>{firm.contact.email()}</cbc:ElectronicMail>",
        "    </cac:Contact>",
        "  </cac:Party></cac:AccountingCustomerParty>",
        "</Invoice>",
    ]
    estate.text(_EHF, lines(written))


def _income(p: Person, number: int, union: bool) -> list[str]:
    fee = mark("UNION_MEMBERSHIP", "fagforeningskontingent")
    deduction = f"        <fradrag><beskrivelse>{fee}</beskrivelse><beloep>-425.00</beloep></fradrag>"
    return [
        "      <inntektsmottaker>",
        f"        <norskIdentifikator>{p.national_id()}</norskIdentifikator>",
        "        <identifiserendeInformasjon>",
        f"          <navn>{p.name()}</navn>",
        f"          <foedselsdato>{mark('DATE_OF_BIRTH', p.born.isoformat())}</foedselsdato>",
        f"          <ansattnummer>{mark('CUSTOMER_ID', str(101 + number))}</ansattnummer>",
        "        </identifiserendeInformasjon>",
        f"        <inntekt><beloep>{41_000 + 1750 * number}.00</beloep></inntekt>",
        *([deduction] if union else []),
        "      </inntektsmottaker>",
    ]


def _a_melding(estate: Estate) -> None:
    own = estate.organisation  # right after `virksomhet` a scanner can know it
    written = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<melding xmlns="urn:ske:fastsetting:innsamling:a-meldingen:v2_2">',
        "  <leveranse>",
        "    <leveringstidspunkt>2026-03-04T10:12:00</leveringstidspunkt>",
        "    <kalendermaaned>2026-02</kalendermaaned>",
        "    <kildesystem>Fjordlys lønn</kildesystem>",
        f"    <opplysningspliktig><norskIdentifikator>{own}</norskIdentifikator></opplysningspliktig>",
        "    <virksomhet>",
        f"      <norskIdentifikator>{mark('NO_ORGANISASJONSNUMMER', own)}</norskIdentifikator>",
    ]
    for number, p in enumerate(estate.staff):
        written += _income(p, number, union=number % 3 != 2)
    written += ["    </virksomhet>", "  </leveranse>", "</melding>"]
    estate.text(_MESSAGE, lines(written))


def _bank(estate: Estate) -> None:
    path = "regnskap/bank/kontoutskrift-2026-02.csv"
    rng = estate.rng(path)
    rows: Table = [["Bokføringsdato", "Rentedato", "Beskrivelse", "Fra konto", "Inn på konto", "Ut fra konto"]]
    for i, p in enumerate(estate.participants[194:204]):
        day = f"{1 + i:02d}.02.2026"
        source = telling_account(estate, p.full_name) if i % 3 == 0 else p.bank_account("plain")
        rows.append([day, day, f"Kursavgift {p.name()} KID {kid(rng)}", source, f"{rng.randint(900, 5000)},00", ""])
    estate.csv(path, rows, "cp1252")


def _customers(estate: Estate) -> None:
    """The export of customers of an accounting system, as such headers are often written."""
    path = "regnskap/kunder-eksport-2026-03.csv"
    rows: Table = [["Kundenummer", "Navn", "Adresse", "Postnummer", "Poststed", "Epostadresse", "Telefon"]]
    for i, p in enumerate(estate.participants[204:214]):
        number = mark("CUSTOMER_ID", str(30_500 + i))
        postcode = mark("NO_ADDRESS", p.postcode)
        rows.append([number, p.name(), p.street_line(), postcode, p.place, p.email(), p.phone("plain")])
    estate.csv(path, rows)


def _visma(estate: Estate) -> None:
    """Visma Business' EDI text in Windows-1252: customers to be imported."""
    written = ["@FIRM_BEGIN(1)", "@IMPORT_METHOD(3)", "@Actor (=CustNo, Nm, Ad1, PNo, PArea, Phone, BsNo)"]
    for i, firm in enumerate(estate.firms[:2]):
        p = firm.contact
        fields = (firm.name, p.street_line(), p.postcode, p.place, p.phone("international"))
        quoted = " ".join(f'"{text}"' for text in fields)
        written.append(f'"{20140 + i}" {quoted} "{firm.organisation}"')
    written.append("@FIRM_END()")
    estate.text("regnskap/visma/kunder.edi", lines(written), "cp1252")


def _gbat(estate: Estate) -> None:
    """GBAT10: vouchers for import; the text of a line names the participant."""
    written = []
    for i, p in enumerate(estate.participants[214:220]):
        written.append(
            f"GBAT10;{700 + i};202602{10 + i};1;2;2026;1500;0;4900,00;{20140 + i % 5};0;"
            f"Kursavgift {p.name()}, tlf. {p.phone()};X"
        )
    estate.text("regnskap/gbat10/bilag-2026-02.txt", lines(written), "cp1252")
