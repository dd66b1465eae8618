r"""Exports of Meta and Postmark: lead forms, a customer list for advertising, messages of the page, sent mail.

Forms from what Meta and Postmark publish; the content is invented. Facebook writes UTF-8 as if it were Latin-1, each
byte as an escape of its own: `\u00c3\u00b8` for ø. The truth holds the names as people write them.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from email.message import EmailMessage

from estate_archives import zip_bytes
from estate_marks import Table, mark
from estate_messages import json_text, mail, uuid
from estate_people import Person, duf_number, ipv4
from estate_writer import DOMAIN, FIRM, Estate

DOWNLOAD = "meta/facebook-fjordlyskurs-2026-03-11.zip"
_LEADS = "meta/Leads_Norskkurs_2026-03-09.csv"
_AUDIENCE = "meta/kundeliste-opplasting-2026-03.csv"
_MARKS = "\ue000-\ue002"


def write_marketing_files(estate: Estate) -> None:
    """Everything below meta/ and postmark/, and a mail of Proton that looks like one of Postmark."""
    _leads(estate)
    _audience(estate)
    _download(estate)
    _sent(estate)
    _details(estate)
    _received(estate)
    _proton(estate)


def facebook_text(marked: str) -> str:
    r"""JSON text as Facebook writes it: each byte of a letter beyond ASCII as an escape; marks stay.

    >>> facebook_text("ø")
    '\\u00c3\\u00b8'
    """
    return re.sub(
        f"[^\\x00-\\x7f{_MARKS}]", lambda found: "".join(f"\\u00{byte:02x}" for byte in found[0].encode()), marked
    )


def repaired(text: str) -> str:
    """What Facebook meant.

    >>> repaired(facebook_text("Bjørn"))
    'Bjørn'
    """
    return re.sub(r"(?:\\u00[0-9a-f]{2})+", lambda found: json.loads(f'"{found[0]}"').encode("latin-1").decode(), text)


def _leads(estate: Estate) -> None:
    """Answers to a lead form with a question of the advertiser's own, in which people tell of their health."""
    header = (
        "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,form_name,is_organic,"
        "platform,trenger_du_tilrettelegging?,full_name,email,phone_number"
    )
    rng = estate.rng(_LEADS)
    rows: Table = [[*header.split(",")]]
    ill = mark("HEALTH", "sykmeldt")
    for i, p in enumerate(estate.participants[120:132]):
        numbers = [f"{prefix}:{rng.randint(10**14, 10**15 - 1)}" for prefix in ("l", "ag", "as", "c", "f")]
        answer = f"Jeg er {ill} og kan bare møte digitalt" if i % 4 == 1 else "nei"
        phone = f"p:{mark('PHONE_NUMBER', f'+476805{p.subscriber:04d}')}"
        rows.append(
            [
                numbers[0],
                f"2026-03-0{1 + i % 8}T1{i % 10}:22:05+01:00",
                numbers[1],
                "Norskkurs vår",
                numbers[2],
                "Vestland",
                numbers[3],
                "Vår 2026",
                numbers[4],
                "Meld interesse",
                "false",
                ("fb", "ig")[i % 2],
                answer,
                p.name(),
                p.email(),
                phone,
            ]
        )
    estate.put(_LEADS, estate.csv_data(_LEADS, rows, delimiter=","))


def _audience(estate: Estate) -> None:
    """A customer list for upload; somebody gave fødselsnummer and DUF number as the customer's own numbers."""
    rng = estate.rng(_AUDIENCE)
    rows: Table = [["email", "phone", "fn", "ln", "zip", "ct", "st", "country", "uid", "duf_nummer", "value"]]
    for p in estate.participants[60:75]:
        phone = mark("PHONE_NUMBER", f"+476805{p.subscriber:04d}")
        names = [mark("PERSON", p.first), mark("PERSON", p.last)]
        place = [mark("NO_ADDRESS", p.postcode), p.place, "", "NO"]
        rows.append([p.email(), phone, *names, *place, p.national_id(), duf_number(rng), "4900"])
    estate.put(_AUDIENCE, estate.csv_data(_AUDIENCE, rows, delimiter=","))


