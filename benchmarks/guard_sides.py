"""Thirty made exports, each with a verdict that its contract says, judged by pii-scan guard and by other tools.

    python benchmarks/guard_sides.py [--piilint PATH] [--ferret-scan PATH] [--large MEGABYTES] [--markdown]

Peers know no contracts: their verdict is their exit code when anything found fails, the strictest gate they have. For
each file: the verdict, clock seconds, peak memory. Synthetic data only; nothing is fetched. The peers are called where
they are installed, best in an environment of their own.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import launched, surroundings, table

Rows = list[dict[str, str]]
TIMEOUT_SECONDS = 300
"""A tool that takes longer over one file is ended, and its verdict is wrong."""
CONTRACT = """\
contract: customers
owner: Sales
expires: 2099-01-01
files: ["*.*"]
allow: []
columns:
  id: []
  email: {allow: [{name: EMAIL_ADDRESS, max_distinct: 500000}], required: true}
  phone: {allow: [PHONE_NUMBER]}
  note: []
"""
FEW = CONTRACT.replace("500000", "40")


@dataclass(frozen=True, slots=True)
class Export:
    """One file, the contract it is under, and the exit code that is right."""

    file: Path
    case: str
    contract: Path
    right: int


def number(rng: random.Random) -> str:
    """A national identity number of the test series (month + 80)."""
    while True:
        stem = f"{rng.randint(1, 28):02}{rng.randint(81, 92)}{rng.randint(40, 99)}{rng.randint(0, 499):03}"
        first = -sum(w * int(d) for w, d in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), stem, strict=True)) % 11
        second = -sum(w * int(d) for w, d in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), f"{stem}{first}", strict=False)) % 11
        if first < 10 and second < 10:
            return f"{stem}{first}{second}"


def rows_of(case: str, count: int, rng: random.Random) -> Rows:
    """The records of a case."""
    rows = [
        {"id": str(n), "email": f"customer{n}@example.no", "phone": f"6805{n % 10_000:04}", "note": "wants a receipt"}
        for n in range(count)
    ]
    if case == "nothing personal":
        rows = [{"id": row["id"], "email": "", "phone": "", "note": row["note"]} for row in rows]
    if case == "identity number in a note":
        rows[count // 2]["note"] = f"fødselsnummer {number(rng)}"
    if case == "new column":
        rows = [{**row, "birth_number": number(rng)} for row in rows]
    return rows


def csv(rows: Rows) -> bytes:
    return "".join(";".join(row) + "\n" for row in [list(rows[0]), *(list(row.values()) for row in rows)]).encode()


def jsonl(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def whole_json(rows: Rows) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def xlsx(rows: Rows) -> bytes:
    book, held = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("customers")
    for row in [list(rows[0]), *(list(row.values()) for row in rows)]:
        sheet.append(row)
    book.save(held)
    return held.getvalue()


def parquet(rows: Rows) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), held)
    return held.getvalue()


def sql(rows: Rows) -> bytes:
    names = ", ".join(rows[0])
    lines = ["('" + "','".join(row.values()) + "')" for row in rows]
    made = [f"CREATE TABLE customers ({', '.join(f'{name} text' for name in rows[0])});"]
    for at in range(0, len(lines), 1000):
        made.append(f"INSERT INTO customers ({names}) VALUES\n" + ",\n".join(lines[at : at + 1000]) + ";")
    return ("\n".join(made) + "\n").encode()


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "csv": csv, "jsonl": jsonl, "json": whole_json, "xlsx": xlsx, "parquet": parquet, "sql": sql,
}  # fmt: skip
LARGE = ("csv", "jsonl", "sql")
"""Formats whose export that is as agreed is large."""
BYTES_A_ROW = {"csv": 55, "jsonl": 95, "sql": 62}


CASES = (("as agreed", 0), ("nothing personal", 0), ("identity number in a note", 1), ("new column", 1))


def exports(folder: Path, large: int) -> list[Export]:
    """The thirty files: six formats, five cases each."""
    rng = random.Random(7)
    (folder / "contract.yaml").write_text(CONTRACT, "utf-8")
    (folder / "few.yaml").write_text(FEW, "utf-8")
    made = []
    for kind, write in FORMATS.items():
        last = "cut short" if kind in ("xlsx", "parquet") else "too many"
        for case, right in (*CASES, (last, 1)):
            count = large * 1_000_000 // BYTES_A_ROW[kind] if case == "as agreed" and kind in LARGE else 60
            data = write(rows_of(case, count, rng))
            contract = "few.yaml" if case == "too many" else "contract.yaml"
            if case == "cut short":  # what is left of a workbook can be read, and holds addresses outside a column
                data, right = data[: len(data) // 2], 1 if kind == "xlsx" else 3
            file = folder / f"{case.replace(' ', '_')}.{kind}"
            file.write_bytes(data)
            made.append(Export(file, case, folder / contract, right))
    return made


def commands(arguments: argparse.Namespace) -> dict[str, Callable[[Export], list[str]]]:
    """Each tool's call for one file."""
    ours = [sys.executable, "-m", "pii_scan", "guard"]
    tools: dict[str, Callable[[Export], list[str]]] = {
        "pii-scan guard": lambda one: [*ours, one.file.name, "--contract", one.contract.name, "--quiet"]
    }
    if arguments.piilint:
        tools["piilint"] = lambda one: [arguments.piilint, "scan", one.file.name, "--fail-on", "low"]
    if arguments.ferret_scan:
        tools["ferret-scan"] = lambda one: [
            arguments.ferret_scan, "--file", one.file.name, "--pre-commit-mode", "--fail-on-incomplete", "--limit", "0",
            "--confidence", "high,medium",
        ]  # fmt: skip
    return tools


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--piilint", default="")
    parser.add_argument("--ferret-scan", default="")
    parser.add_argument("--large", type=int, default=12, metavar="MEGABYTES")
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    tools = commands(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = exports(folder, arguments.large)
        places = {"XDG_CACHE_HOME": str(folder.parent / f"{folder.name}-cache"), "HOME": name}
        environment = {**os.environ, **places, "PYTHONPYCACHEPREFIX": f"{name}-pyc"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for tool in tools.values():  # what a tool makes at its first start is no part of the comparison
            launched(tool(files[1]), folder, environment, TIMEOUT_SECONDS)
        rows = []
        right = dict.fromkeys(tools, 0)
        for one in files:
            row = [one.file.suffix[1:], one.case, f"{one.file.stat().st_size / 1e6:.2f}", str(one.right)]
            for tool_name, command in tools.items():
                used = launched(command(one), folder, environment, TIMEOUT_SECONDS)
                right[tool_name] += used.code == one.right
                verdict = f"{used.code}{'' if used.code == one.right else ' (wrong)'}"
                figures = f"{used.wall_seconds:.1f} s, {used.cpu_seconds:.1f} CPU s, {used.peak_mib:.0f} MiB"
                row.append(f"{verdict}, {figures}")
            rows.append(row)
    print("\n".join(surroundings(seed=7)))
    print(table(["format", "case", "MB", "right", *tools], rows, markdown=arguments.markdown))
    print("; ".join(f"{tool}: right on {count} of {len(files)}" for tool, count in right.items()))


if __name__ == "__main__":
    main()
