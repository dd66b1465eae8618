"""Speed and peak memory of pii-scan's extraction against other readers, format by format: in one run, in turns.

Every reader runs in a process of its own and has done its work when every value of the file was in its hands as text.
The alternatives come from a virtual environment of the benchmark (`--venv`), made on first use. The count of planted
addresses stands beside the speed: a reader that is fast because it skips something shows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora import SEED
from extraction_office import make
from measuring import Spread, rate, surroundings, table

OURS = "pii_scan"
ALTERNATIVES = {
    "csv": {"csv_stdlib": "", "csv_pyarrow": "pyarrow", "csv_polars": "polars", "csv_duckdb": "duckdb"},
    "json": {"json_stdlib": "", "json_ijson": "ijson"},
    "xml": {"xml_elementtree": "", "xml_lxml": "lxml"},
    "html": {"html_selectolax": "selectolax", "html_lxml": "lxml", "html_bs4": "beautifulsoup4"},
    "vcf": {"vcf_vobject": "vobject", "vcf_icalendar": "icalendar"},
    "ics": {"ics_vobject": "vobject", "ics_icalendar": "icalendar"},
    "parquet": {"parquet_pyarrow": "pyarrow", "parquet_duckdb": "duckdb"},
    "avro": {"avro_fastavro": "fastavro", "avro_polars": "polars"},
    "sqlite": {"sqlite_stdlib": "", "sqlite_apsw": "apsw", "sqlite_command": ""},
    "mbox": {"mbox_mailbox": "", "mbox_email": "", "mbox_policy": ""},
    "eml": {"eml_email": "", "eml_policy": "", "eml_mailparser": "mail-parser"},
    "msg": {"msg_extractmsg": "extract-msg", "msg_oxmsg": "python-oxmsg"},
    "pst": {"pst_libpff": "libpff-python", "pst_readpst": ""},
    "docx": {"docx_pythondocx": "python-docx", "docx_docx2python": "docx2python"},
    "xlsx": {"xlsx_openpyxl": "openpyxl", "xlsx_calamine": "python-calamine"},
    "sparse": {"sparse_openpyxl": "openpyxl", "sparse_calamine": "python-calamine"},
    "pptx": {"pptx_pythonpptx": "python-pptx", "pptx_elementtree": ""},
    "odt": {"odt_odfpy": "odfpy", "odt_odfdo": "odfdo"},
    "ods": {"ods_calamine": "python-calamine", "ods_odfdo": "odfdo"},
    "doc": {"doc_antiword": "", "doc_catdoc": ""},
    "xls": {"xls_xlrd": "xlrd", "xls_calamine": "python-calamine"},
    "rtf": {"rtf_striprtf": "striprtf", "rtf_catdoc": ""},
    "pdf": {"pdf_pypdf": "pypdf", "pdf_pdfplumber": "pdfplumber"},
    "zip": {"zip_zipfile": "", "zip_bsdtar": ""},
    "sevenzip": {"sevenzip_py7zr": "py7zr", "sevenzip_bsdtar": ""},
}
"""The readers of each format, and what to install for them: packages for Python; the commands readpst, antiword,
catdoc, bsdtar and sqlite3 are used where they are.
"""
SHARES = {
    "pdf": 0.05, "xlsx": 0.5, "sparse": 0.05, "ods": 0.2, "odt": 0.3, "docx": 0.3, "pptx": 0.1, "vcf": 0.3, "ics": 0.3,
    "html": 0.5, "xls": 0.3, "pst": 0.5, "rtf": 0.5, "doc": 0.3, "eml": 0.5, "msg": 0.3,
}  # fmt: skip
"""Of the size that is asked for: the slowest readers take minutes for a megabyte."""
_SIDES = str(Path(__file__).resolve().parent / "extraction_sides.py")
_SMALL_BYTES = 20_000
_TIMEOUT_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process did."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    chars: int
    marks: int


def environment(folder: Path, packages: Sequence[str], install: bool) -> Path:
    """The Python of the alternatives; what cannot be installed is left out, and its readers with it."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=install)
    for package in packages if install else ():
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return python


