"""Linux: a filter that refuses system calls that no reader of documents needs (seccomp-BPF), for good and for all
processes that this one starts.

With it a worker opens no network connection, leaves its process group by no way, and changes no file's mode, owner or
times. Sources: seccomp(2), <linux/audit.h>, <linux/bpf_common.h>, <asm/unistd_64.h>, <asm-generic/unistd.h>.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct

MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH, and the column of CALLS, by what `platform.machine` says."""

CALLS: dict[str, tuple[int, int]] = {
    # another way to open sockets and files, past this filter
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # out of the process group, by which the engine kills
    "setsid": (112, 157), "setpgid": (109, 154),
    # into other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "kcmp": (312, 272), "process_madvise": (440, 440),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # modes, owners, times and attributes of files, which Landlock does not guard
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1),
    "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1),
    "futimesat": (261, -1), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466),
    # mounts, namespaces, and what else only an administrator has use for; much of it has had holes
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "setns": (308, 268),
    "unshare": (272, 97), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "syslog": (103, 116), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1), "ioperm": (173, -1),
}  # fmt: skip
"""Refused always: the number on x86_64 and on aarch64, which has fewer (-1)."""

SOCKET, SOCKETPAIR, CLONE, CLONE3, PRLIMIT = (41, 198), (53, 199), (56, 220), (435, 435), (302, 261)
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_FIRST_OF_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _MASK, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _MACHINE, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data; low halves of the arguments
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_SECCOMP = {"x86_64": 317, "aarch64": 277}

Step = tuple[int, int, int, int]
"""One instruction: code, jump if true, jump if false, operand."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def refuse_calls(network: bool, local_sockets: bool) -> str:
    """Puts the filter on this process, all its threads; gives the reason where the system has none, else nothing.

    `network`: sockets stay possible, for databases. `local_sockets`: those of the machine itself do. No new privileges
    must have been set.
    """
    machine = platform.machine()
    if machine not in MACHINES:
        return f"no filter of system calls was written for {machine}"
    steps = b"".join(struct.pack("=HBBI", *step) for step in program(machine, network, local_sockets))
    held = ctypes.create_string_buffer(steps)
    filtered = _Program(len(steps) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filtered)) == 0:
        return ""
    return f"the system refuses seccomp filters ({errno.errorcode.get(ctypes.get_errno(), 'unknown')})"


def program(machine: str, network: bool, local_sockets: bool) -> list[Step]:
    """The filter as instructions. What is refused fails with EPERM, sockets with EACCES."""
    audit, column = MACHINES[machine]
    refuse, no_socket = (_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _REFUSE | errno.EACCES)
    absent, allow = (_RETURN, 0, 0, _REFUSE | errno.ENOSYS), (_RETURN, 0, 0, _ALLOW)
    steps = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, _FIRST_OF_X32), absent]
    for numbers in CALLS.values():
        if numbers[column] >= 0:
            steps += [(_EQUAL, 0, 1, numbers[column]), refuse]
    steps += [(_EQUAL, 0, 1, CLONE3[column]), absent]  # its flags cannot be seen; `clone` is used in its place
    steps += [(_EQUAL, 0, 4, CLONE[column]), (_LOAD, 0, 0, _FIRST), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), refuse, allow]
    steps += [(_EQUAL, 0, 4, PRLIMIT[column]), (_LOAD, 0, 0, _FIRST), (_EQUAL, 1, 0, 0), refuse, allow]
    if not network:
        if local_sockets:
            steps += [(_EQUAL, 0, 4, SOCKET[column]), (_LOAD, 0, 0, _FIRST), (_EQUAL, 1, 0, socket.AF_UNIX),
                      no_socket, allow]  # fmt: skip
        else:
            steps += [(_EQUAL, 0, 1, SOCKET[column]), no_socket]
        # a pair that is joined for good is a pipe; one of datagrams could be joined to others
        steps += [(_EQUAL, 0, 5, SOCKETPAIR[column]), (_LOAD, 0, 0, _SECOND), (_MASK, 0, 0, 0xF),
                  (_EQUAL, 1, 0, int(socket.SOCK_STREAM)), no_socket, allow]  # fmt: skip
    return [*steps, allow]


def accounts_need_sockets(path: str = "/etc/nsswitch.conf") -> bool:
    """Whether names of users come from a service that is asked through a socket of the machine (nsswitch.conf(5))."""
    try:
        with open(path, encoding="utf-8", errors="replace") as said:
            lines = [line.partition("#")[0].split() for line in said]
    except OSError:
        return False
    services = {word for line in lines if line and line[0] == "passwd:" for word in line[1:]}
    return bool(services & {"sss", "winbind", "ldap"})


def one_thread() -> bool:
    """Whether this process has no other thread."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False
