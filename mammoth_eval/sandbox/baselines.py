"""The baselines of `bench.py`, executed as a script: ``floor TIER`` and ``pool WORKERS REPEAT MODULE...``.

Programs come as a JSON list on standard input and run unprotected. Prints one JSON object.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def load(modules: Sequence[str]) -> None:
    """Import what is installed of these."""
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def run(code: str) -> str:
    """What a program prints."""
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.suppress(Exception, SystemExit):
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    return stdout.getvalue()


def floor(codes: Sequence[str], tier: str) -> float:
    """CPU seconds of this process, prepared as the tier is, and of one bare fork for each program."""
    sys.path.insert(0, str(Path(__file__).parent))
    from jail import kernel  # type: ignore[import-not-found]

    kernel.ignore_fork_hooks()
    from jail import tiers  # type: ignore[import-not-found]

    proc = os.open("/proc", os.O_PATH)
    tiers.load_standard(sys.path)
    tiers.load(tier)
    tiers.pack(proc)
    before = sum(os.times()[:4])
    for code in codes:
        child = os.fork()
        if child == 0:
            run(code)
            os._exit(0)
        os.waitpid(child, 0)
    return sum(os.times()[:4]) - before


def pool(codes: Sequence[str], workers: int, repeat: int, modules: Sequence[str]) -> float:
    """Wall seconds for `repeat` rounds in a pool of processes that have the libraries loaded and are never replaced."""
    import multiprocessing  # its modules have hooks at a fork, which the floor does without

    with multiprocessing.get_context("spawn").Pool(workers, load, (modules,)) as processes:
        processes.map(run, codes)
        started = time.perf_counter()
        processes.map(run, list(codes) * repeat, chunksize=1)
        return time.perf_counter() - started


def main(words: Sequence[str]) -> None:
    """Run the baseline that the words name."""
    codes: list[str] = json.load(sys.stdin)
    if words[0] == "floor":
        print(json.dumps({"cpu_seconds": floor(codes, words[1])}))
    else:
        print(json.dumps({"wall_seconds": pool(codes, int(words[1]), int(words[2]), words[3:])}))


if __name__ == "__main__":
    main(sys.argv[1:])
