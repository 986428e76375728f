"""A process that answers for a grader, the caller's side: asked over pipes as JSON lines, killed when it is late.

No signals are used, so that any thread may ask.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from typing import Any

GRACE = 0.4
"""Seconds for an answer to arrive."""


class WorkerProcess:
    """One worker process and the lines that it wrote; not to be used by two threads at once."""

    def __init__(self, module: str) -> None:
        """Start ``python -m module``, one that calls `mammoth_eval.graders.worker.serve`."""
        environment = {key: value for key, value in os.environ.items() if key in ("PATH", "LD_LIBRARY_PATH")}
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            bufsize=0,  # a copy of what one side of a fork has not sent yet would be sent twice
        )  # fmt: skip
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        self._poll = select.poll()  # select() fails where a process has more than a thousand files open
        self._poll.register(self._stdout, select.POLLIN)
        self._read = b""
        self.is_ready = self.is_loaded = False
        """Whether the process answers, and whether it has loaded its library."""
        self.late = 0
        """Questions in a row that were not answered in time."""

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._popen.poll() is not None

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the process answers, after waiting for it so long at most."""
        self.is_ready = self.is_ready or self._line(seconds) is not None
        return self.is_ready

    def ask(self, number: int, question: Any, seconds: float) -> list[Any] | None:
        """The answer to the question of this number; those to earlier ones, which came too late, are passed over.

        Raises `OSError` where the process is gone.
        """
        data = memoryview(json.dumps([number, question, seconds]).encode() + b"\n")
        while data:
            data = data[os.write(self._stdin.fileno(), data) :]
        end = time.monotonic() + seconds + GRACE
        while (line := self._line(end - time.monotonic())) is not None:
            answer: list[Any] = json.loads(line)
            self.is_loaded = self.is_loaded or answer == ["loaded"]
            if answer[0] == number:
                self.late = 0
                return answer[1:]
        self.late += self.is_loaded
        return None

    def _line(self, seconds: float) -> bytes | None:
        """The next line of the process; None at its end or at the deadline."""
        end = time.monotonic() + seconds
        while b"\n" not in self._read:
            ready = self._poll.poll(max(end - time.monotonic(), 0) * 1_000)
            piece = os.read(self._stdout.fileno(), 65536) if ready else b""
            if not piece:
                return None
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line

    def kill(self) -> None:
        """End the process."""
        self._popen.kill()
        self._popen.wait()
        self.forget()

    def forget(self) -> None:
        """Let go of the process and its pipes: it belongs to the process that started it."""
        self._popen.returncode = self._popen.returncode or 0  # or its collection would wait for it
        for stream in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                stream.close()
