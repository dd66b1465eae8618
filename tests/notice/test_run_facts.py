"""What the rules are told of a run: trackers, secrets beside other data, what was not read, what activities cover."""

from __future__ import annotations

from finished_run import TARGET, FakeRun, RunBuilder
from gap_cases import activity, record

from pii_scan.inventory.holdings import Sample
from pii_scan.notice.facts import Seen
from pii_scan.notice.run_facts import facts_of


def built() -> RunBuilder:
    builder = RunBuilder()
    for path, system in (("web/a.log", "aws.s3"), ("web/b.csv", "google.ads"), ("kurs/brukere.csv", "course.moodle")):
        builder.document(path, system=system)
    return builder


def seen(count: int, document: str) -> Seen:
    return Seen(1, count, (Sample(TARGET, document, count),))


def cookie(builder: RunBuilder, path: str, reasons: str, header: str | None = None, count: int = 1) -> None:
    builder.found(path, "COOKIE_ID", "online_id.cookie", count, header=header, reasons=reasons, column=None)


def test_trackers_are_told_by_their_written_form_and_by_the_header_of_a_column() -> None:
    builder = built()
    cookie(builder, "web/a.log", "written form: Google Analytics; check passed", count=3)
    cookie(builder, "web/a.log", "written form: Meta pixel")
    cookie(builder, "web/a.log", "written form: session; check passed")  # of no tracker
    cookie(builder, "web/b.csv", "the column's header names it; check passed", "GCLID", count=5)
    cookie(builder, "web/b.csv", "the column's header names it; check passed", "cookie_id")
    log, ads = "web/a.log", "web/b.csv"
    assert facts_of(builder.run(), None).trackers == {
        "aws.s3": {"google_analytics": seen(3, log), "meta_pixel": seen(1, log)},
        "google.ads": {"google_ads": seen(5, ads)},
    }


def test_the_documents_with_most_of_it_are_the_samples() -> None:
    builder = built()
    for number in range(5):
        cookie(builder, f"logg/{number}.log", "written form: Meta pixel", count=number + 1)
    builder.documents = {key: {**row, "system": "aws.s3"} for key, row in builder.documents.items()}
    found = facts_of(builder.run(), None).trackers["aws.s3"]["meta_pixel"]
    assert (found.documents, found.count) == (5, 15)
    assert [sample.document for sample in found.samples] == ["logg/4.log", "logg/3.log", "logg/2.log"]


def test_hashed_identifiers_are_of_the_category_that_was_hashed() -> None:
    builder = built()
    builder.found("web/b.csv", "EMAIL_ADDRESS", "email", 6)
    builder.findings = [{**row, "recognizer": "any.hashed_email"} for row in builder.findings]
    assert facts_of(builder.run(), None).hashed == {("google.ads", "email"): seen(6, "web/b.csv")}


def test_secrets_count_only_beside_other_personal_data_in_the_same_document() -> None:
    builder = built()
    builder.found("kurs/brukere.csv", "PASSWORD_HASH", "credentials", 4)
    builder.found("kurs/brukere.csv", "EMAIL_ADDRESS", "email", 4)
    builder.found("web/a.log", "PASSWORD_HASH", "credentials", 4)
    builder.found("web/a.log", "USERNAME", "credentials", 4)
    builder.found("web/a.log", "NO_ORGANISASJONSNUMMER", "organisation", 4)
    builder.found("web/b.csv", "USERNAME", "credentials", 4)
    builder.found("web/b.csv", "EMAIL_ADDRESS", "email", 4)
    assert facts_of(builder.run(), None).secrets == {"course.moodle": seen(4, "kurs/brukere.csv")}


def test_test_numbers_are_not_beside_anything() -> None:
    builder = built()
    builder.found("web/a.log", "PASSWORD_HASH", "credentials", 4)
    builder.found("web/a.log", "NO_FODSELSNUMMER", "national_id", 4, synthetic=True)
    assert facts_of(builder.run(), None, test_numbers=False).secrets == {}
    assert facts_of(builder.run(), None).secrets


def test_what_was_not_read_is_counted_by_system_and_code() -> None:
    builder = built()
    builder.document("kurs/las.zip", system="course.moodle", status="unread")
    builder.problem("kurs/las.zip", "encrypted", "x")
    builder.problem("kurs/las.zip", "limit", "x")
    builder.problem("kurs/brukere.csv", "encrypted", "x")
    builder.problem("stengt", "permission", "the folder cannot be listed", stage="source")
    unread = facts_of(builder.run(), None).unread
    assert unread == {"course.moodle": {"encrypted": 2, "limit": 1}, None: {"permission": 1}}


def test_an_activity_covers_the_documents_that_its_paths_and_tables_name() -> None:
    builder = built()
    builder.document("kurs/arkiv.zip!gammel/liste.csv", system="course.moodle")
    builder.document("public.kunder", system="database.file")
    for path in ("kurs/brukere.csv", "kurs/arkiv.zip!gammel/liste.csv", "web/b.csv", "public.kunder"):
        builder.found(path, "EMAIL_ADDRESS", "email", 2)
    kept = record(
        activity("paths", paths=("kurs/**",), categories=("email",)), activity("tables", tables=("public.*",)),
        activity("zip", paths=("kurs/*.zip",), categories=("phone",)), activity("nowhere", categories=("email",)),
    )  # fmt: skip
    facts = facts_of(builder.run(), kept)
    moodle, ads, database = ("course.moodle", "email"), ("google.ads", "email"), ("database.file", "email")
    assert facts.covered == {"paths": {moodle: 2}, "tables": {database: 1}, "zip": {moodle: 1}}
    assert facts.uncovered == {moodle: 0, ads: 1, database: 1}  # no activity of the tables declares e-mail


def test_what_the_scan_looks_for_is_what_the_manifest_says_or_the_rules_do() -> None:
    run: FakeRun = built().run()
    assert "name" not in (facts_of(run, None).findable or ()) and "email" in (facts_of(run, None).findable or ())
    run.manifest["entity_types"] = ["EMAIL_ADDRESS", "MY_OWN"]
    assert facts_of(run, None).findable == {"email"}
