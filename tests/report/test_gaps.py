"""The gap list in words, as text, JSON, CSV and XLSX: whole, in both languages, inert, and without small numbers."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from datetime import date
from importlib import resources
from typing import Any

import pytest
from gap_cases import (
    GAP_VALUES,
    SHARE,
    activity,
    checked,
    compared,
    holding,
    inventory,
    made_gap,
    record,
    share,
    without,
)  # fmt: skip
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

from pii_scan.inventory.holdings import UNASSIGNED, Ages, Sample
from pii_scan.notice.catalogue import KINDS
from pii_scan.notice.facts import Facts, Seen
from pii_scan.notice.gaps import Acceptance, Comparison, Evidence, Gap, Outcome, Status
from pii_scan.notice.lint import Level
from pii_scan.report import gap_json, gap_table, gap_text
from pii_scan.report.gap_view import Checked, GapView, cited, gap_view, has_open_error, period
from pii_scan.report.messages import LANGUAGES, wording

FORMULA = '=HYPERLINK("http://example.com")'
HOSTILE = Sample("/data", f"{FORMULA}\x1b[31m.xlsx", 3)


def of(*gaps: Gap, lang: str = "nb", **facts: Any) -> GapView:
    return gap_view(checked(Comparison("n", "run-1", gaps, {}, **facts)), lang)


@pytest.fixture(scope="module")
def full() -> Checked:
    """A check with a gap of most rules."""
    found = inventory(
        holding("google.analytics", "national_id", 40, distinct=12, entity_types={"NO_FODSELSNUMMER": 12}),
        holding("meta.audiences", "health", 3), holding(SHARE, "online_id.cookie", samples=(HOSTILE,)),
        holding(SHARE, "credentials"), holding(UNASSIGNED, "address", ages=Ages(date(2011, 2, 3), None, "name")),
        holding(SHARE, "phone", 4, synthetic=4),
        shares=[share("google.analytics", 30, 1), share("meta.audiences"), share(SHARE), share(UNASSIGNED)],
    )  # fmt: skip
    said = without("online_id.cookie", "address", recipients=(), retention=(), purposes=(), sources=())
    kept = record(activity(categories=("health",), systems=("meta.audiences",)))
    facts = Facts(
        secrets={SHARE: Seen(2, 3)}, trackers={SHARE: {"hubspot": Seen(1, 2)}},
        unread={"google.analytics": {"corrupt": 1}},
    )  # fmt: skip
    accepted = {"G18/beside/own.share/credentials": Acceptance("=IT", "=flyttes", date(2027, 1, 1)),
                "G05/misplaced/google.analytics/national_id": Acceptance("Noen", "x", date(2020, 1, 1)),
                "G01/omitted/x/email": Acceptance("Noen", "x", date(2027, 1, 1))}  # fmt: skip
    return checked(compared(found, said, kept, facts=facts, accepted=accepted), found, said)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("rule", "kind"), [(rule, kind) for rule, kinds in KINDS.items() for kind in kinds])
def test_each_kind_of_gap_has_a_sentence_and_one_question_in_each_language(rule: str, kind: str, lang: str) -> None:
    one = made_gap(rule, kind)
    view = of(one, lang=lang)
    message, question = view.message(one), view.question(one)
    assert message.endswith(".") and question.count("?") == 1 and question.endswith("?")
    assert not re.search(r"[{}]|\(\)|  ", message + question)
    assert not re.search(r"(?i)brudd|ulovlig|violat|illegal|breach", message + question)
    if rule in ("G06", "G07"):
        assert re.match(r"Mulige|Possible", message)
    none = made_gap(rule, kind, values={**GAP_VALUES, "codes": {}, "n": 1})
    assert "()" not in view.message(none)


def test_every_sentence_is_of_a_kind_that_there_is() -> None:
    keys = {key for key in wording("nb").keys() if key.startswith("gap.")}  # noqa: SIM118  not a mapping
    kinds = {f"gap.{rule}.{kind}" for rule, kinds in KINDS.items() for kind in kinds}
    assert keys == kinds | {f"{key}_q" for key in kinds}


@pytest.mark.parametrize(
    ("persons", "nb"),
    [((1, 1), "færre enn 5"), ((1, 4), "færre enn 5"), ((1, 120), "opptil 120"), ((4, 5), "opptil 5"), ((5, 5), "5"),
     ((12, 1200), "12 til 1\u202f200"), ((7, 7), "7")],
)  # fmt: skip
def test_few_persons_are_never_counted(persons: tuple[int, int], nb: str) -> None:
    assert of().persons(persons) == nb
    evidence = Evidence(1, 1, persons, None, None, (), 0.5)
    (row,) = json.loads(gap_json.as_json(of(made_gap("G01", "omitted", evidence=evidence))))["gaps"]
    assert all(number is None or number >= 5 for number in row["evidence"]["persons"].values())


def test_provisions_and_periods_are_written_as_the_language_does() -> None:
    assert cited("GDPR Art. 10, personopplysningsloven § 11", "nb") == (
        "personvernforordningen artikkel 10, personopplysningsloven § 11"
    )
    assert cited("GDPR Art. 9(2)", "nb") == "personvernforordningen artikkel 9 nr. 2"
    assert cited("GDPR Art. 13(1)(e), ekomloven § 3-15", "en").endswith("Communications Act section 3-15")
    assert cited("", "nb") == ""
    for kinds in KINDS.values():
        for kind in kinds.values():
            assert "Art." not in cited(kind.law, "nb") and not re.search(r"\d\(", cited(kind.law, "nb"))
    nb, en = wording("nb"), wording("en")
    assert (period("P1Y", nb), period("P3Y6M", en), period("P45D", nb)) == ("1 år", "3 years 6 months", "45 dager")
    assert period("en stund", nb) == "en stund"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [80, 120])
def test_the_text_fits_its_width_and_has_every_gap_with_its_question(full: Checked, width: int, lang: str) -> None:
    view = gap_view(full, lang)
    text = gap_text.text(view, width)
    keys = {gap.key for gap in full.comparison.gaps}
    assert all(len(line) <= width for line in text.splitlines() if not any(key in line for key in keys))
    flat = " ".join(text.split())
    for gap in full.comparison.gaps:
        assert " ".join(view.message(gap).replace("\u00a0", " ").split()) in flat
        if gap.status is not Status.NOT_ASSESSABLE:
            assert " ".join(view.question(gap).split()) in flat and gap.key in text
    assert "\x1b" not in text and "\u202f" not in text
    order = [text.index(group.title) for group in view.groups()]
    assert order == sorted(order)


def test_the_text_says_what_is_over_what_does_nothing_and_what_was_not_compared(full: Checked) -> None:
    flat = " ".join(gap_text.text(gap_view(full, "nb")).split())
    assert "Utløpt aksept, avviket er åpent igjen: G05/misplaced/google.analytics/national_id" in flat
    assert "Aksepten fra Noen gikk ut 01.01.2020." in flat
    assert "Akseptert, men avviket finnes ikke lenger: G01/omitted/x/email" in flat
    assert "Bare testnumre, derfor ikke avvik: Telefonnummer i Systemet" in flat
    assert "=IT, til 01.01.2027: =flyttes" in flat and "Ikke lest: 1" in flat
    nothing = gap_text.text(of(lang="en"))
    assert "No deviation" in nothing and "never counts as absent" in nothing


@pytest.mark.parametrize(("documents", "said"), [(1, "i a.csv"), (2, "blant annet i a.csv")])
def test_places_are_all_or_some_of_the_documents(documents: int, said: str) -> None:
    evidence = Evidence(documents, 3, (1, 3), None, None, (Sample("/data", "a.csv", 3),), 0.5)
    assert said in of().evidence(made_gap("G01", "omitted", evidence=evidence))


def test_an_interrupted_scan_is_said_and_never_complete() -> None:
    whole = checked(Comparison("n", "run-1", (), {}), inventory(shares=[share(SHARE)]))
    broken = dataclasses.replace(whole, interrupted=True)
    said = [json.loads(gap_json.as_json(gap_view(one, "nb")))["coverage"]["complete"] for one in (whole, broken)]
    assert said == [True, False]
    assert "avbrutt" in gap_text.text(gap_view(broken, "nb")) and "avbrutt" not in gap_text.text(gap_view(whole, "nb"))


def test_a_declaration_without_a_line_is_not_said_to_have_none() -> None:
    view = of()
    assert view.in_notice(made_gap("G10", "unknown", in_notice=Outcome.CLEAR, line=None)) == "oppgitt"
    assert view.in_notice(made_gap("G10", "unknown", in_notice=Outcome.CLEAR, line=7)) == "oppgitt, linje 7"
    assert view.in_notice(made_gap("G01", "omitted", in_notice=Outcome.OMITTED, line=None)) == "ikke nevnt, ingen linje"


def test_only_open_errors_fire_the_gate() -> None:
    assert has_open_error([made_gap("G01", "omitted")])
    for one in (made_gap("G01", "omitted", status=Status.ACCEPTED), made_gap("G02", "vague"),
                made_gap("G03", "not_scanned", level=Level.ERROR, status=Status.NOT_ASSESSABLE)):  # fmt: skip
        assert not has_open_error([one])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_json_fits_its_published_schema(full: Checked, lang: str) -> None:
    schema = json.loads((resources.files("pii_scan.report") / "schema" / "check-1.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    text = gap_json.as_json(gap_view(full, lang))
    content = json.loads(text)
    assert list(Draft202012Validator(schema).iter_errors(content)) == []
    assert [row["key"] for row in content["gaps"]] == [gap.key for gap in full.comparison.gaps]
    open_gaps = sum(content["summary"][level] for level in ("error", "warning", "info"))
    assert open_gaps == sum(row["status"] == "open" for row in content["gaps"])
    assert len(content["table"]) == len(full.comparison.table) and content["lint"]
    empty = json.loads(gap_json.as_json(of(lang=lang)))
    assert list(Draft202012Validator(schema).iter_errors(empty)) == []


def test_csv_and_xlsx_have_a_row_for_each_gap_and_run_nothing(full: Checked) -> None:
    view = gap_view(full, "nb")
    out = io.BytesIO()
    gap_table.write_csv(view, out)
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig")), delimiter=";"))
    assert [row[-1] for row in rows[1:]] == [gap.key for gap in full.comparison.gaps]
    out = io.BytesIO()
    gap_table.write_xlsx(view, out)
    book = load_workbook(out)
    sheet = book.worksheets[0]
    cells = [[cell for cell in line] for line in sheet.iter_rows()]
    assert [line[-1].value for line in cells[1:]] == [gap.key for gap in full.comparison.gaps]
    assert [cell.value for cell in cells[0]] == rows[0]
    assert not any(cell.data_type == "f" for one in book.worksheets for line in one.iter_rows() for cell in line)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert any("'=HYPERLINK" in str(cell.value) for line in cells for cell in line)
    assert [one.max_row - 1 for one in book.worksheets[1:3]] == [len(full.comparison.table), len(full.lint)]


def test_the_same_check_gives_the_same_files(full: Checked) -> None:
    def cells() -> list[object]:
        out = io.BytesIO()
        gap_table.write_xlsx(gap_view(full, "en"), out)
        return [line for sheet in load_workbook(out) for line in sheet.values]

    assert cells() == cells()
    assert gap_json.as_json(gap_view(full, "en")) == gap_json.as_json(gap_view(full, "en"))


def test_what_a_service_keeps_is_part_of_the_evidence_in_each_language() -> None:
    note = {"nb": "Tjenesten sletter etter 45 dager.", "en": "The service erases after 45 days."}
    for lang in LANGUAGES:
        gap = made_gap("G09", "some", values={**GAP_VALUES, "service": note})
        assert note[lang] in of(gap, lang=lang).evidence(gap)
