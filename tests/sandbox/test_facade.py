"""The synchronous facade, the choice of the tier, and the levels' words."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import LEVELS, Limits, Sandbox, levels, open_sandbox
from mammoth_eval.sandbox.host import tier_of


def test_the_facade_works_without_asyncio():
    try:
        with Sandbox(limits=Limits(seconds=1, wall=2), workers=2) as sandbox:
            assert sandbox.run("6 * 7").stdout == "42\n"
            assert [execution.stdout for execution in sandbox.map(f"print({n})" for n in range(20))] == [
                f"{n}\n" for n in range(20)
            ]
    except SandboxError as error:
        pytest.skip(str(error))


def test_threads_that_wait_when_it_closes_are_answered():
    try:
        sandbox = Sandbox(limits=Limits(seconds=1, wall=2), workers=1).__enter__()
    except SandboxError as error:
        pytest.skip(str(error))
    with ThreadPoolExecutor(64) as threads:
        waiting = [threads.submit(sandbox.run, "import time\ntime.sleep(0.5)") for _ in range(64)]
        while not any(future.done() for future in waiting):
            time.sleep(0.05)
        sandbox.__exit__(None, None, None)
        statuses = {future.result(timeout=30).status for future in waiting}
    assert statuses == {"ok", "fault"}


def test_a_sandbox_may_be_opened_again_on_another_loop():
    sandbox = open_sandbox(workers=1)

    async def use():
        async with sandbox:
            executions = await asyncio.gather(*(sandbox.run(f"print({number})") for number in range(5)))
            return [execution.stdout for execution in executions]

    try:
        found = [asyncio.run(use()) for _ in range(2)]
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")
    assert found == [[f"{number}\n" for number in range(5)]] * 2


@pytest.mark.parametrize(
    ("program", "tier"),
    [
        ("print(1)", "plain"),
        ("import sympy", "sympy"),
        ("from mpmath import mp", "sympy"),
        ("import numpy as np", "numpy"),
        ("import numpy, sympy", "all"),
        ("from scipy.stats import norm", "scipy"),
        ("import numpy\nfrom scipy.optimize import brentq", "scipy"),
        ("import scipy, sympy", "all"),
        ("x = 1; import sympy as sp", "sympy"),
        ("print('sympy and numpy')", "plain"),
        ("from scipy.stats import norm\npd = __import__('pandas')", "all"),
        ("import scipy, seaborn", "all"),
    ],
)
def test_a_program_runs_in_the_smallest_tier_that_has_what_it_names(program, tier):
    assert tier_of(program) == tier


def test_a_refusal_says_what_each_level_needs_and_names_the_weaker_ones():
    reasons = {"full": "unshare: Operation not permitted", "container": "the kernel has no Landlock"}
    said = levels.refusal("auto", reasons)
    for part in ("unshare: Operation not permitted", "user namespaces", "lsm=landlock", "seccomp, process"):
        assert part in said


def test_auto_never_takes_a_weak_level():
    assert levels.candidates("auto") == LEVELS[:2]


def test_a_facade_that_is_not_open_says_so():
    with pytest.raises(SandboxError, match="not open"):
        Sandbox().run("print(1)")
