"""Makes the data estate of Fjordlys Kurs AS, an invented course provider, with planted personal data and its truth.

Run: `python examples/make_estate.py FOLDER [--seed N]`. The same seed gives the same bytes. Beside the folder come
FOLDER.truth.csv (every planted value and its place), FOLDER.systems.csv (from which system each document is),
FOLDER.gaps.csv (the gaps planted against the estate's notice) and FOLDER.clean.txt (documents in which nothing may be
found).
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

from estate_accounting import write_accounting_files
from estate_business import write_business_files
from estate_clean import CLEAN_FOLDER, write_clean_files, write_unreadable_files
from estate_cloud import write_cloud_files
from estate_course import write_course_files
from estate_databases import write_database_files
from estate_google import write_google_files
from estate_learning import write_learning_files
from estate_mail import write_mail
from estate_marketing import write_marketing_files
from estate_marks import TRUTH_COLUMNS
from estate_microsoft import write_microsoft_files
from estate_privacy import write_privacy_files
from estate_record import write_record_files
from estate_site import write_site_files
from estate_truth import gaps_csv, systems_csv
from estate_web import write_web_files
from estate_writer import Estate


def make_estate(folder: Path, seed: int = 2026) -> list[dict[str, object]]:
    """Writes the estate into `folder` and returns the truth: one row for every occurrence of a planted value.

    The columns are `estate_marks.TRUTH_COLUMNS`; what does not apply to a kind of place is an empty string.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estate = Estate(folder, seed)
    write_course_files(estate)
    write_mail(estate)
    write_web_files(estate)
    write_business_files(estate)
    write_microsoft_files(estate)
    write_google_files(estate)
    write_marketing_files(estate)
    write_cloud_files(estate)
    write_accounting_files(estate)
    write_site_files(estate)
    write_learning_files(estate)
    write_database_files(estate)
    write_privacy_files(estate)
    write_record_files(estate)
    write_clean_files(estate)
    write_unreadable_files(estate)
    return estate.ledger.rows


def clean_documents(folder: Path) -> list[str]:
    """The documents of an estate in which nothing may be found, relative to `folder`."""
    return sorted(path.relative_to(folder).as_posix() for path in (folder / CLEAN_FOLDER).rglob("*") if path.is_file())


def truth_csv(rows: list[dict[str, object]]) -> str:
    """The truth as CSV; booleans as `true` and `false`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, TRUTH_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
    return out.getvalue()


def write_truth(folder: Path, rows: list[dict[str, object]]) -> None:
    """Writes `<folder>.truth.csv`, `.systems.csv`, `.gaps.csv` and `.clean.txt`, beside the estate and not in it."""
    folder.with_name(f"{folder.name}.truth.csv").write_text(truth_csv(rows), encoding="utf-8", newline="\n")
    folder.with_name(f"{folder.name}.systems.csv").write_text(systems_csv(), encoding="utf-8", newline="\n")
    folder.with_name(f"{folder.name}.gaps.csv").write_text(gaps_csv(), encoding="utf-8", newline="\n")
    names = "".join(f"{name}\n" for name in clean_documents(folder))
    folder.with_name(f"{folder.name}.clean.txt").write_text(names, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Makes the example estate and, beside it, the truth about it.")
    parser.add_argument("folder", type=Path, help="where to write; must be new, empty or an estate made before")
    parser.add_argument("--seed", type=int, default=2026, help="another seed gives another estate (default 2026)")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.resolve()
    truth = folder.with_name(f"{folder.name}.truth.csv")
    if folder.exists() and not truth.exists() and (not folder.is_dir() or any(folder.iterdir())):
        print(f"{options.folder} is not empty and not an estate made before", file=sys.stderr)
        return 2
    rows = make_estate(folder, options.seed)
    write_truth(folder, rows)
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    print(f"{files} files in {options.folder}, {len(rows)} planted values listed in {truth.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
