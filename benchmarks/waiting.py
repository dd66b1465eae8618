"""What a scan does while it would have to wait: for a far away share, for compressed data. Clock and processor.

    python benchmarks/waiting.py mount [--files N] [--milliseconds MS]
    python benchmarks/waiting.py compressed [--size-mb N]
    each also: [--rounds R] [--markdown]

`mount`: small files (those of `scaling.py small`) on a mount by sshfs whose server, OpenSSH's own, answers through a
connection that keeps every byte back for MS milliseconds each way; beside it, reading the same files one after the
other, and the scan of the local folder. Before each round the mount is made anew. Wants `sshfs`, `fusermount` and
OpenSSH's `sftp-server`.
`compressed`: one text of N MB as gzip, bzip2, xz and Zstandard; beside each, the scan of the plain text by one worker
and the decompression by itself, whose sum it would take without work side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import bz2
import contextlib
import gzip
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import corpora
import pyarrow as pa
from measuring import Spread, surroundings, table
from scaling import make_small, scan

_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server")
PIECE = 1 << 16


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    """Hands bytes on, each piece `seconds` after it came, as a long wire does."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    clock = asyncio.get_running_loop().time

    async def out() -> None:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(max(due - clock(), 0))
            if not data:
                sink.close()
                return
            sink.write(data)
            await sink.drain()

    task = asyncio.create_task(out())
    with contextlib.suppress(ConnectionError):  # the mount is gone
        while data := await source.read(PIECE):
            waiting.put_nowait((clock() + seconds, data))
    waiting.put_nowait((clock(), b""))
    with contextlib.suppress(ConnectionError):
        await task


@contextlib.contextmanager
def far_server(program: str, seconds: float) -> Iterator[int]:
    """The port at which `program` is started for each connection."""
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    started = threading.Event()

    async def connected(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        pipe = asyncio.subprocess.PIPE
        server = await asyncio.create_subprocess_exec(program, stdin=pipe, stdout=pipe)
        assert server.stdin is not None and server.stdout is not None
        await asyncio.gather(_pass_on(source, server.stdin, seconds), _pass_on(server.stdout, sink, seconds))

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started.wait()
    yield ready[0]
    loop.call_soon_threadsafe(loop.stop)


@contextlib.contextmanager
def mounted(folder: Path, place: Path, port: int) -> Iterator[None]:
    """`folder` at `place` for a while."""
    command = ["sshfs", "-o", f"directport={port}", f"localhost:{folder}", str(place)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run(["fusermount", "-u", str(place)], check=True)


def read_all(folder: Path) -> float:
    """The seconds that it takes to read all files, one after the other."""
    begin = time.perf_counter()
    for path in sorted(folder.rglob("*.txt")):
        path.read_bytes()
    return time.perf_counter() - begin


def mount(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """Files a second."""
    program = next((name for name in _SERVERS if os.path.exists(name)), None)
    if program is None or shutil.which("sshfs") is None:
        sys.exit("sshfs or OpenSSH's sftp-server is not installed")
    tree, place = base / "tree", base / "mount"
    place.mkdir()
    make_small(tree, told.files)
    seconds: dict[str, list[float]] = {}
    with far_server(program, told.milliseconds / 1000) as port:
        for _ in range(told.rounds):
            for label, jobs in (("read one after the other", 0), ("scan, 1 worker", 1), ("scan, 2 workers", 2)):
                with mounted(tree, place, port):
                    taken = scan(place, out, jobs).wall_seconds if jobs else read_all(place)
                    seconds.setdefault(f"mount, {label}", []).append(taken)
            seconds.setdefault("local, scan, 2 workers", []).append(scan(tree, out, 2).wall_seconds)
    for label, some in seconds.items():
        yield [label, str(Spread.of(some)), str(Spread.of([told.files / one for one in some]))]


def _zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def compressed(base: Path, out: Path, told: argparse.Namespace) -> Iterator[list[str]]:
    """Seconds."""
    plain = base / "plain" / "a.txt"
    plain.parent.mkdir()
    corpora.write_corpus(plain, "prose", "sparse", told.size_mb * 1_000_000)
    data = plain.read_bytes()
    ways: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], object]]] = {
        "gz": (gzip.compress, gzip.decompress), "bz2": (bz2.compress, bz2.decompress),
        "xz": (lzma.compress, lzma.decompress),
        "zst": (_zstd, lambda packed: pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read()),
    }  # fmt: skip
    packed = {}
    for suffix, (pack, _) in ways.items():
        path = base / suffix / f"a.txt.{suffix}"
        path.parent.mkdir()
        path.write_bytes(pack(data))
        packed[suffix] = path
    runs: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(told.rounds):
        alone = scan(plain.parent, out, 1).wall_seconds  # two would each read half of it
        for suffix, path in packed.items():
            content = path.read_bytes()
            begin = time.perf_counter()
            ways[suffix][1](content)
            unpacking = time.perf_counter() - begin
            runs.setdefault(suffix, []).append((scan(path.parent, out, 2).wall_seconds, alone, unpacking))
    for suffix, taken in runs.items():
        shares = [one / (two + three) for one, two, three in taken]
        columns = [[figures[number] for figures in taken] for number in range(3)]
        yield [suffix, *(str(Spread.of(column)) for column in (*columns, shares))]


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["mount", "compressed"])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--milliseconds", type=float, default=1.0, help="each way (default 1)")
    parser.add_argument("--size-mb", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    told = parser.parse_args(arguments)
    for line in surroundings(corpora.SEED):
        print(f"- {line}")
    headers = {
        "mount": ["way", "seconds", "files/s"],
        "compressed": ["format", "scan s", "scan of the plain text s", "decompression s", "share of their sum"],
    }
    with tempfile.TemporaryDirectory() as name:
        base, out = Path(name), Path(name, "out")
        out.mkdir()
        rows = list({"mount": mount, "compressed": compressed}[told.what](base, out, told))
    print(table(headers[told.what], rows, markdown=told.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
