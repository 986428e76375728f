"""Which core a program runs on: its place's own while all places are busy, any otherwise; what it sees are all of them."""

import asyncio
import os
import sys

import pytest
from sandbox_tools import opened

from mammoth_eval.sandbox.client import default_lanes

_BOUND = """
import ctypes, os, time
mask = ctypes.create_string_buffer(1024)
size = ctypes.CDLL(None).syscall({"x86_64": 204}.get(os.uname().machine, 123), 0, 1024, mask)
print(sum(byte.bit_count() for byte in mask.raw[:size]), sorted(os.sched_getaffinity(0)))
time.sleep(0.3)
"""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux alone"),
    pytest.mark.skipif(default_lanes() < 2, reason="there is one core to choose from"),
]


async def _bound(sandbox, programs: int) -> tuple[list[int], set[str]]:
    """Number of cores that each program may use, and what all of them see."""
    done = await asyncio.gather(*(sandbox.run(_BOUND, "stdout") for _ in range(programs)))
    rows = [execution.stdout.split(" ", 1) for execution in done]
    return [int(count) for count, _ in rows], {seen for _, seen in rows}


@pytest.mark.asyncio
async def test_programs_keep_to_a_core_only_while_all_places_are_busy():
    cores = sorted(os.sched_getaffinity(0))
    async with opened(lanes=len(cores)) as sandbox:
        await _bound(sandbox, len(cores))  # a lane that is made only now may take longer than the first programs run
        alone, seen = await _bound(sandbox, 1)
        together, seen_together = await _bound(sandbox, len(cores))
        after, _ = await _bound(sandbox, 1)
    assert alone == after == [len(cores)]
    assert together[-1] == 1
    assert set(together) <= {1, len(cores)}
    assert seen == seen_together == {f"{cores}\n"}


@pytest.mark.asyncio
async def test_programs_run_on_any_core_where_lanes_and_cores_differ():
    async with opened(lanes=1) as sandbox:
        assert (await _bound(sandbox, 2))[0] == [default_lanes()] * 2


@pytest.mark.asyncio
async def test_a_core_that_does_not_exist_is_no_fault():
    async with opened(lanes=1) as sandbox:
        sandbox._places[0].core = 1023
        execution = await sandbox.run("print(1)", "stdout")
    assert (execution.status, execution.stdout) == ("ok", "1\n")
