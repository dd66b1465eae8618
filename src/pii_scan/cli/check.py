"""`pii-scan check`."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_scan.cli.files import finished_run, opened, unwritable, write_new
from pii_scan.cli.options import Output, common, output
from pii_scan.errors import UsageError

if TYPE_CHECKING:
    from pii_scan.estate.model import Estate
    from pii_scan.findings.store import Run
    from pii_scan.notice.record import Record
    from pii_scan.report.gap_view import Checked, GapView
    from pii_scan.systems.profiles import ProfileTable

FORMAT_NAMES = ("text", "json", "csv", "xlsx", "html")
_FILE = click.Path(path_type=Path)
ACCEPTED_DAYS = 365
"""How long an acceptance begun by --write-accept runs."""


@click.command("check", short_help="Compare a run with the privacy notice and the record of processing.")
@click.argument("run_folder", metavar="RUN", type=_FILE)
@click.option("--config", "config_file", metavar="FILE", type=_FILE, help="Estate file that names notice and record.")
@click.option("--notice", "notice_file", metavar="FILE", type=_FILE, help="The model of the notice.")
@click.option("--ropa", "ropa_file", metavar="FILE", type=_FILE, help="Record of processing: YAML, CSV or XLSX.")
@click.option("--ropa-mapping", metavar="FILE", type=_FILE, help="Which column of the record holds what.")
@click.option("--accept", "accept_file", metavar="FILE", type=_FILE, help="Gaps that someone answers for.")
@click.option("--write-accept", metavar="FILE", type=_FILE, help="Begin such a file with the gaps that are open.")
@click.option("--format", "format_name", type=click.Choice(FORMAT_NAMES), default="text", show_default=True)
@click.option("-o", "--output", "file", metavar="FILE", type=_FILE, help="Default standard output.")
@click.option("--lang", type=click.Choice(["nb", "en"]), help="Default: the language of the scan.")
@click.option("--min-count", type=click.IntRange(min=1), default=1, show_default=True,
              help="Values from which a category counts; special categories always do.")  # fmt: skip
@click.option("--without-test-numbers", is_flag=True, help="What holds only numbers of test series is no gap.")
@click.option("--as-of", metavar="DATE", help="The day by which ages and acceptances count (default today).")
@click.option("--allow-incomplete", is_flag=True, help="Exit 0 although something could not be read.")
@common
def command(run_folder: Path, **options: Any) -> int:
    """Compare what RUN found with what the notice, and the record of processing activities, declare.

    One row a gap, with its evidence and a question to whoever owns the data. Exit code 1: an open gap must be
    clarified; 3: none, but something was not read; 0: neither. With --config, RUN may be `last`: the newest finished
    run in the folder that the file names as `runs`.

    \b
    Examples:
      pii-scan check run-2026-11 --notice notice.yaml
      pii-scan check last --config pii-scan.yaml
      pii-scan check run-2026-11 --notice notice.yaml --ropa ropa.xlsx --format xlsx -o gaps.xlsx
    """  # noqa: D301  \b is for click
    from pii_scan.report.gap_view import gap_view, has_open_error

    talk = output(quiet=options["quiet"], verbose=options["verbose"], no_color=options["no_color"])
    estate = _estate(options["config_file"])
    run = finished_run(_newest(estate) if estate and run_folder == Path(LAST) else run_folder)
    as_of = _day(options["as_of"])
    asked = _asked(options, estate)
    checked = compared(run, asked, as_of, talk)
    view = gap_view(checked, options["lang"] or str(run.manifest.get("lang", "nb")))
    write_checked(view, run, options["format_name"], options["file"], talk)
    if options["write_accept"] is not None:
        _begin_accepting(checked, options["write_accept"])
    if has_open_error(checked.comparison.gaps):
        return 1
    incomplete = not checked.coverage.complete or checked.interrupted
    return 3 if incomplete and not options["allow_incomplete"] else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is held against, and how."""

    notice: Path
    ropa: Path | None = None
    ropa_mapping: Path | None = None
    accept: Path | None = None
    min_count: int = 1
    test_numbers: bool = True


LAST = "last"


def _estate(file: Path | None) -> Estate | None:
    from pii_scan.config import load_config

    return None if file is None else load_config(file, {}, names=()).estate


