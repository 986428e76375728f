"""Nothing stays behind, whoever is killed; what breaks in the sandbox is a fault that is tried again, never a score."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest
from sandbox_tools import below, is_running, opened, wait_for_programs, wait_until_gone

from mammoth_eval.sandbox import processes

pytestmark = pytest.mark.slow

HARNESS = """
import asyncio, sys, threading, time
from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import open_sandbox, processes

async def main():
    try:
        sandbox = await open_sandbox(sys.argv[1], workers=2).__aenter__()
    except SandboxError as error:
        print(str(error).replace(chr(10), " "), flush=True)
        return
    await sandbox.run("open('left.txt', 'w').write('x')\\nimport sympy")
    runs = [asyncio.create_task(sandbox.run("import os\\nos.makedirs('d/e', 0)\\nwhile True: pass")) for _ in range(2)]
    while len(processes.at_depth(sandbox.pid, 4)) < 2:
        await asyncio.sleep(0.02)
    print(sandbox.pid, flush=True)
    await asyncio.wait(runs)

threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
asyncio.run(main())
"""

CLOSING = """
import sys
from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import Sandbox

try:
    with Sandbox(sys.argv[1], workers=2) as sandbox:
        list(sandbox.map(f"open('a', 'w').write('x')\\nimport numpy\\nprint({n})" for n in range(4)))
        print(sandbox.pid, flush=True)
        sys.stdin.read()
except SandboxError as error:
    print(str(error).replace(chr(10), " "), flush=True)
"""


@pytest.mark.parametrize("level", ["full", "container"])
def test_a_harness_killed_with_9_leaves_no_process_and_no_file(level, tmp_path):
    environment = dict(os.environ, TMPDIR=str(tmp_path))
    words = [sys.executable, "-c", HARNESS, level]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True) as harness:
        said = harness.stdout.readline()
        if "not available" in said:
            pytest.skip(said)
        all_pids = below(int(said))
        assert len(all_pids) == 9  # launcher, init, two servers, three workers, two programs
        harness.kill()
    assert wait_until_gone(all_pids) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", ["full", "container"])
def test_closing_leaves_no_process_and_no_file(level, tmp_path):
    environment = dict(os.environ, TMPDIR=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", CLOSING, level],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as harness:
        said = harness.stdout.readline()
        if "not available" in said:
            pytest.skip(said)
        all_pids = below(int(said))
        assert (level == "full") == (list(tmp_path.iterdir()) == [])
        harness.communicate("go on")
    assert [pid for pid in all_pids if is_running(pid)] == []
    assert list(tmp_path.iterdir()) == []


async def test_closing_while_programs_run_ends_them():
    async with opened(workers=2) as sandbox:
        running = [asyncio.create_task(sandbox.run("while True: pass")) for _ in range(2)]
        await wait_for_programs(sandbox.pid, 2)
        all_pids = below(sandbox.pid)
        for task in running:
            task.cancel()
    await asyncio.wait(running)
    assert wait_until_gone(all_pids) == []


@pytest.mark.parametrize("depth", [0, 1, 2, 3], ids=["launcher", "init", "tiers", "workers"])
async def test_a_killed_part_is_replaced_and_the_program_runs_again(depth):
    async with opened(workers=1) as sandbox:
        assert (await sandbox.run("print(1)")).stdout == "1\n"
        running = asyncio.create_task(sandbox.run("import time\ntime.sleep(0.5)\nprint(2)"))
        await wait_for_programs(sandbox.pid, 1)
        for pid in processes.at_depth(sandbox.pid, depth):
            os.kill(pid, signal.SIGKILL)
        execution = await running
        assert (execution.status, execution.stdout) == ("ok", "2\n")
        assert (await sandbox.run("print(3)")).stdout == "3\n"


async def test_a_worker_that_goes_on_breaking_is_a_fault():
    async with opened(workers=1) as sandbox:
        running = asyncio.create_task(sandbox.run("import time\ntime.sleep(5)"))
        while not running.done():
            for pid in processes.at_depth(sandbox.pid, 3):
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)
        assert running.result().status == "fault"
        assert (await sandbox.run("print(1)")).status == "ok"


async def test_a_stopped_program_is_killed_by_the_clock():
    async with opened(workers=1, wall=1) as sandbox:
        running = asyncio.create_task(sandbox.run("import time\nwhile True: time.sleep(0.01)"))
        os.kill((await wait_for_programs(sandbox.pid, 1))[0], signal.SIGSTOP)
        assert (await running).status == "timeout"


async def test_two_sandboxes_do_not_disturb_one_another():
    async with opened(workers=1) as first, opened(workers=1) as second:
        await first.run("open('a', 'w').write('x')")
        assert (await second.run("import os\nprint(os.listdir('.'))")).stdout == "[]\n"


async def test_the_same_program_gives_the_same_bytes_in_another_sandbox():
    program = "import random\nprint(random.random(), hash('a'), {'x', 'y', 'z'}, id(random), object())"
    seen = set()
    for _ in range(2):
        async with opened(workers=2) as sandbox:
            for number in range(6):
                await sandbox.run(f"x = [str(i) * {number} for i in range(2000)]")
                seen.add((await sandbox.run(program)).stdout)
    assert len(seen) == 1


async def test_opening_is_quick_and_does_not_wait_for_libraries():
    started = time.monotonic()
    async with opened(workers=1) as sandbox:
        await sandbox.run("print(1)")
        assert len(processes.at_depth(sandbox.pid, 2)) == 1
    assert time.monotonic() - started < 10


async def test_a_run_that_is_under_way_when_the_sandbox_closes_is_a_fault_and_starts_nothing_anew():
    before = set(processes.at_depth(os.getpid(), 1))
    async with opened(workers=1) as sandbox:
        running = [asyncio.create_task(sandbox.run("import time\ntime.sleep(9)")) for _ in range(3)]
        await wait_for_programs(sandbox.pid, 1)
        all_pids = below(sandbox.pid)
    executions = await asyncio.wait_for(asyncio.gather(*running), 30)
    assert [execution.status for execution in executions] == ["fault"] * 3
    assert wait_until_gone(all_pids) == []
    assert set(processes.at_depth(os.getpid(), 1)) <= before
