"""Random bytes as programs, random changes of programs and of the protocol: never a hang or a fault that is scored."""

import asyncio
import random

import pytest
import pytest_asyncio
from marks import long_run
from sandbox_tools import opened

from mammoth_eval.sandbox.jail import protocol

SEEDS = [
    "from math import sqrt\nx = [i * i for i in range(20)]\nprint(sum(x), sqrt(x[3]))",
    "def solution():\n    a, b = 3, 4\n    while a < 100:\n        a, b = b, a + b\n    return a\nprint(solution())",
    "import os\ntry:\n    os.remove('x')\nexcept OSError as error:\n    print(type(error))\nraise SystemExit(2)",
    "class A:\n    def __init__(self, n):\n        self.n = n\n    def __repr__(self):\n        return '5'\nA(5)",
    "import itertools as i, functools\nprint(functools.reduce(lambda a, b: a * b, i.islice(i.count(1), 10)))",
]
PIECES = [
    "\0", "\n", "    ", "(", ")", "while True:", "import ", "del ", "os.", "sys.stdout", "exec(", "0", "'''", "\\", (
        "lambda:"
    ),
    "\ud800", "é",
]  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    async with opened(seconds=0.5, wall=1, memory_mb=256, workers=2) as sandbox:
        yield sandbox


def changed(text, rng):
    """One to four edits: a piece put in, or a few characters taken out; one in ten programs still runs to its end."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text) + 1)
        piece, cut = (rng.choice(PIECES), 0) if rng.random() < 0.5 else ("", rng.randrange(3))
        text = text[:start] + piece + text[start + cut :]
    return text


def noise(rng):
    return bytes(rng.randrange(256) for _ in range(rng.randrange(200))).decode("latin-1")


async def survive(sandbox, programs):
    statuses = [execution.status async for execution in sandbox.map(programs)]
    assert "fault" not in statuses
    assert (await sandbox.run("print(1)")).stdout == "1\n"
    return statuses


async def test_changed_programs_end_with_a_status_of_their_own(sandbox):
    rng = random.Random(1)
    statuses = await survive(sandbox, [changed(rng.choice(SEEDS), rng) for _ in range(200)])
    assert {"ok", "error"} <= set(statuses)


async def test_noise_is_an_error_of_the_program(sandbox):
    rng = random.Random(2)
    assert "error" in await survive(sandbox, [noise(rng) for _ in range(100)])


@long_run
@pytest.mark.slow
async def test_many_changed_programs(sandbox):
    rng = random.Random(3)
    await survive(sandbox, (changed(rng.choice(SEEDS), rng) for _ in range(5000)))


async def test_a_large_program_is_taken_whole(sandbox):
    assert (await sandbox.run("x = '" + "y" * 4_000_000 + "'\nprint(len(x))")).stdout == "4000000\n"


@pytest.mark.parametrize("size", [0, 1, protocol.REQUEST_BYTES - 1, protocol.REQUEST_BYTES])
async def test_noise_on_a_workers_socket_breaks_that_worker_alone(size):
    rng = random.Random(size)
    async with opened(workers=1) as sandbox:
        await sandbox.run("print(1)")
        slot = sandbox._free.get_nowait()
        slot.workers["plain"].send(bytes(rng.randrange(1, 256) for _ in range(size)))
        await asyncio.sleep(0.05)
        sandbox._free.put_nowait(slot)
        execution = await sandbox.run("print(2)")
        assert (execution.status, execution.stdout) == ("ok", "2\n")


@pytest.mark.parametrize("data", [b"", b"x", b"x" * (protocol.REPLY_BYTES + 1)])
async def test_a_message_of_another_size_is_refused(data):
    with pytest.raises(ValueError, match="expected"):
        protocol.read_reply(data)
    with pytest.raises(ValueError, match="expected"):
        protocol.read_request(data)
