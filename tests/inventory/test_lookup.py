"""What a scan found of a person is found again by every written form of it, where it is and nowhere else."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from finished_run import RunBuilder
from scanning import KEY, RULE, rows

from pii_scan.cli.subject import _finder
from pii_scan.engines.scan import scan
from pii_scan.errors import UsageError
from pii_scan.findings.store import Run
from pii_scan.inventory.identifiers import Find, Identifier, kinds, read_identifiers
from pii_scan.inventory.lookup import Lookup, look_up, searched_types

FORMS = {
    "NO_FODSELSNUMMER": ("fødselsnummer", ("11837533335", "118375 33335", "118375-33335", "11.83.75 33335")),
    "NO_D_NUMMER": ("d-nummer", ("43897703077", "438977 03077")),
    "EMAIL_ADDRESS": ("e-post", ("kari@example.no", "KARI@Example.no")),
    "PHONE_NUMBER": (
        "telefon",
        ("68 05 00 12", "+47 68050012", "004768050012", "68050012", "(+47) 68 05 00 12", "680 50 012"),
    ),
    "NO_BANK_ACCOUNT": ("kontonummer", ("4999.20.59191", "49992059191", "4999 20 59191")),
    "IBAN_CODE": ("iban", ("NO2149992059191", "NO21 4999 2059 191")),
    "CREDIT_CARD": ("kortnummer", ("4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111")),
    "IP_ADDRESS": ("ip", ("45.83.12.97", "::ffff:45.83.12.97")),
    "MAC_ADDRESS": ("mac", ("3c:22:fb:4a:9b:10", "3C-22-FB-4A-9B-10", "3c22.fb4a.9b10")),
    "NO_ORGANISASJONSNUMMER": ("orgnr", ("370749248", "370 749 248")),
    "SE_PERSONNUMMER": ("personnummer", ("811218-9876", "19811218-9876")),
    "COOKIE_ID": ("_ga", ("GA1.2.111111111.1700000000",)),
    "CUSTOMER_ID": ("kundenummer", ("K-10427", "k-10427")),
}
"""Header of the column and the ways one value of a kind is written in it."""
LABELS = {"SE_PERSONNUMMER": "svensk personnummer", "COOKIE_ID": "cookie"}
SAME_ACCOUNT = {"NO_BANK_ACCOUNT", "IBAN_CODE"}
"""The account within the IBAN is the same as the account itself."""
OTHERS = {
    "NO_FODSELSNUMMER": "02828404892", "EMAIL_ADDRESS": "ola@example.no", "PHONE_NUMBER": "68 05 99 88",
    "IP_ADDRESS": "45.83.12.98", "CUSTOMER_ID": "K-20427",
}  # fmt: skip


def table(kind: str) -> str:
    """A CSV with the value in all its forms, and the value of another person."""
    header, forms = FORMS[kind]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["nr", header])
    values = [*forms, OTHERS.get(kind, ""), *forms]
    writer.writerows([number, value] for number, value in enumerate(values, 1))
    return out.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("planted")
    (folder / "in").mkdir()
    for kind in FORMS:
        (folder / "in" / f"{kind.lower()}.csv").write_text(table(kind), encoding="utf-8")
    text = "Ring +47 68 05 00 12 eller skriv til kari@example.no. Fnr 118375 33335.\n"
    (folder / "in" / "brev.txt").write_text(text, encoding="utf-8")
    return scan([folder / "in"], out=folder / "run")


@pytest.fixture(scope="module")
def find() -> Find:
    found: Find = _finder()
    return found


def ask(run: Run, find: Find, *lines: str) -> Lookup:
    return look_up(run, read_identifiers("\n".join(lines), find, bytes.fromhex(KEY), searched_types(run)))


def places_of(run: Run, kind: str) -> set[tuple[object, ...]]:
    """The places of the findings of a kind, without those of the other person."""
    forms, other = FORMS[kind][1], len(FORMS[kind][1]) + 2
    return {
        (row["document"], row["row"], row["column"], row["entity_type"])
        for row in rows(run.findings())
        if (row["document"], row["row"]) != (f"{kind.lower()}.csv", other)
        and row["document"] in (f"{kind.lower()}.csv", "brev.txt")
        and row["entity_type"] == kind
        and forms
    }


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_of_a_value_finds_all_its_places_and_no_other(run: Run, find: Find, kind: str) -> None:
    expected = places_of(run, kind)
    assert len(expected) >= 2 * len(FORMS[kind][1]), "the scan itself must find it"
    header, forms = FORMS[kind]
    label = LABELS.get(kind, header)
    asked = ask(run, find, *forms, *(f"{label}: {form}" for form in forms), *(f"{kind}: {form}" for form in forms))
    for answer in asked.answers:
        found = {(p.document, p.row, p.column, p.entity_type) for p in answer.places}
        same = {place for place in found if place[3] == kind or kind not in SAME_ACCOUNT}
        assert same == expected
        assert {place[3] for place in found} <= ({kind} if kind not in SAME_ACCOUNT else SAME_ACCOUNT)
        assert answer.entity_type == kind and answer.searched


def test_account_and_iban_find_each_other(run: Run, find: Find) -> None:
    account, iban = ask(run, find, "4999.20.59191", "NO21 4999 2059 191").answers
    assert account.places == iban.places and {p.document for p in iban.places} == {
        "no_bank_account.csv",
        "iban_code.csv",
    }


def test_a_table_of_another_is_not_mixed_in(run: Run, find: Find) -> None:
    for kind, value in OTHERS.items():
        (answer,) = ask(run, find, f"{kind}: {value}").answers
        assert [(p.document, p.row) for p in answer.places] == [(f"{kind.lower()}.csv", len(FORMS[kind][1]) + 2)]


def test_what_is_nowhere_has_no_place_and_still_has_its_coverage(run: Run, find: Find) -> None:
    asked = ask(run, find, "kari.ukjent@example.no")
    assert asked.places == 0 and asked.documents == {} and asked.answers[0].searched
    assert asked.coverage.seen == len(FORMS) + 1


def test_a_name_that_is_nowhere_was_looked_for(run: Run, find: Find) -> None:
    stated, bare = ask(run, find, "navn: Kari Nordmann", "Kari Nordmann").answers
    for answer in (stated, bare):
        assert (answer.entity_type, answer.searched, answer.places) == ("PERSON", True, ())


def test_what_many_persons_have_alike_is_no_identifier(find: Find) -> None:
    (one,) = read_identifiers("bachelorgrad i sykepleie", find, bytes.fromhex(KEY), ("EDUCATION", "HEALTH"))
    assert not {"EDUCATION", "HEALTH"} & {name for name, _ in (*one.prints, *one.others)}
    with pytest.raises(UsageError, match="no kind of identifier"):
        read_identifiers("HEALTH: diabetes", find, bytes.fromhex(KEY), ("HEALTH",))


def test_a_name_is_found_in_whatever_order_it_is_written(find: Find) -> None:
    import pyarrow as pa

    from pii_scan.findings.redact import fingerprints

    b = RunBuilder()
    b.found("liste.csv", "PERSON", "name", 1, header="navn")
    b.index[0]["fingerprint"] = int(fingerprints(pa.array(["Nordmann, Kari"]), "PERSON", bytes.fromhex(KEY))[0])
    fake = b.run()
    asked = read_identifiers("Kari Nordmann\nKARI NORDMANN", find, bytes.fromhex(KEY), searched_types(fake))
    assert [len(answer.places) for answer in look_up(fake, asked).answers] == [1, 1]


def test_the_same_signs_as_another_kind_are_told_and_are_no_answer(tmp_path: Path, find: Find) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("navn;kundenummer\nKari;68050012\nOla;1043\nPer;1044\n", "utf-8")
    run = scan([tmp_path / "in"], out=tmp_path / "run")
    assert (2, "CUSTOMER_ID") in {(row["row"], row["entity_type"]) for row in rows(run.findings())}
    bare, stated = ask(run, find, "68050012", "kundenr: 68050012").answers
    assert bare.entity_type == "PHONE_NUMBER" and bare.places == () and dict(bare.others) == {"CUSTOMER_ID": 1}
    assert [p.row for p in stated.places] == [2] and not stated.others


def test_an_address_on_the_net_is_no_telephone_number(run: Run, find: Find) -> None:
    (one,) = read_identifiers("45.83.12.97", find, bytes.fromhex(KEY), ())
    assert {name for name, _ in one.prints} == {"IP_ADDRESS"}


def test_a_value_of_a_users_own_rule_is_found_bare_and_by_its_type(tmp_path: Path, find: Find) -> None:
    from pii_scan.config import Config

    (tmp_path / "rule.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "a.txt").write_text("se ZZ1234\n", encoding="utf-8")
    run = scan([tmp_path / "a.txt"], config=Config(rules=(str(tmp_path / "rule.yaml"),)), out=tmp_path / "run")
    asked = ask(run, find, "ZZ1234", "MY_ID: zz1234")
    assert [[p.entity_type for p in answer.places] for answer in asked.answers] == [["MY_ID"], ["MY_ID"]]


def test_hits_of_one_place_are_one_place_with_their_number(find: Find, run: Run) -> None:
    import pyarrow as pa

    from pii_scan.findings.redact import fingerprints

    b = RunBuilder()
    b.found("m.eml", "EMAIL_ADDRESS", "email", 3, kind="part", part="header: To", distinct=1, column=None)
    for row in b.index:
        row["fingerprint"] = int(fingerprints(pa.array(["kari@example.no"]), "EMAIL_ADDRESS", bytes.fromhex(KEY))[0])
        row["row"] = None
    fake = b.run()
    (answer,) = look_up(fake, read_identifiers("kari@example.no", find, bytes.fromhex(KEY), ())).answers
    assert [(p.part, p.row, p.count) for p in answer.places] == [("header: To", None, 3)]


def test_system_owner_and_copies_are_said_of_each_document(find: Find) -> None:
    import pyarrow as pa

    from pii_scan.findings.redact import fingerprints

    b = RunBuilder()
    for path in ("a/m.eml", "b/m.eml"):
        b.document(path, system="m365.exchange", identity=77, owner="xxxx")
        b.found(path, "EMAIL_ADDRESS", "email", 1, kind="text")
    for row in b.index:
        row["fingerprint"] = int(fingerprints(pa.array(["kari@example.no"]), "EMAIL_ADDRESS", bytes.fromhex(KEY))[0])
    fake = b.run()
    asked = look_up(fake, read_identifiers("kari@example.no", find, bytes.fromhex(KEY), ()))
    assert sorted(held.copy for held in asked.documents.values()) == [False, True]
    assert {(held.system, held.original.owner) for held in asked.documents.values()} == {("m365.exchange", "xxxx")}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fnr: abc", "not of the kind"),
        ("skonummer: 43", "no kind of identifier"),
        ("kari@example.no og 68 05 00 12", "more than one thing"),
        ("Kari Nordmann <kari@example.no>", "more than one thing"),
        ("x" * 2000, "longer than"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_not_repeated(find: Find, line: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_identifiers(f"\n11837533335\n{line}\n", find, bytes.fromhex(KEY), ())
    assert said in str(raised.value) and "line 3" in str(raised.value)
    assert not any(word in str(raised.value) for word in line.replace(":", " ").split() if word not in ("og", "fnr"))


def test_no_line_at_all_and_too_many_are_refused(find: Find) -> None:
    for text in ("", " \n\n", "1\n" * 1001):
        with pytest.raises(UsageError, match="identifier"):
            read_identifiers(text, find, bytes.fromhex(KEY), ())


def test_an_identifier_holds_no_value_and_its_trace_tells_repeats(find: Find) -> None:
    lines = ["11837533335", "118375 33335", "fnr: 11837533335", "02828404892"]
    asked = read_identifiers("\n".join(lines), find, bytes.fromhex(KEY), ())
    assert len({one.trace for one in asked}) == 2 and all(len(one.trace) == 5 for one in asked)
    (elsewhere,) = read_identifiers(lines[0], find, b"\1" * 32, ())
    assert elsewhere.trace != asked[0].trace
    for one in asked:
        assert isinstance(one, Identifier)
        assert not any(line.split()[-1] in repr(one) for line in lines)


def test_every_kind_that_can_be_asked_for_is_one_that_there_is() -> None:
    from pii_scan.inventory.categories import categories

    table = kinds()
    known = set(categories().by_entity_type)
    assert table.all <= known and table.open <= table.all
    assert {name for names in (*table.companions.values(), *table.unless.values()) for name in names} <= table.all
    assert Counter(table.by_label.values()).keys() == table.all


def test_a_kind_that_the_run_was_not_to_look_for_is_told_from_one_that_is_not_there(tmp_path: Path, find: Find) -> None:
    from pii_scan.config import Config

    (tmp_path / "a.txt").write_text("kari@example.no 68 05 00 12\n", encoding="utf-8")
    run = scan([tmp_path / "a.txt"], config=Config(only=("EMAIL_ADDRESS",)), out=tmp_path / "run")
    phone, mail, other = ask(run, find, "68 05 00 12", "kari@example.no", "ola@example.no").answers
    assert [(len(answer.places), answer.searched) for answer in (phone, mail, other)] == [
        (0, False),
        (1, True),
        (0, True),
    ]
