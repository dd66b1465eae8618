from __future__ import annotations

import html as markup
import io
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from attributed_run import OWNER, attributed_run, checked, gap
from finished_run import FakeRun, RunBuilder, company_run

from pii_scan.notice.gaps import Acceptance, Evidence, Status
from pii_scan.notice.lint import Level
from pii_scan.report import html, html_systems
from pii_scan.report.gap_view import Checked
from pii_scan.report.html_summary import in_sentence, listed
from pii_scan.report.model import view

HOSTILE = "<script>document.title='run'</script><img src=x onerror=alert(2)>\"'`"


@cache
def attributed_page(lang: str = "nb", *, check: bool = False) -> str:
    return page(attributed_run(), lang, checked() if check else None)


def page(run: FakeRun, lang: str = "nb", check: Checked | None = None) -> str:
    out = io.BytesIO()
    html.write(run, out, lang, check)
    return re.sub(" data-l(?=[ >])", "", out.getvalue().decode())


def section(text: str, name: str) -> str:
    return re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)[0]  # type: ignore[index]


def plain(text: str) -> str:
    """The text of a part of the page, in one line."""
    without = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    words = markup.unescape(re.sub(r"</?(span|strong|b|a|wbr|code|small)\b[^>]*>", "", without))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words).replace("\u202f", " ").replace("\u00a0", " "))


def test_the_summary_says_what_a_board_asks() -> None:
    said = plain(section(attributed_page(check=True), "summary"))
    most = "Flest forekomster av IP-adresse, ID i informasjonskapsel og navn."
    for sentence in (
        "31 dokumenter (49,7 MB) i fjordkurs og kunder.",
        f"Personopplysninger i 20 dokumenter, av 12 slag. {most}",
        "I 6 kjente systemer: ",
        "1 dokument med funn er ikke tilordnet noe system.",
        "Funnet fødselsnummer og ID-numre i 7 dokumenter.",
        "Mulige særlige kategorier: fagforening (medlemskap) i 1 dokument, helseopplysninger i 1 dokument og etnisk",
        "Mulige opplysninger om straffbare forhold: straffedommer og lovovertredelser i 1 dokument.",
        "2 dokumenter kunne ikke leses. 1 dokument kunne bare leses delvis. Det som ikke ble lest, er ikke vurdert.",
        "3 åpne avvik mellom erklæring og funn: 2 må avklares og 1 bør avklares.",
        "1 avvik er akseptert inntil videre.",
        "1 punkt kunne ikke vurderes.",
    ):
        assert sentence in said


def test_the_summary_of_a_clean_run_names_what_was_looked_for_and_of_an_unread_one_is_not_clean() -> None:
    b = RunBuilder()
    b.document("a.txt")
    clean = plain(section(page(b.run(), "en"), "summary"))
    assert "No findings of national identity numbers, special category (Art. 9) and criminal offences" in clean
    assert "Everything was read." in clean
    b.document("b.zip", status="unread")
    b.problem("b.zip", "encrypted", "the archive is encrypted")
    unread = plain(section(page(b.run(), "en"), "summary"))
    assert "Everything was read." not in unread
    assert "1 document could not be read. What was not read has not been assessed." in unread


def test_only_test_numbers_are_nothing_serious() -> None:
    b = RunBuilder()
    b.found("a.csv", "NO_FODSELSNUMMER", "national_id", 3, synthetic=True)
    said = plain(section(page(b.run(), "en"), "summary"))
    assert "Found national identity numbers" not in said and "No findings of" in said


def test_an_interrupted_run_is_said_to_be_so_first_and_where_it_is_signed() -> None:
    run = attributed_run()
    run.manifest["status"] = "interrupted"
    text = page(run)
    assert "ble avbrutt" in text.partition("<nav")[0]
    assert "ble avbrutt" in section(text, "statement") and "ble avbrutt" in section(text, "summary")


