"""A run folder that someone else made, or changed: each command refuses it with a reason or reads it, and shows no
markup, formula or control character of it as such.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scanning import KEY

from pii_scan.cli.main import run as run_cli
from pii_scan.engines.scan import scan
from pii_scan.findings.schema import TABLES

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
    for _ in range(6):
        data = bytearray(whole or b"PAR1PAR1")
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        contents.append(bytes(data))
    for content in contents:
        files[0].write_bytes(content)
        for arguments in every(copied, sound, tmp_path, ("json",)):
            call(*arguments)


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
            written = rewritten(
                run, name, lambda table, at=place, own=field: table.set_column(at, own.name, _values(kind, len(table)))
            )
            if written:
                call("report", run, "--format", "json", "-o", tmp_path / "report.json")
                call("check", run, "--notice", NOTICE, "--format", "json", "-o", tmp_path / "check.json")
