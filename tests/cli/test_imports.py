"""The help loads nothing that reads, finds or reports: it must be there at once."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"jinja2", "jsonschema", "numpy", "phonenumbers", "presidio_analyzer", "pyarrow", "regex", "tldextract", "yaml"}
_LOADED = (
    "import sys; from pii_scan.cli.main import run; code = run(['--help']); "
    "print('loaded', code, *(name for name in sys.modules if '.' not in name))"
)


def test_help_loads_no_heavy_module() -> None:
    said = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True).stdout
    last = said.splitlines()[-1].split()
    assert last[:2] == ["loaded", "0"]
    assert HEAVY.isdisjoint(last)
