"""What each layer of the sandbox costs, in microseconds per child: ``python tests/perf/sandbox_layers.py`` (as root).

Each step runs in forks of this process, after the steps that it needs; the fastest of 41 is printed, as the machine may
be busy. A step that fails here (an unprivileged user cannot mount) is printed as not available.
"""

import os
import resource
import struct
import time

from mammoth_eval.sandbox import host
from mammoth_eval.sandbox.jail import kernel, landlock, namespaces
from mammoth_eval.sandbox.jail.seccomp import prepare, program_filter, worker_filter

ROUNDS = 41
NOBODY = (namespaces.PROGRAM_UID,) * 3
load_worker_filter = prepare(worker_filter(kernel.MACHINE))
load_program_filter = prepare(program_filter(kernel.MACHINE, marks=True))
drop_capabilities = kernel.prepare_capset()


def no_privileges():
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def worker_stage():
    no_privileges()
    succeed(load_worker_filter())


def succeed(code):
    if code != 0:
        raise kernel.fail("step")


def enter():
    namespaces.enter()
    if (child := os.fork()) != 0:
        os.waitpid(child, 0)
        os._exit(0)


def root():
    enter()
    namespaces.build_root(host.visible_paths(), host.hidden_paths())


STEPS = {
    "nothing": (None, lambda: None),
    "setsid": (None, os.setsid),
    "no_new_privs": (None, no_privileges),
    "one setrlimit": (None, lambda: resource.setrlimit(resource.RLIMIT_CPU, (7, 8))),
    "user nobody": (None, lambda: (os.setresgid(*NOBODY), os.setresuid(*NOBODY))),
    "no capabilities": (None, lambda: succeed(drop_capabilities())),
    "close all descriptors": (None, lambda: os.closerange(3, 1000)),
    "program filter": (no_privileges, lambda: succeed(load_program_filter())),
    "worker filter": (no_privileges, lambda: succeed(load_worker_filter())),
    "program filter on the worker's": (worker_stage, lambda: succeed(load_program_filter())),
    "Landlock": (no_privileges, lambda: landlock.restrict(["/"], ["/tmp"])),
    "namespaces": (None, namespaces.enter),
    "private root": (enter, lambda: namespaces.build_root(host.visible_paths(), host.hidden_paths())),
    "scratch": (root, lambda: namespaces.mount_scratch(namespaces.scratch_place(host.visible_paths()))),
}


def measure(prepare_step, step):
    """Microseconds of one step in a fork of its own; None where it fails."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            writer = os.dup2(writer, 1000)
            if prepare_step is not None:
                prepare_step()
            started = time.perf_counter()
            step()
            os.write(writer, struct.pack("d", time.perf_counter() - started))
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    answer = os.read(reader, 8)
    os.close(reader)
    return struct.unpack("d", answer)[0] * 1e6 if answer else None


def fork_and_exit():
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return (time.perf_counter() - started) * 1e6


if __name__ == "__main__":
    print(f"{'fork and exit of this process':32} {min(fork_and_exit() for _ in range(ROUNDS)):9.1f} µs")
    for name, (prepare_step, step) in STEPS.items():
        known = [value for _ in range(ROUNDS) if (value := measure(prepare_step, step)) is not None]
        print(f"{name:32} " + (f"{min(known):9.1f} µs" if known else "not available here"))
