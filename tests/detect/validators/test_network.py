"""E-mail, IP and MAC addresses, against the standard library and tables of forms."""

from __future__ import annotations

import ipaddress
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.detect.validators import JUDGEMENT, REJECTED, SYNTHETIC, UNSURE, VALID, VALIDATORS, judge_texts

AS_OF = date(2026, 11, 22)
QUIET = settings(deadline=None, derandomize=True, database=None, max_examples=500)


def judge(validator: str, *texts: str) -> list[int]:
    return judge_texts(VALIDATORS[validator], texts, AS_OF).tolist()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("45.83.12.7", VALID), ("8.8.8.8", VALID), ("10.1.2.3", UNSURE), ("192.168.1.10", UNSURE),
        ("172.16.5.4", UNSURE),
        ("169.254.10.10", UNSURE), ("127.0.0.1", REJECTED), ("0.0.0.0", REJECTED),
        ("0.1.2.3", REJECTED), ("255.255.255.255", REJECTED), ("255.255.255.0", REJECTED), ("224.0.0.1", REJECTED),
        ("129.0.0.0", REJECTED), ("256.1.1.1", REJECTED), ("1.2.3", REJECTED), ("01.2.3.4", REJECTED),
        ("192.0.2.5", VALID | SYNTHETIC), ("198.51.100.77", VALID | SYNTHETIC), ("203.0.113.9", VALID | SYNTHETIC),
        ("2001:db8::1", VALID | SYNTHETIC), ("2a02:fe1::8a2e:370:7334", VALID), ("::1", REJECTED), ("::", REJECTED),
        ("fe80::1ff:fe23:4567:890a", UNSURE), ("fe80::1ff:fe23:4567:890a%eth0", UNSURE), ("fd12:3456:789a::1", UNSURE),
        ("ff02::1:2", REJECTED), ("::ffff:45.83.12.7", VALID), ("::ffff:127.0.0.1", REJECTED),
        ("::ffff:10.0.0.1", UNSURE),
        ("a::b", REJECTED), ("ab::cd::ef", REJECTED), ("1:2:3:4:5:6:7:8:9", REJECTED), ("add:bed:face::bad", REJECTED),
        ("10.1.2.0", REJECTED), ("45.83.12.0", UNSURE), ("4.8.0.0", REJECTED), ("50:01:43:80:12:34:56:78", REJECTED),
        ("", REJECTED), ("%", REJECTED), ("text", REJECTED),
    ],
)  # fmt: skip
def test_addresses_by_what_they_can_point_at(text, verdict):
    assert judge("ip", text) == [verdict]


@QUIET
@given(st.ip_addresses(v=4).map(str))
def test_four_byte_addresses_agree_with_the_standard_library(text):
    address = ipaddress.ip_address(text)
    (verdict,) = judge("ip", text)
    own = address.is_private or address.is_reserved or address.is_link_local
    if address.is_loopback or address.is_multicast or address.is_unspecified:
        assert verdict == REJECTED
    elif verdict & JUDGEMENT == VALID and not verdict & SYNTHETIC:
        assert not own
    elif verdict == UNSURE:
        assert own != text.endswith(".0")


@QUIET
@given(st.ip_addresses(v=6))
def test_every_spelling_of_an_address_of_sixteen_bytes_has_one_verdict(address):
    spellings = [address.compressed, address.exploded, address.compressed.upper()]
    digits = any(char.isdigit() for char in address.compressed)
    if digits and len([group for group in address.compressed.split(":") if group]) >= 3:
        assert len(set(judge("ip", *spellings))) == 1


@QUIET
@given(st.text(st.sampled_from("0123456789abcf.:%"), max_size=24))
def test_what_the_standard_library_refuses_is_rejected(text):
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        assert judge("ip", text) == [REJECTED]
    else:
        assert judge("ip", text)[0] in (REJECTED, UNSURE, VALID, VALID | SYNTHETIC)


