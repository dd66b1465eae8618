"""`pii-scan scan`."""

from __future__ import annotations

import _thread
import contextlib
import dataclasses
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from pii_scan.arrow_alone import load_arrow
from pii_scan.cli.options import Output, common, output
from pii_scan.cli.whole_estate import chosen_file, scan_whole_estate
from pii_scan.config import ENGINES, Config, checked, load_config, parse_size
from pii_scan.errors import UsageError, nearest


@click.command("scan", short_help="Scan targets into a run folder and write a report.")
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--out", metavar="RUN", type=click.Path(path_type=Path), help="Run folder; default pii-scan-<UTC time>.")
@click.option(
    "--config", "config_file", metavar="FILE", type=click.Path(), help="YAML file with options and named targets."
)
@click.option("--all", "all_targets", is_flag=True, help="Every target of the configuration file, into one run.")
@click.option("--jobs", type=click.IntRange(0, 1024), help="Worker processes; default one for each processor.")
@click.option("--engine", type=click.Choice(ENGINES), help="Where the work runs: here (default), or on a Ray cluster.")
@click.option("--only", metavar="ENTITY,...", help="Look for these entity types only.")
@click.option("--min-score", type=click.FloatRange(0, 1), help="Leave out findings below this score (default 0.4).")
@click.option("--include", multiple=True, metavar="GLOB", help="Scan only files or tables that fit. May be repeated.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files, folders, tables that fit. Likewise.")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run in --out; it knows targets and options.")
@click.option(
    "--since", default="", metavar="RUN", help="Read only what changed since this run; `last`: the newest beside --out."
)
@click.option("--sample", type=click.IntRange(min=1), metavar="ROWS", help="Read so many rows of each database table.")
@click.option(
    "--max-db-connections", type=click.IntRange(min=1), metavar="N", help="Connections to a database (default 5)."
)
@click.option("--max-file-size", metavar="SIZE", help="Do not open larger files; each is reported (e.g. 2G).")
@click.option(
    "--timeout-per-document", type=click.FloatRange(min=1), metavar="SECONDS", help="Default 900, and 1 a MiB."
)
@click.option(
    "--rules", multiple=True, metavar="PATH", type=click.Path(), help="Your own recognizers, files or folders."
)
@click.option("--presidio", multiple=True, metavar="MODULE:CLASS", help="Your own Presidio recognizers.")
@click.option(
    "--ner", "--ner-config", "ner", multiple=True, metavar="NAME|FOLDER|FILE",
    help="Your own language model: a spaCy pipeline, or Presidio's NLP engine configuration (YAML).",
)  # fmt: skip
@click.option(
    "--names", multiple=True, metavar="FILE", type=click.Path(), help="Your own list of names: name or name,count."
)
@click.option(
    "--systems", multiple=True, metavar="PATH", type=click.Path(), help="Your own systems and rules of paths."
)
@click.option("--as-of", metavar="DATE", help="The day that decides which numbers exist (default today).")
@click.option("--fail-on", multiple=True, metavar="ENTITY|CATEGORY|any", help="Exit 1 if found. May be repeated.")
@click.option("--allow-incomplete", is_flag=True, help="Exit 0 although something could not be read.")
@click.option("--lang", type=click.Choice(["nb", "en"]), help="Language of summary and report (default nb).")
@click.option("--format", "format_name", type=click.Choice(["text", "line"]), default="text", show_default=True,
              help="The summary: a table, or one line for mail.")  # fmt: skip
@click.option("--profile", is_flag=True, help="Say where the time went, by stage and by kind of document.")
@common
def command(targets: tuple[str, ...], **options: Any) -> int:
    """Scan every TARGET (file, folder, URL of a database or store, name in the configuration file, or - for standard
    input) into the folder RUN.

    Prints a summary and writes RUN/report.html. Exit code 0: everything was read; 3: something was not; 1:
    --fail-on found what it names; 2: wrong call, nothing was scanned; 130: interrupted, and --resume goes on.

    \b
    Examples:
      pii-scan scan /srv/share --out run-2026-11
      pii-scan scan --resume --out run-2026-11
      pii-scan scan /srv/share --out run-2026-12 --since run-2026-11
      pii-scan scan export.csv --fail-on NO_FODSELSNUMMER --quiet
      pii-scan scan --all --since last --format line
      RAY_ADDRESS=head:6379 pii-scan scan /srv/share --engine ray
      PGPASSWORD=... pii-scan scan postgresql://reader@db.example.no/crm --exclude 'audit.*'
    """  # noqa: D301  \b is for click
    talk = output(quiet=options["quiet"], verbose=options["verbose"], no_color=options["no_color"])
    how = {name: options[name] for name in ("resume", "since", "profile")}
    whole = bool(options["all_targets"])
    if whole and targets:
        raise UsageError("--all means every target of the configuration file", "name no target beside it")
    if not targets and not whole and not options["resume"]:
        raise UsageError("no target given", "name a file, a folder, a database or a store; or --resume with --out RUN")
    options["config_file"] = chosen_file(targets, whole=whole, given=options["config_file"])
    options["targets"] = targets or None
    config = _config_to_resume(options) if options["resume"] else _config(options, Config())
    gates = _gates(options["fail_on"], config)
    call = Call(talk, tuple(gates), options["allow_incomplete"], options["format_name"] == "line")
    if whole:
        return scan_whole_estate(config, options["out"], talk, partial(scan_and_report, call=call), how)
    return scan_and_report(targets, config, options["out"], call, **how)


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """How a scan is told of, and what ends it with another exit code."""

    talk: Output
    gates: tuple[str, ...] = ()
    allow_incomplete: bool = False
    line: bool = False
    """One line in place of the summary."""


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Meanwhile SIGTERM, by which service managers and containers end a program, does what Ctrl-C does; and neither is
    lost in what swallows exceptions (`__del__`, callbacks): it comes again a moment later.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    swallowed = sys.unraisablehook
    coming: list[threading.Timer] = []

    def again(told: Any) -> None:
        if not issubclass(told.exc_type, KeyboardInterrupt):
            swallowed(told)
            return
        coming.append(threading.Timer(0.01, _interrupt))  # at once, this hook would swallow it too
        coming[-1].start()

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = swallowed
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
        for one in coming:
            one.cancel()


