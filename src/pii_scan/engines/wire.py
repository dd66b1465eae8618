"""What travels between an engine and its workers: work out, tables back. Frames of a type byte, a length and a payload.

Work is JSON, tables are Arrow IPC streams. Text of documents never travels.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import pyarrow as pa

from pii_scan.model import DocumentRef, Item, Problem, ProblemCode, Slice, Stage, WorkUnit

SETTINGS, GROUP, ALONE, PLAN = b"S", b"G", b"A", b"P"
"""ALONE: a group whose items are to be read one by one."""
READY, BEAT, TABLE, TOGETHER, ITEMS_DONE, GROUP_DONE, SLICES = b"r", b"b", b"t", b"m", b"i", b"g", b"s"
"""TOGETHER: whether from now on several items are read at a time, of which none is done before all are."""

_HEADER = struct.Struct("<cI")
_COUNT = struct.Struct("<I")
_ALIGNED = 8
"""Bytes that the numbers of a table take at most: Arrow works on them as they lie in the frame."""


def send(stream: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    """Writes one frame."""
    stream.write(_HEADER.pack(kind, len(payload)) + payload)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next frame, or None when the stream has ended."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, size = _HEADER.unpack(header)
    payload = stream.read(size)
    return (kind, payload) if len(payload) == size else None


def encode(content: Any) -> bytes:
    """JSON in ASCII, so that file names that are not UTF-8 pass."""
    return json.dumps(content).encode("ascii")


def encode_items(items: list[Item]) -> bytes:
    """A group's items."""
    return encode([_item(item) for item in items])


def decode_items(payload: bytes) -> list[Item]:
    """The inverse of `encode_items`."""
    return [_read_item(item) for item in json.loads(payload)]


def _item(item: Item) -> dict[str, Any]:
    if isinstance(item, WorkUnit):
        part = None if item.slice is None else asdict(item.slice)
        return {"ref": _ref(item.ref), "slice": part, "ended": item.ended}
    return {"ref": _ref(item.ref), "stage": item.stage, "code": item.code, "detail": item.detail}


def _read_item(content: Mapping[str, Any]) -> Item:
    ref = _read_ref(content["ref"])
    if "code" in content:
        return Problem(ref, Stage(content["stage"]), ProblemCode(content["code"]), content["detail"])
    ended = None if content["ended"] is None else (ProblemCode(content["ended"][0]), content["ended"][1])
    return WorkUnit(ref, None if content["slice"] is None else Slice(**content["slice"]), ended)


def _ref(ref: DocumentRef) -> list[Any]:
    parent = None if ref.parent is None else _ref(ref.parent)
    return [ref.target, ref.path, parent, ref.size_bytes, ref.modified_at, ref.changed_ns, ref.version]


def _read_ref(content: list[Any]) -> DocumentRef:
    target, path, parent, size, modified, changed, version = content
    parent = None if parent is None else _read_ref(parent)
    moments = None if changed is None else (changed[0], changed[1])
    return DocumentRef(target, path, parent, size, modified, moments, version)


def encode_number(number: int) -> bytes:
    """A count."""
    return _COUNT.pack(number)


def decode_number(payload: bytes) -> int:
    """The inverse of `encode_number`."""
    (number,) = _COUNT.unpack(payload)
    return int(number)


def encode_table(name: str, table: pa.Table, counts: Sequence[int] = ()) -> bytes:
    """A table with its name, and how many of its rows are of each item; empty: all of one."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    label = encode([name, list(counts)])
    label += b" " * (-(_COUNT.size + len(label)) % _ALIGNED)
    content: bytes = sink.getvalue().to_pybytes()
    return _COUNT.pack(len(label)) + label + content


def decode_table(payload: bytes) -> tuple[str, pa.Table, list[int]]:
    """The inverse of `encode_table`."""
    start = _COUNT.size + decode_number(payload[: _COUNT.size])
    name, counts = json.loads(payload[_COUNT.size : start])
    with pa.ipc.open_stream(pa.py_buffer(payload)[start:]) as reader:
        table = reader.read_all()
    return name, table, counts or [table.num_rows]
