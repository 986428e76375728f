"""How fast the sandbox is, beside a fresh interpreter for each program, an unprotected warm pool, and the floor.

The floor is what no sandbox of forked children can go below: fork and exit of the process with the libraries loaded,
and the programs' own work in it, without any layer and without an output (`baselines.py`). The baselines run the
programs unprotected: the file must be trusted. Sandbox and fresh interpreters take turns, so that a machine whose speed
changes gives both the same share of its good and bad times.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval.errors import UsageError
from mammoth_eval.sandbox import host
from mammoth_eval.sandbox.client import Jail
from mammoth_eval.sandbox.jail.tiers import TIERS
from mammoth_eval.sandbox.limits import Limits
from mammoth_eval.sandbox.memory import default_workers

_BASELINES = str(Path(__file__).with_name("baselines.py"))


@dataclass(frozen=True, slots=True)
class Sample:
    """A program and what a fresh interpreter prints for it, where that is known."""

    code: str
    stdout: str | None


def read_programs(path: Path) -> list[Sample]:
    """The programs of a file; `UsageError` where it holds none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        samples = [Sample(row["code"], row.get("stdout")) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: {error!r}; expected a JSON list of objects with code and stdout") from error
    if not samples:
        raise UsageError(f"{path}: no programs")
    return samples


def measure(samples: Sequence[Sample], level: str, workers: int | None, repeat: int, limits: Limits) -> dict[str, Any]:
    """All figures of one run, as `sandbox bench --json` prints them."""
    count = workers or default_workers(limits)
    figures = asyncio.run(_in_turns(samples, level, count, repeat, limits))
    codes = [sample.code for sample in samples]
    figures["floor_cpu_ms_per_program"] = round(_floor(codes, repeat), 3)
    figures["pool_programs_per_second"] = round(_pool(codes, count, repeat), 1)
    fresh = figures["fresh_interpreter_programs_per_second"]
    figures["times_fresh_interpreter"] = round(figures["programs_per_second"] / fresh, 1)
    figures["times_floor_cpu"] = round(figures["cpu_ms_per_program"] / figures["floor_cpu_ms_per_program"], 2)
    return figures


async def _in_turns(samples: Sequence[Sample], level: str, workers: int, repeat: int, limits: Limits) -> dict[str, Any]:
    """The sandbox's figures, and the rate of fresh interpreters, which run a share of the programs after each round."""
    async with Jail(level, limits, workers) as jail:
        for sample in samples:
            await jail.run(sample.code, "stdout")
        latencies: list[float] = []
        equal = 0

        async def feed(queue: list[Sample]) -> None:
            nonlocal equal
            while queue:
                sample = queue.pop()
                started = time.perf_counter()
                execution = await jail.run(sample.code, "stdout")
                latencies.append(time.perf_counter() - started)
                equal += execution.stdout == sample.stdout

        cpu = wall = fresh = 0.0
        for turn in range(repeat):
            queue = list(samples)[::-1]
            used, own, started = await jail.cpu_seconds(), time.process_time(), time.perf_counter()
            await asyncio.gather(*(feed(queue) for _ in range(workers)))
            wall += time.perf_counter() - started
            cpu += await jail.cpu_seconds() - used + time.process_time() - own
            fresh += await asyncio.to_thread(_fresh, [sample.code for sample in samples[turn::repeat]], workers)
        memory = jail.worker_memory_mb()
    latencies.sort()
    return {
        "programs_per_second": round(len(latencies) / wall, 1),
        "fresh_interpreter_programs_per_second": round(len(samples) / fresh, 2),
        "cpu_ms_per_program": round(cpu / len(latencies) * 1e3, 3),
        "p50_ms": round(latencies[len(latencies) // 2] * 1e3, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1e3, 2),
        "worker_memory_mb": memory,
        "outputs_equal": equal,
        "outputs_known": sum(sample.stdout is not None for sample in samples) * repeat,
        "programs": len(latencies),
        "workers": workers,
        "level": jail.level,
        "layers": jail.describe()["layers"],
    }


def _baseline(mode: str, codes: list[str], *words: str) -> dict[str, float]:
    """Run `baselines.py` in a fresh process with the sandbox's environment."""
    environment = host.ENVIRONMENT | {"PATH": os.environ.get("PATH", "")}
    done = subprocess.run(
        [sys.executable, _BASELINES, mode, *words],
        input=json.dumps(codes),
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _floor(codes: list[str], repeat: int) -> float:
    """CPU milliseconds per program: bare forks of the process that has the program's tier loaded."""
    seconds = 0.0
    for tier in TIERS:
        chosen = [code for code in codes if host.tier_of(code) == tier]
        if chosen:
            seconds += _baseline("floor", chosen * repeat, tier)["cpu_seconds"]
    return seconds / (len(codes) * repeat) * 1e3


def _pool(codes: list[str], workers: int, repeat: int) -> float:
    modules = dict.fromkeys(name for code in codes for name in TIERS[host.tier_of(code)])
    return len(codes) * repeat / _baseline("pool", codes, str(workers), str(repeat), *modules)["wall_seconds"]


def _fresh(codes: list[str], workers: int) -> float:
    """Seconds for these programs, each in a new interpreter, `workers` at once; not counted is who idles at the end."""

    def run(code: str) -> float:
        started = time.perf_counter()
        words = [sys.executable, "-c", code]
        subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=120)
        return time.perf_counter() - started

    with ThreadPoolExecutor(workers) as threads:
        return sum(threads.map(run, codes)) / workers


def as_text(figures: dict[str, Any]) -> str:
    """The figures as lines for a reader."""
    rows = [f"{name.replace('_', ' '):42} {value}" for name, value in figures.items() if name != "layers"]
    return "\n".join(rows)
