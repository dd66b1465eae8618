"""Runs work on this machine: killable worker processes, fed by one supervisor that opens no document itself.

A worker that stalls, takes too long, grows too large or dies costs one document: it becomes a Problem, what had
been found in it stays, and the rest of its group goes on in a new worker.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pii_scan.engines import group as groups
from pii_scan.engines import wire
from pii_scan.engines.group import Group, Part, Progress, Split, sliced
from pii_scan.engines.spare import started
from pii_scan.engines.worker_process import Worker
from pii_scan.extract.sandbox import resident_bytes
from pii_scan.model import Item, Limits, Problem, ProblemCode, Stage, WorkUnit

TICK_SECONDS = 0.25
WATCH_SECONDS = 0.1
"""Workers are looked at no more often, however much they say."""
START_SECONDS = 120.0
"""A worker must be ready by then."""
END_SECONDS = 2.0
"""A worker that has said its last has so long to end by itself; the programs that it started are killed with it."""
RECYCLE_BYTES = 640 << 20
"""A worker that has grown by more since it was ready is replaced between two groups: parsers leak."""
_OUT_OF_TIME = int(getattr(signal, "SIGXCPU", 0)) or -1
MAX_START_FAILURES = 3
TEMPORARY = "pii-scan-"
"""What the names of temporary folders begin with."""
_KILLED = -9
"""The exit status of a process that was ended by SIGKILL."""
MAX_WAITING = 256
"""Frames from workers that wait to be heard; then workers wait too, so that memory stays bounded."""


class EngineError(RuntimeError):
    """Workers cannot be started."""


class LocalEngine:
    """N workers on this machine."""

    def __init__(
        self, jobs: int, settings: Mapping[str, Any], sources: Sequence[Mapping[str, Any]], limits: Limits,
        report: Callable[[Progress], None], split: Split = sliced, folder: str = "", slice_bytes: int = 0,
        processes: Callable[[], subprocess.Popen[bytes]] = started, ahead: int = 1,
    ) -> None:  # fmt: skip
        """`settings` and `sources` as JSON can hold them; `report` hears of progress; `split`: which groups a document
        that is cut into slices becomes; `folder`: for what workers keep for a while, deleted in the end; `slice_bytes`:
        SLICE_BYTES, unless an engine on another machine says so; `processes`: where new ones come from; `ahead`: groups
        that are asked for before a worker is free, so that none waits while parts are written and more is listed; 0
        where who supplies them first wants to hear of the one before.
        """
        self._ahead = ahead
        self._jobs = max(1, jobs)
        self._limits = limits
        self._report = report
        self._split = split
        self._folder = folder
        self._setup = {"settings": settings, "sources": list(sources), "slice_bytes": slice_bytes or groups.SLICE_BYTES}
        self._processes = processes
        self._inbox: queue.Queue[tuple[Worker, bytes, bytes]] = queue.Queue(MAX_WAITING)
        self._workers: list[Worker] = []
        self._waiting: deque[Group] = deque()
        self._finished: deque[Group] = deque()
        self._failed_starts = 0
        self._watched = -WATCH_SECONDS

    def run(self, groups: Iterable[Group]) -> Iterator[Part]:
        """The part of each group as it ends, in any order. Raises EngineError when no worker will start."""
        supply = iter(groups)
        self._folder = self._folder or tempfile.mkdtemp(prefix=TEMPORARY)
        exhausted = False
        try:
            while True:
                while self._finished:  # before more is asked for: who supplies may wait for them
                    yield self._finished.popleft().made()
                exhausted = self._assign(supply, exhausted)
                if exhausted and not self._waiting and all(worker.group is None for worker in self._workers):
                    return
                exhausted = self._fetch(supply, exhausted)
                self._hear()
                self._watch()
        finally:
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.bury()
            self._workers.clear()
            with contextlib.suppress(queue.Empty):  # lets the threads end that wait to say something
                while True:
                    self._inbox.get(timeout=0.01)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _assign(self, supply: Iterator[Group], exhausted: bool) -> bool:
        """Gives every free worker a group; starts workers as there is work for them."""
        while True:
            free = next((w for w in self._workers if w.group is None and w.process.poll() is None), None)
            if free is None and len(self._workers) >= self._jobs:
                return exhausted
            group = self._waiting.popleft() if self._waiting else next(supply, None)
            if group is None:
                return True
            if free is None:
                free = self._started()
            self._give(free, group)
            while group.plan and len(self._workers) < self._jobs:  # there will be slices for all, and starts take time
                self._started()

    def _fetch(self, supply: Iterator[Group], exhausted: bool) -> bool:
        """Has some groups at hand for those who are done next."""
        while not exhausted and len(self._waiting) < self._ahead:
            group = next(supply, None)
            if group is None:
                return True
            self._waiting.append(group)
        return exhausted

    def _started(self) -> Worker:
        worker = Worker(self._processes(), self._setup, self._inbox, self._folder, self._limits.worker_bytes)
        self._workers.append(worker)
        return worker

    def _give(self, worker: Worker, group: Group) -> None:
        worker.group = group
        worker.since = worker.beat = time.monotonic()
        worker.together = False
        kind = wire.PLAN if group.plan else wire.ALONE if group.alone else wire.GROUP
        worker.tell(kind, wire.encode_items(group.items[group.position :]))
        self._announce(worker)

    def _announce(self, worker: Worker) -> None:
        item = worker.current()
        if isinstance(item, WorkUnit):
            self._report(Progress(current=item.ref))

    def _hear(self) -> None:
        """Handles what workers say, waiting a moment for the first."""
        try:
            said = [self._inbox.get(timeout=TICK_SECONDS)]
        except queue.Empty:
            return
        with contextlib.suppress(queue.Empty):
            while len(said) < 1000:
                said.append(self._inbox.get_nowait())
        for worker, kind, payload in said:
            if worker in self._workers:
                worker.beat = time.monotonic()
                self._handle(worker, kind, payload)

    def _handle(self, worker: Worker, kind: bytes, payload: bytes) -> None:
        group = worker.group
        if kind == wire.READY:
            worker.ready, self._failed_starts = True, 0
            worker.size_at_start = resident_bytes(worker.process.pid)
            worker.since = worker.beat
        elif kind == b"":
            self._replace(worker)
        elif kind == wire.BEAT:
            self._report(Progress())
        elif group is None:
            return
        elif kind == wire.TABLE:
            name, table, counts = wire.decode_table(payload)
            group.tables.setdefault(name, []).append((group.position, counts, table))
            if name == "index":
                worker.found = True
                self._report(Progress(findings=table.num_rows))
        elif kind == wire.TOGETHER:
            worker.together = bool(wire.decode_number(payload))
        elif kind == wire.ITEMS_DONE:
            for item in group.items[group.position : group.position + wire.decode_number(payload)]:
                group.position += 1
                self._report(Progress(finished=item if isinstance(item, WorkUnit) else None))
            worker.found = False
            worker.since = worker.beat
            self._announce(worker)
        elif kind == wire.SLICES:
            self._planned(worker, group, wire.decode_items(payload))
        elif kind == wire.GROUP_DONE:
            self._finished.append(group)
            self._release(worker)
            if self._waiting and worker in self._workers:
                self._give(worker, self._waiting.popleft())

    def _planned(self, worker: Worker, group: Group, slices: list[Item]) -> None:
        self._waiting.extend(self._split(group, [item for item in slices if isinstance(item, WorkUnit)]))
        self._release(worker)

    def _release(self, worker: Worker) -> None:
        worker.group = None
        if resident_bytes(worker.process.pid) - worker.size_at_start > RECYCLE_BYTES:
            self._workers.remove(worker)
            worker.kill()
            worker.bury()

    def _watch(self) -> None:
        """Kills workers that stall, take too long or grow too large."""
        now = time.monotonic()
        if now - self._watched < WATCH_SECONDS:
            return
        self._watched = now
        for worker in self._workers:
            if worker.killed_for is not None or worker.group is None:
                continue
            if not worker.ready:
                if now - worker.since > START_SECONDS:
                    worker.kill(ProblemCode.TIMEOUT)
                continue
            item = worker.current()
            size = (item.ref.size_bytes or 0) if item is not None else 0
            allowed = self._limits.document_seconds + size / (1 << 20)
            if now - worker.beat > self._limits.stall_seconds or now - worker.since > allowed:
                worker.kill(ProblemCode.TIMEOUT)
            elif resident_bytes(worker.process.pid) > self._limits.worker_bytes:
                worker.kill(ProblemCode.MEMORY)

    def _replace(self, worker: Worker) -> None:
        """A worker has ended: its document becomes a problem, the rest of its group waits for another."""
        self._workers.remove(worker)
        if worker.killed_for is None:  # it has closed its output, and is about to say how it ended
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(END_SECONDS)
        worker.kill()
        status = worker.bury()
        group = worker.group
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_START_FAILURES:
                raise EngineError(f"worker processes end before they are ready (exit status {status})")
            if group is not None:
                self._waiting.appendleft(group)
            return
        if group is None:
            return
        item = worker.current()
        if worker.together:
            group.alone = True
            group.drop()
        elif isinstance(item, WorkUnit) and worker.killed_for is None and status == _KILLED and group.again():
            pass  # no fault of the document: the system was short of memory, or someone chose this process
        elif isinstance(item, WorkUnit):
            group.items[group.position] = self._ended(worker, item, status)
        elif item is not None:  # recording a problem cannot end a worker, but must not loop either
            group.position += 1
        first = group.items[0]
        group.plan = group.plan and isinstance(first, WorkUnit) and first.ended is None
        self._waiting.appendleft(group)

    def _ended(self, worker: Worker, unit: WorkUnit, status: int) -> Item:
        """What is left to do for a document that ended its worker: it is searched once more, for loose text, if nothing
        had been found (what had is kept); else only the problem is recorded.
        """
        code = worker.killed_for or (ProblemCode.TIMEOUT if status == -_OUT_OF_TIME else ProblemCode.CRASH)
        if unit.ended is None and unit.slice is None and not worker.found and unit.ref.parent is None:
            return WorkUnit(unit.ref, None, (code, f"{self._why(code, status)}; searched for loose text alone"))
        return Problem(unit.ref, Stage.EXTRACT, *(unit.ended or (code, self._why(code, status))))

    def _why(self, code: ProblemCode, status: int) -> str:
        if code == ProblemCode.TIMEOUT:
            return "the worker was ended: no progress, or too long in all"
        if code == ProblemCode.MEMORY:
            return f"the worker was ended: more than {self._limits.worker_bytes >> 20} MiB of memory"
        return f"the worker ended by itself (exit status {status})"
