"""Where the data folders of the project are (at the top of a checkout, inside the package once installed), and how data
is read and written.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mammoth_eval.errors import StoreError

_PACKAGE = Path(__file__).resolve().parent
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder(name: str) -> Path:
    """The folder `name` (``benchmarks``, ``prompts``, ``results/published``) of this installation."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def checkout() -> Path | None:
    """The source tree that this package is run from; None where it was installed as a wheel."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and not (_PACKAGE / "_data").is_dir() else None


def cache_folder() -> Path:
    """Where this project keeps what it downloads and converts: ``$XDG_CACHE_HOME/mammoth_eval``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mammoth_eval"


def write_whole(path: Path, content: str | Iterable[bytes]) -> None:
    """Replace `path` in one step: no other process ever sees half a file, and nothing is left of a write that fails.

    Raises `OSError`.
    """
    # a draft of its own: two processes may write one file of a cache
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    parts = [content.encode("utf-8", "surrogatepass")] if isinstance(content, str) else content
    try:
        with draft.open("xb") as file:
            file.writelines(parts)
            file.flush()
            with suppress(OSError):  # not every file system can say when the bytes are on the disk
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on `path`: of processes that start together one makes what they need, and the others wait for it.

    Raises `StoreError` where the lock cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_full(error: BaseException) -> bool:
    """Whether a disk without room is behind an error: its own, or one that it was raised from."""
    link: BaseException | None = error
    while link is not None:
        if getattr(link, "errno", None) in _FULL or re.search(
            r"no space left|not enough disk space", str(link), re.IGNORECASE
        ):
            return True
        link = link.__cause__ or link.__context__
    return False


def cache_advice(cache: Path) -> str:
    """What to do where the cache folder cannot be written, as the end of a message."""
    return f"make room in the cache {cache}, or name another folder with XDG_CACHE_HOME"


def json_values(path: Path) -> list[Any]:
    """The values of one JSON list or of lines of JSON, numbers as they are written.

    Raises `OSError`, or `ValueError` with the row (from 0) and its line.
    """
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            values += [json.loads(line)] if line.strip() else []
        except ValueError as error:
            raise ValueError(f"row {len(values)}, line {number}: no JSON: {error}") from error
    return values
