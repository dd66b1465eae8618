"""A configuration file is the estate too: one form, one schema, one loader; and it never shows what it refers to."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pii_scan.config import Config, load_config
from pii_scan.errors import ConfigError
from pii_scan.estate.model import Estate, Target, shown_url
from pii_scan.form import schema
from pii_scan.registry import data_folder

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(schema("config-1"))
ESTATE = """
profiles:
  gentle: {sample: 100, max_db_connections: 2, owner: Salg, exclude: [audit.*], limits: {max_file_bytes: 9}}
targets:
  hr: {url: "${HR}/hr", owner: HR, system: accounting.a_melding, activity: personal, schedule: nightly,
       include: ["ansatte/**"], exclude: ["*.tmp"], limits: {max_file_bytes: 100}}
  crm: {url: "postgresql://r:${PW}@db.example.no/crm", profile: gentle, owner: Kundesenter, exclude: [logg]}
  arkiv: /srv/arkiv
notice: a/notice.yaml
ropa: /etc/ropa.xlsx
runs: runs
keep: {runs: 3, days: 90}
"""
FILES = [data_folder("configs") / "estate" / "skeleton.yaml", data_folder("configs") / "scan.example.yaml",
         *(ROOT / "examples" / "nightly").glob("*.yaml")]  # fmt: skip


def load(text: str, folder: Path, **environment: str) -> Config:
    (folder / "pii-scan.yaml").write_text(text, encoding="utf-8")
    return load_config(folder / "pii-scan.yaml", environment)


def examples() -> list[tuple[str, str]]:
    """Every example of a configuration in the documents, and in comments of the skeleton, and whole files."""
    found = [(str(file.name), file.read_text("utf-8")) for file in FILES]
    for page in ("docs/administrator.md", "README.md"):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)):
            if "targets:" in block:
                found.append((f"{page} {number}", block))
    skeleton = FILES[0].read_text("utf-8").splitlines()
    inner = [re.sub(r"^( *)# (?=[ a-z])", r"\1", line) for line in skeleton if not re.match(r" *# [A-Z]", line)]
    return [*found, ("skeleton, uncommented", "\n".join(line for line in inner if not line.startswith("  # url")))]


def test_every_key_of_an_estate_is_read(tmp_path: Path) -> None:
    config = load(ESTATE, tmp_path, HR="/mnt", PW="p%40ss")
    assert config.targets == {
        "hr": "/mnt/hr", "crm": "postgresql://r:p%40ss@db.example.no/crm", "arkiv": "/srv/arkiv",
    }  # fmt: skip
    assert config.estate == Estate(
        {
            "hr": Target("${HR}/hr", "HR", "accounting.a_melding", "personal", ("ansatte/**",), ("*.tmp",), "nightly",
                         max_file_bytes=100),
            "crm": Target("postgresql://r:${PW}@db.example.no/crm", "Kundesenter", exclude=("audit.*", "logg"),
                          sample=100, max_db_connections=2, max_file_bytes=9),
            "arkiv": Target("/srv/arkiv"),
        },
        notice=str(tmp_path / "a/notice.yaml"), ropa="/etc/ropa.xlsx", runs=str(tmp_path / "runs"),
        keep_runs=3, keep_days=90,
    )  # fmt: skip
    assert config.estate.targets["crm"].where == f"{tmp_path}/pii-scan.yaml, line 7"


def test_credentials_are_looked_up_only_for_the_targets_that_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(ESTATE, encoding="utf-8")
    config = load_config(tmp_path / "e.yaml", {"HR": "/mnt"}, names=["hr"])
    assert config.targets["hr"] == "/mnt/hr" and config.targets["crm"] == "postgresql://r:${PW}@db.example.no/crm"
    assert load_config(tmp_path / "e.yaml", {}, names=()).targets["hr"] == "${HR}/hr"


def test_no_representation_of_a_configuration_shows_a_url(tmp_path: Path) -> None:
    config = load(ESTATE.replace("/srv/arkiv", "mysql://u:lukket@h/d"), tmp_path, HR="/mnt", PW="hemmelig")
    assert "hemmelig" not in repr(config) and "lukket" not in repr(config)


@pytest.mark.parametrize(("name", "text"), examples(), ids=[name for name, _ in examples()])
def test_the_schema_and_the_loader_take_every_example(name: str, text: str, tmp_path: Path) -> None:
    content = yaml.load(text, yaml.BaseLoader)  # keys are there; types are the loader's to check
    assert "targets" in content
    config = load(text, tmp_path, **{found: "x" for found in re.findall(r"\$\{([A-Z_]+)\}", text)})
    assert config.targets


def test_the_schema_knows_every_option_of_a_scan_and_every_limit() -> None:
    properties = schema("config-1")["properties"]
    said = {entry.name for entry in dataclasses.fields(Config)} - {"estate"}
    assert said <= set(properties)
    limits = {entry.name for entry in dataclasses.fields(type(Config().limits))}
    assert set(properties["limits"]["properties"]) == limits
    own = set(schema("config-1")["$defs"]["target"]["properties"]) - {"url", "profile"}
    assert set(schema("config-1")["$defs"]["profile"]["properties"]) == own


URLS = {
    "/srv/a": "/srv/a",
    "postgresql://u:p@h:5433/db?password=x#y": "postgresql://h:5433/db",
    "postgresql://u:p/q@h/db": "postgresql://h/db",
    "${A}": "${A}",
    "postgresql://${U}:${P}@${H}/db/${X}?token=${Y}": "postgresql://${H}/db/${X}",
    "mysql://r:${keyring:crm/r@x}@h/db": "mysql://h/db",
    "sqlite:////srv/a@b.db": "sqlite:////srv/a@b.db",
}


@pytest.mark.parametrize(("url", "shown"), URLS.items())
def test_a_url_is_shown_without_what_may_be_a_credential(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@given(st.text("ab:/@?#${}", max_size=30))
def test_any_url_can_be_shown(url: str) -> None:
    shown = shown_url(url)
    assert "://" not in url or "\0" not in shown


SCALARS = st.none() | st.booleans() | st.integers(-3, 2000) | st.floats() | st.sampled_from(
    ["", "a", "en", "x.yaml", "/srv", "${NO}", "2026-11-22", "2026-99-99", "${keyring:x}", "x: ["])  # fmt: skip
NAMES = st.sampled_from(sorted(schema("config-1")["properties"])) | st.sampled_from(
    ["url", "owner", "system", "profile", "a", "runs", "days", "max_depth", "max_file_bytes", "extra"])  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES | SCALARS, inner, max_size=3),
    max_leaves=12,
)


def loads(text: str, folder: Path) -> bool:
    try:
        assert isinstance(load(text, folder), Config)
        return True
    except ConfigError as error:
        assert "pii-scan.yaml" in str(error)
        return False


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_any_document_is_a_configuration_or_a_configuration_error(tmp_path: Path, content: dict[str, Any]) -> None:
    loads(yaml.safe_dump(content, allow_unicode=True), tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text("ab: -\n[]{},&*!|>'\"#%@`?\t0.", max_size=40) | st.binary(max_size=30).map(lambda b: b.decode("latin-1"))
)
def test_any_text_is_a_configuration_or_a_configuration_error(tmp_path: Path, text: str) -> None:
    loads(text, tmp_path)


TARGET = st.fixed_dictionaries(
    {"url": st.sampled_from(["/a", "s3://b/c"])},
    optional={
        "owner": st.sampled_from(["HR", "", " "]), "sample": st.integers(-1, 3),
        "include": st.lists(SCALARS, max_size=2),
        "limits": st.dictionaries(st.sampled_from(["max_file_bytes", "max_depth"]), st.integers(0, 2), max_size=2),
        "profile": st.just("p"), "extra": st.none(),
    },
)  # fmt: skip
WHOLE = st.fixed_dictionaries({}, optional={
    "targets": st.dictionaries(st.sampled_from("ab"), TARGET | st.just("/x"), max_size=2),
    "profiles": st.just({"p": {}}),
    "runs": st.just("r"), "keep": st.dictionaries(st.sampled_from(["runs", "days"]), st.integers(0, 2), max_size=2),
    "jobs": st.integers(-1, 1025), "min_score": st.floats(-1, 2), "lang": st.sampled_from(["nb", "no"]),
})  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WHOLE)
def test_the_loader_takes_what_the_schema_takes_but_for_profiles_that_are_not_there(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    named = any(isinstance(one, dict) and "profile" in one for one in content.get("targets", {}).values())
    fits = VALIDATOR.is_valid(content) and (not named or "profiles" in content)
    assert loads(yaml.safe_dump(content), tmp_path) == fits
