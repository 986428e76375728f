"""The NVIDIA GPUs of this machine as its driver's own tool lists them, and whether the locked CUDA build can use them.

Standard library only: set-up asks before anything is installed, so that what cannot work is said before 9 GB are
downloaded.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

DEVICE = Path("/dev/nvidia0")
OLDEST_DRIVER = 580
"""Major version of the first driver for CUDA 13, which the locked torch is built for (NVIDIA, CUDA 13.0 release notes,
table 3).
"""
OLDEST_CAPABILITY = (7, 5)
"""Compute capability of Turing: CUDA 13 has no compiler for older ones (the same notes)."""
MIB = 2**20
_FIELDS = "name,driver_version,compute_cap,memory.total,mig.mode.current"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, or one MIG instance of one; what the driver's tool does not say is empty or 0."""

    name: str = ""
    driver: str = ""
    """Version of the driver: ``580.95.05``."""
    capability: tuple[int, int] = (0, 0)
    memory: int = 0
    """Bytes."""
    partitioned: bool = False
    """MIG is on, and no instance stands for this GPU: CUDA sees nothing of it."""


def find(seconds: float = 30.0, say: Callable[[str], object] = lambda text: None) -> tuple[Gpu, ...]:
    """Every NVIDIA GPU that a process may use here.

    A tool that gives no answer within `seconds` is not waited for, and `say` is told. ``CUDA_VISIBLE_DEVICES`` that
    names none (empty, ``-1``) hides them all, as it does from CUDA.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return ()
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return (Gpu(),) if DEVICE.exists() else ()
    try:
        listing = _ask([tool, "-L"], seconds)
        rows = (
            _ask([tool, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"], seconds)
            if "GPU 0" in listing
            else ""
        )
    except subprocess.TimeoutExpired:
        listing = rows = ""
        say(f"nvidia-smi gave no answer in {seconds:g} s: going on {'with' if DEVICE.exists() else 'without'} a GPU")
    if "GPU 0" not in listing:
        return (Gpu(),) if DEVICE.exists() else ()
    gpus = [_described(row) for row in rows.splitlines() if row.count(",") == _FIELDS.count(",")]
    if not gpus:  # a tool too old for these fields, or one that only lists
        gpus = [Gpu(name) for name in re.findall(r"^GPU \d+: ([^(\n]*?) *(?:\(|$)", listing, re.MULTILINE)]
    return tuple(
        instance for gpu, part in zip(gpus, _parts(listing), strict=False) for instance in _instances(gpu, part)
    )


def unfit(gpus: tuple[Gpu, ...]) -> str:
    """Why the locked CUDA build cannot use these GPUs, and what to do.

    Empty where it can, or where it cannot be known.
    """
    without = "or evaluate on the processor: CUDA_VISIBLE_DEVICES= before the command"
    driver = next((gpu.driver for gpu in gpus if gpu.driver), "")
    major = re.match(r"\d+", driver)
    if major and int(major[0]) < OLDEST_DRIVER:
        return f"the NVIDIA driver is {driver}, CUDA 13 needs {OLDEST_DRIVER} or newer: update the driver, {without}"
    known = [gpu for gpu in gpus if gpu.capability > (0, 0)]
    if known and all(gpu.capability < OLDEST_CAPABILITY for gpu in known):
        older = ", ".join(sorted({f"{gpu.name} ({gpu.capability[0]}.{gpu.capability[1]})" for gpu in known}))
        least = ".".join(map(str, OLDEST_CAPABILITY))
        return f"{older}: CUDA 13 needs compute capability {least} or newer (Turing, 2018); take another GPU, {without}"
    if gpus and all(gpu.partitioned for gpu in gpus):
        return (
            f"{gpus[0].name}: MIG is on and no instance is made, so CUDA sees no device: make one (nvidia-smi mig "
            f"-cgi), "
            f"or turn MIG off (nvidia-smi -mig 0), {without}"
        )
    return ""


def describe(gpus: tuple[Gpu, ...]) -> str:
    """``2 x NVIDIA H100 80GB HBM3 (80 GiB), driver 580.95.05``; empty for none."""
    kinds = {(gpu.name or "NVIDIA GPU", gpu.memory): gpus.count(gpu) for gpu in gpus}
    texts = [
        (f"{count} x " if count > 1 else "") + name + (f" ({memory / 2**30:.0f} GiB)" if memory else "")
        for (name, memory), count in kinds.items()
    ]
    driver = next((gpu.driver for gpu in gpus if gpu.driver), "")
    return ", ".join([*texts, *([f"driver {driver}"] if driver else [])])


def _ask(command: list[str], seconds: float) -> str:
    """What the tool prints; empty where it fails. Raises `subprocess.TimeoutExpired` where it hangs."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        text, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # and not waited for: a tool that hangs in its driver cannot be killed
        raise
    return text if process.returncode == 0 else ""


def _described(row: str) -> Gpu:
    name, driver, capability, memory, mig = (field.strip() for field in row.split(","))
    number = re.fullmatch(r"(\d+)\.(\d+)", capability)
    return Gpu(
        name,
        driver,
        (int(number[1]), int(number[2])) if number else (0, 0),
        int(memory) * MIB if memory.isdigit() else 0,
        mig == "Enabled",
    )


def _parts(listing: str) -> list[str]:
    """The lines of ``nvidia-smi -L`` that belong to each GPU."""
    return re.split(r"^(?=GPU \d+:)", listing, flags=re.MULTILINE)[1:]


def _instances(gpu: Gpu, listed: str) -> list[Gpu]:
    """The GPU itself, or the MIG instances that stand for it."""
    sizes = re.findall(r"^\s+MIG \S*?(\d+)gb\S*\s+Device", listed, re.MULTILINE)
    return [replace(gpu, memory=int(size) * 2**30, partitioned=False) for size in sizes] or [gpu]
