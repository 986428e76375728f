"""The symbolic rung, from the caller's side: a worker process that has sympy, asked over pipes, killed when it does not answer.

The worker (`worker.py`) forks a child for each question and kills it at the deadline, so that one hard question costs no new start.
Nothing here uses signals: any thread may ask, one question is asked at a time. Trees travel as JSON, never as text to be evaluated.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from functools import lru_cache
from typing import Any

from mammoth_eval.graders import clock
from mammoth_eval.graders.tree import Node

DEADLINE = 1.5
"""Seconds for one proof, where its verdict has as many left."""
_GRACE, _LEAST = 0.4, 0.1
"""Seconds for an answer to arrive, and those that a proof gets at least where waiting has used up the rest."""
_PATIENCE = 3
"""Questions in a row without an answer before the process is taken for broken."""
KINDS = frozenset({"num", "dec", "sym", "const", "add", "mul", "pow", "call", "percent", "degree", "ratio"})
"""What can be sent."""


class _Worker:
    """The process, started at the first expression that may need it; a fork of this process starts its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0
        self.ready = self.loaded = False
        """Whether the process answers, and whether it has sympy."""
        self.question = self.late = 0
        """The number of the last question, and how many in a row were not answered in time."""
        self.read = b""
        """What the process wrote and nobody asked for yet."""

    def ask(self, tree: Any, seconds: float) -> list[Any] | None:
        """The worker's answer; None where there was none in time. Waiting for others and for its start counts."""
        begin = time.monotonic()
        if not self.lock.acquire(timeout=seconds):
            return None
        try:
            self._wait(seconds)
            if not self.ready or self.process is None:
                return None
            return self._asked(self.process, tree, max(_LEAST, seconds - (time.monotonic() - begin)))
        finally:
            self.lock.release()

    def _asked(self, process: subprocess.Popen[bytes], tree: Any, seconds: float) -> list[Any] | None:
        """The answer of the ready process."""
        self.question += 1
        try:
            if process.stdin is not None:
                process.stdin.write(json.dumps([self.question, tree, seconds]).encode() + b"\n")
                process.stdin.flush()
        except OSError:
            self.stop()
            return None
        return self._answer(seconds + _GRACE)

    def _answer(self, seconds: float) -> list[Any] | None:
        """The answer to the last question; those to earlier ones, which came too late, are passed over."""
        end = time.monotonic() + seconds
        while (line := self._line(end - time.monotonic())) is not None:
            answer: list[Any] = json.loads(line)
            self.loaded = self.loaded or answer == ["loaded"]
            if answer[0] == self.question:
                self.late = 0
                return answer[1:]
        self.late += self.loaded
        if self.late > _PATIENCE or self.process is None or self.process.poll() is not None:
            self.stop()
        return None

    def _line(self, seconds: float) -> bytes | None:
        """The next line of the process; None at its end or at the deadline."""
        stream = None if self.process is None else self.process.stdout
        end = time.monotonic() + seconds
        while b"\n" not in self.read and stream is not None:
            ready, _, _ = select.select([stream], [], [], max(end - time.monotonic(), 0))
            piece = os.read(stream.fileno(), 65536) if ready else b""
            if not piece:
                return None
            self.read += piece
        line, _, self.read = self.read.partition(b"\n")
        return line

    def start(self) -> None:
        """Start the process where there is none, without waiting for it."""
        if self.process is not None and self.owner == os.getpid() and self.process.poll() is None:
            return
        self.stop()
        self.owner, self.ready, self.loaded = os.getpid(), False, False
        environment = {key: value for key, value in os.environ.items() if key in ("PATH", "LD_LIBRARY_PATH")}
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mammoth_eval.graders.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip

    def _wait(self, limit: float) -> None:
        """Wait until the process is ready, `limit` seconds at most; one that is not goes on starting for the next question."""
        self.start()
        if not self.ready and self.process is not None and self.process.stdout is not None:
            self.ready = self._line(limit) is not None
            if not self.ready and self.process.poll() is not None:
                self.stop()

    def stop(self) -> None:
        """End the process, if it is ours; let go of it in any case."""
        process, self.process = self.process, None
        self.read, self.late = b"", 0
        if process is None:
            return
        if self.owner == os.getpid():
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not flushed is lost with the process
                    stream.close()


_WORKER = _Worker()
atexit.register(_WORKER.stop)
os.register_at_fork(after_in_child=_WORKER.lock._at_fork_reinit)  # type: ignore[attr-defined]


def encoded(node: Node) -> Any:
    """The tree as JSON."""
    if node.kind == "num":
        return ["num", str(node.value)]
    if node.kind == "dec":
        return ["num", str(node.value[0])]
    return [node.kind, node.value, *(encoded(part) for part in node.args)]


@lru_cache(maxsize=1)
def _warmed(_process_id: int) -> None:
    with _WORKER.lock:
        _WORKER.start()


def warm() -> None:
    """Start the worker in the background, once a process: it is ready by the time that it is asked, in most cases."""
    _warmed(os.getpid())


class _Unsettled(Exception):
    """No answer, from a worker that is still starting or was given little time: not to be remembered."""


def is_starting() -> bool:
    """Whether the worker has not loaded all that it needs, so that it may answer later what it does not now."""
    return _WORKER.process is not None and not _WORKER.loaded


def is_zero(node: Node) -> tuple[bool, str] | None:
    """Whether the expression is zero, and how that was found; None where the deadline passed first. Raises `clock.Late`."""
    try:
        return _found(node)
    except _Unsettled:
        return None


@lru_cache(maxsize=2048)
def _found(node: Node) -> tuple[bool, str] | None:
    seconds = min(DEADLINE, clock.left() - _GRACE)
    if seconds < _LEAST:
        raise clock.Late
    answer = _WORKER.ask(encoded(node), seconds)
    if answer and answer[0] is not None:
        return bool(answer[0]), str(answer[1])
    if is_starting() or seconds < DEADLINE - _GRACE:
        raise _Unsettled
    return None
