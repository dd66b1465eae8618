"""What the attribution of documents to systems costs beside detection, in CPU seconds of this process.

One large CSV, one large access log, and many small mails, each read, looked at and searched as a scan does it.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

from corpora import CSV_HEADER, SEED, sample
from measuring import surroundings, table

from pii_scan.detect.columns import ColumnPlace
from pii_scan.detect.detector import Detector, Reading
from pii_scan.extract.dispatch import DocumentDone, Extracted, extract
from pii_scan.model import ColumnOrigin, Document, DocumentRef, Limits
from pii_scan.systems.attribution import Attribution
from pii_scan.systems.profiles import profiles

MAIL = (
    "From: a@example.no\r\nTo: b@example.no\r\nSubject: Hei\r\nDate: Mon, 5 Jan 2026 10:00:00 +0100\r\n"
    "Message-ID: <1@example.no>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
)


@dataclass(slots=True)
class Cost:
    """CPU seconds."""

    detection: float = 0.0
    attribution: float = 0.0
    systems: str = ""


def documents(kind: str, size_bytes: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and content: of `mail` many, of `csv` and `access` one."""
    lines = sample("prose" if kind == "mail" else kind, "medium", 20_000, seed)
    if kind == "mail":
        for number in range(size_bytes // 2000):
            body = "\r\n".join(lines[number % 19_000 : number % 19_000 + 12])
            yield f"{number}.eml", (MAIL + body).encode()
        return
    block = ("\n".join(line.rstrip("\n") for line in lines) + "\n").encode()
    head = f"{CSV_HEADER}\n".encode() if kind == "csv" else b""
    yield f"x.{kind}", head + block * max(size_bytes // len(block), 1)


def measured(kind: str, size_bytes: int, seed: int, detector: Detector, attribution: Attribution) -> Cost:
    """The costs of one kind of document."""
    cost = Cost()
    for name, content in documents(kind, size_bytes, seed):
        reading = detector.reading()
        for piece in extract(Document(DocumentRef("t", name), io.BytesIO(content)), Limits()):
            start = time.process_time()
            if isinstance(piece, Extracted):
                attribution.observe(piece.ref, piece.batch)
                middle = time.process_time()
                _search(piece, reading)
                cost.attribution += middle - start
                cost.detection += time.process_time() - middle
            elif isinstance(piece, DocumentDone):
                cost.systems = str(attribution.finish(piece.ref, piece.media_type)[0] or "none")
                cost.attribution += time.process_time() - start
    return cost


def _search(piece: Extracted, reading: Reading) -> None:
    origin = piece.batch.origin
    if isinstance(origin, ColumnOrigin):
        place = ColumnPlace(origin.header, origin.column, origin.sheet, origin.table_headers)
        reading.cells(piece.batch.texts, place, origin.first_row)
    else:
        reading.texts(piece.batch.texts)


def main(arguments: list[str] | None = None) -> int:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size-mb", type=float, default=2.0, help="of each kind (default %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    detector, attribution = Detector(), Attribution(profiles())
    rows = []
    for kind in ("csv", "access", "mail"):
        cost = measured(kind, int(options.size_mb * 1e6), options.seed, detector, attribution)
        share = f"{cost.attribution / max(cost.detection, 1e-9):.2%}"
        rows.append([kind, cost.systems, f"{cost.detection:.2f}", f"{cost.attribution:.3f}", share])
    print("\n".join(surroundings(options.seed)), end="\n\n")
    head = ["documents", "system", "detection s", "attribution s", "share"]
    print(table(head, rows, markdown=options.markdown))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
