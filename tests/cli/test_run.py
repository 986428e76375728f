"""The command `run`, as a user gives it: end to end with a scripted engine and the real sandbox."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from msgspec import structs

from mammoth_eval import cli, prompts, store
from mammoth_eval.report.asked import asked

TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 30
form = "open"
file = "toy.jsonl"
exemplars = "gsm"

[columns]
question = "question"
gold = "answer"
"""


@pytest.fixture
def toy(tmp_path):
    """A folder with a benchmark of 30 rows and a script.

    A third each answered by program, by words after it fails, wrongly.
    """
    rows, script = [], {}
    for number in range(30):
        rows.append({"question": f"What is {number} + 1?", "answer": str(number + 1)})
        ok = f"```python\nprint({number} + 1)\n```"
        script[f"toy/{number} pot"] = (ok, "```python\nprint(nope)\n```", "```python\nprint(-1)\n```")[number % 3]
        script[f"toy/{number} cot"] = f"The answer is {number + 1}."
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "script.json").write_text(json.dumps(script))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    return tmp_path


FIXED = ["--engine", "scripted", "--model", "script.json", "--benchmarks", "toy.toml", "--sandbox", "auto"]


def command(toy, *words):
    return [sys.executable, "-m", "mammoth_eval", "run", *FIXED, *words]


def run(toy, *words, **other):
    return subprocess.run(
        command(toy, *words), cwd=toy, capture_output=True, text=True, timeout=120, check=False, **other
    )


def records(toy):
    (path,) = store.find_runs(toy / "results")
    return list(store.load_records(path))


def test_a_run_ends_in_a_table_and_a_record_a_problem(toy):
    done = run(toy)
    assert done.returncode == 0, done.stderr
    assert "66.7 ±" in done.stdout
    assert "NameError 10" in done.stdout
    outcomes = [record.scores["exact"].outcome for record in records(toy)]
    assert (outcomes.count("correct"), outcomes.count("wrong"), len(outcomes)) == (20, 10, 30)


def test_both_shows_the_four_readings(toy):
    (one,) = json.loads(run(toy, "--decoding", "both", "--json").stdout)
    right = {row["reading"]: row["outcomes"]["correct"] for row in one["results"]}
    assert right == {"cot": 30, "pot": 10, "hybrid": 20, "oracle": 30}
    (hybrid,) = [row for row in one["results"] if row["reading"] == "hybrid"]
    assert (hybrid["fallback"], hybrid["recovered"], hybrid["lost"]) == (10, 10, 10)


@pytest.mark.slow
def test_the_same_command_again_asks_nothing_again(toy):
    first = run(toy)
    (path,) = store.find_runs(toy / "results")
    before = (path / "records.jsonl").read_bytes()
    again = run(toy)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert (path / "records.jsonl").read_bytes() == before


@pytest.mark.slow
def test_a_changed_setting_is_another_run(toy):
    run(toy, "--limit", "2")
    run(toy, "--limit", "2", "--max-tokens", "99")
    assert len(store.find_runs(toy / "results")) == 2


@pytest.mark.slow
def test_a_limit_of_zero_is_all_and_one_below_zero_is_wrong(toy):
    assert run(toy, "--limit", "0").returncode == 0
    assert len(records(toy)) == 30
    wrong = run(toy, "--limit", "-1")
    assert (wrong.returncode, "--limit -1: a number of problems, or 0 for all" in wrong.stderr) == (2, True)


def test_a_data_folder_that_does_not_exist_is_said(toy):
    wrong = run(toy, "--data-dir", "nowhere")
    assert (wrong.returncode, "--data-dir nowhere: no such folder" in wrong.stderr) == (2, True)


@pytest.mark.slow
def test_a_run_with_a_damaged_record_goes_on_where_that_is_asked_for(toy):
    run(toy, "--limit", "6")
    (path,) = store.find_runs(toy / "results")
    log = path / "records.jsonl"
    lines = log.read_bytes().split(b"\n")
    log.write_bytes(b"\n".join([lines[0], lines[1][:40], *lines[2:]]))
    assert "pass --skip-damaged" in run(toy, "--limit", "6").stderr
    done = run(toy, "--limit", "6", "--skip-damaged")
    assert done.returncode == 0, done.stderr
    assert len({record.problem.id for record in store.load_records(path, skip_damaged=True)}) == 6


