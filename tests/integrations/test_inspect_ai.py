"""The scorer and the solver for inspect_ai, in a real `eval` with its own mock model; the log is read back."""

import math

import pytest

pytest.importorskip("inspect_ai", reason="inspect_ai is not installed: pip install 'inspect-ai>=0.3.200'")

import inspect_ai
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.integrations.inspect_ai import hybrid, math_answer

PROGRAM = "```python\nprint(6 * 7)\n```"
pytestmark = pytest.mark.filterwarnings("ignore")  # of inspect_ai and what it loads

SAMPLES = [
    Sample(input="What is six times seven?", target="42", id="program"),
    Sample(input="Twice 21, said without a program?", target="42", id="fallback"),
    Sample(input="A program that breaks?", target="42", id="broken"),
    Sample(input="Neither?", target="42", id="neither"),
    Sample(input="Which is 42?", target="B", choices=["41", "42"], id="choice"),
]
REPLIES = {
    "What is six": (PROGRAM, "The answer is 1."),
    "Twice 21": ("I would rather not.", "So it is $\\boxed{42}$."),
    "A program that": ("```python\nprint(1 / 0)\n```", "The answer is 41."),
    "Neither": ("", ""),
    "Which is": (PROGRAM, "The answer is (A)."),
}


def said(text):
    """A reply with its token counts, which the mock model would else work out with a vocabulary from the network."""
    output = ModelOutput.from_content("mockllm/model", text)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def model():
    """Says of each question first what is a program, then what is a chain of thought."""
    asked = {}

    def reply(messages, tools, choice, config):
        text = messages[-1].text
        key = next(key for key in REPLIES if key in text)
        asked[key] = asked.get(key, -1) + 1
        return said(REPLIES[key][asked[key]])

    return get_model("mockllm/model", custom_outputs=reply, memoize=False)


def evaluated(folder, samples, solver, scorer, answering):
    task = inspect_ai.Task(dataset=samples, solver=solver, scorer=scorer)
    (log,) = inspect_ai.eval(task, model=answering, log_dir=str(folder), display="none", max_samples=2)
    return read_eval_log(log.location)


@pytest.mark.slow
def test_the_hybrid_takes_the_programs_answer_and_falls_back_where_there_is_none(tmp_path):
    log = evaluated(tmp_path, SAMPLES, hybrid(), math_answer(), model())
    assert log.status == "success"
    found = {sample.id: (sample.scores["math_answer"], sample.store["mammoth_eval:method"]) for sample in log.samples}
    assert {name: (score.value, score.answer, method) for name, (score, method) in found.items()} == {
        "program": ("C", "42", "pot"),
        "fallback": ("C", "42", "cot"),
        "broken": ("I", "41", "cot"),
        "neither": ("N", None, "cot"),
        "choice": ("C", "B", "pot"),
    }
    (result,) = log.results.scores
    assert result.metrics["accuracy"].value == pytest.approx(3 / 5)


@pytest.mark.slow
def test_the_scorer_reads_completions_of_any_solver(tmp_path):
    texts = iter(["It is $\\frac{84}{2}$, so the answer is 42.", "<think>The answer is 42.</think> The answer is 7."])
    answering = get_model("mockllm/model", custom_outputs=lambda *_: said(next(texts)), memoize=False)
    samples = [Sample(input="One", target=["41", "42"], id=1), Sample(input="Two", target="42", id=2)]
    log = evaluated(tmp_path, samples, inspect_ai.solver.generate(), math_answer("gsm8k"), answering)
    values = sorted(sample.scores["math_answer"].value for sample in log.samples)
    assert values == ["C", "I"]


@pytest.mark.slow
def test_what_the_grader_cannot_decide_is_unscored(tmp_path):
    answering = get_model("mockllm/model", custom_outputs=[said("The answer is 3.")], memoize=False)
    log = evaluated(
        tmp_path, [Sample(input="One", target=" ", id=1)], inspect_ai.solver.generate(), math_answer(), answering
    )
    (sample,) = log.samples
    assert math.isnan(sample.scores["math_answer"].value)
    assert sample.scores["math_answer"].metadata == {"outcome": "fault"}


def test_wrong_names_are_refused_when_the_task_is_made():
    with pytest.raises(UnknownName, match="chat"):
        hybrid("chatt")
    with pytest.raises(UsageError, match="no option"):
        math_answer(polcy="strict")
