"""The example estate by system: each document is attributed as the truth says, and each near miss is not."""

from __future__ import annotations

import csv
import functools
import io
import json
from fnmatch import fnmatchcase
from pathlib import Path

from estate_scan import demo, shown_name

from pii_scan.extract.dispatch import DocumentDone, Extracted, extract
from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.model import Document, DocumentRef, Limits
from pii_scan.report.formats import FORMATS
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import profiles

PROTON, POSTMARK = "epost/2026-03-10-plass-paa-kurs.eml", "postmark/paaminnelse-kopi.eml"
OPTIONAL = {"course.employer_list"}
"""Profiles that the design's list of systems does not have."""


@functools.cache
def expected() -> tuple[tuple[str, str], ...]:
    with open(f"{demo().folder / 'files'}.systems.csv", encoding="utf-8", newline="") as lines:
        return tuple((row["document"], row["system"] or UNASSIGNED) for row in csv.DictReader(lines))


def expected_of(document: str) -> str:
    return next(system for glob, system in expected() if fnmatchcase(document, glob))


@functools.cache
def told() -> dict[str, str]:
    """System by the true name of every document, read as a scan reads it; what nothing tells has its container's."""
    attribution, found = Attribution(profiles()), {}
    root = demo().folder / "files"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            with path.open("rb") as content:
                ref = DocumentRef(str(root), path.relative_to(root).as_posix())
                for piece in extract(Document(ref, content), Limits()):
                    if isinstance(piece, Extracted):
                        attribution.observe(piece.ref, piece.batch)
                    elif isinstance(piece, DocumentDone):
                        system, _ = attribution.finish(piece.ref, piece.media_type)
                        found[piece.ref.display] = system or UNASSIGNED
    return {name: _around(name, found) for name in found}


def _around(name: str, found: dict[str, str]) -> str:
    while found[name] == UNASSIGNED and "!" in name:
        name = name.rpartition("!")[0]
    return found[name]


def test_each_document_is_from_the_system_that_the_truth_names() -> None:
    assert {name: system for name, system in told().items() if system != expected_of(name)} == {}


def test_each_system_of_the_profiles_has_a_document_and_each_row_of_the_truth_is_used() -> None:
    assert set(profiles().by_id) - OPTIONAL <= set(told().values())
    used = {next(glob for glob, _ in expected() if fnmatchcase(name, glob)) for name in told()}
    assert used == {glob for glob, _ in expected()}


def test_the_run_has_the_systems_and_says_what_told_them() -> None:
    rows = [row for table in demo().run.documents() for row in table.to_pylist()]
    systems = {row["document"]: row["system"] for row in rows}
    assert systems == {name: UNASSIGNED for name in systems} | {shown_name(d): s for d, s in told().items()}
    assert all(bool(row["signals"]) == (row["system"] != UNASSIGNED) for row in rows)


def test_a_mail_of_proton_is_not_from_postmark() -> None:
    for path in (PROTON, POSTMARK):
        data = (demo().folder / "files" / path).read_bytes().lower()
        assert b"x-pm-message-id: " in data
    assert told()[PROTON] == UNASSIGNED and told()[POSTMARK] == "postmark"


def findings(prefix: str) -> set[tuple[str, str]]:
    """Document and entity type of what was found below a folder."""
    out = io.BytesIO()
    FORMATS["json"](demo().run, out, "nb")
    items = json.loads(out.getvalue())["findings"]
    return {(item["document"], item["entity_type"]) for item in items if item["document"].startswith(prefix)}


def test_accounts_that_pass_for_national_numbers_are_accounts() -> None:
    saft = {kind for _, kind in findings("regnskap/saft/")}
    assert "NO_BANK_ACCOUNT" in saft and not saft & {"NO_FODSELSNUMMER", "NO_D_NUMMER"}
    bank = {kind for _, kind in findings("regnskap/bank/")}
    assert "NO_BANK_ACCOUNT" in bank and not bank & {"NO_FODSELSNUMMER", "NO_D_NUMMER"}


def test_what_an_invoice_carries_in_base64_is_entered() -> None:
    found = findings("regnskap/ehf/ehf-10240.xml!")
    assert ("regnskap/ehf/ehf-10240.xml!spesifikasjon.csv", "NO_FODSELSNUMMER") in found
    assert ("regnskap/ehf/ehf-10240.xml!vedlegg.pdf", "NO_FODSELSNUMMER") in found


def test_names_that_facebook_escaped_are_read_as_they_are_written() -> None:
    [path] = Path(demo().folder / "files" / "meta").glob("facebook-*.zip")
    names = {
        row["value"] for row in demo().truth
        if row["document"].startswith(f"meta/{path.name}") and row["entity_type"] == "PERSON"
    }  # fmt: skip
    texts = []
    with path.open("rb") as content:
        for piece in extract(Document(DocumentRef("t", path.name), content), Limits()):
            if isinstance(piece, Extracted):
                texts += [str(text) for text in piece.batch.texts.to_pylist()]
    assert names and all(not name.isascii() and name in "\n".join(texts) for name in names)
