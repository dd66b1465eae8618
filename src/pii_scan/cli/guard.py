"""`pii-scan guard`: whether exports hold only what their contracts allow."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_scan.cli.options import Output, common, output
from pii_scan.errors import ConfigError, TargetError, UsageError

if TYPE_CHECKING:
    from pii_scan.contract.result import Result

FORMATS = ("text", "json")
_FILE = click.Path(path_type=Path)
_PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH...")


@click.command("guard", short_help="Stop an export that holds what its contract does not allow.")
@_PATHS
@click.option("--contract", "contracts", metavar="FILE", multiple=True, required=True,
              help="Contract, or a folder of them. May be repeated.")  # fmt: skip
@click.option("--name", metavar="NAME", help="What standard input (-) is called, e.g. customers.csv.")
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", "file", metavar="FILE", type=_FILE, help="Default standard output.")
@click.option("--rules", multiple=True, metavar="PATH", type=_FILE, help="Your own recognizers, files or folders.")
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.4, show_default=True,
              help="Leave out what is less sure.")  # fmt: skip
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files and folders that fit. May be repeated.")
@click.option(
    "--jobs", type=click.IntRange(0, 1024), default=0, help="Workers for large files; default one a processor."
)
@click.option("--as-of", metavar="DATE", help="The day by which contracts and baselines count (default today).")
@click.option(
    "--lang", type=click.Choice(["nb", "en"]), default="nb", show_default=True, help="Language of the output."
)
@common
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Hold every PATH (file, folder, or - for standard input) against its contract.

    One line a violation, with what to do. Exit code 1: something is there that the contract does not allow; 3: nothing
    is, but something could not be read; 2: wrong call, nothing was read; 0: the export may go.

    \b
    Examples:
      pii-scan guard exports/ --contract contracts/
      sqlite3 -csv -header shop.db "select * from customers" | pii-scan guard - --name customers.csv --contract c.yaml
    """  # noqa: D301  \b is for click
    talk = output(quiet=options["quiet"], verbose=options["verbose"], no_color=options["no_color"])
    as_of = _day(options["as_of"])
    result = _guarded(paths, options, as_of)
    _write(result, options, talk)
    return result.exit_code


def _guarded(paths: Sequence[str], options: dict[str, Any], as_of: date) -> Result:
    from pii_scan.contract.judge import judge
    from pii_scan.contract.model import load_contracts
    from pii_scan.contract.observed import gather
    from pii_scan.contract.result import Result
    from pii_scan.engines.inspect import inspect

    contracts = load_contracts(options["contracts"], _own_types(options["rules"]))
    key = _key()
    descriptions, close = _described(paths, options)
    try:
        files = gather(inspect(_settings(options, key, as_of), descriptions, options["jobs"]))
    finally:
        close()
    return Result(files, contracts, tuple(judge(files, contracts, as_of)), as_of)


def _settings(options: dict[str, Any], key: bytes | None, as_of: date) -> Any:
    from pii_scan.model import Limits
    from pii_scan.pipeline import Settings

    return Settings(
        key=(key or secrets.token_bytes(32)).hex(), as_of=as_of.isoformat(), only=(), limits=Limits(), for_guard=True,
        rules=tuple(str(path) for path in options["rules"]), min_score=options["min_score"],
    )  # fmt: skip


def _own_types(rules: Sequence[Path]) -> list[str]:
    """The names that the user's own recognizers add. Raises RuleError."""
    if not rules:
        return []
    from pii_scan.detect.rules import load_rules

    found = load_rules(rules)
    return [name for rule in found for name in (rule.entity_type, rule.category)]


def _key() -> bytes | None:
    """The project's key, where there is one; the key file of a machine would not be the same in CI."""
    from pii_scan.findings.redact import KEY_VARIABLE, fingerprint_key

    return fingerprint_key(os.environ, Path()) if os.environ.get(KEY_VARIABLE, "").strip() else None


def _described(paths: Sequence[str], options: dict[str, Any]) -> tuple[list[dict[str, Any]], Any]:
    """(descriptions of the sources, what to call when all is read)."""
    from pii_scan.sources import describe_listed, describe_stdin
    from pii_scan.sources.stdin import spool_stdin

    by_root: dict[str, list[str]] = {}
    for path in paths:
        if path != "-":
            root, inner = _rooted(path)
            by_root.setdefault(root, []).append(inner)
    descriptions = [describe_listed(root, inner, options["exclude"]) for root, inner in by_root.items()]
    if "-" not in paths:
        if options["name"]:
            raise UsageError("--name says what standard input is called", "give - as a PATH")
        return descriptions, lambda: None
    stdin = spool_stdin(sys.stdin.buffer, name=options["name"] or "-")
    return [*descriptions, describe_stdin(stdin)], stdin.close


def _rooted(path: str) -> tuple[str, str]:
    """(folder, path from there): the working folder where the path lies below it, else the one it lies in."""
    if not os.path.lexists(path):
        raise TargetError(f"{path!r} does not exist", "name files or folders, or - for standard input")
    whole = os.path.abspath(path)
    here = os.getcwd()
    inner = os.path.relpath(whole, here) if os.path.splitdrive(whole)[0] == os.path.splitdrive(here)[0] else ".."
    if inner == os.pardir or inner.startswith(os.pardir + os.sep):
        return os.path.split(whole)
    return here, inner.replace(os.sep, "/")


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--as-of: {text!r} is no day", "write it as 2026-11-22") from None


def _write(result: Result, options: dict[str, Any], talk: Output) -> None:
    from pii_scan.report import guard_json, guard_text
    from pii_scan.report.guard_view import guard_view

    view = guard_view(result, options["lang"])
    said = guard_text.text(view) if options["format_name"] == "text" else guard_json.as_json(view)
    if options["file"] is None:
        talk.say(said)
        return
    from pii_scan.findings.store import replacing

    try:
        with replacing(options["file"]) as out:
            out.write(said.encode())
    except OSError as error:
        raise UsageError(f"{str(options['file'])!r} cannot be written: {error.strerror}") from None
