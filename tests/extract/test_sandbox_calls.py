"""The filter of system calls, followed step by step as the kernel does, for both machines it is written for."""

from __future__ import annotations

import ctypes
import re
import socket
import sys
from pathlib import Path

import pytest

from pii_scan.extract import sandbox_calls as calls
from pii_scan.extract import sandbox_windows
from pii_scan.extract.sandbox_calls import CALLS, MACHINES, program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are those of POSIX")

ALLOWED, EPERM, EACCES, ENOSYS, KILLED = "allowed", 1, 13, 38, "killed"
PLAIN = {"read": (0, 63), "openat": (257, 56), "execve": (59, 221), "exit_group": (231, 94), "mmap": (9, 222)}


def answer(machine: str, number: int, *arguments: int, audit: int | None = None, **how: bool) -> str | int:
    """What the filter says of a call; classic BPF as in <linux/bpf_common.h>."""
    steps = program(machine, how.get("network", False), how.get("local_sockets", False))
    data = {0: number, 4: MACHINES[machine][0] if audit is None else audit}
    data |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(arguments)}
    at = held = 0
    while True:
        code, yes, no, operand = steps[at]
        at += 1
        if code == 0x20:
            held = data.get(operand, 0)
        elif code == 0x54:
            held &= operand
        elif code == 0x06:
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(operand, operand & 0xFFFF)
        else:
            at += yes if {0x15: held == operand, 0x35: held >= operand, 0x45: bool(held & operand)}[code] else no


@pytest.mark.parametrize("machine", MACHINES)
def test_each_call_that_is_listed_is_refused_and_what_readers_need_is_not(machine: str) -> None:
    column = MACHINES[machine][1]
    for numbers in CALLS.values():
        assert numbers[column] < 0 or answer(machine, numbers[column], network=True) == EPERM
    for numbers in PLAIN.values():
        assert answer(machine, numbers[column]) == ALLOWED


@pytest.mark.parametrize("machine", MACHINES)
def test_sockets_are_judged_by_family_and_kind(machine: str) -> None:
    column = MACHINES[machine][1]
    made, paired = calls.SOCKET[column], calls.SOCKETPAIR[column]
    for family in (socket.AF_INET, socket.AF_INET6, 16, 17, 40):
        assert answer(machine, made, family, 1) == EACCES
        assert answer(machine, made, family, 1, local_sockets=True) == EACCES
        assert answer(machine, made, family, 1, network=True) == ALLOWED
    assert answer(machine, made, socket.AF_UNIX) == EACCES
    assert answer(machine, made, socket.AF_UNIX, local_sockets=True) == ALLOWED
    closed_on_exec = 0o2000000
    assert answer(machine, paired, socket.AF_UNIX, 1 | closed_on_exec) == ALLOWED
    assert answer(machine, paired, socket.AF_UNIX, 2 | closed_on_exec) == EACCES


@pytest.mark.parametrize("machine", MACHINES)
def test_processes_are_started_but_in_no_namespace_of_their_own(machine: str) -> None:
    column = MACHINES[machine][1]
    for flags in (17, 0x1200011, 0x3D0F00):  # fork, as glibc asks; vfork; a thread
        assert answer(machine, calls.CLONE[column], flags) == ALLOWED
    for flags in (0x20000, 0x10000000, 0x40000000 | 17, 0x80):
        assert answer(machine, calls.CLONE[column], flags) == EPERM
    assert answer(machine, calls.CLONE3[column]) == ENOSYS
    assert answer(machine, calls.PRLIMIT[column], 0) == ALLOWED and answer(machine, calls.PRLIMIT[column], 7) == EPERM


def test_calls_in_the_guise_of_another_machine_end_the_process() -> None:
    assert answer("x86_64", 0, audit=0x40000003) == KILLED
    assert answer("x86_64", 0x40000000 + 41, 2) == ENOSYS


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
)
def test_the_numbers_are_those_of_the_kernel(column: int, header: str) -> None:
    if not Path(header).is_file():
        pytest.skip("the headers of the kernel are not installed")
    known = dict(re.findall(r"__NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text(encoding="utf-8")))
    named = {**CALLS, "socket": calls.SOCKET, "socketpair": calls.SOCKETPAIR, "clone": calls.CLONE,
             "clone3": calls.CLONE3, "prlimit64": calls.PRLIMIT}  # fmt: skip
    for name, numbers in named.items():
        if name in known:
            assert numbers[column] == int(known[name]), name
        else:
            assert numbers[column] < 0 or numbers[column] > 440, name


@pytest.mark.parametrize(
    ("line", "needed"),
    [("passwd: files systemd\n", False), ("passwd: files sss\ngroup: files", True), ("group: sss", False),
     ("# passwd: sss\npasswd:\tcompat", False), ("passwd: files # winbind", False), ("passwd: winbind", True)],
)  # fmt: skip
def test_where_names_of_users_come_from(tmp_path: Path, line: str, needed: bool) -> None:
    (tmp_path / "nsswitch.conf").write_text(line, encoding="utf-8")
    assert calls.accounts_need_sockets(str(tmp_path / "nsswitch.conf")) is needed
    assert not calls.accounts_need_sockets(str(tmp_path / "none"))


def test_what_windows_is_told_is_laid_out_as_it_documents() -> None:
    """winnt.h, 64 bits: 64 and 144 bytes, `ProcessMemoryLimit` at 112."""
    assert ctypes.sizeof(sandbox_windows._Basic) == 64 and ctypes.sizeof(sandbox_windows._Extended) == 144
    assert sandbox_windows._Extended.process_memory.offset == 112
