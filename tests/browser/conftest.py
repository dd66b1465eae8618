"""A headless Chromium for the tests of this folder; absent, they are skipped by name, or fail where CI requires it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

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


def missing(what: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(f"{what} is missing, and PII_SCAN_REQUIRE_SERVICES is set")
    pytest.skip(f"{what} is not installed")
