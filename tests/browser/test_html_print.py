"""The report printed by Chromium to PDF: A4, numbered, no section lost, each page of its own on a page of its own."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pypdf
import pytest

A4 = (595.3, 841.9)
"""Points (ISO 216: 210 by 297 mm)."""
OWN = ("Avvik mellom erklæring og funn", "Fødselsnummer og andre ID-numre", "Mulige særlige kategorier",
       "Hvor gamle er opplysningene", "Erklæring om dekning")  # fmt: skip
"""Sections that begin a page."""


def printed(driver: Any) -> list[str]:
    """The text of each page. Asserts the size."""
    made = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    pages = pypdf.PdfReader(io.BytesIO(base64.b64decode(made["data"]))).pages
    for page in pages:
        assert [float(page.mediabox.width), float(page.mediabox.height)] == pytest.approx(A4, abs=1)
    return [re.sub(r"\s+", " ", page.extract_text()) for page in pages]


def test_no_section_is_lost_and_pages_are_numbered(opened: Any) -> None:
    driver = opened()
    script = "return [...document.querySelectorAll('h2')].filter(h => h.id !== 'findings-title').map(h => h.innerText)"
    headings = driver.execute_script(script)
    pages = printed(driver)
    assert 12 <= len(pages) <= 24
    text = " ".join(pages)
    places = [text.find(re.sub(r"\s+", " ", heading)) for heading in headings]
    assert len(headings) == 13 and -1 not in places
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page
    starts = [page.replace(f"{number} / {len(pages)}", "").strip() for number, page in enumerate(pages, 1)]
    for heading in OWN:
        assert any(start.startswith(heading) for start in starts), heading


def test_the_first_page_is_the_summary_and_the_last_is_the_one_to_sign(opened: Any) -> None:
    pages = printed(opened())
    for words in ("Sammendrag", "Mest alvorlig", "3 åpne avvik", "Dokumenter med"):
        assert words in pages[0]
    assert "Åpne avvik" not in pages[0]
    for words in ("Dette ble ikke lest, og hvorfor", "Merknader", "Personvernombud", "For den behandlingsansvarlige"):
        assert words in pages[-1]


def test_details_are_printed_open_and_controls_are_not(opened: Any) -> None:
    text = " ".join(printed(opened()))
    assert "deltakere/deltakere-2025.xlsx" in text and "kolonne Fødselsnr" in text
    for control in ("Nullstill", "Neste", "English", "Vis funnene", "Feltene kan fylles ut"):
        assert control not in text


def test_what_was_typed_and_ticked_is_printed(opened: Any) -> None:
    driver = opened()
    driver.execute_script("""
      document.querySelector('.remarks').value = 'Merknad fra ombudet.';
      document.querySelector('.sign input').value = 'Kari Ombud';
    """)
    text = " ".join(printed(driver))
    assert "Merknad fra ombudet." in text and "Kari Ombud" in text


def test_the_language_that_shows_is_the_one_printed(opened: Any) -> None:
    driver = opened()
    driver.execute_script("document.getElementById('language').click()")
    pages = printed(driver)
    assert "Most serious" in pages[0] and "Coverage statement" in pages[-1]


def test_a_long_table_repeats_its_head_on_each_page(opened: Any) -> None:
    from finished_run import RunBuilder

    b = RunBuilder()
    for i in range(120):
        b.document(f"arkiv/mappe-{i:03d}.zip", status="unread")
        b.problem(f"arkiv/mappe-{i:03d}.zip", "encrypted", "the archive is encrypted")
    pages = [page for page in printed(opened(b.run())) if page.count("the archive is encrypted") > 3]
    assert len(pages) >= 3
    assert all("Dokument Trinn Betydning Detalj" in page for page in pages)


def test_filtered_problems_and_rows_are_printed_whole_and_hidden_again(opened: Any) -> None:
    driver = opened()
    field = driver.find_element("css selector", "#problem-filter input")
    driver.execute_script(
        "arguments[0].value = 'kryptert'; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", field
    )
    hidden = "return document.querySelectorAll('#problems tbody tr[hidden]').length"
    assert driver.execute_script(hidden) == 3
    assert "the folder cannot be listed" in " ".join(printed(driver))
    assert driver.execute_script(hidden) == 3
