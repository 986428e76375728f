"""The forked child: runs one program as ``__main__`` the way a fresh interpreter would, and ends with its exit code.

Everything that is needed after the program is taken beforehand, since a program may overwrite any module.
"""

from __future__ import annotations

import atexit
import builtins
import codecs
import os
import sys
import types
from collections.abc import Callable
from importlib.machinery import BuiltinImporter
from typing import NoReturn, TextIO

from . import kernel, value
from .value import Source

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # for the functions below, as everything they use
_RESERVE = 4 << 20
"""Bytes of address space kept for the end of a program. As `bytes`, which the system hands out zeroed and untouched: a
`bytearray` is written through, a thousand page faults per program."""
_NAME, _MARK = "<string>", codecs.BOM_UTF8
_exit, _flush_c, _run_exit_functions = os._exit, kernel.LIBC.fflush, atexit._run_exitfuncs
_stat, _write, _show, _settrace, _setprofile = os.fstat, os.write, sys.__excepthook__, sys.settrace, sys.setprofile
_of_sys, _trace_of, _with_trace = vars(sys), vars(BaseException)["__traceback__"].__get__, BaseException.with_traceback


_DIGITS = 70_000
"""Of an integer that is written out or read (Python's own limit is 4,300): more than an output may hold."""


def run(source: bytes, value_mode: bool, frames: int) -> NoReturn:
    """Run the program; ends the process with 0, with the program's own exit code, or with 1 after an exception.

    Where a value is wanted, integers are written out up to `_DIGITS`.
    `frames` is how many lie under the program that a fresh interpreter does not have.
    """
    code, exit_now = 1, _exit
    try:
        sys.setrecursionlimit(1000 + frames)
        sys.path.insert(0, "")
        if value_mode:
            sys.set_int_max_str_digits(_DIGITS)
        code = _main(source, value_mode)
    finally:
        exit_now(code)


def frames_above() -> int:
    """Frames that would lie under a program run by who asks: those above it, and from `run` to the program."""
    frame, count = sys._getframe(), 5 if sys.version_info < (3, 12) else 4  # before 3.12 `exec` itself counts
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count


def _main(source: bytes, value_mode: bool, flush_c: Callable[[None], int] = _flush_c) -> int:
    """Run `source` to its end, its exit functions and the last flush; the exit code."""
    module = _new_main(value_mode)
    sys.modules["__main__"] = module
    at_exit, out = _run_exit_functions, sys.stdout
    reserve = [bytes(_RESERVE)]
    code, done = _guarded(lambda: _execute(_text(source), module, value_mode), reserve)
    if done and value_mode:
        code = _guarded(lambda: _add_value(_text(source), module, out), reserve)[0]
    _guarded(at_exit, reserve)
    code = _flush(code)
    _try(out.flush)  # where the program put another in its place, what this one holds is written all the same
    flush_c(None)
    return code


def _new_main(value_mode: bool) -> types.ModuleType:
    """An empty ``__main__`` as `python -c` has it; where a value is wanted, with the `display` of notebooks."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__loader__=BuiltinImporter, __annotations__={}, __builtins__=builtins)
    if value_mode:
        module.__dict__["display"] = builtins.print
    return module


def _text(source: bytes) -> Source:
    """The text, in which no comment declares an encoding (``python -c``); its bytes where it is none or has a mark."""
    try:
        return source if source.startswith(_MARK) else source.decode()
    except UnicodeDecodeError:
        return source


def _execute(source: Source, module: types.ModuleType, value_mode: bool) -> None:
    code = value.compile_keeping_last(source) if value_mode else None
    try:
        exec(code or compile(source, _NAME, "exec", dont_inherit=True), module.__dict__)
    finally:
        _setprofile(None)
        _settrace(None)


def _add_value(source: Source, module: types.ModuleType, out: TextIO) -> None:
    """Print what the program meant, where it printed nothing and did not take its output away."""
    if out is not _of_sys.get("stdout") or out.closed:
        return
    out.flush()
    if _stat(1).st_size == 0:
        meant = value.meant(source, module.__dict__)
        if meant is not None:
            out.write(str(meant) + "\n")


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
        return _report(error), False
    return 0, True


def _report(error: BaseException) -> int:
    """Show an exception as the interpreter does, by the program's own hook where that works; the exit code."""
    trace = _trace_of(error)
    while trace is not None and trace.tb_frame.f_code.co_filename != _NAME:
        trace = trace.tb_next
    _with_trace(error, trace)
    try:
        _of_sys["excepthook"](type(error), error, trace)
    except SystemExit as leave:
        return _exit_code(leave)
    except BaseException:  # noqa: BLE001 (the program may have put anything there)
        _try(lambda: _show(type(error), error, trace))
    return 1


def _try(action: Callable[[], object]) -> None:
    """Call `action`, whatever comes of it."""
    try:  # noqa: SIM105 (contextlib is the program's by now)
        action()
    except BaseException:  # noqa: BLE001 (what it works on is, too)
        pass


def _exit_code(leave: SystemExit) -> int:
    """What the interpreter would exit with; anything but a number goes to what is left of the standard error."""
    code: object
    try:
        code = leave.code
    except BaseException:  # noqa: BLE001 (a property of the program's own)
        code = leave
    if code is None:
        return 0
    if isinstance(code, int):
        return (code if abs(code) < 1 << 63 else -1) & 0xFF
    stream = _of_sys.get("stderr")
    _try(lambda: stream.write(str(code) + "\n") if stream is not None else _write(2, str(code).encode() + b"\n"))
    return 1


def _flush(code: int) -> int:
    """Flush what the program's streams hold; one that cannot be flushed is an error of its own (120, as in CPython)."""
    for stream in (_of_sys.get("stdout"), _of_sys.get("stderr")):
        try:
            if stream is not None and not _is_closed(stream):
                stream.flush()
        except BaseException:  # noqa: BLE001 (the program may have put anything in the place of its streams)
            code = code or 120
    return code


def _is_closed(stream: TextIO) -> bool:
    try:
        return bool(stream.closed)
    except BaseException:  # noqa: BLE001 (detached, or nothing of the kind: then flushing decides)
        return False
