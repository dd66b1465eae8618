"""WCAG 2.1 AA as axe-core checks it, in light, dark and print, in both languages.

axe-core (Deque Systems) comes with the package selenium-axe-python; what it cannot decide is left to the tests of
contrast and of the keyboard.
"""

from __future__ import annotations

from typing import Any

import pytest
from finished_run import RunBuilder

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
RUN = """
  const done = arguments[1];
  for (const details of document.querySelectorAll('details')) details.open = true;
  axe.run(document, {runOnly: arguments[0]}).then((found) => done(found.violations.map(
    (v) => [v.id, v.help, v.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))])));
"""


def violations(driver: Any, axe: str, media: dict[str, Any], tags: tuple[str, ...] = TAGS) -> list[Any]:
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.set_script_timeout(120)
    try:
        driver.execute_script(axe)
        found: list[Any] = driver.execute_async_script(RUN, list(tags))
        return found
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


MEDIA = {
    "light": {"features": [{"name": "prefers-color-scheme", "value": "light"}]},
    "dark": {"features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    "print": {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
}


@pytest.mark.parametrize(("lang", "media"), [("nb", "light"), ("en", "dark"), ("nb", "print")])
def test_axe_finds_nothing(opened: Any, axe: str, lang: str, media: str) -> None:
    assert violations(opened(lang=lang), axe, MEDIA[media]) == []


def test_axe_finds_nothing_after_a_change_of_language_and_a_filter(opened: Any, axe: str) -> None:
    driver = opened()
    driver.execute_script("document.getElementById('language').click()")
    driver.execute_script("document.querySelector('#systems .matrix a').click()")
    assert violations(driver, axe, MEDIA["dark"], (*TAGS, "best-practice")) == []


def test_axe_finds_nothing_on_an_empty_report(opened: Any, axe: str) -> None:
    assert violations(opened(RunBuilder().run()), axe, MEDIA["light"]) == []


def test_axe_finds_what_is_planted(opened: Any, axe: str) -> None:
    driver = opened()
    driver.execute_script("""
      document.querySelector('main').insertAdjacentHTML('beforeend',
        '<p style="color:#bbb;background:#fff">faint</p><input type="text">');
    """)
    assert {found[0] for found in violations(driver, axe, MEDIA["light"])} == {"color-contrast", "label"}


def test_nothing_moves_for_those_who_asked_for_less_motion(opened: Any) -> None:
    driver = opened()
    script = "return getComputedStyle(document.documentElement).scrollBehavior"
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        assert driver.execute_script(script) == "auto"
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
