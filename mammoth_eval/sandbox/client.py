"""The harness's side: one launcher process, tier servers on demand, and a fixed number of slots in which programs run.

`Jail.run` waits for a free slot, so that thousands of waiting programs cost no more than their text. A worker that
breaks is replaced and the program run again; a program that was cancelled is killed before its slot is used again.
"""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Self, get_args

from mammoth_eval import arguments
from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import host, levels, memory, processes
from mammoth_eval.sandbox.jail import protocol
from mammoth_eval.sandbox.launcher import START_SECONDS, Process, WorkerBroke, answer
from mammoth_eval.sandbox.limits import Limits
from mammoth_eval.sandbox.outcome import is_from_outside, read_execution
from mammoth_eval.types import Execution, ProgramResult

MOST_WORKERS = 4096
_TRIES = 3
_CLOSED = "the sandbox was closed"
_FIRST_SECONDS = 30.0
"""Of the first program: a busy machine and tight limits must not look like a sandbox that does not work."""
_CANCEL_SECONDS = 5.0
_LATE_SECONDS = 20.0
"""How long after the longest time of a program its worker may answer; the alarm of the worker itself comes first."""


@dataclass(slots=True)
class Slot:
    """Room for one program at a time: at most one worker in each tier, made when it is first needed."""

    workers: dict[str, socket.socket] = field(default_factory=dict)
    busy: str = ""
    """The tier whose worker runs a program; empty where none does."""

    def close(self) -> None:
        """Close the workers that are not in use."""
        for tier in set(self.workers) - {self.busy}:
            self.workers.pop(tier).close()


def _new_file() -> int:
    """A file without a name, in memory where the system has that."""
    try:
        return os.memfd_create("sandbox")
    except (AttributeError, OSError):
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def refuse_text(programs: object) -> None:
    """Raise `UsageError` for one text in place of several: each of its characters would be a program."""
    if isinstance(programs, str | bytes) or not isinstance(programs, Iterable):
        raise arguments.wrong("programs", programs, "a list of programs; `run` runs one")