def test_random_public_addresses_pass():
    chance = random.Random(7)
    texts = [str(ipaddress.IPv4Address(chance.randrange(0x01000001, 0xDF000000))) for _ in range(5000)]
    public = [text for text in texts if ipaddress.ip_address(text).is_global and not text.endswith(".0.0")]
    assert set(judge("ip", *(text for text in public if not text.endswith(".0")))) == {VALID}
    assert set(judge("ip", *(text for text in public if text.endswith(".0")))) <= {UNSURE}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("kari@example.no", VALID), ("kari@post.example.com", VALID), ("kari@blåbær.example.no", VALID),
        ("K@EXAMPLE.NO", VALID),
        ("a@xn--blbr-roah.no", VALID), ("kari@firma.co.uk", VALID), ("kari@firma.museum", VALID),
        ("a@b.xn--p1ai", VALID),
        ("kari@filserver.local", UNSURE), ("kari@host.intern", UNSURE), ("kari@a.example", VALID | SYNTHETIC),
        ("kari@x.test", VALID | SYNTHETIC), ("kari@x.invalid", VALID | SYNTHETIC), ("logo@2x.png", REJECTED),
        ("a@co.uk", REJECTED), ("a@no", REJECTED), ("a@b..no", REJECTED), ("a@-b.no", REJECTED), ("a@b-.no", REJECTED),
        ("a..b@example.no", REJECTED), ("a.@example.no", REJECTED), ("a" * 65 + "@example.no", REJECTED),
        ("a" * 64 + "@example.no", VALID), ("a@" + "b" * 64 + ".no", REJECTED), ("a@" + "b" * 63 + ".no", VALID),
        ("a@" + ".".join(["b" * 49] * 5) + ".no", VALID), ("a@" + ".".join(["b" * 49] * 6) + ".no", REJECTED),
        ("a@b.js", REJECTED), ("a@b.txt", REJECTED),
    ],
)  # fmt: skip
def test_mail_addresses_by_their_domain(text, verdict):
    assert judge("email", text) == [verdict]


def test_looking_at_a_domain_opens_no_connection(monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    assert judge("email", "kari@sjelden-adresse.priv.no", "kari@en.til.kommune.no") == [VALID, VALID]


@pytest.mark.parametrize(
    "text",
    [
        "kari (at) example.no", "kari[at]example[dot]no", "kari(a)example.no", "kari%40example.no",
        "kari (krøllalfa) example (punktum) no", "kari @ example.no", "kari@example. no", "kari(@)example.no",
    ],
)  # fmt: skip
def test_the_signs_of_an_address_may_be_written_out(text):
    assert judge("email", text) == judge("email", "kari@example.no") == [VALID]


@pytest.mark.parametrize("text", ["post@example.no", "Kundeservice@example.com", "faktura+2026@example.no"])
def test_the_mailbox_of_an_office_is_unsure(text):
    assert judge("email", text) == [UNSURE]


def test_the_mailbox_of_an_office_in_a_test_domain_stays_synthetic():
    assert judge("email", "post@fjord.example") == [UNSURE | SYNTHETIC]


@pytest.mark.parametrize(
    "text",
    [
        "noreply@example.no", "no-reply+7@example.no", "git@example.com", "mailer-daemon@example.no",
        "bounces-4711@example.no", "20261122101500.4711@mail.example.com", "CAF-x9@mail.gmail.com",
        "3f2a9c1b7d3e80563f2a9c1b7d3e8056@example.no", "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d@example.no",
        "DB7PR04MB1234@DB7PR04MB1234.eurprd04.prod.outlook.com", "chacha20-poly1305@openssh.com",
    ],
)  # fmt: skip
def test_what_no_person_answers_is_rejected(text):
    assert judge("email", text) == [REJECTED]


def spellings(address: str) -> list[str]:
    """An address of 12 hexadecimal digits in every grouping that people use."""
    pairs = [address[i : i + 2] for i in range(0, 12, 2)]
    fours = [address[i : i + 4] for i in range(0, 12, 4)]
    return [address, address.upper(), ":".join(pairs), "-".join(pairs), ".".join(fours)]


@QUIET
@given(st.integers(0, 2**48 - 1))
def test_a_network_card_has_one_verdict_in_every_spelling(number):
    (verdict,) = set(judge("mac", *spellings(f"{number:012x}")))
    group = number >> 40 & 1
    if group or number >> 24 == 0:
        assert verdict == REJECTED
    elif any(char in "abcdef" for char in f"{number:012x}"):
        assert verdict & JUDGEMENT == VALID or len(set(f"{number:012x}")) < 3


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("ff:ff:ff:ff:ff:ff", REJECTED), ("00:00:00:00:00:00", REJECTED), ("33:33:00:00:00:01", REJECTED),
        ("3c:22:fb:9a:01", REJECTED), ("", REJECTED), ("00:00:5e:00:53:af", VALID | SYNTHETIC),
        ("00:11:22:33:44:55", UNSURE), ("aa:bb:cc:dd:ee:ff", UNSURE), ("10-20-30-40-50-60", UNSURE),
    ],
)  # fmt: skip
def test_cards_of_everybody_and_nobody_are_rejected_and_made_up_ones_unsure(text, verdict):
    assert judge("mac", text) == [verdict]
