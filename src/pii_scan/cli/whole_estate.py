"""What `pii-scan scan` does with an estate file: finds it, scans all of its targets, deletes old runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pii_scan.cli.options import Output
from pii_scan.config import Config, load_config
from pii_scan.errors import ConfigError, UsageError
from pii_scan.estate.model import FILE

Scan = Callable[..., int]
"""`cli.scan.scan_and_report` but for how it is told of."""


def chosen_file(targets: Sequence[str], *, whole: bool, given: str | None) -> str | None:
    """The configuration file that is `given`, or else the one in the working folder, if it is meant: by --all
    (`whole`), or by a target with the name of one of its own. Raises UsageError where a name could mean a path as well.
    """
    if given is not None:
        return given
    if whole:
        if not os.path.exists(FILE):
            raise UsageError(
                f"--all: there is no {FILE} in this folder", "give --config FILE; `estate init` begins one"
            )
        return FILE
    plain = [target for target in targets if target != "-" and not set("/\\:") & set(target)]
    if not plain or not os.path.isfile(FILE):
        return None
    try:
        known = load_config(FILE, {}, names=()).targets
    except ConfigError:
        if all(map(os.path.lexists, plain)):
            return None
        raise
    named = [target for target in plain if target in known]
    for target in named:
        if os.path.lexists(target):
            hint = f"--config {FILE} for the one, {os.path.join('.', target)!r} for the other"
            raise UsageError(f"{target!r} is a target of {FILE} and a path in this folder", hint)
    return FILE if named else None


def scan_whole_estate(config: Config, out: Path | None, talk: Output, scan: Scan, how: Mapping[str, Any]) -> int:
    """Scans every target into one run, while no other such scan is at work; then deletes what need not be kept."""
    from pii_scan.engines.alone import alone
    from pii_scan.findings.run_writer import new_folder

    if not config.targets:
        raise UsageError("--all: the configuration file names no target", "put them under 'targets'")
    now = datetime.now(tz=UTC)
    runs = Path(config.estate.runs or os.curdir)
    folder = out or new_folder(runs)
    with alone(runs if config.estate.runs else folder.absolute().parent, now):
        code = scan(tuple(config.targets), config, folder, whole_estate=True, **how)
        if code != 130 and config.estate.runs:
            _clear(runs, folder, config, now, talk)
    return code


def _clear(runs: Path, current: Path, config: Config, now: datetime, talk: Output) -> None:
    """Deletes old runs, after one that has come to its end."""
    from pii_scan.findings.old_runs import delete_old_runs
    from pii_scan.findings.store import load_run

    estate = config.estate
    if not estate.keep_runs and not estate.keep_days:
        return
    try:
        targets = load_run(current).manifest["targets"]
        cleared = delete_old_runs(
            runs, current, targets, now, keep_runs=estate.keep_runs, keep_days=estate.keep_days
        )  # fmt: skip
    except OSError as error:
        talk.note(f"old runs cannot be deleted: {error.strerror}")
        return
    if cleared.deleted:
        talk.note(f"old runs deleted: {', '.join(cleared.deleted)}")
    if cleared.kept:
        what = "they hold more than a run does, or cannot be deleted"
        talk.note(f"old runs left: {', '.join(cleared.kept)}: {what}")
