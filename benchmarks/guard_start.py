"""How long `pii-scan guard` takes over a small table: processor and clock seconds of whole processes, peak memory.

    python benchmarks/guard_start.py [--runs N]

The first run makes what later ones remember (see docs/guard.md); it is shown apart. Byte code is kept, as in an
installed package.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONTRACT = """\
contract: customers
owner: Sales
expires: 2099-01-01
files: ["customers.csv"]
allow: []
columns: {name: [name], email: [email]}
"""
ROWS = 1000


def measured(folder: Path, environment: dict[str, str]) -> tuple[float, float, float]:
    """(clock seconds, processor seconds, peak MiB) of one guard; it must pass."""
    command = [sys.executable, "-m", "pii_scan", "guard", "customers.csv", "--contract", "c.yaml"]
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the guard ended with {process.returncode}")
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "c.yaml").write_text(CONTRACT, "utf-8")
        rows = "".join(f"Person {n};person{n}@example.no\n" for n in range(ROWS))
        (folder / "customers.csv").write_text(f"name;email\n{rows}", "utf-8")
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONPYCACHEPREFIX": str(folder / "pyc"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        print("run     clock s   processor s   peak MiB")
        first = measured(folder, environment)
        print(f"first   {first[0]:7.2f}   {first[1]:11.2f}   {first[2]:8.0f}")
        later = [measured(folder, environment) for _ in range(runs)]
    middle = [statistics.median(column) for column in zip(*later, strict=True)]
    print(f"median  {middle[0]:7.2f}   {middle[1]:11.2f}   {middle[2]:8.0f}")


if __name__ == "__main__":
    main()
