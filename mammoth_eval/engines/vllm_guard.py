"""No process of vLLM outlives ours: a guard beside us kills them when we are gone, also by ``kill -9``.

vLLM's core and workers are processes of their own that wait for ever when their parent dies. The guard holds the
reading end of a pipe whose writing end only we have; when that closes it kills every process that carries this
session's mark in its environment. It needs ``/proc``: elsewhere nothing is guarded.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

MARK = "MAMMOTH_EVAL_ENGINE"
_GUARD = """
import os, signal, sys
os.read(0, 1)
mark = sys.argv[1].encode()
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{name}/environ", "rb") as environ, open(f"/proc/{name}/cmdline", "rb") as command:
            if mark in environ.read().split(b"\\0") and b"resource_tracker" not in command.read():
                os.kill(int(name), signal.SIGKILL)
    except OSError:
        continue
"""


class Guard:
    """Marks every process that is started from now on; `close` ends those that are left."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if not Path("/proc/self/environ").exists():
            return
        value = secrets.token_hex(8)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD, f"{MARK}={value}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for us, not for the guard
        )
        os.environ[MARK] = value

    def close(self) -> None:
        """Kill what is left of the marked processes, and wait for that."""
        if self._process is None:
            return
        os.environ.pop(MARK, None)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._process = None
