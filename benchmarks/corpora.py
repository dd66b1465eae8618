"""Makes text corpora of any size from a seed: five kinds, each with three densities of planted values.

Density is the share of lines that hold planted values: exactly one line in 10,000 (sparse), in 100 (medium), or every
line (dense). All values are computed; none is anybody's. What else a recognizer may find in clean lines (a version
number, a user agent) is not counted.
"""

from __future__ import annotations

import argparse
import functools
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

from estate_people import Person, account_number, grouped, iban, national_number, people, phone_number

SEED = 2026
DENSITIES = {"sparse": 10_000, "medium": 100, "dense": 1}
"""Lines for each line with planted values."""
_BLOCK_LINES = 20_000
_POOL_LINES = 20_000
CSV_HEADER = "id;navn;fodselsnummer;epost;telefon;poststed;belop;dato;merknad"
_WORDS = (
    "og i det som på en til er av for at med de ikke den har et om var men seg vi kan fra skal så eller hadde vil ble "
    "også etter må når ved nå bare opp mot ut år over alle andre noe mer under dette selskapet avtalen leveranse "
    "fakturering prosjektet rapporten møtet budsjett kvartal resultat omsetning tiltak avdeling opplæring vurdering "
    "vedtak frist dokumentasjon underlag vedlegg behandling lagring sletting tilgang systemet løsningen databasen "
    "grensesnitt versjon oppdatering vedlikehold hendelse avvik beredskap høring forskrift hjemmel økonomi revisjon "
    "bærekraft klima energi vannkraft eksport bygg anlegg forvaltning øvrige åpning følgende større"
).split()
_PLACES = ("Oslo", "Bergen", "Tromsø", "Bodø", "Ålesund", "Molde")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Values:
    """The planted values of one line, drawn together."""

    name: str
    number: str
    email: str
    phone: str
    account: str
    iban: str
    address: str
    cookie: str

    def one(self, rng: random.Random) -> str:
        """Any of them, with the words that stand before it."""
        return rng.choice(
            (
                f"fødselsnummer {self.number}",
                f"e-post {self.email}",
                f"telefon {self.phone}",
                f"kontonummer {self.account}",
                f"IBAN {self.iban}",
                f"logget fra {self.address}",
            )
        )


Line = Callable[[random.Random], str]


def kinds() -> dict[str, tuple[Line, Line]]:
    """The kinds of corpora: what makes a clean line, and a line with planted values."""
    return {
        "prose": (_prose, lambda r: f"{_prose(r)} Se {_values(r).one(r)} i saken. {_sentence(r)}"),
        "csv": (_csv, _csv_planted),
        "applog": (_applog, lambda r: f"{_applog(r)} bruker={_values(r).email} fra {_values(r).one(r)}"),
        "access": (lambda r: _access(r, f"c{r.getrandbits(40):010x}", "-"), _access_planted),
        "mail": (_mail, _mail_planted),
    }


def blocks(kind: str, density: str, seed: int = SEED, part: int = 0) -> Iterator[list[bytes]]:
    """Endless blocks of lines without line ends; the same for the same arguments. `part`: others of the same lines.

    Lines are drawn from two pools of 20,000, so that large corpora are quick to make; lines therefore recur.
    """
    clean_pool, planted_pool, state = _pools(kind, density, seed)
    rng = random.Random(f"{seed}:{kind}:{density}:{part}")
    if not part:
        rng.setstate(state)
    every = DENSITIES[density]
    while every == 1:
        yield rng.choices(planted_pool, k=_BLOCK_LINES)
    while True:
        block = rng.choices(clean_pool, k=_BLOCK_LINES)
        for start in range(0, _BLOCK_LINES, every):  # one in each stretch of `every` lines, anywhere in it
            block[start + rng.randrange(every)] = rng.choice(planted_pool)
        yield block


@functools.lru_cache(8)
def _pools(kind: str, density: str, seed: int) -> tuple[list[bytes], list[bytes], Any]:
    """(clean lines, lines with planted values, the state of the generator that made them)."""
    rng = random.Random(f"{seed}:{kind}:{density}")
    clean, planted = kinds()[kind]
    dense = DENSITIES[density] == 1
    planted_pool = [planted(rng).encode() for _ in range(_POOL_LINES if dense else 2_000)]
    clean_pool = [] if dense else [clean(rng).encode() for _ in range(_POOL_LINES)]
    return clean_pool, planted_pool, rng.getstate()


def sample(kind: str, density: str, count: int, seed: int = SEED) -> list[str]:
    """The first `count` lines (without the header of a CSV)."""
    lines: list[str] = []
    for block in blocks(kind, density, seed):
        lines += [line.decode() for line in block[: count - len(lines)]]
        if len(lines) == count:
            break
    return lines


