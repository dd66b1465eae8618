"""The exported record fills in what was seen, asks a person for the rest, and is read back as it was given."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from held_run import HELD, holding, run, seen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pii_scan.inventory.categories import categories
from pii_scan.inventory.holdings import UNASSIGNED
from pii_scan.notice.model import known_categories, load_notice
from pii_scan.notice.record import Activity, Record
from pii_scan.notice.record_file import load_record
from pii_scan.notice.record_systems import Systems
from pii_scan.notice.record_words import table
from pii_scan.registry import data_folder
from pii_scan.report import ropa, ropa_rows
from pii_scan.report.declared import Declared

BLANK = {"nb": "må fylles ut av menneske", "en": "to be filled in by a person"}
MAIL = Activity(
    "mail",
    "E-post",
    "r.yaml, line 1",
    purposes=("Svare på henvendelser, også klager",),
    systems=("microsoft365.exchange",),
    categories=("name",),
    other_categories=("skostørrelse",),
    subjects=("Kunder", "ansatte"),
    recipients=("Wildbit, LLC",),
    legal_basis=("6.1.b", "6.1.f"),
    retention="P3Y6M",
    starts_from="last_contact",
    third_countries=("US",),
    safeguards="Standardavtaler",
    security="Tilgangsstyring, kryptering",
    fields={"business_area": "Kundeservice", "rights": "Alle"},
)
RECORD = Record("Fjordkurs AS", "999 888 777", "post@example.no", "Kari, ombud@example.no", (MAIL,))


def exported(declared: Declared, lang: str = "nb", **facts: Any) -> tuple[bytes, bytes]:
    finished = run()
    shown = seen(lang, **facts)
    text, book = io.BytesIO(), io.BytesIO()
    ropa.csv_of(shown, finished, text, declared)
    ropa.xlsx_of(shown, finished, book, declared)
    return text.getvalue(), book.getvalue()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def header(field: str) -> str:
    return next(entry["export"] for entry in table("columns")["columns"] if entry["field"] == field)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_without_a_record_each_system_with_persons_data_has_a_row_that_asks_a_person(lang: str) -> None:
    found = rows(exported(Declared(), lang)[0])
    systems = list(dict.fromkeys(system for system, category, _ in HELD if category != "organisation"))
    assert len(found) == len(systems)
    for row, system in zip(found, systems, strict=True):
        named = row[header("systems")]
        assert system in named if system != UNASSIGNED else named
        expected = [categories().name(category, lang) for where, category, _ in HELD if where == system]
        assert row[header("categories")] == "; ".join(expected)
        for field in ("name", "purposes", "legal_basis", "art9", "subjects", "safeguards", "controller", "dpia"):
            assert row[header(field)] == BLANK[lang], field
        assert row[header("retention")].startswith(BLANK[lang]) and "2019" in row[header("retention")]
    assert ("kandidat: Microsoft" if lang == "nb" else "candidate: Microsoft") in found[0][header("recipients")]
    assert "1 " in found[0][header("security")].split("\n")[1] and len(found[0][header("security")].split("\n")) == 3


def test_what_waits_for_a_person_is_read_back_as_nothing(tmp_path: Path) -> None:
    for name, content in zip(("r.csv", "r.xlsx"), exported(Declared()), strict=True):
        (tmp_path / name).write_bytes(content)
        record = load_record(tmp_path / name)
        assert record.activities == () and sum("nobody has named" in note for note in record.notes) == 4


def test_an_activity_that_names_a_system_takes_its_row_and_keeps_what_it_declares() -> None:
    lines = rows(exported(Declared(RECORD))[0])
    assert [row[header("name")] for row in lines] == ["E-post", BLANK["nb"], BLANK["nb"], BLANK["nb"]]
    first = lines[0]
    assert first[header("controller")] == "Fjordkurs AS" and first[header("retention")].startswith("3 år 6 måneder\n")
    found = [categories().name(key, "nb") for key in ("email", "credentials")]
    assert first[header("categories")] == "\n".join(["Navn; skostørrelse", *(f"funnet: {name}" for name in found)])
    assert first[header("purposes")] == "Svare på henvendelser, også klager;"
    assert first["De registrertes rettigheter"] == "Alle"


def test_the_notice_names_the_controller_and_the_candidates() -> None:
    notice = load_notice(data_folder("configs") / "notices" / "metis.yaml")
    first = rows(exported(Declared(None, notice))[0])[0]
    assert first[header("controller")] == notice.controller
    other = rows(exported(Declared(dataclasses.replace(RECORD, contact=None, dpo=None), notice))[0])[0]
    assert other[header("controller_email")] == other[header("dpo_email")] == BLANK["nb"]
    microsoft = [one for one in notice.recipients if one.id == "microsoft"]
    assert all(f"kandidat: {one.name}" in first[header("recipients")] for one in microsoft)


def normal(activity: Activity) -> dict[str, Any]:
    return {k: v for k, v in dataclasses.asdict(activity).items() if k != "where"}


def check_round_trip(record: Record, tmp_path: Path, lang: str) -> None:
    for name, content in zip(("r.csv", "r.xlsx"), exported(Declared(record), lang), strict=True):
        (tmp_path / name).write_bytes(content)
        back = load_record(tmp_path / name)
        assert [normal(a) for a in back.activities] == [normal(a) for a in record.activities]
        if record.activities:
            assert (back.controller, back.orgnr, back.contact, back.dpo) == (
                record.controller, record.orgnr, record.contact, record.dpo,
            )  # fmt: skip


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_our_own_export_is_read_back(tmp_path: Path, lang: str) -> None:
    check_round_trip(RECORD, tmp_path, lang)


SAFE = st.text(st.sampled_from("abcæøåÆØÅ ,.()=+-@'\"|<&"), max_size=20).map(lambda t: " ".join(f"Zz {t}q".split()))
NAMES = st.lists(SAFE, max_size=3, unique=True).map(tuple)
ACTIVITIES = st.builds(
    lambda n, **said: Activity(f"id-{n}", said.pop("name"), "", **said),
    n=st.integers(0, 10**6),
    name=SAFE,
    purposes=NAMES,
    recipients=NAMES,
    subjects=NAMES,
    systems=st.lists(
        st.sampled_from(["microsoft365.exchange", "course.moodle", "aws.s3", "Zz Fagsystem, q"]), unique=True
    ).map(tuple),
    categories=st.lists(st.sampled_from(sorted(known_categories())), max_size=6, unique=True).map(tuple),
    legal_basis=st.lists(st.sampled_from([f"6.1.{c}" for c in "abcdef"]), unique=True).map(tuple),
    art9=st.lists(st.sampled_from([f"9.2.{c}" for c in "abcdefghij"]), unique=True).map(tuple),
    retention=st.one_of(st.none(), st.sampled_from(["P5Y", "P1Y6M", "P60D", "P2W"])),
    secure_identification=st.booleans(),
    third_countries=st.sampled_from([(), ("US",), ("IN", "GB")]),
    security=st.one_of(st.just(""), SAFE),
    safeguards=st.one_of(st.just(""), SAFE),
)


@settings(
    max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(activities=st.lists(ACTIVITIES, max_size=3, unique_by=lambda a: a.id), lang=st.sampled_from(["nb", "en"]))
def test_any_record_is_read_back(tmp_path: Path, activities: list[Activity], lang: str) -> None:
    check_round_trip(Record("Fjordkurs AS", None, None, None, tuple(activities)), tmp_path, lang)


def test_the_workbook_has_its_sheets_marks_and_page_setup() -> None:
    book = load_workbook(io.BytesIO(exported(Declared(RECORD))[1]))
    assert book.sheetnames == ["Protokoll", "ICO", "Dekning"]
    first, ico, coverage = book.worksheets
    assert [cell.value for cell in ico[1]] == [entry["header"] for entry in table("columns")["ico"]]
    for sheet in (first, ico):
        assert sheet.freeze_panes == "A2" and sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == "9" or sheet.page_setup.paperSize == 9
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert (cell.fill.fill_type == "solid") == str(cell.value or "").startswith(BLANK["nb"])
                assert cell.alignment.wrap_text
    said = " ".join(str(cell.value) for row in coverage.iter_rows() for cell in row)
    assert "20260114T081500Z-7f3a" in said and "encrypted" in said


def test_no_cell_is_a_formula() -> None:
    hostile = dataclasses.replace(
        MAIL, name="=cmd|'/c calc'!A1", subjects=("@SUM(1)",), security="+1", fields={"comment": "-1\x07"}
    )  # fmt: skip
    text, book = exported(Declared(Record("=1+1", None, None, None, (hostile,))))
    cells = [
        cell for row in csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=";") for cell in row
    ]
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)]
    for sheet in load_workbook(io.BytesIO(book)).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and not str(cell.value or "").startswith("=") for cell in row)


def test_what_holds_test_numbers_only_gets_a_row_too() -> None:
    more = (holding("google.takeout", "national_id", 5, synthetic=5),)
    assert [row for row in rows(exported(Declared(), more=more)[0]) if "google" in row[header("systems")]]


def test_a_system_shown_by_name_is_read_back_by_its_id() -> None:
    shown: Any = SimpleNamespace(system=lambda system: f"Navn, (på) {system[:4]}")
    for system in Systems().ids:
        assert Systems().named(ropa_rows.shown_system(shown, system)) == (system,)
    assert "[" not in ropa_rows.shown_system(shown, UNASSIGNED)


def in_targets(lang: str, said: list[dict[str, str]], where: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """The rows of the export where the systems lie in these targets."""
    shown = seen(lang)
    shares = tuple(
        dataclasses.replace(share, targets=dict.fromkeys(where.get(share.system, ("other",)), 1))
        for share in shown.inventory.systems
    )
    blank = {"location": "/x", "owner": "", "system": "", "activity": ""}
    manifest = {**shown.manifest, "estate": [{**blank, **row} for row in said]}
    shown = dataclasses.replace(
        shown, manifest=manifest, inventory=dataclasses.replace(shown.inventory, systems=shares)
    )  # fmt: skip
    text = io.BytesIO()
    ropa.csv_of(shown, run(), text, Declared(RECORD))
    return rows(text.getvalue())


def test_an_activity_of_the_record_gets_the_systems_of_its_targets_and_their_owner_as_a_candidate() -> None:
    said = [{"target": "kurs", "owner": "Kursavdelingen", "activity": "E-POST"}]
    lines = in_targets("nb", said, {"course.moodle": ("kurs",)})
    assert "course.moodle" in lines[0][header("systems")] and "microsoft365.exchange" in lines[0][header("systems")]
    assert "kandidat: Kursavdelingen" in lines[0][header("owner_name")]
    assert not any("course.moodle" in line[header("systems")] for line in lines[1:])


def test_an_activity_that_only_targets_name_has_a_row_with_its_owner_and_what_was_found() -> None:
    said = [{"target": "kurs", "owner": "Kursavdelingen", "activity": "Kurs"}]
    lines = in_targets("nb", said, {"course.moodle": ("kurs",)})
    [line] = [line for line in lines if line[header("name")] == "Kurs"]
    assert line[header("owner_name")] == "Kursavdelingen" and line[header("purposes")] == BLANK["nb"]
    assert line[header("categories")].startswith(f"{BLANK['nb']}\nfunnet: ")
    assert line[header("secure_identification")] == ""


def test_a_system_that_lies_in_another_target_too_keeps_its_own_row() -> None:
    said = [{"target": "kurs", "activity": "Kurs"}, {"target": "andre", "owner": "IT"}]
    lines = in_targets("nb", said, {"course.moodle": ("kurs", "andre")})
    assert [line[header("name")] for line in lines if "course.moodle" in line[header("systems")]] == [
        "Kurs",
        BLANK["nb"],
    ]
    assert [line[header("owner_name")] for line in lines if "course.moodle" in line[header("systems")]] == ["IT", "IT"]
