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
from pii_scan.extract import archive_tool, ocr
from pii_scan.extract.sandbox import probe
from pii_scan.kernel import VARIABLE, compiled_kernel, native
from pii_scan.registry import DATA_FOLDERS, data_folder
from pii_scan.sources.objects import url as objects
from pii_scan.sources.sql.url import DRIVERS, UNTESTED, missing_drivers

PARTS = (
    ("pyarrow", "pyarrow", "tables, CSV, run folders"),
    ("numpy", "numpy", "the matching engine"),
    ("regex", "regex", "exact expressions"),
    ("phonenumbers", "phonenumbers", "telephone numbers"),
    ("tldextract", "tldextract", "e-mail domains (bundled list, never fetched)"),
    ("pypdfium2", "pypdfium2", "PDF"),
    ("jinja2", "jinja2", "the HTML report"),
    ("jsonschema", "jsonschema", "models of privacy notices"),
    ("presidio_analyzer", "presidio-analyzer", "the Presidio bridge, rules check"),
    ("spacy", "spacy", "the Presidio bridge (no model needed)"),
)
READ = (
    "text in any encoding, CSV/TSV, JSON/JSONL, XML, HTML, logs, SQL dumps, vCard, iCalendar, PDF, RTF, DOCX, XLSX, "
    "PPTX, XLSB, DOC, XLS, PPT, OpenDocument, OneNote, Visio, Publisher, iWork, EMF/WMF, EML, EMLX, MHTML, MBOX, "
    "PST/OST, MSG, TNEF, signed S/MIME, uuencode, Parquet, ORC, Arrow/Feather, Avro, SQLite, Access, dBase, property "
    "lists, ZIP, tar, gz, bz2, xz, zst, lz4, 7z, disc images (ISO 9660)"
)
MODEL_LIBRARIES = (
    ("transformers", "transformers", "NER models of transformers, with scan --ner FILE"),
    ("gliner", "gliner", "Presidio's GLiNERRecognizer, with scan --presidio"),
)
"""Module, Presidio's extra that installs it, use."""
CLUSTERS = (("ray", "ray", "scan --engine ray"), ("pyspark", "spark", "pii_scan.spark"))
"""Module, pii-scan's extra that installs it, use."""
UNREAD = "audio, video, and whatever is encrypted, damaged or of an unknown kind"


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
    _kernel(talk)
    _pictures(talk)
    _archives(talk)
    _databases(talk)
    _stores(talk)
    _keyring(talk)
    _cage(talk)
    _models(talk)
    _clusters(talk)
    talk.say(f"targets: local files and folders, standard input, databases, stores and shares by URL\nread: {READ}")
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


def _kernel(talk: Output) -> None:
    """Which of the two kernels runs: they find the same, at different speed."""
    if native() is not None:
        talk.say("  ok       matching kernel: native")
    elif compiled_kernel() is not None:
        talk.say(f"  ok       matching kernel: numpy, as {VARIABLE} says; the native one is there")
    else:
        talk.say("  ok       matching kernel: numpy; the native one, which is faster, was not built")
        talk.say("           install pii-scan from a wheel, or where a C compiler is")


def _pictures(talk: Output) -> None:
    """Tesseract is a program of the system: its absence is told, and leaves pictures and scans unread."""
    found = ocr.installed()
    if found is None:
        talk.say("  missing  tesseract: without it pictures and scans are reported as unread")
        talk.say("           Debian: apt install tesseract-ocr tesseract-ocr-nor; macOS: brew install tesseract-lang")
        return
    lacking = [language for language in ocr.LANGUAGES if language not in found.languages]
    said = f", without the language {' and '.join(lacking)}: letters of it are misread" if lacking else ""
    talk.say(f"  ok       tesseract ({'+'.join(found.languages)}){said}: pictures and scans")


def _archives(talk: Output) -> None:
    """A program of the system, bsdtar: its absence is told, and leaves some kinds of archives unread."""
    if archive_tool.find_tool() is None:
        talk.say("  missing  bsdtar (libarchive): without it RAR, cabinet, cpio, ar and RPM are reported as unread")
        talk.say("           Debian: apt install libarchive-tools; macOS and Windows have it")
    else:
        talk.say("  ok       bsdtar (libarchive): RAR, cabinet, cpio, ar and RPM archives")


