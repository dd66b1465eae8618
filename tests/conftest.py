"""A fingerprint key and a configuration folder for the tests, so that none touches the user's own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings
from scanning import KEY

settings.register_profile("pii-scan", deadline=None)  # how fast the machine is, is not what tests are about
settings.load_profile("pii-scan")


def pytest_configure() -> None:
    """Ctrl-C means something, also where the shell that started the tests in the background has it ignored."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PII_SCAN_KEY", KEY)
        # The many programs that tests start need not compile every module anew, as they would where this is set
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PII_SCAN_CONFIG_HOME", os.fspath(tmp_path_factory.mktemp("config")))
        yield
