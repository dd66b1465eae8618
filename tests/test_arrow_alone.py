"""pyarrow looks for pandas once, and in our programs it finds none; everyone else does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scanning import environment

FAKE = "__version__ = '99.0'\nopen(__file__ + '.loaded', 'a').close()\n"
WITHIN = """
import sys
from pii_scan.arrow_alone import load_arrow
load_arrow()
import pyarrow as pa
assert pa.array([1, None]).null_count == 1 and pa.scalar(1).as_py() == 1
print("pandas" in sys.modules)
import pandas
print(pandas.__version__, sys.meta_path[0].__class__.__name__)
"""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas" / "__init__.py").write_text(FAKE, "utf-8")
    return tmp_path


def said(code: str, fake: Path) -> list[str]:
    call = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(fake)!r})\n{code}"]
    done = subprocess.run(call, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_pyarrow_does_not_load_pandas_and_the_user_still_can(fake: Path) -> None:
    first, version, finder = said(WITHIN, fake)
    assert (first, version) == ("False", "99.0") and finder != "_NoPandas"


def test_where_pandas_is_loaded_already_nothing_changes(fake: Path) -> None:
    code = "import pandas\nfrom pii_scan.arrow_alone import load_arrow\nload_arrow()\n"
    assert said(f"{code}print(pandas.__version__)", fake) == ["99.0"]


def test_neither_a_scan_nor_its_workers_load_pandas(fake: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("intet\n", "utf-8")
    code = (
        "from pii_scan.cli.main import run\n"
        f"assert run(['scan', {str(tmp_path / 'a.txt')!r}, '--out', {str(tmp_path / 'run')!r}, '--quiet']) == 0\n"
        "print('pandas' in sys.modules)"
    )
    assert said(code, fake)[-1] == "False"
    assert not list(fake.rglob("*.loaded"))
