"""What is found in a Spark DataFrame is what the detector finds in its texts."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scanning import RULE, environment
from sql_servers import missing

from pii_scan import Detector
from pii_scan.errors import RuleError, UsageError
from pii_scan.spark import detect

DAY = date(2026, 11, 22)
TEXTS = [
    "skriv til per@example.no eller 118375 33335",
    None,
    "intet her",
    "æøå 😀 kari@example.no; fnr 158880 10030",
    "",
]
NOTES = ["ZZ1234", "ring 68 05 00 10", None, None, "ola@example.com"]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    for name in ("pyspark", "pandas"):
        if importlib.util.find_spec(name) is None:
            missing(name)
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        missing("Java")
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        from pyspark.sql import SparkSession

        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # starts sooner
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.local.dir", str(folder))
            .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
            .getOrCreate()
        )
        try:
            yield session
        finally:
            gateway = session.sparkContext._gateway
            session.stop()
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait(60)


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    rows = list(zip(range(len(TEXTS)), TEXTS, NOTES, strict=True))
    return spark.createDataFrame(rows, "nr int, text string, `merk.nad` string").repartition(2)


def expected(detector: Detector) -> list[tuple[Any, ...]]:
    found = []
    for column, texts in (("text", TEXTS), ("merk.nad", NOTES)):
        for row in detector.detect_texts([text or "" for text in texts]).to_pylist():
            found.append((row.pop("text"), column, *row.values()))
    return sorted(found)


def collected(result: Any) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in result.collect())


def test_rows_are_those_of_the_detector_with_what_is_kept(frame: Any) -> None:
    result = detect(frame, ["text", "merk.nad"], keep="nr", as_of=DAY)
    names = ["nr", "column", "start", "end", "entity_type", "score", "synthetic", "recognizer"]
    assert result.columns == names
    found = collected(result)
    assert found == expected(Detector(as_of=DAY)) and len(found) >= 6
    assert {row[0] for row in found} == {0, 1, 3, 4}


def test_options_are_the_detectors(frame: Any, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(RULE, "utf-8")
    how: dict[str, Any] = {"rule_paths": [tmp_path / "rule.yaml"], "only": ["MY_ID", "EMAIL_ADDRESS"], "min_score": 0.8}
    found = collected(detect(frame, ["text", "merk.nad"], keep=["nr"], as_of="2026-11-22", **how))
    assert found == expected(Detector(as_of=DAY, **how))
    assert {row[4] for row in found} == {"MY_ID", "EMAIL_ADDRESS"}


def test_kept_columns_come_as_they_are(spark: Any) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001  as Spark has it
    row = (Decimal("1.50"), moment, moment.date(), [1, 2], {"a": "b"}, (7,), "per@example.no")
    schema = (
        "a decimal(9,2), b timestamp, c date, d array<int>, e map<string,string>, `f g` struct<`h.i`:string>, t string"
    )
    wide = spark.createDataFrame([row], schema)
    kept = wide.columns
    (found,) = detect(wide, "t", keep=kept, only=["EMAIL_ADDRESS"]).select(*[f"`{name}`" for name in kept]).collect()
    assert tuple(found) == tuple(wide.collect()[0])


def test_a_frame_without_rows_has_no_detections(frame: Any) -> None:
    assert detect(frame.limit(0), "text").collect() == []


def test_what_cannot_be_done_is_refused_before_spark_works(frame: Any, tmp_path: Path) -> None:
    for wrong, said in (
        (lambda: detect(frame, "nr"), "the column 'nr' is of the type int, not string"),
        (lambda: detect(frame, "tekst"), "did you mean 'text'"),
        (lambda: detect(frame, []), "columns must be named"),
        (lambda: detect(frame, "text", min_scor=1), "did you mean 'min_score'"),
        (lambda: detect(frame, "text", presidio=[object()]), "'presidio' must be a list of texts"),
        (lambda: detect(frame, "text", as_of="i går"), "'as_of' must be a date"),
        (lambda: detect(frame.withColumnRenamed("nr", "Start"), "text", keep="Start"), "rename it"),
    ):
        with pytest.raises(UsageError, match=said):
            wrong()
    with pytest.raises(RuleError):
        detect(frame, "text", rule_paths=[tmp_path / "none.yaml"])
