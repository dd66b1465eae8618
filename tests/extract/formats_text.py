"""Samples of formats that are text: documents, markup, tables, mail, contacts, dumps."""

from __future__ import annotations

import base64
import email.message

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


# Made once, as `test_mail_signed` makes such files: an entity with the table, a signature and the signer's certificate.
_SIGNED = (
    "FoFev1_>&LNQU<f0S5x0f(3Fgf(32@0Rb@&FbxI?V1`HmWdj5P0R;dsfsY0WDuzgg_YDCD0ic0_1b;(sZggdCbS+eQaAi6mbY*ySFJp6dJ0NahZD"
    "l=dX>)XCE@N|c4GKeVZggdCbS+eJVQzC~WpXV=Zewp`X>MmaAYx&2Wi~Vo3JnTkZALO;YIJO4M>%?AL2yi2SW0kDGDa|DM@DL4M^<Z5M^-"
    "dhS21^DM^$xVZ8%E}3ZQ}l)G&eq&@h4lxS#_90RjR60Wb{)2`Yw2hW8Bt0Sg5HFc>iwFcby@RRjYJ4a0?VWgt^&XKrP3WpXec7Y#BtFflMOFfcGM"
    "Ffdvd4Kg+`F)=VOFfcGMFj_DeF%~cs1_M<D0}Ktrg>z*fQ)y>zWpZV5FoFRhFbxI?Duzgg_YDC70R;d9f&mWzFoFRJ0)hbn0JV(|Ki`4mpW^;LHC"
    "+C{I(v7ZG3w)<gl?I@MC~kX_Ztz%s~nt9jW0IV5KQkoX1TjbZ<$Jo5tzNdLaX*&cgqF>A_I2*@Y#&MD-"
    "I*Q(4_`l+jgcXf?npR`e<}kNVg`dXJmX}J{EX^j(|$<5Gz7c86Ql-ye%<>{fPO(Cm2ZG-cbQ%1CD@W(0O8dWH8K(#nwZ+Ylxs<+MWV_6?hZn;9XZ"
    "OZ0Dl7lNwE*xnnr&I#9cEC#duFaR3yVlq6Vu@)nd*>6SN3(g;BY2QUt9d(pZ4ofMp3Rs8$^!n2NP5m<KYb+Z~@!S7lpL@eb2k04U>+LGh|aJ-"
    "wqKLP^*00E;VFe5M_1_M<c5d<1A7=adJWpZ?BW@%$#bY(zgcwudDY-"
    "KKPZ!ir82`Yw2hW8Bt0Sg5H1A+ko04sHCwk0K;M7=Z7fZgXj5HroLed7l<vP~*Cg9dBc@A6_~b$nO~gn{Rz-xFyuClQ88pb1yp?l_Fg0*1}`-"
    "7h_6IoYc#3SW_Utjh^#tzX@~dpgK_rkNOy5NF55)8ht}v>Re8G&nv`)jd~D{T_{Q8P4B8vtt}B`#l)DZ^pzU7<4d+TeC}e$8-a15mK4A#!-"
    "@!(CoWu9?{ASntMuBDi>!jzvzOBN7aALFog}CEi<O(UP4<VTSY19ziGBH@e|t*R5}M0mZq&o(;l>njXNCC0v`oe6T(jn=_gQjDUdiFEor&Aef$p$"
    "j;r>M(!s*d_1d4nV|Oq*W-)>R>@b1>=mG%&FdZ-"
    "$F%~cs1_M<D0}Ktrg>z*fQ)y>zWpZV50s#Rq4F(BdhDZTr0|WvA1puIdp)eQ*2`Yw2hW8Bt2?H?;1_>&LNQU<f0S5sv90mz0hDe6@4FL%SF%K6FG"
    "Bz<WGcYhPF)%SRS}-"
    "pL2`Yw2hW8Bt2?Q}B1R%fn)*iBytGEG!XQK!HZ7v3utlFJfIl>3e<DY|z6d^D+1_>&LNQU<f0SON=DKIB63kC^bhDZTr0|WsoFbf6=V1`HmWdj5O"
    "7BCA231Egu0c8UO0Rk`$1_>&LNQU<f0RaI800e>o02Etq096$b>t5h>n$9azE%t{)d3h>e<BsspdL;-"
    "A8}2^rsg<qDE2({H#ECnXuFxlQK41yMOYC#A1HP}Y1T|kf#FsaPm-Gpb)#xqGM&Q5=e-!FOYJaEmfKZG@0PQ`u@;!c$sQ-"
    ")L^XlF?_j;&kOjPI(Lv)d}*=*B=tdkNHgymd%npmk<yszQVYfZ^2WpM+YWSi%Vbb1l&hl^6ydSYj126A)$khSLz?%91)BplGy1wUi;@%16A;=##Y"
    "*L<Vj=`67npY^wSRNz&pYM6E3t0r8jVmK1W(47FEg4%CxE|O9W1eNihc!p6Yhx2&~9D5lE{A;SEbN"
)
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
                   b"<c>text@example.no</c><![CDATA[cdata@example.no]]>"
                   b'<EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="liste.csv">'
                   + base64.b64encode(CSV) + b"</EmbeddedDocumentBinaryObject></a>\n",
           "external entities and documents; base64 in other elements than those of electronic invoices"),
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
    Sample("Signed data (S/MIME, CMS)", "smime.p7m", ("application/cms-signature",),
           lambda: base64.b85decode(_SIGNED),
           "whether the signature holds"),
]  # fmt: skip
