"""Attribution of documents: which profile wins, what members and containers tell of each other, and path rules."""

from __future__ import annotations

import gzip
import mailbox
import unicodedata
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import export_trees
import pyarrow as pa
import pytest
from extract.formats_archives import zipped
from hypothesis import given
from hypothesis import strategies as st
from systems import artefacts
from systems.test_artefacts import told

from pii_scan.model import ChunkBatch, ColumnOrigin, DocumentRef, LineOrigin, PageOrigin, PartOrigin
from pii_scan.systems.attribution import THRESHOLD, Attribution, reach, together
from pii_scan.systems.evidence import Evidence
from pii_scan.systems.profiles import PathRule, Profile, ProfileTable, profiles
from pii_scan.systems.seen import FIRST_ROWS, TEXT_BYTES, Seen, folded
from pii_scan.systems.signal_forms import signal_of

NONE = (None, ())


def profile(id: str, *signals: dict[str, Any], kind: str = "files") -> Profile:
    made = tuple(signal_of(form, "here") for form in signals)
    return Profile(id, id.partition(".")[0], {"nb": id, "en": id}, (), kind, (), (), None, made)


def of(*made: Profile) -> Attribution:
    return Attribution(ProfileTable({one.id: one for one in made}))


def text(value: str, origin: Any = None) -> ChunkBatch:
    return ChunkBatch(pa.array([value], pa.large_string()), origin or LineOrigin())


def finished(attribution: Attribution, path: str, *batches: ChunkBatch, media_type: str = "text/plain") -> Any:
    ref = DocumentRef("data", path)
    for batch in batches:
        attribution.observe(ref, batch)
    return attribution.finish(ref, media_type)


def test_signals_that_fire_together_leave_the_product_of_their_doubts() -> None:
    weak = profile("a", {"score": 0.3, "path": ["x*"]}, {"score": 0.3, "text": "y", "label": "y"})
    assert finished(of(weak), "x.txt", text("y")) == ("a", ("path: x*", "text: y"))
    assert finished(of(weak), "x.txt", text("z")) == NONE
    assert together([0.3, 0.3]) == 0.51


@given(st.lists(st.floats(0.01, 1), max_size=8), st.floats(0.01, 1))
def test_a_further_signal_never_makes_a_profile_less_sure(scores: list[float], more: float) -> None:
    assert together(scores) <= together([*scores, more]) <= 1


def test_a_tie_goes_to_the_stronger_single_signal_and_then_to_the_first() -> None:
    two = profile("a", {"score": 0.5, "path": ["x*"]}, {"score": 0.5, "path": ["*x"]})
    one, same = (profile(id, {"score": 0.75, "path": ["x"]}) for id in ("b", "c"))
    assert finished(of(two, one), "x")[0] == "b"
    assert finished(of(one, same), "x")[0] == "b"
    assert finished(of(same, one), "x")[0] == "c"


def test_labels_stand_by_their_strength() -> None:
    made = profile("a", {"score": 0.2, "path": ["x*"]}, {"score": 0.9, "text": "y", "label": "y"})
    assert finished(of(made), "x", text("y"))[1] == ("text: y", "path: x*")


@pytest.mark.parametrize("value", ["UUID", artefacts.PROTON, f"x{artefacts.UUID}", f"{artefacts.UUID}0", ""])
def test_postmark_is_known_by_a_uuid_alone(value: str) -> None:
    assert told("a.eml", artefacts.mail(X_PM_Message_Id=value))["a.eml"] == NONE


def test_how_a_mail_was_sent_says_nothing_of_the_mailbox_where_it_lies(tmp_path: Path) -> None:
    """Anyone's newsletter may have come through Postmark."""
    sent = artefacts.mail(
        X_PM_Message_Id=artefacts.UUID, X_PM_RCPT="|x|", X_PM_Tag="x", Feedback_ID="s1-_:s1:a2:postmark"
    )
    found = told("a.eml", sent)["a.eml"]
    assert found[0] == "postmark" and len(found[1]) == 4
    assert told("Exchange/a@example.no (Primary)/Inbox/a.eml", sent).popitem()[1][0] == "microsoft365.exchange"
    box = mailbox.mbox(tmp_path / "box")
    box.add(sent)
    box.close()
    content = (tmp_path / "box").read_bytes()
    assert set(told("innboks.mbox", content).values()) == {NONE}
    assert {one[0] for one in told("Takeout/Mail/a.mbox", content).values()} == {"google.takeout"}


def test_headers_of_another_tenant_alone_make_no_mailbox_of_exchange() -> None:
    got = artefacts.mail(X_MS_Exchange_CrossTenant_Id="x", X_MS_Exchange_Transport_CrossTenantHeadersStamped="x")
    assert told("a.eml", got)["a.eml"] == NONE


