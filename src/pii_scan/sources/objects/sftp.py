"""SFTP, through paramiko: the regular files below a folder of a host whose key is known.

Sources: draft-ietf-secsh-filexfer-02 (version 3 of the protocol: times in whole seconds), sshd(8) for known_hosts.
"""

from __future__ import annotations

import contextlib
import getpass
import stat
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_DATA, CMD_OPENDIR, CMD_READ, CMD_READDIR, int64

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

PIECE_BYTES = 32 << 10
"""What every server gives at a time."""
REQUESTS = 64
"""Reads that are asked for before the first is answered."""
_LOST = (
    paramiko.SSHException, paramiko.ssh_exception.NoValidConnectionsError, EOFError, TimeoutError, ConnectionError,
)  # fmt: skip
_SYSTEM_HOSTS = "/etc/ssh/ssh_known_hosts"

T = TypeVar("T")


class SftpStore:
    """A folder or file of a host, over one connection; what several threads ask is asked one after another."""

    parallel = 1

    def __init__(self, url: ObjectUrl, is_file: bool) -> None:
        """`is_file`: the URL names one file."""
        silence("paramiko")
        self._url = url
        self._is_file = is_file
        self._lock = threading.RLock()
        self._client: paramiko.SSHClient | None = None
        self._channel: _Channel | None = None

    def check(self) -> bool:
        """As `Store.check`."""
        status = self.run(lambda channel: channel.stat(self._at("")))
        self._is_file = not stat.S_ISDIR(status.st_mode or 0)
        if not self._is_file:
            self.page("", "")
        return self._is_file

    def page(self, folder: str, mark: str) -> tuple[list[Entry], str]:
        """As `Store.page`: all of a folder."""
        if self._is_file:
            status = self.run(lambda channel: channel.stat(self._at("")))
            return [_entry(self._url.path.rpartition("/")[2], status)], ""
        found = self.run(lambda channel: channel.names(self._at(folder)))
        entries = []
        for raw, status in found:
            name = raw.decode("utf-8", "surrogateescape")
            if name in (".", "..") or "/" in name:
                continue
            entry = _entry(f"{folder}/{name}" if folder else name, status)
            if entry.kind is not Kind.LINK or not self._is_read_elsewhere(entry.path):
                entries.append(entry)
        return entries, ""

    def _is_read_elsewhere(self, link: str) -> bool:
        """Whether a link leads to what lies in the target anyway, or nowhere."""
        try:
            root = self.run(lambda channel: channel.normalize(self._at("")))
            pointed = self.run(lambda channel: channel.normalize(self._at(link)))
        except Failure as failure:
            return failure.meaning is Meaning.VANISHED
        return f"{pointed}/".startswith(f"{root.rstrip('/')}/")

    def open(self, entry: Entry) -> Opened:
        """As `Store.open`."""
        opened = _File(self, self._at("" if self._is_file else entry.path), entry)
        opened.begin()
        return opened

    def mend(self) -> None:
        """Lets go of the connection; the next call makes another."""
        with self._lock:
            client, self._client, self._channel = self._client, None, None
            if client is not None:
                with contextlib.suppress(Exception):
                    client.close()

    close = mend

    def _at(self, path: str) -> bytes:
        whole = f"/{self._url.path}/{path}".rstrip("/") or "/"
        return whole.replace("//", "/").encode("utf-8", "surrogateescape")

    def run(self, work: Callable[[_Channel], T]) -> T:
        """What `work` gives. Raises Failure."""
        with self._lock:
            try:
                if self._channel is None:  # closed, or never made
                    self._connect()
                assert self._channel is not None
                self._channel.get_channel().settimeout(REQUEST_SECONDS)
                return work(self._channel)
            except _LOST:
                refuse(Meaning.PASSING, "the server did not answer, or broke off")
            except PermissionError:
                refuse(Meaning.PERMISSION, "no permission to open it")
            except FileNotFoundError:
                refuse(Meaning.VANISHED, "it is no longer there")
            except UnicodeError:
                refuse(Meaning.UNSUPPORTED, "its name cannot be asked for")
            except OSError as error:
                if error.errno is None and self._is_connected():  # the server speaks of a failure of no certain kind
                    refuse(Meaning.CORRUPT, "the server cannot read it")
                refuse(Meaning.PASSING, "the server did not answer, or broke off")

    def _is_connected(self) -> bool:
        transport = self._client.get_transport() if self._client is not None else None
        return transport is not None and transport.is_active()

    def _connect(self) -> None:
        """Raises TargetError where no other try will do: for the key of the host, or who the user is."""
        url = self._url
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Unknown(url))
        try:
            with contextlib.suppress(OSError):
                client.load_system_host_keys(_SYSTEM_HOSTS)
            with contextlib.suppress(OSError):
                client.load_system_host_keys()
            client.connect(
                url.host, url.port, url.user or getpass.getuser(), url.password or None, timeout=CONNECT_SECONDS,
                banner_timeout=REQUEST_SECONDS, auth_timeout=REQUEST_SECONDS, channel_timeout=REQUEST_SECONDS,
                allow_agent=not url.password, look_for_keys=not url.password,
            )  # fmt: skip
            transport = client.get_transport()
            assert transport is not None
            channel = _Channel.from_transport(transport)
            assert channel is not None
        except BaseException as error:
            client.close()
            _explain(error, url)
            raise
        self._client, self._channel = client, channel