def _folders(talk: Output) -> list[str]:
    missing = []
    for name in DATA_FOLDERS:
        try:
            data_folder(name)
        except PiiScanError:
            missing.append(name)
            talk.say(f"  missing  data folder {name}")
    return missing


def _databases(talk: Output) -> None:
    """The drivers of each kind of database: their absence is told, with the extra that installs them."""
    for kind, modules in DRIVERS.items():
        lacking = missing_drivers(kind)
        if lacking:
            names = " and ".join(name.replace("_", "-") for name in lacking)
            talk.say(f"  extra    {names}: not installed; for {kind}:// databases: pip install 'pii-scan[{kind}]'")
        else:
            found = [f"{name.replace('_', '-')} {importlib.metadata.version(name)}" for name in modules]
            untested = "; no server of this kind was at hand for its tests" if kind in UNTESTED else ""
            talk.say(f"  ok       {', '.join(found) or 'Python'}: {kind}:// databases{untested}")


def _stores(talk: Output) -> None:
    """As `_databases`, for stores and shares on the network."""
    for kind, modules in objects.MODULES.items():
        lacking = objects.missing_modules(kind)
        if lacking:
            hint = f"pip install 'pii-scan[{objects.EXTRAS[kind]}]'"
            talk.say(f"  extra    {' and '.join(lacking)}: not installed; for {kind}:// targets: {hint}")
        else:
            found = [f"{name} {importlib.metadata.version(name)}" for name in modules]
            untested = "; no server of this kind was at hand for its tests" if kind in objects.UNTESTED else ""
            talk.say(f"  ok       {', '.join(found)}: {kind}:// targets{untested}")


def _keyring(talk: Output) -> None:
    """Needed only for references to it in a configuration file; which keyring there is shows when it is asked."""
    if importlib.util.find_spec("keyring") is None:
        talk.say("  extra    keyring: not installed; for ${keyring:SERVICE/USER}: pip install 'pii-scan[keyring]'")
    else:
        version = importlib.metadata.version("keyring")
        talk.say(f"  ok       keyring {version}: ${{keyring:SERVICE/USER}} in the configuration file")


def _cage(talk: Output) -> None:
    """What holds the processes that open documents, tried out in one: what is not available weakens, and is told."""
    cage = probe()
    kept = "; sockets of this machine are kept, names of users come through them" if cage.local_sockets else ""
    for what, why, on in (
        ("network", cage.network, f"workers that read files open no connection{kept}"),
        ("file system", cage.files, "workers write only in a temporary folder of their own"),
        ("limits", cage.limits, "memory, open files, size of files and processes of workers are bounded"),
    ):
        talk.say(f"  {'weaker' if why else 'ok    '}   cage, {what}: {f'not available: {why}' if why else f'on: {on}'}")


def _models(talk: Output) -> None:
    """Language models of the user's: none is needed, and none is ever fetched."""
    from pii_scan.detect.ner_models import installed_pipelines

    talk.say("  ok       names of persons: pii-scan's own model (bokmål, nynorsk)")
    pipelines = installed_pipelines()
    for name, version in pipelines.items():
        talk.say(f"  ok       {name} {version}: spaCy pipeline, with scan --ner {name}")
    if not pipelines:
        talk.say("  extra    spaCy pipelines: none is installed; a folder with one will do too (scan --ner FOLDER)")
        talk.say("           for example: python -m spacy download nb_core_news_lg; pii-scan downloads nothing")
    for module, extra, use in MODEL_LIBRARIES:
        if importlib.util.find_spec(module) is None:
            talk.say(f"  extra    {module}: not installed; for {use}: pip install 'presidio-analyzer[{extra}]'")
        else:
            talk.say(f"  ok       {module} {importlib.metadata.version(module)}: {use}")


def _clusters(talk: Output) -> None:
    """What scans on several machines need: told, and missed by no one else."""
    for module, extra, use in CLUSTERS:
        if importlib.util.find_spec(module) is None:
            talk.say(f"  extra    {module}: not installed; for {use}: pip install 'pii-scan[{extra}]'")
        else:
            talk.say(f"  ok       {module} {importlib.metadata.version(module)}: {use}")
