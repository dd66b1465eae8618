"""`pii-scan ropa new|check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import write_new
from pii_scan.cli.options import common, output


@click.group("ropa", short_help="Begin or check a record of processing activities.")
def command() -> None:
    """The record of processing activities (protokoll, GDPR Art. 30), as YAML, CSV or XLSX.

    \b
    Examples:
      pii-scan ropa new ropa.yaml
      pii-scan ropa check protokoll.xlsx
    """  # noqa: D301  \b is for click


@command.command("new", short_help="Write a commented skeleton of a record.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@common
def new_record(file: Path, **options: Any) -> None:
    """Write a commented skeleton of a record (YAML) to FILE, which must not exist.

    \b
    Example:
      pii-scan ropa new ropa.yaml
    """  # noqa: D301  \b is for click
    from pii_scan.registry import data_folder

    talk = output(**options)
    skeleton = (data_folder("configs") / "ropa" / "skeleton.yaml").read_text("utf-8")
    write_new(file, skeleton)
    talk.say(f"{file}: fill it in, then run: pii-scan ropa check {file}")


@command.command("check", short_help="Say how a record was understood.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--mapping", "--ropa-mapping", "mapping", metavar="FILE", type=click.Path(path_type=Path),
    help="YAML that says which column holds which field.",
)  # fmt: skip
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--lang", type=click.Choice(["nb", "en"]), default="nb", show_default=True, help="Language of the text.")
@common
def check_record(file: Path, mapping: Path | None, format_name: str, lang: str, **options: Any) -> None:
    """Say how each column and each activity of the record in FILE was understood, and what was left out.

    \b
    Examples:
      pii-scan ropa check protokoll.xlsx
      pii-scan ropa check protokoll.csv --mapping columns.yaml --format json
    """  # noqa: D301  \b is for click
    from pii_scan.notice.record_file import read_record
    from pii_scan.report import record_check
    from pii_scan.systems.profiles import profiles

    talk = output(**options)
    reading = read_record(file, mapping, profiles().words())
    talk.say(record_check.as_json(reading) if format_name == "json" else record_check.text(reading, file.name, lang))
