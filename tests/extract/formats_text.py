"""Samples of formats that are text: documents, markup, tables, mail, contacts, dumps."""

from __future__ import annotations

import base64
import datetime
import email.message
from typing import cast

from extract.format_registry import Sample
from extract.test_uuencode import uuencoded

CSV = b"navn;epost\nKari;attached@example.no\n"
_HTML = """<!DOCTYPE html><html><head><title>title@example.no</title><meta name="author" content="meta@example.no">
</head><body><!-- comment@example.no --><p>body@<b>example</b>.no</p>
<a href="mailto:link%40example.no">x</a><script>var a = {"b": "script\\u0040example.no"};</script>
<td>entity&#64;example.no</td><img src="data:text/csv;base64,%s"></body></html>
"""
_SQL = """CREATE TABLE `kunde` (
  `id` int NOT NULL,
  `navn` varchar(20) DEFAULT NULL,
  `epost` varchar(90) DEFAULT 'schema@example.no'
) ENGINE=InnoDB;
-- comment@example.no
INSERT INTO `kunde` VALUES (1,'Kari \\'K\\'','insert@example.no'),(2,'Ola, (O)','second@example.no');
COPY public.kunde (id, navn, epost) FROM stdin;
3\tPer\tcopy@example.no
\\.
"""
_VCARD = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:N=F8rdmann;K=E5re;;;
NOTE;ENCODING=QUOTED-PRINTABLE:linje en=0D=0A=
quoted@exam=
ple.no
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Simon\\, Eksempel
item1.EMAIL;TYPE=work:folded.ad
 dress@example.no
URL:mailto:link%40example.no
PHOTO:data:text/csv;base64,bmF2bjtlcG9zdApLYXJpO2F0dGFjaGVkQGV4YW1wbGUubm8K
END:VCARD
"""
_CALENDAR = """BEGIN:VCALENDAR
PRODID:-//eksempel//NO
BEGIN:VEVENT
ATTENDEE;CN="Kari: parameter@example.no";ROLE=REQ-PARTICIPANT:mailto:attendee@exa
 mple.no
ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="liste.csv":bmF2bjtlcG9zdApLYXJpO2F0dGFjaGVkQGV4YW1wbGUubm8K
DESCRIPTION:møte\\, med\\; description@example.no
END:VEVENT
END:VCALENDAR
"""


def _mail() -> bytes:
    """A message with every kind of part, and another message in it."""
    inner = email.message.EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "nested.from@example.no", "b@example.com", "Indre"
    inner.set_content("nested.body@example.no\n")
    inner.add_attachment(CSV, "text", "csv", filename="dypt.csv")
    mail = email.message.EmailMessage()
    mail["From"], mail["To"] = "Kåre Nordmann <from@example.no>", "to@example.no"
    mail["Subject"], mail["X-Kunde"] = "Blåbær til subject@example.no", "custom@example.no"
    mail.set_content("Hei\nbody@example.no\n")
    mail.add_alternative("<p>html.body@<b>example</b>.no</p><a title='attribute@example.no'>x</a>", "html")
    mail.add_attachment(CSV, "text", "csv", filename="liste på.csv")
    mail.add_attachment(inner)
    return mail.as_bytes()


def _mbox() -> bytes:
    separator = b"From separator@example.no Mon Jan  5 10:00:00 2026\n"
    plain = b"From: second@example.no\nTo: b@example.com\n\n>From quoted@example.no\n"
    return separator + _mail() + b"\n" + separator.replace(b"separator", b"next") + plain


def _signed() -> bytes:
    """What was signed, and the certificate (RFC 5652)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs7

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Åse Signerer")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("certificate@example.no")]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    entity = b"Content-Type: text/csv; name=liste.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity + base64.b64encode(CSV) + b"\r\n")
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    return cast(bytes, builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]))


SAMPLES = [
    Sample("Plain text, source code, configuration", "notat.txt", ("text/plain",),
           lambda: "Første\nline@example.no\nGET /?e=query%40example.no\n".encode("cp1252"),
           "binary parts of a mixed file"),
    Sample("Logs (combined, IIS, S3, CloudFront, ALB, JSON)", "u_ex.log", ("text/plain",),
           lambda: b"#Fields: date cs-username cs-uri-query\n2026-01-05 user@example.no e=query%40example.no\n"),
    Sample("HTML", "side.html", ("text/html",),
           lambda: _HTML.replace("%s", base64.b64encode(CSV * 9).decode()).encode(),
           "text that a script would make; remote content"),
    Sample("XML", "data.xml", ("application/xml",),
           lambda: b'<?xml version="1.0"?>\n<a b="attribute@example.no"><!-- comment@example.no -->\n'
                   b"<c>text@example.no</c><![CDATA[cdata@example.no]]></a>\n",
           "external entities and documents"),
    Sample("SVG", "tegning.svg", ("image/svg+xml",),
           lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><title>title@example.no</title>\n'
                   b"<text>text@example.no</text></svg>\n",
           "text drawn as curves"),
    Sample("JSON", "data.json", ("application/json",),
           lambda: b'{"key@example.no": 1,\n "a": ["value@example.no", "escaped\\u0040example.no"],\n'
                   b' "b": "{\\"c\\": \\"inner@example.no\\"}"}\n'),
    Sample("JSON lines", "data.jsonl", ("application/x-ndjson",),
           lambda: b'{"a": "first@example.no"}\n{"a": "second@example.no"}\n'),
    Sample("CSV, TSV and their like", "liste.csv", ("text/csv",),
           lambda: b'navn;epost;json\nKari;cell@example.no;x\n"Ola; O";quoted@example.no;'
                   b'"{""a"": ""json\\u0040example.no""}"\n'),
    Sample("SQL dumps (MySQL, PostgreSQL, SQL Server, SQLite)", "dump.sql", ("application/sql",), _SQL.encode,
           "PostgreSQL's custom and directory formats"),
    Sample("vCard", "kontakter.vcf", ("text/vcard",), _VCARD.encode),
    Sample("iCalendar", "moter.ics", ("text/calendar",), _CALENDAR.encode),
    Sample("E-mail (EML, EMLX, MHT)", "brev.eml", ("message/rfc822",), _mail,
           "encrypted parts (PGP, S/MIME); yEnc data; what a message only links to"),
    Sample("Mailbox (MBOX)", "post.mbox", ("application/mbox",), _mbox, "as e-mail"),
    Sample("uuencoded files (in text or mail)", "brev.uu", ("text/x-uuencode",),
           lambda: b"Hei text@example.no\n" + uuencoded(CSV) + b"Hilsen after@example.no\n"),
    Sample("Signed data (S/MIME, CMS)", "smime.p7m", ("application/cms-signature",), _signed,
           "whether the signature holds"),
]  # fmt: skip
