"""`pii-scan notice lint|draft|new`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_scan.cli.files import write_new
from pii_scan.cli.options import common, output


@click.group("notice", short_help="Check or begin a model of a privacy notice.")
def command() -> None:
    """The published privacy notice, as a model that a person writes from its text.

    \b
    Examples:
      pii-scan notice draft personvern.txt -o notice.yaml
      pii-scan notice lint notice.yaml
    """  # noqa: D301  \b is for click


@command.command("lint", short_help="Check a notice model on its own.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--lang", type=click.Choice(["nb", "en"]), default="nb", show_default=True, help="Language of the text.")
@common
def lint_notice(file: Path, format_name: str, lang: str, **options: Any) -> int:
    """Check the notice model in FILE on its own; exit 1 where the law asks for what the text does not say.

    Looks for what GDPR Art. 13 asks for, references and names that are out of date, and contradictions.

    \b
    Example:
      pii-scan notice lint notice.yaml --lang en
    """  # noqa: D301  \b is for click
    from pii_scan.notice.lint import Level, lint
    from pii_scan.notice.model import load_notice
    from pii_scan.report import notice_lint

    talk = output(**options)
    notice = load_notice(file)
    found = lint(notice)
    write = notice_lint.as_json if format_name == "json" else notice_lint.text
    talk.say(write(found, notice.id, lang))
    return 1 if any(item.level is Level.ERROR for item in found) else 0


@command.command("draft", short_help="Propose a notice model from the text of a notice.")
@click.argument("text", metavar="TEXT", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="Default standard output."
)
@common
def draft_notice(text: Path, file: Path | None, **options: Any) -> None:
    """Propose a notice model from TEXT, the notice as plain text: categories, recipients, references, with their lines.

    Every proposal waits for a person: the draft is refused by the other commands until all are confirmed.

    \b
    Example:
      pii-scan notice draft personvern.txt -o notice.yaml
    """  # noqa: D301  \b is for click
    from pii_scan.notice.draft import draft, read_text

    talk = output(**options)
    made = draft(read_text(text))
    if file is None:
        talk.say(made)
    else:
        write_new(file, made)


@command.command("new", short_help="Write a commented skeleton of a notice model.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@common
def new_notice(file: Path, **options: Any) -> None:
    """Write a commented skeleton of a notice model to FILE, which must not exist.

    \b
    Example:
      pii-scan notice new notice.yaml
    """  # noqa: D301  \b is for click
    from pii_scan.registry import data_folder

    talk = output(**options)
    skeleton = (data_folder("configs") / "notices" / "skeleton.yaml").read_text("utf-8")
    write_new(file, skeleton)
    talk.say(f"{file}: fill it in, then run: pii-scan notice lint {file}")
