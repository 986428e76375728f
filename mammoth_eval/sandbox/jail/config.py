"""What the harness tells the jail at its start: one JSON argument."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Config:
    """The layers asked for, the paths and the limits."""

    namespaces: bool
    private_root: bool
    landlock: bool
    seccomp: bool
    capabilities: bool
    """Whether programs give up every capability."""
    drop_uid: bool
    """Whether root runs programs as the user nobody."""
    paths: tuple[str, ...]
    """Entries of `sys.path` inside, in order."""
    visible: tuple[str, ...]
    """Paths of the host that the private root shows."""
    readable: tuple[str, ...]
    """Paths that Landlock opens for reading where there is no private root."""
    listable: tuple[str, ...]
    """Folders in which Landlock lets names be seen there."""
    hidden: tuple[str, ...]
    """Folders inside the visible ones that are covered: the project itself."""
    scratch: str
    """Folder of the host that holds the workers' scratch where there is no private root; empty otherwise."""
    memory_bytes: int
    file_bytes: int

    def to_json(self) -> str:
        """The argument."""
        return json.dumps({field.name: getattr(self, field.name) for field in fields(self)})


def from_json(text: str) -> Config:
    """The config in this argument."""
    row: dict[str, Any] = json.loads(text)
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Config(**(row | lists))