@pytest.mark.slow
def test_a_run_whose_description_was_lost_writes_it_anew(toy):
    first = run(toy, "--limit", "6")
    (path,) = store.find_runs(toy / "results")
    (path / "run.json").unlink()
    assert run(toy, "--limit", "6").stdout == first.stdout


def test_the_run_holds_the_exemplars_that_its_prompts_showed(toy):
    run(toy, "--limit", "2", "--prompt", "fewshot")
    (path,) = store.find_runs(toy / "results")
    spec = store.load_run(path).spec
    again = asked(spec)
    assert (again.prompt.hash, set(again.prompt.families)) == (
        spec.prompt_hash,
        set(prompts.get("fewshot").families),
    )
    kept = dict(spec.prompt_files)
    assert spec.benchmarks["toy"]["exemplars"] == "gsm"
    kept["exemplars/gsm.toml"] += "# changed since"
    assert asked(structs.replace(spec, prompt_files=kept)).prompt is None


def start_slow(toy):
    process = subprocess.Popen(
        command(toy, "--engine-arg", "latency=0.2", "--concurrency", "2"),
        cwd=toy,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a shell's background job ignores it
    )
    for _ in range(600):
        found = store.find_runs(toy / "results")
        if found and (found[0] / "records.jsonl").read_bytes().count(b"\n") >= 4:
            return process, found[0]
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_stopped(toy):
    process, path = start_slow(toy)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = (path / "records.jsonl").read_bytes()
    kept = kept[: kept.rfind(b"\n") + 1]
    done = run(toy, "--engine-arg", "latency=0.2")
    assert done.returncode == 0, done.stderr
    after = (path / "records.jsonl").read_bytes()
    assert after.startswith(kept)
    ids = [json.loads(line)["problem"]["id"] for line in after.splitlines()]
    assert sorted(ids) == sorted(f"toy/{number}" for number in range(30))
    assert len(store.load_run(path).sessions) == 2


@pytest.mark.slow
def test_an_interrupted_run_says_what_is_kept_and_how_to_go_on(toy):
    process, _ = start_slow(toy)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "records are kept; the same command goes on" in errors
    assert "Traceback" not in errors


