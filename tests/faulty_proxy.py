"""Servers in between that count what passes and let things go wrong: one that knows HTTP, one that passes bytes on."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Fault = Callable[["_Handler"], bool]
"""Answers a request in its own way, or gives False to let it pass."""


class HttpProxy:
    """Passes requests of S3 on to a server. Objects are called by their key."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.port = 0
        self.bytes: Counter[str] = Counter()
        """Of bodies of objects, as they were sent."""
        self.requests: Counter[str] = Counter()
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        """What goes wrong with the next requests for an object; `""`: with the next list."""
        self.always: dict[str, Fault] = {}
        self.wait: Callable[[], object] = lambda: None
        """Before every answer."""

    def reset(self) -> None:
        """Forgets what passed, and what was to go wrong."""
        for kept in (self.bytes, self.requests, self.faults, self.always):
            kept.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: HttpProxy

    def log_message(self, *_: Any) -> None:
        pass

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]

    def do_GET(self) -> None:
        proxy, key = self.proxy, self.key
        proxy.requests[key] += 1
        proxy.wait()
        fault = proxy.always.get(key) or (proxy.faults[key].pop(0) if proxy.faults[key] else None)
        if fault is None or not fault(self):
            self.passed()

    def passed(self, cut: int | None = None) -> None:
        """Passes the request on; the answer breaks off after `cut` bytes of its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.behind, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", self.path, headers=dict(self.headers))
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "server", "date", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
        sent = body if cut is None else body[:cut]
        self.wfile.write(sent)
        if answer.status < 300 and self.key:
            self.proxy.bytes[self.key] += len(sent)
        if cut is not None:
            self.wfile.flush()
            abort(self.connection)
            self.close_connection = True


def abort(connection: socket.socket) -> None:
    """Ends a connection as a crash does: by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def broken(after: int = 0) -> Fault:
    """The connection breaks off after so many bytes of the body."""

    def fault(handler: _Handler) -> bool:
        handler.passed(cut=after)
        return True

    return fault


def refused(status: int, code: str) -> Fault:
    """An error of S3."""

    def fault(handler: _Handler) -> bool:
        body = f"<Error><Code>{code}</Code><Message>hemmelig grunn</Message></Error>".encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/xml")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    return fault


def first(action: Callable[[], Any]) -> Fault:
    """Something happens on the server before the request comes to it."""

    def fault(_: _Handler) -> bool:
        action()
        return False

    return fault


@contextlib.contextmanager
def http_proxy(behind: int) -> Iterator[HttpProxy]:
    """A proxy before a server on this machine."""
    proxy = HttpProxy(behind)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that go away are what is tested
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class TcpProxy:
    """Passes bytes on. `cuts`: after how many bytes to the client the next connections break off."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.port = 0
        self.cuts: list[int] = []
        self.connections = 0
        self.silent = False
        """Nothing more comes to clients."""
        self.bytes = 0
        """To clients, in all."""

    def reset(self) -> None:
        """Forgets what passed, and what was to go wrong."""
        self.cuts.clear()
        self.connections = self.bytes = 0
        self.silent = False

    def serve(self, client: socket.socket) -> None:
        """One connection, to its end."""
        self.connections += 1
        left = self.cuts.pop(0) if self.cuts else None
        with client, contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self.behind))
            with server:
                up = threading.Thread(target=_pass, args=(client, server), daemon=True)
                up.start()
                while data := server.recv(1 << 16):
                    if self.silent:
                        continue
                    if left is not None and left < len(data):
                        client.sendall(data[:left])
                        abort(client)
                        break
                    left = None if left is None else left - len(data)
                    client.sendall(data)
                    self.bytes += len(data)
                for end in (client, server):
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                up.join(1)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def tcp_proxy(behind: int) -> Iterator[TcpProxy]:
    """A proxy before a server on this machine."""
    proxy = TcpProxy(behind)
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy.port = listening.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = listening.accept()[0]
                    threads.append(threading.Thread(target=proxy.serve, args=(client,), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield proxy
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for thread in threads:
                thread.join(1)
