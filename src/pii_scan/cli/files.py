"""The files and run folders that commands read and write, with what goes wrong said as a wrong call."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pii_scan.errors import RunError, UsageError

if TYPE_CHECKING:
    from pii_scan.findings.store import Run


def finished_run(folder: Path) -> Run:
    """The run in a folder. Raises UsageError where there is none that can be read."""
    from pii_scan.findings.store import load_run

    try:
        return load_run(folder)
    except RunError as error:
        raise UsageError(error.message, error.hint) from None


def opened(file: Path) -> AbstractContextManager[BinaryIO]:
    """The file to write to: whole or not at all; a device or a pipe as it comes. A link stays a link."""
    from pii_scan.findings.store import replacing

    file = Path(os.path.realpath(file))
    return open(file, "wb") if file.exists() and not file.is_file() else replacing(file)


def write_new(file: Path, text: str) -> None:
    """Writes a file that must not exist. Raises UsageError."""
    try:
        with open(file, "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{str(file)!r} exists already", "give another name") from None
    except OSError as error:
        raise unwritable(file, error) from None


def unwritable(file: Path, error: OSError) -> UsageError:
    """What to say of a file that cannot be written."""
    return UsageError(f"{str(file)!r} cannot be written: {error.strerror}")
