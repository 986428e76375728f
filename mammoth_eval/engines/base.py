"""What an engine is: something that turns a query into a completion."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from mammoth_eval.types import Completion, Query, Sampling

CAPACITY = 128
"""Requests that an engine works on at once, where it does not say."""
SPARE = 2
"""Requests in progress for each that the engine works on: some problems are in the sandbox or with the grader, and of a
problem's samples some end before the others."""


class Engine(Protocol):
    """An open engine, used as an async context manager; `generate` is called from many tasks at once.

    Built as ``Class(model, **options)``: cheap, nothing is loaded before ``async with``. Entering raises `ModelError`
    (cannot be found, read, held in memory: with what to do) or `EngineError`. It may have an attribute `capacity`: see
    `requests_wanted`, and a coroutine `prompt_ids`, which gives the tokens of a query's prompt, or None.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def generate(self, query: Query, sampling: Sampling) -> Completion:
        """Answer one query. A prompt that does not fit gives an empty completion with finish reason ``context``.

        Raises `EngineError` when the engine itself failed, after its own retries, and `UsageError` when every query
        must fail, which ends the run; a cancelled call frees its place.
        """
        ...

    def describe(self) -> Mapping[str, object]:
        """All that moves a number.

        Library versions, dtype, context length in tokens, device, engine arguments. JSON only.
        """
        ...


def requests_wanted(engine: Engine) -> int:
    """Requests in progress that keep an open engine busy.

    By its attribute `capacity`, the number that it works on at once.
    """
    return SPARE * int(getattr(engine, "capacity", CAPACITY))
