"""The levels of protection: their layers, the order in which they are tried, what to say where none is available."""

from __future__ import annotations

import json
import os
import platform
import sys

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import host
from mammoth_eval.sandbox.jail import kernel, landlock
from mammoth_eval.sandbox.jail.config import Config
from mammoth_eval.sandbox.limits import Limits

LEVELS = ("full", "container", "seccomp", "process")
"""Strongest first. ``auto`` takes the best of the first two; the others only by name."""
NAMES = ("auto", *LEVELS)
"""What may be asked for."""

LAYERS: dict[str, tuple[str, ...]] = {
    "process": ("rlimits", "no_new_privs", "own_session", "empty_environment"),
    "seccomp": ("seccomp", "no_capabilities"),
    "container": ("landlock",),
    "full": ("namespaces", "private_root", "private_scratch"),
}
"""What each level adds to the one below."""

FIRST_PROGRAM = """
import json, os, resource, sys, _socket
from importlib import metadata

def is_refused(action):
    try:
        action()
    except (OSError, ValueError):
        return True
    return False

def fork():
    if os.fork() == 0:
        os._exit(0)

versions = {"python": sys.version.split()[0]}
for name in ("sympy", "mpmath", "numpy", "scipy", "pandas", "networkx"):
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
refused = {
    "fork": is_refused(fork),
    "socket": is_refused(_socket.socket),
    "raise a limit": is_refused(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))),
    "read a file of the host": is_refused(lambda: open("/etc/passwd").close()),
    "write to a library": is_refused(lambda: open(os.__file__, "r+b").close()),
}
with open("probe", "w") as file:
    file.write("scratch works")
print(json.dumps({"versions": versions, "refused": refused}))
"""
"""Run in every sandbox before it is used: tries what must be refused, and says which versions there are inside."""

_MUST_REFUSE = {
    "full": ("fork", "socket", "raise a limit", "read a file of the host", "write to a library"),
    "container": ("fork", "socket", "raise a limit", "read a file of the host", "write to a library"),
    "seccomp": ("fork", "socket", "raise a limit"),
    "process": (),
}

_HELP = {
    "full": "namespaces: run as root, or allow user namespaces (sysctl user.max_user_namespaces, "
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; "
    "in a container --security-opt seccomp=unconfined or --privileged)",
    "container": "Landlock: a kernel from 5.13 on with landlock among its modules (boot parameter lsm=landlock,...)",
    "seccomp": "seccomp filters: a Linux kernel with CONFIG_SECCOMP_FILTER on x86-64 or arm64",
    "process": "a POSIX system",
}


def candidates(asked: str) -> tuple[str, ...]:
    """The levels to try for what was asked, best first."""
    return ("full", "container") if asked == "auto" else (asked,)


def refusal(asked: str, reasons: dict[str, str]) -> str:
    """The message where no level asked for is available."""
    other = f" This is {platform.system()}: only level 'process' works, which trusts programs."
    system = "" if sys.platform == "linux" else other
    lines = [f"  {level}: {reason}\n    needs {_HELP[level]}" for level, reason in reasons.items()]
    weaker = [level for level in LEVELS if level not in reasons]
    if weaker:
        names = ", ".join(weaker)
        lines.append(f"Weaker levels are used only by name: {names} (programs can reach this machine's files there).")
    return "\n".join([f"sandbox level {asked!r} is not available here.{system}", *lines])


def config(level: str, limits: Limits) -> Config:
    """What the launcher of this level is told; `SandboxError` where it is not available on this machine."""
    rank = LEVELS.index(level)
    if level != "process" and not kernel.SYS:
        raise SandboxError(f"there are no filters for {platform.system()} on {platform.machine()}")
    if level == "container" and landlock.version() == 0:
        raise SandboxError("the kernel has no Landlock")
    return Config(
        namespaces=rank <= 0,
        private_root=rank <= 0,
        landlock=rank <= 1,
        seccomp=rank <= 2,
        capabilities=rank <= 2,
        drop_uid=rank <= 2 and (rank == 0 or host.nobody_can_read()),
        paths=host.module_paths(),
        visible=host.visible_paths(),
        readable=host.readable_paths(),
        listable=host.listable_paths(),
        hidden=host.hidden_paths(),
        scratch="",
        memory_bytes=limits.memory_mb << 20,
        file_bytes=limits.file_mb << 20,
    )


def _uid_drop(level: str) -> bool | str:
    if level == "process":
        return "not part of level process"
    if os.geteuid() != 0:
        return "not needed: the harness is no root itself"
    if level == "full" or host.nobody_can_read():
        return True
    return "the interpreter lies in a folder that only root can read"


def describe(level: str, limits: Limits, workers: int, stdout: str, reasons: dict[str, str]) -> dict[str, object]:
    """What `Sandbox.describe` gives, from what the first program printed; `SandboxError` where a layer did not hold."""
    facts = json.loads(stdout)
    open_doors = [name for name in _MUST_REFUSE[level] if not facts["refused"][name]]
    if open_doors:
        raise SandboxError(
            f"sandbox level {level}: a program could {', '.join(open_doors)}; every layer was set up without an error"
        )
    layers: dict[str, object] = {}
    for name in reversed(LEVELS):
        there = LEVELS.index(level) <= LEVELS.index(name)
        why = reasons.get(name, f"not part of level {level}")
        layers |= dict.fromkeys(LAYERS[name], True if there else why)
    if layers["landlock"] is True and landlock.version() == 0:
        layers["landlock"] = "the kernel has no Landlock"
    layers["uid_drop"] = _uid_drop(level)
    return {
        "level": level,
        "layers": layers,
        "limits": {name: getattr(limits, name) for name in limits.__slots__} | {"lanes": workers},  # as runs record it
        "versions": facts["versions"],
        "system": {"kernel": platform.release(), "machine": platform.machine(), "landlock_abi": landlock.version()},
    }
