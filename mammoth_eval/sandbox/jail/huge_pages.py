"""The heap in huge pages: a fork copies one entry of a page table for each, in place of 512.

Nothing is done where the kernel does not offer it.
"""

from __future__ import annotations

import ctypes
import os

from . import kernel

_HUGE = 2 << 20
"""Bytes."""
_MADV_COLLAPSE = 25


def collapse(proc: int | None) -> None:
    """Put this process's memory into huge pages (`madvise(2)`, kernel 6.1); `proc` is a descriptor of /proc or None."""
    for start, end in _private_memory(proc):
        start, end = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
        if end > start:
            kernel.LIBC.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


def _private_memory(proc: int | None) -> list[tuple[int, int]]:
    """Bounds of each anonymous mapping that this process may write; empty where they cannot be read."""
    if proc is None:
        return []
    try:
        fd = os.open("self/maps", os.O_RDONLY, dir_fd=proc)
    except OSError:
        return []
    with open(fd, encoding="ascii", errors="replace") as maps:  # noqa: PTH123 (a descriptor)
        lines = [line.split(maxsplit=5) for line in maps]
    anonymous = [line for line in lines if line[1] == "rw-p" and (line[5:] or [""])[0].strip() in ("", "[heap]")]
    return [(int(start, 16), int(end, 16)) for start, end in (line[0].split("-") for line in anonymous)]
