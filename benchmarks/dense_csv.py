"""A whole scan of a CSV of which every row holds four personal values: rows a second, bytes of stored findings a row,
peak memory. Each row has its own person: names, numbers and addresses hardly recur, unlike in `corpora.py`.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from corpora import SEED
from measuring import launched, surroundings, table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

from estate_people import Person, national_number, people, phone_number

HEADER = "navn;fodselsnummer;epost;telefon;belop"
_POOL = 1200
_LIMIT_SECONDS = 4 * 3600


@functools.cache
def _population() -> list[Person]:
    return people(random.Random("dense"), _POOL)


def rows(count: int, seed: int = SEED) -> Iterator[str]:
    """The rows without line ends; the same for the same seed. Two names of the pool make one of its square."""
    rng = random.Random(f"{seed}:dense_csv")
    persons = _population()
    for number in range(count):
        one, other = rng.choice(persons), rng.choice(persons)
        name = f"{one.full_name.rpartition(' ')[0]} {other.full_name.rpartition(' ')[2]}"
        mail = f"{one.mail.partition('@')[0]}{number}@example.no"
        phone = phone_number(rng.randrange(10_000), "plain")
        yield f"{name};{national_number(one.born, rng)};{mail};{phone};{rng.randint(1, 99_999)},50"


def write(path: Path, count: int, seed: int = SEED) -> None:
    """Writes the file with its header."""
    with path.open("w", encoding="utf-8") as out:
        out.write(f"{HEADER}\n")
        lines = rows(count, seed)
        while block := list(itertools.islice(lines, 10_000)):
            out.write("\n".join(block) + "\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file (default 1,000,000)")
    parser.add_argument("--full", action="store_true", help="10,000,000 rows")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, help="where to make the file (default: a temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 1 when the scan failed or found none."""
    options = parse(arguments)
    count = 10_000_000 if options.full else options.rows
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path, run = Path(folder) / "dense.csv", Path(folder) / "run"
        write(path, count, options.seed)
        command = [sys.executable, "-m", "pii_scan", "scan", str(path), "--out", str(run), "--quiet"]
        done = launched([*command, "--jobs", str(options.jobs)], Path(folder), os.environ, _LIMIT_SECONDS)
        stored = {name: sum(part.stat().st_size for part in (run / name).glob("*")) for name in ("findings", "index")}
        size = path.stat().st_size
    print("\n".join(f"- {line}" for line in [*surroundings(options.seed), f"workers: {options.jobs}"]))
    figures = [
        f"{count:,}", f"{size / 1e6:.0f}", f"{done.wall_seconds:.1f}", f"{done.cpu_seconds:.1f}",
        f"{count / done.wall_seconds:,.0f}", f"{count / done.cpu_seconds:,.0f}",
        f"{sum(stored.values()) / count:.1f}", f"{done.peak_mib:.0f}", str(done.code),
    ]  # fmt: skip
    header = ["rows", "MB", "wall s", "CPU s", "rows/s wall", "rows/s CPU", "stored bytes/row", "peak MiB", "exit code"]
    print(f"\n{table(header, [figures], markdown=options.markdown)}")
    return 1 if done.code or not stored["index"] else 0


if __name__ == "__main__":
    sys.exit(main())
