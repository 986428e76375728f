"""Math-Verify as a grader: in a process of its own, from any thread, and never longer than its time."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mammoth_eval import grade
from mammoth_eval.graders import math_verify

pytest.importorskip("math_verify", reason="the package math-verify is not installed")

CASES = [
    ("\\frac{1}{2}", "0.5", True),
    ("\\frac{1}{2}", "0.6", False),
    ("x^2-1", "(x-1)(x+1)", True),
    ("x^2+1", "(x-1)(x+1)", False),
    ("\\{1, 2\\}", "\\{2, 1\\}", True),
    ("", "1", False),
    ("\ud800", "1", False),
]
ENDLESS = [("1+" * 3000 + "1", "(x+y)^{2000}"), ("x", "((x+1)^{200}+(y+1)^{200})^{200}"), ("1" * 3, "9^{9^{9^{9}}}")]


@pytest.mark.parametrize(("answer", "gold", "equal"), CASES)
def test_it_says_what_the_library_says(answer, gold, equal):
    assert grade(answer, gold, grader="math_verify").equal is equal


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "gold"), ENDLESS)
@pytest.mark.parametrize("in_thread", [False, True])
def test_what_takes_too_long_is_a_fault_in_time_in_any_thread(answer, gold, in_thread, capfd):
    verdicts = []
    grade("1", "1", grader="math_verify")  # the process is up
    thread = threading.Thread(target=lambda: verdicts.append(grade(answer, gold, grader="math_verify")))
    start = time.monotonic()
    if in_thread:
        thread.start()
        thread.join(30)
    else:
        thread.run()
    assert time.monotonic() - start < math_verify.SECONDS + 5
    [verdict] = verdicts
    assert not verdict.equal
    assert verdict.fault or verdict.rung == "math_verify"
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_the_first_of_them_is_late():
    verdict = grade(*ENDLESS[0], grader="math_verify")
    assert verdict.fault
    assert "within" in verdict.reason or "deadline" in verdict.reason


def test_threads_share_the_process():
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda case: grade(case[0], case[1], grader="math_verify"), CASES[:5] * 4))
    assert [verdict.equal for verdict in verdicts] == [equal for _, _, equal in CASES[:5]] * 4


def test_a_process_that_was_killed_is_started_again():
    client = math_verify.Client()
    try:
        assert client.ask("1", "1").equal
        client._process._popen.kill()
        client._process._popen.wait()
        assert client.ask("2/4", "1/2").equal
    finally:
        client.close()
    assert client._process is None


def test_each_side_of_a_fork_has_a_process_of_its_own():
    code = (
        "import os\n"
        "from mammoth_eval import grade\n"
        "assert grade('1', '1', grader='math_verify').equal\n"
        "child = os.fork()\n"
        "right = grade('2', '2', grader='math_verify').equal and not grade('2', '3', grader='math_verify').equal\n"
        "if child == 0:\n"
        "    os._exit(0 if right else 1)\n"
        "assert right and os.waitpid(child, 0)[1] == 0\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