def _download(estate: Estate) -> None:
    """Two threads of messages to the page. The names of their folders are the names of people."""
    files = {}
    writers = [p for p in estate.participants[70:90] if not p.first.isascii() and not p.last.isascii()][:2]
    for i, p in enumerate(writers):
        folder = f"{re.sub('[^a-z]', '', p.full_name.lower())}_10{i}5550123456789"
        name = f"your_facebook_activity/messages/inbox/{folder}/message_1.json"
        texts = [
            f"Hei, jeg heter {p.name()} og vil på kurset.",
            f"Dere når meg på {p.phone()} eller {p.email()}, også på kveldstid.",
            "Så bra! Vi ringer i morgen.",
        ]
        thread = {
            "participants": [{"name": p.name()}, {"name": FIRM}],
            "messages": [
                {
                    "sender_name": FIRM if number == 2 else p.name(),
                    "timestamp_ms": 1_771_400_000_000 - 86_400_000 * (number + 400 * i),
                    "content": text,
                }
                for number, text in enumerate(texts)
            ],
            "title": p.name(),
            "is_still_participant": True,
            "thread_path": f"inbox/{folder}",
        }
        document = f"{DOWNLOAD}!{name}"
        before = len(estate.ledger.rows)
        files[name] = estate.ledger.text(document, facebook_text(json_text(thread))).encode("ascii")
        for row in estate.ledger.rows[before:]:
            row["value"] = repaired(str(row["value"]))
    estate.put(DOWNLOAD, zip_bytes(files))


def _message(p: Person, rng: random.Random, when: str) -> dict[str, object]:
    """A message in the list of Postmark's messages API."""
    return {
        "Tag": "paaminnelse",
        "MessageID": uuid(rng.getrandbits(128)),
        "MessageStream": "outbound",
        "To": [{"Email": p.email(), "Name": p.name()}],
        "Cc": [],
        "Bcc": [],
        "Recipients": [p.email()],
        "ReceivedAt": when,
        "From": f"{FIRM} <{mark('EMAIL_ADDRESS', f'kurs@{DOMAIN}', optional=True)}>",
        "Subject": "Kurset starter mandag",
        "Attachments": [],
        "Status": "Sent",
        "TrackOpens": True,
        "TrackLinks": "None",
        "Metadata": {"deltakernr": mark("CUSTOMER_ID", f"D{rng.randint(1, 180):04d}")},
        "Sandboxed": False,
    }


def _sent(estate: Estate) -> None:
    """Messages of 2023: Postmark itself keeps them for 45 days, so this is a copy that stayed."""
    path = "postmark/outbound-2023-02.json"
    rng = estate.rng(path)
    found = [_message(p, rng, f"2023-02-{1 + i:02d}T07:00:12Z") for i, p in enumerate(estate.participants[84:96])]
    estate.text(path, json_text({"TotalCount": len(found), "Messages": found}))


def _details(estate: Estate) -> None:
    """One message with its text and events; the text holds a fødselsnummer."""
    path = "postmark/melding-detaljer.json"
    rng = estate.rng(path)
    p = estate.participants[97]
    told = f"Hei {p.name()}, du er påmeldt med fødselsnummer {p.national_id()} (DUF-nummer {duf_number(rng)})."
    events = [
        {"Recipient": p.email(), "Type": "Opened", "ReceivedAt": "2026-03-02T07:05:00Z", "Details": {"IP": ipv4(rng)}}
    ]
    details = {"TextBody": told, "HtmlBody": "", "Body": "", "MessageEvents": events}
    estate.text(path, json_text({**_message(p, rng, "2026-03-02T07:00:12Z"), **details}))


def _received(estate: Estate) -> None:
    """A mail that went through Postmark: its message id is a UUID."""
    path = "postmark/paaminnelse-kopi.eml"
    p, sender = estate.participants[98], estate.staff[5]
    headers = {"X-PM-Message-Id": uuid(estate.rng(path).getrandbits(128)), "X-PM-Tag": "paaminnelse"}
    _put(estate, path, mail(estate, path, (sender, p), "Kurset starter mandag", _reminder(p), _at(3), headers))


def _proton(estate: Estate) -> None:
    """A mail from Proton has a header of the same name: 40 hexadecimal digits, and `user:proton` in another."""
    path = "epost/2026-03-10-plass-paa-kurs.eml"
    p, receiver = estate.participants[99], estate.staff[2]
    headers = {
        "X-Pm-Message-ID": f"{estate.rng(path).getrandbits(160):040x}",
        "Feedback-ID": "11223344:user:proton",
    }
    body = ["Hei", "", "Er det plass på kurset i april?", f"Jeg treffes på {p.phone()}.", p.name()]
    _put(estate, path, mail(estate, path, (p, receiver), "Plass på kurs", body, _at(10), headers))


def _reminder(p: Person) -> list[str]:
    return [f"Hei {p.name()}", "", "Kurset starter mandag klokken 18.", "", FIRM]


def _at(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 9, 30, tzinfo=dt.UTC)


def _put(estate: Estate, path: str, message: EmailMessage) -> None:
    estate.put(path, message.as_bytes())
