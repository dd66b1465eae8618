"""Where names of persons are looked for, no output shows one: not of a value, a file, a folder or a sheet."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from unpacked import unpacked

from pii_scan.config import Config
from pii_scan.engines.scan import scan
from pii_scan.report.formats import FORMATS

PERSON = "Kari Fjellstad"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):  # noqa: ANN201
    folder: Path = tmp_path_factory.mktemp("names")
    mailbox = folder / "in" / PERSON
    mailbox.mkdir(parents=True)
    (mailbox / f"Samtale med {PERSON}.txt").write_text(f"Møtet ble ledet av {PERSON} i går kveld.\n", "utf-8")
    rows = "".join(f"{PERSON};{town}\n" for town in ("Bodø", "Oslo", "Molde", "Moss"))
    (mailbox / "deltakere.csv").write_text(f"navn;by\n{rows}", "utf-8")
    return scan([folder / "in"], out=folder / "run", config=Config(only=("PERSON",)))


def test_names_are_found_in_text_columns_and_file_names(run) -> None:
    kinds = {kind for table in run.findings() for kind in table["kind"].to_pylist()}
    assert {"text", "cell", "part"} <= kinds


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_report_shows_a_name(run, name: str, lang: str) -> None:
    out = io.BytesIO()
    FORMATS[name](run, out, lang)
    text = unpacked(out.getvalue()).decode("utf-8")
    assert "Fjellstad" not in text and "Kari" not in text