def write_corpus(path: Path, kind: str, density: str, size_bytes: int, seed: int = SEED, part: int = 0) -> int:
    """Writes whole lines up to `size_bytes` and returns the number of bytes; a CSV begins with its header."""
    with path.open("wb") as out:
        written = out.write(f"{CSV_HEADER}\n".encode()) if kind == "csv" else 0
        for block in blocks(kind, density, seed, part):
            data = b"\n".join(block) + b"\n"
            if written + len(data) > size_bytes:
                end = data.rfind(b"\n", 0, max(size_bytes - written, 0)) + 1
                return written + out.write(data[:end])
            written += out.write(data)
    raise AssertionError("blocks are endless")


@functools.cache
def _population() -> list[Person]:
    return people(random.Random("corpora"), 1200)


def _values(rng: random.Random) -> Values:
    person = rng.choice(_population())
    number = national_number(person.born, rng)
    account = account_number(rng)
    return Values(
        person.full_name,
        number if rng.random() < 0.8 else f"{number[:6]} {number[6:]}",
        person.mail,
        phone_number(rng.randrange(10_000), rng.choice(("plain", "pairs", "international"))),
        grouped(account),
        iban(account),
        f"45.{rng.randint(1, 254)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}",
        f"GA1.1.{rng.randint(10**8, 10**9)}.{rng.randint(1_767_225_600, 1_774_915_200)}",
    )


def _sentence(rng: random.Random, words: int = 0) -> str:
    text = " ".join(rng.choices(_WORDS, k=words or rng.randint(8, 20)))
    return f"{text[0].upper()}{text[1:]}."


def _prose(rng: random.Random) -> str:
    text = " ".join(_sentence(rng) for _ in range(rng.randint(1, 4)))
    draw = rng.random()
    if draw < 0.15:
        text += f" Sak {rng.randint(2015, 2026)}/{rng.randint(1, 9999)} ble behandlet {_date(rng)}."
    elif draw < 0.25:
        text += f" Beløpet er kr {rng.randint(1, 999)} {rng.randint(0, 999):03d},{rng.randint(0, 99):02d}."
    return text


def _date(rng: random.Random) -> str:
    return f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(2015, 2026)}"


def _csv(rng: random.Random) -> str:
    return f"{rng.randint(10**5, 10**6)};;;;;{_csv_rest(rng)}"


def _csv_planted(rng: random.Random) -> str:
    v = _values(rng)
    return f"{rng.randint(10**5, 10**6)};{v.name};{v.number};{v.email};{v.phone};{_csv_rest(rng)}"


def _csv_rest(rng: random.Random) -> str:
    note = " ".join(rng.choices(_WORDS, k=rng.randint(2, 6)))
    return f"{rng.choice(_PLACES)};{rng.randint(1, 99_999)},{rng.randint(0, 99):02d};{_date(rng)};{note}"


def _applog(rng: random.Random) -> str:
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}.{rng.randint(0, 999):03d}"
    text = " ".join(rng.choices(_WORDS, k=rng.randint(4, 9)))
    level = rng.choice(("INFO ", "DEBUG", "WARN "))
    return (
        f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}T{clock}Z {level} [db.pool] {text} "
        f"trace={rng.getrandbits(128):032x} ms={rng.randint(0, 5000)}"
    )


def _access(rng: random.Random, who: str, cookie: str) -> str:
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
    stamp = f"{rng.randint(1, 28):02d}/{rng.choice(_MONTHS)}/2026:{clock} +0000"
    page = f"/{rng.choice(_WORDS)}/{rng.randint(1, 99_999)}"
    size = rng.randint(100, 99_999)
    return f'{who} - - [{stamp}] "GET {page} HTTP/1.1" 200 {size} "https://www.example.no/" "{_AGENT}" "{cookie}"'


def _access_planted(rng: random.Random) -> str:
    v = _values(rng)
    return _access(rng, v.address, f"_ga={v.cookie}" if rng.random() < 0.5 else "-")


def _mail(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.1:
        return ""
    return f"{'> ' if draw < 0.2 else 'Subject: ' if draw < 0.25 else ''}{_sentence(rng, rng.randint(5, 12))}"


def _mail_planted(rng: random.Random) -> str:
    v, draw = _values(rng), rng.random()
    if draw < 0.4:
        return f"From: {v.name} <{v.email}>"
    if draw < 0.7:
        return f"Mvh {v.name}, tlf. {v.phone}, {v.email}"
    return f"{_sentence(rng, 5)} Gjelder {v.one(rng)}."


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Writes the corpora of the benchmarks: KIND.DENSITY.txt or .csv.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size-mb", type=float, default=1.0, help="size of each file in 10^6 bytes (default 1)")
    parser.add_argument("--kinds", nargs="+", choices=sorted(kinds()), default=sorted(kinds()))
    parser.add_argument("--densities", nargs="+", choices=list(DENSITIES), default=list(DENSITIES))
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in options.kinds:
        for density in options.densities:
            path = options.folder / f"{kind}.{density}.{'csv' if kind == 'csv' else 'txt'}"
            print(f"{path}: {write_corpus(path, kind, density, int(options.size_mb * 1e6), options.seed)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
