"""The record of processing activities is read from what controllers keep it in; what is not understood is said."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openpyxl import Workbook

from pii_scan.errors import ConfigError
from pii_scan.form import schema
from pii_scan.notice import record_sheets
from pii_scan.notice.record import Record
from pii_scan.notice.record_columns import fields, known_headers, plain_header
from pii_scan.notice.record_file import load_record, read_record
from pii_scan.notice.record_words import table
from pii_scan.registry import data_folder

YAML = """record: {controller: Fjordkurs AS, orgnr: "999 888 777", contact: post@example.no, dpo: null}
activities:
  - id: courses
    name: Kursadministrasjon
    purposes: [Holde kurs]
    systems: [Moodle, Eget fagsystem]
    categories: [name, email, online_id]
    legal_basis: 6.1.b
    retention: P5Y
    secure_identification: true
    fields: {sources: Deltakeren selv}
  - id: pay
    name: Lønn
    categories: [bank]
"""
NORWEGIAN = [
    [
        "Behandlingsaktivitet",
        "Formål",
        "Kategorier av registrerte",
        "Kategorier av personopplysninger",
        "Behandlingsgrunnlag",
        "Mottakere",
        "Overføring til tredjeland",
        "Slettefrist/Lagringstid",
        "Sikkerhetstiltak",
        "System",
    ],
    [
        "Kursadministrasjon",
        "Holde kurs, og fakturere",
        "Deltakere, ansatte",
        "Navn, e-post, skostørrelse",
        "art. 6 nr. 1 bokstav b",
        "Wildbit, LLC",
        "USA",
        "5 år etter kursslutt",
        "Tilgangsstyring",
        "Moodle, Ringperm",
    ],
    [
        "Lønn",
        "Utbetale lønn",
        "Ansatte",
        "Kontonummer; fagforening",
        "Rettslig forpliktelse",
        "Skatteetaten",
        "Nei",
        "så lenge loven krever",
        "",
        "Tripletex",
    ],
]


def as_csv(rows: list[list[str]], delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def workbook(rows: list[list[Any]], title: str = "Ark1") -> Workbook:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def saved(tmp_path: Path, content: bytes | str | Workbook, name: str) -> Path:
    path = tmp_path / name
    if isinstance(content, Workbook):
        content.save(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def check_norwegian(record: Record) -> None:
    courses, pay = record.activities
    assert (courses.name, courses.purposes) == ("Kursadministrasjon", ("Holde kurs, og fakturere",))
    assert courses.subjects == ("Deltakere", "ansatte")
    assert (courses.categories, courses.other_categories) == (("name", "email"), ("skostørrelse",))
    assert (courses.legal_basis, courses.recipients) == (("6.1.b",), ("Wildbit, LLC",))
    assert (courses.third_countries, courses.retention, courses.starts_from) == (("US",), "P5Y", "course_end")
    assert courses.systems == ("course.moodle", "Ringperm")
    assert (pay.categories, pay.legal_basis, pay.third_countries) == (("bank", "union"), ("6.1.c",), ())
    assert (pay.retention, pay.retention_text) == (None, "så lenge loven krever")
    assert "skatteetaten" in pay.recipients[0].casefold()


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_file_says_the_same_in_every_dialect(tmp_path: Path, delimiter: str, encoding: str) -> None:
    check_norwegian(load_record(saved(tmp_path, as_csv(NORWEGIAN, delimiter, encoding), "ropa.csv")))


def test_a_workbook_says_the_same_wherever_its_header_stands(tmp_path: Path) -> None:
    for above in (0, 1, 8, 20):
        rows = [["Protokoll over behandlingsaktiviteter"]] * above + NORWEGIAN
        book = workbook(rows, "Protokoll")
        if above:
            book.active.merge_cells("A1:J1")
        record = load_record(saved(tmp_path, book, "ropa.xlsx"))
        check_norwegian(record)
        assert record.activities[0].where == f"ropa.xlsx, sheet Protokoll, row {above + 2}"


def test_yaml_is_taken_as_it_stands(tmp_path: Path) -> None:
    record = load_record(saved(tmp_path, YAML, "ropa.yaml"))
    assert (record.controller, record.orgnr, record.contact, record.dpo) == (
        "Fjordkurs AS", "999 888 777", "post@example.no", None,
    )  # fmt: skip
    courses, pay = record.activities
    assert courses.systems == ("course.moodle", "Eget fagsystem") and courses.where == "ropa.yaml, line 3"
    assert courses.legal_basis == ("6.1.b",) and courses.secure_identification and courses.retention == "P5Y"
    assert pay.categories == ("bank",) and pay.systems == () and pay.retention is None
    assert record.notes == ("ropa.yaml, line 3: no system profile is known by the name 'Eget fagsystem'",)


def test_the_skeleton_and_the_schemas_are_valid(tmp_path: Path) -> None:
    assert load_record(data_folder("configs") / "ropa" / "skeleton.yaml").activities == ()
    text = (data_folder("configs") / "ropa" / "skeleton.yaml").read_text("utf-8")
    filled = text.replace("activities: []", "activities:").replace("\n# - id", "\n  - id").replace("\n#   ", "\n    ")
    (activity,) = load_record(saved(tmp_path, filled, "r.yaml")).activities
    assert activity.id == "course-administration" and activity.paths == ("deltakere/**",)
    for name in ("ropa-1", "ropa-mapping-1"):
        Draft202012Validator.check_schema(schema(name))


WRONG_YAML = [
    ("categories: [bank]", "categories: [bnak]", "line 14: there is no category 'bnak' (did you mean 'bank'?)"),
    ("id: pay", "id: courses", "the id 'courses' stands twice (also on line 3)"),
    (
        "    purposes:",
        "    purpose:",
        "line 5: unknown key 'purpose' in 'activities', entry 1 (did you mean 'purposes'?)",
    ),
    ("6.1.b", "6.1.g", "6.1.a to 6.1.f"),
    ("P5Y", "5 years", "ISO 8601"),
    ("P5Y", "P", "ISO 8601"),
    ("id: pay\n", "", "'name'"),
    ("sources: D", "source: D", "did you mean 'sources'?"),
    ("secure_identification: true", "secure_identification: ja", "must be true or false"),
    ("purposes: [Holde kurs]", "purposes: &a [*a]", "alias"),
    ("purposes: [Holde kurs]", "purposes: Holde kurs", "a list"),
    ("name: Lønn", "name: !!python/object/apply:os.system [ls]", "not valid YAML"),
    ("activities:", "activities: []\nactivities:", "stands twice"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG_YAML)
def test_what_is_wrong_in_yaml_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in YAML
    with pytest.raises(ConfigError) as error:
        load_record(saved(tmp_path, YAML.replace(old, new, 1), "ropa.yaml"))
    if old != "id: pay\n":
        assert said in str(error.value)
    assert "ropa.yaml, line" in str(error.value) or said == "alias"


def test_every_column_of_our_own_export_and_of_the_ico_is_known(tmp_path: Path) -> None:
    columns = table("columns")
    for entry in columns["columns"]:
        for name in (entry["export"], *entry.get("names", ())):
            assert known_headers()[plain_header(name)] == entry["field"], name
    for entry in columns["ico"]:
        assert known_headers()[plain_header(entry["header"])] == entry["field"], entry["header"]
        assert entry["field"] in fields()
    assert len(columns["ico"]) == 30 and len(set(fields())) == len(fields())
    book = workbook([["Controller"]] * 8 + [[e["header"] for e in columns["ico"]]], "Template")
    book["Template"].append([f"v{i}" for i in range(30)])
    reading = read_record(saved(tmp_path, book, "ico.xlsx"))
    assert all(column.field for column in reading.tables[0].columns) and reading.tables[0].header_row == 9
    (activity,) = reading.record.activities
    assert (activity.name, activity.systems, activity.security) == ("v1", ("v19",), "v10")
    assert activity.fields["business_area"] == "v0" and activity.fields["policy_followed"] == "v28"


def test_headers_of_the_closed_service_stand_in_its_order() -> None:
    exported = [entry for entry in table("columns")["columns"] if not entry.get("when_used")]
    assert [entry["export"] for entry in exported if entry.get("required")][:2] == [
        "Behandlingsansvarlig", "Organisasjonsnummer"
    ]  # fmt: skip
    assert sum(bool(entry.get("required")) for entry in exported) == 27
    assert exported[48]["export"] == "Referanse til DPIA"


def test_hidden_and_other_sheets_are_left_out_and_said(tmp_path: Path) -> None:
    book = workbook(NORWEGIAN, "Avdeling A")
    book.create_sheet("Gammel").append(NORWEGIAN[0])
    book["Gammel"].append(NORWEGIAN[1])
    book["Gammel"].sheet_state = "hidden"
    for row in (NORWEGIAN[0], ["Rekruttering", "Ansette"]):
        book["Avdeling A"] if row is None else book.create_sheet("Avdeling B") if "Avdeling B" not in book else None
        book["Avdeling B"].append(row)
    book.create_sheet("Notater").append(["Bare tekst"])
    book.create_sheet("Annet").append(["Formål", "Merknad"])
    record = load_record(saved(tmp_path, book, "ropa.xlsx"))
    assert [activity.name for activity in record.activities] == ["Kursadministrasjon", "Lønn", "Rekruttering"]
    notes = " ".join(record.notes)
    for sheet in ("Gammel is hidden", "Notater has no column", "Annet has other columns"):
        assert sheet in notes


def test_a_mapping_names_columns_sheet_and_row_of_a_table_of_its_own(tmp_path: Path) -> None:
    book = workbook([["x"], ["Hva", "Hvorfor", "Hvor", "Farge"], ["Kurs", "Læring", "Moodle", "grønn"]], "Min")
    file = saved(tmp_path, book, "own.xlsx")
    with pytest.raises(ConfigError, match="no column that names an activity"):
        load_record(file)
    text = "columns: {name: Hva, purposes: [Hvorfor], systems: hvor}\nsheet: Min\nheader_row: 2\nkeep: [Farge]\n"
    mapping = saved(tmp_path, text, "m.yaml")
    (activity,) = load_record(file, mapping).activities
    assert (activity.name, activity.purposes, activity.systems) == ("Kurs", ("Læring",), ("course.moodle",))
    assert activity.fields == {"Farge": "grønn"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {nam: Hva}", "line 1: there is no field 'nam' (did you mean 'name'?)"),
        ("columns: {name: Hav}", "there is no column 'Hav' (did you mean 'Hva'?)"),
        ("columns: {name: Hva, purposes: hva}", "given to two fields"),
        ("columns: {name: Hva}\nsheet: Mni", "there is no sheet 'Mni' (did you mean 'Min'?)"),
        ("columns: {name: Hva}\nheader_row: 3", "no column that names an activity in row 3"),
        ("columns: {name: [1]}", "must be a text"), ("column: {}", "unknown key"), ("columns: []", "must be a mapping"),
        ("columns: {name: Hva}\nheader_row: 0", "header_row"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_mapping_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = saved(tmp_path, workbook([["Hva", "Hvorfor"], ["Kurs", "x"]], "Min"), "own.xlsx")
    with pytest.raises(ConfigError) as error:
        load_record(file, saved(tmp_path, text, "m.yaml"))
    assert said in str(error.value)


def test_a_table_without_a_known_column_says_what_it_looks_for(tmp_path: Path) -> None:
    for content, name in ((workbook([["a", "b"], [1, 2]]), "x.xlsx"), (b"a;b\n1;2\n", "x.csv"), (b"", "y.csv")):
        with pytest.raises(ConfigError) as error:
            load_record(saved(tmp_path, content, name))
        assert "Behandlingen gjelder" in str(error.value) and "--ropa-mapping" in str(error.value)
    with pytest.raises(ConfigError, match=r"'Behandlingsaktivitt' is near 'behandlingsaktivitet'"):
        load_record(saved(tmp_path, b"Behandlingsaktivitt;x\n1;2\n", "x.csv"))


def test_unknown_columns_are_ignored_and_said_with_the_nearest_name(tmp_path: Path) -> None:
    record = load_record(saved(tmp_path, "Behandling;Kategorier av registerte;Farge\nKurs;a;b\n", "r.csv"))
    assert record.activities[0].fields == {}
    assert record.notes == (
        "r.csv, line 1: the column 'Kategorier av registerte' is not known and was ignored "
        "(did you mean 'kategorier av registrerte'?)",
        "r.csv, line 1: the column 'Farge' is not known and was ignored",
    )


def test_rows_without_a_name_go_on_with_the_one_above(tmp_path: Path) -> None:
    rows = "Id;Behandling;Kategorier av personopplysninger;Slettefrist\n"
    rows += "k1;Kurs;Navn;5 år\n;;Telefon;1 år\n;;;\nk2;Lønn;;\n"
    record = load_record(saved(tmp_path, rows, "r.csv"))
    first, second = record.activities
    assert (first.id, first.categories, first.retention, first.retention_text) == (
        "k1",
        ("name", "phone"),
        None,
        "P5Y\nP1Y",
    )
    assert second.where == "r.csv, line 5"
    with pytest.raises(ConfigError, match=r"r\.csv, line 5: the id 'k1' stands twice \(also r\.csv, line 2\)"):
        load_record(saved(tmp_path, rows.replace("k2", "k1"), "r.csv"))


def test_equal_names_have_ids_of_their_own(tmp_path: Path) -> None:
    record = load_record(saved(tmp_path, "Behandling\nLønn\nLønn\n\nLønn\n", "r.csv"))
    assert [activity.id for activity in record.activities] == ["lonn", "lonn-2", "lonn-3"]
    assert [activity.where[-6:] for activity in record.activities] == ["line 2", "line 3", "line 5"]


def test_numbers_dates_errors_and_formulas_are_read_as_a_reader_sees_them(tmp_path: Path) -> None:
    book = workbook([["Id", "Behandling", "Formål", "Slettefrist", "Mottakere", "Merknad", "System"]])
    day = datetime.fromisoformat("2024-05-03")
    book.active.append([1.0, "Kurs", "=1+1", 5, "#REF!", day, '=HYPERLINK("x")'])
    book.active.append([2, "Lønn", True, date(2024, 5, 3), None, 2.5, ""])
    record = load_record(saved(tmp_path, book, "r.xlsx"))
    first, second = record.activities
    assert (first.id, first.purposes, first.systems, first.recipients) == ("1", (), (), ())
    assert (first.retention, first.retention_text, first.fields) == (None, "5", {"comment": "2024-05-03"})
    assert (second.retention_text, second.fields) == ("2024-05-03", {"comment": "2.5"})
    assert sum("a formula without a result" in note for note in record.notes) == 2
    assert any("row 2, column 5: #REF!, read as empty" in note for note in record.notes)


def test_text_that_looks_like_a_formula_is_data(tmp_path: Path) -> None:
    rows = [["Behandling", "Formål"], ["=cmd|'/c calc'!A1", "@SUM(1)"], ["'=1+1", "'-2"]]
    first, second = load_record(saved(tmp_path, as_csv(rows), "r.csv")).activities
    assert (first.name, first.purposes) == ("=cmd|'/c calc'!A1", ("@SUM(1)",))
    assert (second.name, second.purposes) == ("=1+1", ("-2",))


def test_what_waits_for_a_person_is_left_out_and_said(tmp_path: Path) -> None:
    rows = "Behandling;Formål;Mottakere\nMå fylles ut av menneske;må fylles ut av menneske;kandidat: X\n"
    rows += "Kurs;;kandidat: Y\n"
    record = load_record(saved(tmp_path, rows, "r.csv"))
    assert [(a.name, a.purposes, a.recipients) for a in record.activities] == [("Kurs", (), ())]
    assert record.notes == ("r.csv, line 2: nobody has named the activity yet, left out",)


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, name in (
        (as_csv([*NORWEGIAN, *[["x"]] * 30]), "r.csv"),
        (workbook([*NORWEGIAN, *[["x"]] * 30]), "r.xlsx"),
    ):
        file = saved(tmp_path, content, name)
        assert load_record(file)
        monkeypatch.setattr(record_sheets, "MAX_ROWS", 20)
        with pytest.raises(ConfigError, match="more than 20 rows"):
            load_record(file)
        monkeypatch.setattr(record_sheets, "MAX_ROWS", 20_000)
        monkeypatch.setattr(record_sheets, "MAX_FILE_BYTES", 100)
        with pytest.raises(ConfigError, match="larger than"):
            load_record(file)
        monkeypatch.undo()
    bomb = io.BytesIO()
    workbook(NORWEGIAN).save(bomb)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/a.bin", "w") as part:
        for _ in range(201):
            part.write(bytes(1 << 20))
    with pytest.raises(ConfigError, match="unpacks to more than 200 MiB"):
        load_record(saved(tmp_path, bomb.getvalue(), "bomb.xlsx"))


def test_entities_that_grow_and_rows_that_stand_far_apart_are_refused(tmp_path: Path) -> None:
    source, out = io.BytesIO(), io.BytesIO()
    workbook(NORWEGIAN).save(source)
    entities = '<!ENTITY a0 "aaaaaaaaaa">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w") as grown:
        for name in archive.namelist():
            text = archive.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                text = f"<!DOCTYPE x [{entities}]>" + text.replace("<t>", "<t>&a9;", 1)
            grown.writestr(name, text)
    with pytest.raises(ConfigError, match="not a workbook that can be read"):
        load_record(saved(tmp_path, out.getvalue(), "grown.xlsx"))
    book = workbook(NORWEGIAN)
    book.active["A1048576"] = "x"
    with pytest.raises(ConfigError, match="more than 20000 rows"):
        load_record(saved(tmp_path, book, "far.xlsx"))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.txt", "x")
    made: list[bytes] = [
        b"PK\x03\x04", zipped.getvalue(), b"\xd0\xcf\x11\xe0" + bytes(600), bytes(range(256)), b"\xff\xfea",
        b'Behandling;x\n"open;' + b"y" * 140_000,
    ]  # fmt: skip
    for content in made:
        with pytest.raises(ConfigError):
            load_record(saved(tmp_path, content, "r.xlsx"))
    for missing in ("none.csv", "none.yaml", "none.xlsx"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_record(tmp_path / missing)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused_and_never_breaks(tmp_path: Path, data: st.DataObject) -> None:
    out = io.BytesIO()
    source = io.BytesIO()
    workbook(NORWEGIAN).save(source)
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(out, "w") as broken:
        names = archive.namelist()
        hit = data.draw(st.sampled_from(names))
        for name in names:
            content = archive.read(name)
            if name == hit:
                at = data.draw(st.integers(0, len(content) - 1))
                content = (
                    content[:at] + data.draw(st.binary(max_size=8)) + content[at + data.draw(st.integers(0, 40)) :]
                )
            broken.writestr(name, content)
    try:
        load_record(saved(tmp_path, out.getvalue(), "r.xlsx"))
    except ConfigError as error:
        assert "r.xlsx" in str(error)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=300), st.lists(st.lists(st.text(max_size=20), max_size=12), max_size=6).map(
    lambda rows: as_csv([NORWEGIAN[0], *rows], encoding="utf-8"))))  # fmt: skip
def test_any_text_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    try:
        record = load_record(saved(tmp_path, content, "r.csv"))
    except ConfigError as error:
        assert "r.csv" in str(error)
    else:
        ids = [activity.id for activity in record.activities]
        assert len(set(ids)) == len(ids) and all(activity.name for activity in record.activities)
