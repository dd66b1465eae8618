"""Invented people, firms and numbers for the example estate.

Every number is valid by rule and cannot be anybody's: national identity numbers are of the test series (month + 80),
phone numbers of the ranges kept free for film, organisation numbers of the Test-Norge series, domains example.*.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from estate_marks import mark

_T = TypeVar("_T")

_K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORG = (3, 2, 7, 6, 5, 4, 3, 2)
_DUF = (4, 6, 3, 2, 4, 6, 3, 2, 7, 5)

FIRST = (
    "Kåre Åse Øyvind Bjørg Pål Sølvi Håkon Jørn Ragnhild Torbjørn Ingrid Lars Marit Nils Astrid Gunnar Solveig Eirik "
    "Hilde Magnus Turid Vegard Anette Sindre Kristin Morten Gro Trygve Randi Espen Silje Anders Bente Tormod Marte "
    "Ole Sigrid Geir Ida Sverre"
).split()
LAST = (
    "Ødegård Ås Sæther Bråten Nygård Bjørnstad Lønning Hågensen Grønli Tveit Myklebust Solheim Haugland Kvamme "
    "Aasen Rønning Skår Fjelde Ulriksen Tangen Nesse Brekke Høiland Sørli Vågen Eikeland Størseth Lunde Hovland "
    "Kjærstad Moldskred Fagerås"
).split()
STREETS = (
    "Strandgata",
    "Kirkeveien",
    "Nedre Åsveien",
    "Skolegata",
    "Fjellsvingen",
    "Bjørkelia",
    "Havnegata",
    "Øvregata",
)
PLACES = (
    ("5003", "Bergen"),
    ("0150", "Oslo"),
    ("6002", "Ålesund"),
    ("8006", "Bodø"),
    ("9008", "Tromsø"),
    ("4006", "Stavanger"),
    ("7011", "Trondheim"),
    ("3015", "Drammen"),
)
EDUCATION = (
    "Bachelor i sykepleie",
    "Fagbrev som tømrer",
    "Videregående skole",
    "Mastergrad i samfunnsøkonomi",
    "Grunnskole",
    "Fagbrev i logistikk",
    "Årsstudium i regnskap",
)
EMPLOYERS = ("Havbris Sjømat AS", "Nordlia Bygg AS", "Lysvik Renhold AS", "Polaris Transport AS", "Tindegg Hotell AS")
_DOMAINS = ("havbris.example.no", "nordlia.example.no", "example.no", "post.example.com", "polaris.example.com")
_ASCII = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person. Attributes are raw; the methods of the same meaning give them marked."""

    first: str
    last: str
    born: dt.date
    number: str
    """Fødselsnummer or D-number of the test series, 11 digits."""
    mail: str
    subscriber: int
    """The last four digits of the phone number 68 05 xx xx."""
    account: str
    street: str
    postcode: str
    place: str
    education: str
    employer: str

    @property
    def has_d_number(self) -> bool:
        """Whether the number is a D-number: day + 40."""
        return self.number[0] in "4567"

    @property
    def full_name(self) -> str:
        """First and last name, without a mark."""
        return f"{self.first} {self.last}"

    @property
    def login(self) -> str:
        """The user name at the course portal, without a mark."""
        return self.mail.partition("@")[0].replace(".", "")

    def name(self) -> str:
        """First and last name, marked."""
        return mark("PERSON", self.full_name)

    def national_id(self, form: str = "plain") -> str:
        """`plain` 11 digits, `spaced` 6 + 5."""
        shown = self.number if form == "plain" else f"{self.number[:6]} {self.number[6:]}"
        return mark("NO_D_NUMMER" if self.has_d_number else "NO_FODSELSNUMMER", shown)

    def email(self) -> str:
        """The e-mail address, marked."""
        return mark("EMAIL_ADDRESS", self.mail)

    def phone(self, form: str = "pairs") -> str:
        """`pairs` 68 05 12 34, `international` +47 68 05 12 34, `plain` 68051234."""
        return mark("PHONE_NUMBER", phone_number(self.subscriber, form))

    def bank_account(self, form: str = "dotted") -> str:
        """`dotted` 4.2.5, `plain` 11 digits."""
        return mark("NO_BANK_ACCOUNT", grouped(self.account) if form == "dotted" else self.account)

    def iban(self) -> str:
        """The bank account as IBAN, marked."""
        return mark("IBAN_CODE", iban(self.account))

    def birth_date(self) -> str:
        """The date of birth as dd.mm.yyyy, marked."""
        return mark("DATE_OF_BIRTH", f"{self.born:%d.%m.%Y}")

    def address(self) -> str:
        """Street, postcode and place, marked as one value."""
        return mark("NO_ADDRESS", f"{self.street}, {self.postcode} {self.place}")

    def street_line(self) -> str:
        """The street without postcode and place; optional, since it is only half an address."""
        return mark("NO_ADDRESS", self.street, optional=True)

    def schooling(self) -> str:
        """The education, marked."""
        return mark("EDUCATION", self.education)


