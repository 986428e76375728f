"""Thousands of programs, one in ten hostile: no worker leaked, memory flat, no wrong status."""

import asyncio

import pytest
from marks import long_run
from sandbox_tools import below, open_descriptors, opened

from mammoth_eval.sandbox import processes

ORDINARY = [
    ("print({n} * 3)", "ok", "{n3}\n"),
    ("def f(x):\n    return x + {n}\nprint(f({n}) + {n})", "ok", "{n3}\n"),
    ("from fractions import Fraction\nprint(Fraction({n3}, 1))", "ok", "{n3}\n"),
    ("from sympy import Integer\nprint(Integer({n}) * 3)", "ok", "{n3}\n"),
    ("import numpy as np\nprint(int(np.array([{n}] * 3).sum()))", "ok", "{n3}\n"),
    ("ans = {n} * 3", "ok", "{n3}\n"),
]
HOSTILE = [
    ("import os\nprint({n3}, flush=True)\nos.kill(os.getppid(), 9)", "error", "{n3}\n"),
    ("import ctypes\nctypes.string_at(0)", "killed", ""),
    ("x = bytearray(8 << 30)", "memory", ""),
    ("import os\nfor i in range(300):\n    os.mkdir(str(i), 0)\nprint({n3})", "ok", "{n3}\n"),
    ("import os\nwhile True: os.fork()", "error", ""),
    ("import sys\nsys.stdout.write('x' * 70000)", "output_limit", "x" * 65536),
    ("import os, builtins\nbuiltins.print = None\nos._exit = None\nos.close(2)\nraise SystemExit(4)", "error", ""),
    ("while True: pass", "timeout", ""),
]


def mix(count):
    """One program in ten hostile; one in four hundred runs until it is killed."""
    for n in range(count):
        kinds = HOSTILE[:-1] if n % 10 == 0 and n % 400 else [HOSTILE[-1]] if n % 10 == 0 else ORDINARY
        program, status, stdout = kinds[(n // 10 if n % 10 == 0 else n) % len(kinds)]
        yield tuple(text.replace("{n3}", str(3 * n)).replace("{n}", str(n)) for text in (program, status, stdout))


async def fill(sandbox):
    """A worker of every tier in every slot: they are made when they are first needed, whenever that is."""
    for needs in ("", "import sympy", "import numpy"):
        await asyncio.gather(*(sandbox.run(f"{needs}\nimport time\ntime.sleep(0.2)") for _ in range(sandbox.workers)))


async def soak(sandbox, count):
    """What came out other than it must."""
    expected = list(mix(count))
    wrong, place = [], 0
    async for execution in sandbox.map(program for program, _, _ in expected):
        program, status, stdout = expected[place]
        place += 1
        if (execution.status, execution.stdout) != (status, stdout):
            wrong.append((program, status, execution))
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("count", [80, pytest.param(20_000, marks=long_run)])
async def test_a_long_run_leaves_all_as_it_was(count):
    async with opened(seconds=0.3, wall=3, workers=2) as sandbox:
        await fill(sandbox)
        assert await soak(sandbox, 40) == []
        pids, descriptors, memory = below(sandbox.pid), open_descriptors(), processes.worker_memory_mb(sandbox.pid)
        assert await soak(sandbox, count) == []
        assert below(sandbox.pid) == pids
        assert open_descriptors() == descriptors
        assert processes.worker_memory_mb(sandbox.pid) < memory + 2
