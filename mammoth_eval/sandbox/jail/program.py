"""The forked child: runs one program as ``__main__`` the way a fresh interpreter would, and ends with its exit code.

Everything that is needed after the program is taken beforehand, since a program may overwrite any module.
"""

from __future__ import annotations

import atexit
import os
import random
import sys
import types
from collections.abc import Callable, Iterable
from typing import NoReturn, TextIO

from . import kernel, mains, value
from .tiers import SEED

_RESERVE = 4 << 20
"""Bytes of address space kept for the end of a program. As `bytes`, which the system hands out zeroed and untouched: a `bytearray`
is written through, a thousand page faults a program."""
_exit, _flush_c, _run_exit_functions = os._exit, kernel.LIBC.fflush, atexit._run_exitfuncs
_stat = os.fstat


def run(source: bytes, value_mode: bool) -> NoReturn:
    """Run the program; ends the process with 0, with the program's own exit code, or with 1 after an exception."""
    code, exit_now = 1, _exit
    try:
        random.seed(SEED)  # again for each: `random` takes a new seed of its own in every fork
        sys.setrecursionlimit(1000 + _frames_above())
        code = _main(source, value_mode)
    finally:
        exit_now(code)


def _frames_above() -> int:
    """Frames under a program that a fresh interpreter does not have: those above `run`, and from there to the program."""
    frame, count = sys._getframe(), 5 if sys.version_info < (3, 12) else 4  # before 3.12 `exec` itself counts
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count


def _main(source: bytes, value_mode: bool, flush_c: Callable[[None], int] = _flush_c) -> int:
    """Run `source` to its end, its exit functions and the last flush; the exit code."""
    module, rest = mains.main_for(source)
    sys.modules["__main__"] = module
    at_exit, out = _run_exit_functions, sys.stdout
    reserve = [bytes(_RESERVE)]
    code, done = _guarded(lambda: _execute(rest, module, value_mode), reserve)
    if done and value_mode:
        code = _guarded(lambda: _add_value(source, module, out), reserve)[0]
    _guarded(at_exit, reserve)
    code = _flush(code, (sys.stdout, sys.stderr) if out is sys.stdout else (sys.stdout, sys.stderr, out))
    flush_c(None)
    return code


def _execute(source: bytes, module: types.ModuleType, value_mode: bool) -> None:
    code = value.compile_keeping_last(source) if value_mode else None
    exec(code or compile(source, "<string>", "exec", dont_inherit=True), module.__dict__)


def _add_value(source: bytes, module: types.ModuleType, out: TextIO) -> None:
    """Print what the program meant, where it printed nothing and did not take its output away."""
    if out is not sys.stdout or out.closed:
        return
    out.flush()
    if _stat(1).st_size == 0:
        meant = value.meant(source, module.__dict__)
        if meant is not None:
            out.write(f"{meant}\n")


def _guarded(action: Callable[[], None], reserve: list[bytes]) -> tuple[int, bool]:
    """Call `action` as the interpreter calls a script: (exit code, whether it came to its end).

    `reserve` is given up on an exception, so that a program which ran out of memory can still say so.
    """
    try:
        action()
    except SystemExit as leave:
        return _exit_code(leave), False
    except BaseException as error:  # noqa: BLE001 (a program may raise anything; this is its boundary)
        reserve.clear()
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1, False
    return 0, True


def _exit_code(leave: SystemExit) -> int:
    if leave.code is None:
        return 0
    if isinstance(leave.code, int):
        return (leave.code if abs(leave.code) < 1 << 63 else -1) & 0xFF
    print(leave.code, file=sys.stderr)
    return 1


def _flush(code: int, streams: Iterable[TextIO | None]) -> int:
    """Flush what is buffered; a stream that cannot be flushed is an error of its own (120, as in CPython)."""
    for stream in streams:
        if stream is None or getattr(stream, "closed", False):
            continue
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001 (the program may have put anything in the place of its streams)
            code = code or 120
    return code
