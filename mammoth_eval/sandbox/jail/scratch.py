"""The scratch folder of a worker: emptied after every program, whatever it left there."""

# ruff: noqa: PTH101, PTH104, PTH106, PTH108, PTH118, PTH208

from __future__ import annotations

import contextlib
import os
import stat

MOST_BYTES, MOST_FILES = 32 << 20, 2048
"""Looked at every 50 ms where the folder lies on the host; in a private root the tmpfs holds them."""
_MODE = 0o700


def wipe(folder: str) -> None:
    """Empty the folder without following links and without recursion, its own mode and times as before.

    Raises `OSError` where something stays.
    """
    os.chmod(folder, _MODE)
    names = os.listdir(folder)
    serial = 0
    while names:
        name = names.pop()
        path = os.path.join(folder, name)
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            continue
        _own(path)
        for inner in os.listdir(path):
            serial += 1
            _own(os.path.join(path, inner))
            flat = f".wipe-{serial}"
            while os.path.lexists(os.path.join(folder, flat)):
                flat += "-"
            os.rename(os.path.join(path, inner), os.path.join(folder, flat))
            names.append(flat)
        os.rmdir(path)
    os.utime(folder, (0, 0))


def _own(path: str) -> None:
    """Take back the rights on a folder (a folder is moved and listed only with them)."""
    if stat.S_ISDIR(os.lstat(path).st_mode):
        os.chmod(path, _MODE)


def is_full(folder: str) -> bool:
    """Whether the folder holds more than a program may keep there, or something that cannot be looked into.

    Nothing is changed here: the program is alive, and what was a folder may be a link to elsewhere by then.
    """
    files = size = 0
    folders = [folder]
    while folders:
        parent = folders.pop()
        try:
            names = os.listdir(parent)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # without rights, or deeper than a path can say
            return True
        for name in names:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):
                status = os.lstat(path)
                files, size = files + 1, size + status.st_blocks * 512
                if stat.S_ISDIR(status.st_mode):
                    folders.append(path)
        if files > MOST_FILES or size > MOST_BYTES:
            return True
    return False