@pytest.mark.parametrize("path", ["a.pst", "sak/Exchange/a@example.no (Primary)/a.pst"])
def test_teams_messages_in_a_mailbox_are_teams(path: str) -> None:
    found = told(path, artefacts.chat_pst())
    assert {one[0] for name, one in found.items() if "!" in name} == {"microsoft365.teams"}
    assert found[path][0] == "microsoft365.exchange"


def test_exports_of_purview_are_known_in_both_their_forms(tmp_path: Path) -> None:
    export_trees.classic(tmp_path / "classic")
    export_trees.new(tmp_path / "new")
    found: dict[str, str | None] = {}
    for file in sorted(tmp_path.rglob("*")):
        if file.is_file():
            path = file.relative_to(tmp_path).as_posix()
            found |= {name.rpartition("/")[2]: one[0] for name, one in told(path, file.read_bytes()).items()}
    for name in ("kari@example.no.pst", "Sak.msg", "Sak.eml", "Results.csv", "Items.1.001.zip", "Møte.eml"):
        assert found[name] == "microsoft365.exchange", name
    assert found["19_abc.html"] == "microsoft365.teams"
    assert found["liste.csv"] in ("microsoft365.exchange", "microsoft365.sharepoint")


def test_a_container_is_known_by_what_it_holds_however_deep() -> None:
    takeout = zipped({"Takeout/b.txt": b"Hei.\n", "Takeout/c.bin": bytes(range(256)) * 8})
    found = told("a.zip", zipped({"x/inner.zip": takeout}))
    assert {found[name][0] for name in ("a.zip", "a.zip!x/inner.zip")} == {"google.takeout"}


def test_a_member_that_gives_no_text_counts_as_a_member() -> None:
    found = told("a.zip", zipped({"Takeout/c.bin": bytes(range(256)) * 8}))
    assert found["a.zip"][0] == "google.takeout"


def test_a_document_in_a_mailbox_is_from_the_mailbox_unless_it_is_surely_from_elsewhere() -> None:
    saft = dict(artefacts.MADE["accounting.saft"])["regnskap.xml"]
    list_ = dict(artefacts.MADE["course.employer_list"])["fra arbeidsgiver.csv"]
    path = "a (Primary)/Top of Information Store/Inbox"
    assert told(f"{path}/x.xml", saft).popitem()[1][0] == "accounting.saft"
    assert told(f"{path}/x.csv", list_).popitem()[1][0] == "microsoft365.exchange"


def test_the_target_folder_tells_too() -> None:
    ref = DocumentRef("/srv/Takeout/", "b.txt")
    assert Attribution(profiles()).finish(ref, "text/plain")[0] == "google.takeout"


@pytest.mark.parametrize(
    "glob", ["hr/**", "hr", "hr/a.zip!b.csv", "hr/a.zip/b.csv", "b.csv", "hr/*.zip", "hr/a.zip!*.csv"]
)
def test_a_path_rule_wins_over_all_signals(glob: str) -> None:
    attribution = Attribution(profiles(), [PathRule("never/**", "x"), PathRule(glob, "hr"), PathRule("**", "y")])
    found = told("hr/a.zip", zipped({"b.csv": artefacts.with_rows(artefacts.ENTRA)}), attribution)
    assert found["hr/a.zip!b.csv"] == ("hr", (f"path rule: {glob}",))


@pytest.mark.parametrize("glob", ["HR/**", "a.zip", "hr/*.csv", "[!h]r/**", "hr/a.zip!c.csv"])
def test_a_path_rule_fits_as_include_does(glob: str) -> None:
    rule = PathRule(glob, "hr")
    inner = DocumentRef("t", "hr/x.zip").member("b.csv")
    assert not rule.fits(inner)


def test_a_document_is_forgotten_when_it_is_finished() -> None:
    attribution = of(profile("a", {"score": 0.9, "text": "y", "label": "y"}))
    assert finished(attribution, "x", text("y"))[0] == "a"
    assert finished(attribution, "x") == NONE


def test_documents_read_in_turns_are_kept_apart() -> None:
    attribution = of(profile("a", {"score": 0.9, "text": "y", "label": "y"}))
    one, two = DocumentRef("t", "1"), DocumentRef("t", "2")
    for ref, value in ((one, "z"), (two, "y"), (one, "z"), (two, "z")):
        attribution.observe(ref, text(value))
    assert attribution.finish(one, "") == NONE
    assert attribution.finish(two, "")[0] == "a"


