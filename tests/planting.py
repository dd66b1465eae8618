"""An estate with known values in every format and name that can hold one, and every form they could leak in."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import docx
import openpyxl
import pdf_files
import pptx
from extract.formats_archives import zipped
from openpyxl.comments import Comment

VALUES = {
    "NO_FODSELSNUMMER": ("11837533335", "118375 33335", "118375-33335"),
    "NO_D_NUMMER": ("43897703077",),
    "NO_H_NUMMER": ("10499309231",),
    "EMAIL_ADDRESS": ("zxq.plantet@example.no", "Ådne.Plantet@example.com"),
    "PHONE_NUMBER": ("68 05 43 21", "+47 68 05 98 76"),
    "IBAN_CODE": ("NO2149992059191", "NO21 4999 2059 191"),
    "CREDIT_CARD": ("4111 1111 1111 1111",),
    "NO_BANK_ACCOUNT": ("4999.20.59191",),
    "NO_ORGANISASJONSNUMMER": ("370 749 248",),
    "IP_ADDRESS": ("45.83.12.97", "2a02:fe1::8a2e:370:7334"),
}
LABELS = {
    "PHONE_NUMBER": "tlf ", "NO_BANK_ACCOUNT": "kontonr ", "NO_ORGANISASJONSNUMMER": "orgnr ", "IP_ADDRESS": "IP ",
    "NO_FODSELSNUMMER": "fnr ", "NO_D_NUMMER": "fnr ", "NO_H_NUMMER": "fnr ", "CREDIT_CARD": "kort ",
}  # fmt: skip
LINES = [LABELS.get(kind, "") + value for kind, values in VALUES.items() for value in values]
TEXT = "".join(f"{line}\n" for line in LINES)
NAME = "fnr 11837533335 zxq.plantet@example.no"
"""What files, folders, members, sheets and columns are called."""


def written_forms() -> dict[str, bytes]:
    """Every form of every value that must appear nowhere, by a description of it."""
    forms: dict[str, bytes] = {}
    for values in VALUES.values():
        for value in values:
            digits = "".join(char for char in value if char.isdigit())
            spellings = {
                value,
                value.lower(),
                value.upper(),
                value.replace(" ", ""),
                quote(value, safe=""),
                repr(value)[1:-1],
            }
            if len(digits) >= 8:
                spellings.add(digits)
            for spelling in spellings:
                forms[f"{spelling} in UTF-8"] = spelling.encode()
                forms[f"{spelling} in UTF-16"] = spelling.encode("utf-16-le")
    return forms


FORMS = written_forms()


def leaks(data: bytes) -> list[str]:
    """The forms that `data` holds."""
    return [name for name, form in FORMS.items() if form in data]


def _docx() -> bytes:
    made = docx.Document()
    made.core_properties.author = VALUES["EMAIL_ADDRESS"][0]
    made.sections[0].header.paragraphs[0].text = LINES[0]
    table = made.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = LINES[3], LINES[5]
    for line in LINES:
        made.add_paragraph(line)
    return _saved(made)


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "fnr 11837533335"
    sheet.append([NAME, "kontakt"])
    for line in LINES:
        sheet.append([line, line])
    sheet["B2"].comment = Comment(LINES[0], VALUES["EMAIL_ADDRESS"][0])
    return _saved(book)


def _pptx() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = TEXT
    slide.notes_slide.notes_text_frame.text = LINES[0]
    return _saved(deck)


def _saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def _eml() -> bytes:
    message = EmailMessage()
    message["From"] = f"Plantet <{VALUES['EMAIL_ADDRESS'][0]}>"
    message["To"] = VALUES["EMAIL_ADDRESS"][0]
    message["Subject"] = LINES[0]
    message.set_content(TEXT)
    message.add_attachment(TEXT.encode(), "text", "plain", filename=f"{NAME}.txt")
    message.add_attachment(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image", "png", filename=f"{NAME}.png")
    return message.as_bytes()


def encrypted_zip(members: dict[str, bytes]) -> bytes:
    """A ZIP whose members claim to be encrypted (APPNOTE 4.4.4, bit 0)."""
    data = bytearray(zipped(members))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(f"{NAME}/brev.txt")
        info.size = len(TEXT.encode())
        archive.addfile(info, io.BytesIO(TEXT.encode()))
    return out.getvalue()


def _pdf() -> bytes:
    author = VALUES["EMAIL_ADDRESS"][0]
    lines = [line.replace("Å", "A") for line in LINES]
    return pdf_files.document(
        [pdf_files.show_text(*lines)], extra={100: f"<< /Author ({author}) >>".encode()}, trailer="/Info 100 0 R"
    )


def _readable() -> Iterator[tuple[str, bytes]]:
    text = TEXT.encode()
    cells = "".join(f'{i};"{line}";{line}\n' for i, line in enumerate(LINES))
    fields = ",".join(f'"{line}": "{line}"' for line in LINES)
    elements = "".join(f'<p fnr="11837533335" note="{line}">{line}</p>' for line in LINES)
    query = "&".join(f"v={quote(line)}" for line in LINES)
    yield "brev.txt", text
    yield "gammel.txt", TEXT.encode("cp1252")
    yield "bred.txt", TEXT.encode("utf-16")
    yield "tabell.csv", f"nr;{NAME};11837533335\n{cells}".encode()
    yield "poster.json", f"{{{fields}}}".encode()
    yield "poster.jsonl", "".join(f'{{"v": "{line}"}}\n' for line in LINES).encode()
    yield "poster.xml", f'<?xml version="1.0"?><a>{elements}</a>'.encode()
    yield "side.html", f"<html><title>{LINES[0]}</title><body>{elements}<a href='?{query}'>x</a></body></html>".encode()
    yield "brev.eml", _eml()
    yield "brev.docx", _docx()
    yield "bok.xlsx", _xlsx()
    yield "lysark.pptx", _pptx()
    yield "side.pdf", _pdf()
    yield "arkiv.zip", zipped({f"{NAME}/{NAME}.txt": text, "indre.zip": zipped({f"{NAME}.eml": _eml()})})
    yield "arkiv.tar.gz", _tar()
    yield "brev.txt.gz", gzip.compress(text)
    yield "brev.txt.bz2", bz2.compress(text)
    yield "brev.txt.xz", lzma.compress(text)
    for line in LINES:
        name = line.replace("/", "_")
        yield f"navn/{name}/{name}.txt", b"ingenting\n"
        yield f"navn/{name.replace(' ', '_')}.log", text


def _unreadable() -> Iterator[tuple[str, bytes]]:
    text = TEXT.encode()
    yield f"{NAME} last.pdf", pdf_files.LOCKED
    yield f"{NAME} last.zip", encrypted_zip({f"{NAME}.txt": text})
    yield f"{NAME} kappet.zip", zipped({f"{NAME}.txt": text * 50})[:-60]
    yield f"{NAME} kappet.docx", _docx()[:6000]
    yield f"{NAME} kappet.gz", gzip.compress(text)[:-9]
    yield f"{NAME} raise.txt", text
    yield f"{NAME} late.txt", text
    yield f"{NAME} abort.txt", text
    yield f"{NAME} flood.txt", text
    yield f"{NAME} ukjent.bin", bytes(range(256)) * 20 + text
    yield f"{NAME} gammel.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000 + text


READABLE = dict(_readable())
UNREADABLE = dict(_unreadable())


def make(folder: Path) -> Path:
    """Writes all of it into `folder`, and gives it back."""
    for part, files in (("lesbart", READABLE), ("uleselig", UNREADABLE)):
        for name, data in files.items():
            path = folder / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder
