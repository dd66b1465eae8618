"""What `import pii_scan` and `pii-scan --help` load, and what the package offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scanning import environment

import pii_scan

LIGHT = (
    "pyarrow",
    "numpy",
    "click",
    "spacy",
    "presidio_analyzer",
    "lxml",
    "pypdfium2",
    "jinja2",
    "tldextract",
    "phonenumbers",
)
PARSERS = (
    "spacy",
    "presidio_analyzer",
    "lxml",
    "pypdfium2",
    "pypdfium2_raw",
    "jinja2",
    "openpyxl",
    "phonenumbers",
    "pyarrow",
)


def loaded(code: str) -> set[str]:
    """The top-level modules in a fresh interpreter after `code`."""
    script = f"{code}\nimport sys\nprint(*sorted({{n.partition('.')[0] for n in sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_importing_the_package_loads_none_of_its_dependencies() -> None:
    assert not loaded("import pii_scan") & set(LIGHT)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []], ids=str)
def test_help_loads_no_parser(arguments: list[str]) -> None:
    modules = loaded(f"from pii_scan.cli.main import run\nrun({arguments!r})")
    assert "click" in modules
    assert not modules & set(PARSERS)


@pytest.mark.parametrize("name", ["scan", "report", "rules", "doctor", "demo"])
def test_help_of_a_command_loads_no_parser(name: str) -> None:
    modules = loaded(f"from pii_scan.cli.main import run\nassert run([{name!r}, '--help']) == 0")
    assert not modules & (set(PARSERS) - {"pyarrow"})


def test_a_scan_loads_neither_presidio_nor_spacy() -> None:
    modules = loaded("import pii_scan\npii_scan.Detector().detect_texts(['kari@example.no']); pii_scan.scan")
    assert "pyarrow" in modules
    assert not modules & {"spacy", "presidio_analyzer", "lxml", "pypdfium2", "jinja2"}


def test_all_that_is_named_can_be_imported_and_nothing_else_is_offered() -> None:
    assert sorted(pii_scan.__all__) == pii_scan.__all__
    offered = {name: getattr(pii_scan, name) for name in pii_scan.__all__}
    assert set(pii_scan._HOME) | {"__version__"} == set(pii_scan.__all__)
    assert all(value is not None for value in offered.values())
    for name, home in pii_scan._HOME.items():
        assert offered[name].__module__ == home
    with pytest.raises(AttributeError, match="no attribute 'scna'"):
        pii_scan.scna  # noqa: B018


def test_the_names_are_those_that_type_checkers_see() -> None:
    source = Path(pii_scan.__file__).read_text(encoding="utf-8")
    block = source.partition("if TYPE_CHECKING:")[2].partition("_HOME")[0]
    seen = {
        name.strip()
        for line in block.splitlines()
        if " import " in line
        for name in line.split(" import ")[1].split(",")
    }
    assert seen == set(pii_scan._HOME)


def test_the_version_is_the_same_everywhere() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pii_scan", "--version"], env=environment(), capture_output=True, text=True
    )
    assert done.stdout.strip().endswith(pii_scan.__version__)
