"""VSDX: shapes, their data, links and comments are read; pages have their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ooxml import OFFICE, SYNTHETIC, package, relationships
from ooxml import read as yielded

from pii_scan.extract import visio
from pii_scan.model import PageOrigin

Read = Callable[..., Any]
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/visio/document.xml" ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
)
V = f'xmlns="http://schemas.microsoft.com/office/visio/2012/main" xmlns:r="{OFFICE}"'


def page(inner: str) -> str:
    return f'<PageContents {V}><Shapes><Shape ID="1">{inner}</Shape></Shapes></PageContents>'


def drawing(*pages: str, **more: str | bytes) -> bytes:
    rels = [(f"rId{n}", "page", f"page{n}.xml") for n in range(1, len(pages) + 1)]
    listed = "".join(f'<Page Name="Side {n}"><Rel r:id="rId{n}"/></Page>' for n in range(len(pages), 0, -1))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "visio/document.xml": f"<VisioDocument {V}/>",
        "visio/_rels/document.xml.rels": relationships(("rId1", "pages", "pages/pages.xml")),
        "visio/pages/pages.xml": f"<Pages {V}>{listed}</Pages>",
        "visio/pages/_rels/pages.xml.rels": relationships(*rels),
    }
    parts |= {f"visio/pages/page{n}.xml": text for n, text in enumerate(pages, 1)}
    return package({**parts, **more}, "visio/document.xml")


def test_shapes_are_read_on_their_pages_in_the_order_of_the_list(read: Read) -> None:
    data = drawing(page("<Text>siste <cp IX='0'/>side</Text>"), page("<Text>1588<cp IX='1'/>8010030</Text>"))
    found = read(data)
    pages = {
        e.batch.origin.first_page: e.batch.texts[0].as_py()
        for e in found.batches
        if isinstance(e.batch.origin, PageOrigin)
    }  # noqa: E501
    assert pages == {1: f"{SYNTHETIC}\n", 2: "siste side\n"} and not found.problems


def test_data_links_comments_and_masters_are_read() -> None:
    shape = (
        '<Section N="Property"><Row><Cell N="Label" V="Eier"/><Cell N="Value" V="Kari Nordby"/></Row></Section>'
        '<Section N="Hyperlink"><Row><Cell N="Address" V="mailto:kari@example.no"/></Row></Section>'
        '<Section N="Geometry"><Row><Cell N="X" V="15888010030"/></Row></Section>'
    )
    comments = f'<Comments {V}><AuthorEntry Name="Siv Merk"/><CommentEntry>ring 68 05 00 11</CommentEntry></Comments>'
    more: dict[str, str | bytes] = {
        "visio/comments.xml": comments,
        "visio/masters/master1.xml": page("<Text>mal for Ola</Text>"),
        "visio/data/recordset1.xml": '<xml><row c0="Per Rad" c1="68 05 00 12"/></xml>',
        "visio/media/image1.png": b"bilde",
        "visio/embeddings/oleObject1.bin": b"objekt",
        "docProps/core.xml": "<a><creator>Eva Lager</creator></a>",
        "visio/pages/_rels/page1.xml.rels": relationships(("rId1", "hyperlink", "mailto:ola@example.no")),
    }
    found = yielded(visio.extract, drawing(page(shape), **more))
    assert "Kari Nordby" in found.text and "mailto:kari@example.no" in found.text and SYNTHETIC not in found.text
    assert "Siv Merk" in found.text and "ring 68 05 00 11" in found.text and "mal for Ola" in found.parts["master"]
    assert "Per Rad\t68 05 00 12" in found.parts["data"] and found.parts["properties: creator"] == "Eva Lager\n"
    assert found.parts["page 1: hyperlinks"] == "mailto:ola@example.no\n"
    assert found.documents == {"visio/media/image1.png": b"bilde", "visio/embeddings/oleObject1.bin": b"objekt"}


def test_page_in_no_list_is_read() -> None:
    found = yielded(visio.extract, drawing(page(""), **{"visio/pages/page7.xml": page(f"<Text>{SYNTHETIC}</Text>")}))
    assert SYNTHETIC in found.text
