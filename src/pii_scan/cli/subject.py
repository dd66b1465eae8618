"""`pii-scan subject`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import finished_run
from pii_scan.cli.options import common, output
from pii_scan.errors import UsageError

MAX_INPUT_BYTES = 4 << 20
PURPOSES = ("innsyn", "sletting", "retting", "avvik")
_PERSONAL = re.compile(r"@|(?:[0-9][\s.,:/()-]{0,2}){6}")
_NEVER = "identifiers are read from standard input, one a line, and never from the command line"


class _Silent(click.Command):
    """A command whose errors never repeat an argument: who calls it wrongly may have written an identifier there."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for argument in args:
            if _PERSONAL.search(argument) and not os.path.lexists(argument):
                raise UsageError(f"an argument looks like an identifier; {_NEVER}", "pii-scan subject RUN < file")
        try:
            return super().parse_args(ctx, list(args))
        except click.MissingParameter:
            raise
        except click.UsageError as error:
            name = error.param.opts[0] if isinstance(error, click.BadParameter) and error.param else "an argument"
            raise UsageError(f"{name} is not as it should be; {_NEVER}", "see pii-scan subject --help") from None


@click.command("subject", cls=_Silent, short_help="Find all places of a person's identifiers in a run.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--purpose", type=click.Choice(PURPOSES), default="innsyn", show_default=True, help="Why it is asked; is logged."
)
@click.option("--lang", type=click.Choice(["nb", "en"]), help="Default: the language of the scan.")
@click.option("--allow-incomplete", is_flag=True, help="Exit 0 although something could not be read.")
@common
def command(
    run_folder: Path, format_name: str, purpose: str, lang: str | None, allow_incomplete: bool, **options: Any
) -> int:
    """Read a person's identifiers from standard input, one a line, and print every place of RUN that holds them.

    A line is a fødselsnummer, an e-mail address, a telephone number, an IP address, an account number or the like, and
    may say which: `kundenr: 1042`. The values are shown nowhere. Each call is logged in RUN/queries.jsonl, without
    them. Needs the key that the scan used. Exit code 3: something was not read, and may hold more.

    \b
    Example:
      pii-scan subject run-2026-11 < identifiers.txt
    """  # noqa: D301  \b is for click
    talk = output(**options)
    from pii_scan.findings.queries import Query, log_query
    from pii_scan.inventory.identifiers import read_identifiers
    from pii_scan.inventory.lookup import look_up, searched_types
    from pii_scan.report import subject
    from pii_scan.report.messages import wording
    from pii_scan.systems.own import profiles_of

    run = _load(run_folder)
    key = _key(run.manifest)
    if sys.stdin.isatty():
        talk.note("identifiers, one a line; end with Ctrl-D:")
    asked = read_identifiers(_lines(), _finder(), key, searched_types(run))
    found = look_up(run, asked)
    kinds = [answer.entity_type or "unknown" for answer in found.answers]
    log_query(run.path, Query(purpose, kinds, [one.trace for one in asked], found.places))
    language = lang or str(run.manifest.get("lang", "nb"))
    finished = run.manifest["status"] == "finished"
    if format_name == "json":
        for line in subject.as_json(found, len(run.manifest["targets"])):
            talk.say(line)
        talk.note("\n".join(subject.coverage_lines(found, wording(language), finished=finished)))
    else:
        talk.say(subject.text(found, language, profiles_of(run.manifest), finished=finished, purpose=purpose))
    return 0 if allow_incomplete or (finished and found.coverage.complete) else 3


def _load(folder: Path) -> Any:
    """The run. Its name is not repeated in errors where it may be an identifier instead. Raises UsageError."""
    if not folder.is_dir():
        raise UsageError(f"the first argument is not a run folder; {_NEVER}", "pii-scan subject RUN < file")
    return finished_run(folder)


def _key(manifest: dict[str, Any]) -> bytes:
    """The key of this user. Raises UsageError where there is none, or the run was made with another."""
    from pii_scan.engines.scan import key_folder
    from pii_scan.findings.keys import KEY_VARIABLE, existing_key, key_check

    key = existing_key(os.environ, key_folder(os.environ))
    if manifest.get("key_check") not in (None, key_check(key)):
        hint = f"set {KEY_VARIABLE} to the key of the scan, or run as the user, on the machine, that scanned"
        raise UsageError("the run was made with another fingerprint key, so that nothing can be looked up", hint)
    return key


def _lines() -> str:
    """Standard input as text: UTF-8, else as Windows writes it."""
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        raise UsageError(f"more than {MAX_INPUT_BYTES >> 20} MiB were given", "ask for one person at a time")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _finder() -> Any:
    """All that the rules see in texts, however unlikely."""
    import pyarrow as pa

    from pii_scan.detect.detector import Detector
    from pii_scan.inventory.identifiers import Seen

    detector = Detector(min_score=0.0, resolve=False)

    def find(texts: list[str]) -> list[list[Seen]]:
        seen: list[list[Seen]] = [[] for _ in texts]
        for row in detector.detect_texts(pa.array(texts, pa.large_string())).to_pylist():
            seen[row["text"]].append(Seen(row["start"], row["end"], row["entity_type"], row["score"]))
        return seen

    return find
