"""Names that come out of files which are not ours: a run folder is shared between people, and what it says is data.

Such a name is one plain component of a path or it is refused, and what is written under it stays in the folder that the
user named.
"""

from __future__ import annotations

from pathlib import Path

from mammoth_eval.errors import StoreError

LONGEST = 255
"""Bytes of a file's name, on every file system that matters."""


def component(name: str, where: str) -> str:
    """`name` itself, if it can be the name of one file in any folder.

    Raises `StoreError`; `where` says which file has it.
    """
    wrong = _wrong(name)
    if wrong:
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        raise StoreError(f"{where}: {shown!r} {wrong}; expected a plain file name")
    return name


def _wrong(name: str) -> str:
    """What keeps `name` from being a file's name; empty where nothing does."""
    if name in ("", ".", ".."):
        return "names no file"
    if "/" in name or "\\" in name:
        return "leads to another folder"
    if not name.isprintable():
        return "has characters that no file name should have"
    if len(name.encode()) > LONGEST:
        return f"is longer than {LONGEST} bytes"
    return ""


def below(folder: Path, *names: str, where: str) -> Path:
    """Where to write the file `names` below `folder`: each of them one component, and none of them a link that leads
    elsewhere.

    Raises `StoreError`; `where` says which file the names come from.
    """
    path = folder
    for name in names:
        path /= component(name, where)
        if path.is_symlink():
            raise StoreError(
                f"{path}: is a symbolic link, which nothing is written through; remove it, or name another output"
            )
    return path
