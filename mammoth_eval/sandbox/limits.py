"""The limits of one program."""

from __future__ import annotations

from dataclasses import dataclass

from mammoth_eval import arguments
from mammoth_eval.errors import UsageError
from mammoth_eval.sandbox.jail.clock import BUSY

MOST_SECONDS = 86_400.0
"""A day: more is a mistake in the unit."""
MOST_MB = 1 << 24
"""16 TiB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; every program has them for itself."""

    seconds: float = 5.0
    """CPU time."""
    wall: float = 10.0
    """Time without computing: asleep, not waiting for a core that others have (jail/clock.py)."""
    memory_mb: int = 1024
    """Address space beyond that of the interpreter with its libraries, in MiB."""
    output_kb: int = 64
    """Bytes of stdout, in KiB; more is status ``output_limit``."""
    file_mb: int = 8
    """Largest file in scratch, in MiB; stdout and stderr end there as well."""
    stderr_kb: int = 16
    """The last KiB of stderr that are kept."""

    @property
    def longest(self) -> float:
        """Seconds after which no program can be running any more, however busy the machine is."""
        return self.wall + BUSY * self.seconds

    def __post_init__(self) -> None:
        for name in ("seconds", "wall"):
            arguments.seconds(f"sandbox: {name}", getattr(self, name), MOST_SECONDS)
        for name in ("memory_mb", "file_mb"):
            arguments.count(f"sandbox: {name}", getattr(self, name), MOST_MB)
        for name in ("output_kb", "stderr_kb"):
            arguments.count(f"sandbox: {name}", getattr(self, name), MOST_MB * 1024)
        if self.output_kb > self.file_mb * 1024:
            raise UsageError(f"sandbox: output_kb={self.output_kb}, expected at most file_mb={self.file_mb} in KiB")
