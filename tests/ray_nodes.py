"""A Ray cluster of several nodes on this machine, for as long as the tests of a module run.

Run as a program it is what starts the nodes, since Ray leaves files open: it reads the numbers of nodes that are to be
killed, a line each, and answers with a line.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_raylet_start_wait_time_s": "180",  # machines that run tests are slow
    "RAY_worker_register_timeout_seconds": "180",
    "GRPC_ENABLE_FORK_SUPPORT": "0",  # the server for clients now and then hangs in it
    "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "120",
    "RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S": "120",
}


class Nodes:
    """A head without processors, nodes with some, and where programs of theirs find the modules of `modules`."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, client_port: int) -> None:
        self._process = process
        self.folder = folder
        self.modules = folder / "modules"
        self.address = self._heard()
        self.client_address = f"ray://127.0.0.1:{client_port}"

    def _heard(self) -> str:
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "the cluster did not start, or a command failed"
        return str(json.loads(said))

    def kill(self, node: int) -> None:
        """Ends all processes of a node at once, as a power cut would."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{node}\n")
        self._process.stdin.flush()
        self._heard()

    def logs(self) -> Iterator[tuple[Path, bytes]]:
        """All that the processes of the cluster have written."""
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and not file.is_relative_to(self.modules):
                yield file, file.read_bytes()


@contextmanager
def ray_nodes(nodes: int = 2) -> Iterator[Nodes]:
    """The cluster, with this process as one that may use it."""
    import pytest
    from scanning import environment

    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # paths of sockets must be short
    (folder / "modules").mkdir()
    (folder / "ray").mkdir()
    port = free_port()
    own = {**VARIABLES, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        env = environment(**own, RAY_TMPDIR=os.fspath(folder))
        env["PYTHONPATH"] = os.pathsep.join([str(folder / "modules"), env["PYTHONPATH"]])
        env.pop("PII_SCAN_KEY")
        process = subprocess.Popen(
            [sys.executable, __file__, str(port), str(nodes)],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            found = Nodes(process, folder, port)
            patch.setenv("RAY_ADDRESS", found.address)
            yield found
        finally:
            with process:
                process.communicate(timeout=60)
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of this machine that no one listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def serve(port: int, nodes: int) -> None:
    """Starts the cluster, does as it is told, and ends with standard input."""
    from ray.cluster_utils import Cluster

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    cluster = Cluster()
    started: list[Any] = []
    try:
        cluster.add_node(
            num_cpus=0, include_dashboard=False, ray_client_server_port=port,
            _system_config={"health_check_period_ms": 500},
        )  # fmt: skip
        started += [cluster.add_node(num_cpus=1, wait=False) for _ in range(nodes)]
        cluster.wait_for_nodes(180)
        print(json.dumps(cluster.address), file=answers, flush=True)
        for line in sys.stdin:
            cluster.remove_node(started[int(line)], allow_graceful=False)
            print(json.dumps(line), file=answers, flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
