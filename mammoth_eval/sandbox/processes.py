"""The process table of Linux: what stands below the launcher, and what it weighs."""

from __future__ import annotations

import contextlib
from pathlib import Path


def at_depth(root: int, depth: int) -> list[int]:
    """The processes `depth` steps below `root`: 1 the init, 2 tier servers, 3 workers, 4 programs."""
    children = _children_by_parent()
    level = [root]
    for _ in range(depth):
        level = [child for parent in level for child in children.get(parent, ())]
    return level


def worker_memory_mb(root: int) -> float:
    """Mean of the workers' proportional set size, in MiB; 0 where it cannot be read."""
    sizes = []
    for pid in at_depth(root, 3):
        with contextlib.suppress(OSError):
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes += [int(row.split()[1]) / 1024 for row in rows if row.startswith("Pss:")]
    return round(sum(sizes) / len(sizes), 1) if sizes else 0.0


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    return children
