"""What the tests of the sandbox share: opening a level that this machine may not have, and looking at its processes."""

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import open_sandbox, processes


@asynccontextmanager
async def opened(level="auto", **limits):
    """An open sandbox, or a skip that says why this machine has none of this level."""
    sandbox = open_sandbox(level, **limits)
    try:
        await sandbox.__aenter__()
    except SandboxError as error:
        pytest.skip(f"no sandbox of level {level} here: {error}")
    try:
        yield sandbox
    finally:
        await sandbox.__aexit__(None, None, None)


def below(pid: int) -> list[int]:
    """The launcher and every process below it."""
    return [process for depth in range(5) for process in processes.at_depth(pid, depth)]


async def wait_for_programs(pid: int, count: int, seconds: float = 60.0) -> list[int]:
    """The programs that run below the launcher, once there are as many; fails where they do not come."""
    deadline = time.monotonic() + seconds
    while len(programs := processes.at_depth(pid, 4)) < count:
        assert time.monotonic() < deadline, f"{len(programs)} programs run, expected {count}"
        await asyncio.sleep(0.02)
    return programs


def wait_until_gone(pids: list[int], seconds: float = 10.0) -> list[int]:
    """The processes that are still there after so long."""
    deadline = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if is_running(pid)]
        time.sleep(0.02)
    return left


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
