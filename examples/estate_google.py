"""Exports of Google: Takeout, a folder of Drive, Analytics in BigQuery, Customer Match, Vault.

Forms from what Google publishes ("Download your Google data", "BigQuery Export schema", "Format your customer data
file", "Vault export contents"). The Norwegian folder names of Takeout are invented: no published list was found.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from html import escape

from estate_archives import zip_bytes
from estate_course import participant_rows
from estate_marks import Table, lines, mark
from estate_messages import json_data, json_text, mail, mbox_bytes, member
from estate_people import Person, ga_cookie
from estate_writer import DOMAIN, Estate

TAKEOUT = "google/takeout-20260310T091500Z-001.zip"
NORWEGIAN_TAKEOUT = "google/takeout-20260311T120000Z-001.zip"
_EVENTS = "google/bigquery/analytics_123456789/events_20260301.jsonl"
_MATCH = "google/ads/customer-match-2026-03.csv"
_HASHED = "google/ads/customer-match-hash-2026-03.csv"
_VAULT = "google/vault/innsynssak-2026"


def write_google_files(estate: Estate) -> None:
    """Everything below google/."""
    _takeout(estate)
    _norwegian_takeout(estate)
    _drive(estate)
    _analytics(estate)
    _customer_match(estate)
    _vault(estate)


def _mailbox(
    estate: Estate, document: str, owner: Person, writers: list[Person], year: int, *, labelled: bool = True
) -> bytes:
    """A mailbox file; Takeout adds Gmail's thread and labels to the headers."""
    messages = []
    for position, p in enumerate(writers, start=1):
        when = dt.datetime(year, 2, 3 + position, 8, 15, tzinfo=dt.UTC)
        body = ["Hei", "", f"Ring meg på {p.phone()} om kurset.", p.name()]
        labels = {"X-GM-THRID": str(1_791_000_000_000_000_000 + position), "X-Gmail-Labels": "Innboks,Åpnet"}
        headers = labels if labelled else {}
        message = mail(estate, member(document, position), (p, owner), "Kurs i april", body, when, headers)
        messages.append((when, message))
    return mbox_bytes(messages)


def _photo(rng: random.Random, title: str, place: str) -> dict[str, object]:
    """What Takeout says of a picture."""
    latitude, longitude = f"{rng.uniform(58.2, 69.9):.6f}", f"{rng.uniform(5.1, 18.9):.6f}"
    taken = {"timestamp": "1749802800", "formatted": "13. juni 2025, 08:20:00 UTC"}
    return {
        "title": title,
        "description": place,
        "imageViews": "3",
        "creationTime": taken,
        "photoTakenTime": taken,
        "geoData": {
            "latitude": mark("GEO_COORDINATE", latitude),
            "longitude": mark("GEO_COORDINATE", longitude),
            "altitude": 0.0,
        },
        "url": "https://photos.google.com/photo/kursdag",
    }


def _takeout(estate: Estate) -> None:
    owner = estate.staff[2]
    mails = "Takeout/Mail/All mail Including Spam and Trash.mbox"
    photo = "Takeout/Google Photos/Kursdag 2025/IMG_0412.jpg.supplemental-metadata.json"
    index = "Takeout/archive_browser.html"
    rng = estate.rng(TAKEOUT)
    page = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><title>Google Takeout archive</title></head>',
        f"<body><h1>Archive for {owner.email()}</h1><p>Mail, Google Photos</p></body></html>",
    ]
    estate.put(
        TAKEOUT,
        zip_bytes(
            {
                index: estate.ledger.text(f"{TAKEOUT}!{index}", lines(page)).encode(),
                mails: _mailbox(estate, f"{TAKEOUT}!{mails}", owner, estate.participants[10:14], 2021),
                photo: json_data(estate, f"{TAKEOUT}!{photo}", _photo(rng, "IMG_0412.jpg", "Kursdag ved fjorden")),
            }
        ),
    )