def test_only_the_start_of_a_text_is_looked_at() -> None:
    attribution = of(profile("a", {"score": 0.9, "text": "y", "label": "y"}))
    assert finished(attribution, "x", text("z" * (TEXT_BYTES - 1) + "y"))[0] == "a"
    assert finished(attribution, "x", text("z" * TEXT_BYTES + "y")) == NONE
    assert finished(attribution, "x", text("z" * TEXT_BYTES), text("y")) == NONE


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=8))
def test_any_text_is_kept_as_it_is_up_to_its_bound(values: list[str]) -> None:
    seen = Seen(lambda name: True)
    seen.take(ChunkBatch(pa.array(values, pa.large_string()), LineOrigin()))
    assert seen.text == "".join(one if one.endswith("\n") else one + "\n" for one in values)


def test_a_table_is_known_by_its_headers_and_by_the_row_below_a_title() -> None:
    attribution = of(profile("a", {"score": 0.9, "headers": ["Name", ["Mail", "E-post"], "City"], "at_least": 2}))

    def column(number: int, header: str, *cells: str, rows: int = 1) -> ChunkBatch:
        return ChunkBatch(pa.array(cells), ColumnOrigin(number, header, "s", rows))

    assert finished(attribution, "x", column(1, '\ufeff"name"'), column(2, "E-POST "))[1] == (
        "headers: 2 of 3 (Name, Mail)",
    )
    titled = column(1, "", "Rapport", "", "Name"), column(2, "", "", "", "City")
    assert finished(attribution, "x", *titled)[0] == "a"
    late = column(1, "", *["x"] * FIRST_ROWS, "Name"), column(2, "", *["x"] * FIRST_ROWS, "City")
    assert finished(attribution, "x", *late) == NONE


def test_headers_of_two_tables_are_not_added_up() -> None:
    attribution = of(profile("a", {"score": 0.9, "headers": ["A", "B"]}))
    parts = [ChunkBatch(pa.array(["x"]), ColumnOrigin(1, name, name)) for name in ("A", "B")]
    assert finished(attribution, "x", *parts) == NONE


@given(st.text(max_size=20))
def test_folding_a_header_twice_changes_nothing(header: str) -> None:
    assert folded(folded(header)) == folded(header)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<?xml version="1.0"?><a:R xmlns:b="u:b" xmlns:a="u:a"/>', ("R", "u:a")),
        ("<!-- x > y --><!DOCTYPE R SYSTEM 'x'>\n<R\n xmlns='u' id='1'>", ("R", "u")),
        ("\ufeff<R><S xmlns='u'/></R>", ("R", "")),
        ("<a:R>", ("R", "")),
        ("tekst <R>", None),
        ("", None),
        ("<", None),
    ],
)
def test_the_root_element_is_read_without_its_prefix(content: str, expected: Any) -> None:
    seen = Seen(lambda name: True)
    seen.take(text(content))
    assert Evidence(("x",), "", seen).root == expected


def test_no_label_holds_what_the_document_holds() -> None:
    secret = "hemmelig"
    for id, made in artefacts.MADE.items():
        for path, content in made:
            for found in told(f"{secret}/{path}", content.replace(b"verdi", secret.encode())).values():
                assert secret not in " ".join(found[1]), id


def test_every_built_in_profile_can_be_reached_and_names_where_its_signals_are_from() -> None:
    for one in profiles():
        assert reach(one) >= THRESHOLD, one.id
        assert one.references, one.id
        assert one.family == one.id.partition(".")[0]


def test_parts_that_no_signal_asks_for_are_not_kept() -> None:
    attribution = Attribution(profiles())
    ref = DocumentRef("t", "x")
    attribution.observe(ref, ChunkBatch(pa.array(["v", "w"]), PartOrigin(("header: Subject", "header: x-pm-TAG"))))
    assert attribution._seen[ref].parts == [("header: x-pm-tag", "w")]


def test_an_archive_whose_members_are_all_from_one_system_is_from_it() -> None:
    saft = dict(artefacts.MADE["accounting.saft"])["regnskap.xml"]
    one = zipped({"a.xml": saft, "b.xml": saft})
    assert told("a.zip", one)["a.zip"] == ("accounting.saft", ("members: all from this system",))
    assert told("a.zip.gz", gzip.compress(one))["a.zip.gz"][0] == "accounting.saft"
    assert told("a.zip", zipped({"a.xml": saft, "b.txt": b"Hei.\n"}))["a.zip"] == NONE
    assert told("a.zip", zipped({"a.xml": saft, "b.csv": artefacts.with_rows(artefacts.ENTRA)}))["a.zip"] == NONE
    mail = artefacts.mail()
    assert told("a.zip", zipped({"a.eml": mail}))["a.zip"] == NONE


def test_a_mail_is_not_from_the_system_of_its_attachment() -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.no", "b@example.no", "Hei"
    made.set_content("Hei.")
    made.add_attachment(artefacts.with_rows(artefacts.ENTRA), "text", "csv", filename="x.csv")
    found = told("a.eml", made.as_bytes())
    assert {name: one[0] for name, one in found.items()} == {"a.eml": None, "a.eml!x.csv": "microsoft365.entra"}


