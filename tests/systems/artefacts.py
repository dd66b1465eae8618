"""Artefacts of every system, written after what is published of their form, with invented people; and near misses."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import tarfile
from email.message import EmailMessage
from typing import Any

import export_trees
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from extract.formats_archives import zipped
from extract.pst_made import MadeItem
from extract.pst_writer import PstWriter

UUID = "0a1b2c3d-1a2b-4c3d-8e4f-0a1b2c3d4e5f"
PROTON = "2c7c174c17b8e55ae7bf60ddc31c94b0ac5dabf3"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
BILLING = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
AUDIT = (
    "CreationTime Id Operation OrganizationId RecordType ResultStatus UserKey UserType Version Workload ClientIP UserId"
)
DATED = "[06/Feb/2026:00:00:38 +0000]"

Artefact = tuple[str, bytes]
"""Path and content."""


def table(header: str, *rows: str, sep: str = ",", start: str = "") -> bytes:
    """A table whose header and rows are written with `|` between cells."""
    out = io.StringIO()
    csv.writer(out, delimiter=sep).writerows(line.split("|") for line in (header, *rows))
    return (start + out.getvalue()).encode()


def with_rows(header: str, sep: str = ",", start: str = "", **known: str) -> bytes:
    """A table of two rows under `header`, with plain words but where `known` says."""
    names = header.split("|")
    rows = ["|".join(known.get(name, f"verdi {number}") for name in names) for number in (1, 2)]
    return table(header, *rows, sep=sep, start=start)


def keyed(keys: str) -> dict[str, Any]:
    return dict.fromkeys(keys.split(), "x")


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def mail(**headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.no", "b@example.no", "Hei"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Hei.\n")
    return made.as_bytes()


def sheet(*rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sqlite(*statements: str) -> bytes:
    base = sqlite3.connect(":memory:")
    for statement in statements:
        base.execute(statement)
    base.commit()
    return base.serialize()


def parquet(*names: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({name: ["x", "y"] for name in names}), out)
    return out.getvalue()


def tar_gz(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def chat_pst() -> bytes:
    writer = PstWriter()
    writer.item(
        writer.folder("TeamsMessagesData"), MadeItem({0x1A: (0x1F, "IPM.SkypeTeams.Message"), 0x37: (0x1F, "IM")})
    )
    return writer.finish()


def xml(root: str, namespace: str, inside: str = "", prefix: str = "") -> bytes:
    name, attribute = (f"{prefix}:{root}", f"xmlns:{prefix}") if prefix else (root, "xmlns")
    element = f'<{name} {attribute}="{namespace}">{inside}</{name}>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- laget -->\n{element}\n'.encode()


def invoice(kind: str = "Invoice") -> bytes:
    return xml(
        kind,
        f"{UBL}{kind}-2",
        f'<c:CustomizationID xmlns:c="{UBL}CommonBasicComponents-2">{BILLING}</c:CustomizationID>',
    )


ENTRA = (
    "userPrincipalName|displayName|surname|mail|givenName|objectId|userType|jobTitle|department|accountEnabled|ageGroup"
)
LEADS = (
    "id|created_time|ad_id|ad_name|adset_id|adset_name|campaign_id|campaign_name|form_id|form_name|is_organic|platform"
)
GRAVITY = "Navn|E-post|Laget av (bruker-ID)|ID for oppføring|Oppføringsdato|Kilde-URL|Transaksjons-ID|Brukers IP"
WOO = "Name|Username|Last Active|Sign Up|Email|Orders|Total Spend|AOV|Country / Region|City|Region|Postal Code"
WOO_NB = "Navn|Brukernavn|Sist aktiv|Registrer deg|E-post|Ordrer|Total forbruk|AOV|Land / Region|Sted|Region|Postnummer"
MOODLE = "Time|User full name|Affected user|Event context|Component|Event name|Description|Origin|IP address"
MOODLE_NB = (
    "Tid|Brukers fulle navn|Berørt bruker|Hendelseskontekst|Komponent|Hendelsesnavn|Beskrivelse|Opprinnelse|IP-adresse"
)
CANVAS_USERS = (
    "canvas_user_id|user_id|integration_id|authentication_provider_id|login_id|first_name|last_name|email|status"
)
S3_LINE = (
    f"{OWNER} kursbilder {DATED} 192.0.2.3 {OWNER} 3E57427F3EXAMPLE REST.GET.OBJECT a.jpg "
    '"GET /a.jpg HTTP/1.1" 200 - 113 - 7 - "-" "S3" -\n'
)
ALB_LINE = (
    "https 2026-02-06T00:00:38.000000Z app/kurs/50dc6c495c0c9188 192.0.2.1:2817 198.51.100.1:80 0.000 0.001 0.000 200 "
    '200 34 366 "GET https://kurs.example.no:443/ HTTP/1.1" "curl/8" - - arn "Root" "-" "-" 0\n'
)
CLOUDFRONT = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie)\n"
    "2026-02-06\t00:00:38\tARN56-P1\t12\t192.0.2.1\tGET\td1.cloudfront.net\t/\t"
    "200\t-\tcurl\t-\t-\n"
)
COMBINED = f'192.0.2.1 - - {DATED} "GET /kurs HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
TAKEOUT_MBOX = (
    "From 1@xxx Mon Jan 05 00:00:00 +0000 2026\nX-GM-THRID: 1\nX-Gmail-Labels: Inbox\nFrom: a@example.no\n"
    "To: b@example.no\nSubject: Hei\n\nHei.\n"
)
MBZ = {
    "moodle_backup.xml": b'<?xml version="1.0"?><moodle_backup><information/></moodle_backup>',
    "files.xml": b"<files/>",
}
STATEMENT = "urn:iso:std:iso:20022:tech:xsd:"
TRAIL = "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent"
MT940 = ":20:START\n:25:12345\n:28C:1/1\n:60F:C260101NOK100,00\n:61:2601010101D1,00NMSC\n:62F:C260101NOK99,00\n"
XAPI = {
    "actor": {"mbox_sha1sum": "0" * 40, "objectType": "Agent"}, "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://kurs.example.no/1"}, "timestamp": "2026-01-01T00:00:00Z",
}  # fmt: skip
WXR = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">\n<channel>'
    "<wp:wxr_version>1.2</wp:wxr_version></channel></rss>\n"
)

MADE: dict[str, list[Artefact]] = {
    "microsoft365.exchange": [
        ("epost.pst", export_trees.pst()),
        ("melding.msg", export_trees.msg_file()),
        ("sak/Exchange/kari@example.no (Primary)/Top of Information Store/Inbox/a.eml", mail()),
        ("a.eml", mail(X_MS_Exchange_Organization_AuthAs="Internal")),
        (
            "Results.csv",
            with_rows("Item Identity|Document ID|Selected|Duplicate to Item|Original Path|Location|Decode Status"),
        ),
    ],
    "microsoft365.onedrive": [
        ("OneDrive - Kurs AS/notat.txt", b"Et notat.\n"),
        ("k-my.sharepoint.com/personal/a.txt", b"Hei.\n"),
    ],
    "microsoft365.sharepoint": [("sak/SharePoint/hr/Delte dokumenter/notat.txt", b"Et notat.\n")],
    "microsoft365.teams": [
        ("sak/Teams Chats/1.html", b"<html><body>Hei</body></html>"),
        (
            "chat.json",
            as_json({"value": [keyed("messageType chatId createdDateTime mentions body from")]}),
        ),
    ],
    "microsoft365.entra": [
        ("brukere.csv", with_rows(ENTRA)),
        (
            "users.json",
            as_json([keyed("userPrincipalName displayName surname givenName businessPhones jobTitle mobilePhone")]),
        ),
    ],
    "microsoft365.audit": [
        (
            "logg.csv",
            with_rows(
                "RecordId|CreationDate|RecordType|Operation|UserId|AuditData|AssociatedAdminUnits|AssociatedAdminUnitsNames"
            ),
        ),
        ("gammel.csv", with_rows("RecordType|CreationDate|UserIds|Operations|AuditData")),
        ("logg.json", as_json([keyed(AUDIT)])),
    ],
    "google.takeout": [
        ("takeout-20260105T000000Z-001.zip", zipped({"Takeout/archive_browser.html": b"<html>Hei</html>"})),
        ("data.zip", zipped({"Takeout/Kontakter/a.csv": with_rows("Navn|Adresse"), "Takeout/b.txt": b"Hei.\n"})),
        ("Takeout/Mail/All mail Including Spam and Trash.mbox", TAKEOUT_MBOX.encode()),
    ],
    "google.drive": [("Takeout/Drive/notat.txt", b"Et notat.\n"), ("g/Min disk/notat.txt", b"Et notat.\n")],
    "google.analytics": [
        (
            "hendelser.jsonl",
            as_json(keyed("event_date event_timestamp event_name user_pseudo_id device geo"))
            + b"\n"
            + as_json(keyed("event_date")),
        ),
        ("hendelser.parquet", parquet("event_date", "event_timestamp", "event_name", "user_pseudo_id", "geo")),
        ("analytics_123456789/events_20260101.csv", with_rows("a|b|c")),
    ],
    "google.ads": [
        ("liste.csv", with_rows("Email|Phone|First Name|Last Name|Country|Zip", Email="a@example.no")),
        ("kundeliste.csv", with_rows("E-post|Telefon|Fornavn|Etternavn|Land|Postnummer", sep=";")),
        ("klikk.csv", with_rows("Google Click ID|Conversion Name|Conversion Time|Conversion Value")),
    ],
    "google.vault": [
        (
            "sak-metadata.xml",
            b"<?xml version='1.0'?><Root><Document><Tag TagName='Labels' TagValue='^INBOX'/></Document></Root>",
        ),
        ("google/vault/sak.mbox", b"From a@example.no Mon Jan 05 00:00:00 2026\n" + mail()),
        ("sak-results-count.csv", with_rows("Account|Count")),
    ],
    "meta.lead_ads": [
        ("skjema.csv", with_rows(LEADS + "|email|full_name|phone_number", id="l:1")),
        ("skjema.tsv", with_rows(LEADS, sep="\t")),
    ],
    "meta.audiences": [("opplasting.csv", with_rows("email|phone|fn|ln|zip|ct|st|country"))],
    "meta.download": [
        (
            "your_facebook_activity/messages/inbox/kari_1/message_1.json",
            as_json(
                {
                    "participants": [{"name": "x"}],
                    "messages": [keyed("sender_name timestamp_ms content")],
                    "thread_path": "x",
                }
            ),
        ),
        ("message_1.json", as_json({"participants": [], "messages": [keyed("sender_name timestamp_ms content")]})),
    ],
    "postmark": [
        (
            "sendt.json",
            as_json({"TotalCount": 1, "Messages": [keyed("Tag MessageID MessageStream To Recipients ReceivedAt")]}),
        ),
        ("krok.json", as_json(keyed("RecordType ServerID MessageStream MessageID Recipient DeliveredAt Tag"))),
        ("a.eml", mail(X_PM_Message_Id=UUID)),
    ],
    "aws.s3": [("2026-02-06-00-00-38-ABC", (S3_LINE * 40).encode())],
    "aws.cloudfront": [
        ("E1ABC.2026-02-06-00.abc.gz", gzip.compress(CLOUDFRONT.encode())),
        ("uten.log", CLOUDFRONT.partition("-\n")[0].rpartition("\n")[2].encode() + b"-\n"),
    ],
    "aws.alb": [("alb.log", (ALB_LINE * 30).encode())],
    "aws.cloudtrail": [
        (
            "1_CloudTrail_eu-north-1_20260206T0000Z_a.json.gz",
            gzip.compress(as_json({"Records": [keyed(TRAIL)]})),
        ),
        (
            "spor.json",
            as_json({"Records": [keyed(TRAIL)]}),
        ),
    ],
    "aws.rds": [
        ("uttrekk/export_info_uttrekk.json", as_json(keyed("exportTaskIdentifier sourceArn snapshotTime s3Bucket"))),
        ("uttrekk/kurs/public.deltaker/1/part-00000-ab.gz.parquet", parquet("navn", "epost")),
    ],
    "accounting.saft": [
        ("regnskap.xml", xml("AuditFile", "urn:StandardAuditFile-Taxation-Financial:NO", "<Header/>")),
        ("uten.txt", xml("AuditFile", "urn:StandardAuditFile-Taxation-Financial:NO", "", prefix="n1")),
    ],
    "accounting.ehf": [("faktura.xml", invoice()), ("kredit.xml", invoice("CreditNote"))],
    "accounting.a_melding": [
        (f"{v}.xml", xml("melding", f"urn:ske:fastsetting:innsamling:a-meldingen:{v}", "<Leveranse/>"))
        for v in ("v2_0", "v2_3")
    ],
    "accounting.bank": [
        ("konto.xml", xml("Document", f"{STATEMENT}camt.053.001.02")),
        ("lønn.xml", xml("Document", f"{STATEMENT}pain.001.001.03")),
        ("utskrift.csv", with_rows("Dato|Forklaring|Rentedato|Ut fra konto|Inn på konto", sep=";")),
        ("sbanken.csv", with_rows("Bokført|Rentedato|Beskrivelse|Beløp", sep=";")),
        ("utskrift.sta", MT940.encode()),
        ("ocr.txt", ("NY000010" + "0" * 72 + "\n").encode()),
    ],
    "accounting.customers": [
        (
            "tripletex/kunder.csv",
            with_rows("Kundenummer|Navn|Adresse|Postnummer|Poststed|Epostadresse|Telefon", sep=";"),
        ),
        (
            "utdrag.csv",
            with_rows(
                "Kundenr|Kundenavn|Postadresse|Postnr|Poststed|Orgnr|Betalingsbetingelser|Kredittgrense", sep=";"
            ),
        ),
    ],
    "accounting.visma_edi": [
        (
            "ut.edi",
            '@FIRM_BEGIN(1)\r\n@IMPORT_METHOD(1)\r\n@Actor (=CustNo, Nm, Ad1)\r\n"10001" "Prøve" "Vei 1"\r\n'.encode(
                "cp1252"
            ),
        ),
    ],
    "accounting.gbat10": [
        ("bilag.csv", b"GBAT10;1;20260101;1;1;2026;1500;0;100\nGBAT10;1;20260101;1;1;2026;3000;0;-100\n")
    ],
    "website.wordpress": [
        ("nettsted.xml", WXR.encode()),
        ("wp-content/uploads/wp-personal-data-exports/wp-personal-data-file-abc.zip", zipped({"export.json": b"{}"})),
        (
            "wp.sql",
            b"-- MySQL dump 10.13\n\nCREATE TABLE `wp_users` (`ID` int);\nINSERT INTO `wp_users` VALUES (1);\n"
            b"CREATE TABLE `wp_posts` (`ID` int);\nINSERT INTO `wp_posts` VALUES (1);\n",
        ),
    ],
    "website.woocommerce": [
        ("kunder.csv", with_rows(WOO)),
        ("kunder-nb.csv", with_rows(WOO_NB, sep=";", start="\ufeff")),
    ],
    "website.gravity_forms": [
        ("skjema.csv", with_rows(GRAVITY)),
        ("form.csv", with_rows("Name|Created By (User Id)|Entry Id|Entry Date|Source Url|User Agent|User IP")),
    ],
    "website.access_log": [
        ("access.log", (COMBINED * 30).encode()),
        (
            "u_ex260206.log",
            b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method "
            b"cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n"
            b"2026-02-06 00:00:38 198.51.100.1 GET / - 443 - 192.0.2.1 curl 200\n",
        ),
    ],
    "course.moodle": [
        ("logg.csv", with_rows(MOODLE)),
        ("logg-nb.csv", with_rows(MOODLE_NB)),
        ("kurs.mbz", tar_gz(MBZ)),
        ("kurs.zip", zipped(MBZ)),
    ],
    "course.canvas": [
        (
            "karakterer.csv",
            table(
                "Student|ID|SIS User ID|SIS Login ID|Section|Prøve 1",
                "    Points Possible||||| 10",
                "Test, A|1|2|3|B|8",
            ),
        ),
        ("users.csv", with_rows(CANVAS_USERS)),
    ],
    "course.xapi": [("statements.json", as_json({"statements": [XAPI]}))],
    "course.participants": [
        ("Påmeldte.csv", with_rows("Navn|Fødselsnummer|E-post|Telefon|Kurs", sep=";")),
        ("deltakere.csv", with_rows("Navn|E-post|Telefon", sep=";")),
        (
            "deltakerliste.xlsx",
            sheet(
                ["Kurs i norsk"],
                ["Deltaker", "Fødselsdato", "E-post", "Telefon", "Kurs", "Kursstart"],
                ["Test", "01.01.1980", "a@example.no", "68 05 01 01", "Norsk", "1.2.2026"],
            ),
        ),
        ("liste.csv", with_rows("Deltakernavn|Fødselsdato|E-post|Arbeidsgiver|Kursnavn|Startdato|Kursbevis", sep=";")),
    ],
    "course.employer_list": [
        ("fra arbeidsgiver.csv", with_rows("Ansattnummer|Navn|Fødselsdato|E-post|Avdeling|Stilling|Kurs", sep=";")),
    ],
    "hkdir.reporting": [
        (
            "rapportering.csv",
            with_rows("Tilsagnsnr|Organisasjonsnummer|Deltaker|Fødselsnummer|Utdanning|Timer|Fullført"),
        ),
        ("Kompetansepluss 2025/deltakerliste.xlsx", sheet(["Navn", "Fødselsnummer", "Bedrift"], ["Test", "x", "y"])),
        ("sluttrapport Kompetansepluss.txt", b"Sluttrapport til HK-dir for tilsagn 12.\n"),
        ("rapport.txt", b"Rapport til Kompetanse Norge om Kompetansepluss, med deltakerliste.\n"),
    ],
    "database.dump": [
        (
            "base.sql",
            b"-- PostgreSQL database dump\n\nCREATE TABLE public.t (id int);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n",
        )
    ],
    "database.file": [("base.sqlite", sqlite("create table t(a text)", "insert into t values('x')"))],
}
"""By the id of the profile."""

NEAR_MISSES: list[Artefact] = [
    ("proton.eml", mail(X_Pm_Message_ID=PROTON, Feedback_ID="123:user:proton")),
    ("vanlig.eml", mail(X_Mailer="Et program")),
    ("kontakter.csv", with_rows("Navn|E-post|Telefon|Adresse|Postnummer|Poststed", sep=";")),
    ("contacts.csv", with_rows("First Name|Last Name|Email|Phone|Company|Country|Zip|City")),
    ("kontaktliste.xlsx", sheet(["Navn", "E-post", "Telefon"], ["Test", "a@example.no", "68 05 01 01"])),
    ("liste.csv", with_rows("email|phone|zip|country|value")),
    ("data.json", as_json({"id": 1, "name": "x", "messages": [{"content": "x", "to": "y"}], "created_time": "2026"})),
    ("aktivitet.json", as_json({"type": "Create", "actor": "https://a.example.no", "object": {"content": "x"}})),
    ("annen.xml", xml("AuditFile", "urn:example:other")),
    ("faktura.xml", xml("Invoice", "urn:example:invoice")),
    ("melding.xml", xml("melding", "urn:example:melding", "<Leveranse/>")),
    ("rss.xml", b'<?xml version="1.0"?><rss version="2.0"><channel><title>Nytt</title></channel></rss>'),
    ("notat.txt", b"Kursdeltakerne fikk kaffe. Vi sender rapport i neste uke.\n"),
    ("program.log", b"2026-02-06 00:00:38 INFO startet\n" * 20),
    ("hendelser.csv", with_rows("event_name|device|geo|user_id")),
    ("bilder.zip", zipped({"a.txt": b"Hei.\n", "files.xml": b"<files/>"})),
    ("salg.csv", with_rows("Dato|Beskrivelse|Saldo|Type", sep=";")),
    ("ansatte.csv", with_rows("Ansattnummer|Navn|Avdeling|Stilling|E-post|Telefon|Arbeidsgiver", sep=";")),
    ("personer.csv", with_rows("Navn|Avdeling|Telefon", sep=";")),
    ("Markedsplan.txt", b"Vi annonserer hos Meta og Google, og sender med Postmark.\n"),
]
"""Like an artefact of a system, and from none."""
