"""What a task of Ray does on a node: hands its group to a caged worker process, which is kept for the next task.

A station is a LocalEngine with one worker, held by the process that Ray runs tasks in. So a document that stalls or
kills its worker costs that document alone, as on one machine; what becomes of a lost node is `ray_cluster`'s concern.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from pii_scan import __version__
from pii_scan.engines import wire
from pii_scan.engines.alone import lock
from pii_scan.engines.group import Group, Part
from pii_scan.engines.local import TEMPORARY, EngineError, LocalEngine
from pii_scan.errors import PiiScanError
from pii_scan.model import Item, Limits, WorkUnit

PART, SLICES, REFUSED = "part", "slices", "refused"
Answer = tuple[str, list[bytes], dict[str, list[int]]]
"""What came of a group: tables with the counts of `Part`, or the slices that it is to be read in; or why the node
cannot work."""
_FOLDERS = f"{TEMPORARY}ray-"
_FRESH_SECONDS = 60.0
_LISTS = ("rules", "names", "systems")

_kept: dict[bytes, Station] = {}
"""By setup: at most one, since a process of Ray serves one scan."""


class Station:
    """One worker on this node, and what it has been told to do."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        """`setup` as `ray_cluster` makes it."""
        self._folder, self._lock = own_folder(str(setup["token"]))
        self._next: Group | None = None
        self._slices: list[Item] | None = None
        settings = setup["settings"]
        self._parts = LocalEngine(
            1, settings, setup["sources"], Limits(**settings["limits"]), lambda progress: None, self._cut,
            self._folder, setup["slice_bytes"], ahead=0,
        ).run(self._supply())  # fmt: skip

    def _supply(self) -> Iterator[Group]:
        while self._next is not None:
            group, self._next = self._next, None
            yield group

    def _cut(self, group: Group, slices: Sequence[WorkUnit]) -> list[Group]:
        """Slices go back, to be read by whoever is free; here nothing is left of the group."""
        self._slices = list(slices)
        return [Group(group.part, [])]

    def work(self, items: list[Item], plan: bool) -> Answer:
        """Reads a group, or says which slices a large document is to be read in. Raises EngineError."""
        self._next, self._slices = Group("", items, plan), None
        part = next(self._parts)
        if self._slices is not None:
            return SLICES, [wire.encode_items(self._slices)], {}
        return _answer(part)

    def close(self) -> None:
        """Ends the worker and deletes its folder."""
        self._parts.close()  # type: ignore[attr-defined]
        self._lock.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def work(version: str, setup: bytes, items: bytes, plan: bool, keep: bool) -> Answer:
    """The task: does one group in the station for this setup; `keep`: the next task finds it there.

    Says in words what is wrong with the node; an exception would come with a traceback, which Ray logs.
    """
    if version != __version__:
        return _refused(f"has pii-scan {__version__}, this is {version}")
    try:
        station = _kept.get(setup)
        if station is None:
            for other in list(_kept):
                _kept.pop(other).close()
            content = json.loads(setup)
            if missing := _missing(content):
                return _refused(f"has no {missing!r}")
            station = _kept[setup] = Station(content)
        answer = station.work(wire.decode_items(items), plan)
    except (EngineError, PiiScanError) as error:
        _close(setup)
        return _refused(f"cannot work: {error}")
    except OSError as error:
        _close(setup)
        return _refused(f"cannot work: {error.strerror or type(error).__name__}")
    if not keep:
        _close(setup)
    return answer


def tidy(token: str) -> None:
    """The last task of a scan on a node: deletes what its stations keep there, whose processes Ray ends."""
    for folder in glob.glob(os.path.join(glob.escape(tempfile.gettempdir()), f"{_FOLDERS}{token}-*")):
        shutil.rmtree(folder, ignore_errors=True)


def decoded(answer: Answer, name: str) -> Part:
    """The part that a task has made, with the name of its group."""
    tables = (wire.decode_table(table) for table in answer[1])
    return Part(name, {of: table for of, table, _ in tables}, answer[2])


def _answer(part: Part) -> Answer:
    return PART, [wire.encode_table(name, table) for name, table in part.tables.items()], dict(part.counts)


def _refused(why: str) -> Answer:
    return REFUSED, [f"the node {platform.node()} {why}".encode("utf-8", "backslashreplace")], {}


def _close(setup: bytes) -> None:
    if setup in _kept:
        _kept.pop(setup).close()


def _missing(setup: Mapping[str, Any]) -> str:
    """A target or a file of the user's that this node does not have; empty where all is there."""
    paths = [one["path"] for one in setup["sources"] if one["kind"] == "files"]
    paths += [path for name in _LISTS for path in setup["settings"][name]]
    return next((str(path) for path in paths if not os.path.lexists(path)), "")


def own_folder(token: str, parent: str | None = None) -> tuple[str, IO[bytes]]:
    """A temporary folder, and the file in it that is locked as long as this process lives: whoever comes next knows
    by it whether the folder may be deleted. Deletes those that may.
    """
    _sweep(parent or tempfile.gettempdir())
    folder = tempfile.mkdtemp(prefix=f"{_FOLDERS}{token}-", dir=parent)
    file = open(os.path.join(folder, "lock"), "wb")  # noqa: SIM115  as long as the folder
    _lock(file)
    return folder, file


def _lock(file: IO[bytes]) -> bool:
    """Whether the lock could be had; Windows is not asked."""
    if sys.platform == "win32":
        return False
    try:
        lock(file.fileno())
    except OSError:
        return False
    return True


def _sweep(parent: str) -> None:
    """Deletes the folders of processes that were killed."""
    for folder in glob.glob(os.path.join(glob.escape(parent), f"{_FOLDERS}*")):
        with contextlib.suppress(OSError):
            status = os.lstat(folder)
            fresh = time.time() - status.st_mtime < _FRESH_SECONDS
            if fresh or os.path.islink(folder) or status.st_uid != getattr(os, "getuid", lambda: -1)():
                continue
            with open(os.path.join(folder, "lock"), "rb") as file:
                if not _lock(file):
                    continue
                shutil.rmtree(folder, ignore_errors=True)
