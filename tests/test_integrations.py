"""The examples of `docs/integrations.md` give what the page says they give."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pii_scan.cli.main import cli

PAGE = (Path(__file__).parents[1] / "docs" / "integrations.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n```\n(.*?)```", PAGE, re.S)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(("code", "said"), EXAMPLES, ids=["presidio", "spacy"])
def test_an_example_prints_what_stands_below_it(code: str, said: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/integrations.md", "exec"), {"__name__": "example"})
    assert out.getvalue() == said


def test_every_option_of_the_command_line_shown_exists() -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", CliRunner().invoke(cli, ["scan", "--help"]).output))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known


def test_the_options_of_the_component_are_those_that_it_has() -> None:
    from spacy.language import Language

    import pii_scan.detect.spacy_component  # noqa: F401  registers it

    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)
    assert named == list(Language.get_factory_meta("pii_scan").default_config)
