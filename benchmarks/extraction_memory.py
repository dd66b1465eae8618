"""Peak memory of reading one large file of each format that is read as a stream: 1 GB by default.

Every file is made, read by a process of its own (extraction only: no detection), and deleted before the next is made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from corpora import SEED
from extraction import OURS, measure
from extraction_files import blocks, mail_message, rows
from extraction_office import make
from measuring import rate, surroundings, table

FORMATS = ("mbox", "csv", "json", "xml")
LIMIT_MIB = 200
_PART_BYTES = 4_000_000
_HEAD = {"csv": 1, "xml": 2}
"""Lines at the begin of a file that its repeated part has not."""
_SMALL_BYTES = 20_000


def make_large(kind: str, folder: Path, size_bytes: int, seed: int) -> Path:
    """A file of that size, its middle repeated: making a gigabyte of different rows takes longer than reading it."""
    if kind == "mbox":  # of messages with attachments of some size, as mailboxes that large have
        data = "".join(mail_message(n, block) for n, block in enumerate(blocks(rows(_PART_BYTES, seed), 800))).encode()
    else:
        part = make(kind, folder, "part", _PART_BYTES, seed)
        data = part.read_bytes()
        part.unlink()
    head, body, tail, joint = _parts(kind, data)
    path = folder / f"large.{kind}"
    with path.open("wb") as out:
        written = out.write(head)
        while written < size_bytes:
            written += out.write(body) + out.write(joint)
        out.write(body + tail)
    return path


def _parts(kind: str, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Head, what may be repeated, tail, and what stands between two of the repeated parts."""
    if kind == "json":  # one array in one line
        return b"[", data.strip()[1:-1], b"]\n", b","
    begin = 0
    for _ in range(_HEAD.get(kind, 0)):
        begin = data.index(b"\n", begin) + 1
    end = data.rindex(b"</personer>") if kind == "xml" else len(data)
    return data[:begin], data[begin:end], data[end:], b""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size-mb", type=float, default=1000.0, help="10^6 bytes a file (default 1000)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where to make the files (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 when a file could not be read, or took more memory than it may."""
    options = parse(arguments)
    lines, failed = [], False
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for kind in options.formats:
            small = make(kind, Path(folder), "small", _SMALL_BYTES, options.seed)
            path = make_large(kind, Path(folder), int(options.size_mb * 1e6), options.seed)
            size = path.stat().st_size
            measured = measure(sys.executable, OURS, small, path)
            path.unlink()
            if measured is None:
                failed = True
                print(f"- {kind}: failed", file=sys.stderr)
                continue
            peak = measured.peak_bytes / (1 << 20)
            failed = failed or peak > LIMIT_MIB
            speed = f"{rate(size, measured.cpu_seconds):.1f}"
            lines.append([kind, f"{size / 1e6:,.0f}", f"{peak:.0f}", speed, f"{measured.marks:,}"])
    print("\n".join(f"- {said}" for said in surroundings(options.seed)))
    header = ["format", "MB", "peak MiB", "MB/CPU s", "addresses"]
    print(f"\n{table(header, lines, markdown=options.markdown)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
