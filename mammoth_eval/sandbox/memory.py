"""The machine's memory, of which all programs together may use more than there is.

A program is bound by its own limit; that the machine runs out is no fault of one program. The system then kills whom it
likes best: programs ask to be that one, and a kill that no program can have caused is told from one that it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mammoth_eval.sandbox.limits import Limits

SPARE_MB = 64
"""Of a worker beside the memory of its program, in MiB."""
SHARE = 0.75
"""Of a group's memory that programs may fill at once; the rest is for the harness, and an engine in its process."""
_GROUPS = Path("/sys/fs/cgroup")


def default_workers(limits: Limits) -> int:
    """One for each core that this process may use, and no more than the memory of its control group holds programs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = group_bytes()
    if allowed is None:
        return cores
    return max(1, min(cores, int(SHARE * allowed) // ((limits.memory_mb + SPARE_MB) << 20)))


def group_bytes(own: Path = Path("/proc/self/cgroup"), groups: Path = _GROUPS) -> int | None:
    """The memory that the control groups of this process may use; None where there is no limit, or none is known."""
    limits = [limit for path in _limit_files(own, groups) if (limit := _number(path)) is not None]
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min((limit for limit in limits if limit < machine), default=None)


def _limit_files(own: Path, groups: Path) -> Iterator[Path]:
    """The files that may hold a limit: of each group from the process's own up to the root, versions 1 and 2.

    In a container the root that is seen is the container's own group, whatever path the kernel gives.
    """
    try:
        lines = own.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory") and "memory" not in controllers.split(","):
            continue
        root, name = (groups / "memory", "memory.limit_in_bytes") if controllers else (groups, "memory.max")
        place = Path(path.strip("/"))
        for folder in (place, *place.parents):
            yield root / folder / name


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or the word `max`
        return None


def kills() -> int:
    """How many processes the system has killed for want of memory since it started; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
