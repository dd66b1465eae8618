"""`pii-scan demo`."""

from __future__ import annotations

import importlib
import sys
import webbrowser
from pathlib import Path
from typing import Any

import click

from pii_scan.cli.options import Output, common, output
from pii_scan.cli.scan import Call, scan_and_report
from pii_scan.config import Config
from pii_scan.errors import UsageError
from pii_scan.registry import data_folder


@click.command("demo", short_help="Make a small invented company's files, scan them, show the report.")
@click.argument("folder", metavar="[FOLDER]", default="pii-scan-demo", type=click.Path(path_type=Path))
@click.option("--open", "open_report", is_flag=True, help="Open the report in a browser.")
@click.option("--lang", type=click.Choice(["nb", "en"]), default="nb", help="Language of summary and report.")
@common
def command(folder: Path, open_report: bool, lang: str, **options: Any) -> int:
    """Make the files of an invented course provider in FOLDER/files, scan them into FOLDER/run, and hold what was
    found against its privacy notice: FOLDER/run/report.html says where what lies, FOLDER/check.html what the notice
    does not say.

    All people and numbers are invented. A few files cannot be read, on purpose: the report names them, and the scan
    itself would end with exit code 3; the demo ends with 0 when it went as planned.

    \b
    Example:
      pii-scan demo --open
    """  # noqa: D301  \b is for click
    talk = output(**options)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"the folder {str(folder)!r} already holds something", "name another")
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "files"
    estate = _estate()
    planted = estate.make_estate(files)
    estate.write_truth(files, planted)
    talk.note(f"{len(planted)} invented values planted in {files}; their list is {files}.truth.csv")
    code = scan_and_report([str(files)], Config(lang=lang), folder / "run", Call(talk, allow_incomplete=True))
    report = _check(folder, lang, talk)
    if open_report:
        webbrowser.open(report.resolve().as_uri())
    return code


def _check(folder: Path, lang: str, talk: Output) -> Path:
    """Holds the run against the estate's notice; gives the report, which has the deviations too."""
    from pii_scan.cli.check import Asked, compared, today, write_checked
    from pii_scan.findings.store import load_run
    from pii_scan.report.gap_view import gap_view

    run, notice = load_run(folder / "run"), folder / "files" / "personvern" / "notice.yaml"
    view = gap_view(compared(run, Asked(notice), today(), talk), lang)
    file = folder / "check.html"
    write_checked(view, run, "html", file, talk)
    talk.say("\n".join(("", view.title(), view.summary(), view.t("terminal.report", path=str(file)))))
    return file


def _estate() -> Any:
    """The module that makes the files, from the examples that travel with the package."""
    path = str(data_folder("examples"))
    sys.path.insert(0, path)
    try:
        return importlib.import_module("make_estate")
    finally:
        sys.path.remove(path)
