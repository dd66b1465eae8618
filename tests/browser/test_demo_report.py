"""The report that the demo makes, opened in a real browser."""

from __future__ import annotations

from typing import Any

from browser_log import requests
from estate_scan import demo


def test_the_demos_report_opens_without_errors_or_requests(driver: Any) -> None:
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    driver.get((demo().folder / "run" / "report.html").resolve().as_uri())
    assert "dokumenter" in driver.find_element("css selector", "h1").text
    assert driver.find_elements("css selector", "#rows tbody tr")
    assert driver.get_log("browser") == []
    assert requests(driver) == []
