"""All tests, in two processes at once: those that start a real engine, and all others beside them.

An engine imports and loads on one core for most of its time, which leaves the rest to the others. It keeps to half of
the cores, so that its threads, which wait for one another at every layer, do not wait for a core that another test has.
What the others say is shown as it comes, what the engine's say when both are through. The exit status is 1 where
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


def keep_to_half(pid: int) -> None:
    """Keep a process, and those that it will start, to the second half of its cores."""
    cores = sorted(os.sched_getaffinity(pid))
    os.sched_setaffinity(pid, cores[len(cores) // 2 :])


def main() -> int:
    """Run both; 0 where both passed."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        engines = subprocess.Popen([*PYTEST, *ENGINES], stdout=log, stderr=subprocess.STDOUT)
        keep_to_half(engines.pid)
        try:
            others = subprocess.run([*PYTEST, *OTHERS], check=False).returncode
            print(f"{time.monotonic() - start:.0f} s; waiting for the tests with a real engine", flush=True)
            failed = bool(engines.wait()) or bool(others)
        finally:
            engines.terminate()
        log.seek(0)
        sys.stdout.buffer.write(log.read())
    print(f"all tests: {'failed' if failed else 'passed'} in {time.monotonic() - start:.0f} s")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
