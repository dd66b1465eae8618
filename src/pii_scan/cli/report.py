"""`pii-scan report`."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import click

from pii_scan.cli.options import common, output
from pii_scan.errors import UsageError, nearest

FORMAT_NAMES = ("html", "json", "csv", "markdown", "avvik")


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
@common
def command(
    run_folder: Path, format_name: str, file: Path | None, lang: str | None, only_path: tuple[str, ...],
    systems: tuple[str, ...], **options: Any,
) -> int:  # fmt: skip
    """Write the report of RUN in the format F; `avvik` is the sheet for a personal data breach (GDPR Art. 33).

    \b
    Examples:
      pii-scan report run-2026-11 --format json -o report.json
      pii-scan report run-2026-11 --format avvik --only-path 'eksport/deltakere*' -o avvik.md
      pii-scan report run-2026-11 --format markdown --lang en
    """  # noqa: D301  \b is for click
    output(**options)
    if format_name not in FORMAT_NAMES:
        raise UsageError(f"no report format {format_name!r}", nearest(format_name, FORMAT_NAMES))
    from pii_scan.errors import RunError
    from pii_scan.findings.store import load_run
    from pii_scan.report.formats import FORMATS

    try:
        run = load_run(run_folder)
    except RunError as error:
        raise UsageError(error.message, error.hint) from None
    if only_path or systems:
        run = _part(run, only_path, systems)
    language = lang or str(run.manifest.get("lang", "nb"))
    if file is None:
        FORMATS[format_name](run, sys.stdout.buffer, language)
        return 0
    try:
        with _opened(file) as out:
            FORMATS[format_name](run, out, language)
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}") from None
    return 0


def _part(run: Any, paths: tuple[str, ...], systems: tuple[str, ...]) -> Any:
    """The part of the run that is asked for. Raises UsageError where that is nothing."""
    import re

    from pii_scan.inventory.part_of_run import part_of
    from pii_scan.sources.globs import Patterns

    prefixes = [re.split(r"[*?\[]", path.strip("/"))[0] for path in paths]
    return part_of(run, fits=Patterns(paths).fit if paths else None, prefixes=prefixes, systems=systems)


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    """The file to write to: whole or not at all; a device or a pipe as it comes. A link stays a link."""
    from pii_scan.findings.store import replacing

    file = Path(os.path.realpath(file))
    return open(file, "wb") if file.exists() and not file.is_file() else replacing(file)
