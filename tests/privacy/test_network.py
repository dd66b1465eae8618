"""A scan, its reports, the Presidio bridge and the detector work with the network cut off, and do not try to use it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import no_network
import planting
import pytest
from scanning import command, environment, with_modules

BRIDGE = """
import json
from datetime import date
from pii_scan import Detector
from pii_scan.detect.presidio_bridge import analyzer_engine
text = "Send til kari.lyng@example.no eller post@firma.example.com, fnr 118375 33335, IP 45.83.12.7, +47 68 05 12 34"
day = date(2026, 11, 22)
ours = Detector(as_of=day).detect_texts([text]).select(["start", "end", "entity_type"]).to_pylist()
theirs = analyzer_engine(as_of=day).analyze(text, language="nb", score_threshold=0.4)
print(json.dumps([sorted((r["start"], r["end"], r["entity_type"]) for r in ours),
                  sorted((r.start, r.end, r.entity_type) for r in theirs)]))
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network") / "estate"
    for name, data in planting.READABLE.items():
        if "/" not in name:
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
    hosts = "https://example.invalid/a.dtd"
    (folder / "dtd.xml").write_text(
        f'<!DOCTYPE a SYSTEM "{hosts}" [<!ENTITY e SYSTEM "{hosts}">]><a>&e; kari@example.no</a>', encoding="utf-8"
    )
    (folder / "bilde.html").write_text(f'<img src="{hosts}"><p>kari@example.no</p>', encoding="utf-8")
    return folder


def _run(arguments: list[str], env: dict[str, str], prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*prefix, *arguments], env=env, capture_output=True, timeout=240, check=False)


def _report(
    estate: Path, out: Path, env: dict[str, str], prefix: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Scans, makes reports, and gives the one in JSON without what differs from run to run."""
    done = _run(command("scan", estate, "--out", out), env, prefix)
    assert done.returncode == 3, done.stderr
    reports = [_run(command("report", out, "--format", name), env, prefix) for name in others]
    assert all(report.returncode == 0 and report.stdout for report in reports)
    report: dict[str, Any] = json.loads(_run(command("report", out, "--format", "json"), env, prefix).stdout)
    return {key: value for key, value in report.items() if key != "run"}


@pytest.fixture(scope="module")
def connected(estate: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _report(estate, tmp_path_factory.mktemp("connected") / "run", environment())


@pytest.fixture
def cut_off(tmp_path: Path) -> dict[str, str]:
    return with_modules(no_network.install(tmp_path / "hook"), NETWORK_RECORD=str(tmp_path / "record"))


def test_a_scan_and_its_reports_are_the_same_without_a_network_and_none_tries_it(
    estate: Path, connected: dict[str, Any], cut_off: dict[str, str], tmp_path: Path
) -> None:
    assert _report(estate, tmp_path / "run", cut_off, others=("html", "csv", "markdown")) == connected
    watched = (tmp_path / "record.on").read_text(encoding="utf-8")
    assert "pii_scan.engines.worker" in watched and "pii_scan report" in watched
    assert "TRIED" not in watched
    assert not (tmp_path / "record").exists()


def test_the_watch_would_have_noticed(cut_off: dict[str, str], tmp_path: Path) -> None:
    for call in ("socket.create_connection(('192.0.2.1', 80), 1)", "socket.getaddrinfo('example.invalid', 80)"):
        done = _run([sys.executable, "-c", f"import socket; {call}"], cut_off)
        assert b"Network is unreachable" in done.stderr
    assert len((tmp_path / "record").read_text(encoding="utf-8").splitlines()) == 2


def test_the_detector_and_the_presidio_bridge_agree_without_a_network(cut_off: dict[str, str], tmp_path: Path) -> None:
    done = _run([sys.executable, "-c", BRIDGE], cut_off)
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(done.stdout)
    assert ours == theirs and len(ours) == 5
    assert not (tmp_path / "record").exists()


def test_rules_and_doctor_work_without_a_network(cut_off: dict[str, str], tmp_path: Path) -> None:
    assert _run(command("rules", "list"), cut_off).returncode == 0
    assert _run(command("doctor"), cut_off).returncode == 0
    assert not (tmp_path / "record").exists()


def test_a_scan_is_the_same_in_a_network_of_its_own_without_any_interface(
    estate: Path, connected: dict[str, Any], tmp_path: Path
) -> None:
    prefix = ("unshare", "-rn")
    if shutil.which("unshare") is None or _run(["true"], environment(), prefix).returncode:
        pytest.skip("this system does not permit `unshare -rn`")
    assert _report(estate, tmp_path / "run", environment(), prefix) == connected
