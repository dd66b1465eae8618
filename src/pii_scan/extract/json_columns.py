"""Columns of JSON documents, entered by path: the values under one path are one column, `data.kontakt.epost`.

Where keys are data (more of them than a form has), the documents are read as texts. Reads no files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pii_scan.extract.cell_batches import Column

MAX_PATHS = 200
"""Paths of one column; a document with others beyond these is read as text."""

_Parts = tuple[Column, list[str], npt.NDArray[np.int64]]


class JsonColumn:
    """What one column has shown so far."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._paths: dict[str, Column] = {"": column}
        self._keys: set[str] = set()

    def parts(self, array: pa.Array, rows: npt.NDArray[np.int64]) -> Iterator[_Parts]:
        """The values of a batch of documents by path, with the row of each. Keys are texts too, given when first met.

        `array`: texts, or a list of them for each row.
        """
        found: dict[str, tuple[list[str], list[int]]] = {}
        for value, row in zip(array.to_pylist(), rows.tolist(), strict=True):
            for text in value if isinstance(value, list) else (value,):
                if text:
                    self._take(text, row, found)
        for path, (texts, places) in found.items():
            yield self._paths[path], texts, np.array(places, np.int64)

    def _take(self, text: str, row: int, found: dict[str, tuple[list[str], list[int]]]) -> None:
        try:
            pairs = list(_flat("", json.loads(text, parse_int=str, parse_float=str)))
        except (ValueError, RecursionError):
            pairs = [("", text)]
        new = {path for path, _ in pairs} - self._paths.keys()
        if len(self._paths) + len(new) > MAX_PATHS:
            pairs, new = [("", text)], set()
        for path in sorted(new):
            name = f"{self._column.header}{path}"
            last = path.rpartition(".")[2]
            self._paths[path] = Column(self._column.number, name, "", self._column.table_headers, last)
            if last not in self._keys:
                self._keys.add(last)
                pairs.append(("", last))
        for path, value in pairs:
            texts, places = found.setdefault(path, ([], []))
            texts.append(value)
            places.append(row)


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The texts and numbers in a JSON value, with the keys that lead to each; lists add nothing to a path.

    >>> list(_flat("", {"a": {"b": ["x", "7"]}, "c": True, "d": None}))
    [('.a.b', 'x'), ('.a.b', '7')]
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{path}.{_whole(key)}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(path, inner)
    elif isinstance(value, str) and value:
        yield path, _whole(value)


def _whole(text: str) -> str:
    """Without the half characters that JSON can spell."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