def _explain(error: BaseException, url: ObjectUrl) -> None:
    """Raises TargetError for a connection that fails in the same way every time."""
    if isinstance(error, paramiko.BadHostKeyException):
        hint = "someone may stand in between; if it was changed on purpose: ssh-keygen -R, then add it anew"
        raise TargetError(f"{url.server} shows another host key than the one in known_hosts", hint) from None
    if isinstance(error, paramiko.PasswordRequiredException):
        raise TargetError(f"the key for {url.server} has a passphrase", "add it to ssh-agent: ssh-add") from None
    if isinstance(error, paramiko.AuthenticationException):
        hint = (
            "name the user in the URL; give a key by ssh-agent or ~/.ssh, or a password by ${VAR} in the configuration"
        )
        raise TargetError(f"{url.server} lets this user not in", hint) from None


class _Unknown(paramiko.MissingHostKeyPolicy):
    """No connection to a host that was never vouched for."""

    def __init__(self, url: ObjectUrl) -> None:
        self._url = url

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Raises TargetError."""
        port = f"-p {self._url.port} " if self._url.port != 22 else ""
        raise TargetError(
            f"the host key of {self._url.server} is not known",
            f"check it ({key.fingerprint}), then: ssh-keyscan {port}{self._url.host} >> ~/.ssh/known_hosts",
        )


class _Channel(paramiko.SFTPClient):
    """With names as the bytes that they are: paramiko's own listing ends at the first that is no UTF-8."""

    def names(self, path: bytes) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
        """Every name in a folder with what is known of it."""
        found: list[tuple[bytes, paramiko.SFTPAttributes]] = []
        _, answer = self._request(CMD_OPENDIR, path)
        handle = answer.get_binary()
        try:
            while True:
                try:
                    _, answer = self._request(CMD_READDIR, handle)
                except EOFError:  # the end, as the protocol says it
                    return found
                for _ in range(answer.get_int()):
                    name = answer.get_binary()
                    answer.get_binary()  # the line that `ls -l` would show
                    found.append((name, paramiko.SFTPAttributes._from_msg(answer)))
        finally:
            self._request(CMD_CLOSE, handle)

    def range(self, handle: bytes, start: int, end: int) -> bytes:
        """Bytes `start` to `end`, fewer where the file ends; asked for in pieces before the first has come. paramiko's
        own `readv` waits for ever for what is past the end.
        """
        taken = _Pieces(self)
        asked: list[tuple[int, int, int]] = []
        at = start
        while at < end or len(taken.pieces) < len(asked):
            if at < end and len(asked) - len(taken.pieces) < REQUESTS:
                size = min(PIECE_BYTES, end - at)
                asked.append((self._async_request(taken, CMD_READ, handle, int64(at), size), at, size))
                at += size
            else:
                self._read_response()
        found = []
        for number, at, size in asked:
            piece = taken.pieces[number]
            if isinstance(piece, Exception):
                raise piece
            found.append(piece if not piece or len(piece) == size else piece + self._rest(handle, at, size, len(piece)))
            if len(found[-1]) < size:
                break
        return b"".join(found)

    def _rest(self, handle: bytes, at: int, size: int, had: int) -> bytes:
        """What a server gives in several answers, as it may."""
        rest = b""
        while had + len(rest) < size:
            more = self.range(handle, at + had + len(rest), at + size)
            if not more:
                break
            rest += more
        return rest


class _Pieces:
    """Takes the answers to reads, by the numbers of their requests; what failed as an exception."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self.pieces: dict[int, bytes | Exception] = {}

    def _async_response(self, kind: int, answer: Any, number: int) -> None:
        if kind == CMD_DATA:
            self.pieces[number] = answer.get_string()
            return
        try:
            self._channel._convert_status(answer)
            self.pieces[number] = b""
        except EOFError:
            self.pieces[number] = b""
        except OSError as error:
            self.pieces[number] = error


class _File:
    """One file by a handle; opened again, if it is still the same, after the connection was lost."""

    def __init__(self, store: SftpStore, path: bytes, entry: Entry) -> None:
        self._store = store
        self._path = path
        self._size = entry.size_bytes
        self._known: tuple[int, Any] | None = None
        """Its state when it was opened first."""
        self._handle: Any = None
        self._channel: _Channel | None = None

    def begin(self) -> None:
        """Opens it. Raises Failure: `changed` where there is less of it than was listed."""
        self._store.run(self._ready)

    def _ready(self, channel: _Channel) -> Any:
        if self._handle is None or self._channel is not channel:
            handle = channel.open(self._path, "rb", 0)
            state = _state(handle)
            if state[0] < self._size or (self._known is not None and state != self._known):
                refuse(Meaning.CHANGED, CHANGED)
            self._handle, self._channel, self._known = handle, channel, state
        return self._handle

    def read(self, start: int, end: int) -> bytes:
        """As `Opened.read`."""
        data = self._store.run(lambda channel: channel.range(self._ready(channel).handle, start, end))
        if len(data) != end - start:
            refuse(Meaning.CHANGED, CHANGED)
        return data

    def now(self) -> tuple[int, tuple[int, int] | None] | None:
        """As `Opened.now`."""
        return self._store.run(lambda channel: _state(self._ready(channel)))

    def close(self) -> None:
        """As `Opened.close`."""
        handle = self._handle
        if handle is not None:
            with contextlib.suppress(Failure):
                self._store.run(lambda channel: handle.close() if self._channel is channel else None)


CHANGED = "the file changed while it was scanned"


def _state(handle: Any) -> tuple[int, tuple[int, int] | None]:
    entry = _entry("", handle.stat())
    return entry.size_bytes, entry.changed_ns


def _entry(path: str, status: paramiko.SFTPAttributes) -> Entry:
    mode = status.st_mode or 0
    kinds = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}
    moment = None if status.st_mtime is None else status.st_mtime * 1_000_000_000
    return Entry(
        path,
        kinds.get(stat.S_IFMT(mode), Kind.SPECIAL),
        status.st_size or 0,
        None if moment is None else (moment, moment),
    )
