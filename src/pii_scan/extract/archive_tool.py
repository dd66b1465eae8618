"""Archives that only a tool on the machine can read: RAR, cabinet, cpio, ar and RPM, by bsdtar (libarchive).

The tool turns the archive on its standard input into a tar archive on its standard output, so nothing is written under
a member's own name; it is killed when it makes no progress, and when its reader is done. Its input is a pipe: in a file
it would look for a ZIP archive at the end, and read that alone. macOS and Windows have it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from pii_scan.errors import DocumentError
from pii_scan.extract import archive_ends
from pii_scan.extract.archive import TAR_FAULTS, TarMember, holds_data, member_document
from pii_scan.extract.limits import PIECE, BoundedReader, Budget, MemberNames, size_of
from pii_scan.model import ChunkBatch, Document, Limits, Problem

NAMES = {
    "application/vnd.rar": "RAR archive", "application/vnd.ms-cab-compressed": "cabinet archive",
    "application/x-cpio": "cpio archive", "application/x-archive": "ar archive", "application/x-rpm": "RPM package",
}  # fmt: skip
_SAID_BYTES = 64 << 10
_END_SECONDS = 5.0
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def extract(
    document: Document, limits: Limits, budget: Budget | None = None
) -> Iterator[ChunkBatch | Document | Problem]:
    """The members of an archive in the order that the tool gives them.

    Raises DocumentError: `unsupported` without the tool; `encrypted`, `truncated`, `corrupt`, `timeout` where the tool
    could not read all of it, `limit`.
    """
    budget = budget or Budget(limits)
    tool = find_tool()
    if tool is None:
        name = NAMES.get(document.media_type, "archive")
        raise DocumentError("unsupported", f"{name}: install bsdtar (libarchive) to read it")
    end = archive_ends.fault(document.media_type, document.content)
    size = size_of(document.content)
    with _source(document) as source, _Run(tool, source, limits.stall_seconds / 2) as run:
        failure: DocumentError | None = None
        try:
            archive = tarfile.open(fileobj=cast(Any, run), mode="r|", errors="surrogateescape")
            for piece in _members(archive, document, size, limits, budget):
                run.members = True
                yield piece
        except TAR_FAULTS:
            failure = DocumentError("corrupt", "the archive is damaged")
        said = run.failure()
    failure = said or failure or end
    if failure is not None:
        raise failure
    if not run.members:
        raise DocumentError("corrupt", "bsdtar (libarchive) finds no members in the archive")


def find_tool() -> str | None:
    """The full path of bsdtar, or None. Windows and macOS call it tar."""
    if sys.platform == "win32":
        path = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "tar.exe")
        return path if os.path.isfile(path) else None
    found = shutil.which("bsdtar")
    if found is None and sys.platform == "darwin":
        found = shutil.which("tar", path="/usr/bin")
    return found if found is not None and os.path.isabs(found) else None


def _members(
    archive: tarfile.TarFile, document: Document, size: int, limits: Limits, budget: Budget
) -> Iterator[ChunkBatch | Document | Problem]:
    names, count = MemberNames(), 0
    while (info := archive.next()) is not None:
        cast(Any, archive).members.clear()  # one entry for each member would stay in memory otherwise
        if not holds_data(info):
            continue
        if count >= limits.max_members or budget.exhausted:
            raise DocumentError("limit", f"the members after the first {count} are left out")
        count += 1
        ref = document.ref.member(names.unique(info.name), info.size, float(info.mtime))
        member = TarMember(archive.extractfile(info), info.size)
        yield from member_document(ref, BoundedReader(member, limits, budget, size), limits, budget)


def _source(document: Document) -> AbstractContextManager[BinaryIO]:
    """The archive as a file that a process can be given, at its beginning."""
    if document.local_path is not None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            again = open(document.local_path, "rb", opener=lambda path, flags: os.open(path, flags | _NO_WAIT))
            if os.path.samestat(os.fstat(again.fileno()), os.fstat(document.content.fileno())):
                return again
            again.close()  # something else lies there now
    copy = cast(BinaryIO, tempfile.TemporaryFile(prefix="pii-scan-"))
    try:
        document.content.seek(0)
        shutil.copyfileobj(document.content, copy, PIECE)
        copy.seek(0)
    except BaseException as error:
        copy.close()
        if isinstance(error, OSError):
            raise DocumentError("limit", "the temporary file cannot be written") from None
        raise
    return copy


class _Run:
    """The tool at work. What it writes is read here; what it says is kept to itself but for the kind of failure."""

    def __init__(self, tool: str, source: BinaryIO, stall_seconds: float) -> None:
        self.members = False
        """Something came of it."""
        self._stall = stall_seconds
        self._moves = 0
        self._stalled = False
        self._done = threading.Event()
        self._said = bytearray()
        try:
            self._process = subprocess.Popen(
                [tool, "-c", "-f", "-", "--format=pax", "@-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"}, close_fds=True,
            )  # fmt: skip
        except OSError:
            raise DocumentError("unsupported", "bsdtar (libarchive) cannot be started") from None
        self._source = source
        tasks = (self._listen, self._watch, self._feed)
        self._threads = [threading.Thread(target=task, daemon=True) for task in tasks]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError), pipe:  # the tool ended before the archive did
            shutil.copyfileobj(self._source, pipe, PIECE)

    def read(self, size: int = PIECE, /) -> bytes:
        """What the tool writes next."""
        self._moves += 1
        data = self._process.stdout.read(size) if self._process.stdout is not None else b""
        self._moves += 1
        return data

    def failure(self) -> DocumentError | None:
        """Why the tool could not read all of the archive, if it could not. Waits for its end."""
        while self.read(PIECE):
            pass
        code = self._process.wait()
        self._threads[0].join(_END_SECONDS)
        said = bytes(self._said).lower()
        if self._stalled:
            return DocumentError("timeout", f"the archive tool made no progress for {self._stall:.0f} seconds")
        if code == 0 and not said:
            return None
        if b"ncrypt" in said or b"passphrase" in said or b"password" in said:
            return DocumentError("encrypted", "the archive, or a member of it, has a password")
        if b"truncated" in said or b"end of file" in said:
            return DocumentError("truncated", "the archive ends too early")
        if b"support" in said or b"unrecognized" in said:
            return DocumentError("unsupported", "bsdtar (libarchive) cannot read all of the archive")
        return DocumentError("corrupt", "the archive is damaged; bsdtar (libarchive) could not read all of it")

    def _listen(self) -> None:
        """Takes what the tool says, so that it never waits for a listener."""
        with contextlib.suppress(ValueError, OSError):  # closed at the end, when a child of the tool lives on
            while self._process.stderr is not None and (data := self._process.stderr.read(4096)):
                self._said += data[: max(_SAID_BYTES - len(self._said), 0)]

    def _watch(self) -> None:
        """Ends the tool when a read waits too long for it."""
        before = -1
        while not self._done.wait(self._stall):
            if self._moves == before and before % 2:  # within the same read as last time
                self._stalled = True
                self._process.kill()
                return
            before = self._moves
