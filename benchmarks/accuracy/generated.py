"""Text that holds nobody: source code, product catalogues, numbers that look like a person's. The same for a seed.

Numbers drawn at random may by chance be some person's: no file keeps them, and no list of findings shows them.
"""

from __future__ import annotations

import random
import re
import string
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

from estate_people import account_number, grouped, national_number, people

from accuracy.corpus import Unit
from accuracy.markup import Truth

SEED = 2026
NUMBER_LINES = 20_000
PERSONS = 500
"""Lines among them that hold a fødselsnummer, every second one with a word that says so."""
_DOCUMENT_BYTES = 32_000
_NAMES = (
    "kunde ordre faktura konto bruker adresse telefon epost fnr belop dato person sak status pasient diagnose login "
    "user email phone address birth_date national_id password token session cookie device order invoice amount total "
    "customer health union member index buffer parser cache queue worker request response handler service repository"
).split()
_KINDS = "String int long boolean List<String> Optional<String> BigDecimal LocalDate UUID byte[]".split()
_GOODS = (
    "Skrue Bolt Mutter Skive Kabel Lampe Sikring Bryter Kontakt Rør Ventil Pumpe Filter Pakning Lager Reim Slange "
    "Maling Parkett Dør Vindu Hengsel Lås Nøkkel Bits Drill Sag Hammer Tang Hanske Vernesko Hjelm Jakke Bok Spill "
    "Sofa Stol Hylle Gardin Teppe Sykkel Ski Hjul Dekk Batteri Lader Mobil Skjerm Toner Papir Medisinskap"
).split()
_LIBRARY_LEFT_OUT = re.compile(
    r"[\w.+-]+@[\w-]+\.\w|(?i:copyright|licen[sc]e|author|written by|contributed)|\b\d{1,3}(?:\.\d{1,3}){3}\b"
)
"""Files of the standard library that name people, addresses or machines are left out: what is found there is there."""


def source_code(size_bytes: int, seed: int = SEED) -> list[str]:
    """Files of Java, Python, TypeScript, SQL and CSS, configuration, logs of tests; at least `size_bytes` in all."""
    return _documents(size_bytes, random.Random(f"{seed}:code"), _CODE)


def catalogue(size_bytes: int, seed: int = SEED) -> list[str]:
    """Price lists: article numbers, EAN, dimensions, prices, stock; at least `size_bytes` in all."""
    return _documents(size_bytes, random.Random(f"{seed}:catalogue"), _CATALOGUE)


@dataclass(frozen=True, slots=True)
class Library:
    """The standard library of the running Python, as far as it names nobody."""

    texts: list[str]
    left_out: int
    """Files that name people, addresses or machines."""


