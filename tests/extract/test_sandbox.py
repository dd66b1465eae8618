"""A process confined as a worker tries to get out: each way is refused, and what readers need goes on working."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_scan.extract import sandbox, sandbox_files
from pii_scan.extract.sandbox import WORKER_VARIABLES, probe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the cage of Linux")

HEAD = """
import codecs, ctypes, errno, os, resource, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path
from pii_scan.extract import sandbox, sandbox_calls, sandbox_files
from pii_scan.extract.sandbox import allow_seconds, confine
from pii_scan.model import Limits
OUTSIDE = Path(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
codecs.lookup("ascii")  # a user who may not read this Python's folder can load nothing later
def refused(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except (OSError, MemoryError) as error:
        return getattr(error, "errno", "memory")
    return None
def asked(number, *arguments):
    return ctypes.get_errno() if libc.syscall(number, *arguments) < 0 else None
def out(*values):
    print(*values, flush=True)
"""
CAGE = probe() if sys.platform == "linux" else None
needs_filter = pytest.mark.skipif(CAGE is None or CAGE.network != "", reason="no seccomp here")
needs_landlock = pytest.mark.skipif(CAGE is None or CAGE.files != "", reason="no Landlock here")
needs_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become someone else")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may enter, with a temporary one in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o777)
    (folder / "file").write_text("as it was", encoding="utf-8")
    yield folder
    shutil.rmtree(folder)


def run(place: Path, code: str, *, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, **WORKER_VARIABLES, "PYTHONPATH": paths, "TMPDIR": str(place / "tmp"), **(variables or {})}
    return subprocess.run(
        [sys.executable, "-P", "-c", HEAD + code, str(place)], env=env, capture_output=True, text=True, timeout=120,
        start_new_session=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def said(place: Path, code: str, **more: dict[str, str]) -> list[str]:
    done = run(place, code, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@needs_filter
def test_no_connection_is_opened_by_any_kind_of_socket(place: Path) -> None:
    code = """
confine(Limits())
for family in ("AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK", "AF_UNIX", "AF_VSOCK"):
    out(refused(socket.socket, getattr(socket, family)) == errno.EACCES)
out(refused(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM) == errno.EACCES)
out(refused(socket.create_connection, ("127.0.0.1", 80), 1) is not None)
out(subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], stderr=subprocess.DEVNULL).returncode != 0)
out(asked(425, 8, 0) == errno.EPERM)  # io_uring opens sockets, too
out(refused(socket.socketpair) is None)  # a pair that is joined for good is a pipe
"""
    assert said(place, code) == ["True"] * 11


@needs_filter
def test_workers_of_databases_may_connect_and_nothing_more(place: Path) -> None:
    code = """
cage = confine(Limits(), network=True)
out(refused(socket.socket) is None, refused(os.setsid) == errno.EPERM, "database" in cage.network)
"""
    assert said(place, code) == ["True"] * 3


@needs_filter
def test_where_users_are_asked_for_through_sockets_those_of_the_machine_are_kept(place: Path) -> None:
    code = """
sandbox_calls.accounts_need_sockets = lambda: True
cage = confine(Limits())
out(cage.local_sockets, refused(socket.socket, socket.AF_UNIX) is None, refused(socket.socket) == errno.EACCES)
"""
    assert said(place, code) == ["True"] * 3


@needs_landlock
def test_nothing_is_written_made_moved_or_removed_outside_the_temporary_folder(place: Path) -> None:
    code = """
confine(Limits())
file = OUTSIDE / "file"
for function, arguments in (
    (open, (file, "a")), (open, (file, "w")), (open, ("/etc/shadow", "a")), (open, (OUTSIDE / "new", "w")),
    (os.mkdir, (OUTSIDE / "d",)), (os.remove, (file,)), (os.rename, (file, OUTSIDE / "tmp" / "moved")),
    (os.symlink, ("/etc", OUTSIDE / "link")), (os.link, (file, OUTSIDE / "tmp" / "linked")),
    (os.truncate, (file, 0)), (os.mkfifo, (OUTSIDE / "fifo",)), (os.rmdir, (OUTSIDE / "tmp",)),
    (open, (f"/proc/{os.getppid()}/oom_score_adj", "w")), (open, ("/dev/kmsg", "w")),
):
    out(refused(function, *arguments) in (errno.EACCES, errno.EXDEV, errno.EPERM, errno.ENOENT))
subprocess.run(["sh", "-c", f"echo x > {file}; rm -f {file}; touch {OUTSIDE}/new"], stderr=subprocess.DEVNULL)
"""
    assert said(place, code) == ["True"] * 14
    assert sorted(path.name for path in place.iterdir()) == ["file", "tmp"] and list((place / "tmp").iterdir()) == []
    assert (place / "file").read_text(encoding="utf-8") == "as it was"


@needs_filter
def test_modes_owners_and_times_stay_as_they_are_even_in_reach(place: Path) -> None:
    code = """
confine(Limits())
file = str(OUTSIDE / "file")
for function, arguments in ((os.chmod, (0o777,)), (os.chown, (1, 1)), (os.utime, ((1, 1),)),
                            (os.setxattr, ("user.a", b"b"))):
    out(refused(function, file, *arguments) == errno.EPERM)
