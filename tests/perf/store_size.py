"""How long a report of a large run takes, and how much memory: ``python tests/perf/store_size.py [RECORDS]`` (default:
a million).

A run of short records is written (decodings ``hybrid`` and ``both``, two graders each), then `mammoth-eval report`
reads it in a process of its own. The goal is under 15 s and 2 GB for a million.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import runs

from mammoth_eval import store
from mammoth_eval.store import records

KINDS = 200
"""Different records; the lines repeat them under other ids."""
SETS = ("gsm8k", "math", "svamp")


def write(results: Path, decoding: str, count: int) -> Path:
    """A run of `count` records."""
    rng = random.Random(0)
    path = runs.make(results, f"size-{decoding}", decoding, {name: ["correct"] for name in SETS})
    kinds = []
    for number in range(KINDS):
        by_pot, by_cot = (rng.choice(("correct", "wrong", "no_answer")) for _ in range(2))
        benchmark = SETS[number % len(SETS)]
        one = runs.solved(by_pot, by_cot, benchmark=benchmark, number=123456789, meta={"level": str(number % 5)})
        kinds.append(records.encode(one))
    with (path / "records.jsonl").open("wb") as file:
        file.writelines(kinds[number % KINDS].replace(b"123456789", b"%d" % number, 1) for number in range(count))
    return path


def measure(path: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor and GB of one report."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "mammoth_eval", "report", str(path), "--json"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the report failed with status {status}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9


def main() -> None:
    """Write, report, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for decoding in ("hybrid", "both"):
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder), decoding, count)
            size = (path / "records.jsonl").stat().st_size
            seconds, busy, memory = measure(path)
            assert store.load_run(path)
            print(
                f"{decoding}: {count:,} records of {size / count:.0f} bytes: "
                f"{seconds:.1f} s ({busy:.1f} s of processor), {memory:.2f} GB",
                flush=True,
            )


if __name__ == "__main__":
    main()
