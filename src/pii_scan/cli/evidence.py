"""`pii-scan evidence`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import click

from pii_scan import __version__
from pii_scan.cli.files import finished_run
from pii_scan.cli.options import Output, common, output
from pii_scan.errors import ConfigError, UsageError

_FILE = click.Path(path_type=Path)


@click.command("evidence", short_help="Pack what was checked against what, with hashes; or verify such a bundle.")
@click.argument("run_folder", metavar="[RUN]", required=False, type=_FILE)
@click.option("-o", "--output", "file", metavar="FILE.zip", type=_FILE, help="The bundle to write; must not exist.")
@click.option("--notice", metavar="FILE", type=_FILE, help="The model of the privacy notice.")
@click.option("--ropa", metavar="FILE", type=_FILE, help="The record of processing activities.")
@click.option("--accept", metavar="FILE", type=_FILE, help="The accepted gaps.")
@click.option(
    "--verify", metavar="FILE.zip", type=_FILE, help="Check the hashes of a bundle; exit 1 where one is wrong."
)
@common
def command(
    run_folder: Path | None, file: Path | None, notice: Path | None, ropa: Path | None, accept: Path | None,
    verify: Path | None, **options: Any,
) -> int:  # fmt: skip
    """Pack a run's manifest and reports, the notice, the record, accepted gaps and the log of look-ups into FILE.zip.

    Its manifest.json has size and SHA-256 of every file, the rules, the tables of law and the versions. Prints the
    SHA-256 of manifest.json: write it down elsewhere, since it alone shows that the bundle is the one of today.
    Never holds the key, the index or a found value.

    \b
    Examples:
      pii-scan evidence run-2026-11 -o evidence-2026-11.zip --notice notice.yaml
      pii-scan evidence --verify evidence-2026-11.zip
    """  # noqa: D301  \b is for click
    talk = output(**options)
    if verify is not None:
        if run_folder or file or notice or ropa or accept:
            raise UsageError("--verify takes a bundle and nothing else")
        return _verify(verify, talk)
    if run_folder is None or file is None:
        raise UsageError("name a run and, with -o, the bundle to write", "see pii-scan evidence --help")
    digest = _write(run_folder, file, {"notice": notice, "record": ropa, "accepted": accept})
    talk.say(f"{file}: SHA-256 of manifest.json {digest}")
    return 0


def _write(run_folder: Path, file: Path, named: dict[str, Path | None]) -> str:
    """Writes the bundle, whole or not at all; gives the hash of its manifest. Raises UsageError."""
    from pii_scan.engines.scan import key_folder
    from pii_scan.findings.keys import existing_key
    from pii_scan.findings.store import replacing
    from pii_scan.notice.model import load_notice
    from pii_scan.report.evidence import attached, write_bundle

    run = finished_run(run_folder)
    key = None
    with contextlib.suppress(ConfigError):  # it is only looked for so that it is not packed by mistake
        key = existing_key(os.environ, key_folder(os.environ))
    attachments = [attached(what, path, key) for what, path in named.items() if path is not None]
    if named["notice"] is not None:
        load_notice(named["notice"])
    if os.path.lexists(file):
        raise UsageError(f"{str(file)!r} exists already", "give another name: evidence is not overwritten")
    try:
        with replacing(file) as out:
            return write_bundle(run, out, attachments, __version__)
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}") from None


def _verify(file: Path, talk: Output) -> int:
    from pii_scan.report.evidence import verify

    content, digest, wrong = verify(file)
    for line in wrong:
        talk.say(f"wrong: {line}")
    for entry in content["files"]:
        talk.note(f"{entry['sha256']}  {entry['name']} ({entry['size']} bytes)")
    state = f"{len(wrong)} wrong" if wrong else "all as the manifest says"
    talk.say(f"run {content['run']['id']}, {len(content['files'])} files: {state}")
    talk.say(f"SHA-256 of manifest.json {digest}: compare it with what was written down when the bundle was made")
    return 1 if wrong else 0
