"""Reads the cells of a record of processing activities from CSV and XLSX, as text with the row that each stands in.

Bounded: a file, a workbook or a table that is larger than any record is refused. Knows no columns.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pii_scan.errors import ConfigError

MAX_FILE_BYTES = 20 << 20
MAX_UNPACKED_BYTES = 200 << 20
MAX_ROWS = 20_000
MAX_COLUMNS = 256
MAX_CELL = 32_767
"""Characters, as in a workbook."""
MAX_NOTES = 100
_SCANNED_ROWS = 200_000
DELIMITERS = (";", ",", "\t")
ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
"""What a formula that fails shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something."""

    number: int
    """From 1: of the sheet, or the line of a text file."""
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of cells."""

    name: str | None
    """None for a text file."""
    rows: tuple[Row, ...]
    hidden: bool = False
    notes: tuple[str, ...] = ()

    def where(self, path: Path, row: int) -> str:
        """A row as messages name it."""
        return f"{path.name}, line {row}" if self.name is None else f"{path.name}, sheet {self.name}, row {row}"


def read_sheets(path: Path) -> list[list[Sheet]]:
    """The ways to read `path`: a workbook in one, a text file once for each delimiter. Raises ConfigError."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    if size > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB", "a record of processing is smaller")
    if content.startswith(b"PK"):
        return [_workbook(path, content)]
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ConfigError(f"{path}: an old or encrypted workbook", "save it as .xlsx without a password")
    text = _decoded(path, content)
    return [[Sheet(None, tuple(_lines(path, text, delimiter)))] for delimiter in DELIMITERS]


def _decoded(path: Path, content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one («Unicode text» of Excel), else Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ConfigError(f"{path}: is neither a workbook nor a text in UTF-8 or Windows-1252", "save it as .xlsx or CSV")


def _lines(path: Path, text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    line, rows = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows += 1
                if rows > MAX_ROWS:
                    raise _too_many(path)
                yield Row(line, tuple(_text(cell) for cell in cells[:MAX_COLUMNS]))
            line = reader.line_num + 1
    except csv.Error:
        raise ConfigError(f"{path}, line {line}: a cell without an end", "is a quotation mark left open?") from None


def _too_many(path: Path) -> ConfigError:
    return ConfigError(f"{path}: more than {MAX_ROWS} rows", "a record of processing has one row for each activity")


def _workbook(path: Path, content: bytes) -> list[Sheet]:
    _check_size(path, content)
    try:
        from openpyxl import load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a record does not need: validations, headers, styles
            warnings.filterwarnings("error", "File contains an invalid specification")  # it leaves out a sheet
            shown, formulas = (
                load_workbook(io.BytesIO(content), read_only=True, data_only=only, keep_links=False)
                for only in (True, False)
            )
            return [_sheet(path, sheet, formulas[sheet.title]) for sheet in shown.worksheets]
    except ConfigError:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, SyntaxError,
            NotImplementedError, RuntimeError, ArithmeticError, UserWarning, zipfile.BadZipFile) as error:  # fmt: skip
        # what openpyxl, zipfile and the XML parser raise for a workbook that is none; ParseError is a SyntaxError
        raise ConfigError(f"{path}: not a workbook that can be read ({type(error).__name__})",
                          "save it as .xlsx in a spreadsheet program") from None  # fmt: skip


def _check_size(path: Path, content: bytes) -> None:
    """Refuses what unpacks to more than a workbook of so few rows does; zipfile gives no more than is stated."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise ConfigError(f"{path}: not a workbook that can be read", "save it as .xlsx") from None
    if size > MAX_UNPACKED_BYTES:
        raise ConfigError(f"{path}: unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB", "save it anew as .xlsx")


def _sheet(path: Path, sheet: Any, formulas: Any) -> Sheet:
    """`sheet` with the results of formulas, `formulas` with the formulas themselves."""
    name = " ".join(str(sheet.title).split())
    rows: list[Row] = []
    notes: list[str] = []
    for one in (sheet, formulas):
        one.reset_dimensions()
    pairs = zip(_values(sheet), _values(formulas), strict=False)
    for number, (cells, written) in enumerate(pairs, 1):
        if number > _SCANNED_ROWS:
            raise _too_many(path)
        texts = tuple(_text(value) for value in cells)
        for column, (text, value, formula) in enumerate(zip(texts, cells, written, strict=False), 1):
            if text in ERRORS or (value is None and formula is not None and str(formula).startswith("=")):
                what = text if text in ERRORS else "a formula without a result (open and save the file)"
                notes.append(f"sheet {name}, row {number}, column {column}: {what}, read as empty")
        del notes[MAX_NOTES:]
        texts = tuple("" if text in ERRORS else text for text in texts)
        if any(text.strip() for text in texts):
            rows.append(Row(number, texts))
            if len(rows) > MAX_ROWS:
                raise _too_many(path)
    return Sheet(name, tuple(rows), sheet.sheet_state != "visible", tuple(notes))


def _values(sheet: Any) -> Iterator[tuple[Any, ...]]:
    found: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
    for row in found:
        yield row[:MAX_COLUMNS]


def _text(value: object) -> str:
    """What a cell shows, near enough: dates as ISO 8601, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nei"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)[:MAX_CELL].replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    escaped = text[:1] == "'" and text[1:2] in tuple("=+-@\t\r\n")  # as our own export escapes
    return text[1:].strip() if escaped else text.strip()