def standard_library() -> Library:
    """Every Python file of it but its tests and what is installed beside it."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts, left_out = [], 0
    for path in sorted(folder.rglob("*.py")):
        if {"site-packages", "dist-packages", "test", "tests", "idle_test"} & set(path.relative_to(folder).parts):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if _LIBRARY_LEFT_OUT.search(text):
            left_out += 1
        else:
            texts.append(text)
    return Library(texts, left_out)


def numbers(seed: int = SEED) -> tuple[Unit, list[bool]]:
    """A text of 20,000 lines, nearly all numbers of things; of 500 lines the fødselsnummer (test series) is the truth.

    The second value says of each truth, in order, whether a word names it.
    """
    rng = random.Random(f"{seed}:numbers")
    born = [person.born for person in people(rng, PERSONS)]
    persons = dict(zip(rng.sample(range(NUMBER_LINES), PERSONS), born, strict=True))
    pieces: list[str] = []
    truths: list[Truth] = []
    labelled: list[bool] = []
    at = 0
    for line in range(NUMBER_LINES):
        if line in persons:
            number = national_number(persons[line], rng)
            shown = number if rng.random() < 0.5 else f"{number[:6]} {number[6:]}"
            named = len(truths) % 2 == 0
            before = rng.choice(("fnr ", "fødselsnummer: ", "personnr. ", "Fødselsnr ")) if named else ""
            start = at + len(before)
            truths.append(Truth(("NO_FODSELSNUMMER",), start, start + len(shown), start, start + len(shown)))
            labelled.append(named)
            text = f"{before}{shown}\n"
        else:
            text = f"{_thing(rng)}\n"
        pieces.append(text)
        at += len(text)
    return Unit("20,000 lines of numbers", "".join(pieces), tuple(truths)), labelled


def in_files(unit: Unit, lines: int) -> list[Unit]:
    """The same text in files of so many lines."""
    kept = unit.text.splitlines(keepends=True)
    units, at = [], 0
    for first in range(0, len(kept), lines):
        text = "".join(kept[first : first + lines])
        inside = [truth for truth in unit.truths if at <= truth.start < at + len(text)]
        moved = [Truth(t.types, t.start - at, t.end - at, t.core_start - at, t.core_end - at) for t in inside]
        units.append(Unit(f"lines {first + 1}-", text, tuple(moved)))
        at += len(text)
    return units


def random_column(rows: int, seed: int = SEED) -> pa.LargeStringArray:
    """So many random numbers of eleven digits, leading zeros kept."""
    rng = random.Random(f"{seed}:column")
    return pa.array([f"{rng.randrange(10**11):011d}" for _ in range(rows)], pa.large_string())


def _thing(rng: random.Random) -> str:
    """A number that is no person's, as often bare as named."""
    d11 = f"{rng.randrange(10**10, 10**11)}"
    account = account_number(rng) if rng.random() < 0.5 else _account(rng)
    stem = _digits(rng, 10)
    label, value = rng.choice(
        (
            ("ordrenr ", d11),
            ("ordre: ", d11),
            ("id ", d11),
            ("KID ", stem + _luhn(stem)),
            ("KID: ", f"{_digits(rng, 12)}"),
            ("konto ", account),
            ("kontonr. ", grouped(account)),
            ("til konto ", f"{account[:4]} {account[4:6]} {account[6:]}"),
            ("EAN ", _ean(rng)),
            ("tid ", f"{rng.randint(1_577_836_800, 1_774_915_200)}"),
            ("stempel ", f"20{rng.randint(20, 26)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{_digits(rng, 4)}"),
            ("løpenr ", f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(10, 99)}{_digits(rng, 5)}"),
            ("serienr ", f"35{_digits(rng, 13)}"),
            ("sporing ", f"7073{_digits(rng, 13)}"),
            ("faktura ", _digits(rng, 8)),
            ("vare ", f"{_digits(rng, 6)} {_digits(rng, 5)}"),
        )
    )
    return f"{label if rng.random() < 0.5 else ''}{value}"


def _account(rng: random.Random) -> str:
    """Eleven digits valid by modulus 11, of any bank."""
    while True:
        stem = f"{rng.randint(1000, 9699)}{_digits(rng, 6)}"
        last = -sum(w * int(d) for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), stem, strict=True)) % 11
        if last < 10:
            return f"{stem}{last}"


def _documents(size_bytes: int, rng: random.Random, templates: list[str]) -> list[str]:
    documents: list[str] = []
    written = 0
    while written < size_bytes:
        pieces: list[str] = []
        length = 0
        while length < _DOCUMENT_BYTES:
            pieces.append(_filled(rng.choice(templates), rng) + "\n")
            length += len(pieces[-1].encode())
        documents.append("".join(pieces))
        written += length
    return documents


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _hex(rng: random.Random, count: int) -> str:
    return f"{rng.getrandbits(4 * count):0{count}x}"


def _uuid(rng: random.Random) -> str:
    return "-".join(_hex(rng, count) for count in (8, 4, 4, 4, 12))


def _luhn(stem: str) -> str:
    doubled = (int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(stem)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def _ean(rng: random.Random) -> str:
    stem = f"70{_digits(rng, 10)}"
    return stem + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(stem)) % 10)


def _name(rng: random.Random) -> str:
    first, second = rng.choices(_NAMES, k=2)
    return rng.choice((first, f"{first}_{second}", f"{first}{second.title()}", f"{first.title()}{second.title()}"))


def _price(rng: random.Random) -> str:
    return f"{rng.randrange(1, 9000):,}".replace(",", " ") + f",{rng.randrange(100):02d}"