def _norwegian_takeout(estate: Estate) -> None:
    owner = estate.staff[4]
    mails = "Takeout/E-post/All e-post inkludert søppelpost og papirkurv.mbox"
    contacts = "Takeout/Kontakter/Alle kontakter/Alle kontakter.vcf"
    cards = []
    for p in estate.participants[14:18]:
        cards += ["BEGIN:VCARD", "VERSION:3.0", f"FN:{p.name()}", f"EMAIL;TYPE=INTERNET:{p.email()}"]
        cards += [f"TEL;TYPE=CELL:{p.phone('international')}", "END:VCARD"]
    estate.put(
        NORWEGIAN_TAKEOUT,
        zip_bytes(
            {
                mails: _mailbox(estate, f"{NORWEGIAN_TAKEOUT}!{mails}", owner, estate.participants[18:21], 2026),
                contacts: estate.ledger.text(f"{NORWEGIAN_TAKEOUT}!{contacts}", lines(cards)).encode(),
            }
        ),
    )


def _drive(estate: Estate) -> None:
    """A folder of Drive, as the browser downloads it."""
    path = "google/drive-download-20260309T101112Z-001.zip"
    name = "Kurs 2026/Påmeldte kveldskurs.xlsx"
    rows = participant_rows(estate.participants[21:29], estate.rng(path))
    estate.put(path, zip_bytes({name: estate.xlsx_data(f"{path}!{name}", {"Påmeldte": rows})}))


def _analytics(estate: Estate) -> None:
    """Events; now and then the address of a page carries the visitor's e-mail address."""
    rng = estate.rng(_EVENTS)
    written = []
    for i in range(30):
        p = estate.participants[30 + i % 12]
        client = ga_cookie(rng).replace("GA1.1.", "")
        query = f"?epost={p.email()}" if i % 6 == 2 else ""
        page = {"key": "page_location", "value": {"string_value": f"https://{DOMAIN}/kurs/norsk-b1{query}"}}
        event = {
            "event_date": "20260301",
            "event_timestamp": str(1_772_352_000_000_000 + 37_000_000 * i),
            "event_name": "page_view",
            "event_params": [page],
            "user_pseudo_id": client,
            "user_id": None,
            "device": {"category": "mobile", "operating_system": "iOS", "language": "nb-no"},
            "geo": {"continent": "Europe", "country": "Norway", "region": "Vestland", "city": p.place},
            "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        }
        written.append(json_text(event, None).rstrip("\n"))
    estate.text(_EVENTS, lines(written))


def _customer_match(estate: Estate) -> None:
    """Lists for advertising: participants of courses, in clear and as SHA-256 sums."""
    header = ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"]
    clear: Table = [[*header]]
    hashed: Table = [[*header]]
    for p in estate.participants[40:60]:
        phone = mark("PHONE_NUMBER", f"+476805{p.subscriber:04d}")
        zip_code = mark("NO_ADDRESS", p.postcode)
        clear.append([p.email(), phone, mark("PERSON", p.first), mark("PERSON", p.last), "NO", zip_code])
        known = (p.mail, f"+476805{p.subscriber:04d}", p.first.lower(), p.last.lower())
        sums = [hashlib.sha256(text.encode()).hexdigest() for text in known]
        hashed.append([mark("EMAIL_ADDRESS", sums[0]), mark("PHONE_NUMBER", sums[1]), *sums[2:], "NO", zip_code])
    estate.put(_MATCH, estate.csv_data(_MATCH, clear, delimiter=","))
    estate.put(_HASHED, estate.csv_data(_HASHED, hashed, delimiter=","))


def _vault(estate: Estate) -> None:
    """A search in the mailbox of one member of staff: the messages, and what Vault says of them."""
    owner = estate.staff[5]
    writers = estate.participants[60:63]
    box = f"{_VAULT}.mbox"
    estate.put(box, _mailbox(estate, box, owner, writers, 2024, labelled=False))
    written = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        "<Root DataInterchangeType='Update'>",
        "  <Batch>",
        "    <Documents>",
    ]
    for position, p in enumerate(writers, start=1):
        tags = {
            "#From": p.email(),
            "#To": owner.email(),
            "#Subject": escape("Kurs i april"),
            "#DateSent": f"2024-02-{3 + position:02d}T08:15:00.000Z",
            "Account": owner.email(),
        }
        written.append(f"      <Document DocID='179{position:04d}-vault' DocType='Message'>")
        written.append("        <Tags>")
        for name, value in tags.items():
            written.append(f"          <Tag TagName='{name}' TagDataType='Text' TagValue='{value}'/>")
        written += ["        </Tags>", "      </Document>"]
    written += ["    </Documents>", "  </Batch>", "</Root>"]
    estate.text(f"{_VAULT}-metadata.xml", lines(written))
