"""The sandbox as its users see it: statuses, values, order, cancellation, what it tells of itself."""

import asyncio
import json

import pytest
import pytest_asyncio
from sandbox_tools import open_descriptors, opened, wait_for_programs

from mammoth_eval.errors import SandboxError, UnknownName, UsageError
from mammoth_eval.sandbox import open_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    async with opened(seconds=1, wall=2, memory_mb=512, workers=2) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("program", "stdout"),
    [
        ("print(1)", "1\n"),
        ("for i in range(3):\n    print(i)", "0\n1\n2\n"),
        ("x = 20\nx + 1", "21\n"),
        ("x = 3\nans = x * 2", "6\n"),
        ("answer = 7", "7\n"),
        ("result = 8", "8\n"),
        ("ans = 1\nanswer = 2\nresult = 3", "1\n"),
        ("ans = 1\n2 + 2", "4\n"),
        ("def solution():\n    return 42", "42\n"),
        ("def solve():\n    return 43", "43\n"),
        ("def solver():\n    return 44\ndef main():\n    return 45", "44\n"),
        ("def solution(n=3):\n    return n", "3\n"),
        ("def solution():\n    return 1\ndef main():\n    return solution() * 2", "2\n"),
        ("def solution():\n    return 42\nx = solution() / 2", ""),
        ("def solution(n):\n    return n", ""),
        ("def solution(*, n):\n    return n", ""),
        ("from math import sqrt as solution", ""),
        ("def main():\n    return 5\nif __name__ == '__main__':\n    main()", "5\n"),
        ("def main():\n    print(6)\nmain()", "6\n"),
        ("ans = 1\nprint('said')", "said\n"),
        ("'a closing remark'", ""),
        ("ans = None", ""),
        ("ans = print", ""),
        ("import math as ans", ""),
        ("", ""),
        ("import builtins\nbuiltins.print = None\nans = 4", "4\n"),
        ("import sys\nans = 4\nsys.stdout = None", ""),
        ("x = " + " + ".join(["1"] * 900) + "\nx", "900\n"),
        ("from __future__ import annotations\nx: int = 3\nx", "3\n"),
    ],
)
async def test_a_silent_program_gives_the_value_it_meant(sandbox, program, stdout):
    execution = await sandbox.run(program)
    assert (execution.status, execution.stdout) == ("ok", stdout), execution


@pytest.mark.parametrize("program", ["ans = 5", "5", "def solution():\n    return 5"])
async def test_the_papers_rule_adds_nothing(sandbox, program):
    assert (await sandbox.run(program, result="stdout")).stdout == ""


@pytest.mark.parametrize("rule", ["value", "stdout"])
@pytest.mark.parametrize(
    ("program", "status", "error"),
    [
        ("print(2)\n1/0", "error", "ZeroDivisionError: division by zero"),
        ("input()", "error", "EOFError: EOF when reading a line"),
        ("import sys\nsys.exit(3)", "error", "SystemExit: 3"),
        ("raise SystemExit('because')", "error", "because"),
        ("x = bytearray(8 << 30)", "memory", "MemoryError"),
        ("print(", "error", "SyntaxError: '(' was never closed"),
        ("import ctypes\nctypes.string_at(0)", "killed", "SIGSEGV"),
    ],
)
async def test_the_status_says_how_the_program_ended(sandbox, program, status, error, rule):
    execution = await sandbox.run(program, rule)
    assert (execution.status, execution.error) == (status, error)


@pytest.mark.parametrize(
    ("program", "status", "error"),
    [
        ("while True: pass", "timeout", "more than 1 s of CPU time"),
        ("import time\ntime.sleep(99)", "timeout", "more than 2 s of wall time without computing"),
        ("while True: print('x' * 1000)", "output_limit", "more than 64 KiB on stdout"),
    ],
)
@pytest.mark.slow
async def test_a_program_that_does_not_end_is_ended(sandbox, program, status, error):
    execution = await sandbox.run(program)
    assert (execution.status, execution.error) == (status, error)
    assert execution.seconds < sandbox.limits.longest


async def test_what_was_printed_before_an_exception_is_kept(sandbox):
    execution = await sandbox.run("print('half')\n1/0")
    assert (execution.status, execution.stdout) == ("error", "half\n")


async def test_a_traceback_shows_the_program_alone(sandbox):
    execution = await sandbox.run("def f():\n    return 1 / 0\nf()")
    assert execution.stderr.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<string>", line 3, in <module>',
        '  File "<string>", line 2, in f',
        "ZeroDivisionError: division by zero",
    ]


async def test_a_cancelled_run_frees_its_worker_and_kills_the_program():
    async with opened(wall=60, workers=2) as sandbox:
        running = [asyncio.create_task(sandbox.run("import time\ntime.sleep(60)")) for _ in range(4)]
        await wait_for_programs(sandbox.pid, 2)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        started = asyncio.get_running_loop().time()
        assert (await sandbox.run("print(6)")).stdout == "6\n"
        assert asyncio.get_running_loop().time() - started < 20


