"""``mammoth-eval sandbox check`` and ``sandbox bench``."""

import json

import pytest

from mammoth_eval.cli import main
from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import Sandbox

HELD = {"name": "held", "code": "print(1)", "must": "ok", "expect": "1\n"}
BROKEN = {"name": "broken", "code": "print('ESCAPED')", "must": "blocked"}


@pytest.fixture(scope="module", autouse=True)
def _needs_a_sandbox():
    try:
        with Sandbox(workers=1):
            pass
    except SandboxError as error:
        pytest.skip(str(error))


def written(tmp_path, rows):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(rows))
    return str(path)


def test_check_says_which_cases_fail_and_why(tmp_path, capsys):
    assert main(["sandbox", "check", written(tmp_path, [HELD, BROKEN]), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] == 1
    assert said["failed"] == [{"name": "broken", "reason": "it says 'ESCAPED'"}]
    assert said["layers"]["seccomp"] is True


def test_check_is_0_where_all_holds(tmp_path, capsys):
    assert main(["sandbox", "check", written(tmp_path, [HELD])]) == 0
    assert "pass  held" in capsys.readouterr().out


def test_check_of_no_file_is_wrong_usage(tmp_path, capsys):
    assert main(["sandbox", "check", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_bench_prints_every_figure_and_fails_where_an_output_differs(tmp_path, capsys):
    rows = [{"code": "print(1)", "stdout": "1\n"}, {"code": "print(2)", "stdout": "3\n"}]
    assert main(["sandbox", "bench", written(tmp_path, rows), "--json", "--repeat", "20", "--workers", "1"]) == 1
    said = json.loads(capsys.readouterr().out)
    names = (
        "programs_per_second", "fresh_interpreter_programs_per_second", "pool_programs_per_second",
        "cpu_ms_per_program", "floor_cpu_ms_per_program", "p50_ms", "p99_ms",
    )  # fmt: skip
    assert all(said[name] > 0 for name in names)
    assert (said["outputs_equal"], said["outputs_known"]) == (20, 40)