def _asked(options: Mapping[str, Any], estate: Estate | None) -> Asked:
    """What the options say, and where they are silent the estate. Raises UsageError where no notice is named."""

    def file(option: str, name: str) -> Path | None:
        said = getattr(estate, name, "")
        return options[option] or (Path(said) if said else None)

    notice = file("notice_file", "notice")
    if notice is None:
        raise UsageError("no notice given", "add --notice FILE, or --config FILE of an estate that names its `notice`")
    return Asked(
        notice, file("ropa_file", "ropa"), file("ropa_mapping", "ropa_mapping"), file("accept_file", "accept"),
        options["min_count"], not options["without_test_numbers"],
    )  # fmt: skip


def _newest(estate: Estate) -> Path:
    """The run that `scan --all` finished last. Raises UsageError."""
    from pii_scan.findings.old_runs import newest_run

    found = newest_run(Path(estate.runs)) if estate.runs else None
    if found is None:
        raise UsageError("there is no finished run in the folder of the runs", "`scan --all` with `runs` makes one")
    return found


def compared(run: Run, asked: Asked, as_of: date, talk: Output) -> Checked:
    """Reads the files, every one before anything is compared, and compares. Raises ConfigError or UsageError."""
    from pii_scan.inventory.build import build_inventory
    from pii_scan.notice.accept import load_accepted
    from pii_scan.notice.compare import Choices, compare
    from pii_scan.notice.lint import lint
    from pii_scan.notice.model import load_notice
    from pii_scan.notice.run_facts import facts_of
    from pii_scan.report.gap_view import Checked
    from pii_scan.systems.own import profiles_of

    notice = load_notice(asked.notice)
    table = profiles_of(run.manifest)
    record = _record(asked, table, talk)
    accepted = {} if asked.accept is None else load_accepted(asked.accept)
    inventory = build_inventory(run)
    facts = facts_of(run, record, test_numbers=asked.test_numbers)
    choices = Choices(as_of, asked.min_count, accepted, asked.test_numbers)
    comparison = compare(
        inventory, notice, record, choices, run=str(run.manifest["id"]), profiles=table.by_id, facts=facts
    )
    names = {profile.id: profile.name for profile in table}
    return Checked(comparison, lint(notice), inventory.coverage, as_of, record is not None, not facts.whole, names)


def _record(asked: Asked, table: ProfileTable, talk: Output) -> Record | None:
    from pii_scan.notice.record_file import load_record

    if asked.ropa is None:
        if asked.ropa_mapping is not None:
            raise UsageError("--ropa-mapping says how to read a record", "give --ropa too")
        return None
    record = load_record(asked.ropa, asked.ropa_mapping, table.words())
    for note in record.notes:
        talk.note(f"note: {note}")
    return record


def today() -> date:
    """The day, UTC."""
    return datetime.now(tz=UTC).date()


def _day(text: str | None) -> date:
    if text is None:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of: {text!r} is no day", "write it as 2026-11-22") from None


def write_checked(view: GapView, run: Run, format_name: str, file: Path | None, talk: Output) -> None:
    """To the file, or to standard output. Raises UsageError where the file cannot be written."""
    from pii_scan.report import gap_json, gap_table, gap_text, html

    if format_name in ("text", "json"):
        width = shutil.get_terminal_size((80, 24)).columns
        said = gap_json.as_json(view) if format_name == "json" else gap_text.text(view, width)
        if file is None:
            talk.say(said)
            return
        content = said.encode()
    else:
        held = io.BytesIO()
        if format_name == "html":
            html.write(run, held, view.t.lang, view.checked)
        else:
            (gap_table.write_csv if format_name == "csv" else gap_table.write_xlsx)(view, held)
        content = held.getvalue()
    if file is None:
        sys.stdout.buffer.write(content)
        return
    try:
        with opened(file) as out:
            out.write(content)
    except OSError as error:
        raise unwritable(file, error) from None


def _begin_accepting(checked: Checked, file: Path) -> None:
    """A file of accepted gaps that must not exist. Raises UsageError."""
    from pii_scan.notice.accept import begun

    write_new(file, begun(checked.comparison.gaps, checked.as_of + timedelta(days=ACCEPTED_DAYS)))
