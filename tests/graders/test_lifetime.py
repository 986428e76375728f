"""A grader is an object with a lifetime: shared by threads, its own after a fork, and gone when it is closed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mammoth_eval.graders import grade
from mammoth_eval.graders.exact import Grader
from mammoth_eval.types import Policy

PROVABLE = [(rf"\lfloor x+{count}\rfloor", rf"\lfloor x\rfloor+{count}") for count in range(1, 6)]
"""Equal, as only the sympy process can say: a floor jumps, so that no other rung decides."""


def proved(grader, answer, gold):
    """Whether the grader proves the pair equal; a process that starts on a busy machine may need a second asking."""
    return any(grader.grade(answer, gold).equal for _ in range(20))


@pytest.fixture
def grader():
    with Grader() as made:
        yield made


def running(grader):
    """The ids of the grader's processes."""
    return [process._popen.pid for process in grader._sympy._processes]


def is_alive(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_process_is_started_for_what_needs_no_proof(grader):
    assert grader.grade("1/2", "0.5").equal
    assert running(grader) == []


@pytest.mark.slow
def test_process_ends_with_the_block_of_its_grader():
    with Grader() as grader:
        assert proved(grader, *PROVABLE[0])
        [process_id] = running(grader)
        assert is_alive(process_id)
    assert not is_alive(process_id)


def test_process_ends_with_a_grader_that_nobody_closed():
    code = (
        "import gc, os\n"
        "from mammoth_eval.graders.exact import Grader\n"
        "grader = Grader()\n"
        "grader.grade('\\\\cos 4x+|x|', '8\\\\cos^4 x-8\\\\cos^2 x+1+|x|')\n"
        "[process] = grader._sympy._processes\n"
        "popen = process._popen\n"
        "del grader, process\n"
        "gc.collect()\n"
        "assert popen.poll() is not None\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.slow
def test_closed_grader_that_is_asked_again_starts_anew(grader):
    assert proved(grader, *PROVABLE[0])
    [first] = running(grader)
    grader.close()
    assert proved(grader, *PROVABLE[0])
    assert running(grader) not in ([], [first])


@pytest.mark.slow
def test_two_graders_have_a_process_each(grader):
    with Grader() as other:
        assert proved(grader, *PROVABLE[0])
        assert proved(other, *PROVABLE[0])
        assert running(grader) != running(other)


@pytest.mark.slow
def test_threads_that_ask_for_proofs_at_once_all_get_them(grader):
    assert proved(
        grader, r"\lfloor x+9\rfloor", r"\lfloor x\rfloor+9"
    )  # started: the questions below wait for one another
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda pair: proved(grader, *pair), PROVABLE * 4))
    assert found == [True] * len(PROVABLE) * 4
    assert len(running(grader)) == 1


@pytest.mark.slow
def test_waiting_for_the_proofs_of_other_threads_is_no_time_of_a_verdict(grader):
    pairs = [(rf"\lfloor x+{count}\rfloor", rf"\lfloor x\rfloor+{count}") for count in range(20, 60)]
    assert proved(grader, r"\lfloor x+9\rfloor", r"\lfloor x\rfloor+9")
    with ThreadPoolExecutor(40) as pool:  # each waits for up to 39 proofs, longer than a verdict has
        found = list(pool.map(lambda pair: grader.grade(*pair), pairs))
    assert [verdict for verdict in found if not verdict.equal] == []


def test_policies_of_threads_that_ask_at_once_do_not_mix(grader):
    policies = [Policy(units="strict"), Policy(), Policy(percent="strict"), Policy()] * 50
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda policy: grader.grade("10 cm", "10", policy).equal, policies))
    assert found == [policy.units != "strict" for policy in policies]


@pytest.mark.slow
def test_fork_leaves_the_parent_its_process_and_starts_one_of_its_own(grader):
    """In a process of its own: a test runner with threads must not fork itself."""
    code = (
        "import os\n"
        "from mammoth_eval.graders.exact import Grader\n"
        "pair = (r'\\lfloor x+1\\rfloor', r'\\lfloor x\\rfloor+1')\n"
        "other = (r'\\lfloor x+2\\rfloor', r'\\lfloor x\\rfloor+2')\n"
        "grader = Grader()\n"
        "assert any(grader.grade(*pair).equal for _ in range(20))\n"
        "[parents] = [process._popen for process in grader._sympy._processes]\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    forgot = grader._sympy._processes == []\n"
        "    proved = any(grader.grade(*other).equal for _ in range(20))\n"
        "    [own] = [process._popen.pid for process in grader._sympy._processes]\n"
        "    grader.close()\n"
        "    os._exit(0 if forgot and proved and own != parents.pid else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "assert parents.poll() is None\n"
        "assert any(grader.grade(*other).equal for _ in range(20))\n"
        "assert [process._popen for process in grader._sympy._processes] == [parents]\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_module_function_keeps_one_grader(grader):
    from mammoth_eval.graders import exact

    assert grade("1/2", "0.5").equal
    assert exact.default() is exact.default()
    assert exact.default() is not grader
