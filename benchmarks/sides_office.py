"""Other readers of office documents and PDF, for `extraction_sides.py`.

Each function takes the path of a file and yields every value in it as text; its name is the format and the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sides_data import command


def xlsx_openpyxl(path: str) -> Iterator[Any]:
    import openpyxl

    with open(path, "rb") as content:
        for sheet in openpyxl.load_workbook(content, read_only=True):
            for row in sheet.iter_rows(values_only=True):
                yield from (str(value) for value in row if value is not None)


def xlsx_calamine(path: str) -> Iterator[Any]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).iter_rows():
            yield from (str(value) for value in row if value != "")


def sparse_openpyxl(path: str) -> Iterator[Any]:
    return xlsx_openpyxl(path)


def sparse_calamine(path: str) -> Iterator[Any]:
    return xlsx_calamine(path)


def pdf_pypdf(path: str) -> Iterator[Any]:
    import pypdf

    for page in pypdf.PdfReader(path).pages:
        yield page.extract_text()


def pdf_pdfplumber(path: str) -> Iterator[Any]:
    import pdfplumber

    with pdfplumber.open(path) as document:
        for page in document.pages:
            yield page.extract_text()
            page.close()


def docx_pythondocx(path: str) -> Iterator[Any]:
    import docx

    made = docx.Document(path)
    yield from (paragraph.text for paragraph in made.paragraphs)
    for table in made.tables:
        for row in table.rows:
            yield from (cell.text for cell in row.cells)


def docx_docx2python(path: str) -> Iterator[Any]:
    from docx2python import docx2python

    with docx2python(path) as made:
        yield made.text


def pptx_pythonpptx(path: str) -> Iterator[Any]:
    import pptx

    for slide in pptx.Presentation(path).slides:
        yield from (shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def pptx_elementtree(path: str) -> Iterator[Any]:
    """The least that does it with the standard library: the text of each slide."""
    return _parts(path, "ppt/slides/slide")


def _parts(path: str, prefix: str) -> Iterator[str]:
    import zipfile
    from xml.etree import ElementTree

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(prefix):
                with archive.open(name) as part:
                    yield "\n".join(ElementTree.parse(part).getroot().itertext())


def odt_odfpy(path: str) -> Iterator[Any]:
    from odf import opendocument, teletype
    from odf import text as odf_text

    for paragraph in opendocument.load(path).getElementsByType(odf_text.P):
        yield teletype.extractText(paragraph)


def odt_odfdo(path: str) -> Iterator[Any]:
    import odfdo

    yield odfdo.Document(path).get_formatted_text()


def ods_calamine(path: str) -> Iterator[Any]:
    return xlsx_calamine(path)


def ods_odfdo(path: str) -> Iterator[Any]:
    import odfdo

    for table in odfdo.Document(path).body.tables:
        for row in table.iter_values():
            yield from (str(value) for value in row if value is not None)


def xls_calamine(path: str) -> Iterator[Any]:
    return xlsx_calamine(path)


def xls_xlrd(path: str) -> Iterator[Any]:
    import xlrd

    for sheet in xlrd.open_workbook(path):
        for row in range(sheet.nrows):
            yield from map(str, sheet.row_values(row))


def doc_antiword(path: str) -> Iterator[Any]:
    return command(["antiword", "-m", "UTF-8.txt", "-w", "0", path])


def doc_catdoc(path: str) -> Iterator[Any]:
    return command(["catdoc", "-d", "utf-8", "-w", path])


def rtf_striprtf(path: str) -> Iterator[Any]:
    from striprtf.striprtf import rtf_to_text

    with open(path, encoding="cp1252") as content:
        yield rtf_to_text(content.read())


def rtf_catdoc(path: str) -> Iterator[Any]:
    return command(["catdoc", "-d", "utf-8", "-w", path])
