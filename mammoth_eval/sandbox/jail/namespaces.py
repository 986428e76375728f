"""Namespaces and the private root: a tmpfs that holds Python, its libraries, four devices and an empty scratch.

The launcher unshares and forks the init process (process 1 of its namespace: when it dies, the kernel kills all the
others); the init builds the root; every worker mounts a scratch of its own.
"""

# ruff: noqa: PTH102, PTH103, PTH106, PTH112, PTH114, PTH115, PTH120, PTH211

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterable

from . import kernel

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_AT_RECURSIVE = 0x8000
_DEVICES = ("null", "zero", "random", "urandom")
_ALL = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET

PROGRAM_UID = 65534
SCRATCH_BYTES, SCRATCH_FILES = 32 << 20, 2048


def enter() -> bool:
    """Leave the host's namespaces for new ones; True where that took a user namespace. `OSError` where refused."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        with contextlib.suppress(OSError):
            kernel.unshare(_ALL)
            return False
    kernel.unshare(_ALL | NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{PROGRAM_UID} {uid} 1")
    _write("/proc/self/gid_map", f"{PROGRAM_UID} {gid} 1")
    return True


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def build_root(visible: Iterable[str], hidden: Iterable[str]) -> None:
    """Make a root that holds only the paths `visible`, read-only and without those `hidden`, and move into it."""
    kernel.mount("none", "/", None, _REC | _PRIVATE)
    kernel.mount("root", "/tmp", "tmpfs", _NOSUID | _NODEV, "mode=755,size=4m")
    os.mkdir("/tmp/.host")
    kernel.syscall("pivot_root", b"/tmp", b"/tmp/.host")
    os.chdir("/")
    for path in sorted(set(visible)):
        _show(path)
    _devices()
    for path in hidden:
        if os.path.isdir(path):
            kernel.mount("none", path, "tmpfs", _RDONLY | _NOSUID | _NODEV, "mode=755,size=4k")
    scratch = scratch_place(visible)
    os.mkdir(scratch)
    if not os.path.lexists("/tmp"):  # else Python lies there; TMPDIR names the scratch all the same
        os.symlink(scratch, "/tmp")
    kernel.unmount("/.host")
    os.rmdir("/.host")
    kernel.mount("none", "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    with contextlib.suppress(OSError):
        socket.sethostname("sandbox")


def scratch_place(visible: Iterable[str]) -> str:
    """Where the scratch lies in the private root: ``/scratch``, unless the host's Python lies there."""
    place = "/scratch"
    while any(f"{path}/".startswith(f"{place}/") for path in visible):
        place += "-"
    return place


def _show(path: str) -> None:
    """Bind one path of the host at the same place, read-only; a link is made again as a link."""
    source = "/.host" + path
    if os.path.lexists(path) or not os.path.lexists(source):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), path)
        return
    if os.path.isdir(source):
        os.mkdir(path)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))
    kernel.mount(source, path, None, _BIND | _REC)
    _protect(path, _RDONLY | _NOSUID | _NODEV)


def _protect(path: str, attributes: int) -> None:
    """Set mount attributes on a whole tree (`mount_setattr(2)`, kernel 5.12); what is locked on it stays."""
    buffer = ctypes.create_string_buffer(struct.pack("<QQQQ", attributes, 0, 0, 0), 32)
    kernel.syscall("mount_setattr", -100, os.fsencode(path), _AT_RECURSIVE, buffer, 32)


def _devices() -> None:
    os.makedirs("/dev", exist_ok=True)
    for name in _DEVICES:
        target = f"/dev/{name}"
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
        kernel.mount(f"/.host/dev/{name}", target, None, _BIND)


def mount_scratch(folder: str) -> None:
    """A fresh, small, private scratch for the calling worker, in a mount namespace of its own."""
    kernel.unshare(NEWNS)
    options = f"mode=700,uid={PROGRAM_UID},gid={PROGRAM_UID},size={SCRATCH_BYTES},nr_inodes={SCRATCH_FILES}"
    kernel.mount("scratch", folder, "tmpfs", _NOSUID | _NODEV | _NOEXEC, options)
