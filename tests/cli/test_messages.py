"""What goes to standard error.

Nothing but errors with ``--quiet``, our log with ``--verbose``, colours on a terminal alone.
"""

import json
import os
import pty
import re
import subprocess
import sys

import msgspec
import pytest
from builders import cot, pot, record, scored
from stored import SPEC

from mammoth_eval.cli import main
from mammoth_eval.store import RunFolder

pytestmark = pytest.mark.slow  # nearly every one starts the program

COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;)[0-9;]*m")
TOML = """
title = "Toy"
paper = "none"
licence = "none"
rows = 2
form = "open"
file = "toy.jsonl"
exemplars = "gsm"
[columns]
question = "question"
gold = "answer"
"""


@pytest.fixture
def toy(tmp_path):
    """A benchmark of two rows, the second of which has no answer in the script, so that its record is errored."""
    rows = [{"question": f"What is {number} + 1?", "answer": str(number + 1)} for number in range(2)]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "script.json").write_text(json.dumps({"toy/0 cot": "The answer is 1."}))
    return tmp_path


def words_of(*more):
    fixed = ["--engine", "scripted", "--model", "script.json", "--benchmarks", "toy.toml", "--decoding", "cot"]
    return [sys.executable, "-m", "mammoth_eval", "run", *fixed, *more]


def run(toy, *more):
    return subprocess.run(words_of(*more), cwd=toy, capture_output=True, text=True, check=False)


def on_terminal(toy, *more, **variables):
    """All that a terminal is sent, by the same command."""
    own, other = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "120", **variables}
    with subprocess.Popen(words_of(*more), cwd=toy, stdout=other, stderr=other, env=environment) as process:
        os.close(other)
        sent = b""
        while True:
            try:
                part = os.read(own, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            sent += part
        process.wait()
    os.close(own)
    return sent.decode()


def test_a_run_says_what_is_errored_and_nothing_else_with_quiet(toy):
    loud = run(toy)
    assert "1 of 2 records are errored" in loud.stderr
    quiet = run(toy, "--quiet", "--max-tokens", "9")
    assert (loud.returncode, quiet.returncode) == (3, 3)
    assert len(quiet.stderr.splitlines()) == 1
    assert quiet.stderr.startswith("1 of 2 records are errored")
    assert quiet.stdout.split()[:2] == loud.stdout.split()[:2] == ["Accuracy", "in"]


def test_quiet_keeps_errors(toy):
    wrong = run(toy, "--quiet", "--prompt", "alpacca")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("mammoth-eval run: unknown prompt 'alpacca'; did you mean 'alpaca'?")


def test_verbose_adds_the_log_with_time_and_logger(toy):
    plain, verbose = run(toy, "--limit", "1"), run(toy, "--limit", "1", "--verbose", "--max-tokens", "9")
    line = re.compile(
        r"^\d\d:\d\d:\d\d mammoth_eval\.cli\.progress: toy/0: correct by cot, answer '1', \d+\.\d s$", re.M
    )
    assert line.search(verbose.stderr)
    assert not line.search(plain.stderr)


def test_no_escape_codes_where_output_is_no_terminal(toy):
    for flags in ((), ("--verbose", "--max-tokens", "9")):
        done = run(toy, *flags)
        assert "\x1b" not in done.stdout + done.stderr


def test_a_terminal_gets_colours_unless_no_color_is_set(toy):
    assert COLOUR.search(on_terminal(toy))
    sent = on_terminal(toy, "--max-tokens", "9", NO_COLOR="1")
    assert "1 of 2 records are errored" in sent
    assert not COLOUR.search(sent)


@pytest.fixture
def damaged(tmp_path):
    """A run of three records, the middle one torn."""
    spec = msgspec.structs.replace(SPEC, benchmarks={"toy": {"policy": {"paper": "number"}}})
    with RunFolder(tmp_path, spec) as folder:
        folder.begin({})
        for number in range(3):
            folder.append(record(pot(), cot(), number=number, scores=scored(("pot", "4", "correct"))))
    log = folder.path / "records.jsonl"
    lines = log.read_text().splitlines()
    log.write_text("\n".join([lines[0], lines[1][:30], lines[2]]) + "\n")
    return folder.path


@pytest.mark.parametrize(("flags", "said"), [([], 3), (["--quiet"], 0)])
def test_grade_says_warnings_and_changes_unless_it_is_quiet(damaged, capsys, flags, said):
    words = ["grade", str(damaged), "--skip-damaged", "--dry-run", *flags]
    code = main(words)
    err = capsys.readouterr().err
    assert (code, len(err.splitlines())) == (0, said), err
    assert not said or "records.jsonl:2: damaged record left out" in err
