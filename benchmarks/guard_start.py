"""How long `pii-scan guard` takes over a small table: processor and clock seconds of whole processes, peak memory.

    python benchmarks/guard_start.py [--runs N]

The first run makes what later ones remember (see docs/guard.md); it is shown apart. Byte code is kept, as in an
installed package.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring import Launched, launched, surroundings

CONTRACT = """\
contract: customers
owner: Sales
expires: 2099-01-01
files: ["customers.csv"]
allow: []
columns: {name: [name], email: [email]}
"""
ROWS = 1000


def measured(folder: Path, environment: dict[str, str]) -> Launched:
    """One guard, which must pass."""
    command = [sys.executable, "-m", "pii_scan", "guard", "customers.csv", "--contract", "c.yaml"]
    used = launched(command, folder, environment, 60)
    if used.code:
        raise SystemExit(f"the guard ended with {used.code}")
    return used


def line(name: str, used: Sequence[Launched]) -> str:
    """The medians of some guards."""
    wall, cpu, peak = (
        statistics.median(getattr(one, what) for one in used) for what in ("wall_seconds", "cpu_seconds", "peak_mib")
    )
    return f"{name:6}  {wall:7.2f}   {cpu:11.2f}   {peak:8.0f}"


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
        print("\n".join(surroundings()))
        print("run     clock s   processor s   peak MiB")
        print(line("first", [measured(folder, environment)]))
        print(line("median", [measured(folder, environment) for _ in range(runs)]))


if __name__ == "__main__":
    main()
