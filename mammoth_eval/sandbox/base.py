"""What a sandbox is: something that runs a program written by a model and says what it did."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from mammoth_eval.types import Execution, ProgramResult


class Sandbox(Protocol):
    """An open sandbox, used as an async context manager; `run` is called from many tasks at once."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def run(self, program: str, result: ProgramResult = "value") -> Execution:
        """Run one program; never raises for what it does. Status ``fault``: the sandbox itself broke, after retries.

        ``result="stdout"``: what it printed, nothing else. ``"value"``: where it printed nothing, the value that it
        meant.
        """
        ...

    def describe(self) -> Mapping[str, object]:
        """All that moves a number, as JSON: layers in force, limits, versions of Python and of the libraries inside."""
        ...
