"""Our grader and our hybrid decoding in inspect_ai: a scorer and a solver, by name once the package is installed.

.. code-block:: python

    Task(dataset=..., solver=hybrid(), scorer=math_answer("gsm8k"))

A sample's input is the question, its target the right answer (or several, of which any one is right), its choices the
texts of the options. The solver asks for a program, runs it in our sandbox, and asks for a chain of thought where the
program gave no answer (MAmmoTH, arXiv 2309.05653, section 2.4).
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cache
from typing import Any

import anyio
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from mammoth_eval import extraction, prompts
from mammoth_eval.reward import Judgement, configured
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.types import LETTERS, Execution, Method, Problem

ANSWER, METHOD = "mammoth_eval:answer", "mammoth_eval:method"
"""Keys of the sample's store: the answer that the solver read, and the method that gave it (``pot`` or ``cot``)."""
UNDECIDED = float("nan")
"""The value of a score that counts in no mean: the grader could not decide."""


@scorer(metrics=[accuracy(), stderr()])  # type: ignore[untyped-decorator, unused-ignore]
def math_answer(benchmark: str = "", **options: Any) -> Scorer:
    """Whether a sample's answer equals its target, under the policy of `benchmark` and `options`, fields of `Reward`.

    The answer is the solver's where that was `hybrid`, else it is read from the completion. What the grader cannot
    decide is unscored. Raises `UsageError` for an option that does not exist.
    """
    reward = configured(benchmark, **{"form": "mixed", **options} if not benchmark else options)

    async def score(state: TaskState, target: Target) -> Score:
        golds, choices = list(target), [choice.value for choice in state.choices]
        if METHOD in state.store:
            answer = state.store.get(ANSWER)
            judged = await _in_thread(lambda: _of_answer(answer, golds, choices, reward.grade))
        else:
            cut = state.output.stop_reason == "max_tokens"
            text = state.output.completion
            judged = await _in_thread(lambda: reward.judge(text, golds, choices, cut=cut))
        values = {"correct": CORRECT, "wrong": INCORRECT, "fault": UNDECIDED}
        return Score(
            value=values.get(judged.outcome, NOANSWER),
            answer=judged.answer,
            explanation=judged.reason or judged.outcome,
            metadata={"outcome": judged.outcome},
        )

    return score


def _of_answer(
    answer: str | None, golds: list[str], choices: list[str], grade: Callable[[str, Any, Any], Judgement]
) -> Judgement:
    return Judgement("no_answer", None) if answer is None else grade(answer, golds, choices)


@solver  # type: ignore[untyped-decorator, unused-ignore]
def hybrid(prompt: str = "chat") -> Solver:
    """Ask for a program and run it in our sandbox; ask for a chain of thought where it gave no answer.

    `prompt` is a prompt style of ours, or a file of one. Both requests begin a conversation of their own, as in the
    paper; the messages of the last stay with the sample. Raises `UnknownName` for a style that does not exist.
    """
    style = prompts.get(prompt)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        choices = tuple(choice.value for choice in state.choices)
        problem = Problem(
            id=str(state.sample_id),
            benchmark="inspect_ai",
            question=_with_options(state.input_text, choices),
            gold="",
            form="choice" if choices else "open",
            choices=choices,
        )
        answer, method = await _by_program(problem, state, generate), "pot"
        if answer is None:
            method = "cot"
            state = await _ask(problem, "cot", state, generate)
            cut = state.output.stop_reason == "max_tokens"
            text = state.output.completion
            answer = extraction.from_text(text, form=problem.form, choices=choices, truncated=cut)
        state.store.set(ANSWER, answer)
        state.store.set(METHOD, method)
        return state

    async def _by_program(problem: Problem, state: TaskState, generate: Generate) -> str | None:
        """The answer of the program that the model writes; None where there is none."""
        program = extraction.program((await _ask(problem, "pot", state, generate)).output.completion)
        if program is None:
            return None
        done: Execution = await _in_thread(lambda: _sandbox().run(program))
        if done.status != "ok":
            return None
        return extraction.from_stdout(done.stdout, form=problem.form, choices=problem.choices)

    async def _ask(problem: Problem, method: Method, state: TaskState, generate: Generate) -> TaskState:
        query = style.query(problem, method)
        system: list[ChatMessage] = [ChatMessageSystem(content=query.system)] if query.system else []
        state.messages = [*system, ChatMessageUser(content=query.text)]
        return await generate(state)

    return solve


def _with_options(question: str, choices: tuple[str, ...]) -> str:
    """A question with its options, where it has some, as the benchmarks of the paper put them."""
    if not choices:
        return question
    listed = " ".join(f"({letter}) {text}" for letter, text in zip(LETTERS, choices, strict=False))
    return f"{question}\nAnswer Choices: {listed}"


async def _in_thread(work: Callable[[], Any]) -> Any:
    """What blocks for a moment, aside from the event loop of either kind."""
    return await anyio.to_thread.run_sync(work)


@cache
def _sandbox() -> Sandbox:
    """The sandbox of this process, open until it ends."""
    sandbox = Sandbox()
    sandbox.__enter__()
    atexit.register(sandbox.__exit__, None, None, None)
    return sandbox