class Jail:
    """The sandbox of this project; see the package's docstring for what it holds off. Use as ``async with``."""

    def __init__(self, level: str, limits: Limits, workers: int | None = None) -> None:
        if not isinstance(limits, Limits):
            raise arguments.wrong("sandbox: limits", limits, "Limits(seconds=..., wall=..., memory_mb=...)")
        self._asked, self.limits = arguments.known("sandbox level", level, levels.NAMES), limits
        if workers is None:
            workers = memory.default_workers(limits)
        self.workers = arguments.count("workers", workers, MOST_WORKERS)
        self._process: Process | None = None
        self._slots: tuple[Slot, ...] = ()
        self._cleaners: set[asyncio.Task[None]] = set()
        self._closing = False
        self.level = ""
        self._facts: dict[str, object] = {}

    async def __aenter__(self) -> Self:
        self._closing = False
        self._free: asyncio.LifoQueue[Slot] = asyncio.LifoQueue()  # all belong to the loop that opens the sandbox
        self._restart = asyncio.Lock()
        self._alone = asyncio.Lock()
        reasons: dict[str, str] = {}
        for level in levels.candidates(self._asked):
            try:
                self._process = await self._start(level)
            except SandboxError as error:
                reasons[level] = str(error)
                continue
            self.level = level
            break
        else:
            raise SandboxError(levels.refusal(self._asked, reasons))
        self._slots = tuple(Slot() for _ in range(self.workers))
        for slot in self._slots:
            self._free.put_nowait(slot)
        try:
            await self._prove(reasons)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._closing = True
        for cleaner in list(self._cleaners):
            cleaner.cancel()
        await asyncio.gather(*self._cleaners, return_exceptions=True)
        if self._process is not None:
            await self._process.close()
            self._process = None
        for slot in self._slots:
            slot.close()

    async def _start(self, level: str) -> Process:
        config = levels.config(level, self.limits)
        if level != "full":
            config = replace(config, scratch=tempfile.mkdtemp(prefix="mammoth-sandbox-"))
        process = Process(config)
        try:
            await asyncio.wait_for(process.ready(), START_SECONDS)
        except BaseException:
            await process.close()
            raise
        return process

    async def _prove(self, reasons: dict[str, str]) -> None:
        """Run a first program through every layer: it tries what must be refused and reports the versions inside."""
        limits = replace(self.limits, seconds=_FIRST_SECONDS, wall=_FIRST_SECONDS)
        execution = await self._run(levels.FIRST_PROGRAM, "stdout", "plain", limits)
        if execution.status != "ok":
            reason = execution.error or execution.stderr
            given = f"it had memory_mb={limits.memory_mb} and output_kb={limits.output_kb}"
            raise SandboxError(f"sandbox level {self.level}: the first program failed: {reason}; {given}")
        self._facts = levels.describe(self.level, self.limits, self.workers, execution.stdout, reasons)

    @property
    def pid(self) -> int:
        """The launcher's process id; every process of the sandbox stands below it."""
        assert self._process is not None
        return self._process.launcher.pid

    async def cpu_seconds(self) -> float:
        """CPU time that workers and programs have used so far; only while no program runs."""
        total = 0.0
        slots = [self._free.get_nowait() for _ in range(self._free.qsize())]
        for slot in slots:
            for worker in slot.workers.values():
                worker.send(protocol.request(protocol.USAGE))
                total += (await answer(worker)).cpu_seconds
            self._free.put_nowait(slot)
        return total

    def worker_memory_mb(self) -> float:
        """Mean memory of a worker (proportional set size), in MiB."""
        return processes.worker_memory_mb(self.pid)

    def describe(self) -> dict[str, object]:
        """Level, layers (true, or why not), limits and the versions inside."""
        return dict(self._facts)

    async def run(self, program: str, result: ProgramResult = "value") -> Execution:
        """Run one program; see `mammoth_eval.sandbox.base.Sandbox`. Raises `UsageError` for what is not a program."""
        arguments.text("program", program)
        arguments.known("result", result, get_args(ProgramResult))
        return await self._run(program, result, host.tier_of(program), self.limits)

    async def map(self, programs: Iterable[str], result: ProgramResult = "value") -> AsyncIterator[Execution]:
        """The executions in the order of the programs, which are taken only as fast as they run."""
        refuse_text(programs)
        running: deque[asyncio.Task[Execution]] = deque()
        try:
            for program in programs:
                running.append(asyncio.create_task(self.run(program, result)))
                if len(running) > 2 * self.workers:
                    yield await running.popleft()
            while running:
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()

    async def _run(self, program: str, result: ProgramResult, tier: str, limits: Limits) -> Execution:
        if self._process is None:
            raise SandboxError("the sandbox is not open: use it as `async with open_sandbox() as sandbox`")
        execution = await self._run_on(await self._free.get(), program, result, tier, limits)
        if not is_from_outside(execution) or self._closing:
            return execution
        return await self._run_alone(program, result, tier, limits)

    async def _run_alone(self, program: str, result: ProgramResult, tier: str, limits: Limits) -> Execution:
        """Run a program that was killed from outside once more, while no other runs.

        Killed again it is a fault where the system says that it ran out of memory, else the program's own doing.
        """
        async with self._alone:
            slots: list[Slot] = []
            try:
                while len(slots) < self.workers:
                    slots.append(await self._free.get())
                before = memory.kills()
                execution = await self._run_on(slots.pop(), program, result, tier, limits)
            finally:
                for slot in slots:
                    self._free.put_nowait(slot)
        if is_from_outside(execution) and memory.kills() > before:
            return Execution("fault", error="killed by the system for want of memory, also while no other program ran")
        return execution

    async def _run_on(self, slot: Slot, program: str, result: ProgramResult, tier: str, limits: Limits) -> Execution:
        """Run on a slot that was taken, which is free again when the program has ended."""
        free = self._free
        kept = False
        try:
            reason = _CLOSED
            for _ in range(0 if self._closing else _TRIES):
                try:
                    return await self._attempt(slot, program, result, tier, limits)
                except (WorkerBroke, SandboxError) as error:
                    reason = str(error)
            return Execution("fault", error=reason)
        except asyncio.CancelledError:
            kept = True
            self._clean_later(slot)
            raise
        finally:
            if not kept:
                free.put_nowait(slot)

    async def _attempt(self, slot: Slot, program: str, result: ProgramResult, tier: str, limits: Limits) -> Execution:
        if tier not in slot.workers:
            slot.workers[tier] = await self._new_worker(tier)
        worker = slot.workers[tier]
        slot.busy = tier
        streams = [_new_file() for _ in ("program", "stdout", "stderr")]
        try:
            size = os.write(streams[0], program.encode("utf-8", "surrogatepass"))
            request = protocol.request(protocol.RUN, result == "value", size, limits.seconds, limits.wall)
            socket.send_fds(worker, [request], streams)
            async with asyncio.timeout(limits.longest + _LATE_SECONDS):
                reply = await answer(worker)
            slot.busy = ""
            return read_execution(reply, streams[1], streams[2], limits)
        except (WorkerBroke, OSError, TimeoutError) as error:
            slot.busy = ""
            slot.workers.pop(tier).close()
            raise WorkerBroke(str(error) or "the worker did not answer in time") from error
        finally:
            for stream in streams:
                os.close(stream)

    async def _new_worker(self, tier: str) -> socket.socket:
        """A worker of `tier`; where the servers themselves are gone, all of them are started again once."""
        async with self._restart:
            if self._closing or self._process is None:
                raise WorkerBroke(_CLOSED)
            try:
                return await self._process.worker(tier)
            except WorkerBroke:
                if self._closing:
                    raise
                await self._process.close()
                self._process = await self._start(self.level)
                return await self._process.worker(tier)

    def _clean_later(self, slot: Slot) -> None:
        task = asyncio.get_running_loop().create_task(self._clean(slot))
        self._cleaners.add(task)
        task.add_done_callback(self._cleaners.discard)

    async def _clean(self, slot: Slot) -> None:
        """Kill the program of a cancelled run, wait until the worker says so, then free the slot."""
        worker = slot.workers.get(slot.busy)
        try:
            if worker is not None:
                worker.send(protocol.request(protocol.CANCEL))
                await asyncio.wait_for(answer(worker), _CANCEL_SECONDS)
        except (WorkerBroke, OSError, TimeoutError):
            slot.workers.pop(slot.busy).close()
        finally:
            slot.busy = ""
            self._free.put_nowait(slot)
