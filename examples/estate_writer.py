"""The folder under construction: turns marked content into files and keeps the ledger of what was planted where.

The `*_data` methods give the bytes of a document that will lie inside another (an attachment, an archive member).
"""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from estate_marks import Ledger, Numeric, Table, mark
from estate_office import docx_bytes, pdf_bytes, pptx_bytes, xlsx_bytes
from estate_people import EMPLOYERS, Person, account_number, organisation_number, people

FIRM = "Fjordlys Kurs AS"
DOMAIN = "fjordlys.example.no"
MODIFIED_AT = 1_774_000_800
"""2026-03-20 10:00 UTC."""


@dataclass(slots=True)
class Firm:
    """An invented customer."""

    name: str
    organisation: str
    contact: Person
    customer_id: str

    def organisation_number(self) -> str:
        """The organisation number, marked."""
        return mark("NO_ORGANISASJONSNUMMER", self.organisation)


@dataclass(slots=True)
class Estate:
    """One estate: its folder, its seed, its invented people, and the truth so far."""

    folder: Path
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    participants: list[Person] = field(init=False)
    staff: list[Person] = field(init=False)
    firms: list[Firm] = field(init=False)
    account: str = field(init=False)
    organisation: str = field(init=False)

    def __post_init__(self) -> None:
        """Invents the people and firms."""
        rng = self.rng("people")
        everyone = people(rng, 260)
        contacts, self.participants = everyone[8:16], everyone[16:]
        self.staff = [replace(p, mail=f"{p.mail.partition('@')[0]}@{DOMAIN}") for p in everyone[:8]]
        self.account, self.organisation = account_number(rng), organisation_number(rng)
        self.firms = [
            Firm(name, organisation_number(rng), contact, f"K-{20140 + i}")
            for i, (name, contact) in enumerate(zip(EMPLOYERS, contacts, strict=False))
        ]

    def rng(self, purpose: str) -> random.Random:
        """A generator for one file, so that a change in one file leaves the others as they are."""
        return random.Random(f"{self.seed}:{purpose}")

    def put(self, path: str, data: bytes, modified_at: int = MODIFIED_AT) -> None:
        """Writes one file below the folder, with a fixed time (seconds since 1970)."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.utime(target, (modified_at, modified_at))

    def text(self, path: str, marked: str, encoding: str = "utf-8") -> None:
        """Writes a text file."""
        self.put(path, self.ledger.text(path, marked).encode(encoding))

    def csv(self, path: str, rows: Table, encoding: str = "utf-8") -> None:
        """Writes a table with `;` between the cells; the first row is the header."""
        self.put(path, self.csv_data(path, rows, encoding))

    def xlsx(self, path: str, sheets: dict[str, Table]) -> None:
        """Writes a workbook."""
        self.put(path, self.xlsx_data(path, sheets))

    def pdf(self, path: str, pages: Sequence[Sequence[str]]) -> None:
        """Writes a PDF; each page is its lines."""
        self.put(path, self.pdf_data(path, pages))

    def csv_data(self, document: str, rows: Table, encoding: str = "utf-8", delimiter: str = ";") -> bytes:
        """A CSV file that will lie inside another document."""
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(self.ledger.table(document, rows))
        return out.getvalue().encode(encoding)

    def xlsx_data(self, document: str, sheets: dict[str, Table]) -> bytes:
        """A workbook that will lie inside another document."""
        return xlsx_bytes({name: self.ledger.table(document, rows, sheet=name) for name, rows in sheets.items()})

    def pdf_data(self, document: str, pages: Sequence[Sequence[str]]) -> bytes:
        """A PDF that will lie inside another document."""
        return pdf_bytes(
            [
                self.ledger.page(document, number, "\n".join(texts)).split("\n")
                for number, texts in enumerate(pages, start=1)
            ]
        )

    def docx(self, path: str, body: Sequence[str | Sequence[str]], comments: Sequence[tuple[str, str]] = ()) -> None:
        """Writes a Word file: a paragraph or a table row counts as one line; comments are a part of their own."""
        clean: list[str | Sequence[str]] = []
        numbered = "\n".join(block if isinstance(block, str) else "\t".join(block) for block in body)
        texts = self.ledger.text(path, numbered, columns=all(isinstance(block, str) for block in body)).split("\n")
        for block, text in zip(body, texts, strict=True):
            clean.append(text if isinstance(block, str) else text.split("\t"))
        noted = self.ledger.text(path, "\n".join(text for _, text in comments), part="comments").split("\n")
        authors = [author for author, _ in comments]
        self.put(path, docx_bytes(clean, list(zip(authors, noted, strict=False))))

    def pptx(self, path: str, slides: Sequence[tuple[Sequence[str], str]]) -> None:
        """Writes a slide show; each slide is its paragraphs and its notes."""
        clean = []
        for number, (paragraphs, notes) in enumerate(slides, start=1):
            shown = self.ledger.page(path, number, "\n".join(paragraphs)).split("\n")
            clean.append((shown, self.ledger.part(path, f"slide {number}: notes", notes)))
        self.put(path, pptx_bytes(clean))


def as_number(marked: str) -> Numeric:
    """A cell whose digits a spreadsheet stored as a number."""
    return Numeric(marked)
