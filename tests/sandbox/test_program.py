"""What a program finds when it starts: ``__main__``, cores, hooks and memory as in a fresh interpreter."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from sandbox_tools import opened

import mammoth_eval.sandbox
from mammoth_eval.sandbox import host

STAR = "from sympy import *"
IN_HUGE_PAGES = """
import os, sys
sys.path.insert(0, sys.argv[1])
from jail import huge_pages

def huge_kb():
    with open("/proc/self/smaps_rollup") as rows:
        return sum(int(row.split()[1]) for row in rows if row.startswith("AnonHugePages:"))

kept = [[number] for number in range(1_000_000)]
before = huge_kb()
huge_pages.collapse(os.open("/proc", os.O_PATH))
print(before, huge_kb(), sum(len(item) for item in kept))
"""

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    async with opened(workers=1) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    "program",
    [
        f"{STAR}\nprint(list(globals()), [type(v).__name__ for v in list(globals().values())[7:]])",
        "print(list(globals()), __name__, __doc__, __annotations__, __builtins__, __loader__)",
        "import __main__, sys\nprint(__main__ is sys.modules['__main__'], vars(__main__) is globals(), __main__)",
        "class A: pass\nprint(A, A.__module__)",
        "import os\nprint(sorted(os.sched_getaffinity(0)), os.sched_getaffinity)",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="affinity is of Linux")
async def test_a_program_finds_what_a_fresh_interpreter_has(sandbox, program):
    environment = host.ENVIRONMENT | {"PATH": os.environ["PATH"]}
    words = [sys.executable, "-c", program]
    fresh = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True, env=environment)
    assert (await sandbox.run(program, "stdout")).stdout == fresh.stdout


async def test_what_a_program_does_to_its_names_ends_with_it(sandbox):
    await sandbox.run(f"{STAR}\nimport sympy\nsqrt = symbols = sympy.sqrt = None\ndel pi\nleft = 1")
    execution = await sandbox.run(f"{STAR}\nprint(sqrt(4), symbols('x'), pi, 'left' in globals())")
    assert execution.stdout == "2 x pi False\n"


async def test_the_collector_knows_the_globals_of_a_program(sandbox):
    program = "import gc\nx = []\nprint(any(item is globals() for item in gc.get_referrers(x) + gc.get_objects()))"
    assert (await sandbox.run(program)).stdout == "True\n"


@pytest.mark.parametrize("spoilt", ["codecs.BOM_UTF8 = None", "del codecs.BOM_UTF8"])
async def test_the_meant_value_is_found_whatever_the_program_did_to_codecs(sandbox, spoilt):
    assert (await sandbox.run(f"import codecs\n{spoilt}\n3", "value")).stdout == "3\n"


@pytest.mark.parametrize("level", ["auto", "process"])
async def test_a_text_larger_than_the_memory_is_short_of_memory(level):
    async with opened(level, workers=1, memory_mb=64) as sandbox:
        assert (await sandbox.run(f"x = '{'x' * (70 << 20)}'")).status == "memory"
        assert (await sandbox.run("print(1)")).stdout == "1\n"


async def test_pandas_can_come_late(sandbox):
    pytest.importorskip("pandas")
    late = "pd = __import__('pan' + 'das')\ns = pd.Series(['a', 'b'])\nprint(len(s), len(bytes(256 << 20)) >> 20)"
    assert (await sandbox.run(late)).stdout == "2 256\n"


async def test_a_program_finds_the_real_function_for_hooks_at_a_fork(sandbox):
    program = "import os, posix, threading\nprint(os.register_at_fork is posix.register_at_fork)"
    assert (await sandbox.run(program)).stdout == "True\n"


@pytest.mark.parametrize("library", ["math", "sympy", "numpy", "networkx"])
async def test_a_program_draws_the_same_random_numbers_in_every_tier(sandbox, library):
    pytest.importorskip(library)
    program = f"import {library}, random\nprint(random.random(), random.gauss(0, 1))"
    drawn = random.Random(0)
    expected = f"{drawn.random()} {drawn.gauss(0, 1)}\n"
    assert [(await sandbox.run(program)).stdout for _ in range(2)] == [expected] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="huge pages are asked for on Linux alone")
async def test_the_heap_is_put_into_huge_pages_and_keeps_what_it_holds():
    words = [sys.executable, "-c", IN_HUGE_PAGES, str(Path(mammoth_eval.sandbox.__file__).parent)]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True)
    before, after, kept = map(int, done.stdout.split())
    assert kept == 1_000_000
    if after == 0:
        pytest.skip("this kernel collapses no memory into huge pages")
    assert after > before
