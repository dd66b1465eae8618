"""An independent reader of Outlook mailboxes, Debian's readpst: every address it shows must be in our text too."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from extract.pst_made import ADDRESS, STRING, MadeAttachment, MadeItem, message, recipient
from extract.pst_writer import PstWriter

READPST = shutil.which("readpst")
REQUIRED = os.environ.get("PII_SCAN_REQUIRE_SERVICES") == "1"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "outlook-samples"
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@pytest.fixture(scope="module", autouse=True)
def tool() -> None:
    if READPST is None:
        if REQUIRED:
            pytest.fail("readpst is missing, and PII_SCAN_REQUIRE_SERVICES is set")
        pytest.skip("readpst (pst-utils) is not installed")


def shown(path: Path, out: Path) -> set[str]:
    """Every address in what readpst writes: messages (with their parts decoded), contacts, appointments."""
    out.mkdir()
    subprocess.run(
        [READPST or "", "-j", "0", "-q", "-D", "-e", "-8", "-o", str(out), str(path)], check=True, capture_output=True
    )
    found: set[str] = set()
    for file in out.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            parts = [data]
            for part in email.message_from_bytes(data).walk():
                decoded = part.get_payload(decode=True)
                parts += [decoded] if isinstance(decoded, bytes) else []
            found |= {address.lower() for data in parts for address in _ADDRESS.findall(data.decode("latin-1"))}
    return found


def made(version: str, crypt: int, **options: int) -> bytes:
    writer = PstWriter(version, crypt, **options)
    inbox, contacts = writer.folder("Innboks"), writer.folder("Kontakter")
    inner = message("Indre", "indre@example.no", recipients=[recipient("Indre Mann", "im@example.no")])
    for number in range(70):
        writer.item(inbox, message(
            f"nr {number}", f"Hei, nr{number}@example.no\r\n" * (1 + number % 5 * 500),
            props={0x0C1A: (STRING, "Fra"), 0x0C1F: (STRING, f"fra{number}@example.no"), 0x0C1E: (STRING, "SMTP"),
                   0x0E04: (STRING, f"til{number}@example.no")},
            recipients=[recipient("Til", f"til{number}@example.no"), recipient("Kopi", f"kopi{number}@example.no", 2)],
            attachments=[MadeAttachment("a.txt", b"vedlegg@example.no\n" * 3000), MadeAttachment("b", embedded=inner)]
            if number % 20 == 0 else [],
        ))  # fmt: skip
    writer.item(contacts, MadeItem(
        {0x1A: (STRING, "IPM.Contact"), 0x3001: (STRING, "Åse Øy"), 0x3A06: (STRING, "Åse"), 0x3A11: (STRING, "Øy")},
        {(ADDRESS, 0x8083): (STRING, "kontakt@example.no"), (ADDRESS, 0x8082): (STRING, "SMTP"),
         (ADDRESS, 0x8080): (STRING, "Åse")},
    ))  # fmt: skip
    return writer.finish()


@pytest.mark.parametrize("options", [{}, {"block_bytes": 2048, "fan_out": 60}], ids=["plain", "deep"])
@pytest.mark.parametrize("crypt", [0, 1, 2])
@pytest.mark.parametrize("version", ["unicode", "ansi", "4k"])
def test_what_it_shows_of_a_made_mailbox_is_found(
    read: Any, tmp_path: Path, version: str, crypt: int, options: dict[str, int]
) -> None:  # fmt: skip
    data = made(version, crypt, **options)
    path = tmp_path / "made.pst"
    path.write_bytes(data)
    expected = shown(path, tmp_path / "out")
    assert len(expected) > 140
    assert {"nr69@example.no", "til0@example.no", "vedlegg@example.no", "indre@example.no"} <= expected
    result = read(data, "made.pst")
    assert result.problems == []
    assert expected - {address.lower() for address in _ADDRESS.findall(result.all_text)} == set()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"needs {SAMPLES.name}")
@pytest.mark.parametrize("name", ["Empty", "alpha-beta-gamma-delta", "contacts", "contacts97-2002"])
def test_what_it_shows_of_a_mailbox_that_others_made_is_found(read: Any, tmp_path: Path, name: str) -> None:
    path = SAMPLES / f"{name}.pst"
    result = read(path.read_bytes(), path.name)
    assert {address.lower() for address in _ADDRESS.findall(result.all_text)} >= shown(path, tmp_path / "out")
    assert {code for _, code in result.codes} <= {"unsupported"}  # pictures
