"""`pii-scan guard`: whether exports hold only what their contracts allow; begins contracts, keeps baselines."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_scan import __version__
from pii_scan.cli.files import write_new
from pii_scan.cli.options import Output, common, output
from pii_scan.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pii_scan.cli.guard_targets import Targets
    from pii_scan.contract.baseline import Entry, Prints
    from pii_scan.contract.observed import FileSeen
    from pii_scan.contract.result import Result

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")
BASELINE_DAYS = 90
CONTRACT_DAYS = 365
_FILE = click.Path(path_type=Path)


@click.command("guard", short_help="Stop exports that hold what their contract does not allow.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--contract", "contracts", metavar="FILE", multiple=True, help="A contract, or a folder. May be repeated."
)
@click.option("--baseline", metavar="FILE", type=_FILE, help="Violations that someone answers for until a day.")
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", "file", metavar="FILE", type=_FILE, help="Default standard output.")
@click.option("--name", metavar="NAME", help="What standard input (-) is called, e.g. customers.csv.")
@click.option("--since-git", metavar="REF", help="Only files that differ from this commit of the git repository.")
@click.option("--update-baseline", is_flag=True, help="Show what would change in --baseline, ask, and write it.")
@click.option("--yes", is_flag=True, help="Write the baseline without asking.")
@click.option("--owner", default="", metavar="TEXT", help="Who answers for new entries of the baseline.")
@click.option("--reason", default="", metavar="TEXT", help="Why they may stay.")
@click.option("--expires", metavar="DATE", help="Until when (default 90 days).")
@click.option("--rules", multiple=True, metavar="PATH", type=_FILE, help="Your own recognizers, files or folders.")
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.4, show_default=True,
              help="Leave out what is less sure.")  # fmt: skip
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files and folders that fit. May be repeated.")
@click.option("--jobs", type=click.IntRange(0, 1024), default=0, help="Workers for large files; default: processors.")
@click.option("--as-of", metavar="DATE", help="The day by which contracts and baselines count (default today).")
@click.option("--lang", type=click.Choice(["nb", "en"]), default="nb", show_default=True, help="Of the output.")
@common
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Hold every PATH (file, folder, or - for standard input) against its contract.

    One line a violation, with what to do. Exit code 1: something is there that the contract does not allow; 3: nothing
    is, but something could not be read; 2: wrong call, nothing was read; 0: the export may go.

    `guard new PATH...` begins a contract from what an export holds today; a file that is called new is ./new.

    \b
    Examples:
      pii-scan guard new exports/customers.csv -o contracts/customers.yaml
      pii-scan guard exports/ --contract contracts/
      sqlite3 -csv -header shop.db "select * from customers" | pii-scan guard - --name customers.csv --contract c.yaml
    """  # noqa: D301  \b is for click
    talk = output(quiet=options["quiet"], verbose=options["verbose"], no_color=options["no_color"])
    as_of = _day("--as-of", options["as_of"], datetime.now(tz=UTC).date())
    if paths[0] == "new":
        return _begin(paths[1:], options, talk, as_of)
    if not options["contracts"]:
        raise UsageError("no --contract given", "begin one with: pii-scan guard new PATH -o FILE")
    if options["update_baseline"] and options["baseline"] is None:
        raise UsageError("--update-baseline needs a file", "give --baseline FILE")
    result, entries, prints = _guarded(paths, options, as_of)
    if options["update_baseline"]:
        return _renew(result, entries, prints, options, talk)
    _write(_said(result, options), options["file"], talk)
    return result.exit_code


def _guarded(paths: Sequence[str], options: dict[str, Any], as_of: date) -> tuple[Result, Sequence[Entry], Prints]:
    """(the outcome, the entries of the baseline, its fingerprints). Reads all that is written by hand first."""
    from pii_scan.cli.guard_targets import targets
    from pii_scan.contract.baseline import Prints, apply, load_baseline
    from pii_scan.contract.comments import forgive
    from pii_scan.contract.judge import judge
    from pii_scan.contract.model import load_contracts
    from pii_scan.contract.result import Result

    contracts = load_contracts(options["contracts"], _own_names(options["rules"]))
    key = _key()
    prints = Prints(key)
    entries: Sequence[Entry] = ()
    if options["baseline"] is not None and (options["baseline"].exists() or not options["update_baseline"]):
        entries = load_baseline(options["baseline"], prints)
    with targets(paths, options["name"], options["exclude"], options["since_git"]) as found:
        files = _read(found, options, key, as_of)
        comments = forgive(files, contracts, found.text)
    violations = judge(files, contracts, as_of)
    if options["update_baseline"]:
        return Result(files, contracts, tuple(violations), as_of), entries, prints
    applied = apply(violations, entries, prints, as_of)
    looked_at = {entry for entry in applied.unused if entry.identity.file in files}
    unused = tuple(entry.name for entry in applied.unused if entry in looked_at)
    return (
        Result(files, contracts, applied.firing, as_of, applied.known, comments, applied.expired, unused), entries,
        prints,
    )  # fmt: skip


