"""Makes the office, mail and archive files of the extraction benchmark, from the rows of `extraction_files`.

XLS, MSG and PST are written by the writers of the tests, which no library for Python can do; DOC by LibreOffice.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from corpora import write_corpus
from extraction_files import MAKERS as DATA_MAKERS
from extraction_files import NAMES, Row, blocks, mail_message, rows

_OFFICE_SECONDS = 600
_TESTS = str(Path(__file__).resolve().parents[1] / "tests")
_ODF = ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" ' \
       'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ' \
       'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.3"'  # fmt: skip


def _writers(name: str) -> Any:
    """A module of the tests."""
    import importlib

    if _TESTS not in sys.path:
        sys.path.append(_TESTS)
    return importlib.import_module(f"extract.{name}")


def _line(row: Row) -> str:
    return "; ".join(row)


def _filled(data: bytes, parts: dict[str, Iterator[str]]) -> bytes:
    """A package with some of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in parts:
                target.writestr(name, source.read(name))
        for name, pieces in parts.items():
            with target.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece.encode())
    return out.getvalue()


def docx(path: Path, source: Iterator[Row]) -> None:
    """Paragraphs of three runs, in python-docx' own package."""
    import docx as python_docx

    made = io.BytesIO()
    python_docx.Document().save(made)

    def body() -> Iterator[str]:
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        yield f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{space}" xmlns:r="{links}"><w:body>'
        for row in source:
            runs = (escape(part) for part in (row[0], "; " + row[1], "; " + "; ".join(row[2:])))
            yield "<w:p>" + "".join(f"<w:r><w:t xml:space='preserve'>{run}</w:t></w:r>" for run in runs) + "</w:p>"
        yield "</w:body></w:document>"

    path.write_bytes(_filled(made.getvalue(), {"word/document.xml": body()}))