def measure(python: str, side: str, small: Path, path: Path) -> Measured | None:
    """One reader on one file; None when it is not there or fails."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    if side == OURS:
        variables["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        done = subprocess.run(
            [python, _SIDES, side, str(small), str(path)], env=variables, capture_output=True, check=True,
            timeout=_TIMEOUT_SECONDS,
        )  # fmt: skip
        said: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return Measured(said["wall"], said["cpu"], said["peak"], said["chars"], said["marks"])


def rounds_of(kind: str, small: Path, path: Path, python: Path, rounds: int) -> dict[str, list[Measured]]:
    """All readers of a format in turns, after one round that is not counted."""
    sides = [OURS, *ALTERNATIVES[kind]]
    found: dict[str, list[Measured]] = {}
    for number in range(rounds + 1):
        for side in sides:
            if number and side not in found:
                continue
            measured = measure(sys.executable if side == OURS else str(python), side, small, path)
            if measured is None:
                found.pop(side, None)
                if number == 0:
                    print(f"- {side}: not installed, or failed", file=sys.stderr)
            elif number:
                found[side].append(measured)
            else:
                found[side] = []
    return {side: measured for side, measured in found.items() if measured}


def rows_of(kind: str, path: Path, found: dict[str, list[Measured]]) -> list[list[str]]:
    """A table row for each reader, ours first; the ratio is how many times as fast ours is."""
    rows = []
    size = path.stat().st_size
    ours = found.get(OURS, [])
    for side, measured in found.items():
        ratio = "" if side == OURS or not ours else str(
            Spread.of([b.cpu_seconds / a.cpu_seconds for a, b in zip(ours, measured, strict=False)])
        )  # fmt: skip
        rows.append([
            kind, side.removeprefix(f"{kind}_").replace(OURS, "pii-scan"), f"{size / 1e6:.1f}",
            str(Spread.of([rate(size, m.cpu_seconds) for m in measured])),
            str(Spread.of([rate(m.chars, m.cpu_seconds) for m in measured])),
            f"{max(m.peak_bytes for m in measured) / (1 << 20):.0f}", f"{measured[-1].marks:,}", ratio,
        ])  # fmt: skip
    return rows


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--size-mb", type=float, default=10.0, help="text of each file, 10^6 bytes (default 10); less for XLSX and PDF"
    )
    parser.add_argument("--formats", nargs="+", choices=list(ALTERNATIVES), default=None, help="default: all")
    parser.add_argument("--pst", type=Path, help="an Outlook mailbox to read instead of one that is made")
    parser.add_argument("--rounds", type=int, default=3, help="counted rounds (default 3)")
    parser.add_argument("--venv", type=Path, help="virtual environment of the alternatives (default: a temporary one)")
    parser.add_argument("--no-install", action="store_true", help="use the environment as it is")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where to make the files (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 when pii-scan could not read a file."""
    options = parse(arguments)
    formats = options.formats or list(ALTERNATIVES)
    packages = sorted({package for kind in formats for package in ALTERNATIVES[kind].values() if package})
    rows, failed = [], False
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        python = environment(options.venv or Path(folder) / "venv", packages, not options.no_install)
        for kind in formats:
            size = int(options.size_mb * 1e6 * SHARES.get(kind, 1))
            given = options.pst if kind == "pst" else None
            small = make(kind, Path(folder), "small", _SMALL_BYTES, options.seed)
            path = given or make(kind, Path(folder), "made", size, options.seed)
            found = rounds_of(kind, small, path, python, options.rounds)
            failed = failed or OURS not in found
            rows += rows_of(kind, path, found)
            if path != given:
                path.unlink()
    print("\n".join(f"- {line}" for line in surroundings(options.seed)))
    print(
        f"- {options.size_mb} MB of text a file, {options.rounds} rounds in turns, one thread each where it can be said"
    )
    if shutil.which("sqlite3") is None:
        print("- the sqlite3 command is not installed")
    header = ["format", "reader", "file MB", "MB/CPU s", "text MB/CPU s", "peak MiB", "addresses", "ratio CPU"]
    print(f"\n{table(header, rows, markdown=options.markdown)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
