"""A process that answers for a grader, its own side: one JSON line for each question, each answered by a child.

The child has limits on memory and time of its own and is killed at the deadline, so that one hard question costs no new
start. It writes findings in order, of which the last one counts.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

MEMORY = 2 << 30
"""Bytes of address space above what the worker itself has."""
_MOMENT = 0.25
"""Seconds for a proof of what was found true without one."""
Decide = Callable[[Any], Iterator[tuple[bool | None, str]]]
"""A question -> what was found and how, the last one counts."""


def serve(decide: Decide, load: Callable[[], None], *, first: bool = False) -> None:
    """Answer questions until the input ends; `load` the library while no question waits, or `first` of all."""
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        os.dup2(2, 1)  # what a library prints is not an answer
        loaded = False
        if first:
            load()
            loaded = True
        print(json.dumps(["ready"]), file=answers)
        while True:
            if not loaded and not select.select([sys.stdin], [], [], 0)[0]:
                load()
                loaded = True
                print(json.dumps(["loaded"]), file=answers)
            line = sys.stdin.readline()
            if not line:
                return
            number, question, seconds = json.loads(line)
            print(json.dumps([number, *_in_child(decide, question, seconds)]), file=answers)


def _in_child(decide: Decide, question: Any, seconds: float) -> list[Any]:
    """The child's answer; ``[null, ...]`` where it gave none in time."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(decide, question, seconds, writer)
    os.close(writer)
    text = _read(reader, seconds)
    os.close(reader)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    lines = text.split("\n")[:-1]
    return json.loads(lines[-1]) if lines else [None, "no answer within the deadline"]  # type: ignore[no-any-return]


def _read(reader: int, seconds: float) -> str:
    """What the child wrote before it ended or its time did."""
    end, text = time.monotonic() + seconds, b""
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], left)
        piece = os.read(reader, 65536) if ready else b""
        text += piece
        if not piece:
            break
        if b"[true" in text:  # shown to many digits: a proof is worth a moment more, not all that is left
            end = min(end, time.monotonic() + _MOMENT)
    return text.decode()


def _answer(decide: Decide, question: Any, seconds: float, writer: int) -> None:
    """Decide in the child, and end it."""
    used = 1 << 30
    if os.path.exists("/proc/self/statm"):  # noqa: PTH110
        with open("/proc/self/statm") as sizes:  # noqa: PTH123
            used = int(sizes.read().split()[0]) * 4096
    try:
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        for found, how in decide(question):
            os.write(writer, (json.dumps([found, how]) + "\n").encode())
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        NotImplementedError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        # what a library raises on expressions it cannot handle: whatever was written before stands
        print(type(error).__name__, file=sys.stderr)
    finally:
        os._exit(0)
