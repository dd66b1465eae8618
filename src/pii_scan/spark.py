"""Finds personal data in the columns of a Spark DataFrame, where its partitions lie.

Found values stay in the columns: what comes back are places, types and scores. Executors need the same pii-scan.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pii_scan import __version__
from pii_scan.cache_folder import cache_folder
from pii_scan.detect.ask import ExpressionTimeout
from pii_scan.detect.detector import Detector
from pii_scan.detect.presidio_guest import GuestError
from pii_scan.errors import UsageError, nearest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

OPTIONS = ("rule_paths", "only", "min_score", "resolve", "as_of", "presidio", "ner", "names")
FOUND = pa.schema([
    pa.field("column", pa.string(), False),
    pa.field("start", pa.int64(), False),
    pa.field("end", pa.int64(), False),
    pa.field("entity_type", pa.string(), False),
    pa.field("score", pa.float32(), False),
    pa.field("synthetic", pa.bool_(), False),
    pa.field("recognizer", pa.string(), False),
])  # fmt: skip
"""Columns of the result, after those that are kept."""


def detect(frame: DataFrame, columns: str | Sequence[str], keep: str | Sequence[str] = (), **options: Any) -> DataFrame:
    """One row a detection in string `columns`: those of `keep`, as they are in the row where it was found (a key, to
    find it again by); `column`; and `start`, `end`, `entity_type`, `score`, `synthetic`, `recognizer` as
    `Detector.detect_texts` gives them. Each text counts for itself, so that partitions and batches make no difference.

    `options`: those of `Detector` in OPTIONS; files and Presidio classes (`module:Class`) must be there on executors.
    Reads nothing by itself: Spark does, when the result is used. Raises UsageError and what `Detector` raises.
    """
    names, kept = _listed(columns), _listed(keep)
    fields = {field.name: field for field in frame.schema.fields}
    for name in (*names, *kept):
        if name not in fields:
            raise UsageError(f"the frame has no column {name!r}", nearest(name, fields))
    if not names or len({*names}) < len(names) or len({*kept}) < len(kept):
        raise UsageError("columns must be named, each once")
    for name in names:
        kind = fields[name].dataType.simpleString()
        if kind != "string" and not kind.startswith(("varchar", "char")):
            raise UsageError(f"the column {name!r} is of the type {kind}, not string", "cast it to string")
    taken = [name for name in kept if name.lower() in FOUND.names]
    if taken:
        raise UsageError(f"the kept column {taken[0]!r} is called as a column of the result", "rename it")
    said = _options(options)
    _detector(said)  # what is wrong is told here, not by an executor
    schema = _schema([fields[name] for name in kept])
    numbers = {name: number for number, name in enumerate(dict.fromkeys((*names, *kept)))}
    plain = frame.select(*(_quoted(name) for name in numbers)).toDF(*(f"c{number}" for number in numbers.values()))
    read, beside = (tuple((name, numbers[name]) for name in some) for some in (names, kept))
    return plain.mapInArrow(partial(_detect, __version__, read, beside, said), schema)


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _schema(kept: Sequence[Any]) -> Any:
    """Spark's words for what comes back."""
    from pyspark.sql import types

    kinds = {"int64": "LongType", "string": "StringType", "float": "FloatType", "bool": "BooleanType"}
    found = [types.StructField(one.name, getattr(types, kinds[str(one.type)])(), one.nullable) for one in FOUND]
    return types.StructType([*kept, *found])


def _options(options: dict[str, Any]) -> str:
    """The options as they travel to executors; the day is the same for all of them."""
    for name in options:
        if name not in OPTIONS:
            raise UsageError(f"there is no option {name!r}", nearest(name, OPTIONS))
    day = options.get("as_of") or datetime.now(tz=UTC).date()
    said: dict[str, Any] = {**options, "as_of": day.isoformat() if isinstance(day, date) else day}
    for name in ("rule_paths", "names", "only", "presidio", "ner"):
        if isinstance(said.get(name, ()), str) or not all(isinstance(o, str | os.PathLike) for o in said.get(name, ())):
            raise UsageError(f"{name!r} must be a list of texts")
        said[name] = [os.fspath(one) for one in said.get(name, ())]
    return json.dumps(said, sort_keys=True)


@lru_cache(maxsize=2)
def _detector(said: str) -> Detector:
    """One a process and set of options: it takes a while to make."""
    options = json.loads(said)
    try:
        day = date.fromisoformat(options.pop("as_of"))
    except (TypeError, ValueError):
        raise UsageError("'as_of' must be a date such as 2026-11-22") from None
    return Detector(**options, as_of=day, memory=cache_folder(os.environ))


def _detect(
    version: str, columns: tuple[tuple[str, int], ...], kept: tuple[tuple[str, int], ...], said: str,
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """Runs on executors. What goes wrong ends the task, with a message that quotes no text.

    `columns`: each with its position; `kept`: names and positions of the others.
    """
    if version != __version__:
        raise RuntimeError(f"this executor has pii-scan {__version__}, the driver has {version}")
    detector = _detector(said)
    for batch in batches:
        for name, number in columns:
            texts = batch.column(number).cast(pa.large_string()).fill_null("")
            try:
                found = detector.detect_texts(texts)
            except (ExpressionTimeout, GuestError):
                raise RuntimeError(f"a rule, recognizer or model failed on a text of the column {name!r}") from None
            if found.num_rows:
                rows = found["text"].combine_chunks()
                own = [batch.column(one).take(rows) for _, one in kept]
                labels = pa.array([name] * found.num_rows, pa.string())
                told = [found[one].combine_chunks().cast(FOUND.field(one).type) for one in FOUND.names[1:]]
                names = [*(one for one, _ in kept), *FOUND.names]
                yield pa.RecordBatch.from_arrays([*own, labels, *told], names=names)
