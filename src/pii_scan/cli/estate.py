"""`pii-scan estate init|show|check`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import write_new
from pii_scan.cli.options import Output, common, output
from pii_scan.config import Config, load_config
from pii_scan.errors import ConfigError, UsageError
from pii_scan.estate.model import FILE, shown_url
from pii_scan.model import printable

_FILE = click.argument("file", metavar="[FILE]", default=FILE, type=click.Path(path_type=Path))
_FORMAT = click.option(
    "--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group("estate", short_help="Begin, show, check the file that names all targets.")
def command() -> None:
    """The estate file: the targets of an organisation by name, with owner, system and activity.

    It is the configuration file of `scan --config`; `scan --all` scans every target in it. FILE is pii-scan.yaml in the
    working folder where none is given.

    \b
    Examples:
      pii-scan estate init
      pii-scan estate check
      pii-scan scan --all
    """  # noqa: D301  \b is for click


@command.command("init", short_help="Write a commented estate file.")
@_FILE
@common
def init(file: Path, **options: Any) -> None:
    """Write a commented estate file to FILE, which must not exist.

    \b
    Example:
      pii-scan estate init
    """  # noqa: D301  \b is for click
    from pii_scan.registry import data_folder

    talk = output(**options)
    write_new(file, (data_folder("configs") / "estate" / "skeleton.yaml").read_text("utf-8"))
    given = "" if str(file) == FILE else f" {file}"
    talk.say(f"{file}: fill it in, then run: pii-scan estate check{given}")


@command.command("show", short_help="List targets, systems and owners.")
@_FILE
@_FORMAT
@common
def show(file: Path, format_name: str, **options: Any) -> None:
    """List the targets in FILE with what it says of each. Asks no keyring, needs no variable, shows no credentials.

    \b
    Example:
      pii-scan estate show --format json
    """  # noqa: D301  \b is for click
    talk = output(**options)
    config = _checked(load_config(_there(file), {}, names=()))
    rows = []
    for name, one in config.estate.targets.items():
        where = printable(shown_url(one.url))
        said = {"system": one.system, "owner": one.owner, "activity": one.activity, "schedule": one.schedule}
        rows.append({"target": name, **said, "url": where})
    if format_name == "json":
        talk.say(json.dumps({"file": str(file), "targets": rows}, ensure_ascii=False, indent=2))
        return
    heads = ("target", "system", "owner", "activity", "schedule", "url")
    _table(talk, [heads, *(tuple(str(row[head]) or "-" for head in heads) for row in rows)])


@command.command("check", short_help="Say which targets can be reached and listed.")
@_FILE
@_FORMAT
@common
def check(file: Path, format_name: str, **options: Any) -> int:
    """Say of each target in FILE whether it can be opened and listed with the rights at hand. Reads no content.

    Exit code 0: all can; 3: one cannot, or something in it may not be read; 2: the file is wrong.

    \b
    Example:
      pii-scan estate check
    """  # noqa: D301  \b is for click
    from pii_scan.engines.reach import State, reach

    talk = output(**options)
    config = _checked(load_config(_there(file), os.environ))
    for path in (config.estate.notice, config.estate.ropa, config.estate.ropa_mapping, config.estate.accept):
        if path and not os.path.isfile(path):
            raise ConfigError(f"{file}: there is no file {path!r}")
    found = [reach(name, config) for name in config.targets]
    if format_name == "json":
        rows = [{"target": one.target, "state": one.state.value, "what": one.what} for one in found]
        talk.say(json.dumps({"file": str(file), "targets": rows}, ensure_ascii=False, indent=2))
    else:
        _table(talk, [(one.target, one.state.value, one.what) for one in found])
    return 0 if all(one.state is State.OK for one in found) else 3


def _there(file: Path) -> Path:
    if not file.exists():
        raise UsageError(f"there is no file {str(file)!r}", "`pii-scan estate init` begins one")
    return file


def _checked(config: Config) -> Config:
    """`config` itself, if it names targets, and systems that there are. Raises ConfigError or UsageError."""
    from pii_scan.systems.declared import check_declared

    if not config.targets:
        raise UsageError("the file names no target", "put them under 'targets'")
    check_declared(config)
    return config


def _table(talk: Output, rows: Sequence[Sequence[str]]) -> None:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))]
    for row in shown:
        talk.say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
