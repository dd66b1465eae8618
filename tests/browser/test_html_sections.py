"""The sections on systems, deviations and what the law treats apart, driven by mouse and keyboard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from attributed_run import attributed_run, checked, gap
from browser_log import requests

from pii_scan.notice.gaps import Acceptance, Status
from pii_scan.notice.lint import Level

Driver = Any
HOSTILE = "<img src=x onerror=document.title='run'><script>document.title='run'</script>\"'"


def rows(driver: Driver) -> list[list[str]]:
    script = "return [...document.querySelectorAll('#rows tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    found: list[list[str]] = driver.execute_script(script)
    return found


def click(driver: Driver, element: Any) -> None:
    driver.execute_script("arguments[0].click()", element)
    driver.execute_async_script("setTimeout(arguments[0], 50)")


def digits(text: str) -> int:
    return int(text.split("\n")[0].replace("\u202f", ""))


def test_a_cell_of_the_system_matrix_leads_to_the_findings_behind_it(opened: Any) -> None:
    driver = opened()
    cells = driver.find_elements("css selector", "#systems .matrix a")
    assert len(cells) > 15
    for cell in cells:
        shown = digits(cell.text)
        click(driver, cell)
        assert sum(digits(row[3]) for row in rows(driver)) == shown
    assert driver.execute_script("return document.activeElement.id") == "findings-title"


def test_the_page_of_identity_numbers_leads_to_the_findings_of_a_system(opened: Any) -> None:
    driver = opened()
    link = driver.find_element("css selector", "#ids a[data-system='microsoft365.exchange']")
    click(driver, link)
    assert [row[1].split("\n")[0] for row in rows(driver)] == ["epost/kursadm.pst!Inbox/00012!liste.xlsx"]


def choose(driver: Driver, **values: str) -> list[str]:
    """Sets the filters of the deviations; gives the rules of those that show."""
    script = """
      const form = document.getElementById('gap-filter');
      for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;
      form.dispatchEvent(new Event('input', {bubbles: true}));
    """
    driver.execute_script(script, {"level": "", "status": "", "system": ""} | values)
    shown = [gap for gap in driver.find_elements("css selector", "article.gap") if gap.is_displayed()]
    return [gap.find_element("css selector", "small").text for gap in shown]


def test_deviations_are_filtered_by_level_status_and_system_and_the_number_is_told(opened: Any) -> None:
    driver = opened()
    assert choose(driver) == ["G01", "G09", "G02", "G03", "G01"]
    assert choose(driver, level="error") == ["G01", "G09", "G01"]
    assert choose(driver, level="error", status="accepted") == ["G01"]
    assert choose(driver, status="not_assessable") == ["G03"]
    assert choose(driver, system="microsoft365.sharepoint") == ["G09"]
    status = driver.find_element("css selector", "#gap-filter [role=status]")
    assert status.text == "1 av 5 avvik vises" and status.get_attribute("aria-live") == "polite"
    assert choose(driver, system="microsoft365.sharepoint", level="warning") == []
    driver.execute_script("document.querySelector('#gap-filter button').click()")
    driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert status.text == "5 av 5 avvik vises"


def test_the_numbers_of_a_chart_open_by_the_keyboard(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = opened()
    summary = driver.find_element("css selector", ".chart summary")
    table = driver.find_element("css selector", ".chart table")
    assert not table.is_displayed()
    summary.send_keys(Keys.ENTER)
    assert table.is_displayed() and "2016" in table.text


def test_everything_that_can_be_done_is_reached_by_tab_in_order_and_seen_in_focus(opened: Any) -> None:
    """WCAG 2.1, success criteria 2.1.1, 2.4.3 and 2.4.7."""
    from selenium.webdriver.common.keys import Keys

    driver = opened()
    script = """
      const all = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex="0"]')];
      return all.filter((e) => !e.disabled && e.checkVisibility({contentVisibilityAuto: true})).map((e) => {
        e.dataset.order = String(e.dataset.order ?? all.indexOf(e)); return Number(e.dataset.order); });
    """
    wanted = driver.execute_script(script)
    met, unseen = [], []
    for _ in wanted:
        driver.switch_to.active_element.send_keys(Keys.TAB)
        now = driver.execute_script("""
          const e = document.activeElement, style = getComputedStyle(e);
          return [Number(e.dataset.order), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
        """)
        met.append(now[0])
        if not now[1]:
            unseen.append(now[0])
    assert met == wanted
    assert unseen == []


def test_the_skip_link_and_the_sections_of_the_menu_lead_on(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = opened()
    driver.switch_to.active_element.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.get_attribute("class") == "skip"
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert driver.execute_script("return document.activeElement.id") == "main"
    for link in driver.find_elements("css selector", "nav a"):
        target = driver.find_element("id", link.get_attribute("href").partition("#")[2])
        assert target.tag_name == "section" and target.find_elements("css selector", "h2")


def test_markup_in_systems_owners_signs_and_deviations_is_text_in_the_browser(opened: Any) -> None:
    answer = Acceptance(HOSTILE, HOSTILE, checked().as_of)
    values = {"recipients": (HOSTILE,), "owners": (HOSTILE,), "one_of": (HOSTILE,)}
    gaps = (
        gap("G04", "notice", Level.ERROR, HOSTILE, HOSTILE, values=values),
        gap("G01", "omitted", Level.ERROR, HOSTILE, None, law=HOSTILE, status=Status.ACCEPTED, acceptance=answer),
    )
    run = attributed_run(deltakere=HOSTILE, signals=HOSTILE, owner=HOSTILE)
    driver = opened(run, "nb", checked(*gaps, notice=HOSTILE))
    driver.execute_script("document.getElementById('language').click()")
    assert HOSTILE in driver.find_element("id", "systems").text
    assert HOSTILE in driver.find_element("id", "gaps").text
    assert driver.title != "run"
    assert driver.execute_script("return document.querySelectorAll('img, main script').length") == 0
    assert driver.get_log("browser") == [] and requests(driver) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_whole_page_does_not_scroll_sideways(opened: Any, width: int, lang: str) -> None:
    driver = opened(lang=lang)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_heads_of_many_systems_keep_clear_of_the_rows_and_of_each_other(opened: Any) -> None:
    run = attributed_run()
    names = [f"own.system with a rather long name, number {n:02d} (export)" for n in range(9)]
    tables = []
    for table in run.document_tables:
        rows_ = [row | {"system": names[n % len(names)]} for n, row in enumerate(table.to_pylist())]
        tables.append(type(table).from_pylist(rows_, table.schema))
    driver = opened(replace(run, document_tables=tables))
    script = """
      const table = document.querySelector('#systems .matrix.many');
      const heads = [...table.querySelectorAll('th.up > span')].map((head) => head.getBoundingClientRect());
      const first = table.querySelector('tbody').getBoundingClientRect().top, top = table.getBoundingClientRect().top;
      return heads.length > 8 && heads.every((head, i) => head.bottom <= first + 1 && head.top >= top - 1
        && (i === 0 || heads[i - 1].right <= head.left + 1));
    """
    assert driver.execute_script(script)
