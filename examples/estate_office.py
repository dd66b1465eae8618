"""Writes small valid DOCX, XLSX, PPTX and PDF files by hand, without a library. Gives bytes; writes nothing to disk.

DOCX, XLSX and PPTX after ECMA-376 (Office Open XML), PDF after ISO 32000-1 with one standard font and a text layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from estate_archives import zip_bytes
from estate_marks import Numeric, Table

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"

Relation = tuple[str, str]
"""The last part of the relationship's type, and its target."""


def docx_bytes(body: Sequence[str | Sequence[str]], comments: Sequence[tuple[str, str]] = ()) -> bytes:
    """A Word document: a string is a paragraph, a sequence of strings a table row; comments are (author, text)."""
    blocks, row_run = [], False
    for block in body:
        is_row = not isinstance(block, str)
        if row_run != is_row:
            blocks.append("<w:tbl><w:tblPr/><w:tblGrid/>" if is_row else "</w:tbl>")
            row_run = is_row
        blocks.append(_paragraph(block) if isinstance(block, str) else _table_row(block))
    if row_run:
        blocks.append("</w:tbl><w:p/>")
    marks = "".join(f'<w:r><w:commentReference w:id="{i}"/></w:r>' for i in range(len(comments)))
    if marks:
        blocks.append(f"<w:p><w:r><w:t>Slutt på dokumentet.</w:t></w:r>{marks}</w:p>")
    content = f"<w:body>{''.join(blocks)}<w:sectPr/></w:body>"
    parts = {"word/document.xml": f'{_XML}<w:document xmlns:w="{_WORD}">{content}</w:document>'}
    types = {"word/document.xml": f"{_TYPE}.wordprocessingml.document.main+xml"}
    relations: list[Relation] = []
    if comments:
        notes = "".join(
            f'<w:comment w:id="{i}" w:author="{escape(author)}" w:date="2026-02-11T09:00:00Z">'
            f"{_paragraph(text)}</w:comment>"
            for i, (author, text) in enumerate(comments)
        )
        parts["word/comments.xml"] = f'{_XML}<w:comments xmlns:w="{_WORD}">{notes}</w:comments>'
        types["word/comments.xml"] = f"{_TYPE}.wordprocessingml.comments+xml"
        relations.append(("comments", "comments.xml"))
    parts["word/_rels/document.xml.rels"] = _relations(relations)
    return _package("word/document.xml", parts, types)


def xlsx_bytes(sheets: dict[str, Table]) -> bytes:
    """A workbook with shared strings; `Numeric` cells and numbers are stored as numbers."""
    strings: dict[str, int] = {}
    parts = {
        f"xl/worksheets/sheet{i}.xml": _worksheet(rows, strings) for i, rows in enumerate(sheets.values(), start=1)
    }
    types = dict.fromkeys(parts, f"{_TYPE}.spreadsheetml.worksheet+xml")
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, start=1)
    )
    parts["xl/workbook.xml"] = (
        f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}/relationships"><sheets>{listed}</sheets></workbook>'
    )
    types["xl/workbook.xml"] = f"{_TYPE}.spreadsheetml.sheet.main+xml"
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    parts["xl/sharedStrings.xml"] = f'{_XML}<sst xmlns="{_SHEET}" uniqueCount="{len(strings)}">{items}</sst>'
    types["xl/sharedStrings.xml"] = f"{_TYPE}.spreadsheetml.sharedStrings+xml"
    parts["xl/styles.xml"] = _styles()
    types["xl/styles.xml"] = f"{_TYPE}.spreadsheetml.styles+xml"
    relations = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    relations += [("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")]
    parts["xl/_rels/workbook.xml.rels"] = _relations(relations)
    return _package("xl/workbook.xml", parts, types)


