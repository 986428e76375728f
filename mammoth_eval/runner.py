"""The run itself.

Problems in, records out as they are finished, with no barrier between program, execution and fallback.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass

from mammoth_eval.decoding import Attempts, Decoding, Kit
from mammoth_eval.engines import Engine, requests_wanted
from mammoth_eval.errors import EngineError, SandboxError
from mammoth_eval.types import Problem, Record

TRIES = 2
"""A problem on which the engine or the sandbox failed is tried once more before its record is errored."""
GIVE_UP_AFTER = 8
"""Void records in a row, with no success between, after which the run stops: the engine or the sandbox is down."""


Scorer = Callable[[Record], Record]
"""A record -> the same with its scores."""


@dataclass(frozen=True, slots=True)
class Job:
    """One problem and what it is done with."""

    problem: Problem
    kit: Kit
    decode: Decoding
    samples: int = 1


def concurrency(engine: Engine, requests: int) -> int:
    """Problems in progress that keep an open engine busy, where each has up to `requests` in progress at once."""
    return max(2, math.ceil(requests_wanted(engine) / requests))


async def evaluate(jobs: Iterable[Job], score: Scorer, concurrency: int) -> AsyncGenerator[Record, None]:
    """Records in the order in which they are finished; at most `concurrency` problems are in progress at once.

    `score` is called in a thread. Raises `EngineError` after `GIVE_UP_AFTER` errored records in a row. Closing the
    generator cancels what is in progress.
    """
    waiting = iter(jobs)
    running: set[asyncio.Task[Record]] = set()
    finished: asyncio.Queue[asyncio.Task[Record]] = asyncio.Queue()
    errored = 0
    try:
        while True:
            while len(running) < concurrency and (job := next(waiting, None)) is not None:
                task = asyncio.create_task(_solve(job, score))
                task.add_done_callback(finished.put_nowait)
                running.add(task)
            if not running:
                return
            task = await finished.get()
            running.discard(task)
            record = task.result()
            errored = errored + 1 if record.fault else 0
            yield record
            if errored >= GIVE_UP_AFTER:
                raise EngineError(
                    f"{errored} problems in a row could not be evaluated, the last because of {record.fault}"
                )
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _solve(job: Job, score: Scorer) -> Record:
    """One problem to its record; a failure of ours is tried again, then makes an errored record."""
    start = time.monotonic()
    attempts: Attempts = ()
    fault = ""
    for _ in range(TRIES):
        try:
            attempts, fault = await _attempts(job), ""
            break
        except (EngineError, SandboxError) as error:
            fault = f"{type(error).__name__}: {error}"
    record = Record(job.problem, attempts, {}, fault, time.monotonic() - start)
    return await asyncio.to_thread(score, record)


async def _attempts(job: Job) -> Attempts:
    drawn = [asyncio.ensure_future(job.decode(job.problem, job.kit, number)) for number in range(job.samples)]
    try:
        return tuple(attempt for sample in await asyncio.gather(*drawn) for attempt in sample)
    finally:
        for task in drawn:
            task.cancel()
