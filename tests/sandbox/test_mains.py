"""Programs that open with ``from sympy import *`` get a module in which it was executed: nobody may see a difference."""

import asyncio
import os
import subprocess
import sys

import pytest
import pytest_asyncio
from sandbox_tools import opened

from mammoth_eval.sandbox import host
from mammoth_eval.sandbox.jail import mains

STAR = "from sympy import *"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    async with opened(lanes=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def prepared():
    pytest.importorskip("sympy")
    mains.prepare_sympy()
    mains.prepare_empty()


@pytest.mark.parametrize(
    "program",
    [
        STAR,
        f"{STAR}\nx = symbols('x')\nprint(list(globals()), __doc__, __annotations__)",
        f"{STAR}\n'no docstring'\nprint(__doc__)",
        f"{STAR}\nfrom __future__ import annotations",
        f"{STAR}  # all of it\nn: int = 3\nprint(__annotations__, n)\n1 / 0",
        f"\n  \n# a word\n\t# another\n{STAR}\ndef f():\n    return undefined\nf()",
        f"{STAR}\r\nprint(sqrt(8))\r\nraise ValueError(pi)",
        f"{STAR}\n  print(1)",
        f"{STAR}\nprint((1)",
        f"  {STAR}",
        f"{STAR}; print(pi)",
        f"'doc'\n{STAR}\nprint(__doc__, pi)",
        f"{STAR}\nfrom math import *\nprint(sqrt, symbols)",
        f"{STAR}\nimport __main__, sys\nprint(__main__ is sys.modules['__main__'], vars(__main__) is globals(), __main__)",
        f"{STAR}\nsolution = Rational(1, 3)\nsolution",
        f"{STAR}\ndef solution():\n    return Rational(1, 3)",
        f"{STAR}\nclass A: pass\nprint(A, A.__module__, N)",
        STAR + "\0",
        "\r\n" * 5000 + f"  {STAR}",
    ],
)
@pytest.mark.parametrize("result", ["stdout", "value"])
async def test_the_prepared_module_shows_what_the_statement_would(sandbox, program, result):
    with_module, without = [await sandbox.run(first + program, result) for first in ("# comment\n", "\\\n")]
    shown = [(execution.status, execution.stdout, execution.stderr, execution.error) for execution in (with_module, without)]
    assert shown[0] == shown[1]


async def test_names_and_their_order_are_those_of_a_fresh_interpreter(sandbox):
    program = f"{STAR}\nprint(list(globals()), [type(v).__name__ for v in list(globals().values())[7:]])"
    environment = host.ENVIRONMENT | {"PATH": os.environ["PATH"]}
    words = [sys.executable, "-c", program]
    fresh = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True, env=environment)
    assert (await sandbox.run(program)).stdout == fresh.stdout


async def test_what_a_program_does_to_the_module_ends_with_it(sandbox):
    await sandbox.run(f"{STAR}\nsqrt = symbols = None\ndel pi\nleft = 1")
    execution = await sandbox.run(f"{STAR}\nprint(sqrt(4), symbols('x'), pi, 'left' in globals())")
    assert execution.stdout == "2 x pi False\n"


@pytest.mark.parametrize(
    "source", [STAR, f"# coding: latin1\n{STAR}", f"\n# a\r\n \r{STAR} # b\n", f"{STAR}\n{STAR}", f"{STAR}\t\r\nx"]
)
async def test_the_statement_alone_is_taken_out_and_lines_stay(prepared, source):
    _, rest = mains.main_for(source.encode())
    assert rest.decode() == source.replace(STAR, "pass".ljust(len(STAR)), 1)


@pytest.mark.parametrize(
    "source", ["", f" {STAR}", f"x\n{STAR}", f"{STAR}; x", f"{STAR}y", f"\\\n{STAR}", f"\ufeff{STAR}", f"'a'\n{STAR}"]
)
async def test_any_other_program_gets_an_empty_module_and_its_own_text(prepared, source):
    module, rest = mains.main_for(source.encode())
    assert (len(vars(module)), rest) == (7, source.encode())


async def test_the_collector_knows_the_globals_of_a_program(sandbox):
    found = await sandbox.run("import gc\nx = []\nprint(any(one is globals() for one in gc.get_referrers(x) + gc.get_objects()))")
    assert found.stdout == "True\n"


@pytest.mark.parametrize("spoilt", ["codecs.BOM_UTF8 = None", "del codecs.BOM_UTF8"])
async def test_the_meant_value_is_found_whatever_the_program_did_to_codecs(sandbox, spoilt):
    assert (await sandbox.run(f"import codecs\n{spoilt}\n3", "value")).stdout == "3\n"


@pytest.mark.parametrize("level", ["auto", "process"])
async def test_a_text_larger_than_the_memory_is_short_of_memory(level):
    async with opened(level, lanes=1, memory_mb=64) as sandbox:
        assert (await sandbox.run(f"x = '{'x' * (70 << 20)}'")).status == "memory"
        assert (await sandbox.run("print(1)")).stdout == "1\n"


async def test_pandas_can_come_late(sandbox):
    pytest.importorskip("pandas")
    late = "name = 'pan' + 'das'\npd = __import__(name)\ns = pd.Series(['a', 'b'])\nprint(len(s), len(bytes(256 << 20)) >> 20)"
    assert (await sandbox.run(late)).stdout == "2 256\n"
