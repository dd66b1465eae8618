"""A notice on its own: the founding example gives what reading it gave, and each rule fires and stays silent."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pii_scan.notice.lint import Level, lint
from pii_scan.notice.model import RIGHTS, Notice, Purpose, Recipient, RetentionLine, load_notice
from pii_scan.registry import data_folder
from pii_scan.report.notice_lint import message

TRANSCRIBED = Path(__file__).parents[2].parent / "shared" / "data" / "notice-metis.yaml"


@pytest.fixture(scope="module")
def founding() -> Notice:
    return load_notice(data_folder("configs") / "notices" / "metis.yaml")


@pytest.fixture(scope="module")
def whole() -> Notice:
    """A notice that says everything."""
    return Notice(
        id="whole", language="nb", published="2026-01-01", jurisdiction="NO", law_refs=(), controller="Eksempel AS",
        orgnr="310 000 000", contact={"email": "post@example.no"}, dpo=None, role_wording=None,
        data_subjects=("customer", "child"), categories={"name": 1, "email": 2, "address": 3, "purchase": 4},
        sources=("data_subject",), purposes=(Purpose("invoicing", ("6.1.b",)), Purpose("letters", ("6.1.a",))),
        recipients=(Recipient("bank", "Banken AS", (), "processor", (), "NO", None),),
        retention=(RetentionLine(None, (), "P5Y", None, None, None),), rights=dict.fromkeys(RIGHTS, True),
        rights_subjects=(), consequence_of_not_providing=True, automated_decisions="none", legitimate_interests=None,
        denials={},
    )  # fmt: skip


def kinds(notice: Notice) -> Counter[str]:
    return Counter(item.rule for item in lint(notice))


def test_the_founding_notice_lacks_what_was_found_by_hand(founding: Notice) -> None:
    found = kinds(founding)
    assert sum(found[rule] for rule in ("N01", "N02", "N03", "N04", "N05")) == 6  # absent from Art. 13
    assert (found["N06"], found["N07"], found["N08"]) == (3, 4, 5)  # references, names, implied categories
    by_rule = {(item.rule, item.kind, item.subject) for item in lint(founding)}
    assert {subject for rule, _, subject in by_rule if rule == "N04"} == {"portability", "objection"}
    implied = {subject for rule, _, subject in by_rule if rule == "N08"}
    assert implied == {"address", "employer", "purchase", "credentials", "correspondence"}
    facts = {kind for rule, kind, _ in by_rule if rule == "N09"}
    assert facts == {"published", "orgnr", "legitimate_interests", "children"}
    contradictions = {kind for rule, kind, _ in by_rule if rule == "N10"}
    assert contradictions == {"joint", "defect", "anonymous", "role", "rights"}
    assert found["N11"] == 1 and found["N12"] == 0


@pytest.mark.skipif(not TRANSCRIBED.exists(), reason="the shared data is not there")
def test_another_transcription_of_the_same_text_gives_the_same(founding: Notice) -> None:
    theirs, ours = kinds(load_notice(TRANSCRIBED)), kinds(founding)
    assert theirs == ours - Counter(N10=1)  # it does not record to whom the rights are given


def test_each_dead_reference_names_the_right_one_and_what_the_section_is_today(founding: Notice) -> None:
    said = {item.subject: message(item, "nb") for item in lint(founding) if item.rule == "N06"}
    assert "artikkel 15" in said["personopplysningsloven §18"] and "taushetsplikt" in said["personopplysningsloven §18"]
    assert "artikkel 16" in said["personopplysningsloven §27"] and "artikkel 17" in said["personopplysningsloven §28"]


def test_a_notice_that_says_everything_has_no_fault(whole: Notice) -> None:
    assert lint(whole) == ()


def purpose(**changes: Any) -> dict[str, Any]:
    return {"purposes": (dataclasses.replace(Purpose("invoicing", ("6.1.b",)), **changes),)}


def recipient(**changes: Any) -> dict[str, Any]:
    one = Recipient("x", "Noen Inc", (), "processor", (), "US", None)
    return {"recipients": (dataclasses.replace(one, **changes),)}


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (purpose(legal_basis=()), "N01", "silent"),
    ({"purposes": ()}, "N01", "no_purpose"),
    (recipient(), "N02", "silent"),
    ({"retention": ()}, "N03", "silent"),
    ({"retention": (RetentionLine(("email",), (), "P1Y", None, None, None),)}, "N03", "category"),
    *(({"rights": {**dict.fromkeys(RIGHTS, True), right: None}}, "N04", "silent") for right in RIGHTS),
    ({"automated_decisions": None}, "N05", "silent"),
    (recipient(name="facebook inc", country="NO"), "N07", "renamed"),
    (recipient(name="AWS", country="NO"), "N07", "product"),
    ({"categories": {"name": None, "purchase": None}}, "N08", "undeclared"),
    ({"controller": None}, "N09", "controller"),
    ({"contact": None}, "N09", "contact"),
    ({"consequence_of_not_providing": None}, "N09", "consequence"),
    ({"categories": {}}, "N09", "categories"),
    (purpose(legal_basis=("6.1.f", "6.1.a")), "N09", "legitimate_interests"),
    (purpose(claim="anonymous", categories=("ip",)), "N10", "anonymous"),
    (purpose(defect="the list is empty"), "N10", "defect"),
    ({"rights_subjects": ("child",)}, "N10", "rights"),
    ({"categories": {"online_id.cookie": 1, "purchase": 2, "address": 3}, **purpose()}, "N11", "silent"),
    ({"denials": {"email": 4}}, "N12", "both"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "rule", "kind"), FAULTS)
def test_each_fault_is_seen_and_said_in_both_languages(
    whole: Notice, changes: dict[str, Any], rule: str, kind: str
) -> None:
    found = [item for item in lint(dataclasses.replace(whole, **changes)) if (item.rule, item.kind) == (rule, kind)]
    assert found
    assert message(found[0], "nb") != message(found[0], "en") and "{" not in message(found[0], "nb")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (recipient(transfer="SCC"), "N02"), (recipient(country="CH"), "N02"), (recipient(country="LU"), "N02"),
        (recipient(country=None), "N02"), (recipient(name="Facebook, Inc.", valid_to="2021-10-27"), "N07"),
        ({"denials": {"health": 4}}, "N12"), (purpose(claim="anonymous", categories=("purchase",)), "N10"),
        ({"retention": (RetentionLine(("name", "email", "address", "purchase"), (), None, "so", None, None),)}, "N03"),
    ],
)  # fmt: skip
def test_what_is_in_order_is_left_alone(whole: Notice, changes: dict[str, Any], rule: str) -> None:
    assert rule not in kinds(dataclasses.replace(whole, **changes))


def test_what_the_law_asks_for_is_an_error_and_the_rest_is_not(founding: Notice) -> None:
    levels = {(item.rule, item.level) for item in lint(founding)}
    for rule in ("N01", "N02", "N03", "N04", "N05", "N06"):
        assert (rule, Level.ERROR) in levels
    assert {level for rule, level in levels if rule in ("N07", "N08", "N10")} == {Level.WARNING}