@pytest.mark.parametrize(("names", "said"), [
    ([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c", "d"], "a, b, c and d"),
    (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
])  # fmt: skip
def test_names_are_listed_as_in_a_sentence(names: list[str], said: str) -> None:
    assert listed(view(RunBuilder().run(), "en", details=False), names) == said


def test_abbreviations_keep_their_capitals_in_a_sentence() -> None:
    assert [in_sentence(name) for name in ("", "DUF-nummer", "Navn", "E-post")] == ["", "DUF-nummer", "navn", "e-post"]


def test_each_system_has_its_signs_size_and_number_of_documents() -> None:
    systems = section(attributed_page(), "systems")
    inventory = view(attributed_run(), "nb", details=True).inventory
    assert len(inventory.systems) == 7
    for share in inventory.systems:
        for signal in share.signals:
            assert signal in systems
    row = re.search(r'<th scope="row">Microsoft 365: SharePoint</th>.*?</tr>', systems, re.DOTALL)[0]  # type: ignore[index]
    assert plain(row).split()[3:6] == ["6", "5", "0"]


def test_unassigned_documents_have_size_owners_folders_and_what_to_do() -> None:
    said = plain(section(attributed_page(), "systems"))
    assert "Ikke tilordnet 1 dokument (" in said and OWNER in said
    assert "Spør eieren av mappen" in said and "(øverst) (fjordkurs) 1" in said


def test_many_systems_stand_in_tables_that_fit_each_with_the_categories_it_needs() -> None:
    run = company_run()
    tables = []
    for number, table in enumerate(run.document_tables):
        rows = [row | {"system": f"own.{(number + n) % 23:02d}"} for n, row in enumerate(table.to_pylist())]
        tables.append(type(table).from_pylist(rows, table.schema))
    inventory = view(replace(run, document_tables=tables), "nb", details=True).inventory
    made = html_systems.matrices(inventory)
    assert [len(m.systems) for m in made][:-1] == [html_systems.MATRIX_COLUMNS] * (len(made) - 1)
    assert [s for m in made for s in m.systems] == list(dict.fromkeys(h.system for h in inventory.holdings))
    for m in made:
        for category in m.categories:
            assert any((category, system) in m.cells for system in m.systems)
    shown = {(c, s) for m in made for c in m.categories for s in m.systems if (c, s) in m.cells}
    assert shown == {(h.category, h.system) for h in inventory.holdings}


def test_heat_rises_with_the_count_from_one_to_the_top() -> None:
    levels = html_systems.heat({n: n for n in (1, 10, 100, 1000, 10_000)})
    assert list(levels.values()) == [1, 2, 3, 4, 5]
    assert html_systems.heat({}) == {} and html_systems.heat({"a": 1}) == {"a": 1}


def test_identity_numbers_have_a_page_with_every_system_and_the_question_of_the_law() -> None:
    ids = section(attributed_page(), "ids")
    said = plain(ids)
    inventory = view(attributed_run(), "nb", details=True).inventory
    held = [h for h in inventory.holdings if h.category == "national_id"]
    assert len(held) == 3 and 'class="own-page"' in ids
    for h in held:
        name = view(attributed_run(), "nb", details=False).system(h.system)
        assert f"Er fødselsnummer nødvendig i {name}? (personopplysningsloven § 12)" in said
        for sample in h.samples:
            assert markup.escape(sample.document).replace("/", "/<wbr>").replace("!", "!<wbr>") in ids
    assert "7 dokumenter i 3 systemer" in said


def test_special_categories_are_possible_only_and_each_place_has_boxes_to_tick() -> None:
    special = section(attributed_page(), "special")
    said = plain(special)
    assert "Et menneske må se på hvert sted" in said
    queue = special.partition('id="queue-title"')[2]
    assert queue.count('<input type="checkbox">') == 2 * 4
    for place in ("kolonne Tilrettelegging", "kolonne Trekk fagforening", "kolonne merknad", "kolonne Opprinnelse"):
        assert place in said


def test_no_place_of_the_queue_is_dropped_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    from pii_scan.report import html_attention

    monkeypatch.setattr(html_attention, "MAX_QUEUE", 1)
    assert "og 3 steder til, se funn" in plain(section(page(attributed_run()), "special"))


def test_ages_have_a_chart_with_words_and_a_table_and_the_limit_of_the_notice() -> None:
    ages = section(attributed_page(check=True), "ages")
    assert ages.count("<figure") == ages.count('role="img"') == ages.count("<details") == ages.count("<desc")
    said = plain(ages)
    assert "Eldste 04.01.2016" in said and "Bygger på: Dato i innholdet." in said
    assert "Erklært lagringstid 3 år: grensen går ved 14.01.2023." in said
    assert 'class="limit"' in ages and 'class="limit"' not in section(attributed_page(), "ages")


def test_gaps_stand_by_status_with_question_law_evidence_and_who_accepted() -> None:
    gaps = section(attributed_page(check=True), "gaps")
    assert re.findall(r'<article class="gap level-(\w+)" data-level="\w+" data-status="(\w+)"', gaps) == [
        ("error", "open"), ("error", "open"), ("warning", "open"), ("info", "not_assessable"), ("error", "accepted"),
    ]  # fmt: skip
    said = plain(gaps)
    for words in (
        "«Postadresse» er funnet i Database", "Spørsmål: Skal «Postadresse» behandles i", "ikke nevnt, ingen linje",
        "personvernforordningen artikkel 13 nr. 1 bokstav c", "1 dokument", "personer: 4 402 til 5 098",
        "Akseptert av : Økonomisjefen".replace(" :", ""), "Bokføringsloven krever det", "01.01.2027",
        "dataportabilitet", "Mangler i selve erklæringen",
    ):  # fmt: skip
        assert words in said
    assert 'id="gaps"' not in attributed_page()


def test_without_open_gaps_that_is_said_and_so_is_a_missing_check() -> None:
    accepted = gap("G01", "omitted", Level.ERROR, "accounting.saft", "bank", status=Status.ACCEPTED)
    said = plain(page(attributed_run(), "en", checked(accepted)))
    assert "No open deviations between notice and findings." in said
    assert "does not compare the findings with the privacy notice" in plain(attributed_page("en"))


def test_the_statement_names_all_that_was_not_read_and_has_lines_to_sign() -> None:
    statement = section(attributed_page(), "statement")
    said = plain(statement)
    for code in ("encrypted", "unsupported", "corrupt", "permission"):
        assert f"<code>{code}</code>" in statement
    assert "31 sett: 28 lest i sin helhet, 1 delvis, 2 ikke" in said
    assert said.count("Underskrift") == said.count("Navn") == 2
    assert "Øvre grense" not in said  # nothing was sampled


def test_the_statement_bounds_what_a_sample_may_have_missed() -> None:
    run = attributed_run()
    run.manifest["samples"] = [
        {"target": "t", "document": "public.kunder", "total": 50_000, "sampled": 1000, "random": True}
    ]
    said = plain(section(page(run, "en"), "statement"))
    assert "50,000 1,000 at most 149 rows" in said


def hostile_check() -> Checked:
    values = {"recipients": (HOSTILE,), "owners": (HOSTILE,), "one_of": (HOSTILE,)}
    answer = Acceptance(HOSTILE, HOSTILE, checked().as_of)
    evidence = Evidence(1, 2, (1, 9), None, None, (), 0.9)
    gaps = (
        gap("G04", "notice", Level.ERROR, HOSTILE, HOSTILE, values=values, evidence=evidence),
        gap("G01", "omitted", Level.ERROR, HOSTILE, None, law=HOSTILE, status=Status.ACCEPTED, acceptance=answer),
    )  # fmt: skip
    return checked(*gaps, notice=HOSTILE)


def hostile_run() -> FakeRun:
    run = attributed_run(deltakere=HOSTILE, web=f"own.{HOSTILE}", signals=HOSTILE.replace(";", ""), owner=HOSTILE)
    run.manifest["samples"] = [{"target": HOSTILE, "document": HOSTILE, "total": 9, "sampled": 1, "random": True}]
    return run


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_markup_in_systems_owners_signs_and_gaps_is_text(lang: str) -> None:
    text = page(hostile_run(), lang, hostile_check())
    assert "<img" not in text and "<script>document" not in text
    assert text.count("<script") == 2
    assert text.count(str(markup.escape("<img src=x"))) > 10
    assert not re.search(r"<[^>]*\sonerror=", re.sub(r'"[^"]*"', '""', text))


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_ids_are_unique_and_every_reference_leads_somewhere(lang: str) -> None:
    text = attributed_page(lang, check=True).partition("<script")[0]
    ids = re.findall(r'\sid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "href"):
        for value in re.findall(rf'\s{name}="([^"]*)"', text):
            for one in value.split():
                assert one.startswith("data:") or one.lstrip("#") in ids


def test_headings_go_down_by_one_level_at_a_time() -> None:
    text = attributed_page(check=True)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", text)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_every_language_of_the_report_has_the_same_elements() -> None:
    def elements(lang: str) -> list[Any]:
        return re.findall(
            r"<(\w+)", re.sub(r"<script.*?</script>", "", attributed_page(lang, check=True), flags=re.DOTALL)
        )

    assert elements("nb") == elements("en")
