"""`pii-scan evidence`: a bundle that can be checked later, the same for the same input, and without a value."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import planting
import pytest
from scanning import KEY

from pii_scan.engines.scan import scan
from pii_scan.findings.queries import Query, log_query
from pii_scan.registry import data_folder
from pii_scan.report import evidence

NOTICE = data_folder("configs") / "notices" / "metis.yaml"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("evidence")
    (base / "in").mkdir()
    (base / "in" / "brev.txt").write_text(planting.TEXT, encoding="utf-8")
    (base / "in" / f"{planting.NAME}.csv").write_bytes(planting.READABLE["tabell.csv"])
    scan([base / "in"], out=base / "run")
    log_query(base / "run", Query("innsyn", ["EMAIL_ADDRESS"], ["0a1b2"], 3))
    return base / "run"


@pytest.fixture
def bundle(call: Any, run_folder: Path, tmp_path: Path) -> Path:
    (tmp_path / "ropa.xlsx").write_bytes(b"any bytes")
    (tmp_path / "godtatt.yaml").write_text("accepted: []\n", encoding="utf-8")
    options = ("--notice", NOTICE, "--ropa", tmp_path / "ropa.xlsx", "--accept", tmp_path / "godtatt.yaml")
    said = call("evidence", run_folder, "-o", tmp_path / "bundle.zip", *options)
    assert said.code == 0
    digest = hashlib.sha256(content(tmp_path / "bundle.zip")["manifest.json"]).hexdigest()
    assert digest in said.out
    return tmp_path / "bundle.zip"


def content(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_the_manifest_lists_every_file_with_its_size_and_hash(bundle: Path) -> None:
    files = content(bundle)
    manifest = json.loads(files.pop("manifest.json"))
    jsonschema.validate(manifest, evidence.schema())
    assert {entry["name"] for entry in manifest["files"]} == files.keys() == {
        "run.json", "report.html", "report.json", "notice.yaml", "record.xlsx", "accepted.yaml", "queries.jsonl",
    }  # fmt: skip
    for entry in manifest["files"]:
        data = files[entry["name"]]
        assert (entry["size"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert files["notice.yaml"] == NOTICE.read_bytes()
    assert json.loads(files["report.json"])["schema"] == "pii-scan.report/1"


def test_rules_tables_and_versions_are_named(bundle: Path) -> None:
    manifest = json.loads(content(bundle)["manifest.json"])
    assert manifest["rules"]["run"] == manifest["rules"]["installed"] == manifest["run"]["rules_hash"]
    assert "no.fodselsnummer" in manifest["rules"]["ids"]
    assert manifest["tables"]["law/references.yaml"] == hashlib.sha256(
        (data_folder("configs") / "law" / "references.yaml").read_bytes()
    ).hexdigest()  # fmt: skip
    assert {"categories.yaml", "law/terms.yaml"} <= manifest["tables"].keys()
    assert manifest["made_by"]["version"] == "0.1.0"


def test_the_same_input_gives_the_same_bytes(call: Any, bundle: Path, run_folder: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        assert call("evidence", run_folder, "-o", tmp_path / name, "--notice", NOTICE).code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes() != bundle.read_bytes()
    with zipfile.ZipFile(bundle) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_value_no_key_and_no_index_is_in_it(bundle: Path, run_folder: Path) -> None:
    prints = [part.read_bytes() for part in (run_folder / "index").iterdir()]
    assert prints
    for name, data in content(bundle).items():
        assert not planting.leaks(data), name
        assert KEY.encode() not in data and bytes.fromhex(KEY) not in data
        assert not name.endswith((".parquet", ".sqlite"))
    if os.name == "posix":
        assert stat.S_IMODE(bundle.stat().st_mode) == 0o600


def test_the_key_is_not_packed_by_mistake(call: Any, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY.upper()}\n", encoding="ascii")
    said = call("evidence", run_folder, "-o", tmp_path / "b.zip", "--ropa", tmp_path / "key")
    assert said.code == 2 and "fingerprint key" in said.err and KEY not in said.err.lower()
    assert not (tmp_path / "b.zip").exists()


def test_a_bundle_that_is_whole_is_confirmed(call: Any, bundle: Path) -> None:
    said = call("evidence", "--verify", bundle)
    assert said.code == 0 and "7 files: all as the manifest says" in said.out
    assert hashlib.sha256(content(bundle)["manifest.json"]).hexdigest() in said.out


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def changed(files: dict[str, bytes]) -> None:
    files["notice.yaml"] = files["notice.yaml"].replace(b"a", b"b", 1)


def longer(files: dict[str, bytes]) -> None:
    files["report.html"] += b" "


def missing(files: dict[str, bytes]) -> None:
    del files["queries.jsonl"]


def added(files: dict[str, bytes]) -> None:
    files["extra.txt"] = b"x"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (changed, "notice.yaml: has another content"),
        (longer, "report.html: has another size"),
        (missing, "queries.jsonl: is missing"),
        (added, "does not list"),
    ],
)
def test_a_bundle_that_was_changed_is_told(
    call: Any, bundle: Path, how: Callable[[dict[str, bytes]], None], said: str
) -> None:
    files = content(bundle)
    how(files)
    bundle.write_bytes(packed(files))
    result = call("evidence", "--verify", bundle)
    assert result.code == 1 and said in result.out and "1 wrong" in result.out


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_stands_twice_is_told(call: Any, bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("run.json", b"{}")
    result = call("evidence", "--verify", bundle)
    assert result.code == 1 and "run.json: stands twice" in result.out


def test_damage_anywhere_is_an_error_and_never_a_confirmation(call: Any, bundle: Path) -> None:
    whole = bundle.read_bytes()
    for at in range(30, len(whole), max(1, len(whole) // 40)):
        bundle.write_bytes(whole[:at])
        assert call("evidence", "--verify", bundle).code == 2
        data = bytearray(whole)
        data[at] ^= 0xFF
        bundle.write_bytes(data)
        result = call("evidence", "--verify", bundle)
        assert result.code in (1, 2) or content(bundle) == content_of(whole)


def content_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("data", [b"", b"no zip", packed({"a": b"x"}), packed({"manifest.json": b"[1"}),
                                  packed({"manifest.json": b'{"schema": "pii-scan.evidence/1"}'})])  # fmt: skip
def test_what_is_no_bundle_is_a_wrong_call(call: Any, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    assert call("evidence", "--verify", tmp_path / "x.zip").code == 2
    assert call("evidence", "--verify", tmp_path / "none.zip").code == 2


def test_wrong_calls_write_nothing(call: Any, run_folder: Path, bundle: Path, tmp_path: Path) -> None:
    before = bundle.read_bytes()
    assert "exists already" in call("evidence", run_folder, "-o", bundle).err
    assert bundle.read_bytes() == before
    new = tmp_path / "new.zip"
    (tmp_path / "no-notice.yaml").write_text("notice: 1\n", encoding="utf-8")
    calls: list[tuple[object, ...]] = [
        (run_folder,), ("-o", new), (tmp_path, "-o", new), (run_folder, "-o", new, "--notice", tmp_path / "none"),
        (run_folder, "-o", new, "--notice", tmp_path / "no-notice.yaml"), (run_folder, "--verify", bundle),
        (run_folder, "-o", tmp_path / "no" / "such" / "b.zip"),
    ]  # fmt: skip
    for arguments in calls:
        assert call("evidence", *arguments).code == 2, arguments
    assert not new.exists()


def test_a_run_that_breaks_off_leaves_no_bundle(call: Any, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    for part in (tmp_path / "run" / "findings").iterdir():
        part.write_bytes(part.read_bytes()[:50])
    assert call("evidence", tmp_path / "run", "-o", tmp_path / "b.zip").code == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
