"""A configuration is right, or refused with its file, its line or key, and the nearest right name."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.config import MAX_CONFIG_BYTES, Config, checked, load_config, parse_size
from pii_scan.errors import ConfigError
from pii_scan.estate.model import Estate
from pii_scan.model import Limits

WHOLE = """
targets: {arkiv: "${ROT}/arkiv", alt: /srv}
rules: [mine]
ner: [nb_core_news_lg]
names: [staff.csv]
only: [EMAIL_ADDRESS]
min_score: 0.5
include: ["*.csv"]
exclude: [tmp]
jobs: 3
lang: en
limits: {max_depth: 4, stall_seconds: 5, document_seconds: 1.5}
"""
WRONG = {
    "min_scor: 0.5": "did you mean 'min_score'",
    "zzzz: 1": "known: ",
    "limits: {max_dept: 3}": "did you mean 'max_depth'",
    "limits: {max_depth: 0}": "'limits', 'max_depth' cannot be 0 (A positive whole number)",
    "limits: {max_depth: 0.5}": "'max_depth' must be a whole number",
    "limits: {max_depth: yes}": "'max_depth' must be a whole number",
    "limits: {max_depth: .inf}": "'max_depth' must be a whole number",
    "limits: {stall_seconds: .nan}": "'stall_seconds' must be a finite number",
    "limits: {stall_seconds: .inf}": "'stall_seconds' must be a finite number",
    "limits: 3": "'limits' must be a mapping",
    "min_score: 1.5": "'min_score' cannot be 1.5 (A number from 0 to 1",
    "min_score: .nan": "'min_score' must be a finite number",
    "min_score: true": "'min_score' must be a number",
    "min_score: '0.5'": "'min_score' must be a number",
    "jobs: -1": "'jobs' cannot be -1 (Worker processes, a whole number from 0 to 1024",
    "jobs: 1.5": "'jobs' must be a whole number",
    "jobs: true": "'jobs' must be a whole number",
    "lang: no": "'lang' cannot be 'no' (known: en, nb)",
    "lang: enn": "did you mean 'en'",
    "as_of: 2026-13-01": "'as_of' must be a date",
    "as_of: tomorrow": "'as_of' cannot be 'tomorrow' (The day that decides",
    "only: EMAIL_ADDRESS": "'only' must be a list",
    "include: [1]": "'include', entry 1 must be a text",
    "a: &a [x]\nexclude: *a": "refers to another by an alias",
    "jobs: 1\njobs: 2": "line 2: 'jobs' stands twice",
    "targets: [a]": "'targets' must be a mapping",
    "targets: {a: 1}": "'targets', 'a' must be a text or a mapping",
    "targets: {'-': /a}": "'targets' cannot be '-' (A name; - is standard input)",
    "targets: {a: ''}": "'targets', 'a' cannot be ''",
    "targets:\n  a: '${NOT_SET_ANYWHERE}'": "line 2: the environment variable NOT_SET_ANYWHERE is not set",
    "targets:\n  a:\n    owner: IT": "line 2: 'targets', 'a' lacks 'url'",
    "targets:\n  a:\n    url: /a\n    onwer: IT": "line 4: unknown key 'onwer' in 'targets', 'a' (did you mean 'owner'",
    "targets:\n  a: {url: /a,\n    limits: {max_depth: 3}}": "line 3: unknown key 'max_depth'",
    "profiles: {gentle: {}}\ntargets:\n  a: {url: /a, profile: gentel}": "line 3: there is no profile 'gentel' (did",
    "targets: {a: {url: /a, profile: x}}": "put it under 'profiles'",
    "profiles:\n  x: {url: /a}": "line 2: unknown key 'url'",
    "keep:\n  runs: 3": "'keep' needs 'runs'",
    "runs: r\nkeep: {runs: 0}": "line 2: 'keep', 'runs' cannot be 0",
    "runs: r\nkeep: {}": "'keep' cannot be",
    "notice: ''": "'notice' cannot be ''",
    "- a": "is a mapping of keys",
    "jobs: 1\nlang: [": "line 2: not valid YAML",
    "a: 1\n\tb: 2": "line 2: not valid YAML",
    "lang: 2026-99-99": "'lang' cannot be '2026-99-99'",
    "lang: '\x01'": "cannot be read",
    "[" * 3000: "scan.yaml",
}


def load(text: str | bytes, folder: Path, **environment: str) -> Config:
    file = folder / "scan.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(file, environment)


def test_every_key_is_read(tmp_path: Path) -> None:
    config = load(WHOLE, tmp_path, ROT="/mnt")
    assert {name: one.url for name, one in config.estate.targets.items()} == {"arkiv": "${ROT}/arkiv", "alt": "/srv"}
    assert dataclasses.replace(config, estate=Estate()) == Config(
        {"arkiv": "/mnt/arkiv", "alt": "/srv"}, ("mine",), ("EMAIL_ADDRESS",), 0.5, ("*.csv",), ("tmp",), 3, "en",
        Limits(max_depth=4, stall_seconds=5.0, document_seconds=1.5), ner=("nb_core_news_lg",), names=("staff.csv",),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "---\n"])
def test_an_empty_file_is_the_default(text: str, tmp_path: Path) -> None:
    assert load(text, tmp_path) == Config()


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=lambda text: repr(text)[1:40])
def test_what_is_wrong_is_refused_with_its_file_and_a_hint(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(text, tmp_path)
    assert said in str(raised.value)
    assert "scan.yaml" in str(raised.value)
    if text.startswith(("limits", "min_score", "jobs", "lang: no", "targets", "profiles", "runs", "keep", "as_of")):
        assert "scan.yaml, line " in str(raised.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for content in (b"lang: \xff", b"#" * (MAX_CONFIG_BYTES + 1)):
        with pytest.raises(ConfigError):
            load(content, tmp_path)
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(path, {})


def test_values_of_the_environment_are_not_repeated_in_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load("targets: {a: '${SECRET}/${OTHER}'}", tmp_path, SECRET="hemmelig")
    assert "hemmelig" not in str(raised.value)


def test_the_digest_is_of_what_decides_findings_only() -> None:
    same = [Config(), Config(jobs=7), Config(engine="ray"), Config(lang="en"), Config(targets={"a": "b"})]
    assert len({config.digest() for config in same}) == 1
    changes = {"rules": ("x",), "only": ("X",), "min_score": 0.5, "include": ("a",), "exclude": ("a",),
               "ner": ("x",), "names": ("x",),
               "limits": Limits(max_depth=3)}  # fmt: skip
    others = [dataclasses.replace(Config(), **{name: value}) for name, value in changes.items()]
    assert len({config.digest() for config in [Config(), *others]}) == 1 + len(changes)


def test_options_are_checked_as_a_file_is() -> None:
    for config in (
        Config(min_score=2),
        Config(jobs=-1),
        Config(lang="x"),
        Config(engine="rya"),
        Config(limits=Limits(document_seconds=float("nan"))),
    ):
        with pytest.raises(ConfigError, match="options: "):
            checked(config, "options")


@given(st.integers(0, 10**6), st.sampled_from(["", "k", "M", "g", "T"]), st.sampled_from(["", "B", "iB", "ib"]))
def test_sizes_are_in_powers_of_1024(number: int, unit: str, ending: str) -> None:
    assert parse_size(f"{number}{unit}{ending}") == number * 1024 ** " kmgt".index(unit.lower() or " ")


@pytest.mark.parametrize("text", ["", "x", "-1", "1 X", "1e3", "1,5G", "9" * 400, "∞", "0x10"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a size"):
        parse_size(text)
