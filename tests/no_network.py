"""Cuts a process and all it starts off from the network, and keeps a record of who tried to use it."""

from __future__ import annotations

from pathlib import Path

# Not "socket.bind": urllib3, which tldextract imports, asks at import whether the machine can IPv6 by binding to its
# own loopback address, which sends nothing.
_MODULE = """
import os, sys

_WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg",
            "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect")


def _watch(event, arguments):
    if event in _WATCHED:
        said = event + " in " + " ".join(sys.orig_argv[:6]) + "\\n"
        os.write(_ON, ("TRIED " + said).encode())  # a confined process can open nothing new to write to
        try:
            with open(os.environ["NETWORK_RECORD"], "a") as record:
                record.write(said)
        except OSError:
            pass
        raise OSError(101, "Network is unreachable")


sys.addaudithook(_watch)
_ON = os.open(os.environ["NETWORK_RECORD"] + ".on", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
os.write(_ON, (" ".join(sys.orig_argv) + "\\n").encode())
"""


def install(folder: Path) -> Path:
    """Writes the module into `folder`, which is to be first on the path, and gives it back.

    NETWORK_RECORD in the environment names the record; beside it, `.on` lists the processes that were watched, and
    what a confined one tried, which may write to no other file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_MODULE, encoding="utf-8")
    return folder
