"""The limits of one program."""

from __future__ import annotations

from dataclasses import dataclass

from mammoth_eval.errors import UsageError
from mammoth_eval.sandbox.jail.clock import BUSY


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
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise UsageError(f"sandbox: {name}={getattr(self, name)!r}, expected a number above 0")
        if self.output_kb > self.file_mb * 1024:
            raise UsageError(f"sandbox: output_kb={self.output_kb}, expected at most file_mb={self.file_mb} in KiB")
