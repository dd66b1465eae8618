"""Runs work on a Ray cluster: each group is a task, which a caged worker on some node does (see `ray_station`).

This process walks the targets and writes the run; nodes open the documents, by the same paths. A task whose node or
process is lost is done again; its rows are taken once, when its answer is here. What travels to a node are settings
(with the fingerprint key), descriptions of targets (with credentials) and names of documents, as arguments of tasks,
which Ray neither stores nor logs; back come rows as a run folder holds them.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import secrets
import shutil
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from pii_scan import __version__
from pii_scan.engines import group as groups
from pii_scan.engines import ray_station, wire
from pii_scan.engines.group import Group, Part, Progress, Split, sliced
from pii_scan.engines.local import EngineError, LocalEngine
from pii_scan.errors import UsageError
from pii_scan.findings.keys import KEY_VARIABLE
from pii_scan.model import Limits, Problem, ProblemCode, Stage, WorkUnit
from pii_scan.sources.sql.url import parse

ADDRESS_VARIABLE = "RAY_ADDRESS"
RETRIES = 5
"""So often a task is done again whose node or process was lost."""
RETRIES_ALONE = 1
"""Likewise, for a document of a group that was lost every time."""
OBJECT_STORE_BYTES = 256 << 20
"""Of a local cluster; rows pass through it, texts never do."""
TICK_SECONDS = 0.25
LOOK_SECONDS = 5.0
"""How often the size of the cluster is asked for."""
NO_NODES_SECONDS = 600.0
"""A cluster that has had no processor for so long is given up."""
ANSWERS_SECONDS = 10.0
"""An address must take a connection by then."""
TIDY_SECONDS = 10.0
_LOST = "the processes that read it were lost on every node, with their node or by themselves"
_TOKEN = secrets.token_hex(32)
"""For local clusters: their ports are open to other machines and users, who do not have it."""


def _ray() -> Any:
    try:
        import ray
        import ray.exceptions
        import ray.util.scheduling_strategies
    except ImportError:
        raise UsageError("--engine ray needs ray, not installed here", "pip install 'pii-scan[ray]'") from None
    return ray


@contextlib.contextmanager
def connected(jobs: int, environment: Mapping[str, str]) -> Iterator[None]:
    """The cluster of RAY_ADDRESS (`HOST:PORT`, `ray://HOST:PORT`, `auto`), or else a local one of `jobs` processors, 0:
    all. Raises UsageError, in one line, where there is none.
    """
    ray = _ray()
    if ray.is_initialized():
        raise UsageError("this process is connected to Ray already", "call ray.shutdown() before the scan")
    address = environment.get(ADDRESS_VARIABLE, "").strip()
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    handler = signal.getsignal(signal.SIGTERM)
    with contextlib.ExitStack() as held:
        if address in ("", "local"):
            short = "/tmp" if os.name == "posix" else None  # paths of sockets must be
            folder, lock = ray_station.own_folder("cluster", short)
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            held.callback(lock.close)
            held.enter_context(_local_variables())
            how |= {
                "address": "local", "num_cpus": jobs or os.cpu_count(), "include_dashboard": False,
                "object_store_memory": OBJECT_STORE_BYTES, "_temp_dir": folder,
            }  # fmt: skip
        else:
            _check_answers(address)
            _read_again()
            how["address"] = address
        try:
            ray.init(**how)
        except (ray.exceptions.RayError, OSError, ValueError, RuntimeError, ImportError) as error:
            if isinstance(error, ValueError | ImportError) and "ray[client]" in str(error):
                raise UsageError("ray:// addresses need more of ray", "pip install 'pii-scan[ray]'") from None
            where = "a local cluster cannot be started" if "_temp_dir" in how else f"no cluster at {_shown(address)!r}"
            raise UsageError(f"Ray: {where} ({type(error).__name__})", f"see {ADDRESS_VARIABLE}") from None
        finally:
            if (
                handler is not None and threading.current_thread() is threading.main_thread()
            ):  # Ray's own ends a scan with exit code 0
                signal.signal(signal.SIGTERM, handler)
        try:
            yield
        finally:
            ray.shutdown()


@contextlib.contextmanager
def _local_variables() -> Iterator[None]:
    """What the processes of a local cluster inherit: no reports to anyone, a token, and not the fingerprint key."""
    own = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN}
    before = {name: os.environ.get(name) for name in (*own, KEY_VARIABLE)}
    os.environ.update(own)
    os.environ.pop(KEY_VARIABLE, None)
    _read_again()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _read_again()


def _read_again() -> None:
    """Has Ray read its variables anew; by itself it does once, when it is loaded."""
    with contextlib.suppress(ImportError, AttributeError):
        inner = importlib.import_module("ray._raylet")
        inner.Config.initialize("")
        inner.AuthenticationTokenLoader.instance().reset_cache()


def _check_answers(address: str) -> None:
    """Ray itself tries for many minutes, and says so on standard error. Raises UsageError."""
    if address == "auto":
        return
    try:
        split = urlsplit(address if "://" in address else f"//{address}")
        host, port = split.hostname or "", split.port or (10001 if split.scheme == "ray" else 0)
    except ValueError:
        host, port = "", 0
    if not host or not port or split.scheme not in ("", "ray"):
        raise UsageError(f"{ADDRESS_VARIABLE} is no address of a cluster", "write HOST:PORT, ray://HOST:PORT or auto")
    try:
        socket.create_connection((host, port), ANSWERS_SECONDS).close()
    except OSError as error:
        why = error.strerror or "no answer"
        hint = f"see {ADDRESS_VARIABLE}; without it a local cluster is started"
        raise UsageError(f"Ray: no cluster at {_shown(address)!r}: {why}", hint) from None


def _shown(address: str) -> str:
    """An address without what could be a user and a password."""
    return address.rpartition("@")[2]


@dataclass(slots=True)
class _Task:
    """A group to be done, or one document of it, by its position."""

    group: Group
    position: int | None = None


class RayEngine:
    """Tasks on the cluster that this process is connected to."""

    def __init__(
        self, jobs: int, settings: Mapping[str, Any], sources: Sequence[Mapping[str, Any]], limits: Limits,
        report: Callable[[Progress], None], split: Split = sliced, folder: str = "",
    ) -> None:  # fmt: skip
        """As `LocalEngine`. `jobs`: tasks at a time; 0: as many as keep all processors of the cluster busy. `folder` is
        not needed: nodes have their own.
        """
        self._ray = _ray()
        self._jobs = jobs
        self._report = report
        self._split = split
        settings, sources = _everywhere(settings, sources)
        self._recording = settings, sources, limits
        self._token = secrets.token_hex(8)
        self._setup = wire.encode({
            "settings": settings, "sources": sources, "slice_bytes": groups.SLICE_BYTES, "token": self._token,
        })  # fmt: skip
        self._keep = all(one["kind"] != "sql" for one in sources)
        """With a database no worker waits for the next task: it would hold a connection."""
        self._task = self._ray.remote(num_cpus=1, max_retries=RETRIES, scheduling_strategy="SPREAD")(ray_station.work)
        self._waiting: deque[_Task] = deque()
        self._pending: dict[Any, _Task] = {}
        self._open: dict[str, int] = {}
        """Of groups that are done document by document: how many are left."""
        self._room, self._looked = 1, 0.0
        self._seen = time.monotonic()
        """When the cluster last had a processor."""

    def run(self, groups: Iterable[Group]) -> Iterator[Part]:
        """The part of each group as it ends, in any order. Raises EngineError when a node cannot work."""
        supply = iter(groups)
        begun = False
        try:
            while self._assign(supply):
                begun = True
                ready, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=TICK_SECONDS)
                if not ready:
                    self._report(Progress())
                for reference in ready:
                    yield from self._answered(self._pending.pop(reference), reference)
        except ConnectionError:  # of Ray's client
            raise EngineError("the connection to the Ray cluster is lost") from None
        finally:
            if begun:
                with contextlib.suppress(ConnectionError, self._ray.exceptions.RayError):
                    self._end()

    def _assign(self, supply: Iterator[Group]) -> bool:
        """Hands out tasks while there is room; whether any is under way."""
        room = self._room_now()
        while len(self._pending) < room:
            task = self._waiting.popleft() if self._waiting else None
            if task is None:
                group = next(supply, None)
                if group is None:
                    break
                task = _Task(group)
            self._submit(task)
        return bool(self._pending)

    def _room_now(self) -> int:
        """How many tasks may be under way. Raises EngineError where the cluster has had no processor for long."""
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            processors = int(self._ray.cluster_resources().get("CPU", 0))
            self._room = self._jobs or max(1, processors + processors // 4 + 1)
            if processors:
                self._seen = now
            elif now - self._seen > NO_NODES_SECONDS:
                raise EngineError("the Ray cluster has no processor for tasks")
        return self._room

    def _submit(self, task: _Task) -> None:
        group, alone = task.group, task.position is not None
        items = group.items if task.position is None else [group.items[task.position]]
        remote = self._task.options(max_retries=RETRIES_ALONE) if alone else self._task
        reference = remote.remote(__version__, self._setup, wire.encode_items(items), group.plan, self._keep)
        self._pending[reference] = task
        first = items[0] if items else None
        if isinstance(first, WorkUnit):
            self._report(Progress(current=first.ref))

    def _answered(self, task: _Task, reference: Any) -> Iterator[Part]:
        known = self._ray.exceptions
        try:
            answer: ray_station.Answer = self._ray.get(reference)
        except known.RayTaskError as error:
            name = type(getattr(error, "cause", error)).__name__  # its text could be anything
            hint = f"is pii-scan {__version__} installed on each?"
            raise EngineError(f"a task failed on a node of the Ray cluster ({name}); {hint}") from None
        except (
            known.WorkerCrashedError, known.NodeDiedError, known.LocalRayletDiedError, known.ObjectLostError,
            known.OutOfMemoryError,
        ):  # fmt: skip
            yield from self._lost(task)
            return
        except known.RayError as error:
            raise EngineError(f"the Ray cluster does not do its work ({type(error).__name__})") from None
        if answer[0] == ray_station.REFUSED:
            raise EngineError(answer[1][0].decode())
        if answer[0] == ray_station.SLICES:
            units = [item for item in wire.decode_items(answer[1][0]) if isinstance(item, WorkUnit)]
            self._waiting.extend(map(_Task, self._split(task.group, units)))
            return
        part = ray_station.decoded(answer, task.group.part)
        self._tell(task, part)
        if task.position is None:
            yield part
            return
        _add(task.group, [task.position], part)
        yield from self._one_less(task.group)

    def _tell(self, task: _Task, part: Part) -> None:
        if "index" in part.tables:
            self._report(Progress(findings=part.tables["index"].num_rows))
        items = task.group.items if task.position is None else [task.group.items[task.position]]
        for item in items:
            self._report(Progress(finished=item if isinstance(item, WorkUnit) else None))

    def _lost(self, task: _Task) -> Iterator[Part]:
        """A task that was lost every time: its documents are read one by one, and the one that ends it is a problem."""
        group = task.group
        if task.position is None:
            self._open[group.part] = len(group.items)
            if len(group.items) > 1:
                self._waiting.extend(_Task(group, position) for position in range(len(group.items)))
                return
        item = group.items[task.position or 0]
        group.items[task.position or 0] = Problem(item.ref, Stage.EXTRACT, ProblemCode.CRASH, _LOST)
        group.plan = False
        yield from self._one_less(group)

    def _one_less(self, group: Group) -> Iterator[Part]:
        """A document of a group that is done one by one is done; gives the part with the last."""
        self._open[group.part] -= 1
        if self._open[group.part]:
            return
        del self._open[group.part]
        lost = [at for at, item in enumerate(group.items) if isinstance(item, Problem) and item.detail == _LOST]
        if lost:
            here = LocalEngine(1, *self._recording, lambda progress: None)
            for part in here.run([Group(group.part, [group.items[at] for at in lost])]):
                _add(group, lost, part)
        for pieces in group.tables.values():
            pieces.sort(key=lambda piece: piece[0])
        yield group.made()

    def _end(self) -> None:
        """Calls off what is under way and has every node tidy up."""
        for reference in self._pending:
            self._ray.cancel(reference, force=True)
        self._pending.clear()
        affinity = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        tidy = self._ray.remote(num_cpus=0, max_retries=0)(ray_station.tidy)
        nodes = [node["NodeID"] for node in self._ray.nodes() if node["Alive"]]
        told = [tidy.options(scheduling_strategy=affinity(one, soft=False)).remote(self._token) for one in nodes]
        if told:
            self._ray.wait(told, num_returns=len(told), timeout=TIDY_SECONDS)


def _everywhere(
    settings: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Settings and sources with paths that hold in any working folder."""
    paths = {name: [os.path.abspath(path) for path in settings[name]] for name in ("rules", "names", "systems")}
    found = []
    for source in map(dict, sources):
        if source["kind"] == "files":
            source["path"] = os.path.abspath(source["path"])
        elif source["kind"] == "sql" and parse(source["url"]).kind in ("sqlite", "duckdb"):
            url = parse(source["url"])
            source["url"] = f"{url.kind}:///{quote(os.path.abspath(url.database))}"
        found.append(source)
    return {**settings, **paths}, found


def _add(group: Group, positions: Sequence[int], part: Part) -> None:
    """Puts the rows of a part into a group, by the positions of its items there."""
    for name, table in part.tables.items():
        at = 0
        for position, count in zip(positions, part.counts[name], strict=True):
            group.tables.setdefault(name, []).append((position, [count], table.slice(at, count)))
            at += count
