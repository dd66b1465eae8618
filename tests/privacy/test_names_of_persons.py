"""No output shows the name of a person: not of a value, a file, a folder, a sheet, a header, a member or a target."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from unpacked import unpacked

from pii_scan.config import Config
from pii_scan.engines.scan import scan
from pii_scan.report.formats import FORMATS

PERSON = "Kari Fjellstad"
KEY = {"PII_SCAN_KEY": "5a" * 32}


def shows_nothing(output: bytes) -> bool:
    text = unpacked(output).decode("utf-8", "replace").lower()
    return "fjellstad" not in text and "kari" not in text and "hansen" not in text


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("names") / PERSON
    mailbox = folder / f"Elev {PERSON}"
    mailbox.mkdir(parents=True)
    (mailbox / f"Samtale_med_{PERSON.replace(' ', '_')}.txt").write_text(
        f"Møtet ble ledet av {PERSON} i går kveld.\n", "utf-8"
    )
    rows = "".join(f"{PERSON};{town}\n" for town in ("Bodø", "Oslo", "Molde", "Moss"))
    (mailbox / "deltakere.csv").write_text(f"navn;by\n{rows}", "utf-8")
    (mailbox / "oppmøte.csv").write_text(f"dag;Notat om {PERSON}\n1;kom\n2;kom ikke\n3;kom\n", "utf-8")
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = f"{PERSON} 2026"
    for row in (["navn", f"Time hos {PERSON}"], [PERSON, "x"], ["Ola Berg", "y"]):
        book.active.append(row)
    book.save(mailbox / "timer.xlsx")
    small = mailbox / "hansen-kari"
    small.mkdir()
    for name in ("kari_hansen_cv.txt", "søknad-kari-hansen.txt", "kari.hansen.txt"):
        (small / name).write_text("ingenting\n", "utf-8")
    with zipfile.ZipFile(mailbox / "arkiv.zip", "w") as archive:
        archive.writestr(f"{PERSON}/CV {PERSON}.txt", f"Hei, jeg heter {PERSON} og er kjent.\n")
    return folder


@pytest.fixture(scope="module")
def run(target: Path):  # noqa: ANN201
    return scan([target], out=target.parent / "run", environment=KEY)


def test_names_are_found_in_text_columns_and_file_names(run) -> None:
    found = [row for table in run.findings() for row in table.to_pylist() if row["entity_type"] == "PERSON"]
    assert {"text", "cell", "part"} <= {row["kind"] for row in found}
    small = {row["document"] for row in found if row["kind"] == "part" and "xxxxxx-xxxx/" in row["document"]}
    assert len(small) == 3


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_report_shows_a_name(run, name: str, lang: str) -> None:
    out = io.BytesIO()
    FORMATS[name](run, out, lang)
    assert shows_nothing(out.getvalue())


def test_neither_does_the_run_folder(run) -> None:
    assert all(shows_nothing(file.read_bytes()) for file in run.path.rglob("*") if file.is_file())
    for tables in (run.findings(), run.documents(), run.problems(), run.index(), run.origins()):
        assert all(shows_nothing(str(table.to_pylist()).encode()) for table in tables)


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", ".", "--out", "../run-again", "--allow-incomplete"], ["diff", "../run", "../run", "--format", "text"],
        ["evidence", "../run", "-o", "../evidence.zip"], ["subject", "../run"],
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_no_command_says_a_name(run, target: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pii_scan", *arguments], cwd=target, env={**os.environ, **KEY}, capture_output=True,
        input=f"navn: {PERSON}\n".encode(), check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stderr
    assert shows_nothing(done.stdout + done.stderr)
    if arguments[0] == "evidence":
        assert shows_nothing((target.parent / "evidence.zip").read_bytes())


def test_what_is_not_looked_for_is_not_shown_either(target: Path) -> None:
    only = scan([target], out=target.parent / "mail", config=Config(only=("EMAIL_ADDRESS",)), environment=KEY)
    assert all(shows_nothing(str(table.to_pylist()).encode()) for table in only.documents())