def test_names_are_known_however_their_letters_are_composed() -> None:
    content = artefacts.with_rows("Navn|E-post|Telefon", sep=";")
    name = unicodedata.normalize("NFD", "påmelding.csv")
    assert name != "påmelding.csv" and told(name, content).popitem()[1][0] == "course.participants"


def test_a_batch_is_not_opened_once_enough_is_known_of_its_column() -> None:
    attribution = Attribution(profiles())
    ref = DocumentRef("t", "x.csv")
    first = ChunkBatch(pa.array(["x"] * FIRST_ROWS), ColumnOrigin(1, "a", "", 2, None, ("a", "b")))
    attribution.observe(ref, first)
    unopened: Any = None
    attribution.observe(ref, ChunkBatch(unopened, ColumnOrigin(1, "a", "", 9, None, ("a", "b"))))
    attribution.observe(ref, text("x" * TEXT_BYTES))
    attribution.observe(ref, ChunkBatch(unopened, LineOrigin(9)))


CELLS = st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)), max_size=9)
ORIGINS = st.one_of(
    st.just(LineOrigin()),
    st.builds(PageOrigin),
    st.builds(PartOrigin, st.tuples(*[st.sampled_from(["header: X-PM-Tag", "message class", ""])] * 2)),
    st.builds(
        ColumnOrigin,
        st.integers(1, 3),
        st.text(max_size=5),
        st.sampled_from(["", "ark"]),
        st.integers(1, 9),
        st.none(),
        st.sampled_from([(), ("a", "b")]),
    ),
)


@given(st.lists(st.tuples(CELLS, ORIGINS), max_size=6), st.text(max_size=20), st.sampled_from(["text/csv", ""]))
def test_nothing_that_is_read_can_stop_it(batches: list[tuple[list[str | None], Any]], path: str, kind: str) -> None:
    found = finished(
        ANY, path, *(ChunkBatch(pa.array(cells, pa.large_string()), at) for cells, at in batches), media_type=kind
    )
    assert found[0] is None or found[0] in profiles().by_id


ANY = Attribution(profiles())


def test_what_tells_nothing_is_from_the_system_declared_for_its_target_and_so_is_what_lies_in_it() -> None:
    attribution = Attribution(profiles(), (), {"hr": {"system": "accounting.a_melding", "folder": "x"}})
    declared = ("accounting.a_melding", ("target: declared to be from this system",))
    box = DocumentRef("hr", "a.zip")
    assert attribution.finish(box.member("b.txt"), "text/plain") == (None, ())
    assert attribution.finish(box, "application/zip") == declared
    assert attribution.finish(DocumentRef("hr", "c.txt"), "text/plain") == declared
    assert attribution.finish(DocumentRef("other", "c.txt"), "text/plain") == (None, ())
    assert attribution.finish(DocumentRef("hr", "post.pst"), "text/plain")[0] == "microsoft365.exchange"


def test_a_path_rule_comes_before_the_system_declared_for_a_target() -> None:
    rules = (PathRule("lonn/**", "mine"),)
    attribution = Attribution(profiles(), rules, {"hr": {"system": "accounting.a_melding"}})
    assert attribution.finish(DocumentRef("hr", "lonn/a.txt"), "text/plain")[0] == "mine"


@given(st.lists(st.sampled_from([
    "hei\n", "<a xmlns='urn:x'/>", "  {\"nokkel\": 1, \"to\": 2}", ":60F:C260101NOK1,", "x GBAT10;1;20260101;", "a\tb",
    "INSERT INTO `wp_users` -- MySQL dump", "kompetansepluss sluttrapport", "192.0.2.1 GET / HTTP/1.1",
]), max_size=4), st.sampled_from(["notat.txt", "Takeout/Mail/a.txt", "wp-content/a.txt"]))  # fmt: skip
def test_texts_that_are_looked_at_together_first_are_told_as_alone(parts: list[str], path: str) -> None:
    batches = [text("".join(parts)), text("bare prosa om ingenting\n"), text("")]
    attribution = Attribution(profiles())
    plain = attribution.plain([[batch] for batch in batches])
    assert id(batches[1]) in plain
    for batch in batches:
        ref = DocumentRef("t", path)
        attribution.observe(ref, batch)
        alone = attribution.finish(ref, "text/plain")
        attribution.observe(ref, batch, id(batch) in plain)
        assert attribution.finish(ref, "text/plain") == alone


def test_texts_of_a_document_with_several_are_looked_at_when_it_is_read() -> None:
    batches = [text("hei\n"), text("du\n")]
    assert Attribution(profiles()).plain([batches]) == frozenset()
