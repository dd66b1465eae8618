"""One reader on one file, in a process of its own: prints seconds, peak memory, and how much text it gave, as JSON.

Run by `extraction.py` with the Python of pii-scan or of the alternatives. Imports are made before the clock starts. A
side has done its work when every value of the file has been in its hands as text.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import sides_data
import sides_mail
import sides_office

MARK = "@example."


def pii_scan(path: str) -> Iterator[Any]:
    from pii_scan.extract import dispatch
    from pii_scan.model import Document, DocumentRef, Limits

    with open(path, "rb", 1 << 18) as content:
        document = Document(DocumentRef("benchmark", path.rpartition("/")[2]), content, local_path=path)
        # A mailbox of a gigabyte has more messages than one worker reads of it in a scan, which cuts it into slices.
        for piece in dispatch.extract(document, Limits(max_members=10_000_000, max_total_members=10_000_000)):
            if isinstance(piece, dispatch.Extracted):
                yield piece.batch.texts


SIDES: dict[str, Callable[[str], Iterator[Any]]] = {
    name: side
    for module in (sides_data, sides_mail, sides_office)
    for name, side in vars(module).items()
    if "_" in name and name.islower() and not name.startswith("_")
} | {"pii_scan": pii_scan}


def _bytes(texts: Any) -> bytes:
    """The bytes of an Arrow array of texts, as the detector takes them: without a Python object for each."""
    _, ends, data = texts.buffers()
    offsets = memoryview(ends).cast("q" if type(texts).__name__ == "LargeStringArray" else "i")
    first, last = offsets[texts.offset], offsets[texts.offset + len(texts)]
    return bytes(memoryview(data)[first:last]) if last > first else b""


def peak_bytes() -> int:
    """Most memory that this process had resident at once, and the largest of its children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 + children
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) + children


def cpu_seconds() -> float:
    """CPU time of this process and its ended children."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def read(side: str, path: str) -> tuple[int, int]:
    """Characters (bytes, where a side gives bytes) and planted addresses that a side finds in a file."""
    chars = marks = 0
    for piece in SIDES[side](path):
        if not isinstance(piece, str):  # a text or a column of pii-scan's, as it goes to the detector
            piece = _bytes(piece)
        chars += len(piece)
        marks += piece.count(MARK if isinstance(piece, str) else MARK.encode())
    return chars, marks


def main() -> None:
    """Reads the file named third with the side named first, after a small one of the same kind that is not counted."""
    side, small, path = sys.argv[1:4]
    read(side, small)
    cpu, wall = cpu_seconds(), time.perf_counter()
    chars, marks = read(side, path)
    done = {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, "peak": peak_bytes()}
    print(json.dumps({**done, "chars": chars, "marks": marks}))


if __name__ == "__main__":
    main()
