"""One long scan of very many small documents: does anything grow, is anything left, is each document accounted for?

    python benchmarks/soak.py [--documents N] [--jobs J] [--seconds S] [--seed S] [--series FILE] [--folder FOLDER]

Makes a tree from the seed (text, CSV, JSON, HTML, EML, DOCX, XLSX, PDF, ZIP; one in 100 is cut short or of no known
kind; one in ten holds an invented e-mail address of its own), scans it with the program, and looks at the whole process
tree every few seconds. After `--seconds` the scan is interrupted (SIGINT) and held against what it had done by then.
Exit code 1 where a document is missing, a value was not found, or anything was left. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import importlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
from measuring import surroundings

from pii_scan.findings.redact import fingerprints
from pii_scan.findings.store import load_run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

KEY = "5e" * 32
FOLDER_FILES = 1000
EVERY_SECONDS = 5.0
WORKER = "pii_scan.engines.worker"
WORDS = ("rapport", "møte", "faktura", "levering", "prosjekt", "oversikt", "notat", "vedlegg", "bestilling", "lager",
         "kontor", "avtale", "plan", "budsjett", "kvartal", "resultat", "system", "modell", "bygg", "vei")  # fmt: skip
BROKEN = (b"%PDF-1.7\n1 0 obj\n<< /Type", b"PK\3\4" + bytes(40), bytes(range(256)) * 4, b"\x1f\x8b\x08" + bytes(9))


@cache
def _of_tests(module: str) -> Any:
    """A module that makes files for the tests."""
    return importlib.import_module(module)


def _prose(chance: random.Random, lines: int) -> list[str]:
    return [" ".join(chance.choices(WORDS, k=12)) + "." for _ in range(lines)]


def _text(lines: list[str]) -> bytes:
    return "\n".join(lines).encode() + b"\n"


def _csv(lines: list[str]) -> bytes:
    return _text(["nr;merknad;antall", *(f"{number};{line};{number * 7}" for number, line in enumerate(lines))])


def _json(lines: list[str]) -> bytes:
    return json.dumps([{"nr": number, "merknad": line} for number, line in enumerate(lines)]).encode()


def _html(lines: list[str]) -> bytes:
    return ("<html><body>" + "".join(f"<p>{line}</p>" for line in lines) + "</body></html>").encode()


def _eml(lines: list[str]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Oversikt"
    message.set_content("\n".join(lines))
    message.add_attachment(_csv(lines[:3]), "text", "csv", filename="liste.csv")
    return message.as_bytes()


def _docx(lines: list[str]) -> bytes:
    ooxml, name = _of_tests("ooxml"), "word/document.xml"
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    return bytes(ooxml.package({name: f"<w:document {ooxml.W}><w:body>{body}</w:body></w:document>"}, name))


def _xlsx(lines: list[str]) -> bytes:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{line}</t></is></c></row>'
        for number, line in enumerate(["merknad", *lines], 1)
    )
    return bytes(_of_tests("extract.test_spreadsheet").book(rows))


def _pdf(lines: list[str]) -> bytes:
    pdf = _of_tests("pdf_files")
    return bytes(pdf.document([pdf.show_text(*(line.encode("ascii", "replace").decode() for line in lines))]))


def _zip(lines: list[str]) -> bytes:
    archives = _of_tests("extract.formats_archives")
    return bytes(archives.zipped({"brev.txt": _text(lines), "liste.csv": _csv(lines[:4])}))


KINDS: dict[str, tuple[int, Callable[[list[str]], bytes]]] = {
    "txt": (34, _text), "csv": (14, _csv), "json": (14, _json), "html": (10, _html), "eml": (10, _eml),
    "docx": (5, _docx), "xlsx": (5, _xlsx), "pdf": (5, _pdf), "zip": (3, _zip),
}  # fmt: skip
"""How to make each, and how many of a hundred it is."""


@dataclass(frozen=True, slots=True)
class Tree:
    """What was made: documents by what is to come of them."""

    documents: int
    broken: frozenset[str]
    planted: dict[str, int]
    """The fingerprint of the value in a document, by its path."""
    size_bytes: int


def make_tree(folder: Path, documents: int, seed: int) -> Tree:
    """Writes the tree."""
    chance = random.Random(seed)
    broken: set[str] = set()
    planted: dict[str, str] = {}
    size = 0
    kinds, weights = list(KINDS), [share for share, _ in KINDS.values()]
    for number in range(documents):
        place = f"{number // FOLDER_FILES:05d}"
        if number % FOLDER_FILES == 0:
            (folder / place).mkdir(parents=True)
        kind = chance.choices(kinds, weights)[0]
        lines, path = _prose(chance, chance.randint(2, 24)), f"{place}/{number:07d}.{kind}"
        if number % 100 == 99:
            path = f"{place}/{number:07d}.bin"
            data = chance.choice(BROKEN)
            broken.add(path)
        else:
            if number % 10 == 3:
                planted[path] = f"plantet{number}@example.no"
                lines.insert(chance.randrange(2), f"Svar til {planted[path]}")
            data = KINDS[kind][1](lines)
        (folder / path).write_bytes(data)
        size += len(data)
    prints = fingerprints(pa.array(planted.values(), pa.string()), "EMAIL_ADDRESS", bytes.fromhex(KEY)).tolist()
    return Tree(documents, frozenset(broken), dict(zip(planted, prints, strict=True)), size)


@dataclass(slots=True)
class Sample:
    """The process tree at one moment. Memory is what is of a process alone (RssAnon)."""

    seconds: float
    processes: int = 0
    workers: int = 0
    supervisor_mib: float = 0.0
    worker_mib: float = 0.0
    """Of the average worker."""
    supervisor_files: int = 0
    worker_files: int = 0
    """Open in the worker with most."""
    threads: int = 0
    temporary_files: int = 0
    temporary_bytes: int = 0
    started: int = 0
    """Workers so far."""


class Watch:
    """Looks at a scan from outside."""

    def __init__(self, pid: int, temporary: Path) -> None:
        self._scan = psutil.Process(pid)
        self._temporary = temporary
        self._began = time.monotonic()
        self._known: set[tuple[int, float]] = set()
        self.samples: list[Sample] = []

    def look(self) -> None:
        """Takes one sample; none where the scan has just ended."""
        now = Sample(round(time.monotonic() - self._began, 1))
        sizes = []
        try:
            for process in [self._scan, *self._scan.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    mib, files = _anonymous_mib(process.pid), len(os.listdir(f"/proc/{process.pid}/fd"))
                    now.processes += 1
                    if process == self._scan:
                        now.supervisor_mib, now.supervisor_files, now.threads = mib, files, process.num_threads()
                    elif WORKER in process.cmdline():
                        self._known.add((process.pid, process.create_time()))
                        sizes.append(mib)
                        now.worker_files = max(now.worker_files, files)
        except psutil.NoSuchProcess:
            return
        if not now.supervisor_mib:
            return
        now.workers, now.started = len(sizes), len(self._known)
        now.worker_mib = statistics.mean(sizes) if sizes else 0.0
        now.temporary_files, now.temporary_bytes = _held(self._temporary)
        self.samples.append(now)


def _anonymous_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _held(folder: Path) -> tuple[int, int]:
    """Files below a folder, and their bytes."""
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size
                files += 1
    return files, size


def watched(tree: Path, out: Path, temporary: Path, jobs: int, seconds: float) -> tuple[int, bool, Watch]:
    """Scans; gives the exit code, whether the scan was interrupted, and what was seen meanwhile."""
    command = [sys.executable, "-m", "pii_scan", "scan", str(tree), "--out", str(out), "--jobs", str(jobs), "--quiet"]
    environment = {**os.environ, "PII_SCAN_KEY": KEY, "TMPDIR": str(temporary)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has background jobs ignore it
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment) as scan:
        watch = Watch(scan.pid, temporary)
        interrupted = False
        while scan.poll() is None:
            watch.look()
            if seconds and not interrupted and watch.samples and watch.samples[-1].seconds >= seconds:
                scan.send_signal(signal.SIGINT)
                interrupted = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                scan.wait(EVERY_SECONDS)
        return scan.returncode, interrupted, watch


def accounted(out: Path, tree: Tree) -> tuple[Counter[str], list[str]]:
    """Documents by status, and what is not as it has to be."""
    run = load_run(out)
    status: dict[str, str] = {}
    twice = 0
    for row in _rows(run.documents()):
        if not row["container"]:
            twice += row["document"] in status
            status[row["document"]] = row["status"]
    problems = {row["document"].partition("!")[0] for row in _rows(run.problems())}
    found = {(row["document"].partition("!")[0], row["fingerprint"]) for row in _rows(run.index())}
    wrong = [f"{twice} documents stand twice"] if twice else []
    if run.manifest["status"] == "finished" and len(status) != tree.documents:
        wrong.append(f"{tree.documents - len(status)} documents are missing")
    missed = [path for path, value in tree.planted.items() if path in status and (path, value) not in found]
    clean = [path for path in tree.broken if status.get(path) == "read"]
    silent = [path for path, said in status.items() if said != "read" and path not in problems]
    sound = [path for path, said in status.items() if said != "read" and path not in tree.broken]
    for what, paths in (
        ("planted values were not found", missed), ("broken documents look read", clean),
        ("documents that were not read have no problem", silent), ("sound documents were not read", sound),
    ):  # fmt: skip
        if paths:
            wrong.append(f"{len(paths)} {what}, the first is {min(paths)}")
    return Counter(status.values()), wrong


def _rows(tables: Any) -> Iterator[dict[str, Any]]:
    for table in tables:
        for batch in table.to_batches(max_chunksize=10_000):
            yield from batch.to_pylist()


def leftovers(temporary: Path, out: Path) -> list[str]:
    """Processes with our temporary folder in their environment, what lies in it, and half-written parts."""
    left = [f"temporary: {path.name}" for path in temporary.iterdir()]
    left += [f"half written: {path.name}" for path in out.rglob("*.partial")]
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR", "").startswith(str(temporary)):
                left.append(f"process: {' '.join(process.cmdline()[:5])}")
    return left


def print_series(samples: list[Sample]) -> None:
    """First quarter against last quarter, after the start and before the end."""
    busy = [one for one in samples if one.workers and one.seconds > 30] or samples
    quarter = max(len(busy) // 4, 1)
    first, last = busy[:quarter], busy[-quarter:]
    print("| | first quarter | last quarter | most |\n|---|---|---|---|")
    for name, label, unit in (
        ("supervisor_mib", "supervisor, MiB", 1), ("worker_mib", "a worker, MiB", 1), ("processes", "processes", 1),
        ("supervisor_files", "files open in the supervisor", 1), ("worker_files", "files open in a worker", 1),
        ("threads", "threads of the supervisor", 1), ("temporary_files", "temporary files", 1),
        ("temporary_bytes", "temporary MiB", 1 << 20),
    ):  # fmt: skip
        means = [statistics.mean(getattr(one, name) for one in part) / unit for part in (first, last)]
        print(f"| {label} | {means[0]:.1f} | {means[1]:.1f} | {max(getattr(o, name) for o in busy) / unit:.1f} |")
    print(f"{samples[-1].started} workers were started; {len(samples)} samples in {samples[-1].seconds:.0f} s")


def main() -> int:
    """Makes, scans, watches, and says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0, help="interrupt the scan then; 0: let it end")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--series", type=Path, help="where to keep the samples, as CSV")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    told = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="soak-", dir=told.folder))
    try:
        temporary, out = base / "tmp", base / "run"
        temporary.mkdir()
        tree = make_tree(base / "tree", told.documents, told.seed)
        for line in surroundings(told.seed):
            print(f"- {line}")
        print(f"- {tree.documents:,} documents, {tree.size_bytes / 1e6:.0f} MB, {told.jobs} workers", flush=True)
        code, interrupted, watch = watched(base / "tree", out, temporary, told.jobs, told.seconds)
        if told.series:
            with told.series.open("w", newline="", encoding="ascii") as file:
                writer = csv.DictWriter(file, list(asdict(watch.samples[0])))
                writer.writeheader()
                writer.writerows(asdict(sample) for sample in watch.samples)
        statuses, wrong = accounted(out, tree)
        left = leftovers(temporary, out)
        ended = ", interrupted" if interrupted else ""
        print(f"exit code {code}{ended}; {dict(statuses)}, {statuses.total():,} in all")
        print_series(watch.samples)
        print(f"wrong: {'; '.join(wrong) or 'nothing'}\nleft: {'; '.join(left) or 'nothing'}")
        return 1 if wrong or left or code not in (3, 130 if interrupted else 3) else 0
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
