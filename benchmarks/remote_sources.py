"""Scans of stores on this machine against a scan of a local copy of the same data, in one run.

    python benchmarks/remote_sources.py [--texts N] [--table-mib N] [--rounds R] [--kinds s3 sftp smb] [--markdown]

The servers are those of the tests: moto for S3, OpenSSH, Samba; all share the processors with the scan. Before S3
stands a proxy that counts the bytes of objects; with `--delay` it makes every answer wait, as a way to another place
does. The scan is the whole command, start of the workers included.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import Spread, rate, surroundings, table, timed

_TESTS = str(Path(__file__).resolve().parents[1] / "tests")


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    print(*surroundings(), sep="\n")
    rows = []
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        for name in options.data:
            tree = folder / name
            size = DATA[name](tree, options)
            for kind in options.kinds:
                with _served(kind, tree, folder / f"{name}-{kind}", options.delay) as (url, proxy):
                    rows.append(_compared(name, kind, tree, size, url, proxy, options))
    header = [
        "data",
        "MB",
        "source",
        "local MB/s",
        "MB/s",
        "share of local",
        "CPU, times local",
        "bytes sent",
    ]
    print(table(header, rows, markdown=options.markdown))
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000, help="small files")
    parser.add_argument("--table-mib", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kinds", nargs="+", choices=["s3", "sftp", "smb"], default=["s3", "sftp", "smb"])
    parser.add_argument("--data", nargs="+", choices=sorted(DATA), default=sorted(DATA))
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that S3 takes to answer")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args(arguments)


def _texts(tree: Path, options: argparse.Namespace) -> int:
    """Small files, of 4 KiB each."""
    noise = random.Random(1)
    words = [f"ord{number}" for number in range(500)]
    for number in range(options.texts):
        file = tree / f"{number % 40:02d}" / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"person{number}@example.no\n" + " ".join(noise.choices(words, k=600)), "utf-8")
    return sum(file.stat().st_size for file in tree.rglob("*.txt"))


def _csv(tree: Path, options: argparse.Namespace) -> int:
    """One table, mostly numbers."""
    tree.mkdir(parents=True)
    with open(tree / "stor.csv", "w", encoding="utf-8") as out:
        out.write("nr;belop;dato;epost\n")
        number = 0
        while out.tell() < options.table_mib << 20:
            out.writelines(
                f"{row};{row % 977}.25;2026-01-{1 + row % 28:02d};{f'b{row}@example.no' if row % 1000 == 0 else ''}\n"
                for row in range(number, number + 10_000)
            )
            number += 10_000
    return (tree / "stor.csv").stat().st_size


def _parquet(tree: Path, options: argparse.Namespace) -> int:
    """One Parquet file of numbers, with few addresses."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    tree.mkdir(parents=True)
    rows, noise = 1 << 17, np.random.default_rng(2)
    schema = pa.schema([("epost", pa.string()), ("a", pa.float64()), ("b", pa.float64())])
    with pq.ParquetWriter(tree / "stor.parquet", schema, use_dictionary=False) as out:
        for group in range(max(options.table_mib // 2, 1)):
            mails = [f"b{group}-{row}@example.no" if row % 1000 == 0 else None for row in range(rows)]
            out.write_table(pa.table([mails, noise.random(rows), noise.random(rows)], schema=schema))
    return (tree / "stor.parquet").stat().st_size


DATA = {"texts": _texts, "csv": _csv, "parquet": _parquet}


def _module(name: str) -> Any:
    """A module of the tests."""
    if _TESTS not in sys.path:
        sys.path.append(_TESTS)
    return importlib.import_module(name)


@contextlib.contextmanager
def _served(kind: str, tree: Path, folder: Path, delay: float) -> Iterator[tuple[str, Any]]:
    """The URL of a tree on a server, and the proxy before it."""
    servers, proxies = _module("remote_servers"), _module("faulty_proxy")
    folder.mkdir()
    folder.chmod(0o755)
    if kind == "s3":
        with servers.s3_server() as server, proxies.http_proxy(server.port) as proxy:
            url = server.upload(tree, "data")
            os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
            if delay:
                proxy.wait = lambda: time.sleep(delay)
            yield url, proxy
    elif kind == "sftp":
        with servers.sftp_server(folder) as url:
            yield f"{url}{tree}", None
    else:
        with servers.smb_server(folder, tree) as url:
            yield url, None


def _compared(
    name: str, kind: str, tree: Path, size: int, url: str, proxy: Any, options: argparse.Namespace
) -> list[str]:
    shares, cpu, local_rate, sent = [], [], [], 0
    for _ in range(options.rounds):
        local = timed(lambda: _scan(os.fspath(tree), options.jobs))
        if proxy is not None:
            proxy.reset()
        remote = timed(lambda: _scan(url, options.jobs))
        sent = 0 if proxy is None else sum(proxy.bytes.values())
        shares.append(local.wall_seconds / remote.wall_seconds)
        cpu.append(remote.cpu_seconds / local.cpu_seconds)
        local_rate.append(rate(size, local.wall_seconds))
    median = Spread.of(local_rate).median
    return [
        name, f"{size / 1e6:,.0f}", kind + (f", {options.delay * 1000:.0f} ms away" if options.delay else ""),
        f"{median:.1f}", f"{median * Spread.of(shares).median:.1f}", str(Spread.of(shares)), str(Spread.of(cpu)),
        "" if proxy is None else f"{sent / size:.2f} of the size",
    ]  # fmt: skip


def _scan(target: str, jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pii_scan", "scan", target, "--out", f"{folder}/run", "--jobs", str(jobs)]
        subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
