"""The sandbox for code that is not asynchronous: the same jail on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox.client import Jail, refuse_text
from mammoth_eval.sandbox.limits import Limits
from mammoth_eval.types import Execution, ProgramResult

Value = TypeVar("Value")


class Sandbox:
    """Use as ``with Sandbox() as sandbox``; `run` may be called from several threads at once."""

    def __init__(self, level: str = "auto", limits: Limits | None = None, workers: int | None = None) -> None:
        self._jail = Jail(level, Limits() if limits is None else limits, workers)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gate = threading.Lock()
        """Held where work is handed to the loop, so that none is handed to one that stops."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        try:
            self._submit(self._jail.__aenter__()).result()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._submit(self._jail.__aexit__(None, None, None)).result()
        finally:
            self._stop()

    async def _answered(self) -> None:
        """Wait until every run that was handed over has its answer; those that still waited have a fault."""
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    def run(self, program: str, result: ProgramResult = "value") -> Execution:
        """Run one program; see `mammoth_eval.sandbox.base.Sandbox`."""
        return self._submit(self._jail.run(program, result)).result()

    def map(self, programs: Iterable[str], result: ProgramResult = "value") -> Iterator[Execution]:
        """The executions in the order of the programs, which are taken only as fast as they run."""
        refuse_text(programs)
        running: deque[Future[Execution]] = deque()
        try:
            for program in programs:
                running.append(self._submit(self._jail.run(program, result)))
                if len(running) > 2 * self._jail.workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

    @property
    def pid(self) -> int:
        """The launcher's process id."""
        return self._jail.pid

    def describe(self) -> Mapping[str, object]:
        """Level, layers, limits and versions inside."""
        return self._jail.describe()

    def _submit(self, work: Coroutine[Any, Any, Value]) -> Future[Value]:
        with self._gate:
            if self._loop is None:
                work.close()
                raise SandboxError("the sandbox is not open: use it as `with Sandbox() as sandbox`")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _stop(self) -> None:
        with self._gate:
            loop, self._loop = self._loop, None
        assert loop is not None
        asyncio.run_coroutine_threadsafe(self._answered(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()
