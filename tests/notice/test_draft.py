"""A draft proposes what a text names, with its lines, and nothing that it does not; a person must confirm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_scan.errors import ConfigError
from pii_scan.notice.draft import declared, draft, read_text, recipients, references
from pii_scan.notice.model import Notice, load_notice
from pii_scan.registry import data_folder

FOUNDING = Path(__file__).parents[2].parent / "shared" / "seeds" / "000_ac730808cc02b040.txt"
ENGLISH = """Privacy notice. Updated: 12 March 2026.
Example Ltd is the data controller. Organisation no. 310 000 000. Write to privacy@example.com.
We process:
- Name and e-mail
- Date of birth
- IP address and cookies
We do not collect health data.
Our processors: Google Ireland Limited, Vipps MobilePay AS, Regnskapsbyrået Fjord AS.
You have the right to access, to rectification and to data portability.
"""


def confirmed(text: str, folder: Path) -> Notice:
    file = folder / "n.yaml"
    file.write_text(text.replace(", confirm: true", "").replace("about: unknown", "about: access"), encoding="utf-8")
    return load_notice(file)


@pytest.mark.skipif(not FOUNDING.exists(), reason="the shared data is not there")
def test_the_founding_notice_is_drafted_as_it_was_transcribed(tmp_path: Path) -> None:
    theirs = load_notice(data_folder("configs") / "notices" / "metis.yaml")
    ours = confirmed(draft(read_text(FOUNDING)), tmp_path)
    assert set(ours.categories) == set(theirs.categories)
    assert all(ours.categories[key] == theirs.categories[key] for key in ("name", "national_id", "email", "education"))
    assert {r.name for r in ours.recipients} == {r.name for r in theirs.recipients}
    assert [(r.cite, r.about, r.line) for r in ours.law_refs] == [(r.cite, r.about, r.line) for r in theirs.law_refs]
    assert (ours.controller, ours.language, ours.published) == (theirs.controller, "nb", None)
    assert not any(ours.rights.values())  # those a reader must confirm


def test_an_english_notice_is_drafted_with_its_denial_and_its_date(tmp_path: Path) -> None:
    notice = confirmed(draft(ENGLISH), tmp_path)
    assert notice.categories == {"name": 4, "email": 4, "birthdate": 5, "ip": 6, "online_id.cookie": 6}
    assert notice.denials == {"health": 7}
    assert (notice.language, notice.published, notice.controller) == ("en", "12 March 2026", "Example Ltd")
    assert {r.name: r.country for r in notice.recipients} == {
        "Google Ireland Limited": "IE", "Vipps MobilePay AS": "NO", "Regnskapsbyrået Fjord AS": None,
    }  # fmt: skip
    assert notice.contact == {"email": "privacy@example.com"} and notice.orgnr == "310 000 000"


def test_a_draft_is_refused_until_every_proposal_is_confirmed(tmp_path: Path) -> None:
    file = tmp_path / "n.yaml"
    file.write_text(draft(ENGLISH), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line \d+: \d+ entries wait for a person"):
        load_notice(file)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("– Telefonnummer", "phone"), ("Vi lagrer fødselsdatoen din", "birthdate"), ("Helseopplysninger", "health"),
        ("fagforeningsmedlemskap", "union"), ("Karakterer fra kurset", "grades"), ("bankkontonummer", "bank"),
    ],
)  # fmt: skip
def test_words_count_with_endings_and_in_compounds(line: str, key: str) -> None:
    assert key in {item.key for item in declared(line)[0]}


@pytest.mark.parametrize("line", ["IP-adresse", "navngitt", "Passord", "bildekvalitet", "kjønnsnøytral"])
def test_words_within_others_do_not_count(line: str) -> None:
    assert not {"address", "name", "passport", "photo", "gender"} & {item.key for item in declared(line)[0]}


def test_the_topic_of_a_reference_is_the_nearest_one_in_its_sentence() -> None:
    text = "Du har rett til innsyn etter personopplysningsloven § 18. Sletting: se personopplysningsloven § 28."
    assert [(item.key, item.said) for item in references(text)] == [
        ("access", "personopplysningsloven § 18"), ("erasure", "personopplysningsloven § 28"),
    ]  # fmt: skip


def test_the_controller_is_no_recipient() -> None:
    assert recipients("Fjord AS er behandlingsansvarlig.", "Fjord AS") == []


@given(st.text(max_size=400))
def test_every_text_gives_a_draft_that_can_be_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    made = draft(text.replace("\x85", " ").replace("\u2028", " ").replace("\u2029", " "))
    assert confirmed(made, tmp_path_factory.getbasetemp()).id == "draft"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("a.txt", "nothing.txt"):
        with pytest.raises(ConfigError):
            read_text(tmp_path / name)
