"""What a command loads before it answers: the help nothing that reads, finds or reports, the guard over a table nothing
that other formats and reports need, and no HTTP client.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"jinja2", "jsonschema", "numpy", "phonenumbers", "presidio_analyzer", "pyarrow", "regex", "tldextract", "yaml"}
NOT_FOR_A_TABLE = {
    "botocore", "fsspec", "http", "jinja2", "lxml", "openpyxl", "paramiko", "phonenumbers", "pypdfium2",
    "presidio_analyzer", "requests", "s3fs", "smbprotocol", "spacy", "tldextract", "urllib3",
}  # fmt: skip
CONTRACT = """
contract: customers
owner: Sales
expires: 2099-01-01
files: ["customers.csv"]
allow: []
columns: {name: [name], email: [email]}
"""
_LOADED = (
    "import sys; from pii_scan.cli.main import run; code = run(sys.argv[1:]); "
    "print('loaded', code, *(name for name in sys.modules if '.' not in name or name.startswith('pii_scan')))"
)
NAME_MODEL = "pii_scan.detect.names.model"


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The top-level modules, and ours, after a command that must end with 0."""
    said = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    ).stdout  # fmt: skip
    last = said.splitlines()[-1].split()
    assert last[:2] == ["loaded", "0"]
    return set(last[2:])


def test_help_loads_no_heavy_module(tmp_path: Path) -> None:
    assert HEAVY.isdisjoint(loaded(tmp_path, "--help"))


def test_guard_loads_nothing_that_its_table_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "customers.csv").write_text("name;email\nPerson;person@example.no\n", "utf-8")
    modules = loaded(tmp_path, "guard", "customers.csv", "--contract", "contract.yaml")
    assert "pyarrow" in modules
    assert NOT_FOR_A_TABLE.isdisjoint(modules)


def test_guard_loads_the_model_of_names_with_the_first_text_that_may_hold_one(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT.replace("{name: [name], email: [email]}", "{id: [], sum: []}"))
    (tmp_path / "customers.csv").write_text("id;sum\n1;12,50\n2;7,00\n", "utf-8")
    assert NAME_MODEL not in loaded(tmp_path, "guard", "customers.csv", "--contract", "contract.yaml")
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    (tmp_path / "customers.csv").write_text("name;email\nKari Hansen;kari@example.no\n", "utf-8")
    assert NAME_MODEL in loaded(tmp_path, "guard", "customers.csv", "--contract", "contract.yaml")
