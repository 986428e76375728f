"""The interpreter's code in huge pages: the same code, and programs that run on it."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from sandbox_tools import opened

import mammoth_eval.sandbox
from mammoth_eval.sandbox.jail import kernel

_MOVED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from jail import kernel, pages
proc = os.open("/proc", os.O_PATH)
before = list(pages._texts(proc))
copies = [kernel.ctypes.string_at(start, end - start) for start, end in before]
pages.copy_text(proc)
same = [kernel.ctypes.string_at(start, end - start) for start, end in before] == copies
import decimal, json, re, sympy
try:
    json.loads("{")
except ValueError as error:
    said = str(error)
child = os.fork()
if child == 0:
    os._exit(sympy.factorint(360)[2])
print(len(before), len(list(pages._texts(proc))), same, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said[:9])
"""

_GATHERED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from jail import kernel, pages

def heap():
    lines = [line.split() for line in open("/proc/self/maps") if line.rstrip().endswith("[heap]")]
    return [[int(end, 16) for end in line[0].split("-")] for line in lines]

def share(objects):
    areas = heap()
    return sum(any(start <= id(one) < end for start, end in areas) for one in objects) / len(objects)

pages.gather()
gathered = [[number] for number in range(300_000)]
pages.release()
released = [[number] for number in range(300_000)]
print(share(gathered) > 0.9, share(released[150_000:]) < 0.1)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="huge pages are asked for on Linux alone")


@pytest.fixture(scope="module")
def moved() -> list[str]:
    folder = str(Path(mammoth_eval.sandbox.__file__).parent)
    done = subprocess.run([sys.executable, "-c", _MOVED, folder], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_code_that_was_moved_is_the_same_and_runs_on(moved):
    assert moved[2:] == ["True", "3", "Expecting"]


def test_no_huge_page_of_code_is_left_in_a_file(moved):
    if moved[0] == moved[1]:
        pytest.skip("this kernel collapses no memory into huge pages, or no code here fills one")
    assert moved[1] == "0"


@pytest.mark.skipif(not hasattr(kernel.LIBC, "mallopt"), reason="another C library than GNU's")
def test_memory_is_gathered_in_one_heap_until_it_is_released():
    folder = str(Path(mammoth_eval.sandbox.__file__).parent)
    done = subprocess.run([sys.executable, "-c", _GATHERED, folder], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


@pytest_asyncio.fixture
async def sandbox():
    async with opened(lanes=1) as sandbox:
        yield sandbox


@pytest.mark.asyncio
async def test_a_program_finds_the_real_function_for_hooks_at_a_fork(sandbox):
    program = "import os, posix, threading\nprint(os.register_at_fork is posix.register_at_fork)"
    assert (await sandbox.run(program)).stdout == "True\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("library", ["math", "sympy", "numpy", "networkx"])
async def test_a_program_draws_the_same_random_numbers_in_every_tier(sandbox, library):
    pytest.importorskip(library)
    program = f"import {library}, random\nprint(random.random(), random.gauss(0, 1))"
    drawn = random.Random(0)
    expected = f"{drawn.random()} {drawn.gauss(0, 1)}\n"
    assert [(await sandbox.run(program)).stdout for _ in range(2)] == [expected] * 2
