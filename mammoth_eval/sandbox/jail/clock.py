"""The two clocks of a program: the CPU time that it used, and the time that it was idle.

A verdict must not depend on what else the machine does, so a wall clock alone ends nothing: a program that computes is
ended by its CPU time, one that sleeps by its idle time. Whether a process sleeps or waits for a core cannot be asked
without /proc; but one that waits gets its share within half a second, and one that sleeps uses nothing. Idle is what is
left of each such stretch when `BUSY` times the CPU time used in it is taken away.
"""

from __future__ import annotations

import sys
import time

from . import protocol

BUSY = 8
"""A program that gets at least this part of a core (one of eight) counts as computing."""
STRETCH = 0.5
"""Seconds over which the two clocks are compared; in less, one that waits for a core may get nothing."""


class Clock:
    """Started right before a program; `look` says which limit is reached, and after how many seconds to ask again."""

    __slots__ = ("_cpu_limit", "_idle", "_idle_limit", "_last_cpu", "_last_time", "_started", "_stretch")

    def __init__(self, request: protocol.Request) -> None:
        self._cpu_limit, self._idle_limit = request.cpu_seconds, request.wall_seconds
        self._stretch = min(STRETCH, self._idle_limit)
        self._idle = self._last_cpu = 0.0
        self._started = self._last_time = time.monotonic()

    def first_pause(self) -> float:
        """Seconds in which the program can reach no limit."""
        return min(self._cpu_limit, self._stretch)

    def look(self, child: int) -> tuple[int | None, float]:
        """The limit that the running child has reached, or None; and the seconds until the next look."""
        now, cpu = time.monotonic(), cpu_of(child)
        if cpu >= self._cpu_limit:
            return protocol.CPU_TIME, 0.0
        if now - self._last_time >= self._stretch:
            self._idle += max(0.0, now - self._last_time - BUSY * (cpu - self._last_cpu))
            self._last_time, self._last_cpu = now, cpu
            if self._idle >= self._idle_limit:
                return protocol.WALL_TIME, 0.0
        return None, min(self._cpu_limit - cpu, self._last_time + self._stretch - now)

    def wall(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started


def cpu_of(child: int) -> float:
    """CPU seconds of a running child by its own clock (`clock_getcpuclockid(3)`); 0 on other systems than Linux."""
    return time.clock_gettime((~child << 3) | 2) if sys.platform == "linux" else 0.0
