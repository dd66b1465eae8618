"""The other tools: how they are installed, run, and how their types read in ours. Each has an environment of its own.

`python benchmarks/accuracy/peers.py` makes the environments (network: the package index). A peer that does not install
or run is reported with the reason, never left out.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accuracy.corpus import Finding, Unit, columns

WORKERS = Path(__file__).resolve().parent / "workers"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
DEFAULT_FOLDER = _CACHE / "pii-scan-benchmarks" / "peers"
_SECONDS = 1800


class PeerFailure(Exception):
    """A peer could not be installed or run; says which step and its last line of output."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool at one version with one set of settings."""

    name: str
    environment: str
    """Folder of its virtual environment; sides with other settings share it."""
    requirement: str
    settings: str
    types: dict[str, str]
    """What it claims to find: its name, ours. Only these are scored."""
    run: Callable[[Peer, Path, Sequence[Unit]], list[list[Finding]]] = field(repr=False)
    arguments: tuple[str, ...] = ()

    @property
    def claims(self) -> frozenset[str]:
        """Our names of what it claims to find."""
        return frozenset(self.types.values())


def _asked(peer: Peer, python: Path, units: Sequence[Unit]) -> list[list[Finding]]:
    """The findings of a peer that is a Python library, through its worker."""
    cells = columns(units)
    texts = [place for place, unit in enumerate(units) if unit.header is None]
    task = {
        "texts": [units[place].text for place in texts],
        "columns": [
            {"header": units[places[0]].header, "cells": [units[place].text for place in places]}
            for places in cells.values()
        ],
    }
    out = _called([str(python), *peer.arguments], input_text=json.dumps(task), what=peer.name)
    found: list[list[Finding]] = [[] for _ in units]
    order = texts + [place for places in cells.values() for place in places]
    for place, answer in zip(order, json.loads(out), strict=True):
        found[place] = [Finding(peer.types[kind], start, end) for kind, start, end in answer if kind in peer.types]
    return found


def _ferret(peer: Peer, python: Path, units: Sequence[Unit]) -> list[list[Finding]]:
    """ferret-scan reads files and answers with line and matched text; the text is looked up in its line."""
    found: list[list[Finding]] = [[] for _ in units]
    with tempfile.TemporaryDirectory() as folder:
        cells = _written(units, Path(folder))
        flags = ["--recursive", "--format", "json", "--limit", "0", "--show-match", "--quiet", "--checks", "all"]
        program = str(python.with_name("ferret-scan"))
        out = _called([program, "--file", folder, *flags, *peer.arguments], what=peer.name, folder=folder)
        used: dict[tuple[int, int], int] = {}
        unplaced = 0
        for result in json.loads(out)["results"] or []:
            kind = peer.types.get(result["validator"].upper()) or peer.types.get(result["type"])
            if kind is None:
                continue
            number, matched = int(result["line_number"]), result["text"]
            for place in cells[Path(result["filename"]).name, number]:
                at = _place(units[place], number, matched, used, place)
                if at is not None:
                    found[place].append(Finding(kind, at, at + len(matched)))
                    break
            else:
                unplaced += 1
        if unplaced:
            print(f"{peer.name}: {unplaced} findings stand in no line that they name; left out", file=sys.stderr)
    return found


def _written(units: Sequence[Unit], folder: Path) -> dict[tuple[str, int], list[int]]:
    """Writes every text and, with commas, every table; tells by file name and line which units stand there."""
    there: dict[tuple[str, int], list[int]] = {}
    tables: dict[str, dict[int, dict[int, str]]] = {}
    names: dict[str, str] = {}
    for place, unit in enumerate(units):
        if unit.header is None and not unit.document.endswith((".csv", ".tsv")):
            name = f"{place:05d}.txt"
            (folder / name).write_text(unit.text, encoding="utf-8", newline="")
            there |= {(name, line): [place] for line in range(1, unit.text.count("\n") + 2)}
        elif unit.header is None:
            names[unit.document] = name = f"{place:05d}.csv"
            tables[name] = {}
            there[name, 1] = [place]
        else:
            name = names[unit.document]
            tables[name].setdefault(0, {})[unit.column] = unit.header
            tables[name].setdefault(unit.row, {})[unit.column] = unit.text
            there.setdefault((name, unit.row + 1), []).append(place)
    for name, rows in tables.items():
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        width = max(max(row) for row in rows.values()) + 1
        for number in range(max(rows) + 1):
            writer.writerow([rows.get(number, {}).get(i, "") for i in range(width)])
        (folder / name).write_text(out.getvalue(), encoding="utf-8", newline="")
    return there


