"""The tests of the compiled kernel pass on one that is built to stop at any read outside a buffer or overflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pii_scan import kernel

SOURCES = sorted((Path(kernel.__file__).parent / "detect").glob("_kernel*.c"))
RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("pii_scan.detect._kernel", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["pii_scan.detect._kernel"] = module
spec.loader.exec_module(module)
import pytest
sys.exit(pytest.main(["-q", "-x", *sys.argv[2:]]))
"""


def runtime(compiler: str, name: str) -> str:
    """Where the compiler has a library of its own; empty where it has none."""
    told = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return os.path.realpath(told.stdout.strip()) if os.path.isabs(told.stdout.strip()) else ""


@pytest.mark.skipif(sys.platform != "linux", reason="the sanitizers are preloaded as Linux does it")
def test_no_sanitizer_has_anything_to_say(tmp_path):
    sanitizer = runtime("gcc", "libasan.so") if shutil.which("gcc") else ""
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not sanitizer or not header.exists():
        missing = "gcc's sanitizers or Python's headers are not there"
        if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
            pytest.fail(missing)
        pytest.skip(missing)
    built = tmp_path / "_kernel.abi3.so"
    flags = ["-shared", "-fPIC", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DPy_LIMITED_API=0x030B0000", "-std=c99"]
    command = ["gcc", *flags, "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{header.parent}"]
    subprocess.run([*command, *map(str, SOURCES), "-o", str(built)], check=True)
    environment = {**os.environ, "LD_PRELOAD": sanitizer, "ASAN_OPTIONS": "detect_leaks=0", "PII_SCAN_KERNEL": "native"}
    names = (
        "test_kernel.py", "test_kernel_names.py", "test_kernel_dates.py", "test_kernel_utf8.py", "test_cell_bytes.py",
        "test_sieve.py",
    )  # fmt: skip
    tests = [str(Path(__file__).with_name(name)) for name in names]
    root = Path(__file__).resolve().parents[2]
    script = [sys.executable, "-c", RUN, str(built), *tests]
    ran = subprocess.run(script, cwd=root, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
