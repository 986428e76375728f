"""Memory from outside: whom the system kills, who is tried again alone, and how many programs run at once."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from sandbox_tools import below, opened, wait_for_programs

from mammoth_eval.sandbox import memory, processes
from mammoth_eval.sandbox.limits import Limits

pytestmark = pytest.mark.slow
SLEEP = "import time\ntime.sleep({seconds})\nprint({seconds})"


def score(process):
    """What the system adds when it chooses whom to kill."""
    return Path(f"/proc/{process}/oom_score_adj").read_text(encoding="ascii").strip()


async def kill_programs(sandbox, count):
    """Kill `count` programs from outside, one after another."""
    killed = set()
    while len(killed) < count:
        for pid in set(await wait_for_programs(sandbox.pid, 1)) - killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("level", ["full", "container", "seccomp", "process"])
async def test_a_program_killed_from_outside_runs_again(level):
    async with opened(level, workers=1) as sandbox:
        running = asyncio.create_task(sandbox.run(SLEEP.format(seconds=0.6)))
        await kill_programs(sandbox, 1)
        execution = await running
        assert (execution.status, execution.stdout) == ("ok", "0.6\n")


async def test_it_runs_while_no_other_does_and_the_others_go_on():
    async with opened(workers=2) as sandbox:
        running = [asyncio.create_task(sandbox.run(SLEEP.format(seconds=0.6))) for _ in range(2)]
        programs = await wait_for_programs(sandbox.pid, 2)
        for pid in programs:
            os.kill(pid, signal.SIGKILL)
        most = 0
        while not all(task.done() for task in running):
            most = max(most, len(set(processes.at_depth(sandbox.pid, 4)) - set(programs)))
            await asyncio.sleep(0.02)
        assert [task.result().status for task in running] == ["ok", "ok"]
        assert most == 1
        assert [(await sandbox.run(f"print({n})")).stdout for n in range(3)] == ["0\n", "1\n", "2\n"]


@pytest.mark.parametrize(("kills", "status"), [((3, 3), "killed"), ((3, 4), "fault")])
async def test_killed_again_it_is_a_fault_only_where_the_machine_ran_out_of_memory(monkeypatch, kills, status):
    async with opened(workers=1) as sandbox:
        said = iter(kills)
        monkeypatch.setattr(memory, "kills", lambda: next(said))
        running = asyncio.create_task(sandbox.run(SLEEP.format(seconds=0.6)))
        await kill_programs(sandbox, 2)
        execution = await running
        assert execution.status == status
        assert ("for want of memory" in execution.error) == (status == "fault")


async def test_a_program_that_ends_itself_by_a_timers_signal_is_killed_and_no_fault():
    timer = (
        "import ctypes, time\nlibc = ctypes.CDLL(None)\n"
        "event = (ctypes.c_int * 16)(0, 0, 9, 0)\ntimer = ctypes.c_void_p()\n"
        "assert libc.timer_create(1, event, ctypes.byref(timer)) == 0\n"
        "libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 50_000_000), None)\ntime.sleep(2)\nprint(1)"
    )
    async with opened(workers=2) as sandbox:
        execution = await sandbox.run(timer)
        assert execution.status in ("killed", "error"), execution
        assert (await sandbox.run("print(1)")).status == "ok"


async def test_a_cancelled_second_try_frees_every_slot():
    async with opened(workers=2) as sandbox:
        running = asyncio.create_task(sandbox.run(SLEEP.format(seconds=5)))
        await kill_programs(sandbox, 1)
        await wait_for_programs(sandbox.pid, 1)
        running.cancel()
        await asyncio.wait([running])
        done = await asyncio.gather(*(sandbox.run(f"print({n})") for n in range(4)))
        assert [execution.status for execution in done] == ["ok"] * 4


@pytest.mark.parametrize("level", ["full", "container", "seccomp", "process"])
async def test_the_system_kills_a_program_before_the_harness(level):
    async with opened(level, workers=1) as sandbox:
        running = asyncio.create_task(sandbox.run(SLEEP.format(seconds=0.5)))
        await wait_for_programs(sandbox.pid, 1)
        assert {score(pid) for pid in below(sandbox.pid)} == {"1000"}
        await running
    assert score("self") != "1000"


GIB = 1 << 30


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"memory.max": "max"}, None),
        ({"memory.max": str(4 * GIB)}, 4 * GIB),
        ({"a/b/memory.max": str(3 * GIB), "a/memory.max": str(2 * GIB), "memory.max": "max"}, 2 * GIB),
        ({"memory/x/memory.limit_in_bytes": str(GIB)}, GIB),
        ({"memory/memory.limit_in_bytes": "9223372036854771712"}, None),
        ({"memory.max": "what?"}, None),
    ],
)
def test_the_memory_of_the_control_group_is_the_least_of_its_limits(tmp_path, files, expected):
    own = tmp_path / "cgroup"
    own.write_text("5:cpu,cpuacct:/y\n4:memory:/x\n0::/a/b\n")
    for name, content in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    assert memory.group_bytes(own, tmp_path / "groups") == expected


def test_without_control_groups_there_is_no_limit(tmp_path):
    assert memory.group_bytes(tmp_path / "nothing", tmp_path) is None


@pytest.mark.parametrize(("allowed", "expected"), [(None, 8), (64 * GIB, 8), (4 * GIB, 2), (GIB // 2, 1)])
def test_as_many_programs_at_once_as_the_memory_holds(monkeypatch, allowed, expected):
    monkeypatch.setattr(memory, "group_bytes", lambda: allowed)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    assert memory.default_workers(Limits()) == expected
