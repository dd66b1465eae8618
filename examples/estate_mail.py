"""Mails with attachments, and the export of the newsletter service. Dates, ids and boundaries are fixed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from estate_archives import zip_bytes
from estate_course import participant_rows
from estate_marks import lines, mark
from estate_people import Person, grouped, ipv4
from estate_writer import DOMAIN, FIRM, Estate


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach, by its media type; a message is attached as such."""

    name: str
    media_type: str
    content: bytes | EmailMessage


def write_mail(estate: Estate) -> None:
    """Everything below epost/ and nyhetsbrev/."""
    _registration(estate)
    _invoice_copy(estate)
    _forwarded(estate)
    _packed_list(estate)
    _adaptation(estate)
    _newsletter(estate)


def _registration(estate: Estate) -> None:
    path = "epost/2026-02-03-paamelding.eml"
    sender, receiver = estate.firms[0].contact, estate.staff[2]
    rows = participant_rows(estate.participants[0:12], estate.rng(path))
    sheet = estate.xlsx_data(f"{path}!deltakere.xlsx", {"Påmelding": rows})
    body = [
        "Hei",
        "",
        "Her er listen over dem som skal på norskkurs fra oss.",
        f"Fakturaen sendes til {estate.firms[0].name}, org.nr. {estate.firms[0].organisation_number()}.",
        "",
        "Vennlig hilsen",
        sender.name(),
        f"Tlf. {sender.phone()}",
    ]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    message = _message(estate, path, (sender, receiver), "Påmelding til norskkurs", body)
    _write(estate, path, message, [Attachment("deltakere.xlsx", kind, sheet)])


def _invoice_copy(estate: Estate) -> None:
    path = "epost/2026-02-17-faktura.eml"
    sender, receiver = estate.staff[3], estate.firms[1].contact
    page = [
        FIRM,
        "Kopi av faktura 10228",
        f"Att. {receiver.name()}",
        f"{estate.firms[1].name}, org.nr. {estate.firms[1].organisation_number()}",
        f"Betales til konto {mark('NO_BANK_ACCOUNT', grouped(estate.account))}",
    ]
    pdf = estate.pdf_data(f"{path}!faktura-10228.pdf", [page])
    body = ["Hei", "", "Kopi av fakturaen ligger ved.", "", sender.name(), sender.phone("international")]
    message = _message(estate, path, (sender, receiver), "Faktura 10228", body)
    _write(estate, path, message, [Attachment("faktura-10228.pdf", "application/pdf", pdf)])


def _forwarded(estate: Estate) -> None:
    path = "epost/2026-03-05-videresendt.eml"
    inner_path = f"{path}!opprinnelig.eml"
    p, colleague, chief = estate.participants[23], estate.staff[2], estate.staff[0]
    told = [
        "Hei, jeg får ikke logget inn på kursportalen.",
        f"Fødselsnummeret mitt er {p.national_id('spaced')} og telefonen {p.phone('plain')}.",
        f"Hilsen {p.name()}",
    ]
    inner = _message(estate, inner_path, (p, colleague), "Innlogging", told)
    body = ["Kan du se på denne?", "", colleague.name()]
    message = _message(estate, path, (colleague, chief), "VS: Innlogging", body)
    _write(estate, path, message, [Attachment("opprinnelig.eml", "message/rfc822", inner)])


def _packed_list(estate: Estate) -> None:
    path = "epost/2026-03-12-deltakerliste.eml"
    sender, receiver = estate.staff[4], estate.staff[1]
    rows = participant_rows(estate.participants[130:155], estate.rng(path))
    packed = zip_bytes({"gruppe3.csv": estate.csv_data(f"{path}!gruppe3.zip!gruppe3.csv", rows, "utf-8-sig")})
    body = ["Hei, her er gruppe 3 pakket.", "", sender.name()]
    message = _message(estate, path, (sender, receiver), "Deltakerliste gruppe 3", body)
    _write(estate, path, message, [Attachment("gruppe3.zip", "application/zip", packed)])


