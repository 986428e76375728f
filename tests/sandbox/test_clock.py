"""CPU time and idle time: what ends a program, whatever else the machine does."""

import subprocess
import sys
import time

import pytest
from sandbox_tools import opened

from mammoth_eval.sandbox import Limits
from mammoth_eval.sandbox.jail import protocol
from mammoth_eval.sandbox.jail.clock import BUSY, Clock

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="a process's own clock is of Linux")]

BURN = "import time\nwhile time.process_time() < {}: pass\n"


async def test_a_program_that_computes_is_not_ended_by_the_wall():
    async with opened(seconds=5, wall=0.8, workers=1) as sandbox:
        execution = await sandbox.run(BURN.format(1.7) + "print('done')")
        assert (execution.status, execution.stdout) == ("ok", "done\n")
        assert execution.seconds > 2 * sandbox.limits.wall


@pytest.mark.parametrize("wait", ["time.sleep(99)", "while True: time.sleep(0.02)", "import signal; signal.pause()"])
async def test_a_program_that_waits_is_ended_by_its_idle_time_also_after_it_computed(wait):
    async with opened(seconds=5, wall=0.7, workers=1) as sandbox:
        execution = await sandbox.run(BURN.format(0.3) + wait)
        assert (execution.status, execution.error) == ("timeout", "more than 0.7 s of wall time without computing")


DUTY = """
import time
end = time.monotonic() + 60
while time.monotonic() < end:
    start = time.process_time()
    while time.process_time() - start < {share} * 0.1: pass
    time.sleep(0.1 * (1 - {share}))
"""


@pytest.mark.parametrize("share", [0.01, 0.05])
async def test_a_program_that_computes_now_and_then_holds_its_place_no_longer_than_one_that_waits(share):
    async with opened(seconds=5, wall=1.0, workers=1) as sandbox:
        execution = await sandbox.run(DUTY.format(share=share))
        assert (execution.status, execution.error) == ("timeout", "more than 1 s of wall time without computing")
        assert execution.seconds < 8  # alone 2; at 5 % of CPU its limit would come after 100


@pytest.mark.parametrize(
    ("code", "reached"), [("import time; time.sleep(60)", protocol.WALL_TIME), ("while True: pass", protocol.CPU_TIME)]
)
def test_each_clock_ends_its_own_kind_of_program(code, reached):
    with subprocess.Popen([sys.executable, "-S", "-c", code]) as child:
        clock = Clock(protocol.read_request(protocol.request(protocol.RUN, cpu=0.6, wall=0.6)))
        pause, reason, deadline = clock.first_pause(), None, time.monotonic() + 60
        while reason is None and time.monotonic() < deadline:
            time.sleep(pause)
            reason, pause = clock.look(child.pid)
        child.kill()
    assert reason == reached


def test_the_longest_time_of_a_program_follows_from_its_limits():
    assert Limits(seconds=5, wall=10).longest == 10 + BUSY * 5
