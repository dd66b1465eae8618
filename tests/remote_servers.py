"""Servers of stores on this machine, each of its own for the tests: S3 (moto), SFTP (OpenSSH), SMB (Samba)."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sql_servers import missing

SECRET = "Hemmelig-98765-nokkel"
"""The password and the secret key of all servers: it must turn up nowhere."""
USER = "leser-av-test"


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def serving(command: list[str], port: int, what: str, log: Path | None = None) -> Iterator[None]:
    """A server process that has begun to listen; ended afterwards."""
    out: Any = subprocess.DEVNULL if log is None else log.open("wb")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > until:
                said = log.read_text("utf-8", "replace")[-2000:] if log else ""
                pytest.fail(f"{what} does not start: {said}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)
        if log is not None:
            out.close()


def tool(name: str, what: str) -> str:
    """A program of the system, or the end of the test where it is not there."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(what)
    return str(found)


class S3Server:
    """An S3 server with one bucket."""

    bucket = "data"

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"

    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=self.endpoint)

    def upload(self, tree: Path, prefix: str) -> str:
        """Puts every file of a tree below a prefix; gives the URL."""
        client = self.client()
        for file in sorted(tree.rglob("*")):
            if file.is_file() and not file.is_symlink():
                client.put_object(
                    Bucket=self.bucket, Key=f"{prefix}/{file.relative_to(tree).as_posix()}", Body=file.read_bytes()
                )
        client.close()
        return f"s3://{self.bucket}/{prefix}"


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """moto's server in a process of its own, and an environment that leads to it and nowhere else."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("s3fs") is None:
        missing("moto and s3fs")
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    variables = {
        "AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, serving(command, port, "moto"):
        for name, value in variables.items():
            patch.setenv(name, value)
        server = S3Server(port)
        client = server.client()
        client.create_bucket(Bucket=server.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        client.close()
        yield server


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[str]:
    """OpenSSH with a key of its own, that this process's user knows; gives the URL of its root."""
    if importlib.util.find_spec("paramiko") is None:
        missing("paramiko")
    sshd, keygen = tool("sshd", "OpenSSH server"), tool("ssh-keygen", "OpenSSH client")
    own = folder / "home" / ".ssh"
    own.mkdir(parents=True, mode=0o700)
    for file in (folder / "host_key", own / "id_ed25519"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file], check=True)
    shutil.copy(own / "id_ed25519.pub", folder / "authorized")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/authorized\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        "PermitRootLogin prohibit-password\nMaxStartups 100\n"
    )
    host_key = (folder / "host_key.pub").read_text().split()[:2]
    (own / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(host_key)}\n")
    command = [sshd, "-D", "-e", "-f", os.fspath(config)]
    with pytest.MonkeyPatch.context() as patch, serving(command, port, "sshd", folder / "sshd.log"):
        patch.setenv("HOME", os.fspath(folder / "home"))
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        yield f"sftp://{getpass.getuser()}@127.0.0.1:{port}"


@contextlib.contextmanager
def smb_server(folder: Path, shared: Path) -> Iterator[str]:
    """Samba with one share of the folder `shared`; gives the URL of the share, with user and password."""
    if importlib.util.find_spec("smbprotocol") is None:
        missing("smbprotocol")
    if os.getuid() != 0:
        missing("root, as whom Samba has to run,")
    smbd, smbpasswd = tool("smbd", "Samba"), tool("smbpasswd", "Samba")
    port = free_port()
    kept = folder / "state"
    kept.mkdir()
    folders = "".join(
        f"{name} = {kept}\n"
        for name in ("private dir", "lock directory", "state directory", "cache directory", "pid directory",
                     "ncalrpc dir", "binddns dir")
    )  # fmt: skip
    config = folder / "smb.conf"
    config.write_text(
        "[global]\nserver role = standalone server\nworkgroup = TEST\nnetbios name = TESTSERVER\n"
        f"disable netbios = yes\nsmb ports = {port}\ninterfaces = 127.0.0.1\n"
        f"bind interfaces only = yes\nlog file = {kept}/log\n"
        f"passdb backend = tdbsam:{kept}/passdb.tdb\nload printers = no\ndisable spoolss = yes\n{folders}"
        f"[data]\npath = {shared}\nread only = yes\nhide unreadable = no\n"
    )
    user = getpass.getuser()
    subprocess.run(
        [smbpasswd, "-c", config, "-L", "-a", "-s", user], input=f"{SECRET}\n{SECRET}\n".encode(), check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    command = [smbd, "--foreground", "--no-process-group", f"--configfile={config}"]
    with serving(command, port, "smbd", folder / "smbd.log"):
        yield f"smb://{user}:{SECRET}@127.0.0.1:{port}/data"
