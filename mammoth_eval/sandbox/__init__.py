"""The sandbox: runs programs that a model wrote, each isolated from the machine and from each other, hundreds per
second.

A launcher is executed fresh with an empty environment. Below it stand the init, a server for each tier of preloaded
libraries (nothing, numpy, sympy, scipy, all), one worker for each core in each tier, and one forked child for each
program. Programs and their output travel in memfds; the status comes from how the child ended, never from what it
wrote.

What holds a program at level ``full``, from the outside in:

- namespaces: user (where the harness is not root), mount, process, network, IPC, host name: no network device, no
  process of the host or of another worker's program in sight but those below the init;
- a private root, read-only: the standard library, site-packages without this project, system libraries, /dev/null,
  zero, random, urandom; no /proc, no /sys, no home, no /etc but the linker's cache; a scratch of 32 MiB and 2048 files,
  emptied each time;
- Landlock: reading in the root, writing in scratch only; no TCP, no abstract sockets, no signals to others (as the
  kernel knows);
- seccomp: an allowlist; no fork, thread, exec, socket, kill, ptrace, prctl, keys, mounts, and no call that it does not
  name;
- no_new_privs, no capabilities, user nobody where the harness is root, a session of its own;
- limits: CPU time, idle time (jail/clock.py; how busy the machine is turns no verdict), address space, file size, open
  files, no core file, no locked memory, 64 KiB of stdout;
- an empty environment (C.UTF-8, UTC, fixed hash seed), the same start for every source of random numbers that Python
  code can ask by name (`os.urandom`, `os.getrandom`, `secrets`, unseeded generators of random and numpy; not the file
  /dev/urandom), fixed addresses where the kernel lets us.

Each layer is tried at the start, in a child; a level of which one layer fails is not used, and `describe()` says why. A
first program then tries what must be refused, from the inside.

``container`` is what there is without namespaces: seccomp and Landlock hold, scratch is a folder on the host that is
looked at every 50 ms (what was unlinked and is still open, at most 64 files of 8 MiB, and what is mapped, is not seen).
There a program can see whether a path exists and its metadata (not its contents), which process ids the kernel shows it
(its own and its parent's), the names of the project's files where it is installed beside the libraries, and cannot
change modes or times of its files by path. ``seccomp`` has no Landlock: a program may read, and write, what its user
may. ``process`` has limits alone. The last two are used only when named.

Not covered: bugs of the kernel itself; side channels between programs on the same core, and through the cache and the
clock; the sum of memory over all workers (each program has its own limit; stdout and scratch come on top, 48 MiB at
most); at level ``container`` as root with an interpreter that only root can read (a private home) programs stay root,
without capabilities; what a program does to itself (it may say what it wants on stdout, exit with any code, and call a
failure a success: that is its answer, and it is graded). A program's threads and subprocesses fail with an error of
their own; so does asyncio (no socketpair).

What a program gives. ``result="stdout"``, the paper's rule: what it printed. ``result="value"``: the same; where it
printed nothing, the value of its bare last expression (of a text that is not nested a thousand deep), else of ``ans``,
``answer`` or ``result``, else of an uncalled ``solution()``, ``solver()``, ``solve()`` or ``main()`` (jail/value.py).
`input()` raises EOFError; `exit()` keeps what was printed; what was printed before an exception is kept, and the status
is ``error``. An uncaught MemoryError is status ``memory``; which exception it was is read from the traceback that the
program's own process wrote.

A verdict can still depend on the machine where CPU time itself does (cold caches, a slower core), where a disk keeps a
program waiting, and where a program gets less than an eighth of a core. The longest that one can run is
`Limits.longest`.

Differences from a fresh interpreter: modules of the tier are in `sys.modules` already; objects that still live at the
end are not finalised (no ``__del__`` at exit); SIGINT and Ctrl-C do not exist; locks on files are granted and not
taken; some frames stand below the program's own, and the recursion limit is higher by as many; the collector runs less
often.
"""

from __future__ import annotations

from mammoth_eval import arguments
from mammoth_eval.sandbox.client import Jail
from mammoth_eval.sandbox.levels import LEVELS
from mammoth_eval.sandbox.limits import Limits
from mammoth_eval.sandbox.sync import Sandbox
from mammoth_eval.types import Execution, ProgramResult

__all__ = ["LEVELS", "Limits", "Sandbox", "open_sandbox", "run_program"]


def open_sandbox(
    level: str = "auto",
    seconds: float = 5.0,
    wall: float = 10.0,
    memory_mb: int = 1024,
    output_kb: int = 64,
    workers: int | None = None,
) -> Jail:
    """A sandbox to be used as ``async with``; `seconds` is CPU time, `wall` is time without computing.

    `workers` is how many programs run at once, by default one per core. Raises `UsageError` for a level or a limit that
    does not exist.
    """
    return Jail(level, Limits(seconds, wall, memory_mb, output_kb), workers)


def run_program(
    program: str, result: ProgramResult = "value", *, level: str = "auto", limits: Limits | None = None
) -> Execution:
    """Run one program in a sandbox of its own, which takes a second to start.

    For many, open a `Sandbox` and call its `run`. Raises `UsageError` for an argument of the wrong type,
    `SandboxError` where there is no sandbox of that level here.
    """
    arguments.text("program", program)
    with Sandbox(level, limits, workers=1) as sandbox:
        return sandbox.run(program, result)
