"""Files that are written whole or not at all, by one process at a time, and never through a symbolic link."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from mammoth_eval.errors import StoreError
from mammoth_eval.resources import is_full, write_whole


def lock(path: Path, what: str) -> int:
    """A descriptor that holds the lock file `path` until it is closed.

    Raises `StoreError` where another process holds it.
    """
    held = for_writing(path)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise StoreError(f"{path.parent}: another process is writing {what}; wait for it, or stop it") from error
    except OSError as error:
        os.close(held)
        raise StoreError(f"{path}: cannot be locked: {error.strerror}") from error
    return held


def for_writing(path: Path, flags: int = 0) -> int:
    """A descriptor of the file `path`, made where there is none.

    Raises `StoreError`, for a symbolic link or a pipe too.
    """
    flags |= (
        os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    )  # the last: to open a pipe waits for nobody
    if path.is_symlink():
        raise StoreError(f"{path}: is a symbolic link, which nothing is written through; put the file itself there")
    try:
        return os.open(path, flags, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error


def mend(log: Path) -> int:
    """Cut a torn last line off a records file; the number of bytes cut."""
    with log.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            cut = file.read(end - start).rfind(b"\n")
            if cut >= 0:
                end = start + cut + 1
                break
            end = start
        file.truncate(end)
    return size - end


def write_atomically(path: Path, content: str | Iterable[bytes]) -> None:
    """Replace `path` in one step, or leave all as it was. Raises `StoreError` where it cannot be done."""
    try:
        write_whole(path, content)
    except OSError as error:
        advice = "; make room and give the same command again" if is_full(error) else ""
        raise StoreError(f"{path}: cannot be written: {error.strerror}{advice}") from error
