"""The scorer and the solver for inspect_ai, in a real `eval` with its own mock model; the log is read back."""

import gc
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("inspect_ai", reason="inspect_ai is not installed: pip install 'inspect-ai>=0.3.200'")

import inspect_ai
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.integrations.inspect_ai import SharedSandbox, hybrid, math_answer

PROGRAM = "```python\nprint(6 * 7)\n```"
pytestmark = pytest.mark.filterwarnings("ignore")  # of inspect_ai and what it loads


@pytest.fixture(autouse=True)
def nothing_left():
    """Streams that inspect_ai leaves open are collected here, where their warnings are passed over."""
    yield
    gc.collect()


SAMPLES = [
    Sample(input="What is six times seven?", target="42", id="program"),
    Sample(input="Twice 21, said without a program?", target="42", id="fallback"),
    Sample(input="A program that breaks?", target="42", id="broken"),
    Sample(input="Neither?", target="42", id="neither"),
    Sample(input="Only thought?", target="42", id="thought"),
    Sample(input="Which is 42?", target="B", choices=["41", "42"], id="choice"),
]
REPLIES = {
    "What is six": (PROGRAM, "The answer is 1."),
    "Twice 21": ("I would rather not.", "So it is $\\boxed{42}$."),
    "A program that": ("```python\nprint(1 / 0)\n```", "The answer is 41."),
    "Neither": ("", ""),
    "Only thought": ("", "<think>It is 42."),
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
        "thought": ("N", None, "cot"),
        "choice": ("C", "B", "pot"),
    }
    (result,) = log.results.scores
    assert result.metrics["accuracy"].value == pytest.approx(3 / 6)
    kept = {
        sample.id: [sample.store.get(f"mammoth_eval:{key}") for key in ("program", "status")] for sample in log.samples
    }
    assert kept["program"] == ["print(6 * 7)", "ok"]
    assert kept["broken"] == ["print(1 / 0)", "error"]
    assert kept["fallback"] == [None, None]


def loops():
    """The threads in which sandboxes run."""
    return [thread for thread in threading.enumerate() if thread.name == "sandbox"]


@pytest.mark.slow
def test_the_sandbox_ends_with_the_run(tmp_path):
    answering = get_model("mockllm/model", custom_outputs=lambda *_: said(PROGRAM), memoize=False)
    log = evaluated(tmp_path, [Sample(input="One", target="42", id=1)], hybrid(), math_answer(), answering)
    assert log.samples[0].scores["math_answer"].value == "C"
    assert loops() == []


def test_programs_that_come_at_once_share_one_sandbox_which_opens_again_after_its_end():
    shared = SharedSandbox()
    for _ in range(2):
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(shared.run, [f"print({number})" for number in range(8)]))
        assert [execution.stdout for execution in done] == [f"{number}\n" for number in range(8)]
        assert len(loops()) == 1
        shared.close()
        assert loops() == []


@pytest.mark.slow
def test_a_completion_that_was_cut_off_counts_only_where_it_marks_an_answer(tmp_path):
    def reply(messages, *_):
        made = said("So far that makes 42" if "One" in messages[-1].text else "So it is \\boxed{42}, and")
        made.choices[0].stop_reason = "model_length"
        return made

    answering = get_model("mockllm/model", custom_outputs=reply, memoize=False)
    samples = [Sample(input="One", target="42", id=1), Sample(input="Two", target="42", id=2)]
    log = evaluated(tmp_path, samples, inspect_ai.solver.generate(), math_answer(), answering)
    found = {sample.id: sample.scores["math_answer"] for sample in log.samples}
    assert {name: (score.value, score.metadata["outcome"]) for name, score in found.items()} == {
        1: ("N", "truncated"),
        2: ("C", "correct"),
    }


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
