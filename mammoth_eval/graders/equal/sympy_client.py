"""The symbolic rung, the caller's side: a process that has sympy, asked over pipes, killed when it does not answer.

The worker (`sympy_worker`) forks a child for each question and kills it at the deadline, so that one hard question
costs no new start. Nothing here uses signals: any thread may ask, one question is asked at a time. Trees travel as
JSON, never as text to be evaluated.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from mammoth_eval.graders import deadline
from mammoth_eval.graders.parse.nodes import (
    Call,
    Constant,
    Decimal,
    Degree,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Ratio,
    Sum,
    Symbol,
)
from mammoth_eval.graders.process import GRACE, WorkerProcess

WORKER = "mammoth_eval.graders.equal.sympy_worker"
DEADLINE = 1.5
"""Seconds for one proof, where its verdict has as many left."""
_LEAST = 0.1
"""Seconds that a proof gets at least where waiting has used up the rest."""
_QUEUE = 30.0
"""Seconds that a thread waits for its turn, at most."""
_PATIENCE = 3
"""Questions in a row without an answer before the process is taken for broken."""
KINDS = (Number, Decimal, Symbol, Constant, Sum, Product, Power, Call, Percent, Degree, Ratio)
"""What can be sent."""
Found = tuple[bool, str]
"""Whether an expression is zero, and how that was found."""


class _Unsettled(Exception):
    """No answer, from a worker that is still starting or was given little time: not to be remembered."""


class SympyClient:
    """Proofs by one worker process, started by the first expression that may need it; each answer is remembered."""

    def __init__(self, memory: int = 2_048) -> None:
        self._lock = threading.Lock()
        self._processes: list[WorkerProcess] = []
        """The process, or none yet; shared with what ends it when nobody holds the client any more."""
        self._number = 0
        """Of the last question."""
        self._remembered = lru_cache(maxsize=memory)(self._found)
        self._ending = weakref.finalize(self, _end, self._processes)
        _CLIENTS.add(self)

    def warm(self) -> None:
        """Start the process in the background: it is ready by the time that it is asked, in most cases."""
        if not self._processes and self._lock.acquire(blocking=False):
            try:
                self._started()
            finally:
                self._lock.release()

    def is_starting(self) -> bool:
        """Whether the process has not loaded all that it needs, so that it may answer later what it does not now."""
        return any(not process.is_loaded for process in self._processes)

    def is_zero(self, node: Node) -> Found | None:
        """Whether the expression is zero; None where the deadline passed first. Raises `deadline.Late`."""
        try:
            return self._remembered(node)
        except _Unsettled:
            return None

    def close(self) -> None:
        """End the process, and forget; a question after that starts another one."""
        with self._lock:
            _end(self._processes)
        self._remembered.cache_clear()

    def _found(self, node: Node) -> Found | None:
        seconds = min(DEADLINE, deadline.left() - GRACE)
        if seconds < _LEAST:
            raise deadline.Late
        tree = encoded(node)
        begin = time.monotonic()
        if not self._lock.acquire(timeout=_QUEUE):
            raise _Unsettled
        deadline.extend(time.monotonic() - begin)  # the proofs of other threads are not the time of this verdict
        try:
            was_loaded = bool(self._processes) and not self.is_starting()
            answer = self._asked(tree, seconds)
        finally:
            if any(process.late > _PATIENCE or process.has_ended() for process in self._processes):
                _end(self._processes)
            self._lock.release()
        if answer and answer[0] is not None:
            return bool(answer[0]), str(answer[1])
        if not was_loaded or seconds < DEADLINE - GRACE:
            raise _Unsettled
        return None

    def _asked(self, tree: Any, seconds: float) -> list[Any] | None:
        """The worker's answer, with the lock held; None where none came in time, its start included."""
        begin = time.monotonic()
        try:
            process = self._started()
            if not process.wait_until_ready(seconds):
                return None
            self._number += 1
            return process.ask(self._number, tree, max(_LEAST, seconds - (time.monotonic() - begin)))
        except OSError:  # the process is gone, and found so by the caller
            return None

    def _started(self) -> WorkerProcess:
        """The process, with the lock held."""
        if not self._processes or self._processes[0].has_ended():
            _end(self._processes)
            self._processes.append(WorkerProcess(WORKER))
        return self._processes[0]

    def _after_fork(self) -> None:
        """In the child of a fork: the process is the parent's, and so was the thread that may hold the lock."""
        self._lock = threading.Lock()
        while self._processes:
            self._processes.pop().forget()


def _end(processes: list[WorkerProcess]) -> None:
    while processes:
        processes.pop().kill()


_CLIENTS: weakref.WeakSet[SympyClient] = weakref.WeakSet()
_SERVING: ContextVar[SympyClient | None] = ContextVar("sympy client of the verdict under way", default=None)


def _forget_all() -> None:
    for client in list(_CLIENTS):
        client._after_fork()


os.register_at_fork(after_in_child=_forget_all)


class serving:
    """Within the block, and in this thread, `client` proves what the ladder of expressions asks."""

    __slots__ = ("_client", "_token")

    def __init__(self, client: SympyClient) -> None:
        self._client = client

    def __enter__(self) -> None:
        self._token = _SERVING.set(self._client)

    def __exit__(self, *_: object) -> None:
        _SERVING.reset(self._token)


def warm() -> None:
    """Start the process of the client that serves this verdict, if one does."""
    client = _SERVING.get()
    if client is not None:
        client.warm()


def is_zero(node: Node) -> Found | None:
    """What this verdict's client finds; None where there is no client, or no proof in time. Raises `deadline.Late`."""
    client = _SERVING.get()
    return None if client is None else client.is_zero(node)


def encoded(node: Node) -> Any:
    """The tree as JSON: ``[tag, what it holds, *children]``."""
    if isinstance(node, Number | Decimal):
        return ["num", str(node.value)]
    name = node.name if isinstance(node, Symbol | Constant | Call) else None
    return [node.tag, name, *(encoded(part) for part in node.args)]
