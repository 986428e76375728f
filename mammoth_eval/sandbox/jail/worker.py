"""A worker: takes one program after the other, forks a child for each, and says from the wait status how it ended.

A worker never reads what a program wrote, and never sees its text. Whatever goes wrong in a worker itself is a fault:
it says so and ends, and the harness takes a new one.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from . import kernel, landlock, namespaces, program, protocol, scratch, seccomp
from .clock import Clock
from .config import Config

_GRACE = 15.0
"""Seconds after which a worker that hangs is killed by its own alarm, set again at each look at its program."""
_REASON_BYTES = 256
_FRAMES_OF_A_RUN = 2
"""Of a program above those that `_set_up` counts: `_run`, `_become_program` and `run` in place of `_set_up`."""
_detach = socket.SocketType.detach


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker keeps from program to program."""

    pid: int
    sock: socket.socket
    config: Config
    folder: str
    """The scratch folder, current directory of programs."""
    layers: tuple[tuple[str, Callable[[], int | None]], ...]
    """What each child puts itself under before its program: name and call, which returns 0 or None on success."""
    frames: int
    """Frames that lie under a program."""
    report: tuple[int, int]
    """A pipe through which a child says that every layer is in force, before the program starts."""
    poll: select.poll
    woken: int
    """Where SIGCHLD is noted, for systems without pidfd; -1 where it is not needed."""


def serve(sock: socket.socket, config: Config, folder: str, baseline_bytes: int | None) -> NoReturn:
    """Set the worker's own layers up, say so, and run programs until the harness closes the socket."""
    try:
        worker = _set_up(sock, config, folder, baseline_bytes)
        sock.sendall(protocol.reply(protocol.READY))
        while True:
            request, fds = protocol.receive(sock)
            if request is None:
                os._exit(0)
            if request.kind == protocol.RUN:
                sock.sendall(_run(worker, request, fds))
                _clean(worker, fds)
            elif request.kind == protocol.USAGE:
                sock.sendall(_usage())
    except Exception as error:  # noqa: BLE001 (the boundary of a worker: what breaks here is a fault, told and retried)
        with contextlib.suppress(OSError):
            sock.sendall(protocol.reply(protocol.FAULT, text=f"{type(error).__name__}: {error}"))
        os._exit(1)


def _set_up(sock: socket.socket, config: Config, folder: str, baseline_bytes: int | None) -> Worker:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if config.private_root:
        namespaces.mount_scratch(folder)
    os.chdir(folder)
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), folder))
    drop_uid = config.drop_uid and os.geteuid() == 0
    if drop_uid:
        os.setgroups([])
        if not config.private_root:
            os.chown(folder, namespaces.PROGRAM_UID, namespaces.PROGRAM_UID)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if config.landlock:
        readable, listable = (["/"], ()) if config.private_root else (config.readable, config.listable)
        landlock.restrict(readable, [folder, "/dev/null"], listable)
    if config.seccomp and seccomp.prepare(seccomp.worker_filter(kernel.MACHINE))() != 0:
        raise kernel.fail("worker filter")
    _limit_worker(config, baseline_bytes)
    report = os.pipe()
    os.set_blocking(report[0], False)
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    own = kernel.watch_process(os.getpid())
    woken = _sigchld_descriptor() if own is None else -1
    if own is not None:
        os.close(own)
    frames = program.frames_above() + _FRAMES_OF_A_RUN
    return Worker(os.getpid(), sock, config, folder, tuple(_layers(config, drop_uid)), frames, report, poll, woken)


def _layers(config: Config, drop_uid: bool) -> Iterator[tuple[str, Callable[[], int | None]]]:
    """The layers of each child in their order, prepared here: each page that a child writes is a page to copy."""
    if drop_uid:
        yield "group", partial(os.setresgid, *[namespaces.PROGRAM_UID] * 3)
        yield "user", partial(os.setresuid, *[namespaces.PROGRAM_UID] * 3)
    # again after the change of user, which takes it back
    yield "end with the worker", kernel.prepare_prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    yield "no processes", partial(resource.setrlimit, resource.RLIMIT_NPROC, (0, 0))
    if config.capabilities:
        yield "no capabilities", kernel.prepare_capset()
    if config.seccomp:
        yield "filter", seccomp.prepare(seccomp.program_filter(kernel.MACHINE, marks=config.private_root))


