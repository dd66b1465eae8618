"""`pii-scan subject`: from identifiers on standard input to places, with a log, and without a value anywhere."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scanning import KEY, environment, pii_scan

from pii_scan.cli.main import run as run_cli

VALUES = ("kari@example.no", "68 05 00 12", "+47 68050012", "118375 33335", "11837533335", "45.83.12.97", "K-10427")
TEXT = "Ring +47 68050012 eller skriv til kari@example.no fra 45.83.12.97.\nFnr 118375 33335.\n"
TABLE = "navn;e-post;tlf;fødselsnummer;kundenummer\nKari;KARI@example.no;68 05 00 12;11837533335;K-10427\n"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("subject")
    (base / "in").mkdir()
    (base / "in" / "brev.txt").write_text(TEXT, encoding="utf-8")
    (base / "in" / "liste.csv").write_text(TABLE, encoding="utf-8")
    done = pii_scan("scan", base / "in", "--out", base / "run")
    assert done.returncode == 0
    return base / "run"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, call: Any) -> Ask:
    """Calls the command with lines on standard input; no value may come back in any way."""

    def run(folder: Path, *options: object, lines: str | bytes = "\n".join(VALUES)) -> Any:
        data = lines if isinstance(lines, bytes) else lines.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        said = call("subject", folder, *options)
        for word in (*VALUES, "KARI@", "kari@", "68050012", "4768050012", "118375", "10427"):
            assert word not in said.out and word not in said.err, word
            log = folder / "queries.jsonl"
            assert not log.exists() or word not in log.read_text("utf-8")
        return said

    return run


def places(said: Any) -> list[list[tuple[str, Any]]]:
    return [
        [(p["document"], p["location"].get("row", p["location"].get("line"))) for p in json.loads(line)["places"]]
        for line in said.out.splitlines()
    ]


def test_json_has_one_object_a_line_for_each_identifier(ask: Ask, run_folder: Path) -> None:
    said = ask(run_folder, "--format", "json")
    assert said.code == 0
    lines = [json.loads(line) for line in said.out.splitlines()]
    kinds = ["EMAIL_ADDRESS", "PHONE_NUMBER", "PHONE_NUMBER", "NO_FODSELSNUMMER", "NO_FODSELSNUMMER", "IP_ADDRESS"]
    assert [line["query"] for line in lines] == [{"entity_type": kind} for kind in (*kinds, "CUSTOMER_ID")]
    both = [("brev.txt", 1), ("liste.csv", 2)]
    number = [("brev.txt", 2), ("liste.csv", 2)]
    expected = [both, both, both, number, number, [("brev.txt", 1)], [("liste.csv", 2)]]
    assert [sorted(found) for found in places(said)] == expected
    for line in lines:
        assert set(line) == {"query", "places"}
        for place in line["places"]:
            assert set(place) == {"document", "location", "entity_type", "count"} and place["count"] == 1


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_the_text_names_lines_places_and_coverage(ask: Ask, run_folder: Path, lang: str) -> None:
    said = ask(run_folder, "--lang", lang, "--verbose")
    assert said.code == 0
    for word in ("Linje 1: E-postadresse", "kolonne e-post, rad 2", "Dekning", "Sammendrag", "artikkel 15"):
        assert (word in said.out) == (lang == "nb"), word
    assert "liste.csv" in said.out and "brev.txt" in said.out


def test_nothing_found_is_said_with_what_was_not_read(ask: Ask, small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "run")
    said = ask(tmp_path / "run", lines="ukjent@example.no")
    assert said.code == 3
    assert "Ikke funnet i det som ble lest" in said.out and "Ikke lest: 1" in said.out
    assert "ukjent@" not in said.out
    assert ask(tmp_path / "run", "--allow-incomplete", lines="ukjent@example.no").code == 0
    in_json = ask(tmp_path / "run", "--format", "json", lines="ukjent@example.no")
    assert in_json.code == 3 and "Ikke lest: 1" in in_json.err
    assert json.loads(in_json.out) == {"query": {"entity_type": "EMAIL_ADDRESS"}, "places": []}


def test_an_interrupted_run_is_incomplete(ask: Ask, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    change(tmp_path / "run", status="interrupted")
    said = ask(tmp_path / "run")
    assert said.code == 3 and "avbrutt" in said.out


def test_every_call_is_logged_without_the_value(ask: Ask, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    log = tmp_path / "run" / "queries.jsonl"
    log.unlink(missing_ok=True)
    ask(tmp_path / "run", "--purpose", "sletting", lines="kari@example.no\n68 05 00 12")
    ask(tmp_path / "run", "--format", "json", lines="+47 68050012\nukjent signatur")
    first, second = (json.loads(line) for line in log.read_text("utf-8").splitlines())
    assert (first["purpose"], second["purpose"]) == ("sletting", "innsyn")
    assert first["entity_types"] == ["EMAIL_ADDRESS", "PHONE_NUMBER"] and first["places"] == 4
    assert first["traces"][1] == second["traces"][0] != first["traces"][0]
    assert set(first) == {"time", "who", "purpose", "identifiers", "entity_types", "traces", "places"}
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert ask(tmp_path / "run", "--no-log").code == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_what_cannot_be_logged_is_not_shown(ask: Ask, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run").chmod(0o500)
    said = ask(tmp_path / "run")
    (tmp_path / "run").chmod(0o700)
    assert said.code == 3 and said.out == "" and "cannot be logged" in said.err


def test_a_log_that_cannot_be_written_shows_nothing(ask: Ask, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run", ignore=shutil.ignore_patterns("queries.jsonl"))
    (tmp_path / "run" / "queries.jsonl").mkdir()
    said = run_cli_with(tmp_path / "run", "kari@example.no")
    assert said.returncode == 3 and said.stdout == b"" and b"cannot be logged" in said.stderr


def run_cli_with(folder: Path, lines: str) -> Any:
    return pii_scan("subject", folder, stdin=lines.encode())


@pytest.mark.parametrize(
    "arguments",
    [
        ("RUN", "11837533335"), ("RUN", "kari@example.no"), ("RUN", "Kari Nordmann"), ("11837533335",),
        ("kari@example.no",), ("RUN", "--purpose", "Kari Nordmann"), ("RUN", "--fnr", "118375 33335"),
        ("RUN", "-11837533335"), ("RUN", "--fnr=11837533335"), ("RUN", "--format", "11837533335"), ("Kari Nordmann",),
        ("RUN", "--no-color=Kari Nordmann"), ("RUN", "--Kari Nordmann"), ("--lang", "Nordmann", "RUN"),
    ],
    ids=lambda words: f"{len(words)} arguments",
)  # fmt: skip
def test_an_identifier_on_the_command_line_is_refused_and_not_repeated(
    call: Any, run_folder: Path, arguments: tuple[str, ...]
) -> None:
    said = call("subject", *(run_folder if word == "RUN" else word for word in arguments))
    assert said.code == 2 and said.out == ""
    assert "standard input" in said.err
    for word in ("11837533335", "118375", "kari", "Kari", "Nordmann"):
        assert word not in said.err


def test_a_line_that_is_wrong_is_named_by_its_number(ask: Ask, run_folder: Path) -> None:
    for lines in ("kari@example.no 68 05 00 12", "hemmelighet: 118375 33335", "fnr: hemmelighet"):
        said = ask(run_folder, lines=f"45.83.12.97\n{lines}")
        assert said.code == 2 and "line 2" in said.err and said.out == ""
        assert "hemmelighet" not in said.err
    assert ask(run_folder, lines="").code == 2
    assert "standard input" in ask(run_folder, lines="\n \n").err


def test_lines_are_read_as_windows_writes_them_too(ask: Ask, run_folder: Path) -> None:
    assert ask(run_folder, lines="\ufeffkari@example.no\r\n68 05 00 12\r\n".encode()).code == 0
    assert ask(run_folder, lines="navn: Bjørn Ødegård".encode("cp1252")).code == 0


def test_without_a_key_nothing_is_made_and_the_way_out_is_said(run_folder: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in environment().items() if name != "PII_SCAN_KEY"}
    env["PII_SCAN_CONFIG_HOME"] = str(tmp_path / "config")
    done = pii_scan("subject", run_folder, stdin=b"kari@example.no", env=env)
    assert done.returncode == 2 and b"PII_SCAN_KEY" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_key_is_told_apart_from_nothing_found(
    ask: Ask, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PII_SCAN_KEY", "6f" * 32)
    said = ask(run_folder)
    assert said.code == 2 and "another fingerprint key" in said.err and KEY not in said.err
    monkeypatch.setenv("PII_SCAN_KEY", KEY)
    shutil.copytree(run_folder, tmp_path / "run")
    change(tmp_path / "run", key_check=None)  # a run that does not say is taken at its word
    assert ask(tmp_path / "run").code == 0


def test_with_several_targets_each_place_names_its_own(ask: Ask, tmp_path: Path) -> None:
    for name in ("nord", "sør"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("skriv til kari@example.no\n", encoding="utf-8")
    assert (
        run_cli(["scan", str(tmp_path / "nord"), str(tmp_path / "sør"), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    )
    said = ask(tmp_path / "run", "--format", "json", lines="kari@example.no")
    found = json.loads(said.out)["places"]
    assert [Path(place["target"]).name for place in found] == ["nord", "sør"]
    assert {place["document"] for place in found} == {"a.txt"}


def change(folder: Path, **more: object) -> None:
    manifest = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps({**manifest, **more}), "utf-8")
