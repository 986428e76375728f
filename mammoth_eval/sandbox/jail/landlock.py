"""Landlock (kernel 5.13 on; Documentation/userspace-api/landlock.rst): which files a process and its children may use.

Rights that the running kernel does not know are left out; every right that it knows is handled: what no rule grants is
refused.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from . import kernel

_READ = (1 << 2) | (1 << 3)
"""Read a file, list a folder. Execute is never granted; it governs exec alone, not shared libraries."""
_LIST = 1 << 3
_WRITE = (1 << 1) | sum(1 << bit for bit in (4, 5, 7, 8, 12, 13, 14))
"""Write, remove, make folders, files, symlinks, refer, truncate; no sockets, pipes or devices."""
_FILE_ONLY = (1 << 1) | (1 << 2) | (1 << 14)
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}


def version() -> int:
    """The kernel's Landlock ABI; 0 where there is none."""
    try:
        return kernel.syscall("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], listable: Iterable[str] = ()) -> int:
    """Put this process under the rules; the ABI in force, 0 where the kernel has no Landlock.

    In folders that are `listable` alone, names can be seen, contents not.

    Needs no_new_privs. From ABI 4 on no TCP, from 6 on no abstract sockets of others and no signals to others.
    """
    abi = version()
    if abi == 0:
        return 0
    handled = (1 << _FS_BITS.get(abi, 16)) - 1
    attributes = struct.pack("<QQQ", handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = kernel.syscall("landlock_create_ruleset", buffer, size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, (_READ | _WRITE) & handled)
        for path in listable:
            _allow(ruleset, path, _LIST)
        kernel.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = rights if os.path.isdir(path) else rights & _FILE_ONLY  # noqa: PTH112 (the jail loads little)
        rule = ctypes.create_string_buffer(struct.pack("<Qi", allowed, fd), 12)
        kernel.syscall("landlock_add_rule", ruleset, 1, rule, 0)
    finally:
        os.close(fd)