def _read(found: Targets, options: dict[str, Any], key: bytes | None, as_of: date) -> Mapping[str, FileSeen]:
    from pii_scan.contract.observed import gather
    from pii_scan.engines.inspect import inspect
    from pii_scan.model import Limits
    from pii_scan.settings import Settings

    settings = Settings(
        key=(key or secrets.token_bytes(32)).hex(), as_of=as_of.isoformat(), only=(), limits=Limits(), for_guard=True,
        rules=tuple(str(path) for path in options["rules"]), min_score=options["min_score"],
    )  # fmt: skip
    return gather(inspect(settings, found.descriptions, options["jobs"])) if found.descriptions else {}


def _own_names(rules: Sequence[Path]) -> list[str]:
    """Entity types and categories that the user's own recognizers add. Raises RuleError."""
    if not rules:
        return []
    from pii_scan.detect.rules import load_rules

    return [name for rule in load_rules(rules) for name in (rule.entity_type, rule.category)]


def _key() -> bytes | None:
    """The project's key, where there is one; the key file of a machine would not be the same in CI."""
    from pii_scan.findings.keys import KEY_VARIABLE, fingerprint_key

    return fingerprint_key(os.environ, Path()) if os.environ.get(KEY_VARIABLE, "").strip() else None


def _begin(paths: Sequence[str], options: dict[str, Any], talk: Output, as_of: date) -> int:
    """A contract from what is there, into a file that must not exist, or to standard output."""
    from pii_scan.cli.guard_targets import targets
    from pii_scan.contract.draft import drafted

    if not paths:
        raise UsageError("guard new: no PATH given", "a file that is called new is ./new")
    with targets(paths, options["name"], options["exclude"], options["since_git"]) as found:
        files = _read(found, options, None, as_of)
    text = drafted(files, as_of + timedelta(days=CONTRACT_DAYS))
    if options["file"] is None:
        talk.say(text)
    else:
        write_new(options["file"], text)
    return 0 if all(file.read for file in files.values()) else 3


def _renew(result: Result, entries: Sequence[Entry], prints: Prints, options: dict[str, Any], talk: Output) -> int:
    """Shows what would change, asks, and writes."""
    from pii_scan.contract.baseline import Answer, differences, renewed, written

    expires = _day("--expires", options["expires"], result.as_of + timedelta(days=BASELINE_DAYS))
    answer = Answer(options["owner"], options["reason"], expires)
    unread = [file.name for file in result.unread]
    after = renewed(result.violations, entries, prints, answer, result.as_of, unread)
    changes = differences(entries, after)
    talk.say("\n".join(changes) if changes else "no change")
    if not prints:
        talk.note("note: without PII_SCAN_KEY the baseline bounds numbers and cannot tell a new value from a known one")
    if changes:
        if not options["yes"]:
            if not sys.stdin.isatty():
                raise UsageError("the baseline was not written: there is no one to ask", "look at it, then say --yes")
            click.confirm("Write it?", abort=True, err=True)
        _write(written(after, prints), options["baseline"], talk)
        if any(not entry.owner.strip() or not entry.reason.strip() for entry in after):
            talk.note("note: fill in owner and reason; until then the baseline is refused")
    return 3 if result.unread else 0


def _said(result: Result, options: dict[str, Any]) -> str:
    from pii_scan.report.guard_view import guard_view

    view = guard_view(result, options["lang"], __version__)
    name = options["format_name"]
    if name == "text":
        from pii_scan.report.guard_text import text

        return text(view)
    if name == "json":
        from pii_scan.report.guard_json import as_json

        return as_json(view)
    from pii_scan.report.annotations import as_github, as_gitlab
    from pii_scan.report.guard_sarif import as_sarif
    from pii_scan.report.junit import as_junit

    make = {"sarif": as_sarif, "junit": as_junit, "github": as_github, "gitlab": as_gitlab}[name]
    return make(view, _key())


def _day(option: str, text: str | None, default: date) -> date:
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option}: {text!r} is no day", "write it as 2026-11-22") from None


def _write(said: str, file: Path | None, talk: Output) -> None:
    if file is None:
        talk.say(said)
        return
    from pii_scan.findings.store import replacing

    try:
        with replacing(file) as out:
            out.write(said.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}") from None
