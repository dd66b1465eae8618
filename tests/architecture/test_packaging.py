"""What an installation holds: the data folders reach the wheel, and are found in an editable install too."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pii_scan
from pii_scan.registry import DATA_FOLDERS, data_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    source = out / "source"  # setuptools leaves a build folder where it works
    subprocess.run(
        ["cp", "-r", *(str(ROOT / name) for name in (
            "src", "recognizers", "configs", "examples", "pyproject.toml", "setup.py", "README.md", "LICENSE",
            "MANIFEST.in")), str(source)] if source.mkdir() is None else [],
        check=True,
    )  # fmt: skip
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_data_file(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for folder in DATA_FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"pii_scan/{path.relative_to(ROOT).as_posix()}" in packed
    for name in ("py.typed", "report/schema/report-1.schema.json"):
        assert f"pii_scan/{name}" in packed


def test_an_installed_wheel_finds_its_data_and_runs(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    script = (
        "import pii_scan, pathlib; from pii_scan.registry import data_folder\n"
        "home = pathlib.Path(pii_scan.__file__).parent\n"
        "assert all(data_folder(n).parent == home for n in ('recognizers', 'configs', 'examples'))\n"
        "found = pii_scan.Detector().detect_texts(['fnr 11837533335']).num_rows\n"
        "assert found == 1\n"
        "from pii_scan.report.formats import FORMATS; from pii_scan.report.json_v1 import schema; schema()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_this_checkout_finds_its_data() -> None:
    installed_in_place = Path(pii_scan.__file__).is_relative_to(ROOT)
    for name in DATA_FOLDERS:
        assert data_folder(name) == (ROOT / name if installed_in_place else Path(pii_scan.__file__).parent / name)
