"""The machine itself: Python, cores, memory, GPUs, disk, compiler."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from mammoth_eval import nvidia
from mammoth_eval.doctor.finding import Finding, Setting

GIB = 2**30


def python() -> Finding:
    """Version and place of this Python."""
    version = platform.python_version()
    return Finding(
        "python", "ok", f"{version}, {sys.executable}", facts={"version": version, "executable": sys.executable}
    )


def cores() -> Finding:
    """Cores that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(
        "cores", "ok", f"{count} ({platform.machine()})", facts={"count": count, "machine": platform.machine()}
    )


def memory() -> Finding:
    """Memory of the machine, and what of it is free."""
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines() if Path("/proc/meminfo").exists() else []
    kib = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    total, free = kib.get("MemTotal", 0) * 1024 / GIB, kib.get("MemAvailable", 0) * 1024 / GIB
    facts = {"total_gib": round(total, 1), "available_gib": round(free, 1)}
    if not total:
        return Finding("memory", "warn", "cannot be read on this system", facts=facts)
    small = free < 6
    advice = "the default job takes some 5 GiB: stop something else" if small else ""
    return Finding("memory", "warn" if small else "ok", f"{total:.0f} GiB, {free:.0f} GiB available", advice, facts)


def gpu(gpus: tuple[nvidia.Gpu, ...]) -> Finding:
    """The GPUs that the driver lists, and whether the CUDA build can use them."""
    text = nvidia.describe(gpus) or "none: models run on the processor"
    reason = nvidia.unfit(gpus)
    return Finding("gpu", "warn" if reason else "ok", text, reason, {"gpus": [asdict(one) for one in gpus]})


def disk(setting: Setting) -> Finding:
    """Room for results and for the cache."""
    free = {}
    for name, folder in (("results", setting.results_dir), ("cache", setting.cache_dir)):
        place = folder.absolute()
        while not place.exists():
            place = place.parent
        free[name] = round(shutil.disk_usage(place).free / GIB, 1)
    tight = min(free.values()) < 2
    text = ", ".join(f"{gib} GiB free for {name}" for name, gib in free.items())
    advice = "the default model takes 0.4 GiB, a 7B model 14 GiB in the hub's cache" if tight else ""
    return Finding("disk", "warn" if tight else "ok", text, advice, {"free_gib": free})


def compiler() -> Finding:
    """A C++ compiler: vllm's compiled graphs and some source-only packages want one."""
    found = next(
        (
            path
            for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++")
            if name and (path := shutil.which(name))
        ),
        "",
    )
    if found:
        return Finding("compiler", "ok", found, facts={"path": found})
    advice = "install g++: compiled graphs of vllm need it, and packages that come as source"
    return Finding("compiler", "warn", "none found", advice, {"path": ""})