def sparse(path: Path, source: Iterator[Row]) -> None:
    """XLSX whose rows lie scattered over 60,000 rows and 501 columns."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(source):
        at = 1 + number * 7919 % 60_000
        for column, text in enumerate(row):
            sheet.cell(at, 1 + (number * 13 + column * 61) % 501, text)
    sheet.cell(60_000, 501, "sist@example.no")
    book.save(path)


def pptx(path: Path, source: Iterator[Row]) -> None:
    """Slides of twenty lines."""
    import pptx as python_pptx

    show = python_pptx.Presentation()
    for block in blocks(source, 20):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.placeholders[1].text_frame.text = "\n".join(map(_line, block))
    show.save(str(path))


def _open_document(path: Path, kind: str, body: Iterator[str]) -> None:
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        for name in ("styles", "meta"):
            archive.writestr(f"{name}.xml", f'<?xml version="1.0"?><office:document-{name}{_ODF}/>')
        with archive.open("content.xml", "w", force_zip64=True) as part:
            part.write(f'<?xml version="1.0"?><office:document-content{_ODF}><office:body>'.encode())
            for piece in body:
                part.write(piece.encode())
            part.write(b"</office:body></office:document-content>")


def odt(path: Path, source: Iterator[Row]) -> None:
    """Paragraphs."""

    def body() -> Iterator[str]:
        yield "<office:text>"
        for row in source:
            yield f"<text:p>{escape(_line(row))}</text:p>"
        yield "</office:text>"

    _open_document(path, "application/vnd.oasis.opendocument.text", body())


def ods(path: Path, source: Iterator[Row]) -> None:
    """One sheet."""

    def body() -> Iterator[str]:
        yield '<office:spreadsheet><table:table table:name="personer">'
        for row in [NAMES, *source]:
            cells = (f'<table:table-cell office:value-type="string"><text:p>{escape(c)}</text:p></table:table-cell>'
                     for c in row)  # fmt: skip
            yield f"<table:table-row>{''.join(cells)}</table:table-row>"
        yield "</table:table></office:spreadsheet>"

    _open_document(path, "application/vnd.oasis.opendocument.spreadsheet", body())


def doc(path: Path, source: Iterator[Row]) -> None:
    """Word 97: by LibreOffice if it is installed, else by the writer of the tests, on which antiword fails."""
    office = shutil.which("soffice")
    if office is None:
        made = _writers("doc_made")
        path.write_bytes(made.doc(made.Doc({"body": "".join(_line(row) + "\r" for row in source)})))
        return
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"{path.stem}.rtf"
        rtf(written, source)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [office, profile, "--headless", "--convert-to", "doc:MS Word 97", "--outdir", folder, str(written)]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(_OFFICE_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.move(written.with_suffix(".doc"), path)


def xls(path: Path, source: Iterator[Row]) -> None:
    """Excel 97: one sheet of labels, 65,536 rows at most."""
    made = _writers("biff_made")
    cells = [
        made.label(number, column, text)
        for number, row in zip(range(65_536), source, strict=False)
        for column, text in enumerate(row)
    ]
    compound = _writers("ole_made").compound
    path.write_bytes(compound({"Workbook": made.workbook([made.Sheet("personer", cells)])}))


def rtf(path: Path, source: Iterator[Row]) -> None:
    """Paragraphs, letters beyond ASCII as escapes."""
    with path.open("w", encoding="ascii") as out:
        out.write("{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}\n")
        for row in source:
            line = _line(row).replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
            out.write("".join(c if c < "\x80" else f"\\'{c.encode('cp1252', 'replace')[0]:02x}" for c in line))
            out.write("\\par\n")
        out.write("}")


def eml(path: Path, source: Iterator[Row]) -> None:
    """One message, as those of the mailbox but of all the rows."""
    path.write_bytes(mail_message(0, list(source)).partition("\n")[2].encode())


def msg(path: Path, source: Iterator[Row]) -> None:
    """One message: plain and HTML body, and attachments of a hundred rows."""
    made = _writers("msg_made")
    whole = list(source)
    half = len(whole) // 2
    text = "\r\n".join(map(_line, whole[: half // 2]))
    page = (
        "<html><body>" + "".join(f"<p>{escape(_line(row))}</p>" for row in whole[half // 2 : half]) + "</body></html>"
    )
    attachments = [
        (
            [(0x3707, made.STRING, f"liste{number}.csv"), (0x3705, made.INT32, 1)],
            "\n".join(map(";".join, block)).encode(),
        )
        for number, block in enumerate(blocks(iter(whole[half:]), 100))
    ]
    properties = [
        (0x001A, made.STRING, "IPM.Note"), (0x0037, made.STRING, "Liste"), (0x1000, made.STRING, text),
        (0x1013, made.BINARY, page.encode()), (0x3FDE, made.INT32, 65001),
        (0x0C1A, made.STRING, "Kari"), (0x5D01, made.STRING, "kari@example.no"),
    ]  # fmt: skip
    person = [(0x3001, made.STRING, "Ola"), (0x39FE, made.STRING, "ola@example.no"), (0x0C15, made.INT32, 1)]
    path.write_bytes(made.msg(made.Message(properties, recipients=[person], attachments=attachments)))


def pst(path: Path, source: Iterator[Row]) -> None:
    """Unicode, permuted: messages of forty rows as those of the mailbox."""
    made, writer = _writers("pst_made"), _writers("pst_writer").PstWriter()
    folder = writer.folder("Innboks")
    for number, block in enumerate(blocks(source, 40)):
        page = "<html><body>" + "".join(f"<p>{escape(_line(row))}</p>" for row in block[20:30]) + "</body></html>"
        table = "\n".join(map(";".join, block[30:])).encode()
        item = made.message(
            f"Liste {number}", "\r\n".join(map(_line, block[:20])),
            props={0x1013: (made.BINARY, page.encode()), 0x3FDE: (made.INT32, 65001)},
            recipients=[made.recipient("Kari", "kari@example.no")],
            attachments=[made.MadeAttachment("liste.csv", table)],
        )  # fmt: skip
        writer.item(folder, item)
    path.write_bytes(writer.finish())


def archive(path: Path, source: Iterator[Row]) -> None:
    """ZIP of texts of a thousand rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number, block in enumerate(blocks(source, 1000)):
            out.writestr(f"{number:05}.txt", "\n".join(map(_line, block)) + "\n")


def sevenzip(path: Path, source: Iterator[Row]) -> None:
    """7z, LZMA2, solid, by the writer of the tests."""
    files = {f"{number:05}.txt": ("\n".join(map(_line, block)) + "\n").encode()
             for number, block in enumerate(blocks(source, 1000))}  # fmt: skip
    path.write_bytes(_writers("seven_zip_made").archive([files]))


MAKERS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    "docx": docx, "sparse": sparse, "pptx": pptx, "odt": odt, "ods": ods, "doc": doc, "xls": xls, "rtf": rtf,
    "eml": eml, "msg": msg, "pst": pst, "zip": archive, "sevenzip": sevenzip,
}  # fmt: skip


def make(kind: str, folder: Path, name: str, size_bytes: int, seed: int) -> Path:
    """Writes a file of about `size_bytes` (of its text, where the format compresses) and gives its path."""
    path = folder / f"{name}.{kind}"
    if kind == "csv":
        write_corpus(path, "csv", "medium", size_bytes, part=seed)
    else:
        (DATA_MAKERS | MAKERS)[kind](path, rows(size_bytes, seed))
    return path
