"""A PostgreSQL server of a test's own, that can be killed: made by `initdb`, run by an unprivileged user."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from sql_servers import missing


class Cluster:
    """A running server."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self._folder = folder
        self._programs = programs
        self._user = user
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}"
        self._up = threading.Event()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [os.fspath(self._programs / program), *arguments], check=True, user=self._user, cwd=self._folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=120,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )  # fmt: skip

    def make(self) -> None:
        """A new, empty server, started."""
        data = os.fspath(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        options = f"-p {self._port} -k '' -c listen_addresses=127.0.0.1"
        data, log = os.fspath(self._folder / "data"), os.fspath(self._folder / "log")
        self._run("pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", "100", "start")
        self._up.set()

    def require_tls(self, certificates: Path) -> None:
        """Started again, it lets in by TLS only; `kari` by a certificate of `ca.pem` only."""
        data = self._folder / "data"
        for name in ("ca.pem", "server.pem", "server.key"):
            shutil.copy(certificates / name, data / name)
            (data / name).chmod(0o600)
            if self._user is not None:
                shutil.chown(data / name, self._user)
        with (data / "postgresql.conf").open("a") as file:
            file.write(
                "\nssl = on\nssl_ca_file = 'ca.pem'\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n"
            )
        rules = "hostssl all kari 127.0.0.1/32 cert\nhostssl all postgres 127.0.0.1/32 trust\n"
        (data / "pg_hba.conf").write_text(rules)
        self.stop()
        self.start()

    def kill_and_start(self) -> None:
        """As when the power fails for a moment."""
        self._up.clear()
        number = int((self._folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(number, signal.SIGKILL)
        for _ in range(60):  # sessions of the dead server end in their own time
            time.sleep(1)
            with contextlib.suppress(subprocess.CalledProcessError):
                self.start()
                return

    def wait(self) -> None:
        """Until it is started again."""
        assert self._up.wait(120)

    def stop(self) -> None:
        """For good."""
        with contextlib.suppress(subprocess.SubprocessError):
            self._run("pg_ctl", "-D", os.fspath(self._folder / "data"), "-m", "immediate", "stop")


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A new server; ends the test where PostgreSQL's programs are not there."""
    found = next(iter(sorted(glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None) or shutil.which("initdb")
    if found is None:
        missing("initdb of PostgreSQL")
    assert found is not None
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = next((name for name in ("postgres", "nobody") if _known(name)), None)
    # Not pytest's own folder: each of its sessions closes that to all users but its own
    with tempfile.TemporaryDirectory(prefix="pii-scan-postgresql-") as folder:
        if user is not None:
            shutil.chown(folder, user)
        made = Cluster(Path(folder), Path(found).parent, user)
        made.make()
        try:
            yield made
        finally:
            made.stop()


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
