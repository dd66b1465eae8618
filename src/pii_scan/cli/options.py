"""The options that every command has, and what they set up."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from pii_scan.cli.pipes import drop_stdout
from pii_scan.model import printable

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Output:
    """How a command talks."""

    quiet: bool
    verbose: bool
    color: bool

    def say(self, text: str) -> None:
        """A result, to standard output."""
        try:
            click.echo(text, nl=not text.endswith("\n"), color=self.color)
        except BrokenPipeError:  # the reader has seen enough; the exit code still counts
            drop_stdout()

    def note(self, text: str) -> None:
        """A remark, to standard error, unless --quiet."""
        if not self.quiet:
            click.echo(text, err=True)


def write_bytes(data: bytes) -> None:
    """A result that is no text, to standard output."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        drop_stdout()


def common(command: F) -> F:
    """--quiet, --verbose and --no-color."""
    command = click.option("--no-color", is_flag=True, help="No colours, even on a terminal.")(command)
    command = click.option("--verbose", is_flag=True, help="Say more on standard error.")(command)
    return click.option("--quiet", is_flag=True, help="Only errors on standard error; no progress.")(command)


def output(*, quiet: bool, verbose: bool, no_color: bool) -> Output:
    """Sets up logging (the only place that does) and says how to talk. Log lines never hold scanned text."""
    level = logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for name in ("presidio-analyzer", "presidio_analyzer", "spacy", "tldextract"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they quote what they analyse
    return Output(quiet, verbose, sys.stdout.isatty() and not no_color)


def veiled(name: str) -> str:
    """A file name for the progress line, with digits and addresses hidden: it has not been scanned yet.

    >>> veiled("kontrakt kari@example.no 15888010030.pdf")
    'kontrakt …@… ###########.pdf'
    """
    words = ("…@…" if "@" in word else word for word in printable(name).split(" "))
    return "".join("#" if char.isdigit() else char for char in " ".join(words))
