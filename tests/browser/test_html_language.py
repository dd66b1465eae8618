"""Both languages are in the one file: a button changes every word of the page, and back."""

from __future__ import annotations

from typing import Any

import pytest
from browser_log import requests

Driver = Any
TEXT = """
  for (const details of document.querySelectorAll('details')) details.open = true;
  const attributes = [...document.querySelectorAll('[title],[aria-label],[placeholder],[lang]')].map(
    (e) => ['title', 'aria-label', 'placeholder', 'lang'].map((name) => e.getAttribute(name)));
  return [document.title, document.body.innerText, JSON.stringify(attributes)];
"""


def said(driver: Driver) -> list[str]:
    found: list[str] = driver.execute_script(TEXT)
    return found


def toggle(driver: Driver) -> None:
    driver.execute_script("document.getElementById('language').click()")


@pytest.mark.parametrize(("lang", "other"), [("nb", "en"), ("en", "nb")])
def test_the_button_makes_the_page_that_the_other_language_would_be(opened: Any, lang: str, other: str) -> None:
    target = said(opened(lang=other))
    driver = opened(lang=lang)
    start = said(driver)
    toggle(driver)
    assert driver.execute_script("return document.documentElement.lang") == other
    for ours, theirs in zip(said(driver), target, strict=True):
        assert ours == theirs
    toggle(driver)
    assert said(driver) == start
    assert driver.get_log("browser") == [] and requests(driver) == []


def test_filters_and_sorting_go_on_in_the_other_language(opened: Any) -> None:
    driver = opened(lang="nb")
    script = """
      const form = document.getElementById('filter');
      form.elements.category.value = 'health';
      form.dispatchEvent(new Event('input', {bubbles: true}));
    """
    driver.execute_script(script)
    toggle(driver)
    status = "return [...document.querySelectorAll('[role=status]')].map((e) => e.textContent)"
    assert driver.execute_script(status) == ["5 of 5 deviations shown", "1–1 of 1 rows", "4 of 4 problems shown"]
    row = driver.execute_script("return document.querySelector('#rows tbody').innerText")
    assert "Possible health data" in row and "from row 2" in row
    heading = driver.find_element("css selector", "#rows th[data-sort=count] button")
    assert heading.get_attribute("title") == "Sort by Occurrences"


def test_without_javascript_the_chosen_language_shows_and_no_dead_button(opened: Any) -> None:
    driver = opened(lang="en")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.refresh()
        assert driver.find_element("css selector", "h1").text.startswith("Personal data found")
        for name in ("#tools", "#filter", "#gap-filter", "#problem-filter", "#pager"):
            assert not driver.find_element("css selector", name).is_displayed()
        assert len(driver.find_elements("css selector", "#rows tbody tr")) > 30
        assert len(driver.find_elements("css selector", "article.gap")) == 5
        assert driver.find_element("css selector", ".chart svg").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
