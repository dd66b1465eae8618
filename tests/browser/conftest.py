"""A headless Chromium for the tests of this folder; absent, they are skipped by name, or fail where CI requires it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
from attributed_run import attributed_run, checked

from pii_scan.report import html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
REQUIRED = os.environ.get("PII_SCAN_REQUIRE_SERVICES") == "1"
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1280,900",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip

Driver = Any


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    try:
        from selenium import webdriver
    except ImportError:
        missing("selenium")
    if not CHROMIUM or not CHROMEDRIVER:
        missing("chromium" if CHROMEDRIVER else "chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(CHROMEDRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def opened(driver: Driver, tmp_path: Path) -> Callable[..., Driver]:
    """Opens the report of a run, or of the attributed one with its check."""

    def open_report(run: Any = None, lang: str = "nb", check: Any = None) -> Driver:
        path = tmp_path / f"report-{lang}.html"
        path.write_bytes(attributed_report(lang) if run is None else written(run, lang, check))
        for kind in ("browser", "performance"):
            driver.get_log(kind)
        driver.get(path.as_uri())
        return driver

    return open_report


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    if find_spec("selenium_axe_python") is None:
        missing("selenium-axe-python")
    return (files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text("utf-8")


@cache
def attributed_report(lang: str) -> bytes:
    return written(attributed_run(), lang, checked())


def written(run: Any, lang: str, check: Any) -> bytes:
    out = BytesIO()
    html.write(run, out, lang, check)
    return out.getvalue()


def missing(what: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(f"{what} is missing, and PII_SCAN_REQUIRE_SERVICES is set")
    pytest.skip(f"{what} is not installed")
