"""Makes the sample files beside it with LibreOffice, from texts of our own: `python make_samples.py`.

The files are kept so that tests need no LibreOffice. All names, addresses and numbers in them are made up.
"""

from __future__ import annotations

import lzma
import subprocess
import tempfile
from pathlib import Path

NAMES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in {
            "office": "office",
            "table": "table",
            "text": "text",
            "style": "style",
            "meta": "meta",
            "draw": "drawing",
            "svg": "svg-compatible",
            "fo": "xsl-fo-compatible",
            "number": "datastyle",
            "presentation": "presentation",
        }.items()
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
NAMES += ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'  # fmt: skip
META = (
    "<office:meta><meta:initial-creator>Forfatter Åse</meta:initial-creator><dc:creator>Siste Bruker</dc:creator>"
    '<dc:title>Tittel på dokumentet</dc:title><meta:user-defined meta:name="Kunde">egenskap@example.no'
    "</meta:user-defined></office:meta>"
)


def flat(kind: str, body: str, styles: str = "") -> str:
    """A flat OpenDocument file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMES} office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">{META}{styles}<office:body>'
        f"<office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )


def cell(text: str, kind: str = "string", value: str = "", more: str = "", inside: str = "") -> str:
    """A cell of a sheet."""
    given = {"date": f'office:date-value="{value}"', "float": f'office:value="{value}"'}.get(kind, "")
    head = f'<table:table-cell office:value-type="{kind}" {given} {more}>'
    return f"{head}<text:p>{text}</text:p>{inside}</table:table-cell>"


def sheets() -> str:
    """The workbook of test_excel_binary.EXPECTED."""
    styles = (
        '<office:automatic-styles><number:date-style style:name="d"><number:day number:style="long"/><number:text>.'
        '</number:text><number:month number:style="long"/><number:text>.</number:text>'
        '<number:year number:style="long"/>'
        '</number:date-style><style:style style:name="dato" style:family="table-cell" style:data-style-name="d"/>'
        '<style:style style:name="gjemt" style:family="table"><style:table-properties table:display="false"/>'
        '</style:style><style:style style:name="t1" style:family="table" style:master-page-name="Side"/>'
        '<style:page-layout style:name="pl"/></office:automatic-styles><office:master-styles>'
        '<style:master-page style:name="Side" style:page-layout-name="pl"><style:header><text:p>topptekst@example.no'
        "</text:p></style:header><style:footer><text:p>bunntekst@example.no</text:p></style:footer>"
        "</style:master-page></office:master-styles>"
    )
    note = (
        "<office:annotation><dc:creator>Kommentator</dc:creator><text:p>merknad@example.no</text:p></office:annotation>"
    )
    link = '<text:a xlink:href="mailto:lenke@example.no">aase@example.no</text:a>'
    dated = 'table:style-name="dato"'
    rows = [
        [cell("Navn"), cell("E-post"), cell("Født"), cell("Sum")],
        [cell("Åse Ødegård", inside=note), cell(link), cell("01.01.1990", "date", "1990-01-01", dated),
         cell("12,5", "float", "12.5")],
        [cell("日本 Привет"), cell("bjorn@example.no"), cell("06.07.2009", "date", "2009-07-06", dated),
         cell("25", "float", "25", 'table:formula="of:=[.D2]*2"')],
        ["<table:table-cell/>",
         cell("formel@example.no", more='table:formula="of:=CONCATENATE(&quot;formel&quot;;&quot;@example.no&quot;)"')],
    ]  # fmt: skip
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    hidden = (
        '<table:table table:name="Skjult" table:style-name="gjemt"><table:table-row table:number-rows-repeated="39">'
        "<table:table-cell/></table:table-row><table:table-row>"
        f'<table:table-cell table:number-columns-repeated="6"/>{cell("skjult@example.no")}</table:table-row>'
        "</table:table>"
    )
    first = f'<table:table table:name="Kunder" table:style-name="t1">{body}</table:table>'
    return flat("spreadsheet", first + hidden, styles)


def letter() -> str:
    """The document of test_word_binary."""
    styles = (
        '<office:automatic-styles><style:page-layout style:name="pl"/></office:automatic-styles><office:master-styles>'
        '<style:master-page style:name="Standard" style:page-layout-name="pl"><style:header><text:p>Topp '
        "topptekst@example.no</text:p></style:header><style:footer><text:p>Bunn bunntekst@example.no</text:p>"
        "</style:footer></style:master-page></office:master-styles>"
    )
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>fotnote@example.no</text:p></text:note-body></text:note>"
    )
    end = note.replace("footnote", "endnote").replace("fotnote", "sluttnote")
    comment = (
        "<office:annotation><dc:creator>Kommentator Åse</dc:creator><text:p>merknad@example.no</text:p>"
        "</office:annotation>"
    )
    box = (
        '<draw:frame draw:name="Boks" text:anchor-type="paragraph" svg:width="6cm" svg:height="2cm"><draw:text-box>'
        "<text:p>tekstboks@example.no</text:p></draw:text-box></draw:frame>"
    )
    table = (
        '<table:table><table:table-column table:number-columns-repeated="3"/>'
        "<table:table-row><table:table-cell><text:p>Navn</text:p></table:table-cell><table:table-cell><text:p/>"
        "</table:table-cell><table:table-cell><text:p>E-post</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>Bjørn</text:p></table:table-cell><table:table-cell><text:p>Ås"
        "</text:p></table:table-cell><table:table-cell><text:p>bjorn@example.no</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )
    link = '<text:a xlink:href="mailto:lenke@example.no">skriv</text:a>'
    body = (
        f"<text:p>Første linje æøå</text:p><text:p>Andre linje kropp@example.no{note}{end}</text:p>"
        f"<text:p>Tredje{comment} {link} 日本 Привет</text:p><text:p>{box}Fjerde</text:p>{table}<text:p>Slutt</text:p>"
    )
    return flat("text", body, styles)


def show() -> str:
    """The presentation of test_powerpoint_binary."""

    def frame(text: str) -> str:
        lines = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n"))
        return (
            '<draw:frame svg:x="2cm" svg:y="2cm" svg:width="15cm" svg:height="5cm"><draw:text-box>'
            f"{lines}</draw:text-box></draw:frame>"
        )

    pages = ""
    for page, text in enumerate(["Første lysark\nen@example.no", "Andre æøå\nto@example.no", "Tredje 日本"], 1):
        notes = (
            f'<presentation:notes><draw:frame presentation:class="notes" svg:width="16cm" svg:height="12cm">'
            f"<draw:text-box><text:p>notat{page}@example.no</text:p></draw:text-box></draw:frame></presentation:notes>"
        )
        comment = (
            "<office:annotation><dc:creator>Kommentator</dc:creator><text:p>merknad@example.no</text:p>"
            "</office:annotation>"
        )
        link = '<text:a xlink:href="mailto:lenke@example.no">lenke</text:a>' if page == 2 else ""
        pages += (
            f'<draw:page draw:name="Side{page}" draw:master-page-name="M">{frame(text)}{frame(link) if link else ""}'
            f"{comment if page == 1 else ''}{notes}</draw:page>"
        )
    styles = (
        '<office:automatic-styles><style:page-layout style:name="pl"><style:page-layout-properties '
        'fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout></office:automatic-styles>'
        "<office:master-styles>"
        '<style:master-page style:name="M" style:page-layout-name="pl"/></office:master-styles>'
    )
    return flat("presentation", pages, styles)


def main() -> None:
    """Writes every sample."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name, text, targets in (
            ("kunder.fods", sheets(), ["xls:MS Excel 97"]),
            ("brev.fodt", letter(), ["doc:MS Word 97"]),
            ("lysark.fodp", show(), ["ppt:MS PowerPoint 97"]),
        ):
            (base / name).write_text(text, encoding="utf-8")
            for target in targets:
                subprocess.run(
                    ["soffice", f"-env:UserInstallation={(base / 'profil').as_uri()}", "--headless", "--convert-to",
                     target, "--outdir", here, base / name],
                    check=True, timeout=180,
                )  # fmt: skip
    show_file = here / "lysark.ppt"  # holds a thumbnail of half a megabyte
    (here / "lysark.ppt.xz").write_bytes(lzma.compress(show_file.read_bytes(), preset=9))
    show_file.unlink()


if __name__ == "__main__":
    main()
