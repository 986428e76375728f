"""What the locks pin, kept in ``requirements/releases.json``: each release's files and requirements, as the public
index has them.

A lock says which files may be installed, by hash; it does not say what those files ask for. This record does, so that a
test holds without a network that each combination of locks is whole on every Python and machine that set-up supports.
`tools/lock.py` writes both.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

RECORD = Path(__file__).resolve().parent.parent / "requirements" / "releases.json"
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
OLDEST_GLIBC = {"x86_64": 31, "aarch64": 35}
"""Minor version of the oldest C library that every lock is held to: Ubuntu 20.04 and Debian 11; Ubuntu 22.04."""


@dataclass(frozen=True, slots=True)
class Target:
    """A Python and a machine, both under Linux, for which the locks must be whole."""

    python: str
    """Minor version: ``3.12``."""
    machine: str

    def environment(self, extra: str = "") -> dict[str, str]:
        """The variables of environment markers (PEP 508) there."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "platform_machine": self.machine,
            "platform_system": "Linux",
            "platform_release": "",
            "platform_version": "",
            "sys_platform": "linux",
            "os_name": "posix",
            "extra": extra,
        }

    def holds(self, marker: Marker | None, extra: str = "") -> bool:
        """Whether what has this marker is wanted there."""
        return marker is None or marker.evaluate(self.environment(extra))


@cache
def tags_of(wheel: str) -> frozenset[Tag]:
    """What a wheel's name says of where it can be installed."""
    return parse_wheel_filename(wheel)[3]


@cache
def tags(target: Target) -> frozenset[Tag]:
    """What wheels can be installed there."""
    version = tuple(map(int, target.python.split(".")))
    platforms = [f"manylinux_2_{minor}_{target.machine}" for minor in range(OLDEST_GLIBC[target.machine], 4, -1)]
    older = {"x86_64": ("manylinux2014", "manylinux2010", "manylinux1"), "aarch64": ("manylinux2014",)}[target.machine]
    platforms += [f"{name}_{target.machine}" for name in older]
    interpreter = f"cp{target.python.replace('.', '')}"
    return frozenset([*cpython_tags(version, platforms=platforms), *compatible_tags(version, interpreter, platforms)])


ENTRY = re.compile(r"^[A-Za-z0-9].*?(?:\\\n.*?)*$", re.MULTILINE)
"""One package of a lock, hashes and all."""
TARGETS = tuple(Target(python, machine) for python in PYTHONS for machine in MACHINES)


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a package on the index."""

    name: str
    version: str
    requires_python: str
    requires: tuple[str, ...]
    """Its requirements, those of extras that nobody asks for left out."""
    files: Mapping[str, str]
    """File name -> sha256, of the files that some target can install."""

    def needs(self, target: Target, extra: str = "") -> list[Requirement]:
        """What it asks for there; with `extra`, what that extra adds."""
        return _needs(self.requires, target, extra)

    def installable(self, target: Target) -> dict[str, str]:
        """Of its files, those that can be installed there; a source file only where there is no wheel at all."""
        wheels = {name: digest for name, digest in self.files.items() if name.endswith(".whl")}
        if not wheels:
            return dict(self.files)
        fitting = tags(target)
        return {name: digest for name, digest in wheels.items() if fitting & tags_of(name)}


@cache
def _needs(requires: tuple[str, ...], target: Target, extra: str) -> list[Requirement]:
    asked = [Requirement(text) for text in requires]
    always = [one for one in asked if target.holds(one.marker)]
    return [one for one in asked if target.holds(one.marker, extra) and one not in always] if extra else always


def load() -> dict[str, Release]:
    """Every pinned release by the name of its package."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))
    return {row["name"]: Release(**{**row, "requires": tuple(row["requires"])}) for row in rows}


def save(releases: Iterable[Release]) -> None:
    """Write the record, a release a line."""
    lines = [json.dumps(asdict(release), sort_keys=True) for release in sorted(releases, key=lambda one: one.name)]
    RECORD.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def closure(roots: Iterable[str], releases: Mapping[str, Release], without: Iterable[str]) -> dict[str, set[Target]]:
    """Which packages installing `roots` brings in, and where; packages in `without` are neither taken nor followed."""
    found: dict[str, set[Target]] = defaultdict(set)
    left_out = set(without)
    asked = [Requirement(root) for root in roots]
    for target in TARGETS:
        waiting = [one for one in asked if target.holds(one.marker)]
        seen: set[tuple[str, str]] = set()
        while waiting:
            requirement = waiting.pop()
            name = canonicalize_name(requirement.name)
            if name in left_out:
                continue
            found[name].add(target)
            for extra in ("", *requirement.extras):
                if (name, extra) not in seen:
                    seen.add((name, extra))
                    waiting += releases[name].needs(target, extra)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Entry:
    """One package in a lock."""

    name: str
    version: str
    marker: Marker | None
    hashes: frozenset[str]


@cache
def entries(lock: str) -> tuple[Entry, ...]:
    """The packages of a lock's text."""
    found = []
    for text in ENTRY.findall(lock):
        requirement = Requirement(text.partition("\\\n")[0])
        (pin,) = requirement.specifier
        hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
        found.append(Entry(canonicalize_name(requirement.name), pin.version, requirement.marker, hashes))
    return tuple(found)
