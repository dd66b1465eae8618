"""The example estate: the same bytes each time, every planted value where the truth says, nobody's numbers."""

from __future__ import annotations

import base64
import csv
import email
import email.policy
import gzip
import importlib.util
import io
import re
import sqlite3
import sys
import tarfile
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as parquet
import pytest

from pii_scan.notice.model import load_notice

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Row = dict[str, Any]
ENCODINGS = {
    "regnskap/bank/kontoutskrift-2026-02.csv": "cp1252",
    "regnskap/visma/kunder.edi": "cp1252",
    "regnskap/gbat10/bilag-2026-02.txt": "cp1252",
    "m365/entra/exportUsers_2026-03-10.csv": "utf-8-sig",
    "kurs/deltakere-2026.csv": "cp1252",
    "kurs/rapportering-2026-vaar.csv": "utf-8-sig",
    "okonomi/bank-2026-03.csv": "cp1252",
    "notater/telefonliste.txt": "utf-16",
    "notater/gammelt-notat.txt": "latin-1",
    "rent/kid-og-faktura.csv": "cp1252",
    "epost/2026-03-12-deltakerliste.eml!gruppe3.zip!gruppe3.csv": "utf-8-sig",
}
K1 = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]
K2 = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
ORG = [3, 2, 7, 6, 5, 4, 3, 2, 1]