def _interrupt() -> None:
    """As Ctrl-C does it: what the main thread waits for ends too."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@contextlib.contextmanager
def _first_worker(config: Config | None) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Processes for workers, the first of which is started now, unless there will be another engine."""
    from pii_scan.engines.spare import spare, started

    if config is not None and config.engine != "local":
        yield started
        return
    with spare() as one:
        yield one.take


def scan_and_report(targets: Sequence[str], config: Config | None, out: Path | None, call: Call, **how: Any) -> int:
    """Scans, prints the summary, writes RUN/report.html; gives the exit code. `how`: as `engines.scan.scan`."""
    with _ended_in_order(), _first_worker(config) as processes:  # while it loads what it needs, this process does
        load_arrow()
        from pii_scan.cli.progress import ProgressLine
        from pii_scan.engines.scan import Interrupted, scan
        from pii_scan.findings.store import replacing
        from pii_scan.report.html import write_view
        from pii_scan.report.line import line
        from pii_scan.report.model import view
        from pii_scan.report.terminal import render

        talk = call.talk
        try:
            with ProgressLine(enabled=sys.stderr.isatty() and not talk.quiet) as progress:
                run = scan(targets, config=config, out=out, report=progress, processes=processes, **how)
        except Interrupted as stopped:
            goes_on = f"; `pii-scan scan --resume --out {shlex.quote(str(stopped.folder))}` goes on"
            click.echo(f"interrupted{goes_on if stopped.resumable else ''}", err=True)
            return 130
    lang = config.lang if config is not None else str(run.manifest["lang"])
    seen = view(run, lang, details=True)  # once: it reads all that was found
    report = run.path / "report.html"
    with replacing(report) as file:
        write_view(run, seen, file)
    fired = _fired(run, call.gates)
    incomplete = any(table.num_rows for table in run.problems())
    code = 1 if fired else 3 if incomplete and not call.allow_incomplete else 0
    if call.line:
        talk.say(line(run, seen, code))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        talk.say(render(seen, width=width, color=talk.color, report=str(report)))
    if fired:
        talk.note(f"gate: found {', '.join(fired)}")
    return code


def _config(options: dict[str, Any], config: Config, adding: bool = True) -> Config:
    """The configuration file, or else `config`, with the options on top; lists are `adding` to those in the file."""
    if options["config_file"]:
        config = load_config(options["config_file"], os.environ, options["targets"])
    limits: dict[str, Any] = {}
    if options["max_file_size"]:
        limits["max_file_bytes"] = parse_size(options["max_file_size"])
    if options["timeout_per_document"]:
        limits["document_seconds"] = options["timeout_per_document"]
    given: dict[str, Any] = {
        name: options[name]
        for name in ("jobs", "engine", "min_score", "lang", "as_of", "sample", "max_db_connections")
        if options[name] is not None
    }
    for name in ("include", "exclude", "rules", "presidio", "ner", "names", "systems"):
        if options[name]:
            given[name] = (getattr(config, name) if adding else ()) + tuple(options[name])
    if options["only"]:
        given["only"] = tuple(word.strip() for word in options["only"].split(",") if word.strip())
    if limits:
        given["limits"] = dataclasses.replace(config.limits, **limits)
    given["estate"] = config.estate
    for name in {"sample", "max_db_connections", "max_file_bytes"} & {*given, *limits}:
        given["estate"] = given["estate"].without(name)  # the command line comes on top of all
    return checked(dataclasses.replace(config, **given), "options")


def _config_to_resume(options: dict[str, Any]) -> Config:
    """What the run was begun with, with the options on top; a configuration file stands for all. Raises UsageError."""
    from pii_scan.cli.files import finished_run
    from pii_scan.engines.call import call_of

    if options["out"] is None:
        raise UsageError("--resume needs the run folder", "add --out RUN")
    if options["config_file"]:
        return _config(options, Config())
    begun = call_of(options["out"], finished_run(options["out"]).manifest).config
    return _config(options, begun or Config(), adding=False)


def _gates(names: Sequence[str], config: Config) -> list[str]:
    """The names that --fail-on gave, checked against what the rules can find. Raises UsageError."""
    if not names:
        return []
    from pii_scan.detect.detector import load_recognizers

    rules, guests = load_recognizers(config.rules, config.presidio, ner=config.ner)
    rules += guests.rules if guests else ()
    known = {"any", *(rule.entity_type for rule in rules), *(rule.category for rule in rules)}
    wanted = [name.strip() for text in names for name in text.split(",")]
    for name in wanted:
        if name not in known:
            raise UsageError(f"--fail-on: nothing is called {name!r}", nearest(name, known))
    return wanted


def _fired(run: Any, gates: Sequence[str]) -> list[str]:
    """Those of `gates` that the run holds, in a fixed order."""
    if not gates:
        return []
    found: set[str] = set()
    for table in run.findings():
        for name in ("entity_type", "category"):
            found.update(table[name].unique().to_pylist())
    return sorted(name for name in set(gates) if name in found or (name == "any" and found))
