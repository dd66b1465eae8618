from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import pii_scan.report
from pii_scan.errors import UsageError
from pii_scan.report.messages import LANGUAGES, wording

REPORT = Path(pii_scan.report.__path__[0])


def fields(text: object) -> set[str]:
    parts = text.values() if isinstance(text, dict) else [text]
    return {name for part in parts for _, name, _, _ in Formatter().parse(str(part)) if name}


def test_both_languages_have_the_same_keys_and_fields() -> None:
    nb, en = (wording(lang) for lang in LANGUAGES)
    assert nb.keys() == en.keys()
    for key in nb.keys():  # noqa: SIM118
        ours, theirs = nb._texts[key], en._texts[key]
        assert isinstance(ours, dict) == isinstance(theirs, dict), key
        assert fields(ours) == fields(theirs), key


def test_no_wording_is_unused() -> None:
    text = "\n".join(
        path.read_text("utf-8") for pattern in ("*.py", "templates/*") for path in sorted(REPORT.glob(pattern))
    )
    made = ("callouts.", "nav.", "code.", "stage.", "times.", "badge.", "figure.", "method.", "where.", "column.")
    made += (
        "lint.N",
        "level.",
        "right.",
        "gap.G",
        "outcome.",
        "status.",
        "ropa.field.",
        "protocol.basis.",
        "diff.",
        "subject.purposes.",
        "incident.",
        "guard.rule.",
        "guard.todo.",
        "guard.title.",
        "guard.place.",
    )
    made += ("summary.", "gaps.", "ages.basis.", "by_system.step_", "statement.")  # by the HTML report
    text = text.replace("'", '"')
    unused = [key for key in wording("nb").keys() if f'"{key}"' not in text and not key.startswith(made)]  # noqa: SIM118
    assert unused == []


def test_wording_has_no_markup_and_no_stray_spaces() -> None:
    for lang in LANGUAGES:
        for key, text in wording(lang)._texts.items():
            for part in text.values() if isinstance(text, dict) else [text]:
                assert not re.search(r"[<>]|  |^ | $", part), key


def test_numbers_are_written_as_the_language_does() -> None:
    nb, en = wording("nb"), wording("en")
    assert nb.number(1234567) == "1\u202f234\u202f567"
    assert en.number(1234567) == "1,234,567"
    assert (nb.score(0.9), en.score(0.9)) == ("0,90", "0.90")
    assert (nb.size(43_572_033), en.size(999)) == ("43,6\u00a0MB", "999\u00a0B")
    assert nb.day(date(2024, 5, 3)) == "03.05.2024"
    assert en.day(None) == "–"
    assert nb.moment("2026-01-14T08:21:42Z") == "14. januar 2026 kl. 08.21 UTC"
    assert en.moment("not a date") == "not a date"


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert wording("en").percent(99_999, 100_000) == "99.9%"
    assert wording("nb").percent(1, 1) == "100\u00a0%"
    assert wording("nb").percent(0, 0) == "–"


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="did you mean 'nb'"):
        wording("nbo")
