"""Web server and application logs, form exports and the contact page of the invented firm."""

from __future__ import annotations

import datetime as dt
import json
import random
from html import escape

from estate_archives import gzip_bytes
from estate_marks import lines, mark
from estate_people import Person, ga_cookie, ipv4, ipv6
from estate_writer import DOMAIN, FIRM, Estate

_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
_PAGES = ("/", "/kurs", "/kurs/norsk-a2", "/kurs/norsk-b1", "/kurs/regnskap", "/om-oss", "/kontakt", "/static/stil.css")
_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4242 4242 4242 4242", "378282246310005")
"""Test card numbers that the card networks and payment services publish."""
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SWEDISH = "+46 8 465 004 {:02d}"  # range kept free for drama by Post- och telestyrelsen
_BRITISH = "+44 20 7946 0{:03d}"  # range kept free for drama by Ofcom


def write_web_files(estate: Estate) -> None:
    """Everything below logg/ and nettside/."""
    estate.text("logg/access.log", _access_log(estate, "logg/access.log", dt.datetime(2026, 3, 9, tzinfo=dt.UTC), 2400))
    rotated = "logg/access.log.1.gz"
    inner = f"{rotated}!access.log.1"
    log = _access_log(estate, rotated, dt.datetime(2026, 3, 2, tzinfo=dt.UTC), 2600)
    estate.put(rotated, gzip_bytes(estate.ledger.text(inner, log).encode("utf-8"), "access.log.1"))
    _application_log(estate)
    _contact_form(estate)
    _interest_form(estate)
    _contact_page(estate)


def _access_log(estate: Estate, purpose: str, start: dt.datetime, count: int) -> str:
    """Requests in nginx' combined format, with the `_ga` cookie as a last field."""
    rng = estate.rng(purpose)
    visitors = [
        (ipv4(rng) if i % 6 else ipv6(rng), mark("USER_AGENT", rng.choice(_AGENTS)), ga_cookie(rng)) for i in range(150)
    ]
    written = []
    for _ in range(count):
        start += dt.timedelta(seconds=rng.randint(1, 500))
        address, agent, cookie = rng.choice(visitors)
        stamp = f"{start.day:02d}/{_MONTHS[start.month - 1]}/{start.year}:{start:%H:%M:%S} +0000"
        referrer = f"https://{DOMAIN}/kurs" if rng.random() < 0.4 else "-"
        shown = f"_ga={cookie}" if rng.random() < 0.5 else "-"
        page, size = rng.choice(_PAGES), rng.randint(300, 60_000)
        written.append(f'{address} - - [{stamp}] "GET {page} HTTP/1.1" 200 {size} "{referrer}" "{agent}" "{shown}"')
    return lines(written)


def _application_log(estate: Estate) -> None:
    path = "logg/kursportal.log"
    rng = estate.rng(path)
    now = dt.datetime(2026, 3, 9, 6, 0, tzinfo=dt.UTC)
    written = []
    for i in range(700):
        now += dt.timedelta(seconds=rng.randint(2, 400), milliseconds=rng.randint(0, 999))
        p = rng.choice(estate.participants)
        level, text = _event(rng, p, i)
        written.append(f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03d} {level:<5} [kursportal] {text}")
    estate.text(path, lines(written))


def _event(rng: random.Random, p: Person, i: int) -> tuple[str, str]:
    drawn = f"{rng.getrandbits(64):016x}"
    session = mark("COOKIE_ID", drawn)
    if i % 50 == 7:
        return "ERROR", f"Påmelding avvist: fødselsnummer {p.national_id()} er alt registrert, økt {drawn}"
    if i % 90 == 11:
        return "ERROR", f"Betaling avvist for {p.email()}: kortnummer {mark('CREDIT_CARD', rng.choice(_CARDS))}"
    if i % 40 == 3:
        device = "-".join(f"{rng.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12))
        return "INFO", f"Ny enhet: device_id={mark('DEVICE_ID', device)} ip={ipv4(rng)}"
    if i % 60 == 5:
        hardware = "02:" + ":".join(f"{rng.randint(0, 255):02x}" for _ in range(5))
        return "INFO", f"Kurs-PC tilkoblet: mac={mark('MAC_ADDRESS', hardware)}"
    if i % 10 == 0:
        inner = mark("IP_ADDRESS", f"10.20.{rng.randint(0, 9)}.{rng.randint(2, 250)}", optional=True)
        return "DEBUG", f"Helsesjekk fra {inner} svarte på {rng.randint(3, 90)} ms"
    if i % 3 == 0:
        return "INFO", f"Innlogging: bruker={mark('USERNAME', p.login)} ip={ipv4(rng)} økt={session}"
    return "INFO", f"Side vist: /kurs/{rng.randint(100, 180)} på {rng.randint(3, 400)} ms, økt={session}"


def _contact_form(estate: Estate) -> None:
    path = "nettside/kontaktskjema.json"
    rng = estate.rng(path)
    entries: list[dict[str, object]] = []
    for i, p in enumerate(estate.participants[80:120]):
        foreign = _BRITISH.format(rng.randint(0, 999)) if i % 2 else _SWEDISH.format(rng.randint(0, 99))
        phone = mark("PHONE_NUMBER", foreign) if i % 9 == 4 else p.phone("international")
        message = "Jeg lurer på om det er plass på kveldskurset."
        if i % 8 == 2:
            message = f"Kan dere ringe {p.name()} på {p.phone()}? Jeg bor i {p.address()}."
        entries.append(
            {
                "skjema": "kontakt",
                "sendt": f"2026-02-{1 + i % 28:02d}T{8 + i % 12:02d}:14:00Z",
                "navn": p.name(),
                "epost": p.email(),
                "telefon": phone,
                "melding": message,
                "ip": ipv4(rng),
                "nettleser": mark("USER_AGENT", rng.choice(_AGENTS)),
            }
        )
    estate.text(path, json.dumps(entries, ensure_ascii=False, indent=2) + "\n")


def _interest_form(estate: Estate) -> None:
    path = "nettside/interesseskjema.jsonl"
    rng = estate.rng(path)
    written = []
    for i, p in enumerate(estate.participants[150:200]):
        entry = {
            "id": 5000 + i,
            "navn": p.name(),
            "epost": p.email(),
            "mobil": p.phone(),
            "fodselsdato": p.birth_date(),
            "utdanning": p.schooling(),
            "posisjon": mark("GEO_COORDINATE", f"{rng.uniform(58.2, 69.9):.5f}, {rng.uniform(5.1, 18.9):.5f}"),
            "informasjonskapsel": f"_ga={ga_cookie(rng)}",
        }
        written.append(json.dumps(entry, ensure_ascii=False))
    estate.text(path, lines(written))


def _contact_page(estate: Estate) -> None:
    written = [
        "<!DOCTYPE html>",
        '<html lang="nb">',
        f'<head><meta charset="utf-8"><title>Kontakt {escape(FIRM)}</title></head>',
        "<body>",
        "<h1>Kontakt oss</h1>",
        "<ul>",
    ]
    for p in estate.staff:
        link = mark("PHONE_NUMBER", f"+476805{p.subscriber:04d}")
        written += [
            "<li>",
            f"  <strong>{p.name()}</strong>,",
            f'  <a href="mailto:{p.email()}">{p.email()}</a>,',
            f'  <a href="tel:{link}">{p.phone()}</a>',
            "</li>",
        ]
    written += [
        "</ul>",
        f"<p>Org.nr. {mark('NO_ORGANISASJONSNUMMER', estate.organisation)}</p>",
        "</body>",
        "</html>",
    ]
    estate.text("nettside/kontakt.html", lines(written))
