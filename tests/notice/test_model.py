"""Notice models are held to their published form: what is wrong is named with its line and the nearest right name."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from pii_scan.errors import ConfigError
from pii_scan.form import schema
from pii_scan.notice.model import load_notice
from pii_scan.registry import data_folder

METIS = (data_folder("configs") / "notices" / "metis.yaml").read_text("utf-8")


def loaded(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "n.yaml"
    file.write_text(text, encoding="utf-8")
    return load_notice(file)


@pytest.mark.parametrize("file", sorted((data_folder("configs") / "notices").glob("*.yaml")), ids=lambda f: f.name)
def test_every_notice_that_ships_can_be_read(file: Path) -> None:
    assert load_notice(file).id


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema("notice-1"))


def test_norway_is_a_country_and_a_date_is_what_was_written(tmp_path: Path) -> None:
    notice = loaded(tmp_path, METIS.replace("published: null", "published: 2026-01-05"))
    assert notice.jurisdiction == "NO" and notice.published == "2026-01-05"
    assert {r.country for r in notice.recipients} == {"NO", "US", "LU", None}
    assert notice.categories["national_id"] == 76


WRONG = [
    ("  published: null", "", "lacks 'published'"),
    ("orgnr: null", "orgnumber: null", "did you mean 'orgnr'?"),
    ("role: processor, for: [parent", "role: procesor, for: [parent", "did you mean 'processor'?"),
    ("{key: phone,", "{key: phnoe,", "did you mean 'phone'?"),
    ("key: phone,", "key: email,", "'email' stands twice in 'categories'"),
    ("id: meta,", "id: google,", "'google' stands twice"),
    ("country: LU", "country: Luxembourg", "ISO 3166"),
    ("retention: []", "retention: {}", "'retention' must be a list"),
    ("denials: []", "denials: []\ndenials: []", "stands twice"),
    ("id: invoicing, legal_basis: null", "id: invoicing, legal_basis: 6.1.g", "6.1.a to 6.1.f"),
    ("id: metis-personvernerklaering", "id: !!python/object/apply:os.system [ls]", "not valid YAML"),
    ("data_subjects: [", "data_subjects: &a [*a, ", "alias"),
    ("sources: [", "sources: [[[[", "not valid YAML"),
    ("access: true", "access: 12", "true or false or a text or null"),
]
ELSEWHERE = {"  published: null", "orgnr: null", "denials: []", "data_subjects: [", "sources: ["}
"""What is noticed on another line than it stands on: where the mapping begins, or at the end."""


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert METIS.count(old) >= 1
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, METIS.replace(old, new, 1))
    message = str(error.value)
    assert said in message and "n.yaml" in message
    line = METIS[: METIS.index(old)].count("\n") + 1
    assert f"line {line}:" in message or old in ELSEWHERE


@pytest.mark.parametrize("text", ["", "[]", "a", "- 1", "{", "\x00", "a: &x [1]\nb: *x", "? [1]\n: 2", "1: 2"])
def test_what_is_no_notice_is_refused_and_never_breaks(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        loaded(tmp_path, text)


def test_every_key_that_is_left_out_is_missed(tmp_path: Path) -> None:
    content = yaml.safe_load(METIS.replace("NO", "'NO'"))
    for key in content:
        lacking = copy.deepcopy(content)
        del lacking[key]
        with pytest.raises(ConfigError, match=f"lacks '{key}'"):
            loaded(tmp_path, yaml.safe_dump(lacking, allow_unicode=True))
