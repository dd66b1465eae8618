"""Every format: the values planted in its sample lie where they are said to, and no damaged sample goes astray."""

from __future__ import annotations

import importlib.util
import io
import os
import random
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from data_files import mutants
from extract import formats_archives, formats_data, formats_office, formats_text, places_data, places_office
from extract.format_registry import Sample, located

from pii_scan.extract import dispatch, ocr, signatures
from pii_scan.model import TABLE_MEDIA_TYPE, Document, DocumentRef, Limits, Problem

SAMPLES = [*formats_text.SAMPLES, *formats_office.SAMPLES, *formats_data.SAMPLES, *formats_archives.SAMPLES]
PLACES = {**places_data.PLACES, **places_office.PLACES}
DOCS = Path(__file__).parents[2] / "docs"
MUTANTS = 200
ORC = "kunder.orc"
"""Its library ends the process on some mutants: `test_columnar` reads those in processes of their own."""
LIMITS = Limits(max_total_bytes=1 << 28, max_member_bytes=1 << 27)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)


def needed(tool: str) -> None:
    if tool and shutil.which(tool) is None:
        if os.environ.get("PII_SCAN_REQUIRE_SERVICES"):
            pytest.fail(f"{tool} is missing, and PII_SCAN_REQUIRE_SERVICES is set")
        pytest.skip(f"{tool} is not installed")


def test_every_reader_has_a_sample() -> None:
    assert {kind for sample in SAMPLES for kind in sample.types} == set(dispatch.READERS) - {TABLE_MEDIA_TYPE}
    assert len({sample.file for sample in SAMPLES}) == len(SAMPLES) == len(PLACES)


@each_sample
def test_every_planted_value_lies_where_it_is_said_to(read: Any, sample: Sample) -> None:
    needed(sample.tool)
    result = read(sample.make(), sample.file)
    assert {done.media_type for done in result.done.values()} >= set(sample.types)
    assert result.done[sample.file].media_type == sample.types[0]
    found = located(result, sample.file, PLACES[sample.file])
    assert {value: place for value, place in PLACES[sample.file].items() if place not in found[value]} == {}


@pytest.mark.parametrize("media_type", sorted(signatures.ENCRYPTED | signatures.NOT_READ) + ["audio/mpeg", "video/mp4"])
def test_what_is_not_read_is_named(media_type: str) -> None:
    document = Document(DocumentRef("t", "x"), io.BytesIO(b"x" * 100), media_type)
    said = list(dispatch.extract(document, Limits()))
    code = "encrypted" if media_type in signatures.ENCRYPTED else "unsupported"
    assert [item.code for item in said if isinstance(item, Problem)] == [code]


def damaged(data: bytes, spared: int) -> Iterator[bytes]:
    """Mutants; of a package every second one is whole, and one of its parts is damaged."""
    whole = mutants(data, MUTANTS, spared=spared)
    if not data.startswith(b"PK"):
        yield from whole
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rng = random.Random(len(data))
    names = [name for name, content in parts.items() if content]
    for number, mutant in enumerate(whole):
        if number % 2:
            yield mutant
            continue
        name = rng.choice(names)
        part = next(mutants(parts[name], 1, seed=number))
        yield formats_archives.zipped({**parts, name: part})


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.file != ORC], ids=lambda sample: sample.file)
def test_no_mutant_raises_hangs_or_vanishes(read: Any, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    if sample.tool != "tesseract":
        needed(sample.tool)
    monkeypatch.setattr(ocr, "installed", lambda: None)  # `test_ocr` damages pictures for it; here it takes minutes
    for number, mutant in enumerate(damaged(sample.make(), sample.spared)):
        result = read(mutant, sample.file, LIMITS)
        top = result.done[sample.file]
        assert result.batches or result.problems or top.touched, number
        for problem in result.problems:
            assert "example.no" not in problem.detail and len(problem.detail) < 120, (number, problem)
            assert "Error while reading" not in problem.detail, (number, problem)
            assert problem.code not in ("timeout", "crash", "memory"), (number, problem)


def test_the_published_table_is_the_one_made_from_the_samples() -> None:
    specification = importlib.util.spec_from_file_location("make_formats", DOCS / "make_formats.py")
    assert specification is not None and specification.loader is not None
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    assert (DOCS / "formats.md").read_text(encoding="utf-8") == made.made(), "run docs/make_formats.py"