def _size(rng: random.Random) -> str:
    a, b, c = (rng.randrange(1, 400) for _ in range(3))
    return rng.choice((f"{a}x{b}x{c}", f"M{a % 30}x{b}", f"{a // 10},{a % 10} mm", f'{a % 8 + 1}/4"', f"{a} W"))


def _filled(template: str, rng: random.Random) -> str:
    """A template with something drawn for each `§` and letter; a number behind the letter says how many."""
    return _PLACE.sub(lambda found: _DRAWN[found[1]](rng, int(found[2] or 1)), template)


_PLACE = re.compile(r"§([a-zA-Z])(\d*)")
_DRAWN: dict[str, Callable[[random.Random, int], str]] = {
    "n": lambda rng, _: _name(rng),
    "k": lambda rng, _: rng.choice(_KINDS),
    "d": _digits,
    "h": _hex,
    "u": lambda rng, _: _uuid(rng),
    "v": lambda rng, _: ".".join(str(rng.randint(0, 40)) for _ in range(4 if rng.random() < 0.05 else 3)),
    "t": lambda rng, _: f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.20{rng.randint(10, 26)}",
    "f": lambda rng, count: f"{rng.uniform(-1, 1):.{count}f}",
    "b": lambda rng, count: "".join(rng.choices(string.ascii_letters + string.digits + "+/", k=count)),
    "l": lambda rng, count: "".join(rng.choices("ABCDEFHJKLNPRSTUVXYZ", k=count)),
    "g": lambda rng, _: rng.choice(_GOODS),
    "e": lambda rng, _: _ean(rng),
    "s": lambda rng, _: _size(rng),
    "p": lambda rng, _: _price(rng),
}

_CODE = """\
    private final §k §n;
    String §n = request.getParameter("§n");
    if (§n == null || §n.length() != §d2) return §f4;
    log.info("§n {} -> {}", §n.getId(), §d6);
    def §n(self, §n: str, §n: int = §d5) -> bool:
        \'\'\'Returns the §n of §n, see section §v.\'\'\'
        assert §n("§d9") == None and §n("§d8") is False
        self.§n = [§d3, §d3, §d2, §d3, §d3, §d2, §d1, §d3]
        # §t: §n flyttet hit, sak §d4
  const §n = await §n.get<§n>("/api/v§d1/§n/" + id);
  expect(screen.getByTestId("§n")).toHaveTextContent("§d5");
import { §n } from "@§n/§n";
    "§n": "^§v",
CREATE INDEX ix_§n ON §n (§n, §n);
SELECT §n, count(*) FROM §n WHERE §n > §d7 GROUP BY 1;
.§n { color: #§h6; margin: §d2px §f3em; z-index: §d4; }
§n.§n=§d4
§n.§n=§v
  §n: ${§n}
commit §h40
index §h7..§h7 100644
@@ -§d3,§d2 +§d3,§d2 @@ §n()
  id: "§u"
    { 0x§h8, 0x§h8, 0x§h8, 0x§h8 },
test_§n (§n.§n) ... ok [§d2.§d3s]
\tat no.§n.§n(§n.java:§d3)
static const long §n = §d11L;
  integrity sha512-§b86==
    <dependency><artifactId>§n</artifactId><version>§v</version></dependency>
  <label for="§n">§n</label> <input name="§n" maxlength="§d2">
    weights = (§f6, §f6, §f6, §f6)
2026-03-14T08:12:§d2.§d3Z INFO [§n] took=§d3ms rows=§d8
""".splitlines()

_CATALOGUE = """\
§d3-§d5  §g §s  §p
§e  §g §s, §d2 stk  §p
§d6 §d5;§g;§p;§d3;§l1-§d2-§d2
§l2 §d5  §g §s  §p
§l3§d6  §g, hvit  §p
Art.nr. §d8 §g §s veil. §p lager §d3
§d8  §g §l2-§d4  §p
§d2 §d3 §d2  §g §s
§g modell §l2§d4/§l1, §d3 V, IP§d2
Utgår: §d11 erstattes av §d11
Lot §d7, best før §t
Katalog 2026 side §d3 – §g og §g, kap. §v
Ordre §d11, faktura §d8, kolli 1 av §d1, §d2,§d1 kg
""".splitlines()
