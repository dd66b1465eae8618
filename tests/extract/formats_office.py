"""Samples of office documents, drawings, pictures and Outlook's own files."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import Any

import docx
import openpyxl
import pdf_files
import pptx
from extract import (
    test_excel_binary,
    test_iwork,
    test_msg,
    test_powerpoint_binary,
    test_publisher,
    test_rtf,
    test_tnef,
    test_word_binary,
)
from extract.doc_made import doc
from extract.format_registry import Sample
from extract.formats_archives import zipped
from extract.metafile_made import emf, emf_text, wmf
from extract.msg_made import msg
from extract.ole_made import compound, packed, properties, vba
from extract.ppt_made import ppt
from extract.pst_made import ADDRESS, BINARY, INT32, STRING, MadeAttachment, MadeItem, message, recipient
from extract.pst_writer import PstWriter
from extract.test_ocr import drawn, saved
from extract.test_onenote import file, section, wide
from extract.test_open_document import ODF
from extract.test_open_document import packed as odf_packed
from extract.test_open_document import part as odf_part
from extract.test_visio import V, drawing, page
from extract.test_xlsb import book, cell, row, shared
from extract.test_xlsb import wide as xlsb_wide
from openpyxl.comments import Comment

CSV = b"navn;epost\nKari;attached@example.no\n"


def _inside(data: bytes, more: dict[str, bytes]) -> bytes:
    """A package with further parts, the same in each run."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["docProps/core.xml"] = re.sub(
        rb"20\d\d-\d\d-\d\dT[\d:]+Z", b"2026-01-05T10:00:00Z", parts["docProps/core.xml"]
    )
    return zipped({**parts, **more})


def _saved(made: Any) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def made_docx() -> bytes:
    """Text, table, header, footer, comment, property, an embedded file."""
    made = docx.Document()
    made.add_paragraph("Første linje")
    paragraph = made.add_paragraph("body@example.no")
    made.add_table(1, 2).cell(0, 1).text = "table@example.no"
    made.sections[0].header.paragraphs[0].text = "header@example.no"
    made.sections[0].footer.paragraphs[0].text = "footer@example.no"
    made.add_comment(paragraph.runs, "comment@example.no", "Kommentator Åse", "KÅ")
    made.core_properties.author = "property@example.no"
    return _inside(_saved(made), {"word/embeddings/liste.csv": CSV})


