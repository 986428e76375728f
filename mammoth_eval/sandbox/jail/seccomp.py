"""The system call filters, as classic BPF (`seccomp(2)`, Documentation/userspace-api/seccomp_filter.rst of the kernel).

Two stages. A worker loads the long allowlist once and its programs inherit it; each program loads a short filter on top
that takes away what only the worker needs (fork, kill, sendmsg, prctl, ...). Loading costs the kernel time for each
instruction, so the short one is what a program pays for.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterable, Sequence

from . import kernel
from .calls import CALLS

ALLOW, KILL, ERRNO, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000, 1, 38
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_HEAD = struct.Struct("<HxxxxxxQ")
"""`struct sock_fprog`: how many instructions, and where they are."""

FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 36, 1030, 1034)
"""Duplicate, flags, look at locks, read seals; never owner or signal of a descriptor, which reach other processes."""
FCNTL_LOCKS = (6, 7, 37, 38)
"""Take a lock: answered with success and not done. A program has nobody to lock out but the host."""
IOCTL_COMMANDS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal, its size, bytes to read, non-blocking, close-on-exec."""

Instruction = tuple[int, int, int, int]


def _numbers(groups: Iterable[str], machine: str) -> list[int]:
    column = list(ARCH).index(machine)
    numbers = [pair[column] for group in groups for pair in CALLS[group].values()]
    return [number for number in numbers if number is not None]


def _number(group: str, name: str, machine: str) -> int:
    number = CALLS[group][name][list(ARCH).index(machine)]
    assert number is not None
    return number


def _start(machine: str) -> list[Instruction]:
    """Refuse another architecture's calls and the x32 ones, leave the number in the accumulator."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, ARCH[machine]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, X32_BIT),
        (_RETURN, 0, 0, ERRNO | EPERM),
    ]


def _each(numbers: Iterable[int], action: int) -> list[Instruction]:
    return [step for number in numbers for step in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, action))]


def _if_argument(number: int, index: int, values: Iterable[int], empty: Iterable[int] = ()) -> list[Instruction]:
    """Allow call `number` where the low half of an argument is in `values`, answer 0 where in `empty`; else EPERM."""
    actions = [*_each(values, ALLOW), *_each(empty, ERRNO), (_RETURN, 0, 0, ERRNO | EPERM)]
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * index), *actions]
    return [(_EQUAL, 0, len(body), number), *body]


def _if_reads_own_limit(number: int) -> list[Instruction]:
    """Allow `prlimit64` on the caller itself (pid 0) without new limits (a null pointer)."""
    checks: list[Instruction] = []
    words = (_ARGUMENTS, _ARGUMENTS + 4, _ARGUMENTS + 16, _ARGUMENTS + 20)
    for index, offset in enumerate(words):
        left = 2 * (len(words) - 1 - index)
        checks += [(_LOAD, 0, 0, offset), (_EQUAL, 0, left + 1, 0)]
    body = [*checks, (_RETURN, 0, 0, ALLOW), (_RETURN, 0, 0, ERRNO | EPERM)]
    return [(_EQUAL, 0, len(body), number), *body]


def worker_filter(machine: str) -> list[Instruction]:
    """The allowlist."""
    groups = ("files", "marks", "memory", "clocks", "self", "signals", "pipes", "worker")
    return [
        *_start(machine),
        *_each(_numbers(groups, machine), ALLOW),
        *_if_argument(_number("filtered", "ioctl", machine), 1, IOCTL_COMMANDS),
        *_if_argument(_number("filtered", "fcntl", machine), 1, FCNTL_COMMANDS, FCNTL_LOCKS),
        (_EQUAL, 0, 1, _number("filtered", "prlimit64", machine)),
        (_RETURN, 0, 0, ALLOW),
        *_each(_numbers(["absent"], machine), ERRNO | ENOSYS),
        (_RETURN, 0, 0, ERRNO | EPERM),
    ]


def program_filter(machine: str, marks: bool) -> list[Instruction]:
    """What a program loses against its worker. `marks`: it may change modes and times (of no file of the host)."""
    groups = ("worker",) if marks else ("worker", "marks")
    return [
        *_start(machine),
        *_each(_numbers(groups, machine), ERRNO | EPERM),
        *_if_reads_own_limit(_number("filtered", "prlimit64", machine)),
        (_RETURN, 0, 0, ALLOW),
    ]


def prepare(instructions: Sequence[Instruction]) -> Callable[[], int]:
    """The call that puts the process which makes it under this filter for good (`kernel.prepare_syscall`)."""
    code = b"".join(struct.pack("<HBBI", *step) for step in instructions)
    program = ctypes.create_string_buffer(_HEAD.size + len(code))
    program.raw = _HEAD.pack(len(instructions), ctypes.addressof(program) + _HEAD.size) + code
    return kernel.prepare_syscall("seccomp", 1, 0, program)
