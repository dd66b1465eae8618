"""A tree of files that is scanned where it lies and from a store, and what must be the same."""

from __future__ import annotations

import io
import random
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sql_servers import Scanned, scanned

from pii_scan.model import Limits

LIMITS = Limits(stall_seconds=8.0)
"""A store that does not answer is given up after four seconds."""
SLICE_BYTES = 1 << 19
MAIL = "person{}@example.no"


def make_tree(folder: Path) -> Path:
    """Texts, a table and an archive that are read in parts, and a database."""
    for number in range(6):
        file = folder / f"mappe {number % 2}" / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Nr. 11837533335\n{MAIL.format(number)}\n", "utf-8")
    (folder / "æ+ø #1.txt").write_text(MAIL.format("x"), "utf-8")
    (folder / "tom.txt").write_bytes(b"")
    write_table(folder / "stor.csv")
    write_parquet(folder / "stor.parquet")
    write_zip(folder / "stor.zip")
    (folder / "brutt.zip").write_bytes(b"PK\3\4 brutt")
    with sqlite3.connect(folder / "base.db") as connection:
        connection.execute("CREATE TABLE kunder (epost TEXT)")
        connection.executemany("INSERT INTO kunder VALUES (?)", [(MAIL.format(n),) for n in range(50)])
    connection.close()
    return folder


def write_table(file: Path) -> None:
    """One and a half MiB, of which addresses are little."""
    lines = (f"{number};{MAIL.format(number)};{'merknad ' * 25}\n" for number in range(6500))
    file.write_text("nr;epost;merknad\n" + "".join(lines), "utf-8")


def write_parquet(file: Path) -> None:
    """Ten row groups of a quarter of a MiB each, with an address in each."""
    noise = random.Random(5)
    groups, rows = 10, 1 << 15
    mails = [MAIL.format(at) if at % rows == 7 else None for at in range(groups * rows)]
    table = pa.table({"epost": mails, "verdi": [noise.random() for _ in mails]})
    pq.write_table(table, file, row_group_size=rows, use_dictionary=False)


def write_zip(file: Path) -> None:
    """A large member with a password between two small ones."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("foran.txt", MAIL.format("foran"))
        archive.writestr("midt.bin", b"\0\1\2\3" + random.Random(6).randbytes(6 << 20))
        archive.writestr("bak.txt", MAIL.format("bak"))
    content = bytearray(made.getvalue())
    for mark, flags, name in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        at = content.find(mark)
        while at >= 0:
            if content.startswith(b"midt", at + name):
                content[at + flags] |= 1  # it is encrypted, by what it says
            at = content.find(mark, at + 1)
    file.write_bytes(content)


def read(url: str, slice_bytes: int = SLICE_BYTES, limits: Limits = LIMITS, **chosen: Any) -> Scanned:
    """A scan in this process."""
    return scanned(url, slice_bytes=slice_bytes, limits=limits, **chosen)


def found(scan: Scanned) -> list[str]:
    """All findings, whatever the target is called."""
    return _rows(scan, "findings")


def problems(scan: Scanned) -> list[str]:
    """All problems, whatever the target is called."""
    return _rows(scan, "problems")


def _rows(scan: Scanned, table: str) -> list[str]:
    return sorted(str({key: value for key, value in row.items() if key != "target"}) for row in scan.rows(table))
