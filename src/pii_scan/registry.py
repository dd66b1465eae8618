"""Finds the data folders that travel with the code: `recognizers`, `configs`, `examples`.

In a wheel they lie inside the package; in a checkout (and so in an editable install) beside `src`.
"""

from __future__ import annotations

from pathlib import Path

from pii_scan.errors import ConfigError

DATA_FOLDERS = ("recognizers", "configs", "examples")


def data_folder(name: str) -> Path:
    """The folder `name` (one of DATA_FOLDERS). Raises ConfigError when the installation is not whole."""
    package = Path(__file__).resolve().parent
    for candidate in (package / name, package.parents[1] / name):
        if candidate.is_dir():
            return candidate
    raise ConfigError(f"the data folder {name!r} is missing from the installation", "install pii-scan again")
