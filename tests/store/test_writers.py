"""Several processes on one run: whoever writes it locks it first and reads it then, so that no record is lost."""

import json
import subprocess
import sys
import time

import pytest
import runs
from stored import SPEC, full

from mammoth_eval import store
from mammoth_eval.errors import StoreError
from mammoth_eval.store import Rescoring, RunFolder

pytestmark = pytest.mark.slow  # processes that write beside one another

BUSY = "another process is writing this run; wait for it, or stop it"
TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = {rows}
form = "open"
file = "toy.jsonl"
exemplars = "gsm"

[columns]
question = "question"
gold = "answer"
"""
ROWS = 100
LEFT = 12
"""Problems of them that an evaluation has still to ask."""


def slow(number):
    """An answer that takes a grader some 40 ms, so that scoring again outlasts what is left of the evaluation."""
    return "+".join(rf"{number}x^{{{power}}}\sin({power}x)" for power in range(1, 60))


@pytest.fixture
def written(tmp_path):
    """A run of three records."""
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
        for number in range(3):
            run.append(full(number))
    return run.path


def command(*words):
    return [sys.executable, "-m", "mammoth_eval", *map(str, words)]


def mammoth_eval(*words, **other):
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=120, check=False, **other)


def test_a_run_that_is_being_written_is_not_scored_anew(tmp_path, written):
    with RunFolder(tmp_path, SPEC), pytest.raises(StoreError, match=BUSY):
        Rescoring(written)


def test_a_run_that_is_being_scored_anew_is_not_written(tmp_path, written):
    with Rescoring(written), pytest.raises(StoreError, match=BUSY):
        RunFolder(tmp_path, SPEC)


def test_a_run_is_scored_anew_by_one_process_at_a_time(written):
    with Rescoring(written), pytest.raises(StoreError, match=BUSY):
        Rescoring(written)
    with Rescoring(written):
        pass


def test_between_reading_and_replacing_no_record_can_be_added(tmp_path, written):
    with Rescoring(written) as run:
        kept = list(run.records())
        with pytest.raises(StoreError, match=BUSY):
            RunFolder(tmp_path, SPEC)
        run.replace(kept)
    with RunFolder(tmp_path, SPEC) as resumed:
        resumed.append(full(3))
    assert list(store.load_records(written)) == [*kept, full(3)]


def test_grade_is_refused_before_it_has_read_a_record(tmp_path):
    """Its complaint is of the writer, not of the record that is damaged."""
    path = runs.make(tmp_path, outcomes={"gsm8k": ["correct", "correct"]})
    log = path / "records.jsonl"
    with RunFolder(tmp_path, store.load_run(path).spec):
        log.write_bytes(b"{}\n" + log.read_bytes())
        before = log.read_bytes()
        refused = mammoth_eval("grade", path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"mammoth-eval grade: {path}: {BUSY}\n"
    assert log.read_bytes() == before


def test_a_dry_run_of_grade_reads_beside_a_writer(tmp_path):
    path = runs.make(tmp_path, outcomes={"gsm8k": ["correct", "correct"]})
    with RunFolder(tmp_path, store.load_run(path).spec):
        told = mammoth_eval("grade", path, "--dry-run")
        assert mammoth_eval("grade", path).returncode == 1
    assert (told.returncode, "exact: 0 of 2 outcomes changed" in told.stderr) == (0, True), told.stderr


def test_a_folder_without_a_run_is_left_as_it_is_by_grade(tmp_path):
    refused = mammoth_eval("grade", tmp_path)
    assert (refused.returncode, "no run here" in refused.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_of_a_new_scoring_is_removed_by_the_next_writer(tmp_path, written):
    for name in ("records.jsonl.0123abcd.new", "run.json.0123abcd.new"):
        (written / name).write_text("half")
    before = (written / "records.jsonl").read_bytes()
    with RunFolder(tmp_path, SPEC):
        assert sorted(path.name for path in written.iterdir()) == ["lock", "records.jsonl", "run.json"]
    assert (written / "records.jsonl").read_bytes() == before


def test_a_run_that_is_scored_anew_while_it_is_read_is_read_as_it_was(written):
    log = written / "records.jsonl"
    log.write_bytes(log.read_bytes() + log.read_bytes())
    found = store.load_records(written)
    first = next(found)
    with Rescoring(written) as run:
        run.replace(list(run.records()))
    assert [first, *found] == [full(number) for number in range(3)]
    assert [one.problem.id for one in store.load_records(written)] == ["toy/0", "toy/1", "toy/2"]


@pytest.fixture
def unfinished(tmp_path):
    """A run of many records with a few still to be made, and the command that makes them."""
    rows = [{"question": f"What is {number} + 1?", "answer": r"\arctan(x)+\sqrt{x}"} for number in range(ROWS)]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "toy.toml").write_text(TOML.format(rows=ROWS))
    (tmp_path / "script.json").write_text(json.dumps({"*": "The answer is 1."}))
    run = [
        "run",
        "--engine",
        "scripted",
        "--model",
        "script.json",
        "--benchmarks",
        "toy.toml",
        "--decoding",
        "cot",
        "--quiet",
    ]
    run += ["--engine-arg", "latency=0.2"]
    done = mammoth_eval(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = store.find_runs(tmp_path / "results")
    lines = (path / "records.jsonl").read_text().splitlines(keepends=True)
    texts = (json.dumps(f"The answer is ${slow(number)}$.") for number in range(2, ROWS))
    kept = (line.replace('"The answer is 1."', text) for line, text in zip(lines[:-LEFT], texts, strict=False))
    (path / "records.jsonl").write_text("".join(kept))
    return path, run


def test_grade_beside_an_evaluation_loses_no_record(tmp_path, unfinished):
    """The evaluation ends while a new scoring is under way, if the latter is let in."""
    path, run = unfinished
    log = path / "records.jsonl"
    before = log.read_bytes()
    evaluating = subprocess.Popen(
        command(*run, "--concurrency", "1"), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while log.read_bytes() == before and evaluating.poll() is None:
        time.sleep(0.02)
    grades = []
    while evaluating.poll() is None:
        grades.append(mammoth_eval("grade", path))
    said = evaluating.communicate()[1].decode()
    assert (evaluating.returncode, said) == (0, "")
    ids = [json.loads(line)["problem"]["id"] for line in log.read_bytes().splitlines()]
    assert sorted(ids) == sorted(f"toy/{number}" for number in range(ROWS))
    assert [BUSY in done.stderr for done in grades] == [done.returncode == 1 for done in grades]
    assert grades