async def test_a_run_can_be_cancelled_at_any_moment(sandbox):
    for delay in range(30):
        task = asyncio.create_task(sandbox.run("print(1)"))
        await asyncio.sleep(delay / 3000)
        task.cancel()
        await asyncio.wait([task])
    assert [(await sandbox.run("print(7)")).stdout for _ in range(4)] == ["7\n"] * 4


async def test_map_keeps_the_order_and_takes_programs_only_as_fast_as_they_run(sandbox):
    taken = 0

    def programs():
        nonlocal taken
        for number in range(40):
            taken += 1
            yield f"import time\ntime.sleep({0.02 * (number % 3)})\nprint({number})"

    seen = []
    async for execution in sandbox.map(programs()):
        seen.append(int(execution.stdout))
        assert taken <= len(seen) + 2 * sandbox.workers
    assert seen == list(range(40))


async def test_thousands_of_waiting_programs_hold_no_descriptors(sandbox):
    before = open_descriptors()
    tasks = [asyncio.create_task(sandbox.run(f"print({number})")) for number in range(2000)]
    await asyncio.sleep(0.1)
    assert open_descriptors() <= before + 3 * sandbox.workers + 4
    for task in tasks[100:]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [execution.stdout for execution in done[:100]] == [f"{number}\n" for number in range(100)]


async def test_describe_can_be_written_to_a_file(sandbox):
    facts = json.loads(json.dumps(sandbox.describe()))
    assert facts["level"] in ("full", "container")
    assert facts["layers"]["seccomp"] is True
    assert facts["limits"] == {
        "seconds": 1, "wall": 2, "memory_mb": 512, "output_kb": 64, "file_mb": 8, "stderr_kb": 16, "lanes": 2,
    }  # fmt: skip
    assert set(facts["versions"]) >= {"python", "sympy", "numpy", "scipy"}


async def test_an_unknown_level_names_the_levels():
    with pytest.raises(UnknownName, match="did you mean 'container'"):
        await open_sandbox("contaner").__aenter__()


async def test_a_limit_must_be_above_zero():
    with pytest.raises(UsageError, match="seconds = 0"):
        open_sandbox(seconds=0)


async def test_a_closed_sandbox_says_so():
    with pytest.raises(SandboxError, match="not open"):
        await open_sandbox().run("print(1)")


async def test_those_who_wait_when_it_closes_are_answered():
    async with opened(workers=1) as sandbox:
        waiting = [asyncio.create_task(sandbox.run(f"print({number})")) for number in range(1000)]
        await waiting[0]
    executions = await asyncio.wait_for(asyncio.gather(*waiting), 30)
    assert {execution.status for execution in executions} == {"ok", "fault"}
    assert {execution.error for execution in executions if execution.status == "fault"} == {"the sandbox was closed"}


@pytest.mark.parametrize(
    ("program", "stdout"),
    [
        (f"print({'+'.join(['1'] * 1500)})", "1500\n"),
        (
            "x = 5\nif x == 0:\n    print(0)\n"
            + "".join(f"elif x == -{n}:\n    print({n})\n" for n in range(1, 1100))
            + "else:\n    print(x)",
            "5\n",
        ),
        (f"x = 3\nprint(x)\nif {'+'.join(['1'] * 400)} == 400:\n    pass", "3\n"),
        (
            "class C:\n    __str__ = lambda self: 'str'\n    __format__ = lambda self, spec: 'format'\nC()",
            "str\n",
        ),
    ],
)
async def test_a_program_is_run_as_it_is_however_deep(sandbox, program, stdout):
    execution = await sandbox.run(program)
    assert (execution.status, execution.stdout) == ("ok", stdout)


@pytest.mark.parametrize("program", ["print('\u6570' * 30000)", "import os\nos.write(1, b'\\xff' * 65536)"])
async def test_the_output_kept_is_no_longer_than_its_limit_in_bytes(sandbox, program):
    assert 65530 < len((await sandbox.run(program)).stdout.encode()) <= 65536


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("raise ValueError('first\\nsecond')", "ValueError: first"),
        (
            "import atexit, sys\natexit.register(lambda: print('cleanup', file=sys.stderr))\n1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        ("raise ValueError('x\\nMemoryError')", "ValueError: x"),
        ("try:\n    1 / 0\nexcept Exception:\n    raise KeyError(5)", "KeyError: 5"),
        ("f(", "SyntaxError: '(' was never closed"),
    ],
)
async def test_the_error_is_the_exceptions_type_and_first_line(sandbox, program, error):
    execution = await sandbox.run(program)
    assert (execution.status, execution.error) == ("error", error)


async def test_the_error_of_a_group_is_the_group(sandbox):
    execution = await sandbox.run("raise ExceptionGroup('g', [ValueError(1), TypeError(2)])")
    assert (execution.status, execution.error) == ("error", "ExceptionGroup: g (2 sub-exceptions)")