def test_an_interrupt_while_modules_are_imported_ends_without_a_traceback(toy):
    """A library that is imported early interrupts us."""
    (toy / "rich").mkdir()
    (toy / "rich" / "__init__.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    )
    handled = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    done = run(toy, env={**os.environ, "PYTHONPATH": f"{toy}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}, **handled)
    assert (done.returncode, done.stderr) == (130, "mammoth-eval run: interrupted\n")


def test_nothing_but_plain_lines_is_shown_where_output_is_no_terminal(toy):
    done = run(toy)
    assert "\x1b" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_run_json_holds_what_moves_a_number(toy):
    run(toy)
    (path,) = store.find_runs(toy / "results")
    content = store.load_run(path)
    spec, session = content.spec, content.sessions[0]
    assert spec.prompt_text.endswith("Response:") or "### Response:" in spec.prompt_text
    assert {"mammoth_eval", "sympy", "rules:exact"} <= set(spec.versions)
    assert spec.benchmarks["toy"]["n"] == 30
    assert session["sandbox"]["layers"]
    assert session["engine"]["engine"] == "scripted"


def grade(toy, *words):
    return subprocess.run(
        [sys.executable, "-m", "mammoth_eval", "grade", *words], cwd=toy, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_grade_gives_the_same_scores_again_without_a_model(toy):
    first = run(toy)
    (path,) = store.find_runs(toy / "results")
    before = records(toy)
    done = grade(toy, str(path))
    assert done.returncode == 0, done.stderr
    assert "exact: 0 of 30 outcomes changed" in done.stderr
    assert done.stdout == first.stdout
    assert records(toy) == before


@pytest.mark.slow
def test_grade_mends_scores_and_a_dry_run_only_tells(toy):
    first = run(toy, "--grader", "mammoth")
    (path,) = store.find_runs(toy / "results")
    before = (path / "records.jsonl").read_bytes()
    told = grade(toy, str(path), "--dry-run")
    assert "exact: 30 of 30 outcomes changed" in told.stderr
    assert (path / "records.jsonl").read_bytes() == before
    grade(toy, str(path))
    assert {name for record in records(toy) for name in record.scores} == {"exact", "mammoth"}
    assert first.stdout != ""


BAD = [
    (["--benchmarks", "gsm8kk"], "did you mean 'gsm8k'"),
    (["--benchmarks", "GSM8K"], "did you mean 'gsm8k'?"),
    (["--benchmarks", "papr"], "did you mean 'paper'?"),
    (["--benchmarks", "Generated"], "did you mean 'generated'?"),
    (["--benchmarks", "xyzzy"], "unknown benchmark 'xyzzy'. There are: aime24"),
    (["--prompt", "ALPACA"], "did you mean 'alpaca'?"),
    (["--max-tokens", "some"], "--max-tokens: invalid tokens value: 'some'"),
    (["--thinking", "maybe"], "--thinking: invalid choice: 'maybe'"),
    (["--thinking", "off", "--thinking-budget", "9"], "with --thinking off there is no thought"),
    (["--decoding", "hybird"], "did you mean 'hybrid'"),
    (["--prompt", "alpacca"], "did you mean 'alpaca'"),
    (["--grader", "exactt"], "did you mean 'exact'"),
    (["--engine", "vlm"], "did you mean 'vllm'"),
    (["--engine-arg", "latncy=1"], "did you mean 'latency'"),
    (["--engine-arg", "latency"], "expected NAME=VALUE"),
    (["--sandbox", "fulll"], "full"),
    (["--samples", "4"], "--temperature"),
    (["--samples", "0"], "at least 1"),
    (["--max-tokens", "0"], "at least 1"),
    (["--concurrency", "0"], "--concurrency 0: expected auto, or a number"),
    (["--concurrency", "many"], "--concurrency many: expected auto"),
    (["--temperature", "-1"], "--temperature -1.0: expected 0"),
    (["--temperature", "nan"], "--temperature nan"),
    (["--min-p", "1"], "--min-p 1.0: expected a share"),
    (["--repetition-penalty", "0"], "--repetition-penalty 0.0: expected a factor above 0"),
    (["--frequency-penalty", "3"], "--frequency-penalty 3.0: expected a number from -2 to 2"),
    (["--top-p", "2"], "--top-p 2.0: expected a share"),
    (["--top-p", "0"], "--top-p 0.0"),
    (["--stop", ""], "an empty text would end"),
    (["--program-seconds", "0"], "--program-seconds 0.0"),
    (["--engine", "os:path"], "engine 'os:path' is not an engine class"),
    (["--engine", "os:getcwd"], "engine 'os:getcwd' is not an engine class"),
    (["--engine", ":x"], "unknown engine ':x'"),
    (["--decoding", "json:loads"], "decoding 'json:loads' is none"),
    (["--model", "toy.toml"], "the scripted engine has no script"),
    (["--model", "broken.json"], "broken.json: cannot be read as a script"),
    (["--model", "list.json"], "list.json: expected a JSON object"),
    (["--model", "os:path"], "script 'os:path': a module, expected a function"),
    (["--engine", "openai", "--engine-arg", "retries=-1"], "option retries of engine openai: -1, expected at least 0"),
    (
        ["--engine", "openai", "--engine-arg", "concurrency=0"],
        "option concurrency of engine openai: 0, expected at least 1",
    ),
    (
        ["--engine", "transformers", "--model", ".", "--engine-arg", "batch_size=0"],
        "batch_size of engine transformers: 0",
    ),
    (["--engine", "vllm", "--model", "./missing"], "no such folder"),
    (["--model", "missing.json"], "missing.json"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_usage_ends_with_code_2_and_a_word_on_what_to_do(toy, words, message, monkeypatch, capsys):
    monkeypatch.chdir(toy)
    with pytest.raises(SystemExit) as ended:  # in this process: any other error than one of usage is raised here
        sys.exit(cli.main(["run", *FIXED, *words]))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_bad_usage_is_the_exit_status_of_the_command_and_no_traceback(toy):
    done = run(toy, "--samples", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_results_folder_that_cannot_be_written_is_code_1(toy):
    (toy / "results").write_text("a file")
    done = run(toy)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_an_engine_that_is_down_keeps_the_records_and_says_so(toy):
    script = json.loads((toy / "script.json").read_text())
    (toy / "script.json").write_text(json.dumps(dict(list(script.items())[:10])))
    done = run(toy, "--concurrency", "1")
    assert done.returncode == 1
    assert "problems in a row" in done.stderr
    assert "records are kept" in done.stderr


@pytest.mark.slow
def test_an_engine_that_fails_twice_in_the_same_way_is_said_to(toy):
    script = json.loads((toy / "script.json").read_text())
    (toy / "script.json").write_text(json.dumps(dict(list(script.items())[:10])))
    first, second = (run(toy, "--concurrency", "1").stderr for _ in range(2))
    assert "the same command goes on from there" in first
    assert "the session before ended with the same error, so that the same command will not help" in second


@pytest.mark.slow
def test_the_concurrency_is_noted_with_the_session(toy):
    run(toy, "--limit", "2")
    run(toy, "--limit", "2", "--samples", "4", "--temperature", "1", "--decoding", "both")
    run(toy, "--limit", "2", "--samples", "3", "--temperature", "1", "--concurrency", "5")
    sessions = [store.load_run(path).sessions for path in store.find_runs(toy / "results")]
    assert sorted(session["concurrency"] for (session,) in sessions) == [5, 32, 256]


def rescript(toy, count):
    """Leave the script `count` problems (of both methods), so that the others fail."""
    script = json.loads((toy / "script.json").read_text())
    (toy / "script.json").write_text(json.dumps(dict(list(script.items())[: 2 * count])))


def test_how_many_of_the_kept_records_errored_is_said(toy):
    rescript(toy, 5)
    assert (
        "13 of 30 records are kept (8 of them errored, to be tried again); the same"
        in run(toy, "--concurrency", "1").stderr
    )


def test_a_run_with_errored_records_names_the_commonest_reason(toy):
    rescript(toy, 24)
    done = run(toy, "--concurrency", "1")
    assert done.returncode == 3, done.stderr
    assert "6 of 30 records are errored" in done.stderr
    assert "the script has no answer for a problem (pot, sample 0)" in done.stderr


def test_a_run_of_errored_records_alone_is_no_table_but_a_failure_with_its_reason(toy):
    rescript(toy, 0)
    done = run(toy, "--limit", "3")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no problem could be evaluated: 3 of 3 records are errored" in done.stderr
    assert "(EngineError: the script has no answer for a problem (pot, sample 0))" in done.stderr


def test_prompts_that_do_not_fit_into_the_context_are_said_once(toy):
    """A third of the programs cannot be asked for."""
    (toy / "tight.py").write_text(
        "from mammoth_eval.types import Completion\n"
        "def script(query, sampling):\n"
        "    fits = query.method == 'cot' or int(query.problem_id[4:]) % 3\n"
        "    return Completion('The answer is 1.', 'stop', 5, 5, 0.1) if fits else Completion('', 'context', 9000, 0, "
        "0.1)\n"
    )
    path = {"PYTHONPATH": f"{toy}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = run(toy, "--model", "tight:script", env={**os.environ, **path})
    assert done.returncode == 0, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "longer" in line]
    assert said.startswith(
        "10 prompts are longer than the model's context, and count as truncated: raise max_model_len"
    )


def test_environment_secrets_do_not_reach_run_json(toy):
    run(toy, "--factor", "x=1", env={**os.environ, "OPENAI_API_KEY": "sk-secret"})
    (path,) = store.find_runs(toy / "results")
    assert "sk-secret" not in (path / "run.json").read_text()
