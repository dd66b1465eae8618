"""Whole scans of exports: items counted once, where they lay, whose they are, and what is in them at its place."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from pathlib import Path

import export_trees
import pytest
from export_trees import KARI, OLA, PER
from scanning import KEY, rows, statuses, summary
from unpacked import unpacked

from pii_scan.config import Config
from pii_scan.engines.scan import scan
from pii_scan.findings.store import Run
from pii_scan.inventory.build import Inventory, build_inventory
from pii_scan.report.formats import FORMATS

TREES = ("classic", "new", "teams", "entra", "takeout", "facebook")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("exports")
    for name in TREES:
        getattr(export_trees, name)(folder / "files" / name)
    config = Config(jobs=1)
    return scan([folder / "files"], out=folder / "run", config=config, environment={"PII_SCAN_KEY": KEY})


@pytest.fixture(scope="module")
def inventory(run: Run) -> Inventory:
    return build_inventory(run)


def written(run: Run, form: str, lang: str = "en") -> str:
    out = io.BytesIO()
    FORMATS[form](run, out, lang)
    return unpacked(out.getvalue()).decode()


@pytest.fixture(scope="module")
def table(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(run, "csv").removeprefix("\ufeff"), newline=""), delimiter=";"))


def document(run: Run, pattern: str) -> str:
    """The one document whose masked name a pattern is found in."""
    names = [name for name in statuses(run) if re.search(pattern, name)]
    assert len(names) == 1, names
    return names[0]


def found(run: Run, pattern: str) -> set[tuple[str, int | None, int | None, str]]:
    """Part or header, row, column and type of the findings in a document."""
    name = document(run, pattern)
    return {
        (row["part"] or row["header"] or "", row["row"], row["column"], row["entity_type"])
        for row in rows(run.findings())
        if row["document"] == name
    }


def test_everything_in_every_export_is_read(run: Run) -> None:
    assert rows(run.problems()) == []
    assert set(statuses(run).values()) == {"read"}
    with_findings = {row["document"].split("/")[0] for row in rows(run.findings())}
    assert with_findings == set(TREES)


SAME = (r"\.pst.*!Innboks/\d+$", r"Sak\.msg~\w+$", r"Sak\.eml~\w+$", r"Trash\.mbox!00001$")


def test_a_message_has_one_identity_in_every_format(run: Run) -> None:
    identity = {row["document"]: row["identity"] for row in rows(run.documents())}
    assert len({identity[document(run, pattern)] for pattern in SAME}) == 1
    attached = [identity[document(run, f"{pattern[:-1]}!liste.csv$")] for pattern in SAME]
    assert len(set(attached)) == 1 and attached[0] not in (None, identity[document(run, SAME[0])])


def test_a_message_in_four_places_and_its_attachment_are_counted_once(run: Run, inventory: Inventory) -> None:
    national_id = next(entry for entry in inventory.entries if entry.category == "national_id")
    # the message, its attachment, the file on the site, and the attachment of two other messages
    assert (national_id.documents, national_id.count, national_id.distinct) == (5, 5, 1)
    listed = sum(row["count"] for row in rows(run.findings()) if row["category"] == "national_id")
    assert listed == 11 and inventory.coverage.copies >= 6


def test_each_place_still_has_what_lies_there(inventory: Inventory) -> None:
    places = {p.folder for (category, p), cell in inventory.matrix.cells.items() if category == "national_id"}
    assert places == {"classic", "new", "takeout"}


def test_every_report_says_how_many_documents_are_copies(run: Run, inventory: Inventory) -> None:
    assert f"{inventory.coverage.copies} dokumenter er kopier" in summary(run, "nb", width=1000)
    for form in ("html", "markdown"):
        assert f"{inventory.coverage.copies} documents are copies" in written(run, form)
        assert f"{inventory.coverage.copies} dokumenter er kopier" in written(run, form, "nb")


def test_a_teams_message_on_its_own_is_counted_once(run: Run) -> None:
    identity = {row["document"]: row["identity"] for row in rows(run.documents())}
    assert identity["teams/a/3.json"] == identity["teams/b/3.json"] is not None
    assert identity["teams/chat.json"] not in (None, identity["teams/a/3.json"])


def owners(run: Run) -> dict[str, set[str]]:
    shown: dict[str, set[str]] = defaultdict(set)
    for row in rows(run.documents()):
        if row["owner"]:
            shown[row["owner"]].add(row["document"])
    return shown


def test_the_owner_of_a_mailbox_is_told_by_its_path_and_masked(run: Run) -> None:
    mailboxes = owners(run)
    shapes = sorted(re.sub("~.*", "", name) for name in mailboxes)
    assert shapes == ["hr", "xxx@xxxxxxx.xx", "xxx@xxxxxxx.xx", "xxxx@xxxxxxx.xx"]
    kari = next(documents for name, documents in mailboxes.items() if name.startswith("xxxx@"))
    assert document(run, SAME[0]) in kari and document(run, r"\.pst~\w+$") in kari


def original(table: list[dict[str, str]], name: str) -> set[tuple[str, str]]:
    shown = {(row["Original location"], row["Mailbox or site"]) for row in table if row["Document"] == name}
    return {(re.sub(r"~\w+", "", place), re.sub(r"~\w+", "", owner)) for place, owner in shown}


def test_the_report_of_an_export_is_joined_to_its_items(run: Run, table: list[dict[str, str]]) -> None:
    message = document(run, SAME[1])
    place = (r"xxx@xxxxxxx.xx\Top of Information Store\Sendt\2026", "xxx@xxxxxxx.xx")
    assert original(table, message) == {place}
    assert original(table, document(run, r"Sak\.msg~\w+!liste.csv")) == {place}
    on_site = original(table, document(run, "Delte dokumenter/liste.csv"))
    assert {place for place, _ in on_site} == {"https://firma.sharepoint.com/sites/hr/Delte dokumenter/Mappe/liste.csv"}


def test_items_of_a_package_are_joined_by_path_or_by_message_id(run: Run, table: list[dict[str, str]]) -> None:
    assert original(table, document(run, "19_abc.html")) == {("TeamsMessagesData", "xxxx@xxxxxxx.xx")}
    assert original(table, document(run, "Møte.eml$")) == {("xxxx@xxxxxxx.xx/Innboks/Møter", "xxxx@xxxxxxx.xx")}


def test_the_drilldown_shows_origin_and_copies(run: Run) -> None:
    page = written(run, "html")
    assert "Original location: TeamsMessagesData" in page and "Mailbox or site: xxxx@xxxxxxx.xx~" in page
    assert "A copy of an item that also lies in another document." in page


def test_teams_messages_are_read_in_a_mailbox_a_transcript_and_json(run: Run) -> None:
    phone = "PHONE_NUMBER"
    assert [part for part, _, _, kind in found(run, r"TeamsMessagesData/\d+$") if kind == phone] == ["html body"]
    assert {(row, kind) for _, row, _, kind in found(run, "19_abc.html") if kind == phone} == {(1, phone)}
    lines = _text(run, "teams/chat.json").split("\n")
    expected = {
        next((n, line.index(value) + 1) for n, line in enumerate(lines, 1) if value in line)
        for value in ("68&nbsp;05", "per@example.no")
    }
    assert expected <= {(row, column) for _, row, column, _ in found(run, "teams/chat.json")}


def _text(run: Run, name: str) -> str:
    return (Path(run.manifest["targets"][0]) / name).read_text("utf-8")


def test_users_and_audit_log_are_found_in_their_columns(run: Run) -> None:
    users = found(run, "exportUsers.csv")
    assert {part for part, _, _, kind in users if kind == "PHONE_NUMBER"} == {"telephoneNumber"}
    assert {part for part, _, _, kind in users if kind == "EMAIL_ADDRESS"} == {"userPrincipalName", "mail"}
    log = found(run, "audit.csv")
    assert {(part, kind) for part, _, _, kind in log} >= {("AuditData", "IP_ADDRESS"), ("AuditData", "EMAIL_ADDRESS")}


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("Trash.mbox!00002$", "PHONE_NUMBER"), ("All Contacts.vcf", "EMAIL_ADDRESS"), ("jobb.ics", "EMAIL_ADDRESS"),
        ("supplemental-metadata.json", "GEO_COORDINATE"), ("MyActivity.json", "EMAIL_ADDRESS"),
        ("archive_browser.html", "EMAIL_ADDRESS"), ("inbox/k.*message_1.json", "PHONE_NUMBER"),
    ],
)  # fmt: skip
def test_takeout_and_facebook_hold_what_was_put_there(run: Run, pattern: str, kind: str) -> None:
    assert kind in {entity for *_, entity in found(run, pattern)}


def test_the_name_of_a_correspondent_in_a_folder_is_a_finding_and_is_masked(run: Run) -> None:
    assert ("name", None, None, "EMAIL_ADDRESS") in found(run, r"inbox/xxx@xxxxxxx\.xx_99")


def test_no_address_leaves_the_scan(run: Run) -> None:
    content = [path.read_bytes() for path in run.path.rglob("*") if path.is_file()]
    content += [written(run, form).encode() for form in FORMATS]
    for address in (KARI, OLA, PER, export_trees.MESSAGE_ID.strip("<>"), export_trees.FNR):
        assert not any(address.encode() in data for data in content), address
