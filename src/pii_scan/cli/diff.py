"""`pii-scan diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import finished_run
from pii_scan.cli.options import common, output, write_bytes


@click.command("diff", short_help="Compare two runs: what is new, gone, grown, shrunk.")
@click.argument("earlier", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("later", metavar="RUN_B", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--lang", type=click.Choice(["nb", "en"]), help="Default: the language of RUN_B.")
@click.option("--allow-incomplete", is_flag=True, help="Exit 0 although something could not be read.")
@common
def command(
    earlier: Path, later: Path, format_name: str, lang: str | None, allow_incomplete: bool, **options: Any
) -> int:
    """Say what is new, gone, grown and shrunk from RUN_A to RUN_B, by system and category and by document.

    What RUN_B did not read is «not assessed», never gone. Says first what else may have made a difference: other
    targets, rules, configuration or version. Exit code 3: one of the runs did not read everything.

    \b
    Example:
      pii-scan diff run-2026-05 run-2026-11
    """  # noqa: D301  \b is for click
    talk = output(**options)
    from pii_scan.inventory.build import build_inventory
    from pii_scan.inventory.changes import Counted, changes
    from pii_scan.report import changes as report

    runs = [finished_run(folder) for folder in (earlier, later)]
    before, after = (Counted(run, build_inventory(run, details=False)) for run in runs)
    found = changes(before, after)
    language = lang or str(runs[1].manifest.get("lang", "nb"))
    if format_name == "csv":
        write_bytes(report.as_csv(found, language))
    else:
        talk.say(report.as_json(found) if format_name == "json" else report.text(found, language))
    whole = all(side.finished and side.coverage.complete for side in (before, after))
    return 0 if whole or allow_incomplete else 3
