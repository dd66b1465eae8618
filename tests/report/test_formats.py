from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from finished_run import SECOND_TARGET, TARGET, FakeRun, RunBuilder, company_run
from scanning import summary

from pii_scan.findings.schema import FINDINGS
from pii_scan.report import html, json_v1, tables
from pii_scan.report.formats import FORMATS
from pii_scan.report.messages import wording
from pii_scan.report.model import view

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>`|[x](http://evil.example.com)"


def written(name: str, run: FakeRun, lang: str = "nb") -> str:
    out = io.BytesIO()
    FORMATS[name](run, out, lang)
    return re.sub(" data-l(?=[ >])", "", out.getvalue().decode("utf-8"))  # marks for the other language


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def hostile_run() -> FakeRun:
    b = RunBuilder()
    b.manifest["targets"] = [TARGET, "/data/<b>x</b>"]
    b.manifest["notes"] = [HOSTILE]
    b.found(
        f"=cmd|'/c calc'!A1/{HOSTILE}.csv", "EMAIL_ADDRESS", "email", 3, sheet=HOSTILE, header=HOSTILE, masked=HOSTILE
    )
    b.found("@sum/a.csv", 'X"><script>alert(3)</script>', '"><script>alert(4)</script>', 2, reasons=HOSTILE)
    b.found("--><!--.txt", "EMAIL_ADDRESS", "email", 1, kind="text", part=HOSTILE)
    b.problem(f"+{HOSTILE}", "corrupt", HOSTILE)
    return b.run()


def test_all_formats_agree_on_the_numbers() -> None:
    run = company_run()
    report = json.loads(written("json", run))
    count = Counter[str]()
    for finding in report["findings"]:
        count[finding["category"]] += finding["count"]
    entries = {entry["category"]: entry for entry in report["inventory"]}
    assert {key: entry["count"] for key, entry in entries.items()} == count

    assert Counter({k: 0 for k in count}) + sum_by_category(cells(written("csv", run))) == count

    out = io.BytesIO()
    tables.write_inventory(run, out, "nb")
    for row in cells(out.getvalue().decode()):
        entry = entries[row["Kategori"]]
        shown = [int(row[name]) for name in ("Dokumenter", "Forekomster", "Ulike verdier")]
        assert shown == [entry["documents"], entry["count"], entry["distinct"]]

    t = wording("nb")
    printed, marked, page = summary(run, "nb", width=140), written("markdown", run), written("html", run)
    for entry in entries.values():
        number = t.number(entry["count"])
        assert number.replace("\u202f", " ") in printed
        assert f"| {number} |" in marked
        assert f'<td class="n sum">{number}</td>' in page
    for text in (printed.replace("\n", " "), marked, re.sub("<[^>]+>", "", page)):
        assert "Personopplysninger funnet i 20 av 31 dokumenter; 2 dokumenter kunne ikke leses" in text

    embedded = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    place = embedded["fields"].index("count")
    assert sum(row[place] for row in embedded["rows"]) == sum(count.values())


def sum_by_category(rows: list[dict[str, str]]) -> Counter[str]:
    count = Counter[str]()
    for row in rows:
        count[row["Kategori"]] += int(row["Forekomster"])
    return count


@pytest.mark.parametrize("run", [company_run(), hostile_run(), RunBuilder().run()], ids=["company", "hostile", "empty"])
def test_every_json_report_satisfies_the_schema(run: FakeRun) -> None:
    schema = json_v1.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    checker.validate(json.loads(written("json", run)))


def test_the_json_schema_describes_every_field_and_allows_no_other() -> None:
    def walk(node: Any, path: str) -> None:
        for name, child in node.get("properties", {}).items():
            assert child.get("description"), f"{path}.{name}"
            walk(child, f"{path}.{name}")
        if "properties" in node:
            assert node["additionalProperties"] is False, path
            assert set(node["required"]) <= set(node["properties"])
        if isinstance(node.get("items"), dict):
            walk(node["items"], f"{path}[]")

    schema = json_v1.schema()
    walk(schema, "")
    for name, definition in schema["$defs"].items():
        walk(definition, name)


def test_json_keys_stand_in_the_published_order() -> None:
    report = json.loads(written("json", company_run()))
    assert list(report) == ["schema", "run", "coverage", "findings", "inventory"]
    assert report["schema"] == "pii-scan.report/1"
    assert list(report["run"]) == ["id", "started_at", "finished_at", "version", "rules_hash", "config_hash", "targets"]
    assert list(report["coverage"]) == ["documents", "bytes", "problems"]
    assert list(report["coverage"]["problems"][0]) == ["document", "stage", "code", "detail"]
    assert list(report["findings"][0]) == [
        "document", "target", "location", "entity_type", "category", "count", "distinct", "score", "synthetic",
        "recognizer", "reasons", "masked",
    ]  # fmt: skip
    assert list(report["inventory"][0]) == [
        "system", "category", "documents", "count", "distinct", "first_seen", "last_seen",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "location"),
    [
        ({"kind": "text", "row": 3, "column": 7}, {"kind": "text", "line": 3, "column": 7}),
        (
            {"kind": "text", "row": None, "column": None, "part": "body"},
            {"kind": "text", "line": None, "column": None, "part": "body"},
        ),
        (
            {"kind": "cell", "row": 2, "column": 4, "header": "fnr", "sheet": "Ark1"},
            {"kind": "cell", "sheet": "Ark1", "row": 2, "column": 4, "header": "fnr"},
        ),
        (
            {"kind": "cell", "row": 2, "column": 4, "header": "", "sheet": ""},
            {"kind": "cell", "sheet": None, "row": 2, "column": 4, "header": None},
        ),
        (
            {"kind": "cell", "row": None, "column": 4, "header": "fnr"},
            {"kind": "column", "column": 4, "header": "fnr", "sheet": None},
        ),
        (
            {"kind": "column", "row": None, "column": 4, "header": "fnr"},
            {"kind": "column", "column": 4, "header": "fnr", "sheet": None},
        ),
        ({"kind": "page", "row": 9}, {"kind": "page", "page": 9}),
        ({"kind": "page", "row": None}, {"kind": "page", "page": None}),
        ({"kind": "part", "part": "To"}, {"kind": "part", "part": "To"}),
    ],
)
def test_locations(row: dict[str, Any], location: dict[str, Any]) -> None:
    full = {"sheet": None, "part": None, "header": None, "row": None, "column": None} | row
    made = json_v1.location(full)
    assert made == location and list(made) == list(location)


def test_json_is_written_piece_by_piece() -> None:
    class Sizes(io.BytesIO):
        largest = 0

        def write(self, data: Any) -> int:
            self.largest = max(self.largest, len(data))
            return super().write(data)

    out = Sizes()
    json_v1.write(company_run(), out, "nb")
    assert out.largest < 2000 < len(out.getvalue())


def test_a_score_is_not_shown_with_the_noise_of_float32() -> None:
    scores = {finding["score"] for finding in json.loads(written("json", company_run()))["findings"]}
    assert scores <= {0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95}


def test_an_interrupted_run_has_not_finished_in_any_format() -> None:
    run = company_run()
    run.manifest["status"] = "interrupted"
    assert json.loads(written("json", run))["run"]["finished_at"] is None
    assert "ble avbrutt" in summary(run, "nb").replace("\n", " ")
    for name in ("markdown", "html"):
        assert "ble avbrutt" in written(name, run)


def test_csv_opens_in_a_norwegian_spreadsheet() -> None:
    text = written("csv", company_run())
    assert text.startswith("\ufeffMål;Dokument;")
    assert text.count("\r\n") == text.count("\n")
    rows = cells(text)
    assert len(rows) == sum(table.num_rows for table in company_run().findings())
    assert {"0,95", "0,90"} <= {row["Treffsikkerhet"] for row in rows}
    assert written("csv", company_run(), "en").startswith("\ufeffTarget;Document;")


def test_csv_cells_that_a_spreadsheet_would_run_are_text() -> None:
    run = hostile_run()
    out = io.BytesIO()
    tables.write_problems(run, out, "en")
    for text in (written("csv", run), out.getvalue().decode()):
        for row in cells(text):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert any(row["Dokument"].startswith("'=cmd|") for row in cells(written("csv", run)))


def test_problems_csv_has_one_row_a_problem() -> None:
    out = io.BytesIO()
    tables.write_problems(company_run(), out, "nb")
    rows = cells(out.getvalue().decode())
    assert [row["Kode"] for row in rows] == ["encrypted", "unsupported", "corrupt", "permission"]
    assert rows[0]["Betydning"] == "Kryptert eller passordbeskyttet"


def test_markdown_holds_no_markup_of_a_file_name() -> None:
    text = written("markdown", hostile_run())
    assert not re.search(r"<(script|img|b)\b", text)
    assert "](http" not in text.replace("\\]", "")
    tables_ = [line for line in text.splitlines() if line.startswith("|")]
    assert all(re.match(r"\|.*\|$", line) for line in tables_)
    widths = [len(re.split(r"(?<!\\)\|", line)) for line in tables_ if "Mål" in line or "evil" in line]
    assert len(set(widths)) <= 2  # no cell was added


class Elements(HTMLParser):
    """Collects elements and attributes, and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "wbr", "input", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Elements:
    parser = Elements()
    parser.feed(page)
    parser.close()
    assert parser.open == []  # well-formed
    return parser


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("run", [company_run(), hostile_run(), RunBuilder().run()], ids=["company", "hostile", "empty"])
def test_html_is_well_formed_and_stands_alone(run: FakeRun, lang: str) -> None:
    page = written("html", run, lang)
    elements = parsed(page).found
    assert ("html", {"lang": lang}) in elements
    assert [tag for tag, _ in elements].count("script") == 2
    assert not {"img", "iframe", "object", "embed", "base", "b"} & {tag for tag, _ in elements if tag != "b"}
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "srcset", "action"}], tag
        assert attributes.get("href", "#").startswith(("#", "data:"))  # type: ignore[union-attr]
    policy = next(a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; ")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|\beval\(", page.replace(HOSTILE, ""))


def test_html_does_not_run_what_a_file_name_says() -> None:
    page = written("html", hostile_run())
    assert "<script>alert" not in page and "<img" not in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1]  # type: ignore[index]
    assert "<" not in data and ">" not in data
    assert any(HOSTILE in str(value) for row in json.loads(data)["rows"] for value in row)


def test_html_ids_are_unique_and_links_lead_somewhere() -> None:
    elements = parsed(written("html", company_run())).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        href = attributes.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids


def test_html_tables_have_captions_and_scoped_heads() -> None:
    elements = parsed(written("html", company_run())).found
    tags = [tag for tag, _ in elements]
    assert tags.count("table") == tags.count("caption") > 5
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in elements if tag == "th")


def test_html_reads_without_javascript() -> None:
    page = re.sub(r"<script.*?</script>", "", written("html", company_run()), flags=re.DOTALL)
    for text in (
        "deltakere/<wbr>deltakere-2025.xlsx",
        "lønn/<wbr>passordbeskyttet.xlsx",
        "the folder cannot be listed",
    ):
        assert text in page
    for text in ("ark Høst 2025, kolonne Fødselsnr, fra rad 2", "ikke tilordnet", "§ 12", "art. 9", "art. 10"):
        assert text in page


def test_html_states_what_it_has_no_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from pii_scan.inventory import drilldown

    monkeypatch.setattr(drilldown, "MAX_UNITS", 5)
    monkeypatch.setattr(html, "MAX_PROBLEMS", 3)
    page = written("html", company_run(), "en")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    left = 56_989 - sum(row[data["fields"].index("count")] for row in data["rows"])
    assert f"{left:,} occurrences are left out here" in page
    assert "and 1 more problem, see the JSON report" in page


def test_nothing_unread_looks_clean() -> None:
    b = RunBuilder()
    b.document("a.xlsx", status="unread")
    b.problem("a.xlsx", "encrypted", "the workbook is encrypted")
    for text in (written("html", b.run(), "en"), written("markdown", b.run(), "en"), summary(b.run(), "en")):
        text = re.sub(r"<[^>]+>", "", text)
        assert "No documents were read; 1 document could not be read" in text
        assert "No personal data" not in text


def test_a_clean_run_is_called_no_more_than_not_found() -> None:
    b = RunBuilder()
    b.document("a.txt")
    text = summary(b.run(), "en")
    assert text.startswith("No personal data found in the one document that was read.")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_summary_keeps_to_its_width(width: int, lang: str) -> None:
    text = summary(company_run(), lang, width=width)
    assert all(len(line) <= width for line in text.splitlines())
    assert all(char.isprintable() or char == "\n" for char in text)


def test_the_summary_has_colours_only_where_asked() -> None:
    plain = summary(company_run(), "nb", report="ut/report.html")
    coloured = summary(company_run(), "nb", color=True, report="ut/report.html")
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    assert plain.endswith("Rapport: ut/report.html\n")


def test_the_summary_prints_no_terminal_escape_of_a_name() -> None:
    b = RunBuilder()
    b.manifest["notes"] = ["\x1b[31mred"]
    b.found("a.csv", "X", "own\x1b]0;title\x07", 1)
    text = summary(b.run(), "en", report="x\x1b[2J.html")
    assert all(char.isprintable() or char == "\n" for char in text)


def test_unknown_codes_and_categories_of_a_newer_run_are_shown_as_they_are() -> None:
    b = RunBuilder()
    b.found("a.csv", "OWN_TYPE", "own_category", 2)
    b.problem("b.csv", "eaten", "by the dog")
    for name in ("html", "markdown"):
        text = written(name, b.run(), "en")
        assert "own_category" in text and "eaten" in text


def test_places_name_the_target_only_where_there_are_several() -> None:
    assert "(fjordkurs)" in written("markdown", company_run())
    b = RunBuilder()
    b.manifest["targets"] = [TARGET]
    b.found("x/a.csv", "EMAIL_ADDRESS", "email", 1)
    assert "(fjordkurs)" not in written("markdown", b.run())


def test_targets_with_the_same_last_name_are_told_apart() -> None:

    b = RunBuilder()
    b.manifest["targets"] = ["/a/data", "/b/data", SECOND_TARGET]
    seen = view(b.run(), "nb", details=False)
    assert seen.target("/a/data") == "/a/data"
    assert seen.target(SECOND_TARGET) == "kunder"


def test_no_column_of_findings_is_forgotten_in_the_csv() -> None:
    shown = {"synthetic": "is_synthetic"}
    assert {shown.get(name, name) for name in FINDINGS.names} <= set(tables.FINDING_COLUMNS)
