"""The files of systems: the built-in ones hold together, and a user's own are read or refused with line and hint."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import pii_scan
from pii_scan.errors import ConfigError
from pii_scan.inventory.categories import categories
from pii_scan.model import DocumentRef
from pii_scan.registry import data_folder
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import PathRule, load_profiles, profiles, similar

OWN = """systems:
  - id: crm.kunder
    name: {nb: Kundesystem, en: CRM}
    kind: files
    recipients: [hubspot]
    usual: [name]
    misplaced: [health, online_id]
    third_party_source: employer
    signals:
      - {score: 0.6, headers: [CRM-ID, [Navn, Name]]}
      - {score: 0.3, path: ["crm-*"]}
paths:
  - {glob: "hr/**", system: personal}
  - {glob: "*.crm", system: crm.kunder}
"""


def written(folder: Path, content: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_the_built_in_profiles_name_categories_of_the_tree_and_recipients_of_the_table() -> None:
    keys = set(categories().by_key)
    known = keys | {key.partition(".")[0] for key in keys}
    content = yaml.safe_load((data_folder("configs") / "law" / "recipients.yaml").read_text(encoding="utf-8"))
    for one in profiles():
        assert set(one.usual) | set(one.misplaced) <= known, one.id
        assert set(one.recipients) <= set(content["recipients"]), one.id
        assert not set(one.usual) & set(one.misplaced), one.id


def test_the_built_in_profiles_cover_every_system_that_is_asked_for() -> None:
    asked = {
        "microsoft365": "exchange onedrive sharepoint teams entra audit", "google": "takeout drive analytics ads vault",
        "meta": "lead_ads audiences download", "aws": "s3 cloudfront alb cloudtrail rds", "postmark": "",
        "accounting": "saft ehf a_melding bank customers visma_edi gbat10", "hkdir": "reporting",
        "website": "wordpress woocommerce gravity_forms access_log", "course": "moodle canvas xapi participants",
        "database": "dump file",
    }  # fmt: skip
    ids = {f"{family}.{name}" if name else family for family, names in asked.items() for name in names.split() or [""]}
    assert ids <= set(profiles().by_id)


def test_national_numbers_are_misplaced_wherever_marketing_logs_and_sent_mail_lie() -> None:
    for one in profiles():
        if one.kind in ("marketing", "analytics", "log") or one.id == "postmark":
            assert {"national_id", "health"} <= set(one.misplaced), one.id


def test_the_published_page_is_the_one_made_from_the_profiles() -> None:
    docs = Path(__file__).parents[2] / "docs"
    specification = importlib.util.spec_from_file_location("make_systems", docs / "make_systems.py")
    assert specification is not None and specification.loader is not None
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    assert (docs / "systems.md").read_text(encoding="utf-8") == made.made(), "run docs/make_systems.py"


def test_the_example_of_the_page_is_a_file_of_systems(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "systems.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    table, rules = load_profiles([written(tmp_path, example)])
    assert "crm.customers" in table.by_id and len(rules) == 2


def test_own_systems_and_path_rules_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    table, rules = load_profiles([written(tmp_path, OWN)])
    assert set(table.by_id) == {*profiles().by_id, "crm.kunder"}
    own = table.by_id["crm.kunder"]
    assert (own.family, own.recipients, own.misplaced, own.third_party_source) == (
        "crm", ("hubspot",), ("health", "online_id"), "employer",
    )  # fmt: skip
    assert rules == (PathRule("hr/**", "personal"), PathRule("*.crm", "crm.kunder"))
    assert [table.name(id, lang) for id, lang in (("crm.kunder", "nb"), ("crm.kunder", "en"), ("personal", "nb"))] == [
        "Kundesystem", "CRM", "personal",
    ]  # fmt: skip
    attribution = Attribution(table, rules)
    assert attribution.finish(DocumentRef("t", "hr/a.txt"), "text/plain") == ("personal", ("path rule: hr/**",))
    assert profiles().by_id.get("crm.kunder") is None


def test_all_files_of_a_folder_are_read_in_order_and_no_path_gives_the_built_in_ones(tmp_path: Path) -> None:
    written(tmp_path, "paths: [{glob: b, system: x}]", "2.yml")
    written(tmp_path, "paths: [{glob: a, system: x}]", "1.yaml")
    written(tmp_path, "not: read", "3.txt")
    assert [rule.glob for rule in load_profiles([tmp_path])[1]] == ["a", "b"]
    assert load_profiles() == (profiles(), ())


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (OWN.replace("kind: files", "kind: file"), 4, "did you mean 'files'"),
        (OWN.replace("    kind: files\n", ""), 2, "lacks 'kind'"),
        (OWN.replace("recipients", "recipient"), 5, "did you mean 'recipients'"),
        (OWN.replace("crm.kunder\n    name", "postmark\n    name"), 2, "there is a system 'postmark' already"),
        (OWN.replace("crm.kunder\n    name", "unassigned\n    name"), 2, "stands for no system"),
        (OWN.replace("system: personal", "system: unassigned"), 13, "stands for no system"),
        (OWN.replace("crm.kunder\n    name", "CRM kunder\n    name"), 2, "lower-case"),
        (OWN.replace("score: 0.6", "score: 2"), 10, "above 0, at most 1"),
        (OWN.replace("score: 0.6", "score: high"), 10, "must be a number"),
        (OWN.replace('path: ["crm-*"]', "text: '('"), 11, "needs a 'label'"),
        (OWN.replace('path: ["crm-*"]', "text: '(?=x)', label: x"), 11, "no look-around"),
        (OWN.replace('path: ["crm-*"]', "paths: [x]"), 11, "did you mean 'path'"),
        (OWN.replace(', path: ["crm-*"]', ""), 11, "this one has none"),
        (OWN.replace('path: ["crm-*"]', "path: [x], keys: [y]"), 11, "both 'path' and 'keys'"),
        (OWN.replace('path: ["crm-*"]', "path: [x], at_least: 1"), 11, "'at_least' goes with"),
        (OWN.replace('path: ["crm-*"]', "keys: [x], at_least: 2"), 11, "more than the 1 that are listed"),
        (OWN.replace("glob: \"hr/**\", ", ""), 13, "lacks 'glob'"),
        (OWN.replace("kind: files", "kind: &a files").replace("usual: [name]", "usual: [*a]"), None, "alias"),
        (OWN.replace("kind: files", "kind: !!python/name:os.system x"), 4, "not valid YAML"),
        ("- a\n", None, "is a mapping"),
        ("systems: [", None, "not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str, line: int | None, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ConfigError) as error:
        load_profiles([path])
    assert str(error.value).startswith(str(path)) and says in str(error.value)
    if line is not None:
        assert re.search(rf"line {line}\b", str(error.value)), str(error.value)


@pytest.mark.parametrize("name", ["missing.yaml", "empty"])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=name):
        load_profiles([tmp_path / name])


def test_the_same_id_in_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="crm.kunder"):
        load_profiles([written(tmp_path, OWN), written(tmp_path, OWN, "again.yaml")])


def test_a_system_of_a_path_rule_that_is_nearly_one_of_the_profiles_is_remarked() -> None:
    rules = [PathRule("a", "postmrk"), PathRule("b", "postmark"), PathRule("c", "arkiv")]
    [remark] = similar(rules, profiles())
    assert "postmrk" in remark and "did you mean 'postmark'" in remark


def test_nothing_that_is_shown_of_a_profile_looks_like_personal_data() -> None:
    shown = [text for one in profiles() for text in (one.id, *one.name.values(), *(s.described for s in one.signals))]
    assert pii_scan.Detector().detect_texts(shown).num_rows == 0
