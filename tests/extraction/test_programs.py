"""From a completion's text to the program that is run, and from what it printed to the verdict: a labelled table."""

import json

import pytest
from checkout import DATA

from mammoth_eval import rules
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.scoring import score
from mammoth_eval.thoughts import separate
from mammoth_eval.types import Attempt, Completion, Policy, Problem, Record

CASES = [json.loads(line) for line in (DATA / "programs.jsonl").read_text(encoding="utf-8").splitlines()]
EXACT = rules.get("exact")


@pytest.fixture(scope="module")
def sandbox():
    """One for all cases, at the best level that this machine has."""
    with Sandbox(workers=2) as opened:
        yield opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_outcome_of_the_table(case, sandbox):
    completion = separate(Completion(case["text"], case.get("finish", "stop"), 0, 0, 0.0))
    program = EXACT.program(completion.text, completion.finish_reason != "stop")
    execution = None if program is None else sandbox.run(program, EXACT.result)
    attempt = Attempt("pot", "table/pot", completion, program, execution)
    record = Record(Problem("table/0", "table", "How much?", case["gold"]), (attempt,))
    found = score(record, EXACT, Policy())
    assert found.outcome == case["expected"], (found.answer, program, execution)