def _adaptation(estate: Estate) -> None:
    """Text and HTML of the same message: a value in both counts twice."""
    path = "epost/2026-03-16-tilrettelegging.eml"
    p, receiver = estate.participants[66], estate.staff[1]
    ill = mark("HEALTH", "sykmeldt")
    body = [
        "Hei",
        "",
        f"Jeg er {ill} ut april og trenger tilrettelegging av prøven.",
        f"Dere når meg på {p.phone()}.",
        "",
        p.name(),
    ]
    html = [
        "<html><body>",
        "<p>Hei</p>",
        f"<p>Jeg er {ill} ut april og trenger tilrettelegging av prøven.</p>",
        f"<p>Dere når meg på {p.phone()}.</p>",
        f"<p>{p.name()}</p>",
        "</body></html>",
    ]
    message = _message(estate, path, (p, receiver), "Tilrettelegging av prøve", body)
    message.add_alternative(estate.ledger.text(path, lines(html)), subtype="html", cte="quoted-printable")
    _write(estate, path, message, [])


def _message(
    estate: Estate, path: str, between: tuple[Person, Person], subject: str, body: Sequence[str]
) -> EmailMessage:
    sender, receiver = between
    rng = estate.rng(path)
    day = path[14:16] if path.startswith("epost/2026") else "01"
    headers = {
        "From": f"{sender.name()} <{sender.email()}>",
        "To": f"{receiver.name()} <{receiver.email()}>",
        "Subject": subject,
        "Date": f"{day} {'Feb' if '-02-' in path else 'Mar'} 2026 09:{rng.randint(10, 59)}:00 +0100",
        "Message-ID": f"<{rng.getrandbits(64):016x}@kurspost>",  # no dot: an id, and not like an address
        "X-Originating-IP": ipv4(rng),
    }
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        message[name] = estate.ledger.part(path, f"header: {name}", value)
    message.set_content(estate.ledger.text(path, lines(body)), cte="quoted-printable")
    return message


def _write(estate: Estate, path: str, message: EmailMessage, attachments: Sequence[Attachment]) -> None:
    for attachment in attachments:
        if isinstance(attachment.content, EmailMessage):
            message.add_attachment(attachment.content, filename=attachment.name)
        else:
            main, _, sub = attachment.media_type.partition("/")
            message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_fjordlys_{path[6:16]}_{number}")
    estate.put(path, message.as_bytes())


def _newsletter(estate: Estate) -> None:
    """The form of a newsletter service's export of messages (the keys of Postmark's messages API)."""
    path = "nyhetsbrev/meldinger.json"
    rng = estate.rng(path)
    sender = estate.staff[5]
    messages = []
    for i, p in enumerate(estate.participants[:60]):
        stamp = f"2026-03-{1 + i % 28:02d}T08:{i % 60:02d}:11Z"
        place = mark("GEO_COORDINATE", f"{rng.uniform(58.2, 69.9):.4f},{rng.uniform(5.1, 18.9):.4f}")
        opened = {"Type": "Opened", "ReceivedAt": stamp, "Geo": {"IP": ipv4(rng), "Coords": place}}
        messages.append(
            {
                "Tag": "nyhetsbrev-mars",
                "MessageID": f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}"
                f"-a{rng.getrandbits(12):03x}-{rng.getrandbits(48):012x}",
                "MessageStream": "broadcast",
                "To": [{"Email": p.email(), "Name": p.name()}],
                "Cc": [],
                "Recipients": [p.email()],
                "ReceivedAt": stamp,
                "From": f"{FIRM} <{mark('EMAIL_ADDRESS', f'nyheter@{DOMAIN}', optional=True)}>",
                "ReplyTo": sender.email(),
                "Subject": "Nye kurs i april",
                "Status": "Sent",
                "TrackOpens": True,
                "TrackLinks": "None",
                "MessageEvents": [opened] if i % 2 else [],
            }
        )
    document = {"TotalCount": len(messages), "Messages": messages}
    estate.text(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