def _place(unit: Unit, line: int, matched: str, used: dict[tuple[int, int], int], place: int) -> int | None:
    """Where a matched text begins in its line, after what was already found of it there."""
    first, last = 0, len(unit.text)
    if unit.header is None and "\n" in unit.text:
        for _ in range(line - 1):
            first = unit.text.index("\n", first) + 1
        last = unit.text.find("\n", first) if "\n" in unit.text[first:] else last
    key = (place, hash((line, matched)))
    at = unit.text.find(matched, max(first, used.get(key, 0)), last)
    if at < 0:
        return None
    used[key] = at + len(matched)
    return at


def _called(command: list[str], *, what: str, input_text: str = "", folder: str | None = None) -> str:
    """Standard output. Raises PeerFailure."""
    try:
        done = subprocess.run(
            command, input=input_text, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerFailure(f"{what}: {type(error).__name__}") from None
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise PeerFailure(f"{what}: exit code {done.returncode}, {last[:200]}")
    return done.stdout


_PRESIDIO = {
    name: name
    for name in ("EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "MAC_ADDRESS")
}  # fmt: skip
_PIILINT = {
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS",
    "IBAN": "IBAN_CODE",
    "CREDIT_CARD": "CREDIT_CARD",
    "DOB": "DATE_OF_BIRTH",
}
_FERRET = {
    "EMAIL": "EMAIL_ADDRESS",
    "PHONE": "PHONE_NUMBER",
    "IPADDRESS": "IP_ADDRESS",
    "CREDITCARD": "CREDIT_CARD",
    "DOB": "DATE_OF_BIRTH",
    "PASSPORT": "NO_PASSPORT",
    "IBAN": "IBAN_CODE",
}
"""By validator, but IBAN, which is one of several types of the validator of bank accounts."""

PEERS = (
    Peer(
        "presidio",
        "presidio",
        "presidio-analyzer==2.2.366",
        "stock: default English recognizers, blank spaCy pipeline, no threshold",
        _PRESIDIO,
        _asked,
        (str(WORKERS / "presidio.py"),),
    ),
    Peer(
        "presidio, phones NO",
        "presidio",
        "presidio-analyzer==2.2.366",
        "as stock, phone recognizer with supported_regions=('NO',)",
        _PRESIDIO,
        _asked,
        (str(WORKERS / "presidio.py"), "--regions", "NO"),
    ),
    Peer(
        "piilint",
        "piilint",
        "piilint==0.2.0",
        "defaults, IP addresses enabled, phone_region NO",
        _PIILINT,
        _asked,
        (str(WORKERS / "piilint_lines.py"),),
    ),
    Peer(
        "ferret-scan",
        "ferret",
        "ferret-scan==2.5.5",
        "--checks all --limit 0, all confidence levels (its default)",
        _FERRET,
        _ferret,
    ),
    Peer(
        "ferret-scan, sure",
        "ferret",
        "ferret-scan==2.5.5",
        "the same with --confidence high,medium",
        _FERRET,
        _ferret,
        ("--confidence", "high,medium"),
    ),
)


def findings(peer: Peer, folder: Path, units: Sequence[Unit]) -> list[list[Finding]]:
    """What a peer says about each unit. Raises PeerFailure."""
    python = folder / peer.environment / "bin" / "python"
    if not python.exists():
        raise PeerFailure(f"{peer.name}: not installed; run benchmarks/accuracy/peers.py")
    return peer.run(peer, python, units)


def set_up(folder: Path) -> list[str]:
    """Makes the environments that are not there; returns what failed, one line a peer."""
    failed = []
    for environment, requirement in {peer.environment: peer.requirement for peer in PEERS}.items():
        home = folder / environment
        if (home / "complete").exists():
            continue
        try:
            _called([sys.executable, "-m", "venv", "--clear", str(home)], what=f"{environment}: venv")
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement]
            _called(pip, what=f"{environment}: pip install {requirement}")
        except PeerFailure as failure:
            failed.append(str(failure))
        else:
            (home / "complete").write_text(f"{requirement}\n", encoding="utf-8")
    return failed


def main(arguments: list[str] | None = None) -> int:
    """The command line: exit code 1 when a peer could not be installed."""
    parser = argparse.ArgumentParser(description="Installs the peers of the accuracy benchmark, each in its own venv.")
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT_FOLDER, help=f"default {DEFAULT_FOLDER}")
    folder = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    failed = set_up(folder)
    print("\n".join(failed) or f"installed in {folder}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
