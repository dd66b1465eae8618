"""The HTML report in a real browser: it runs, filters and opens without an error and without a request."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from browser_log import requests
from finished_run import RunBuilder, company_run

Driver = Any


def rows(driver: Driver) -> list[list[str]]:
    script = "return [...document.querySelectorAll('#rows tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    found: list[list[str]] = driver.execute_script(script)
    return found


def status(driver: Driver) -> str:
    return str(driver.execute_script("return document.querySelector('#pager [role=status]').textContent"))


def choose(driver: Driver, name: str, value: str) -> None:
    script = """
      const field = document.getElementById('filter').elements[arguments[0]];
      field.value = arguments[1];
      field.dispatchEvent(new Event('input', {bubbles: true}));
    """
    driver.execute_script(script, name, value)


def reset(driver: Driver) -> None:
    driver.execute_script("document.querySelector('#filter button[type=reset]').click()")
    driver.execute_async_script("setTimeout(arguments[0], 20)")


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_report_opens_without_errors_or_requests(opened: Any, lang: str) -> None:
    driver = opened(company_run(), lang)
    assert driver.execute_script("return document.documentElement.lang") == lang
    heading = driver.find_element("css selector", "h1").text.replace("\n", " ")
    start = {"nb": "Personopplysninger funnet i 20 av 31 dokumenter", "en": "Personal data found in 20 of 31 documents"}
    assert heading.startswith(start[lang])
    assert driver.get_log("browser") == []
    assert requests(driver) == []
    entries = driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in entries if not name.startswith("data:")] == []


def test_names_of_files_are_text_in_the_browser_too(opened: Any) -> None:
    b = RunBuilder()
    hostile = "<img src=x onerror=document.title='run'><script>document.title='run'</script>"
    b.found(f"{hostile}.csv", "EMAIL_ADDRESS", "email", 2, header=hostile, masked=hostile, reasons=hostile)
    b.found("</script><script>document.title='run'</script>.csv", "EMAIL_ADDRESS", "email", 1)
    b.problem(hostile, "corrupt", hostile)
    driver = opened(b.run())
    choose(driver, "text", "img")
    assert len(rows(driver)) == 1
    assert hostile in rows(driver)[0][1]
    assert driver.title != "run"
    assert driver.execute_script("return document.querySelectorAll('img').length") == 0
    assert driver.get_log("browser") == []
    assert requests(driver) == []


def test_every_filter_narrows_the_findings(opened: Any) -> None:
    driver = opened(company_run())
    everything = len(rows(driver))
    assert status(driver) == f"1–{everything} av {everything} rader"

    choose(driver, "category", "health")
    assert [row[0].split("\n")[0] for row in rows(driver)] == ["Mulig helseopplysning art. 9"]
    reset(driver)
    choose(driver, "entity", "IBAN_CODE")
    assert [row[1].split("\n")[0] for row in rows(driver)] == ["regnskap/faktura-10234.pdf"]
    reset(driver)
    choose(driver, "synthetic", "only")
    assert [row[1].split("\n")[0] for row in rows(driver)] == ["deltakere/norskkurs/testdata.csv"]
    choose(driver, "synthetic", "without")
    assert len(rows(driver)) == everything - 1
    reset(driver)
    choose(driver, "score", "0.95")
    assert {row[6] for row in rows(driver)} == {"0,95"}
    reset(driver)
    choose(driver, "text", "LØNNSKJØRING trekk")
    assert len(rows(driver)) == 1
    choose(driver, "text", "finnes ikke noe sted")
    assert rows(driver) == [["Ingen funn passer med valgene."]]
    assert status(driver) == "0–0 av 0 rader"
    reset(driver)
    assert len(rows(driver)) == everything


def test_a_cell_of_the_matrix_shows_the_findings_behind_it(opened: Any) -> None:
    driver = opened(company_run())
    cell = driver.find_element("css selector", "#matrix a[data-category=national_id]")  # the first: folder deltakere
    shown = cell.text
    driver.execute_script("arguments[0].click()", cell)
    driver.execute_async_script("setTimeout(arguments[0], 50)")
    found = rows(driver)
    count = sum(int(row[3].split("\n")[0].replace("\u202f", "")) for row in found)
    assert count == int(shown.replace("\u202f", ""))
    assert all(row[1].startswith("deltakere/") for row in found)
    assert driver.execute_script("return document.activeElement.id") == "findings-title"


def test_findings_are_sorted_by_a_click_and_by_the_keyboard(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = opened(company_run())
    button = driver.find_element("css selector", "#rows th[data-sort=count] button")
    driver.execute_script("arguments[0].click()", button)

    def counts() -> list[int]:
        return [int(row[3].split("\n")[0].replace("\u202f", "")) for row in rows(driver)]

    assert counts() == sorted(counts(), reverse=True)
    assert driver.execute_script("return arguments[0].parentNode.getAttribute('aria-sort')", button) == "descending"
    button.send_keys(Keys.ENTER)
    assert counts() == sorted(counts())


def test_many_findings_are_shown_page_by_page(opened: Any) -> None:
    b = RunBuilder()
    for i in range(120):
        b.found(f"x/{i:03d}.csv", "EMAIL_ADDRESS", "email", 1000 + i, listed=1)
    driver = opened(b.run(), "en")
    previous, following = driver.find_elements("css selector", "#pager button")
    assert (len(rows(driver)), status(driver)) == (50, "1–50 of 120 rows")
    assert rows(driver)[0][3] == "1,119"
    assert not previous.is_enabled()
    for _ in range(2):
        driver.execute_script("arguments[0].click()", following)
    assert (len(rows(driver)), status(driver)) == (20, "101–120 of 120 rows")
    assert not following.is_enabled()


def test_folders_and_documents_open(opened: Any) -> None:
    driver = opened(company_run())
    folder = driver.find_element("css selector", "details.folder")
    table = folder.find_element("css selector", "table")
    assert not table.is_displayed()
    for summary in folder.find_elements("css selector", "summary")[:2]:
        driver.execute_script("arguments[0].click()", summary)
    assert table.is_displayed()


def test_problems_are_filtered(opened: Any) -> None:
    driver = opened(company_run())
    field = driver.find_element("css selector", "#problem-filter input")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", field)
    field.send_keys("kryptert")
    shown = [row.text for row in driver.find_elements("css selector", "#problems tbody tr") if row.is_displayed()]
    assert len(shown) == 1 and "passordbeskyttet.xlsx" in shown[0]


def test_paper_has_everything_open_and_a_place_to_sign(opened: Any) -> None:
    driver = opened(company_run())
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    with contextlib.ExitStack() as after:
        after.callback(driver.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"media": ""})
        driver.execute_script("dispatchEvent(new Event('beforeprint'))")
        assert all(table.is_displayed() for table in driver.find_elements("css selector", "details table"))
        assert driver.find_element("css selector", ".sign").is_displayed()
        for hidden in ("nav", "#filter", "#problem-filter", "#pager"):
            assert not driver.find_element("css selector", hidden).is_displayed()
        driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert not driver.find_element("css selector", "details table").is_displayed()


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_does_not_scroll_sideways(opened: Any, width: int) -> None:
    driver = opened(company_run())
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_text_has_enough_contrast_in_light_and_dark(opened: Any) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text."""
    script = """
      const number = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = (rgb) => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
        return .2126 * r + .7152 * g + .0722 * b; };
      const ground = (node) => { for (; node; node = node.parentElement) { const c = number(getComputedStyle(node).backgroundColor);
        if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
      const low = new Set();
      for (const node of document.querySelectorAll('h1,h1 span,h2,h3,p,a,th,td,dt,dd,dd span,dd strong,small,code,summary span,button:enabled,label,.badge,.test,.target')) {
        if (!node.innerText.trim()) continue;
        const a = light(number(getComputedStyle(node).color).slice(0, 3)), b = light(ground(node));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) low.add(`${node.tagName}.${node.className} ${node.parentElement.className} ${ratio.toFixed(2)}`);
      }
      return [...low];
    """  # noqa: E501
    driver = opened(company_run())
    try:
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            assert driver.execute_script(script) == [], scheme
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
