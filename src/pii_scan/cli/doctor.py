"""`pii-scan doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from typing import Any

import click

from pii_scan import __version__
from pii_scan.cli.options import Output, common, output
from pii_scan.errors import PiiScanError
from pii_scan.registry import DATA_FOLDERS, data_folder

PARTS = (
    ("pyarrow", "pyarrow", "tables, CSV, run folders"),
    ("numpy", "numpy", "the matching engine"),
    ("regex", "regex", "exact expressions"),
    ("phonenumbers", "phonenumbers", "telephone numbers"),
    ("tldextract", "tldextract", "e-mail domains (bundled list, never fetched)"),
    ("pypdfium2", "pypdfium2", "PDF"),
    ("jinja2", "jinja2", "the HTML report"),
    ("presidio_analyzer", "presidio-analyzer", "the Presidio bridge, rules check"),
    ("spacy", "spacy", "the Presidio bridge (no model needed)"),
)
READ = (
    "text in any encoding, CSV/TSV, JSON/JSONL, XML, HTML, DOCX, XLSX, PPTX, PDF with text, EML, ZIP, tar, gz, bz2, xz"
)
UNREAD = "DOC, XLS, PPT, PST/MSG, RTF, ODF, Parquet, SQLite, 7z, RAR, images and scans, audio, video"


@click.command("doctor", short_help="Show what is installed and what that enables.")
@common
def command(**options: Any) -> int:
    """Show what is installed, which formats and targets that enables, what is missing and how to get it.

    \b
    Example:
      pii-scan doctor
    """  # noqa: D301  \b is for click
    talk = output(**options)
    talk.say(f"pii-scan {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    missing = _parts(talk) + _folders(talk)
    talk.say(f"targets: local files and folders, standard input\nread: {READ}")
    talk.say(f"reported as unread, never as clean: {UNREAD}")
    if missing:
        talk.say(f"missing: {', '.join(missing)}; install with: pip install --force-reinstall pii-scan")
    return 1 if missing else 0


def _parts(talk: Output) -> list[str]:
    missing = []
    for module, package, use in PARTS:
        if importlib.util.find_spec(module) is None:
            missing.append(package)
            talk.say(f"  missing  {package}: {use}")
        else:
            talk.say(f"  ok       {package} {importlib.metadata.version(package)}: {use}")
    return missing


def _folders(talk: Output) -> list[str]:
    missing = []
    for name in DATA_FOLDERS:
        try:
            data_folder(name)
        except PiiScanError:
            missing.append(name)
            talk.say(f"  missing  data folder {name}")
    return missing
