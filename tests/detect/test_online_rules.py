"""Online and device identifiers, accounts, positions and payment numbers as they stand in whole lines.

What must be found is between «» in each line; ⇥ stands for a tab and ⏎ for the end of a line.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pii_scan.detect.detector import Detector
from pii_scan.detect.rules import load_rules

AS_OF = date(2026, 11, 22)

FOLDER = Path(__file__).parent / "online"
"""One file for each entity type, one text a line; `nothing.txt` holds what only looks alike."""
TYPES = sorted(file.stem for file in FOLDER.glob("[A-Z]*.txt"))

COLUMNS = [
    ("Brukernavn", "klyng", "USERNAME"),
    ("user_name", "klyng", "USERNAME"),
    ("UserName", "kari.lyng", "USERNAME"),
    ("UserID", "klyng92", "USERNAME"),
    ("bruker", "kari.lyng", "USERNAME"),
    ("created_by", "klyng", "USERNAME"),
    ("opprettet_av", "Z990123", "USERNAME"),
    ("saksbehandler", "kly014", "USERNAME"),
    ("ip_addr", "10.0.0.7", "IP_ADDRESS"),
    ("IP", "5.6.7.8", "IP_ADDRESS"),
    ("ip", "2a02:fe1::5", "IP_ADDRESS"),
    ("Latitude", "59.9139", "GEO_COORDINATE"),
    ("lat", "59,913", "GEO_COORDINATE"),
    ("Lengdegrad", "10,7522", "GEO_COORDINATE"),
    ("GPS-koordinater", "59.9139, 10.7522", "GEO_COORDINATE"),
    ("koordinat", "59,9139 10,7522", "GEO_COORDINATE"),
    ("MAC", "3c22fb9a017e", "MAC_ADDRESS"),
    ("mac_addr", "3C-22-FB-9A-01-7E", "MAC_ADDRESS"),
    ("Kortnummer", "4539 1488 0343 6467", "CREDIT_CARD"),
    ("kort_nr", "4539148803436467", "CREDIT_CARD"),
    ("session_id", "7f3c9a1e5b2d4860", "COOKIE_ID"),
    ("_ga", "GA1.2.1234567890.1700000000", "COOKIE_ID"),
    ("ga_client_id", "1234567890.1700000000", "COOKIE_ID"),
    ("gclid", "Cj0KCQjw9fntBRCGARIsAGjFq5Hx2k", "COOKIE_ID"),
    ("fbp", "fb.1.1717171717171.1098115397", "COOKIE_ID"),
    ("User-Agent", "Fjordapp/3.1", "USER_AGENT"),
    ("user_agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", "USER_AGENT"),
    ("Passord", "Sommer2026!", "PASSWORD_HASH"),
    ("password", "hunter2", "PASSWORD_HASH"),
    ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", "PASSWORD_HASH"),
    ("passord", "5f4dcc3b5aa765d61d8327deb882cf99", "PASSWORD_HASH"),
    ("pwd", "$2b$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "PASSWORD_HASH"),
    ("Enhets-ID", "9774d56d682e549c", "DEVICE_ID"),
    ("deviceId", "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d", "DEVICE_ID"),
    ("IMEI", "490154203237518", "DEVICE_ID"),
    ("imei_nr", "490154203237518", "DEVICE_ID"),
    ("ICCID", "8947080012345678900", "DEVICE_ID"),
    ("visitor_id", "a81bc91d3e77f604", "COOKIE_ID"),
    ("cookie", "GA1.2.1234567890.1700000000", "COOKIE_ID"),
    ("Epost", "kari@example.no", "EMAIL_ADDRESS"),
    ("ident", "Z990123", "USERNAME"),
    ("Kontonummer", "NO93 8601 1117 947", "IBAN_CODE"),
    ("sist_innlogget_ip", "84.208.12.3", "IP_ADDRESS"),
    ("login_ip", "10.0.0.4", "IP_ADDRESS"),
    ("username", "KARI", "USERNAME"),
    ("brukernavn", "ola", "USERNAME"),
    ("Feide-navn", "klyng@example.no", "EMAIL_ADDRESS"),
    ("AD-konto", "FJORD\\klyng", "USERNAME"),
    ("advertising_id", "38400000-8cf0-11bd-b23e-10b96e40000d", "DEVICE_ID"),
    ("longitude", "-0.1278", "GEO_COORDINATE"),
]
OTHER_COLUMNS = [
    ("user_id", "1"),
    ("Bruker", "Kari Lyng"),
    ("Endret av", "KLY"),
    ("saksbehandler", "Kari"),
    ("IP-adresse", "2a02::5"),
    ("lat", "59,91"),
    ("user_agent", "Googlebot/2.1"),
    ("hash", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ("status", "aktiv"),
    ("type", "user"),
    ("account", "driftskonto"),
    ("eier", "kommune"),
    ("user", "system"),
    ("token", "9774d56d682e549c"),
    ("id", "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"),
    ("x", "59.9139"),
    ("pos", "59.9139"),
    ("version", "10.2.3.4"),
    ("ip_version", "4"),
    ("Serienummer", "C02XK0AAJGH5"),
    ("iban", "no9386011117947"),
    ("brukernavn", "4711"),
    ("latitude", "0"),
]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(load_rules(only=TYPES), as_of=AS_OF)


def lines(name: str) -> list[str]:
    block = (FOLDER / f"{name}.txt").read_text("utf-8")
    return [line.replace("⇥", "\t").replace("⏎", "\n") for line in block.splitlines()]


def marked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with «» around each span."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    return text


@pytest.mark.parametrize("entity_type", TYPES)
def test_each_value_is_found_whole_and_nothing_else_of_its_type(detector, entity_type):
    expected = lines(entity_type)
    texts = [line.replace("«", "").replace("»", "") for line in expected]
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    for row in detector.detect_texts(texts).to_pylist():
        if row["entity_type"] == entity_type:
            spans[row["text"]].append((row["start"], row["end"]))
    assert [marked(text, found) for text, found in zip(texts, spans, strict=True)] == expected


def test_what_only_looks_alike_is_not_found(detector):
    texts = lines("nothing")
    rows = detector.detect_texts(texts).to_pylist()
    assert [(texts[row["text"]], row["entity_type"], row["recognizer"]) for row in rows] == []


@pytest.mark.parametrize(("header", "cell", "entity_type"), COLUMNS)
def test_a_column_is_known_by_its_header(detector, header, cell, entity_type):
    rows = detector.detect_texts([cell], header).to_pylist()
    assert [(row["entity_type"], row["start"], row["end"]) for row in rows] == [(entity_type, 0, len(cell))]


@pytest.mark.parametrize(("header", "cell"), OTHER_COLUMNS)
def test_a_column_of_something_else_is_left_alone(detector, header, cell):
    assert detector.detect_texts([cell], header).num_rows == 0