def load_make_estate() -> ModuleType:
    """As an installed package loads it: by its file path, the folder on sys.path only for that time."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        spec = importlib.util.spec_from_file_location("make_estate", EXAMPLES / "make_estate.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXAMPLES))
    return module


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return load_make_estate()


@pytest.fixture(scope="module")
def estate(module: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    folder = tmp_path_factory.mktemp("estate") / "fjordlys"
    return folder, module.make_estate(folder)


def rows_by_document(rows: list[Row], kind: str, wanted: Callable[[str], bool]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if row["kind"] == kind and wanted(row["document"]):
            found[row["document"]].append(row)
    assert found
    return found


def member_bytes(folder: Path, document: str) -> bytes:
    """The bytes of a document by its chain, read with the standard library only."""
    top, *chain = document.split("!")
    data = (folder / top).read_bytes()
    name = top
    for member in chain:
        if name.endswith(".eml"):
            message = email.message_from_bytes(data, policy=email.policy.default)
            part = next(p for p in message.walk() if p.get_filename() == member)
            content = part.get_content() if part.get_content_type() == "message/rfc822" else None
            data = content.as_bytes() if isinstance(content, EmailMessage) else part.get_payload(decode=True)
        elif name.endswith(".zip"):
            data = zipfile.ZipFile(io.BytesIO(data)).read(member)
        elif name.endswith((".gz", ".mbz")):
            data = gzip.decompress(data)
        elif name.endswith(".mbox"):
            data = re.split(rb"(?m)^From \d+@xxx .*\n", data)[int(member)]
        elif name.endswith(".xml"):
            found = ElementTree.fromstring(data).iterfind(f".//{{*}}EmbeddedDocumentBinaryObject[@filename='{member}']")
            data = base64.b64decode(next(found).text or "")
        else:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                held = archive.extractfile(member)
                assert held is not None
                data = held.read()
        name = member
    return data


READ_AS_IS = re.compile(
    r"\.(txt|log|jsonl|html|xml|yaml|vcf|edi|log\.1|a1b2c3d4)$|-[0-9A-F]{16}$|^(?!meta/facebook).*\.json$"
)
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
IS_MAIL = re.compile(r"\.eml$|\.mbox!\d{5}$")


def number_fits(digits: str, weights: list[int]) -> bool:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11 == 0


def test_same_seed_same_bytes(module: ModuleType, estate: tuple[Path, list[Row]], tmp_path: Path) -> None:
    folder, rows = estate
    again = tmp_path / "again"
    assert module.make_estate(again) == rows
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in files:
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name
        assert (folder / name).stat().st_mtime == (again / name).stat().st_mtime


def test_another_seed_other_people(module: ModuleType, estate: tuple[Path, list[Row]], tmp_path: Path) -> None:
    other = {row["value"] for row in module.make_estate(tmp_path / "other", seed=7) if row["entity_type"] == "PERSON"}
    assert other != {row["value"] for row in estate[1] if row["entity_type"] == "PERSON"}


def test_the_estate_has_the_promised_size(estate: tuple[Path, list[Row]]) -> None:
    files = [p for p in estate[0].rglob("*") if p.is_file()]
    assert 90 <= len(files) <= 120
    assert 1_000_000 < sum(p.stat().st_size for p in files) < 3_000_000


def test_cells_of_csv_files_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    for document, planted in rows_by_document(rows, "cell", lambda d: d.endswith(".csv")).items():
        text = member_bytes(folder, document).decode(ENCODINGS.get(document, "utf-8"))
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        for row in planted:
            assert row["value"] in table[row["row"] - 1][row["column_number"] - 1], (document, row["row"])
            assert table[0][row["column_number"] - 1] == row["header"]


def test_cells_of_workbooks_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder, rows = estate
    for document, planted in rows_by_document(rows, "cell", lambda d: d.endswith(".xlsx")).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(member_bytes(folder, document)))
        for row in planted:
            cell = book[row["sheet"]].cell(row["row"], row["column_number"]).value
            shown = str(cell).zfill(len(row["value"])) if isinstance(cell, int) else cell
            assert row["value"] in shown
            assert book[row["sheet"]].cell(1, row["column_number"]).value == row["header"]


def test_some_national_numbers_are_stored_as_numbers_without_their_zero(estate: tuple[Path, list[Row]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(estate[0] / "kurs/deltakere-2025.xlsx")
    numbers = [row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert all(isinstance(number, int) for number in numbers)
    assert any(len(str(number)) == 10 for number in numbers)


def test_lines_of_texts_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    for document, planted in rows_by_document(rows, "text", lambda d: bool(READ_AS_IS.search(d))).items():
        lines = member_bytes(folder, document).decode(ENCODINGS.get(document, "utf-8")).split("\n")
        for row in planted:
            assert lines[row["line"] - 1].startswith(row["value"], row["column_number"] - 1), (document, row["line"])


def test_bodies_and_headers_of_mails_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    mails = rows_by_document(rows, "text", lambda d: bool(IS_MAIL.search(d)))
    for document, planted in mails.items():
        message = email.message_from_bytes(member_bytes(folder, document), policy=email.policy.default)
        bodies = [p.get_content().split("\n") for p in message.walk() if p.get_content_maintype() == "text"]
        for row in planted:
            start = row["column_number"] - 1
            at = [b for b in bodies if len(b) >= row["line"] and b[row["line"] - 1].startswith(row["value"], start)]
            assert at, (document, row["line"])
    for document, planted in rows_by_document(rows, "part", lambda d: bool(IS_MAIL.search(d))).items():
        message = email.message_from_bytes(member_bytes(folder, document), policy=email.policy.default)
        for row in planted:
            if row["part"] == "name":
                assert row["value"] in document
                continue
            assert row["value"] in str(message[row["part"].removeprefix("header: ")])


def test_paragraphs_of_word_files_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    docx = pytest.importorskip("docx")
    folder, rows = estate
    for document, planted in rows_by_document(rows, "text", lambda d: d.endswith(".docx")).items():
        word = docx.Document(folder / document)
        lines = []
        for block in word.iter_inner_content():
            texts = [[c.text for c in r.cells] for r in block.rows] if hasattr(block, "rows") else [[block.text]]
            lines += ["\t".join(cells) for cells in texts]
        comments = [comment.text for comment in word.comments]
        for row in planted:
            assert row["value"] in (comments if row["part"] else lines)[row["line"] - 1]


def test_pages_of_pdf_files_and_slides_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    pptx = pytest.importorskip("pptx")
    folder, rows = estate
    for document, planted in rows_by_document(rows, "page", lambda d: d.endswith((".pdf", ".pptx"))).items():
        data = member_bytes(folder, document)
        if document.endswith(".pdf"):
            pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(data)]
        else:
            slides = pptx.Presentation(io.BytesIO(data)).slides
            pages = ["\n".join(shape.text_frame.text for shape in slide.shapes) for slide in slides]
        for row in planted:
            assert row["value"] in pages[row["page"] - 1]


def test_every_value_is_checked_by_a_test_above_or_is_in_slide_notes(estate: tuple[Path, list[Row]]) -> None:
    left = {row["part"] for row in estate[1] if row["kind"] == "part" and not IS_MAIL.search(row["document"])}
    assert left == {"slide 2: notes", "slide 3: notes", "name"}
    [named] = [row for row in estate[1] if row["part"] == "name" and not IS_MAIL.search(row["document"])]
    assert "_".join(named["value"].lower().split()) in named["document"]
    seen = set("csv xlsx eml docx pdf pptx json parquet sqlite sql".split())
    documents = {row["document"] for row in estate[1]}
    unseen = {d for d in documents if not READ_AS_IS.search(d) and not IS_MAIL.search(d)}
    assert {document.rpartition(".")[2] for document in unseen} <= seen


def test_rows_of_databases_hold_the_values(estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    tables: dict[str, list[list[Any]]] = {}
    for document, planted in rows_by_document(
        rows, "cell", lambda d: d.endswith((".parquet", ".sqlite", ".sql"))
    ).items():
        if document.endswith(".parquet"):
            table = parquet.read_table(folder / document)
            tables[document] = [[row[name] for name in table.column_names] for row in table.to_pylist()]
        elif document.endswith(".sqlite"):
            base = sqlite3.connect(f"file:{folder / document}?mode=ro&immutable=1", uri=True)
            tables[document] = [list(row) for row in base.execute("SELECT * FROM bruker ORDER BY id")]
            base.close()
        else:
            lines = re.findall(r"(?m)^\((.*)\)[,;]$", (folder / document).read_text(encoding="utf-8"))
            tables[document] = [next(csv.reader([line], quotechar="'")) for line in lines]
        for row in planted:
            assert tables[document][row["row"] - 1][row["column_number"] - 1] == row["value"]
    assert len(tables) == 3


def test_facebook_writes_each_byte_as_a_letter_and_the_truth_has_the_names(estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    threads = rows_by_document(rows, "text", lambda d: d.startswith("meta/facebook"))
    for document, planted in threads.items():
        data = member_bytes(folder, document)
        assert data.isascii()
        lines = data.decode("ascii").split("\n")
        for row in planted:
            line = lines[row["line"] - 1].encode("ascii").decode("unicode_escape").encode("latin-1").decode("utf-8")
            assert row["value"] in line
        names = {row["value"] for row in planted if row["entity_type"] == "PERSON"}
        assert names and all(not name.isascii() for name in names)


def test_national_numbers_are_of_the_test_series(estate: tuple[Path, list[Row]]) -> None:
    numbers = [row for row in estate[1] if row["entity_type"] in {"NO_FODSELSNUMMER", "NO_D_NUMMER"}]
    assert {row["entity_type"] for row in numbers} == {"NO_FODSELSNUMMER", "NO_D_NUMMER"}
    for row in numbers:
        digits = row["value"].replace(" ", "")
        assert 81 <= int(digits[2:4]) <= 92
        assert row["synthetic"] is True
        assert (41 <= int(digits[:2]) <= 71) == (row["entity_type"] == "NO_D_NUMMER")
        assert len(digits) == 11 and number_fits(digits, K1) and number_fits(digits, K2)
    kept_for_tests = {"NO_FODSELSNUMMER", "NO_D_NUMMER", "NO_ORGANISASJONSNUMMER", "PHONE_NUMBER", "CREDIT_CARD"}
    assert {row["entity_type"] for row in estate[1] if row["synthetic"]} == kept_for_tests


def test_other_numbers_are_valid_and_nobodys(estate: tuple[Path, list[Row]]) -> None:
    values = defaultdict(set)
    for row in estate[1]:
        values[row["entity_type"]].add(row["value"])
    telling = 0
    for value in values["NO_BANK_ACCOUNT"]:
        digits = value.replace(".", "")
        assert len(digits) == 11 and number_fits(digits, K2)
        if number_fits(digits, K1):  # passes for a national number: of the test series, so nobody's
            assert 81 <= int(digits[2:4]) <= 92
            telling += 1
    assert telling >= 5
    for value in values["NO_ORGANISASJONSNUMMER"]:
        assert value[0] in "23" and len(value) == 9 and number_fits(value, ORG)
    for value in values["IBAN_CODE"]:
        code = value.replace(" ", "")
        assert code.startswith("NO") and int(f"{code[4:]}2324{code[2:4]}") % 97 == 1
    free = re.compile(r"(\+47 ?)?68 ?05 ?\d\d ?\d\d|\+44 20 7946 0\d{3}|\+46 8 465 004 \d\d")
    assert all(free.fullmatch(value) for value in values["PHONE_NUMBER"] if not DIGEST.fullmatch(value))
    mail = re.compile(r"[\w.-]+@([a-z]+\.)*example\.(no|com)")
    assert all(mail.fullmatch(value) for value in values["EMAIL_ADDRESS"] if not DIGEST.fullmatch(value))
    assert all(value[4:7] == "999" for value in values["NO_DUF_NUMMER"])
    cards = {"4111111111111111", "5555555555554444", "4242424242424242", "378282246310005"}
    assert {value.replace(" ", "") for value in values["CREDIT_CARD"]} == cards


def test_no_value_is_planted_in_the_clean_documents(module: ModuleType, estate: tuple[Path, list[Row]]) -> None:
    folder, rows = estate
    clean = module.clean_documents(folder)
    assert len(clean) == 5
    assert not {row["document"] for row in rows} & set(clean)
    text = "\n".join((folder / name).read_text(ENCODINGS.get(name, "utf-8")) for name in clean)
    assert "@" not in text
    for digits in re.findall(r"(?<!\d)\d{11}(?!\d)", text):
        assert not number_fits(digits, K1) and not number_fits(digits, K2)
    assert not [d for d in re.findall(r"(?<![\da-f-])\d{8}(?![\da-f-])", text) if d[0] in "345679" or d[:2] > "20"]


def test_unreadable_files_are_unreadable(estate: tuple[Path, list[Row]]) -> None:
    folder = estate[0] / "uleselig"
    archive = zipfile.ZipFile(folder / "kryptert.zip")
    with pytest.raises(RuntimeError, match="encrypted"):
        archive.read("deltakere.csv")
    assert b"startxref" not in (folder / "avkuttet.pdf").read_bytes()
    assert (folder / "gammel-avtale.doc").read_bytes().startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def test_the_notice_model_is_valid_and_declares_less_than_there_is(estate: tuple[Path, list[Row]]) -> None:
    folder = estate[0] / "personvern"
    notice = load_notice(folder / "notice.yaml")
    assert "bank" not in notice.categories and "national_id" in notice.categories
    reference = notice.law_refs[0]
    text = (folder / "personvernerklaering.txt").read_text(encoding="utf-8").split("\n")
    assert reference.line is not None and reference.cite in text[reference.line - 1]


def test_the_truth_lies_outside_the_scanned_folder(
    module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    assert module.main([str(folder)]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "data",
        "data.clean.txt",
        "data.gaps.csv",
        "data.systems.csv",
        "data.truth.csv",
    ]
    with (tmp_path / "data.truth.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 5000 and {row["synthetic"] for row in rows} == {"true", "false"}
    assert "planted values" in capsys.readouterr().out
    assert module.main([str(folder)]) == 0


def test_a_folder_with_other_files_is_left_alone(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("x", encoding="utf-8")
    assert module.main([str(tmp_path / "data")]) == 2
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["mine.txt"]
