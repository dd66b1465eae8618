"""`pii-scan report`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import finished_run, opened, unwritable
from pii_scan.cli.options import common, output
from pii_scan.errors import UsageError, nearest

DECLARING_NAMES = ("ropa-csv", "ropa-xlsx", "dpv")
"""Formats that take --ropa and --notice."""
FORMAT_NAMES = ("html", "json", "csv", "xlsx", "markdown", "sarif", "avvik", *DECLARING_NAMES)


@click.command("report", short_help="Make a report from a run, without scanning again.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--format", "format_name", default="html", metavar="F", help=f"{', '.join(FORMAT_NAMES)} (default html).")
@click.option(
    "-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="Default standard output."
)
@click.option("--lang", type=click.Choice(["nb", "en"]), help="Default: the language of the scan.")
@click.option("--only-path", multiple=True, metavar="GLOB", help="Only documents whose path fits. May be repeated.")
@click.option(
    "--system", "systems", multiple=True, metavar="ID", help="Only documents of this system. May be repeated."
)
@click.option("--ropa", metavar="FILE", type=click.Path(path_type=Path), help="Record of processing (YAML, CSV, XLSX).")
@click.option("--ropa-mapping", metavar="FILE", type=click.Path(path_type=Path), help="Which column of it holds what.")
@click.option("--notice", metavar="FILE", type=click.Path(path_type=Path), help="Model of the privacy notice.")
@common
def command(
    run_folder: Path, format_name: str, file: Path | None, lang: str | None, only_path: tuple[str, ...],
    systems: tuple[str, ...], ropa: Path | None, ropa_mapping: Path | None, notice: Path | None, **options: Any,
) -> int:  # fmt: skip
    """Write the report of RUN in the format F; --ropa and --notice are for ropa-csv, ropa-xlsx and dpv, and `avvik` is
    the sheet for a personal data breach (GDPR Art. 33).

    \b
    Examples:
      pii-scan report run-2026-11 --format json -o report.json
      pii-scan report run-2026-11 --format avvik --only-path 'eksport/deltakere*' -o avvik.md
      pii-scan report run-2026-11 --format ropa-xlsx --ropa ropa.yaml --notice notice.yaml -o protokoll.xlsx
    """  # noqa: D301  \b is for click
    output(**options)
    if format_name not in FORMAT_NAMES:
        raise UsageError(f"no report format {format_name!r}", nearest(format_name, FORMAT_NAMES))
    if format_name not in DECLARING_NAMES and (ropa or ropa_mapping or notice):
        raise UsageError(f"--ropa and --notice are for {', '.join(DECLARING_NAMES)}, not for {format_name}")
    run = finished_run(run_folder)
    write = _writer(run, format_name, ropa, ropa_mapping, notice)
    if only_path or systems:
        run = _part(run, only_path, systems)
    language = lang or str(run.manifest.get("lang", "nb"))
    if file is None:
        write(run, sys.stdout.buffer, language)
        return 0
    try:
        with opened(file) as out:
            write(run, out, language)
    except OSError as error:
        raise unwritable(file, error) from None
    return 0


def _writer(
    run: Any, format_name: str, ropa: Path | None, mapping: Path | None, notice: Path | None
) -> Callable[..., None]:
    """What writes the format, given what the organisation says. Raises ConfigError for a file that is wrong."""
    from pii_scan.notice.model import load_notice
    from pii_scan.notice.record_file import load_record
    from pii_scan.report.declared import Declared
    from pii_scan.report.formats import DECLARING, FORMATS
    from pii_scan.systems.own import profiles_of

    if format_name not in DECLARING:
        return FORMATS[format_name]
    if mapping is not None and ropa is None:
        raise UsageError("--ropa-mapping says how to read the file of --ropa, and none was given")
    record = load_record(ropa, mapping, profiles_of(run.manifest).words()) if ropa else None
    return partial(DECLARING[format_name], declared=Declared(record, load_notice(notice) if notice else None))


def _part(run: Any, paths: tuple[str, ...], systems: tuple[str, ...]) -> Any:
    """The part of the run that is asked for. Raises UsageError where that is nothing."""
    import re

    from pii_scan.globs import Patterns
    from pii_scan.inventory.part_of_run import part_of

    prefixes = [re.split(r"[*?\[]", path.strip("/"))[0] for path in paths]
    return part_of(run, fits=Patterns(paths).fit if paths else None, prefixes=prefixes, systems=systems)