"""
    assert said(place, code) == ["True"] * 4


def test_reading_and_the_own_temporary_folder_go_on_working(place: Path) -> None:
    code = """
confine(Limits())
with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as unnamed:
    path = Path(folder, "a"); path.write_text("b"); path.rename(Path(folder, "c")); unnamed.write(b"d")
    out(Path(folder, "c").stat().st_mode & 0o77)
out((OUTSIDE / "file").read_text() == "as it was", bool(os.listdir("/")))
done = subprocess.run(["sh", "-c", "cat; echo x > /dev/null"], input=b"in", stdout=subprocess.PIPE)
out(done.stdout == b"in", done.returncode)
"""
    assert said(place, code) == ["0", "True", "True", "True", "0"]


@needs_filter
def test_no_process_leaves_its_group_or_reaches_into_another(place: Path) -> None:
    code = """
confine(Limits())
child = os.fork()
if child == 0:
    os._exit(0 if (refused(os.setsid), refused(os.setpgid, 0, 0)) == (errno.EPERM, errno.EPERM) else 1)
out(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
out(libc.ptrace(16, os.getppid(), 0, 0), libc.unshare(0x10000000), refused(os.listdir, "/proc/1/nowhere") is not None)
out(refused(resource.prlimit, os.getppid(), resource.RLIMIT_NOFILE, (9, 9)) == errno.EPERM)
if sandbox_files.version() >= 6:
    out(refused(os.kill, os.getppid(), 0) == errno.EPERM)
"""
    assert said(place, code)[:5] == ["0", "-1", "-1", "True", "True"]
    assert "False" not in said(place, code)


def test_no_privilege_is_left_or_gained(place: Path) -> None:
    code = """
confine(Limits())
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
out(status["NoNewPrivs"].strip(), int(status["CapEff"], 16) & ~4, int(status["CapPrm"], 16) & ~4)
inherited = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
out("NoNewPrivs:\\t1" in inherited, int(inherited.partition("CapEff:")[2].split()[0], 16) & ~4)
"""
    assert said(place, code) == ["1", "0", "0", "True", "0"]


@needs_root
def test_a_program_that_becomes_another_user_does_not(place: Path) -> None:
    program = place / "id"
    shutil.copy(str(shutil.which("id")), program)
    program.chmod(0o4755)
    code = """
os.setgroups([]); os.setgid(65534); os.setuid(65534)
def effective():
    return subprocess.run([OUTSIDE / "id", "-u"], capture_output=True, text=True).stdout.strip()
out(effective()); confine(Limits()); out(effective())
"""
    before, after = said(place, code)
    if before != "0":
        pytest.skip("this file system knows no setuid programs")
    assert after == "65534"


@needs_root
def test_processes_started_without_end_stop(place: Path) -> None:
    code = """
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sandbox.MORE_TASKS = 20
confine(Limits())
started = []
try:
    while len(started) < 200:
        child = os.fork()
        if child == 0:
            time.sleep(60)
        started.append(child)
except BlockingIOError:
    pass
out(10 < len(started) < 60)
os.killpg(0, signal.SIGKILL)
"""
    done = run(place, code)
    assert done.stdout.split() == ["True"] and done.returncode == -signal.SIGKILL


def test_memory_files_and_open_files_are_bounded(place: Path) -> None:
    code = """
confine(Limits(worker_bytes=64 << 20, max_total_bytes=1 << 20, max_member_bytes=1 << 20, spool_bytes=1 << 20))
out(refused(bytearray, 200 << 20) == "memory")
with tempfile.TemporaryFile() as file:
    file.seek((1 << 30) + (2 << 20))
    out(refused(os.write, file.fileno(), b"x" * 10) == errno.EFBIG)
held = []
out(refused(lambda: held.extend(open(os.devnull) for _ in range(1000))) == errno.EMFILE)
held.clear()
out(resource.getrlimit(resource.RLIMIT_CORE))
"""
    assert said(place, code) == ["True", "True", "True", "(0,", "0)"]


def test_processor_time_is_bounded_anew_for_each_document(place: Path) -> None:
    code = """
confine(Limits())
sandbox.SPARE_SECONDS = 0
allow_seconds(100); allow_seconds(0.01)
while True: pass
"""
    assert run(place, code).returncode == -signal.SIGXCPU
    assert said(place, code.replace("allow_seconds(0.01)\nwhile True: pass", "out('goes on')")) == ["goes", "on"]


def test_a_system_without_filter_or_landlock_is_said_and_survived(place: Path) -> None:
    code = """
import platform
sandbox_files.version = lambda: 0
platform.machine = lambda: "riscv64"
cage = confine(Limits())
out(cage.network.replace(" ", "_"), cage.files.split()[3], cage.limits == "", refused(open, OUTSIDE / "file") is None)
"""
    network, files, limits, reads = said(place, code)
    assert "riscv64" in network and files == "no" and limits == reads == "True"


def test_threads_that_were_there_before_are_not_passed_over(place: Path) -> None:
    code = """
import threading
threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
out("threads" in confine(Limits()).files or sandbox_files.version() == 0)
os._exit(0)
"""
    assert said(place, code) == ["True"]


def test_the_probe_says_what_holds_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    cage = probe()
    assert cage.limits == ""
    assert bool(cage.files) == (sandbox_files.version() == 0)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert "could not be started" in sandbox.probe().network
