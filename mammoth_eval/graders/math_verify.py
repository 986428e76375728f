"""Math-Verify (huggingface/Math-Verify) as a third grader, for cross-checks; extra ``math-verify``.

Its own deadline works by SIGALRM, in the main thread only, and it turns what it could not do in time into "not equal".
So it is asked in a process of its own (`math_verify_worker`), from any thread, and killed at `SECONDS`: a verdict that
is late, or an error that it raises, is a fault.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Sequence
from functools import cache

from mammoth_eval.errors import UsageError
from mammoth_eval.graders.process import WorkerProcess
from mammoth_eval.installing import how_to_install
from mammoth_eval.types import LETTERS, Policy, Verdict

VERSION = "2"
DEFAULT = Policy()
WORKER = "mammoth_eval.graders.math_verify_worker"
SECONDS = 5.0
"""For one verdict."""
START_SECONDS = 60.0
"""For the process to load the library, on a busy machine."""


class Client:
    """The process, started by the first question; threads may share one, and one question is asked at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._number = 0
        """Of the last question."""

    def ask(self, answer: str, gold: str) -> Verdict:
        """What the library says; a fault where it does not say it in time."""
        with self._lock:
            try:
                return self._asked(answer, gold)
            except OSError as error:
                return self._failed(f"the process of math_verify ended: {error}")

    def close(self) -> None:
        """End the process; a question after that starts another one."""
        with self._lock:
            self._end()

    def _asked(self, answer: str, gold: str) -> Verdict:
        if self._process is None or self._process.has_ended():
            self._end()
            self._process = WorkerProcess(WORKER)
        if not self._process.wait_until_ready(START_SECONDS):
            return self._failed("the process of math_verify did not start")
        self._number += 1
        found = self._process.ask(self._number, [answer, gold], SECONDS)
        if found is None:
            return self._failed(f"no verdict within {SECONDS:g} s")
        equal, reason = found
        return Verdict(bool(equal), "math_verify", str(reason), fault=equal is None)

    def _failed(self, reason: str) -> Verdict:
        """A fault; the next question starts a new process."""
        self._end()
        return Verdict(False, "math_verify", reason, fault=True)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def forget(self) -> None:
        """In the child of a fork: the process is the parent's, and so was the thread that may hold the lock."""
        self._lock = threading.Lock()
        if self._process is not None:
            self._process.forget()
            self._process = None


@cache
def default() -> Client:
    """The client of this process, made on first use; its worker ends with this process, whose pipe it reads."""
    client = Client()
    os.register_at_fork(after_in_child=client.forget)
    return client


def grade(answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
    """What Math-Verify says of `answer` against `gold`, as LaTeX first and plain expressions second.

    Raises `UsageError` if not installed.
    """
    if importlib.util.find_spec("math_verify") is None:
        raise UsageError(f"grader math_verify: the package is not installed: {how_to_install('math-verify')}")
    if choices and gold in LETTERS and answer.strip().upper() == gold:
        return Verdict(True, "string", "the same letter")
    return default().ask(answer, gold)
