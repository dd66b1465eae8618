"""Shares of Windows and Samba, through smbprotocol: the files below a folder of one share, read without locking anyone.

Source: [MS-SMB2]. Neither links nor referrals (DFS) are followed: both lead to where the user has not pointed.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from smbprotocol import exceptions as faults
from smbprotocol.connection import Connection
from smbprotocol.file_info import FileInformationClass
from smbprotocol.header import NtStatus
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FileAttributes,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from pii_scan.errors import TargetError
from pii_scan.sources.objects.store import (
    CONNECT_SECONDS,
    REQUEST_SECONDS,
    Entry,
    Failure,
    Kind,
    Meaning,
    Opened,
    refuse,
    silence,
)
from pii_scan.sources.objects.url import ObjectUrl

CREDIT_BYTES = 64 << 10
"""What one credit of the server pays for."""
PIECE_BYTES = 1 << 20
CREDITS = 256
"""Asked for with each request: 16 MiB under way."""
_STANDS_FOR_ANOTHER = 0x20000000
"""Of a tag: a link or a mounted folder, not a file that the server keeps in a way of its own ([MS-FSCC] 2.1.2.1)."""
_AWAY = 0x1000 | 0x40000 | 0x400000
"""Attributes of files whose content the server has to fetch from elsewhere: OFFLINE, RECALL_ON_OPEN, on data access."""
_LOGGERS = "smbprotocol", "spnego"
_READ = FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES
_LOOK = FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES
_SHARED = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
_NO_ENTRY = (
    faults.ObjectNameNotFound, faults.ObjectPathNotFound, faults.NoSuchFile, faults.NotFound, faults.DeletePending,
    faults.BadNetworkName, faults.ObjectNameInvalid, faults.ObjectPathInvalid, faults.StatusNotADirectory,
)  # fmt: skip
_NO_RIGHT = (faults.AccessDenied, faults.PrivilegeNotHeld, faults.LogonFailure, faults.PasswordExpired,
             faults.WrongPassword, faults.SMBAuthenticationError)  # fmt: skip
_LINKS = (faults.StoppedOnSymlink, faults.PathNotCovered, faults.SMBLinkRedirectionError)
_PASSING_STATUS = frozenset({
    NtStatus.STATUS_INSUFFICIENT_RESOURCES, NtStatus.STATUS_INSUFF_SERVER_RESOURCES, NtStatus.STATUS_IO_TIMEOUT,
    NtStatus.STATUS_USER_SESSION_DELETED, NtStatus.STATUS_SERVER_UNAVAILABLE, NtStatus.STATUS_REQUEST_NOT_ACCEPTED,
    NtStatus.STATUS_FILE_CLOSED, 0xC00000C9, 0xC0000203, 0xC000035C,  # network name deleted, session gone or expired
})  # fmt: skip

T = TypeVar("T")


class SmbStore:
    """A folder or file of a share, over one connection; what several threads ask is asked one after another."""

    parallel = 1

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one file."""
        silence(*_LOGGERS)
        self._url = url
        self._is_file = is_file
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._tree: TreeConnect | None = None

    def check(self) -> bool:
        """As `Store.check`."""
        entry = self.run(lambda tree: looked_at(tree, self._at("")))
        self._is_file = entry.kind is not Kind.FOLDER
        if not self._is_file:
            self.page("", "")
        return self._is_file

    def page(self, folder: str, mark: str) -> tuple[list[Entry], str]:
        """As `Store.page`: all of a folder."""
        if self._is_file:
            name = self._url.path.rpartition("/")[2]
            return [self.run(lambda tree: looked_at(tree, self._at(""), name))], ""
        return self.run(lambda tree: _listed(tree, self._at(folder), folder)), ""

    def open(self, entry: Entry) -> Opened:
        """As `Store.open`."""
        opened = _File(self, self._at("" if self._is_file else entry.path), entry)
        opened.begin()
        return opened

    def mend(self) -> None:
        """Lets go of the connection; the next call makes another."""
        with self._lock:
            self._cut()
            self._connection = self._tree = None

    def close(self) -> None:
        """As `Store.close`."""
        with self._lock, contextlib.suppress(Exception):
            if self._connection is not None:
                self._connection.disconnect(close=True, timeout=2)
        self.mend()

    def _cut(self) -> None:
        """Ends the connection from any thread: whoever waits for an answer hears of it."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.disconnect(close=False)

    def _at(self, path: str) -> str:
        return "\\".join(part for part in (*self._url.path.split("/"), *path.split("/")) if part)

    def run(self, work: Callable[[TreeConnect], T]) -> T:
        """What `work` gives, which may take some time. Raises Failure."""
        with self._lock:
            watch = threading.Timer(REQUEST_SECONDS, self._cut)  # the library waits for ever
            watch.daemon = True
            watch.start()
            try:
                if self._tree is None:
                    self._connect()
                assert self._tree is not None
                return work(self._tree)
            except Failure:
                raise
            except _LINKS:
                refuse(Meaning.UNSUPPORTED, "link or referral not followed")
            except _NO_ENTRY:
                refuse(Meaning.VANISHED, "it is no longer there")
            except _NO_RIGHT:
                refuse(Meaning.PERMISSION, "no permission to open it")
            except faults.SharingViolation:
                refuse(Meaning.PERMISSION, "another program has it open for itself")
            except faults.SMBResponseException as error:
                if error.status in _PASSING_STATUS:
                    refuse(Meaning.PASSING, "the server did not answer, or broke off")
                refuse(Meaning.CORRUPT, f"the server cannot read it (status {error.status:#010x})")
            except UnicodeError:
                refuse(Meaning.UNSUPPORTED, "its name cannot be asked for")
            except (
                faults.SMBException,
                OSError,
                ValueError,
                AttributeError,
                KeyError,
            ):  # what a lost connection raises
                refuse(Meaning.PASSING, "the server did not answer, or broke off")
            finally:
                watch.cancel()

    def _connect(self) -> None:
        """Raises TargetError where no other try will do: for who the user is, or the name of the share."""
        url = self._url
        connection = Connection(uuid.uuid4(), url.host, url.port, require_signing=True)
        connection.connect(timeout=CONNECT_SECONDS)
        self._connection = connection
        user = url.user.replace(";", "\\", 1) or None
        try:
            session = Session(connection, user, url.password or None, require_encryption=False)
            session.connect()
        except _NO_RIGHT:
            self.mend()
            hint = "smb://[DOMAIN;]USER@HOST/SHARE, the password by ${VAR} in the configuration"
            raise TargetError(f"{url.server} lets this user not in", hint) from None
        tree = TreeConnect(session, rf"\\{url.host}\{url.bucket}")
        try:
            tree.connect()
        except faults.BadNetworkName:
            self.mend()
            raise TargetError(f"{url.server} has no share {url.bucket!r}") from None
        self._tree = tree


def _opened(tree: TreeConnect, path: str, access: int, options: int = 0) -> Open:
    """A handle, which locks nothing."""
    handle = Open(tree, path)
    handle.create(
        ImpersonationLevel.Impersonation, access, 0, _SHARED, CreateDisposition.FILE_OPEN,
        options,
    )  # fmt: skip
    return handle


def looked_at(tree: TreeConnect, path: str, name: str = "") -> Entry:
    """One file or folder as it is now."""
    handle = _opened(tree, path, _LOOK)
    try:
        return _entry(name, handle.file_attributes, handle.end_of_file, handle.last_write_time, handle.change_time)
    finally:
        handle.close()


def _listed(tree: TreeConnect, path: str, folder: str) -> list[Entry]:
    handle = _opened(tree, path, _READ, CreateOptions.FILE_DIRECTORY_FILE)
    entries: list[Entry] = []
    try:
        while True:
            try:
                found = handle.query_directory("*", FileInformationClass.FILE_ID_FULL_DIRECTORY_INFORMATION)
            except faults.NoMoreFiles:
                return entries
            for item in found:
                name = item["file_name"].get_value().decode("utf-16-le", "surrogatepass")
                if name not in (".", ".."):
                    fields = ("file_attributes", "end_of_file", "last_write_time", "change_time", "ea_size")
                    said = (item[field].get_value() for field in fields)
                    entries.append(_entry(f"{folder}/{name}" if folder else name, *said))
    finally:
        handle.close()


def _entry(path: str, attributes: int, size: int, written: datetime, changed: datetime, tag: int = 0) -> Entry:
    """`tag`: of a reparse point; a listing has it in place of the size of extended attributes ([MS-FSCC] 2.4.20)."""
    kind = Kind.FILE
    if attributes & FileAttributes.FILE_ATTRIBUTE_REPARSE_POINT and tag & _STANDS_FOR_ANOTHER:
        kind = Kind.LINK
    elif attributes & FileAttributes.FILE_ATTRIBUTE_DIRECTORY:
        kind = Kind.FOLDER
    offline = kind is Kind.FILE and attributes & _AWAY
    moments = int(written.timestamp() * 1_000_000) * 1000, int(changed.timestamp() * 1_000_000) * 1000
    return Entry(path, kind, size, moments, refused=OFFLINE if offline else "")


OFFLINE = "kept offline by the server; it is read when it has been brought back, which pii-scan never asks for"
CHANGED = "the file changed while it was scanned"


class _File:
    """One file by a handle; opened again, if it is still the same, after the connection was lost."""

    def __init__(self, store: SmbStore, path: str, entry: Entry) -> None:
        self._store = store
        self._path = path
        self._size = entry.size_bytes
        self._handle: Open | None = None
        self._state: tuple[int, Any] | None = None
        """Of the file, when it was opened first."""

    def begin(self) -> None:
        """Opens it. Raises Failure: `changed` where there is less of it than was listed."""
        self._store.run(self._ready)

    def _ready(self, tree: TreeConnect) -> Open:
        handle = self._handle
        if handle is None or handle.tree_connect is not tree:
            handle = _opened(tree, self._path, _READ, CreateOptions.FILE_NON_DIRECTORY_FILE)
            state = handle.end_of_file, handle.last_write_time
            if state[0] < self._size or (self._state is not None and state != self._state):
                handle.close()
                refuse(Meaning.CHANGED, CHANGED)
            self._handle, self._state = handle, state
        return handle

    def read(self, start: int, end: int) -> bytes:
        """As `Opened.read`."""
        data = self._store.run(lambda tree: _read(self._ready(tree), start, end))
        if len(data) != end - start:
            refuse(Meaning.CHANGED, CHANGED)
        return data

    def now(self) -> tuple[int, tuple[int, int] | None] | None:
        """As `Opened.now`; a file that was removed meanwhile was read as it had been. A server may tell the times of a
        file as they were when it was opened, as long as it is.
        """
        self.close()
        try:
            entry = self._store.run(lambda tree: looked_at(tree, self._path))
        except Failure as failure:
            if failure.meaning is Meaning.VANISHED:
                return None
            raise
        return entry.size_bytes, entry.changed_ns

    def close(self) -> None:
        """As `Opened.close`."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(Failure):
                self._store.run(lambda tree: handle.close() if handle.tree_connect is tree else None)


def _read(handle: Open, start: int, end: int) -> bytes:
    """Bytes `start` to `end`, in pieces that are asked for before the first has come, as far as the server lets."""
    connection, session = handle.connection, handle.tree_connect.session
    waiting: deque[tuple[Any, Callable[[Any], bytes]]] = deque()
    pieces: list[bytes] = []
    at = start
    while at < end or waiting:
        credits = connection.sequence_window["high"] - connection.sequence_window["low"]
        if at < end and (credits > 0 or not waiting):
            size = min(end - at, PIECE_BYTES, connection.max_read_size, max(credits, 1) * CREDIT_BYTES)
            message, unpack = handle.read(at, size, send=False)
            request = connection.send(
                message, sid=session.session_id, tid=handle.tree_connect.tree_connect_id, credit_request=CREDITS
            )
            waiting.append((request, unpack))
            at += size
            continue
        request, unpack = waiting.popleft()
        try:
            pieces.append(bytes(unpack(request)))
        except faults.EndOfFile:
            return b""
    return b"".join(pieces)
