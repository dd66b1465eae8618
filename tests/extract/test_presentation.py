"""PPTX: pages are slides in the order of the show; notes, comments and the rest are parts."""

from __future__ import annotations

import io

import pptx
from ooxml import OFFICE, SYNTHETIC, Yielded, package, read, relationships
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from pii_scan.extract.presentation import extract
from pii_scan.model import PageOrigin, ProblemCode

NAMES = f'xmlns:p="p" xmlns:a="a" xmlns:r="{OFFICE}"'


def slide(*paragraphs: str) -> str:
    inner = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sld {NAMES}><p:cSld><p:spTree><p:sp><p:txBody>{inner}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"


def show(slides: list[str], **parts: str | bytes) -> bytes:
    """A presentation whose slides are listed last first."""
    ids = "".join(f'<p:sldId id="{n}" r:id="rId{n}"/>' for n in range(len(slides), 0, -1))
    links = [(f"rId{n}", "slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)]
    whole: dict[str, str | bytes] = {
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(*links),
    }
    whole.update({f"ppt/slides/slide{n}.xml": text for n, text in enumerate(slides, 1)})
    return package({**whole, **parts}, "ppt/presentation.xml")


def pages(found: Yielded) -> dict[int, str]:
    return {
        batch.origin.first_page: batch.texts[0].as_py()
        for batch in found.batches
        if isinstance(batch.origin, PageOrigin)
    }


def test_pages_follow_the_order_of_the_show() -> None:
    assert pages(read(extract, show([slide("siste"), slide("første")]))) == {1: "første\n", 2: "siste\n"}


def test_slide_in_no_list_is_read() -> None:
    found = read(extract, show([slide("en")], **{"ppt/slides/slide9.xml": slide(SYNTHETIC)}))
    assert pages(found)[2] == f"{SYNTHETIC}\n"


def test_comments_come_with_their_authors() -> None:
    comments = f'<p:cmLst {NAMES}><p:cm authorId="7"><p:text>ring 68 05 00 11</p:text></p:cm></p:cmLst>'
    authors = f'<p:cmAuthorLst {NAMES}><p:cmAuthor id="7" name="Siv Merk" initials="SM"/></p:cmAuthorLst>'
    parts: dict[str, str | bytes] = {
        "ppt/comments/comment1.xml": comments,
        "ppt/commentAuthors.xml": authors,
        "ppt/slides/_rels/slide1.xml.rels": relationships(
            ("rId1", "comments", "../comments/comment1.xml"), ("rId2", "hyperlink", "mailto:x@example.no")
        ),
    }
    found = read(extract, show([slide("en")], **parts))
    assert found.parts["slide 1: comments"].split("\n")[:2] == ["Siv Merk", "ring 68 05 00 11"]
    assert found.parts["slide 1: hyperlinks"] == "mailto:x@example.no\n"


def test_file_of_python_pptx() -> None:
    show_ = pptx.Presentation()
    one = show_.slides.add_slide(show_.slide_layouts[5])
    one.shapes.title.text = "Tittel kari@example.no"
    one.notes_slide.notes_text_frame.text = f"notat {SYNTHETIC}"
    table = one.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Ola", "68 05 00 12"
    data = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["Øst Kari"]
    data.add_series("Serie", (1,))  # type: ignore[no-untyped-call]
    one.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(3), Inches(3), Inches(3), data)
    show_.core_properties.author = "Eva Lager"
    out = io.BytesIO()
    show_.save(out)
    found = read(extract, out.getvalue())
    assert "Tittel kari@example.no" in pages(found)[1] and "Ola\t68 05 00 12" in pages(found)[1]
    assert SYNTHETIC in found.parts["slide 1: notes"]
    assert "Øst Kari" in found.parts["slide 1: chart"]
    assert "Eva Lager" in found.parts["properties: creator"]
    assert "Click to edit" in found.parts["layout"]
    assert [data[:2] for data in found.documents.values()] == [b"PK"]
    assert not found.problems and found.error is None


def test_pictures_are_documents_and_tags_are_read() -> None:
    rels = relationships(("rId1", "image", "../media/image1.png"))
    tags = f'<p:tagLst {NAMES}><p:tag name="EIER" val="Kari Merket"/></p:tagLst>'
    parts: dict[str, str | bytes] = {
        "ppt/media/image1.png": "x",
        "ppt/slides/_rels/slide1.xml.rels": rels,
        "ppt/tags/tag1.xml": tags,
    }
    found = read(extract, show([slide()], **parts))
    assert found.documents == {"ppt/media/image1.png": b"x"} and "Kari Merket" in found.parts["tags"]


def test_presentation_of_pictures_without_a_slide_is_corrupt() -> None:
    found = read(extract, show([], **{"ppt/media/image1.png": "x"}))
    assert [q.code for q in found.problems] == [ProblemCode.CORRUPT]


def test_broken_list_of_slides_still_reads_the_slides() -> None:
    found = read(extract, show([slide(SYNTHETIC)], **{"ppt/presentation.xml": "<p:presentation"}))
    assert SYNTHETIC in pages(found)[1]
    assert [q.code for q in found.problems] == [ProblemCode.CORRUPT]
