"""All tests, or with ``--fast`` the quick ones, in two processes at once.

All tests: those that start a real engine, and all others beside them. An engine imports and loads on one core for most
of its time, which leaves the rest to the others. It keeps to half of the cores, so that its threads, which wait for one
another at every layer, do not wait for a core that another test has. Quick tests: two halves that take as long.
What one process says is shown as it comes, what the other says when both are through. The exit status is 1 where
anything failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

PYTEST = (sys.executable, "-m", "pytest")
ENGINES = ("-m", "engine", "-p", "no:cacheprovider", "tests/engines")
"""All tests with the mark `engine` are there.

Collecting no other file saves the imports of the libraries of training.
"""
OTHERS = ("-m", "not engine")
QUICK = ("-m", "not engine and not slow")
HALF = tuple(
    f"tests/{name}" for name in ("cli", "doctor", "engines", "graders", "integrations", "sandbox", "setup", "training")
)
"""The folders that take as long as all the rest."""


def keep_to_half(pid: int) -> None:
    """Keep a process, and those that it will start, to the second half of its cores."""
    cores = sorted(os.sched_getaffinity(pid))
    os.sched_setaffinity(pid, cores[len(cores) // 2 :])


def run(behind: tuple[str, ...], shown: tuple[str, ...], *, bound: bool) -> int:
    """Run pytest with both; 0 where both passed. `bound`: the one behind keeps to half of the cores."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        other = subprocess.Popen([*PYTEST, *behind], stdout=log, stderr=subprocess.STDOUT)
        if bound:
            keep_to_half(other.pid)
        try:
            failed = bool(subprocess.run([*PYTEST, *shown], check=False).returncode)
            print(f"{time.monotonic() - start:.0f} s; waiting for the tests in the other process", flush=True)
            failed = bool(other.wait()) or failed
        finally:
            other.terminate()
        log.seek(0)
        sys.stdout.buffer.write(log.read())
    print(f"{'failed' if failed else 'passed'} in {time.monotonic() - start:.0f} s")
    return int(failed)


def main() -> int:
    """Run the tests that the command line asks for; 0 where all passed."""
    if sys.argv[1:] == ["--fast"]:
        rest = tuple(f"--ignore={folder}" for folder in HALF)
        return run((*QUICK, "-p", "no:cacheprovider", *HALF), (*QUICK, *rest, "tests"), bound=False)
    return run(ENGINES, OTHERS, bound=True)


if __name__ == "__main__":
    sys.exit(main())