def made_xlsx() -> bytes:
    """Cells, a hidden sheet, a comment, a defined name, a header, a property, an embedded file."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Kunder"
    sheet.append(["Navn", "E-post"])
    sheet.append(["Kari", "cell@example.no"])
    sheet["B2"].comment = Comment("comment@example.no", "Kommentator Åse")
    sheet["C2"].hyperlink = "mailto:link@example.no"
    sheet.oddHeader.center.text = "header@example.no"  # type: ignore[union-attr]
    hidden = book.create_sheet("Skjult")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "hidden@example.no"
    book.properties.creator = "property@example.no"
    return _inside(_saved(book), {"xl/embeddings/liste.csv": CSV})


def made_pptx() -> bytes:
    """Two slides, notes, a table, a property, an embedded file."""
    show = pptx.Presentation()
    for text in ("first.slide@example.no", "second.slide@example.no"):
        slide = show.slides.add_slide(show.slide_layouts[5])
        assert slide.shapes.title is not None
        slide.shapes.title.text = text
    frame = show.slides[0].notes_slide.notes_text_frame
    assert frame is not None
    frame.text = "notes@example.no"
    show.core_properties.author = "property@example.no"
    return _inside(_saved(show), {"ppt/embeddings/liste.csv": CSV})


def _xlsb() -> bytes:
    sheet = row(1) + cell(7, 0, struct.pack("<I", 0)) + row(2) + cell(6, 0, xlsb_wide("cell@example.no"))
    return book(sheet, shared("shared@example.no", "unused@example.no"), more={"xl/embeddings/liste.csv": CSV})


def _vsdx() -> bytes:
    shape = (
        '<Section N="Property"><Row><Cell N="Value" V="property@example.no"/></Row></Section>'
        '<Section N="Hyperlink"><Row><Cell N="Address" V="mailto:link@example.no"/></Row></Section>'
    )
    comments = f"<Comments {V}><CommentEntry>comment@example.no</CommentEntry></Comments>"
    masters: dict[str, str | bytes] = {"visio/masters/master1.xml": page("<Text>master@example.no</Text>")}
    more = {"visio/comments.xml": comments, **masters, "visio/embeddings/liste.csv": CSV}
    return drawing(page(f"<Text>shape@example.no</Text>{shape}"), **more)


def _p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


_NOTE = "<office:annotation><dc:creator>Siv</dc:creator><text:p>comment@example.no</text:p></office:annotation>"
_CELLS = f"<table:table-cell>{_p('cell@example.no')}{_NOTE}</table:table-cell>"
_BODIES = {
    "text": f"<office:text>{_p('Første')}{_p('body@example.no' + _NOTE)}</office:text>",
    "spreadsheet": '<office:spreadsheet><table:table table:name="Ark1"><table:table-row>'
                   f"{_CELLS}</table:table-row></table:table></office:spreadsheet>",
    "presentation": '<office:presentation><draw:page draw:name="En"><draw:frame><draw:text-box>'
                    f"{_p('slide@example.no')}</draw:text-box></draw:frame><presentation:notes>{_p('notes@example.no')}"
                    "</presentation:notes></draw:page></office:presentation>",
    "graphics": '<office:drawing><draw:page draw:name="En"><draw:frame><draw:text-box>'
                f"{_p('drawing@example.no')}</draw:text-box></draw:frame></draw:page></office:drawing>",
    "formula": f"<office:text>{_p('other@example.no')}</office:text>",
}  # fmt: skip


def _odf(kind: str) -> bytes:
    styles = (
        f"<office:master-styles><style:master-page><style:header>{_p('header@example.no')}</style:header>"
        f"<style:footer>{_p('footer@example.no')}</style:footer></style:master-page></office:master-styles>"
    )
    return odf_packed(kind, _BODIES[kind], styles, "<dc:creator>property@example.no</dc:creator>",
                      **{"Object 1/liste.csv": CSV})  # fmt: skip


def _pdf() -> bytes:
    """Two pages, a form field, a note, a link, an attachment, a property."""
    widget = "<< /Type /Annot /Subtype /Widget /Rect [0 0 99 20] /FT /Tx /T (e) /V (field@example.no) >>"
    note = "<< /Type /Annot /Subtype /Text /Rect [0 30 20 50] /Contents (note@example.no) >>"
    link = "<< /Type /Annot /Subtype /Link /Rect [0 60 20 80] /A << /S /URI /URI (mailto:link@example.no) >> >>"
    extra = {
        100: widget.encode(), 101: note.encode(), 102: link.encode(), 103: b"<< /Author (property@example.no) >>",
        104: pdf_files.stream(CSV), 105: b"<< /Type /Filespec /F (liste.csv) /EF << /F 104 0 R >> >>",
    }  # fmt: skip
    pages = [pdf_files.show_text("first.page@example.no"), pdf_files.show_text("second.page@example.no")]
    catalog = "/AcroForm << /Fields [100 0 R] >> /Names << /EmbeddedFiles << /Names [(liste.csv) 105 0 R] >> >>"
    return pdf_files.document(pages, extra, "/Annots [100 0 R 101 0 R 102 0 R]", catalog, "/Info 103 0 R")


def _onenote() -> bytes:
    return section(wide("wide@example.no"), b"narrow@example.no", file(CSV))


def _ole(name: str = "Innhold") -> bytes:
    return compound({
        **properties("property@example.no", "Firma", {"Kunde": "custom@example.no"}), name: b"",
        "\x01Ole10Native": packed("liste.csv", CSV), "Macros": vba("' macro@example.no\r\n"),
        "Lager": {"Tekst": "loose@example.no ".encode("utf-16-le") * 9},
    })  # fmt: skip


def _pst() -> bytes:
    """A message with an attachment and another message in it, a contact, and what no folder lists any more."""
    writer = PstWriter(block_bytes=2048, fan_out=40)
    inbox = writer.folder("Innboks")
    below = writer.folder("Kunder", inbox)
    inner = message("Indre", "nested@example.no", attachments=[MadeAttachment("dyp.csv", CSV)])
    headers = "From: =?utf-8?Q?K=C3=A5re?= <header@example.no>\r\n"
    writer.item(inbox, message(
        "Emne subject@example.no", "Hei\r\nbody@example.no",
        props={0x7D: (STRING, headers), 0x0C1F: (STRING, "sender@example.no"),
               0x1013: (BINARY, b"<p>html@<b>example</b>.no</p>"), 0x3FDE: (INT32, 65001)},
        recipients=[recipient("Kari", "to@example.no"), recipient("Per", "cc@example.no", 2)],
        attachments=[MadeAttachment("liste.csv", CSV), MadeAttachment("Indre", embedded=inner)],
    ))  # fmt: skip
    writer.item(below, message("Stor", "x" * 5_000 + " large@example.no " + "y" * 5_000))
    contact = {(ADDRESS, 0x8083): (STRING, "contact@example.no")}
    writer.item(below, MadeItem({0x1A: (STRING, "IPM.Contact"), 0x3001: (STRING, "Åse Øy")}, contact))
    writer.item(inbox, message("Foreldreløs", "orphan@example.no"), listed=False)
    writer.item(inbox, message("Slettet deleted@example.no"), kept=False)
    return writer.finish()


_LOCKED = "documents with a password, which are named"
_BINARY = f"{_LOCKED}; text drawn as curves"
_DRAWN = "text drawn as curves"
_PICTURES = {"bilde.png": "PNG", "bilde.jpg": "JPEG", "bilde.tif": "TIFF", "bilde.bmp": "BMP", "bilde.webp": "WEBP",
             "bilde.gif": "GIF"}  # fmt: skip
_PICTURE_TYPES = {"JPEG": "image/jpeg", "TIFF": "image/tiff"}
SAMPLES = [
    Sample("Word (DOCX, DOCM, DOTX)", "brev.docx",
           ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",), made_docx, _LOCKED),
    Sample("Excel (XLSX, XLSM, XLTX)", "bok.xlsx",
           ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",), made_xlsx,
           f"{_LOCKED}; results of formulas that were never computed"),
    Sample("Excel, binary (XLSB)", "bok.xlsb", ("application/vnd.ms-excel.sheet.binary.macroenabled.12",), _xlsb,
           _LOCKED),
    Sample("PowerPoint (PPTX, PPTM, PPSX)", "lysark.pptx",
           ("application/vnd.openxmlformats-officedocument.presentationml.presentation",), made_pptx, _LOCKED),
    Sample("Word 2 to 2003 (DOC, DOT)", "brev.doc", ("application/msword",),
           lambda: doc(test_word_binary.EVERYTHING, **test_word_binary.MORE), _BINARY),
    Sample("Excel 2 to 2003 (XLS, XLT)", "bok.xls", ("application/vnd.ms-excel",),
           lambda: test_excel_binary.xls(test_excel_binary.BOOK, **test_excel_binary.WHOLE), _BINARY),
    Sample("PowerPoint 95 to 2003 (PPT, PPS)", "lysark.ppt", ("application/vnd.ms-powerpoint",),
           lambda: ppt(test_powerpoint_binary.SHOW, **test_powerpoint_binary.MORE), _BINARY),
    Sample("RTF", "brev.rtf", ("application/rtf",), lambda: test_rtf.EVERYTHING, _DRAWN),
    Sample("OpenDocument text (ODT)", "brev.odt", (f"{ODF}text",), lambda: _odf("text"), _LOCKED),
    Sample("OpenDocument spreadsheet (ODS)", "bok.ods", (f"{ODF}spreadsheet",), lambda: _odf("spreadsheet"), _LOCKED),
    Sample("OpenDocument presentation (ODP)", "lysark.odp", (f"{ODF}presentation",), lambda: _odf("presentation"),
           _LOCKED),
    Sample("OpenDocument drawing (ODG)", "tegning.odg", (f"{ODF}graphics",), lambda: _odf("graphics"), _LOCKED),
    Sample("OpenDocument formula, chart, database", "formel.odf", (f"{ODF}other",), lambda: _odf("formula"), _LOCKED),
    Sample("OpenDocument in one XML file (FODT, FODS, FODP)", "brev.fodt", (f"{ODF}flat",),
           lambda: odf_part("document", f"<office:body>{_BODIES['text']}</office:body>").encode()),
    Sample("PDF", "side.pdf", ("application/pdf",), _pdf,
           f"{_LOCKED}; pages and larger pictures, unless Tesseract is installed; XFA forms as such"),
    Sample("OneNote (ONE)", "notat.one", ("application/onenote",), _onenote,
           "locked sections; pages and outlines: a text is placed by its offset"),
    Sample("Visio (VSDX, VSDM)", "tegning.vsdx", ("application/vnd.ms-visio.drawing",), _vsdx, _LOCKED),
    Sample("Visio 2003 (VSD)", "tegning.vsd", ("application/vnd.visio",), lambda: _ole("VisioDocument"),
           "the text of the shapes, save what lies in streams that are not compressed"),
    Sample("Project (MPP)", "plan.mpp", ("application/vnd.ms-project",), lambda: _ole("Props14"),
           "tasks and resources as such: their loose text is read"),
    Sample("Publisher (PUB)", "avis.pub", ("application/x-mspublisher",), test_publisher.publication,
           "where the texts of shapes stand: they are read as loose text", spared=8),
    Sample("Pages, Numbers, Keynote (IWA archives within)", "Document.iwa", ("application/x-iwork-archive",),
           lambda: test_iwork.archive(test_iwork.field(3, "story@example.no"),
                                      test_iwork.field(2, test_iwork.field(5, "nested@example.no"))),
           "numbers in cells of Numbers; documents with a password, which are named", spared=1),
    Sample("Other OLE files (Works, thumbnails)", "ukjent.bin", ("application/x-ole-storage",), _ole,
           "streams of unknown formats, save their loose text"),
    Sample("Enhanced metafile (EMF)", "tegning.emf", ("image/emf",),
           lambda: emf([emf_text("text@example.no", 0, n) for n in range(3)]), _DRAWN),
    Sample("Windows metafile (WMF)", "tegning.wmf", ("image/wmf",),
           lambda: wmf([("text@example.no", 0, n) for n in range(3)], placeable=True), _DRAWN),
    *(Sample(f"Picture ({form})", name, (_PICTURE_TYPES.get(form, f"image/{form.lower()}"),),
             lambda form=form: saved(drawn("Ring Kari Nordmann", dots=100), form),  # type: ignore[misc]
             "anything, unless Tesseract is installed; handwriting", tool="tesseract")
      for name, form in _PICTURES.items()),
    Sample("Outlook mailbox (PST, OST)", "post.pst",
           ("application/vnd.ms-outlook-pst", "application/vnd.ms-outlook-item"),
           _pst, "attachments that are only links"),
    Sample("Outlook item (MSG, OFT)", "melding.msg", ("application/vnd.ms-outlook",), lambda: msg(test_msg.MESSAGE),
           "rights-protected messages; attachments that are only links"),
    Sample("TNEF (winmail.dat)", "winmail.dat", ("application/vnd.ms-tnef",), lambda: test_tnef.EVERYTHING,
           "attachments that are only links"),
]  # fmt: skip
