"""The website's exports: WordPress, its export of one person's data, WooCommerce, Gravity Forms.

Forms from WordPress' exporter and the plugins' sources; headers are in Norwegian, as sites in Norwegian export them.
"""

from __future__ import annotations

from html import escape

from estate_archives import zip_bytes
from estate_marks import Cell, Table, lines, mark
from estate_messages import json_text
from estate_people import ipv4
from estate_writer import DOMAIN, FIRM, Estate

_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
_EXPORTS = "nettsted/wp-content/uploads/wp-personal-data-exports"


def write_site_files(estate: Estate) -> None:
    """Everything below nettsted/."""
    _pages(estate)
    _personal_export(estate)
    _customers(estate)
    _entries(estate)


def _pages(estate: Estate) -> None:
    """WordPress' export file (WXR): authors and comments; the oldest comment is of 2016."""
    path = "nettsted/fjordlyskurs.WordPress.2026-03-10.xml"
    rng = estate.rng(path)
    author = estate.staff[5]
    written = [
        '<?xml version="1.0" encoding="UTF-8" ?>',
        '<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"',
        '  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"',
        '  xmlns:wp="http://wordpress.org/export/1.2/">',
        "<channel>",
        f"  <title>{FIRM}</title>",
        "  <wp:wxr_version>1.2</wp:wxr_version>",
        f"  <wp:author><wp:author_login>{mark('USERNAME', author.login)}</wp:author_login>"
        f"<wp:author_email>{author.email()}</wp:author_email></wp:author>",
        "  <item>",
        "    <title>Nye kurs i høst</title>",
        "    <wp:post_date>2016-08-20 09:00:00</wp:post_date>",
    ]
    for i, p in enumerate(estate.participants[220:226]):
        written += [
            "    <wp:comment>",
            f"      <wp:comment_author><![CDATA[{p.name()}]]></wp:comment_author>",
            f"      <wp:comment_author_email>{p.email()}</wp:comment_author_email>",
            f"      <wp:comment_author_IP>{ipv4(rng)}</wp:comment_author_IP>",
            f"      <wp:comment_date>{2016 + i}-08-21 10:0{i}:00</wp:comment_date>",
            f"      <wp:comment_content><![CDATA[Ring meg gjerne på {p.phone()}.]]></wp:comment_content>",
            "    </wp:comment>",
        ]
    written += ["  </item>", "</channel>", "</rss>"]
    estate.text(path, lines(written))


def _personal_export(estate: Estate) -> None:
    """What WordPress gives somebody who asks for access."""
    rng = estate.rng("wp-personal-data")
    p = estate.participants[227]
    path = f"{_EXPORTS}/wp-personal-data-file-{'abcdefghijklmnopqrstuvwxyzabcdef'}.zip"
    data = [
        {"name": "User Email", "value": p.email()},
        {"name": "User Display Name", "value": p.name()},
        {"name": "Comment Author IP", "value": ipv4(rng)},
    ]
    groups = {f"Personal Data Export for {p.email()}": {"user": {"group_label": "User", "items": {"user-7": data}}}}
    page = [
        "<!DOCTYPE html>",
        '<html><head><meta charset="utf-8"><title>Personal Data Export</title></head><body>',
        f"<h1>Personal Data Export for {p.email()}</h1>",
        f"<p>{escape(FIRM)}, navn {p.name()}, telefon {p.phone()}</p>",
        "</body></html>",
    ]
    files = {
        "export.json": estate.ledger.text(f"{path}!export.json", json_text(groups)).encode(),
        "index.html": estate.ledger.text(f"{path}!index.html", lines(page)).encode(),
    }
    estate.put(path, zip_bytes(files))


def _customers(estate: Estate) -> None:
    """WooCommerce's report of customers, Norwegian."""
    path = "nettsted/woocommerce/kunder-2026-03-10.csv"
    header = (
        "Navn,Brukernavn,Sist aktiv,Registrert,E-post,Bestillinger,Totalt brukt,AOV,Land / Region,By,Region,Postnummer"
    )
    rows: Table = [[*header.split(",")]]
    for i, p in enumerate(estate.participants[228:238]):
        login, seen, signed = mark("USERNAME", p.login), f"2026-02-{1 + i:02d}", f"2024-0{1 + i % 9}-11"
        place = ["NO", p.place, "", mark("NO_ADDRESS", p.postcode)]
        rows.append([p.name(), login, seen, signed, p.email(), 1 + i % 3, 4900, 4900, *place])
    estate.put(path, estate.csv_data(path, rows, delimiter=","))


def _entries(estate: Estate) -> None:
    """Entries of a form of Gravity Forms, Norwegian: the firm's own questions, then the plugin's columns."""
    path = "nettsted/gravityforms/paamelding-kveldskurs-2026-03-10.csv"
    own = "Fullt navn,E-post,Mobil,Kurs,Opprettet av (bruker-ID),Oppførings-ID,Oppføringsdato,Kilde-URL,Transaksjons-ID"
    header = f"{own},Betalingsbeløp,Betalingsdato,Betalingsstatus,Innleggs-ID,Brukeragent,Bruker-IP"
    rng = estate.rng(path)
    rows: Table = [[*header.split(",")]]
    for i in range(8):
        p = estate.participants[(238 + i) % len(estate.participants)]
        entry: list[Cell] = [
            "",
            900 + i,
            f"2026-03-0{1 + i} 18:2{i}:00",
            f"https://{DOMAIN}/paamelding",
            "",
            "",
            "",
            "",
            "",
        ]
        shown = [mark("USER_AGENT", _AGENT), ipv4(rng)]
        rows.append([p.name(), p.email(), p.phone(), "Norsk B1", *entry, *shown])
    estate.put(path, estate.csv_data(path, rows, delimiter=","))
