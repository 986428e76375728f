"""System calls that the standard library does not offer, by number through ctypes; x86-64 and arm64."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import partial

LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = os.uname().machine.replace("arm64", "aarch64")

SYS = {} if sys.platform != "linux" else {
    "x86_64": {
        "pivot_root": 155, "mount_setattr": 442, "capset": 126, "seccomp": 317,
        "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446,
    },
    "aarch64": {
        "pivot_root": 41, "mount_setattr": 442, "capset": 91, "seccomp": 277,
        "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446,
    },
}.get(MACHINE, {})  # fmt: skip

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
ADDR_NO_RANDOMIZE = 0x0040000

LIBC.syscall.restype = ctypes.c_long
_register_at_fork = os.register_at_fork
_syscall, _prctl = LIBC.syscall, getattr(LIBC, "prctl", None)
_CAP_HEADER = ctypes.create_string_buffer((0x20080522).to_bytes(4, "little") + bytes(4), 8)
_CAP_NONE = ctypes.create_string_buffer(24)


def fail(what: str) -> OSError:
    """The error that the last call left, naming the call."""
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")


def prepare_syscall(name: str, *args: object) -> Callable[[], int]:
    """The call of `name` by its number, for a child that is to touch little memory; below 0 it failed."""
    if name not in SYS:
        raise OSError(38, f"{name}: no system call numbers for {MACHINE}")
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return partial(_syscall, ctypes.c_long(SYS[name]), *wide)


def syscall(name: str, *args: object) -> int:
    """Call `name` by its number; `OSError` where it fails."""
    got = prepare_syscall(name, *args)()
    if got < 0:
        raise fail(name)
    return got


def prepare_prctl(option: int, value: int) -> Callable[[], int]:
    """`prctl` with one argument, ready as in `prepare_syscall`; does nothing on a system that has none."""
    return int if _prctl is None else partial(_prctl, option, ctypes.c_ulong(value), 0, 0, 0)


def prctl(option: int, value: int) -> None:
    """`prctl` with one argument; `OSError` where it fails."""
    if prepare_prctl(option, value)() != 0:
        raise fail(f"prctl({option})")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    if LIBC.unshare(ctypes.c_int(flags)) != 0:
        raise fail(f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """`mount(2)`."""
    name = kind.encode() if kind else None
    if LIBC.mount(os.fsencode(source), os.fsencode(target), name, ctypes.c_ulong(flags), data.encode() or None) != 0:
        raise fail(f"mount {kind or 'bind'} {target}")


def unmount(target: str) -> None:
    """Detach the mount at `target`, busy or not."""
    if LIBC.umount2(os.fsencode(target), 2) != 0:
        raise fail(f"umount {target}")


def prepare_capset() -> Callable[[], int]:
    """The call that gives up every capability."""
    return prepare_syscall("capset", _CAP_HEADER, _CAP_NONE)


def watch_process(pid: int) -> int | None:
    """A descriptor that can be read once the process has ended; None where the system has none (kernel 5.3 has)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def ignore_fork_hooks() -> None:
    """Let modules imported from now on (`threading`, `logging`, `random`) register nothing to be done after a fork.

    Nothing forks here but servers and workers, which have one thread; what these hooks touch are 200 pages to copy for
    each program.
    """
    os.register_at_fork = lambda **hooks: None


def heed_fork_hooks() -> None:
    """Give the real function back, for programs to find."""
    os.register_at_fork = _register_at_fork


def fix_addresses() -> bool:
    """Ask for a fixed address layout from the next exec on; False where this is refused (some containers)."""
    if not hasattr(LIBC, "personality"):
        return False
    old: int = LIBC.personality(ctypes.c_ulong(0xFFFFFFFF))
    return old >= 0 and bool(LIBC.personality(ctypes.c_ulong(old | ADDR_NO_RANDOMIZE)) >= 0)


def addresses_fixed() -> bool:
    """Whether this process has the fixed layout."""
    return hasattr(LIBC, "personality") and bool(LIBC.personality(ctypes.c_ulong(0xFFFFFFFF)) & ADDR_NO_RANDOMIZE)