def national_number(born: dt.date, rng: random.Random, *, d_number: bool = False) -> str:
    """A number of Skatteetaten's test series: month + 80, for a D-number day + 40; both control digits computed."""
    individual = (0, 499) if born.year < 2000 else (500, 999)
    day = born.day + (40 if d_number else 0)
    while True:
        stem = f"{day:02d}{born.month + 80:02d}{born.year % 100:02d}{rng.randint(*individual):03d}"
        first = _control(stem, _K1)
        second = 10 if first == 10 else _control(f"{stem}{first}", _K2)
        if second < 10:
            return f"{stem}{first}{second}"


def account_number(rng: random.Random) -> str:
    """A bank account number valid by mod 11, of a register number 97xx to 99xx, that no rule reads as a person's."""
    while True:
        stem = f"{rng.randint(9700, 9999)}{rng.randint(0, 999_999):06d}"
        last = _control(stem, _K2)
        rest = (sum(w * int(d) for w, d in zip(_K1, stem, strict=False)) + int(stem[9])) % 11
        if last < 10 and rest > 3:  # rest 0: an FH number; 1 to 3: allowed for national numbers from 2032
            return f"{stem}{last}"


def duf_number(rng: random.Random) -> str:
    """A DUF number of the immigration authorities, marked: year, a running number, remainder modulo 11.

    Running numbers are of the last thousand, which no year has come near: they are nobody's. No series is kept
    for tests, so that a scanner counts them as real.
    """
    stem = f"{rng.randint(2002, 2023)}{rng.randint(999_000, 999_999)}"
    control = sum(weight * int(digit) for weight, digit in zip(_DUF, stem, strict=True)) % 11
    return mark("NO_DUF_NUMMER", f"{stem}{control:02d}")


def organisation_number(rng: random.Random) -> str:
    """An organisation number of the Test-Norge series: begins with 2 or 3, valid by mod 11."""
    while True:
        stem = f"{rng.randint(20_000_000, 39_999_999)}"
        last = _control(stem, _ORG)
        if last < 10:
            return f"{stem}{last}"


def iban(account: str) -> str:
    """The Norwegian IBAN of an account, in groups of four (ISO 13616: check digits by mod 97).

    >>> iban("86011117947")
    'NO93 8601 1117 947'
    """
    check = 98 - int(f"{account}232400") % 97  # N = 23, O = 24
    code = f"NO{check:02d}{account}"
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def grouped(account: str) -> str:
    """An account number as 4.2.5."""
    return f"{account[:4]}.{account[4:6]}.{account[6:]}"


def phone_number(subscriber: int, form: str = "pairs") -> str:
    """A number of the range 68 05 00 00 to 68 05 99 99, which Nkom keeps free for film and television.

    >>> phone_number(1234, "international")
    '+47 68 05 12 34'
    """
    tail = f"{subscriber:04d}"
    if form == "plain":
        return f"6805{tail}"
    pairs = f"68 05 {tail[:2]} {tail[2:]}"
    return f"+47 {pairs}" if form == "international" else pairs


def ipv4(rng: random.Random) -> str:
    """A made-up public address, marked: the nets kept for documentation are left out by scanners."""
    return mark("IP_ADDRESS", f"45.{rng.randint(1, 254)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}")


def ipv6(rng: random.Random) -> str:
    """A made-up public address, marked."""
    groups = ":".join(f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(7))
    return mark("IP_ADDRESS", f"2a02:{groups}")


def ga_cookie(rng: random.Random) -> str:
    """The value of Google Analytics' `_ga` cookie with a made-up client, marked."""
    value = f"GA1.1.{rng.randint(100_000_000, 1_999_999_999)}.{rng.randint(1_767_225_600, 1_774_915_200)}"
    return mark("COOKIE_ID", value)


def people(rng: random.Random, count: int) -> list[Person]:
    """Invented people, no two with the same name; every tenth has a D-number."""
    pairs = [(first, last) for first in FIRST for last in LAST]
    subscribers = rng.sample(range(10_000), count)
    chosen = rng.sample(pairs, count)
    return [_person(rng, i, *names, subscribers[i]) for i, names in enumerate(chosen)]


def _person(rng: random.Random, index: int, first: str, last: str, subscriber: int) -> Person:
    born = dt.date(1952, 1, 1) + dt.timedelta(days=rng.randint(0, 365 * 53))
    postcode, place = _pick(rng, PLACES)
    return Person(
        first=first,
        last=last,
        born=born,
        number=national_number(born, rng, d_number=index % 10 == 9),
        mail=f"{first}.{last}".lower().translate(_ASCII) + f"@{_pick(rng, _DOMAINS)}",
        subscriber=subscriber,
        account=account_number(rng),
        street=f"{_pick(rng, STREETS)} {rng.randint(1, 98)}{_pick(rng, ('', '', 'A', 'B'))}",
        postcode=postcode,
        place=place,
        education=_pick(rng, EDUCATION),
        employer=_pick(rng, EMPLOYERS),
    )


def _pick(rng: random.Random, options: Sequence[_T]) -> _T:
    return options[rng.randrange(len(options))]


def _control(stem: str, weights: tuple[int, ...]) -> int:
    """The control digit by mod 11; 10 means that the stem has none."""
    return (11 - sum(w * int(d) for w, d in zip(weights, stem, strict=True)) % 11) % 11
