"""The sheet for a breach: what the run knows is filled in, as the inventory has it; the rest is left to a human."""

from __future__ import annotations

import io
import re

import pytest
from finished_run import FakeRun, RunBuilder, company_run
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_scan.inventory.build import build_inventory
from pii_scan.inventory.categories import categories
from pii_scan.inventory.persons import ONE_EACH, POINTING, persons
from pii_scan.report import incident
from pii_scan.report.messages import LANGUAGES, wording

FIELDS = (
    "contact.controller", "contact.reporter", "contact.dpo", "event.discovered", "event.deadline", "event.period",
    "event.cause", "event.how", "event.description", "who.number", "who.relationship", "who.children",
    "where.now", "where.receivers", "consequences.likely", "measures.taken", "measures.planned", "informed.persons",
)  # fmt: skip
"""What the authority's form asks for."""


def sheet(run: FakeRun, lang: str = "nb") -> str:
    out = io.BytesIO()
    incident.write(run, out, lang)
    return out.getvalue().decode()


def answers(text: str) -> dict[str, str]:
    """The rows of two-column tables."""
    found = re.findall(r"^\| ([^|]+) \| ((?:[^|\\]|\\.)*) \|$", text, re.MULTILINE)
    return {field: answer for field, answer in found}  # noqa: C416  pairs of texts


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_field_of_the_form_is_there_and_what_no_run_knows_is_left_to_a_human(lang: str) -> None:
    t = wording(lang)
    found = answers(sheet(company_run(), lang))
    for name in FIELDS:
        assert t(f"incident.{name}") in found, name
        if name not in ("who.number", "who.children"):
            assert found[t(f"incident.{name}")] == t("incident.blank")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_confidentiality_integrity_and_availability_are_told_apart(lang: str) -> None:
    ticks = [line for line in sheet(company_run(), lang).splitlines() if "☐" in line]
    assert len(ticks) == 3 and len(set(ticks)) == 3


def test_types_of_data_have_the_numbers_of_the_inventory() -> None:
    run, t = company_run(), wording("nb")
    text = sheet(run)
    inventory = build_inventory(run, details=False)
    assert inventory.entries
    for entry in inventory.entries:
        row = [categories().name(entry.category, "nb"), *map(t.number, (entry.count, entry.distinct, entry.documents))]
        assert f"| {' | '.join(row)} |" in text
    for entry, badge in (
        (e, t(f"badge.{f}")) for e in inventory.entries if (f := categories().flag(e.category)) != "none"
    ):
        assert re.search(rf"\| {re.escape(categories().name(entry.category, 'nb'))} \|.*\| {re.escape(badge)} \|", text)


def test_tables_are_whole_and_headings_are_numbered_in_order() -> None:
    for lang in LANGUAGES:
        text = sheet(company_run(), lang)
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1
        numbers = re.findall(r"^## (\d)\.", text, re.MULTILINE)
        assert numbers == list("123456789")


def test_what_was_not_read_is_said() -> None:
    run = company_run()
    text = sheet(run)
    coverage = build_inventory(run, details=False).coverage
    assert f"{coverage.read} av {coverage.seen} dokumenter ble lest" in text
    for code in coverage.problems:
        assert wording("nb")(f"code.{code}") in text


def test_a_run_that_found_nothing_rules_nothing_out() -> None:
    b = RunBuilder()
    b.document("tom.txt")
    text = sheet(b.run())
    assert wording("nb")("incident.who.none") in text and wording("nb")("incident.what.nothing") in text


def test_names_from_the_scan_are_text_and_nothing_else() -> None:
    b = RunBuilder()
    b.found("<script>alert(1)</script>|x/a.csv", "EMAIL_ADDRESS", "email", 2, header="e-post")
    b.manifest["targets"] = ["/data/a|b"]
    text = sheet(b.run())
    assert "<script>" not in text and "a|b" not in text


counts = st.dictionaries(st.sampled_from(sorted(POINTING)), st.integers(1, 30), max_size=5)


def test_test_numbers_are_of_no_person() -> None:
    b = RunBuilder()
    b.found("prøve.csv", "NO_FODSELSNUMMER", "national_id", 9, header="fnr", synthetic=True)
    assert persons(b.run()).at_most == 0
    b.found("ekte.csv", "NO_FODSELSNUMMER", "national_id", 4, header="fnr")
    found = persons(b.run())
    assert (found.at_least, found.likely) == (4, 4)


@settings(max_examples=40, deadline=None)
@given(counts)
def test_the_estimate_lies_between_its_bounds(numbers: dict[str, int]) -> None:
    b = RunBuilder()
    for name, number in numbers.items():
        b.found(f"{name}.csv", name, categories().of(name).key, number, header="x")
    b.found("annet.txt", "HEALTH", "health", 40, kind="text")
    found = persons(b.run())
    assert dict(found.by_type) == numbers
    assert found.at_least <= found.likely <= found.at_most == sum(numbers.values())
    assert found.at_least >= max([0, *(number for name, number in numbers.items() if name in ONE_EACH)])
    assert (found.at_least == 0) == (not numbers)
