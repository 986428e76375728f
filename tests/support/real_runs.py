"""Runs of the embedded model on a real engine, under the load of an evaluation, and what must hold of their records."""

import json
import subprocess
import sys

from mammoth_eval import store

TOKENS = 24
"""New tokens of one completion, at most.

It is the number of requests that loads an engine's batch, not their length.
"""
PROBLEMS = 20
"""Of each benchmark."""
MODEL = "smollm2-135m-instruct"
SAMPLING = ["--samples", "4", "--temperature", "0.7"]


def run(folder, data_dir, *words, model=MODEL):
    """The summary of one run and its records."""
    fixed = ["--model", model, "--limit", str(PROBLEMS), "--max-tokens", str(TOKENS), "--data-dir", str(data_dir)]
    command = [sys.executable, "-m", "mammoth_eval", "run", *fixed, "--results-dir", str(folder), "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000)
    assert done.returncode == 0, done.stderr
    (path,) = store.find_runs(folder)
    return json.loads(done.stdout), sorted(store.load_records(path), key=lambda record: record.problem.id)


def texts(records):
    """Every completion, by problem, method and sample."""
    return {
        (record.problem.id, attempt.method, attempt.sample): attempt.completion.text
        for record in records
        for attempt in record.attempts
    }


def check(records, problems, samples):
    """Every problem has a record without a fault, every sample its attempts, every attempt its tokens."""
    assert len(records) == problems
    assert [record.problem.id for record in records if record.fault] == []
    for record in records:
        assert {attempt.sample for attempt in record.attempts} == set(range(samples))
        assert all(0 < attempt.completion.completion_tokens <= max(TOKENS, 300) for attempt in record.attempts)
