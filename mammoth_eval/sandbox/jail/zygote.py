"""The processes above the workers: launcher -> init -> one server for each tier of preloaded libraries -> workers.

The launcher is executed fresh with an empty environment; it enters the namespaces and waits. The init watches the
harness: when the harness ends, however it ends, the init kills all and removes the scratch. A tier server has imported
and warmed its libraries once and forks workers; programs that need no library run in a small process, because the cost
of a fork grows with it.
"""

# ruff: noqa: PTH102, PTH106, PTH112, PTH118

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import sys
import time
from typing import NoReturn

from . import config as configs
from . import huge_pages, kernel, namespaces, protocol, scratch, tiers, worker
from .config import Config

_PAUSE = 0.01


def main() -> NoReturn:
    """The launcher: ``argv`` is the control socket's number, the number of this harness's process, and the config."""
    control = socket.socket(fileno=int(sys.argv[1]))
    config = configs.from_json(sys.argv[3])
    if not kernel.addresses_fixed() and kernel.fix_addresses():
        os.set_inheritable(control.fileno(), True)
        os.execv(sys.executable, sys.orig_argv)
    try:
        harness = kernel.watch_process(int(sys.argv[2]))
        proc = os.open("/proc", os.O_PATH) if os.path.isdir("/proc") else None
        _offer_to_the_oom_killer()
        if config.namespaces:
            namespaces.enter()
        child = os.fork()
        if child == 0:
            _init(control, config, harness, proc)
    except Exception as error:  # noqa: BLE001 (told to the harness, which says what is missing)
        _tell(control, protocol.reply(protocol.FAULT, text=f"{type(error).__name__}: {error}"))
        os._exit(1)
    control.close()
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)


def _offer_to_the_oom_killer() -> None:
    """Where the machine runs out of memory, a program goes first, not the harness or its engine."""
    with contextlib.suppress(OSError):
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(score, b"1000")
        os.close(score)


def _tell(sock: socket.socket, reply: bytes) -> None:
    with contextlib.suppress(OSError):
        sock.sendall(reply)


def _init(control: socket.socket, config: Config, harness: int | None, proc: int | None) -> NoReturn:
    """Build the root, then fork tier servers on request until the harness is gone."""
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)  # whoever ends before its children leaves them to the init
        os.setpgid(0, 0)
        tiers.load_standard(config.paths)
        tiers.fix_randomness()
        sys.modules["mammoth_eval"] = None  # type: ignore[assignment]
        if config.private_root:
            namespaces.build_root(config.visible, config.hidden)
        _forget_jail()
    except Exception as error:  # noqa: BLE001 (told to the harness, which says what is missing)
        _tell(control, protocol.reply(protocol.FAULT, text=f"{type(error).__name__}: {error}"))
        os._exit(1)
    _tell(control, protocol.reply(protocol.READY))
    _serve(control, config, proc, harness, "")
    _end(config)


def _end(config: Config) -> NoReturn:
    """Kill everything that is left and remove the scratch."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.killpg(0, signal.SIGTERM)
    if config.scratch and _all_ended():
        with contextlib.suppress(OSError):  # the harness may be at it, too
            scratch.wipe(config.scratch)
            os.rmdir(config.scratch)
    os._exit(0)


def _all_ended(seconds: float = 5.0) -> bool:
    """Wait until no process is left below this one: one that lives could put a link where a folder was."""
    for _ in range(int(seconds / _PAUSE)):
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        time.sleep(_PAUSE)
    return False


def _forget_jail() -> None:
    """Programs cannot import what runs them."""
    for name in [name for name in sys.modules if name == "jail" or name.startswith("jail.")]:
        del sys.modules[name]
    os.environ.pop("LD_BIND_NOW", None)  # all symbols were bound at the start, not again in every child
    sys.argv[:] = ["-c"]
    sys.orig_argv[:] = [sys.executable, "-c"]


def _serve(control: socket.socket, config: Config, proc: int | None, harness: int | None, tier: str) -> None:
    """Fork a tier server (in the init) or a worker (in a tier server) for each request, until the stream ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    watched = [control.fileno()] if harness is None else [control.fileno(), harness]
    count = 0
    while True:
        ready, _, _ = select.select(watched, [], [])
        if harness in ready:
            return
        request, fds = protocol.receive(control)
        if request is None:
            return
        count += 1
        if os.fork() == 0:
            control.close()
            sock = socket.socket(fileno=fds[0])
            if tier:
                huge_pages.collapse(proc)  # its own: those shared with the server are split by the first writes
                worker.serve(sock, config, _folder(config, tier, count), _baseline(proc))
            if harness is not None:
                os.close(harness)
            _tier(sock, config, proc, request.tier)
        for fd in fds:
            os.close(fd)


def _folder(config: Config, tier: str, count: int) -> str:
    if not config.scratch:
        return namespaces.scratch_place(config.visible)
    path = os.path.join(config.scratch, f"{tier}-{count}")
    os.mkdir(path, 0o700)
    return path


def _baseline(proc: int | None) -> int | None:
    """Address space in use before any program, in bytes; None where the system does not say."""
    if proc is None:
        return None
    fd = os.open("self/statm", os.O_RDONLY, dir_fd=proc)
    try:
        return int(os.read(fd, 100).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    finally:
        os.close(fd)
        os.close(proc)


def _tier(control: socket.socket, config: Config, proc: int | None, tier: str) -> NoReturn:
    """Import and warm the libraries of a tier, then fork workers."""
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        tiers.load(tier)
        kernel.heed_fork_hooks()
        atexit._clear()
        if "logging" in sys.modules:
            atexit.register(sys.modules["logging"].shutdown)  # the one exit function that a program may count on
        tiers.pack(proc)
        _tell(control, protocol.reply(protocol.READY))
        _serve(control, config, proc, None, tier)
    except Exception as error:  # noqa: BLE001 (the boundary of a tier server: told, and seen as a fault)
        _tell(control, protocol.reply(protocol.FAULT, text=f"tier {tier}: {type(error).__name__}: {error}"))
    os._exit(0)
