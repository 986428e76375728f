"""The commands by name: old names, unknown names and flags, and what ``--help`` costs."""

import json
import os
import resource
import subprocess
import sys

import pytest

from mammoth_eval.cli import COMMANDS, RENAMED, main

CASE = {"id": "a", "gold": "1/2", "pred": "0.5", "label": True}


def stopped(capsys, *words):
    """Exit code, and what standard output and standard error hold, of a command that argparse ends."""
    with pytest.raises(SystemExit) as stop:
        main(words)
    said = capsys.readouterr()
    return stop.value.code, said.out, said.err


@pytest.mark.parametrize(("old", "new"), [(" ".join(old), new) for old, new in RENAMED.items()])
def test_an_old_name_shows_the_new_commands_help_with_one_line_of_notice(old, new, capsys):
    code, out, err = stopped(capsys, *old.split(), "--help")
    assert (code, out.splitlines()[0].split()[:3]) == (0, ["usage:", "mammoth-eval", new])
    assert err == f"mammoth-eval: '{old}' is called '{new}' now; the old name still works\n"


def test_an_old_name_does_what_the_new_one_does(tmp_path, capsys):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(CASE) + "\n")
    assert main(["audit", str(path)]) == 0
    first = capsys.readouterr()
    assert main(["grader", "audit", str(path)]) == 0
    second = capsys.readouterr()
    assert first.err == ""
    assert second.err.count("\n") == 1
    assert first.out.splitlines()[0] == second.out.splitlines()[0]
    assert "100.0" in second.out.splitlines()[1]


def test_the_program_s_help_names_every_command_and_no_old_name(capsys):
    code, out, _ = stopped(capsys, "--help")
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("    ") and not line.startswith("     ")]
    assert code == 0
    assert listed == list(COMMANDS)
    assert not {old[0] for old in RENAMED} & set(listed)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate"], "invalid choice: 'evaluate'"),
        (["run", "--benchmark_names", "gsm8k"], "unrecognized arguments: --benchmark_names gsm8k"),
        (["report", "--tasks", "gsm8k"], "unrecognized arguments: --tasks"),
        (["run", "--quiet", "--verbose"], "--verbose: not allowed with argument --quiet"),
        (["run", "--limit", "2.5"], "argument --limit: invalid limit value: '2.5'"),
        (["run", "--limit", "inf"], "argument --limit: invalid limit value: 'inf'"),
        (["completion", "csh"], "invalid choice: 'csh'"),
        ([], "required: COMMAND"),
    ],
)
def test_what_no_command_has_is_wrong_usage_and_named(words, message, capsys):
    code, _, err = stopped(capsys, *words)
    assert (code, message in err) == (2, True), err


def cpu_seconds(*words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words], capture_output=True, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_program_s_help_costs_less_than_a_tenth_of_a_second_over_the_interpreter():
    alone = min(cpu_seconds("-c", "pass") for _ in range(5))
    assert min(cpu_seconds("-m", "mammoth_eval", "--help") for _ in range(5)) - alone < 0.1
