"""Thoughts apart from answers: a table of forms, labelled before the code was written."""

import json
from pathlib import Path

import pytest

from mammoth_eval import rules, scoring, thoughts
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.types import Attempt, Completion, Policy, Problem, Record

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "thoughts.jsonl").read_text("utf-8").splitlines()
]
EXACT = rules.get("exact")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(workers=1) as sandbox:
        yield sandbox


def name_of(case):
    return f"{case['form']}-{case['method']}-{case['why']}"


def scored(case, form, sandbox):
    """What becomes of the case, asked for under `form`: outcome, answer, program."""
    raw = Completion(case["text"], case["finish"], 1, len(case["text"].split()), 0.0)
    completion = thoughts.separate(raw, form, opened=case["opened"])
    program = EXACT.program(completion.text) if case["method"] == "pot" else None
    execution = sandbox.run(program) if program is not None else None
    choices = tuple(case.get("choices", ()))
    problem = Problem("b/0", "b", "?", case["gold"], "choice" if choices else "open", choices)
    attempt = Attempt(case["method"], "p", completion, program, execution)
    score = scoring.score(Record(problem, (attempt,)), EXACT, Policy())
    return score.outcome, score.answer, program


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_nothing_is_read_or_run_out_of_a_thought(case, sandbox):
    expected = case["expected"]
    outcome, answer, program = scored(case, thoughts.AUTO, sandbox)
    assert (outcome, program) == (expected["outcome"], expected["program"])
    assert (answer is None) == (expected["answer"] is None)


@pytest.mark.parametrize("case", [case for case in CASES if case["form"] in thoughts.FORMS], ids=name_of)
def test_a_named_form_reads_as_auto_does(case, sandbox):
    assert scored(case, case["form"], sandbox) == scored(case, thoughts.AUTO, sandbox)


@pytest.mark.parametrize(
    ("prompt", "start", "opened"),
    [
        ("user: hi\nassistant: <think>\n", "", True),
        ("user: hi\nassistant: <think>\n\n</think>\n\n", "", False),
        ("user: think in <think> tags\nassistant:", "", False),
        ("user: hi\nassistant: <think>\n", "I count", True),
        ("user: hi\nassistant:", "<think> I count", True),
        ("user: hi\nassistant: <think>\n", "I count</think>", False),
    ],
)
def test_a_prompt_that_leaves_a_thought_open(prompt, start, opened):
    assert thoughts.opened_by(prompt, thoughts.FORMS["think"], start) == opened