def _limit_worker(config: Config, baseline_bytes: int | None) -> None:
    """The limits that programs inherit; the others would bind the worker itself."""
    limits = {
        resource.RLIMIT_FSIZE: config.file_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_STACK: 8 << 20,
    }
    if sys.platform == "linux":
        limits[resource.RLIMIT_SIGPENDING] = 64
    if baseline_bytes is not None:
        limits[resource.RLIMIT_AS] = baseline_bytes + config.memory_bytes
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _usage() -> bytes:
    """CPU seconds of the worker and of all its programs so far."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return protocol.reply(protocol.READY, cpu=cpu)


def _run(worker: Worker, request: protocol.Request, fds: list[int]) -> bytes:
    """Fork the child, wait for its end or make it, and leave the worker as it was.

    Until the child has ended the worker does as little as it can: each page that it writes before is copied, not taken
    back.
    """
    signal.setitimer(signal.ITIMER_REAL, _GRACE)
    clock = Clock(request)
    if worker.woken >= 0:
        _drain(worker.woken)
    child = os.fork()
    if child == 0:
        _become_program(worker, request, fds)
    limit = _wait(worker, child, clock)
    _, status, used = os.wait4(child, 0)
    wall = clock.wall()
    signal.setitimer(signal.ITIMER_REAL, 0)
    _check_report(worker)
    kind, code = _ending(status) if limit is None else (limit, 0)
    cpu = used.ru_utime + used.ru_stime
    if (kind, code) == (protocol.SIGNALED, signal.SIGXCPU) and cpu >= request.cpu_seconds:
        kind = protocol.CPU_TIME  # with less CPU time it was a timer of the program's own that sent the signal
    return protocol.reply(kind, code, wall, cpu)


def _clean(worker: Worker, fds: list[int]) -> None:
    """Leave nothing of a program, while the harness reads what it wrote; what fails here is a fault of the next run."""
    for fd in fds:
        os.close(fd)
    scratch.wipe(worker.folder)


def _drain(descriptor: int) -> None:
    """Forget earlier notes of children that ended."""
    with contextlib.suppress(BlockingIOError):
        while os.read(descriptor, 64):
            pass


def _ending(status: int) -> tuple[int, int]:
    if os.WIFEXITED(status):
        return protocol.EXITED, os.WEXITSTATUS(status)
    return protocol.SIGNALED, os.WTERMSIG(status)


def _wait(worker: Worker, child: int, clock: Clock) -> int | None:
    """Wait until the child has ended by itself (None), or kill it and say why."""
    ended = os.pidfd_open(child) if worker.woken < 0 else worker.woken
    worker.poll.register(ended, select.POLLIN)
    reason = _watch(worker, child, ended, clock)
    if reason is not None:
        os.kill(child, signal.SIGKILL)
    worker.poll.unregister(ended)
    if worker.woken < 0:
        os.close(ended)
    return reason


def _watch(worker: Worker, child: int, ended: int, clock: Clock) -> int | None:
    pause = clock.first_pause()
    while True:
        if not worker.config.private_root:
            pause = min(pause, 0.05)
        ready = worker.poll.poll(int(pause * 1000) + 1)
        if ready:
            if ready[0][0] == ended:
                return None
            if not worker.sock.recv(protocol.REQUEST_BYTES):
                os._exit(0)
            return protocol.CANCELLED
        reason, pause = clock.look(child)
        if reason is None and not worker.config.private_root and scratch.is_full(worker.folder):
            reason = protocol.SCRATCH_FULL
        if reason is not None:
            return reason
        signal.setitimer(signal.ITIMER_REAL, _GRACE)


def _sigchld_descriptor() -> int:
    """A descriptor that can be read once a child has ended, for systems without pidfd."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _check_report(worker: Worker) -> None:
    """Raise where the child did not say that every layer was in force."""
    try:
        report = os.read(worker.report[0], _REASON_BYTES)
    except BlockingIOError:
        report = b"the child ended before its layers were in force"
    if report != b"k":
        raise RuntimeError(report.decode("utf-8", "replace"))


def _become_program(worker: Worker, request: protocol.Request, fds: list[int]) -> NoReturn:
    """Put the child under the last layers, close all but its three streams, and run the program."""
    say = worker.report[1]
    try:
        os.setsid()
        if worker.woken >= 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(fds[1], 1)
        os.dup2(fds[2], 2)
        seconds = int(request.cpu_seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        for name, put in worker.layers:
            if put():
                raise kernel.fail(name)
        if os.getppid() != worker.pid:
            os._exit(1)
    except BaseException as error:  # noqa: BLE001 (told to the worker, which makes a fault of it)
        os.write(say, f"{type(error).__name__}: {error}".encode()[:_REASON_BYTES])
        os._exit(1)
    os.write(say, b"k")
    try:
        source = os.pread(fds[0], request.size, 0)
    except MemoryError:
        os.write(2, b"MemoryError\n")
        os._exit(1)
    os.closerange(3, 4096)
    _detach(worker.sock)  # its finalizer must not close what has the number next
    program.run(source, request.value_mode, worker.frames)
