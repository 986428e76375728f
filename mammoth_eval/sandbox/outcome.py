"""From a worker's reply and the two output files to an `Execution`."""

from __future__ import annotations

import os
import re
import signal

from mammoth_eval.sandbox.jail import protocol
from mammoth_eval.sandbox.limits import Limits
from mammoth_eval.types import Execution, Status

_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?: .*\n)*(?P<plain>\S.*)"
    r"|^  \+ Exception Group Traceback \(most recent call last\):\n(?:  \|  .*\n)*  \| (?P<group>\S.*)",
    re.MULTILINE,
)
_KILLS: dict[int, tuple[Status, str]] = {
    protocol.CPU_TIME: ("timeout", "more than {seconds:g} s of CPU time"),
    protocol.WALL_TIME: ("timeout", "more than {wall:g} s of wall time without computing"),
    protocol.SCRATCH_FULL: ("killed", "more in the scratch folder than it may hold"),
    protocol.CANCELLED: ("killed", "cancelled"),
}


def read_execution(reply: protocol.Reply, stdout: int, stderr: int, limits: Limits) -> Execution:
    """What the program did: the status from how it ended, the text from what it wrote, both cut to the limits."""
    cap = limits.output_kb * 1024
    size = os.fstat(stdout).st_size
    text = os.pread(stdout, cap, 0).decode("utf-8", "replace")
    out = text.encode()[:cap].decode("utf-8", "ignore")  # a byte that was replaced became three
    tail = limits.stderr_kb * 1024
    err = os.pread(stderr, tail, max(0, os.fstat(stderr).st_size - tail)).decode("utf-8", "replace")
    status, error = _status(reply, size > cap, err, limits)
    return Execution(status, out, err, reply.wall_seconds, error)


def is_from_outside(execution: Execution) -> bool:
    """Whether it was killed by somebody else: a program has no call with which to do it, and our own kills say why."""
    return execution.status == "killed" and execution.error == signal.SIGKILL.name


def _status(reply: protocol.Reply, flooded: bool, err: str, limits: Limits) -> tuple[Status, str]:
    if flooded:
        return "output_limit", f"more than {limits.output_kb} KiB on stdout"
    if reply.kind in _KILLS:
        status, reason = _KILLS[reply.kind]
        return status, reason.format(seconds=limits.seconds, wall=limits.wall)
    if reply.kind == protocol.SIGNALED:
        return "killed", _signal_name(reply.code)
    if reply.code == 0:
        return "ok", ""
    last = _raised(err)
    kind = last.split(":")[0].rpartition(".")[2]
    if reply.code == 1 and kind in ("MemoryError", "_ArrayMemoryError"):
        return "memory", last
    return "error", last if reply.code == 1 and last else f"SystemExit: {reply.code}"


def _raised(err: str) -> str:
    """Type and first line of the exception that ended a program: below its traceback, else the last line."""
    tracebacks = list(_TRACEBACK.finditer(err))
    if tracebacks:
        return (tracebacks[-1]["plain"] or tracebacks[-1]["group"]).strip()[:500]
    lines = [line for line in err.splitlines() if line.strip()]
    return lines[-1].strip()[:500] if lines else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
