"""`scan --ner` and `scan --names`: in worker processes, without a network, and without a trace of the list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import ner_pipelines
import no_network
import pytest
from scanning import command, found, rows, with_modules
from unpacked import unpacked

from pii_scan.findings.store import load_run
from pii_scan.report.formats import FORMATS

UNKNOWN = ner_pipelines.UNKNOWN
RARE = "Vrangzjø"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(f"Møtet ble ledet av {UNKNOWN} fra Bergen, og det var bra.\n", "utf-8")
    (tmp_path / "in" / "b.txt").write_text(f"Saken ble avgjort av {RARE}, og det var bra.\n", "utf-8")
    (tmp_path / "in" / "c.py").write_text(f'x = {{"a": "{UNKNOWN}", "b": [1, 2, 3], "c": f(1)[2]}}\n', "utf-8")
    (tmp_path / "staff.csv").write_text(f"name,count\n{RARE},2\n", "utf-8")
    ner_pipelines.save(tmp_path / "pipeline")
    ner_pipelines.configure(tmp_path / "ner.yaml", tmp_path / "pipeline")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_either_neither_name_is_found(call: Any, place: Path) -> None:
    assert call("scan", "in", "--out", "run", "--jobs", 2, "--only", "PERSON").code == 0
    assert found(load_run("run")) == set()


@pytest.mark.parametrize("given", [("--ner", "pipeline"), ("--ner-config", "ner.yaml")], ids=" ".join)
def test_a_model_works_in_the_workers_and_the_manifest_tells_which(
    call: Any, place: Path, given: tuple[str, str]
) -> None:
    assert call("scan", "in", "--out", "run", "--jobs", 2, "--only", "PERSON", *given).code == 0
    run = load_run("run")
    assert found(run) == {("a.txt", "PERSON")}
    assert {row["recognizer"] for row in rows(run.findings())} == {"ner.nb_rules"}
    assert run.manifest["rules"] == ["names.person", "ner.nb_rules"]


def test_a_list_and_a_model_of_the_configuration_work_in_the_workers(call: Any, place: Path) -> None:
    (place / "scan.yaml").write_text("names: [staff.csv]\nner: [pipeline]\nonly: [PERSON]\n", encoding="utf-8")
    assert call("scan", "in", "--out", "run", "--jobs", 2, "--config", "scan.yaml").code == 0
    assert found(load_run("run")) == {("a.txt", "PERSON"), ("b.txt", "PERSON")}


def test_no_name_of_the_list_stands_in_run_or_report(call: Any, place: Path) -> None:
    (place / "in" / f"brev til {RARE}.txt").write_text("Ingen ting her.", encoding="utf-8")
    said = call("scan", "in", "--out", "run", "--jobs", 1, "--names", "staff.csv", "--verbose")
    assert said.code == 0
    assert RARE.lower() not in (said.out + said.err).lower()
    run = load_run("run")
    kept = [("run", file.read_bytes()) for file in (place / "run").rglob("*") if file.is_file()]
    for name, write in FORMATS.items():
        if name in ("html", "json", "csv", "xlsx", "markdown", "sarif"):
            file = place / f"report.{name}"
            with file.open("wb") as out:
                write(run, out, "nb")
            kept.append((name, file.read_bytes()))
    for where, content in kept:
        for spelling in (RARE, RARE.lower()):
            assert spelling.encode() not in content, where
            assert spelling.encode() not in unpacked(content), where


WRONG = {
    ("--ner", "nb_core_news_lg"): "no spaCy pipeline 'nb_core_news_lg' is installed",
    ("--ner", "in"): "holds no spaCy pipeline",
    ("--ner-config", "none.yaml"): "there is no folder or file 'none.yaml'",
    ("--names", "none.csv"): "none.csv: cannot be read",
    ("--names", "in/c.py"): "c.py, line 1: ",
}


@pytest.mark.parametrize("given", WRONG, ids=" ".join)
def test_a_wrong_one_is_a_wrong_call_and_nothing_is_scanned(call: Any, place: Path, given: tuple[str, str]) -> None:
    said = call("scan", "in", "--out", "run", *given)
    assert said.code == 2 and WRONG[given] in said.err
    assert not (place / "run").exists()


def test_nothing_is_fetched(place: Path) -> None:
    """Neither for a model that is there, nor for one that is not, which Presidio by itself would download."""
    env = with_modules(no_network.install(place / "hook"), NETWORK_RECORD=str(place / "record"))

    def ran(*given: str) -> subprocess.CompletedProcess[bytes]:
        arguments = command("scan", "in", "--out", f"run-{len(given)}-{given[1]}", "--jobs", "1", "--only", "PERSON")
        return subprocess.run([*arguments, *given], env=env, cwd=place, capture_output=True, timeout=240, check=False)

    there = ran("--ner", "pipeline")
    assert there.returncode == 0, there.stderr
    (place / "fetch.yaml").write_text(
        "nlp_engine_name: spacy\nmodels: [{lang_code: nb, model_name: nb_core_news_sm}]\n", encoding="utf-8"
    )
    for given in ("nb_core_news_sm", "fetch.yaml"):
        missing = ran("--ner", given)
        assert missing.returncode == 2 and b"pii-scan downloads nothing" in missing.stderr
    watched = (place / "record.on").read_text(encoding="utf-8")
    assert "pii_scan.engines.worker" in watched
    assert not (place / "record").exists()


def test_presidio_by_itself_would_have_tried(place: Path) -> None:
    """What the test above rests on."""
    env = with_modules(no_network.install(place / "hook"), NETWORK_RECORD=str(place / "record"), PIP_RETRIES="0")
    script = (
        "from presidio_analyzer.nlp_engine import NlpEngineProvider\n"
        "NlpEngineProvider(nlp_configuration={'nlp_engine_name': 'spacy', 'models': "
        "[{'lang_code': 'nb', 'model_name': 'nb_core_news_sm'}]}).create_engine()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=place, capture_output=True, timeout=240, check=False
    )
    assert done.returncode != 0
    assert (place / "record").exists()
