"""A run folder that someone else made, or changed: each command refuses it with a reason or reads it, and shows no
markup, formula or control character of it as such.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scanning import KEY

from pii_scan.cli.main import run as run_cli
from pii_scan.engines.scan import scan
from pii_scan.errors import RunError
from pii_scan.findings.schema import TABLES
from pii_scan.findings.store import load_run

NOTICE = Path(__file__).parents[2] / "configs" / "notices" / "metis.yaml"
FORMATS = ("json", "csv", "html", "markdown", "xlsx", "avvik", "sarif", "dpv", "ropa-csv")
HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script>\x1b]0;x\x07\u202e](http://e.example.com)\r\n"'


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("sound")
    (base / "in").mkdir()
    (base / "in" / "a.csv").write_text("navn;e-post;fødselsdato\nKari;kari@example.no;1.2.2019\n", encoding="utf-8")
    (base / "in" / "b.bin").write_bytes(bytes(range(256)) * 9)
    scan([base / "in"], out=base / "run", environment={"PII_SCAN_KEY": KEY, "PII_SCAN_CONFIG_HOME": str(base)})
    return base / "run"


@pytest.fixture
def copied(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "run")
    return tmp_path / "run"


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("PII_SCAN_KEY", KEY)
    monkeypatch.setenv("PII_SCAN_CONFIG_HOME", str(tmp_path))

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run_cli([str(argument) for argument in arguments])
        said = capfd.readouterr()
        assert code in (0, 1, 2, 3) and "internal error" not in said.err and "Traceback" not in said.err, said.err
        return code, said.out, said.err

    return run


def every(run: Path, sound: Path, tmp_path: Path, formats: tuple[str, ...] = FORMATS) -> Iterator[list[object]]:
    """Each command that reads a run."""
    for name in formats:
        yield ["report", run, "--format", name, "-o", tmp_path / f"report.{name}"]
    yield ["check", run, "--notice", NOTICE, "--format", "json", "-o", tmp_path / "check.json"]
    yield ["diff", run, sound, "--format", "json"]
    yield ["diff", sound, run]


def rewritten(run: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> bool:
    """Puts another table in place of a run's; False where the run has none of that name."""
    files = sorted((run / name).glob("*.parquet"))
    for file in files:
        pq.write_table(change(pq.read_table(file)), file)
    return bool(files)


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_bytes_that_are_none_are_refused(
    name: str, copied: Path, sound: Path, call: Command, tmp_path: Path
) -> None:
    files = sorted((copied / name).glob("*.parquet")) or [copied / name / "00000000.parquet"]
    whole = files[0].read_bytes() if files[0].exists() else b""
    chance = random.Random(name)
    contents = [b"", b"PAR1", whole[: len(whole) // 2], whole[:-9] + b"\xff\xff\xff\x7f" + b"PAR1"]
    for _ in range(4):
        data = bytearray(whole or b"PAR1PAR1")
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        contents.append(bytes(data))
    for content in contents:
        files[0].write_bytes(content)
        call("report", copied, "--format", "json", "-o", tmp_path / "report.json")
        call("diff", copied, sound)


def _values(kind: str, size: int) -> pa.Array:
    return {
        "integers": pa.array([-(1 << 63)] * size, pa.int64()),
        "lists": pa.array([[HOSTILE]] * size, pa.list_(pa.string())),
        "nulls": pa.nulls(size, pa.string()),
        "bytes": pa.array([b"\xff\xfe\x00"] * size, pa.binary()),
        "no UTF-8": pa.StringArray.from_buffers(
            size, pa.array(range(size + 1), pa.int32()).buffers()[1], pa.py_buffer(b"\xff" * size)
        ),
        "infinity": pa.array([float("inf")] * size, pa.float64()),
        "moments": pa.array([(1 << 62)] * size, pa.timestamp("us", tz="UTC")),
        "structs": pa.array([{"a": 1}] * size),
    }[kind]


@pytest.mark.parametrize("kind", ["integers", "lists", "nulls", "bytes", "no UTF-8", "infinity", "moments", "structs"])
def test_columns_of_another_type_or_with_values_that_no_scan_writes(
    kind: str, sound: Path, call: Command, tmp_path: Path
) -> None:
    for name, schema in TABLES.items():
        for place, field in enumerate(schema):
            run = tmp_path / "run"
            shutil.rmtree(run, ignore_errors=True)
            shutil.copytree(sound, run)
            if not rewritten(
                run, name, lambda table, at=place, own=field: table.set_column(at, own.name, _values(kind, len(table)))
            ):
                continue
            try:
                held = load_run(run)
                assert sum(table.num_rows for table in getattr(held, name)())
            except RunError as error:
                assert HOSTILE not in str(error) and name in str(error)
                continue
            call("report", run, "--format", "json", "-o", tmp_path / "report.json")
            call("check", run, "--notice", NOTICE, "--format", "json", "-o", tmp_path / "check.json")


def test_columns_that_are_missing_or_too_many(copied: Path, sound: Path, call: Command, tmp_path: Path) -> None:
    rewritten(copied, "documents", lambda table: table.append_column("more", pa.nulls(len(table), pa.string())))
    assert call("report", copied, "--format", "json")[0] == 3
    rewritten(copied, "documents", lambda table: table.drop_columns(["more", "status"]))
    assert call("report", copied, "--format", "json")[0] == 3


@pytest.mark.parametrize("value", [None, [], {}, "", HOSTILE, -1, 1e308, [[[]]], {"a": None}, [None, 7, HOSTILE]])
def test_manifests_with_values_of_any_type(
    value: Any, sound: Path, call: Command, tmp_path: Path
) -> None:  # fmt: skip
    manifest = json.loads((sound / "run.json").read_text(encoding="utf-8"))
    for key in manifest:
        run = tmp_path / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(sound, run)
        (run / "run.json").write_text(json.dumps({**manifest, key: value}), encoding="utf-8")
        call("report", run, "--format", "json", "-o", tmp_path / "report.json")
        call("diff", run, sound)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"format": 1e999}', "\ud800", "\x00"])
def test_manifests_that_are_none(text: str, copied: Path, call: Command) -> None:
    (copied / "run.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    code, _, said = call("report", copied, "--format", "json")
    assert code in (2, 3) and "run" in said


def test_names_with_markup_formulas_and_control_characters_are_text_in_every_report(
    copied: Path, sound: Path, call: Command, tmp_path: Path
) -> None:
    for name in TABLES:
        rewritten(copied, name, _poisoned)
    manifest = json.loads((copied / "run.json").read_text(encoding="utf-8"))
    (copied / "run.json").write_text(json.dumps({**manifest, "targets": [HOSTILE], "notes": [HOSTILE]}), "utf-8")
    for arguments in every(copied, sound, tmp_path):
        _, out, err = call(*arguments)
        assert "\x1b" not in out + err, arguments
    assert "<script>alert(1)" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    for line in (tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines():
        for cell in re.split(r"[;,]", line):
            assert not re.match(r"\"?[=+@\t]", cell), line
    assert "\x1b" not in (tmp_path / "report.markdown").read_text(encoding="utf-8")


def _poisoned(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        word = pa.types.is_dictionary(field.type) or pa.types.is_string(field.type)
        if word and field.name not in ("kind", "status", "stage", "code", "basis", "target"):
            table = table.set_column(place, field, pa.array([HOSTILE] * len(table)).cast(field.type))
    return table
