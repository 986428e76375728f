"""Memory laid out for forks: one heap in huge pages, so that few page tables are copied; no holes, so that few pages are written.

Nothing is done where the kernel or the interpreter does not offer it.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from . import kernel

_HUGE = 1 << 21
_COLLAPSE = 25
_READ, _WRITE, _EXECUTE, _PRIVATE_ANONYMOUS, _MAY_MOVE_TO_FIXED = 1, 2, 4, 0x22, 3
_FAILED = ctypes.c_void_p(-1).value


_CLASS = re.compile(rb"^ +\d+ +(\d+) +\d+ +\d+ +(\d+)$", re.MULTILINE)
"""A line of `sys._debugmallocstats`: size of a block, and how many are free in pages that hold others of its size."""
_filling: list[object] = []
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Of `mallopt(3)`."""
_LARGEST = 2 << 20
"""Bytes from which on a block gets a mapping of its own: more than an arena, less than what a program has in reserve for its end,
which must not be zeroed."""


class _Arenas(ctypes.Structure):
    """`PyObjectArenaAllocator` of Python's C interface."""

    _fields_ = (("context", ctypes.c_void_p), ("allocate", ctypes.c_void_p), ("free", ctypes.c_void_p))


_usual = _Arenas()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A line of the memory map."""

    start: int
    end: int
    rights: str
    name: str
    """Path of the file, ``[heap]`` and the like, or nothing."""


def gather() -> None:
    """Let all memory from now on grow in the C library's heap, which has no gaps, in place of mappings between the libraries'.

    Python's arenas are its `calloc(1, size)`. They are never given back: what a tier has loaded stays.
    """
    if hasattr(kernel.LIBC, "mallopt"):
        kernel.LIBC.mallopt(_MMAP_THRESHOLD, _LARGEST)
        kernel.LIBC.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST)
        ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(_usual))
        _set_arenas(_Arenas(1, _address("calloc"), _address("abs")))


def release() -> None:
    """Give Python's arenas mappings of their own again, for lanes and programs, which give them back."""
    if _usual.allocate:
        _set_arenas(_usual)


def _set_arenas(arenas: _Arenas) -> None:
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(arenas))


def _address(function: str) -> int | None:
    return ctypes.cast(getattr(kernel.LIBC, function), ctypes.c_void_p).value


def collapse(proc: int | None) -> None:
    """Put this process's heap into huge pages of its own (kernel 6.1 on). `proc` is a descriptor of /proc, None without one."""
    for one in _mappings(proc):
        if one.rights.startswith("rw") and one.rights.endswith("p") and one.name in ("", "[heap]"):
            start, end = _whole(one.start, one.end)
            if end > start:
                _collapse(start, end)


def copy_text(proc: int | None) -> None:
    """Put copies in huge pages in the place of the interpreter's code and constants.

    A fork inherits no page table of a mapped file: each program faulted the interpreter in anew, a hundred times.
    """
    for start, end in _texts(proc):
        _copy(start, end - start)


def fill_holes() -> None:
    """Occupy what is free between the objects of this process: what a program creates lies together, in pages of its own."""
    for size, free in _holes():
        _filling.extend(_block(size) for _ in range(free))


def _holes() -> list[tuple[int, int]]:
    """Size and number of the free blocks in the pages of Python's allocator; nothing where it does not say."""
    if not hasattr(sys, "_debugmallocstats"):
        return []
    (reader, writer), stderr = os.pipe(), os.dup(2)
    os.set_blocking(writer, False)  # should it ever say more than a pipe holds, the rest is lost
    try:
        os.dup2(writer, 2)
        sys._debugmallocstats()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(writer)
    with open(reader, "rb") as said:  # noqa: PTH123 (a descriptor)
        text = said.read()
    return [(int(size), int(free)) for size, free in _CLASS.findall(text)]


def _block(size: int) -> object:
    """An object that takes a block of this size."""
    small, middle, empty = object(), int(1e6), sys.getsizeof(b"")
    if size > empty:
        return bytes(size - empty)
    return middle if size >= sys.getsizeof(middle) else small


def _texts(proc: int | None) -> Iterator[tuple[int, int]]:
    """The whole huge pages of each file that is mapped, without a gap, for reading and in part for execution."""
    runs: list[list[Mapping]] = []
    for one in _mappings(proc):
        if one.name.startswith("/") and one.rights in ("r--p", "r-xp"):
            if runs and (runs[-1][-1].name, runs[-1][-1].end) == (one.name, one.start):
                runs[-1].append(one)
            else:
                runs.append([one])
    for run in runs:
        start, end = _whole(run[0].start, run[-1].end)
        if end > start and any(one.rights == "r-xp" for one in run):
            yield start, end


def _copy(start: int, size: int) -> None:
    """Copy `size` bytes at `start` and put the copy in their place, in one call: the code that runs here may lie there."""
    area = _map(size + _HUGE)
    if area is None:
        return
    copy = _whole(area, area)[0]
    ctypes.memmove(copy, start, size)
    huge = _collapse(copy, copy + size)
    _unmap(area, copy - area)
    _unmap(copy + size, area + _HUGE - copy)
    moved = huge and _call("mprotect", copy, size, _READ | _EXECUTE) == 0 and _move(copy, size, start)
    if not moved:
        _unmap(copy, size)


def _map(size: int) -> int | None:
    area = _call("mmap", 0, size, _READ | _WRITE, _PRIVATE_ANONYMOUS, -1, 0, result=ctypes.c_void_p)
    return None if area == _FAILED else area


def _move(source: int, size: int, target: int) -> bool:
    return _call("mremap", source, size, size, _MAY_MOVE_TO_FIXED, target, result=ctypes.c_void_p) == target


def _unmap(start: int, size: int) -> None:
    if size:
        _call("munmap", start, size)


def _collapse(start: int, end: int) -> bool:
    return _call("madvise", start, end - start, _COLLAPSE) == 0


def _call(name: str, *words: int, result: type[ctypes.c_int] | type[ctypes.c_void_p] = ctypes.c_int) -> int:
    """A function of the C library by its name, with arguments of a machine word each."""
    function = getattr(kernel.LIBC, name)
    function.restype = result
    return function(*map(ctypes.c_void_p, words)) or 0


def _mappings(proc: int | None) -> list[Mapping]:
    """The memory map of this process; empty where it cannot be read."""
    if proc is None:
        return []
    try:
        fd = os.open("self/maps", os.O_RDONLY, dir_fd=proc)
    except OSError:
        return []
    with open(fd, encoding="ascii", errors="replace") as lines:  # noqa: PTH123 (a descriptor)
        return [_mapping(line.rstrip("\n")) for line in lines]


def _mapping(line: str) -> Mapping:
    words = line.split(maxsplit=5)
    start, end = (int(word, 16) for word in words[0].split("-"))
    return Mapping(start, end, words[1], words[5] if len(words) > 5 else "")


def _whole(start: int, end: int) -> tuple[int, int]:
    """The whole huge pages between two addresses."""
    return -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
