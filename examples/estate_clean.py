"""Files without any person: rent/, in which nothing may be found, and uleselig/, which nothing can read."""

from __future__ import annotations

import random

from estate_archives import encrypted_zip_bytes, ole_header_bytes
from estate_business import kid
from estate_marks import Table, lines
from estate_office import pdf_bytes
from estate_writer import Estate

CLEAN_FOLDER = "rent"
_GOODS = ("Lærebok", "Arbeidsbok", "Kladdebok", "Kulepenn", "Tavletusj", "Hodetelefoner", "Kalkulator", "Ringperm")
_COLOURS = ("blå", "rød", "grønn", "svart", "hvit")
_K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_ORG = (3, 2, 7, 6, 5, 4, 3, 2, 1)


def write_clean_files(estate: Estate) -> None:
    """Everything below rent/: numbers and words that look like personal data and are none."""
    _catalogue(estate)
    _references(estate)
    _source_code(estate)
    _report(estate)
    _build_log(estate)


def write_unreadable_files(estate: Estate) -> None:
    """An encrypted archive, a PDF cut off in the middle and a Word file of the old kind without content."""
    rng = estate.rng("uleselig")
    estate.put("uleselig/kryptert.zip", encrypted_zip_bytes("deltakere.csv", rng.randbytes(4096)))
    whole = pdf_bytes([[f"Side {i}, avsnitt {j}" for j in range(30)] for i in range(1, 9)])
    estate.put("uleselig/avkuttet.pdf", whole[: len(whole) // 20])
    estate.put("uleselig/gammel-avtale.doc", ole_header_bytes(rng.randbytes(3000)))


def not_an_identifier(rng: random.Random, first: str, length: int) -> str:
    """Digits that begin with `first` and fail the control digits of national, account and organisation numbers."""
    while True:
        digits = first + "".join(str(rng.randint(0, 9)) for _ in range(length - len(first)))
        if not any(_fits(digits, weights) for weights in (_K1, _K2, _ORG)):
            return digits


def _fits(digits: str, weights: tuple[int, ...]) -> bool:
    """Whether a check could accept the digits; for the first control digit also by the rule of 2032 (rest 0 to 3)."""
    if len(digits) != (9 if weights is _ORG else 11):
        return False
    rest = sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11
    return rest <= 3 if weights is _K1 else rest == 0


def _catalogue(estate: Estate) -> None:
    path = f"{CLEAN_FOLDER}/produktkatalog.csv"
    rng = estate.rng(path)
    rows: Table = [["Varenr", "EAN", "Varetekst", "Pris", "Lager", "Bestillingsnr", "Sist endret"]]
    for i in range(500):
        text = f"{rng.choice(_GOODS)}, {rng.choice(_COLOURS)}, {rng.randint(1, 12)} stk"
        price = f"{rng.randint(19, 1999)},{rng.choice(('00', '50', '90'))}"
        changed = f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        order = not_an_identifier(rng, "1", 8)  # no Norwegian telephone number begins with 1
        rows.append([f"V-{10_000 + i}", _ean(rng), text, price, rng.randint(0, 400), order, changed])
    estate.csv(path, rows)


def _ean(rng: random.Random) -> str:
    """An EAN-13 of a series for use within a shop (prefix 20 to 29); control digit by weights 1 and 3."""
    stem = f"2{rng.randint(0, 10**11 - 1):011d}"
    return f"{stem}{-sum(int(d) * (1 + 2 * (i % 2)) for i, d in enumerate(stem)) % 10}"


def _references(estate: Estate) -> None:
    path = f"{CLEAN_FOLDER}/kid-og-faktura.csv"
    rng = estate.rng(path)
    rows: Table = [["Fakturanr", "KID", "Referanse", "Forfall", "Beløp"]]
    for i in range(300):
        due = f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.2026"
        day_like = f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}"  # looks like the start of a national number
        reference = not_an_identifier(rng, day_like, 11)
        rows.append([20_260_000 + i, kid(rng), reference, due, f"{rng.randint(100, 90_000)},00"])
    estate.csv(path, rows, "cp1252")


def _source_code(estate: Estate) -> None:
    estate.text(
        f"{CLEAN_FOLDER}/lager.py",
        lines(
            [
                '"""Regner ut lagerverdi."""',
                "",
                'VERSION = "4.2.1.7"',
                "VAT = 0.25",
                "MAX_ROWS = 10_000_000",
                "MASK = 0xDEADBEEFCAFE",
                "",
                "",
                "def stock_value(rows: list[tuple[int, float]]) -> float:",
                '    """Antall ganger pris, uten moms."""',
                "    return sum(count * price / (1 + VAT) for count, price in rows)",
                "",
                "",
                "def order_key(year: int, number: int) -> str:",
                '    return f"{year:04d}{number:08d}"',
            ]
        ),
    )


def _report(estate: Estate) -> None:
    estate.text(
        f"{CLEAN_FOLDER}/kvartalsrapport.txt",
        lines(
            [
                "Kvartalsrapport, første kvartal 2026",
                "",
                "Omsetningen ble 12 450 000 kroner, mot 11 980 000 kroner i samme kvartal året før.",
                "Det ble holdt 46 kurs. Kurset i regnskap hadde flest påmeldinger.",
                "Kapasiteten på Torgallmenningen er full fra 01.04.2026 til 30.06.2026.",
                "Husleien øker med 3,4 prosent. Strømmen kostet 184 300,00 kr.",
                "Styret vedtok budsjettet i sak 14/2026 den 12.02.2026.",
                "Neste rapport kommer 15.07.2026 klokken 12:00.",
            ]
        ),
    )


def _build_log(estate: Estate) -> None:
    path = f"{CLEAN_FOLDER}/bygg.log"
    rng = estate.rng(path)
    written = []
    for i in range(300):
        commit = f"{rng.getrandbits(160):040x}"
        job = "-".join(f"{rng.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12))
        version = f"{rng.randint(1, 9)}.{rng.randint(0, 40)}.{rng.randint(0, 9)}"
        written.append(
            f"2026-03-{1 + i // 12:02d}T{i % 24:02d}:{i % 60:02d}:07Z bygg {job} versjon {version} "
            f"innsjekk {commit} tok {rng.randint(200, 99_999)} ms"
        )
    estate.text(path, lines(written))