def pptx_bytes(slides: Sequence[tuple[Sequence[str], str]]) -> bytes:
    """A slide show; each slide is its paragraphs and its notes (empty: none). Layouts and themes are left out."""
    namespaces = f'xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}/relationships"'
    parts, types = {}, {}
    for i, (paragraphs, notes) in enumerate(slides, start=1):
        parts[f"ppt/slides/slide{i}.xml"] = _XML + _drawing("sld", namespaces, paragraphs)
        types[f"ppt/slides/slide{i}.xml"] = f"{_TYPE}.presentationml.slide+xml"
        if notes:
            parts[f"ppt/notesSlides/notesSlide{i}.xml"] = _XML + _drawing("notes", namespaces, [notes])
            types[f"ppt/notesSlides/notesSlide{i}.xml"] = f"{_TYPE}.presentationml.notesSlide+xml"
            target = [("notesSlide", f"../notesSlides/notesSlide{i}.xml")]
            parts[f"ppt/slides/_rels/slide{i}.xml.rels"] = _relations(target)
            target = [("slide", f"../slides/slide{i}.xml")]
            parts[f"ppt/notesSlides/_rels/notesSlide{i}.xml.rels"] = _relations(target)
    listed = "".join(f'<p:sldId id="{255 + i}" r:id="rId{i}"/>' for i in range(1, len(slides) + 1))
    parts["ppt/presentation.xml"] = (
        f"{_XML}<p:presentation {namespaces}><p:sldIdLst>{listed}</p:sldIdLst>"
        '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )
    types["ppt/presentation.xml"] = f"{_TYPE}.presentationml.presentation.main+xml"
    parts["ppt/_rels/presentation.xml.rels"] = _relations(
        [("slide", f"slides/slide{i}.xml") for i in range(1, len(slides) + 1)]
    )
    return _package("ppt/presentation.xml", parts, types)


def pdf_bytes(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with one text line for each string, in Helvetica; the text must be of Windows-1252."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, texts in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * i} 0 R >>".encode("ascii")
        )
        shown = b"".join(b"(%s) Tj T*\n" % _pdf_string(text) for text in texts)
        stream = b"BT /F1 11 Tf 56 780 Td 16 TL\n" + shown + b"ET\n"
        objects.append(b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream))
    data, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, entries, trailer)


def _pdf_string(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _table_row(cells: Sequence[str]) -> str:
    return f"<w:tr>{''.join(f'<w:tc><w:tcPr/>{_paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def _worksheet(rows: Table, strings: dict[str, int]) -> str:
    out = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for position, cell in enumerate(row):
            place = f"{_letters(position)}{number}"
            if isinstance(cell, str) and not isinstance(cell, Numeric):
                if cell:
                    cells.append(f'<c r="{place}" t="s"><v>{strings.setdefault(cell, len(strings))}</v></c>')
            else:
                shown = int(cell) if isinstance(cell, Numeric) else cell
                cells.append(f'<c r="{place}"><v>{shown}</v></c>')
        out.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'{_XML}<worksheet xmlns="{_SHEET}"><sheetData>{"".join(out)}</sheetData></worksheet>'


def _styles() -> str:
    return (
        f'{_XML}<styleSheet xmlns="{_SHEET}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="1"><xf xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _letters(position: int) -> str:
    """The letters of a 0-based column.

    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    first, last = divmod(position, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)


def _drawing(root: str, namespaces: str, paragraphs: Sequence[str]) -> str:
    texts = "".join(f'<a:p><a:r><a:rPr lang="nb-NO"/><a:t>{escape(text)}</a:t></a:r></a:p>' for text in paragraphs)
    return (
        f"<p:{root} {namespaces}><p:cSld><p:spTree>"
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Tekst"/><p:cNvSpPr/>'
        '<p:nvPr><p:ph type="body" idx="1"/></p:nvPr></p:nvSpPr>'
        f"<p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>{texts}</p:txBody></p:sp>"
        f"</p:spTree></p:cSld></p:{root}>"
    )


def _relations(relations: Sequence[Relation]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(relations, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _package(main: str, parts: dict[str, str], types: dict[str, str]) -> bytes:
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items())
    content_types = (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    files = {"[Content_Types].xml": content_types, "_rels/.rels": _relations([("officeDocument", main)]), **parts}
    return zip_bytes({name: text.encode("utf-8") for name, text in files.items()})
