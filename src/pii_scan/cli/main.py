"""The entry point: commands loaded when they are called, errors as one line, exit codes as documented.

0 done; 1 a gate fired; 2 usage or configuration; 3 something could not be read, or the run failed; 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections import namedtuple
from typing import Any

import click

from pii_scan import __version__
from pii_scan.arrow_alone import load_arrow
from pii_scan.cli.pipes import drop_stdout
from pii_scan.errors import PiiScanError, UsageError, nearest

COMMANDS = {
    "scan": "Scan targets into a run folder and write a report.",
    "report": "Make a report from a run, without scanning again.",
    "check": "Compare a run with the privacy notice and the record of processing.",
    "guard": "Stop exports that hold what their contract does not allow.",
    "subject": "Find all places of a person's identifiers in a run.",
    "diff": "Compare two runs: what is new, gone, grown, shrunk.",
    "evidence": "Pack what was checked against what, with hashes; or verify such a bundle.",
    "notice": "Check or begin a model of a privacy notice.",
    "ropa": "Begin or check a record of processing activities.",
    "estate": "Begin, show, check the file that names all targets.",
    "rules": "List, show or check the recognizers.",
    "systems": "List, show or check what tells systems apart.",
    "doctor": "Show what is installed and what that enables.",
    "demo": "Make a small invented company's files, scan them, show the report.",
}


COLLECTED_AFTER = 20_000
"""Objects made before the garbage collector looks for what is no longer used: loading makes many that stay."""


class _Commands(click.Group):
    """Loads the module of a command only when it is asked for, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"pii_scan.cli.{cmd_name}").command
        if cmd_name != "scan":  # which starts a worker first
            load_arrow()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command {args[0]!r} ({nearest(args[0], COMMANDS)})")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pii-scan")
def cli() -> None:
    """Find personal data in files, say where it lives, and name what could not be read.

    Nothing leaves this machine, and no output ever shows a found value.

    \b
    Example:
      pii-scan scan /srv/share --out run-2026-11
    """  # noqa: D301  \b is for click


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits."""
    gc.set_threshold(COLLECTED_AFTER)
    try:
        code = run(arguments)
    except KeyboardInterrupt:  # a second Ctrl-C, while the first was answered
        code = 130
    if code == 130:
        # CPython remembers an interrupt that came while the standard library made a dataclass, or anything else by
        # text that it runs, as one that nobody caught, and `python -m` would end by SIGINT; the next text clears that.
        namedtuple("Forgotten", ())  # noqa: PYI024 - it is made by such a text
    gc.freeze()  # the process ends: going through all objects once more would free nothing that is missed
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line and gives the exit code; never lets a traceback out."""
    code = 0
    try:
        result = cli.main(arguments, prog_name="pii-scan", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # of click 8.2 and later: its message is the whole help
            click.echo(error.format_message(), err=True)
        else:
            _say(error.format_message(), getattr(error, "ctx", None))
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except PiiScanError as error:
        _say(str(error), None)
        return 2 if isinstance(error, UsageError) else 3
    except (BrokenPipeError, SystemExit):  # click answers a broken pipe with an exit of its own, code 1
        drop_stdout()
    except OSError as error:
        _say(error.strerror or type(error).__name__, None)
        return 3
    except Exception as error:  # noqa: BLE001 - a bug; its message and its traceback could quote content
        _say(f"internal error: {type(error).__name__} in {_place(error)}; please report it", None)
        return 3
    return code


def _place(error: BaseException) -> str:
    """The function and line where an error arose."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}"


def _say(message: str, ctx: click.Context | None) -> None:
    click.echo(f"error: {message}", err=True)
    if ctx is not None:
        click.echo(f"see: {ctx.command_path} --help", err=True)
