"""What LibreOffice makes of our documents, in its own formats and in those of Microsoft, holds every value."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from extract.formats_office import made_docx, made_pptx, made_xlsx

SOFFICE = shutil.which("soffice")
SECONDS = 120
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")

TEXT = ("body", "table", "header", "footer", "comment", "property")
SHEET = ("cell", "link", "header", "comment", "hidden", "property")
SHOW = ("first.slide", "second.slide", "notes", "property")
DOCUMENTS: dict[str, tuple[Callable[[], bytes], tuple[str, ...], tuple[str, ...]]] = {
    "brev.docx": (made_docx, TEXT, ("doc:MS Word 97", "odt", "rtf", "docx")),
    "bok.xlsx": (made_xlsx, SHEET, ("xls:MS Excel 97", "ods", "xlsx")),
    "lysark.pptx": (made_pptx, SHOW, ("ppt:MS PowerPoint 97", "odp", "pptx")),
}
CASES = [(name, form) for name, (_, _, forms) in DOCUMENTS.items() for form in forms]


def converted(document: Path, form: str, folder: Path) -> Path:
    """The document in another format, by a LibreOffice of its own that does not outlive the call."""
    assert SOFFICE is not None
    command = [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form,
               "--outdir", str(folder / "made"), str(document)]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # soffice is a wrapper: soffice.bin lives in its group
        process.wait()
    return folder / "made" / f"{document.stem}.{form.partition(':')[0]}"


@pytest.mark.parametrize("name, form", CASES)
def test_what_libreoffice_writes_holds_every_planted_value(read: Any, tmp_path: Path, name: str, form: str) -> None:
    make, values, _ = DOCUMENTS[name]
    (tmp_path / name).write_bytes(make())
    made = converted(tmp_path / name, form, tmp_path)
    result = read(made.read_bytes(), made.name)
    text = result.all_text
    assert {value for value in values if f"{value}@example.no" not in text} == set()
    assert [code for _, code in result.codes if code in ("corrupt", "truncated", "encrypted")] == []
