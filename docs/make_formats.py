"""Writes `formats.md`, the table of formats, from the samples of the tests: `python docs/make_formats.py`.

Every line of it is tested: `tests/extract/test_formats.py` finds each value of a sample where the table says that such
values are found, and compares the committed table with the one made here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_MEMBER = re.compile(r"`([^`!]+)[^`]*`: ")
_NUMBER = re.compile(r"(?<![A-Za-z])\d+(?!x)|(?<= )[A-Z]{1,2}\d+\b")
_SHEET = re.compile(r"^(?:Kunder|Skjult|Ark1|Diagram): ")
ITEMS = ("application/mbox", "application/vnd.ms-outlook-pst")
"""Formats that are told by what their members hold."""
HEAD = """# Formats

Made by `docs/make_formats.py` from the samples of the tests; do not edit. The second column names what holds text and
how a finding in it is placed. A *part* is placed by its name. A *member* (an attachment, an embedded file, a file in an
archive) is a document of its own, placed by its path (`post.pst!Innboks/65540!liste.csv`) and then as its own format
is. Whatever its extension, a file is read as what it is. Every file that is not read, or not wholly, is named in the
report with the reason.

"""


def places(claims: Iterable[str]) -> str:
    """What holds text, and how it is placed, of the places of one sample."""
    kinds: dict[str, list[str]] = {}
    for claim in claims:
        member = _MEMBER.match(claim)
        kind, what = ("members", member[1]) if member else _kind(claim)
        names = kinds.setdefault(kind, [])
        if what not in names:
            names.append(what)
    said = []
    for kind, names in kinds.items():
        quoted = ", ".join(f"`{name}`" for name in names)
        said.append(f"{kind} {quoted}" if kind in ("members", "parts") else f"{', '.join(names)} {kind}")
    return "; ".join(said)


def _kind(claim: str) -> tuple[str, str]:
    """How a place is told, and the name of what holds it."""
    if claim.startswith("cell "):
        sheet = "sheet, " if claim.startswith("cell «") else ""
        header = " and header" if claim.endswith("»") else ""
        return f"by {sheet}row, column{header}", "cells"
    if claim.startswith("page "):
        return "by page", "text"
    name = re.search(r"«([^»]*)»", claim)
    if name is None:
        return "by line", "text"
    plain = _NUMBER.sub("n", _SHEET.sub("sheet: ", name[1])).strip().rstrip(":")
    return ("by line" if claim.startswith("«") else "parts"), plain


def made() -> str:
    """The whole document."""
    sys.path.insert(0, str(ROOT / "tests"))
    from extract.test_formats import PLACES, SAMPLES

    from pii_scan.extract import picture_sizes, signatures

    rows = []
    pictures = [sample for sample in SAMPLES if sample.types[0] in picture_sizes.TYPES]
    for sample in SAMPLES:
        if sample in pictures[1:]:
            continue
        name = "Pictures (PNG, JPEG, TIFF, BMP, WebP, GIF)" if sample in pictures else sample.name
        tool = f" (with {sample.tool})" if sample.tool else ""
        claims = PLACES[sample.file].values()
        held = places(claims) or "nothing: it holds no values"
        if sample.types[0] in ITEMS:
            inner = (re.sub(r"^`[^`!]*!?([^`]*)`: ", r"`\1`: ", claim).removeprefix("``: ") for claim in claims)
            held += f". In these: {places(inner)}"
        rows.append(f"| {name}{tool} | {held} | {sample.not_read} |")
    lines = ["| format | what is read, and its place | what is not |", "|---|---|---|", *rows, "", "## Not read", "",
             "| what | problem |", "|---|---|"]  # fmt: skip
    lines += [f"| {name} | `encrypted` |" for name in sorted(set(signatures.ENCRYPTED.values()), key=str.lower)]
    unread = {*signatures.NOT_READ.values(), "audio", "video", "fonts", "other pictures (HEIC, AVIF, camera formats)"}
    lines += [f"| {name} | `unsupported` |" for name in sorted(unread, key=str.lower)]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "formats.md").write_text(made(), encoding="utf-8")
