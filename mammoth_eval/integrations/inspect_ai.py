"""Our grader and our hybrid decoding in inspect_ai: a scorer and a solver, by name once the package is installed.

.. code-block:: python

    Task(dataset=..., solver=hybrid(), scorer=math_answer("gsm8k"))

A sample's input is the question, its target the right answer (or several, of which any one is right), its choices the
texts of the options. The solver asks for a program, runs it in our sandbox, and asks for a chain of thought where the
program gave no answer (MAmmoTH, arXiv 2309.05653, section 2.4).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
from inspect_ai.hooks import Hooks, RunEnd, hooks
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from mammoth_eval import extraction, prompts
from mammoth_eval.errors import SandboxError
from mammoth_eval.reward import configured
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.types import LETTERS, Execution, Message, Method, Problem

ANSWER, METHOD = "mammoth_eval:answer", "mammoth_eval:method"
"""Keys of the sample's store: what the program gave, and the method whose answer counts (``pot`` or ``cot``)."""
PROGRAM, STATUS = "mammoth_eval:program", "mammoth_eval:status"
"""Likewise: the program that was run, and how it ended (`mammoth_eval.types.Status`); absent where none was written."""
_CUT = ("max_tokens", "model_length")
"""Reasons to stop that leave a completion unfinished."""
UNDECIDED = float("nan")
"""The value of a score that counts in no mean: the grader could not decide."""


@scorer(metrics=[accuracy(), stderr()])  # type: ignore[untyped-decorator, unused-ignore]
def math_answer(benchmark: str = "", **options: Any) -> Scorer:
    """Whether a sample's answer equals its target, under the policy of `benchmark` and `options`, fields of `Reward`.

    The answer is the program's where `hybrid` found one, else it is read from the completion. What the grader cannot
    decide is unscored. Raises `UsageError` for an option that does not exist.
    """
    reward = configured(benchmark, **{"form": "mixed", **options} if not benchmark else options)

    async def score(state: TaskState, target: Target) -> Score:
        golds, choices = list(target), _options(state)
        if state.store.get(METHOD) == "pot":
            answer = state.store.get(ANSWER)
            judged = await _in_thread(lambda: reward.grade(answer, golds, choices))
        else:
            text, cut = state.output.completion, state.output.stop_reason in _CUT
            judged = await _in_thread(lambda: reward.judge(text, golds, choices, cut=cut))
        values = {"correct": CORRECT, "wrong": INCORRECT, "fault": UNDECIDED}
        return Score(
            value=values.get(judged.outcome, NOANSWER),
            answer=judged.answer,
            explanation=judged.reason or judged.outcome,
            metadata={"outcome": judged.outcome},
        )

    return score


@solver  # type: ignore[untyped-decorator, unused-ignore]
def hybrid(prompt: str = "chat") -> Solver:
    """Ask for a program and run it in our sandbox; ask for a chain of thought where it gave no answer.

    `prompt` is a prompt style of ours, or a file of one. Both requests begin a conversation of their own, as in the
    paper; the messages of the last stay with the sample. Raises `UnknownName` for a style that does not exist.
    """
    style = prompts.get(prompt)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        choices = _options(state)
        problem = Problem(
            id=str(state.sample_id),
            benchmark="inspect_ai",
            question=_with_options(state.input_text, choices),
            gold="",
            form="choice" if choices else "open",
            choices=choices,
        )
        answer = await _by_program(problem, state, generate)
        if answer is None:
            state = await _ask(problem, "cot", state, generate)
        state.store.set(ANSWER, answer)
        state.store.set(METHOD, "cot" if answer is None else "pot")
        return state

    async def _by_program(problem: Problem, state: TaskState, generate: Generate) -> str | None:
        """The answer of the program that the model writes; None where there is none.

        Raises `SandboxError` where the sandbox broke: that is no reason to fall back, and the sample is an error.
        """
        program = extraction.program((await _ask(problem, "pot", state, generate)).output.completion)
        if program is None:
            return None
        done: Execution = await _in_thread(lambda: SANDBOX.run(program))
        state.store.set(PROGRAM, program)
        state.store.set(STATUS, done.status)
        if done.status == "fault":
            raise SandboxError(f"{problem.id}: the sandbox failed: {done.error}")
        if done.status != "ok":
            return None
        return extraction.from_stdout(done.stdout, form=problem.form, choices=problem.choices)

    async def _ask(problem: Problem, method: Method, state: TaskState, generate: Generate) -> TaskState:
        query = style.query(problem, method)
        turns = query.messages or (Message("user", query.text),)
        state.messages = [
            ChatMessageSystem(content=turn.content) if turn.role == "system" else ChatMessageUser(content=turn.content)
            for turn in turns
        ]
        return await generate(state)

    return solve


def _options(state: TaskState) -> tuple[str, ...]:
    """The option texts in the order of the target's letters, also where another solver shows them in another."""
    return tuple(choice.value for choice in sorted(state.choices, key=lambda choice: choice.original_position))


def _with_options(question: str, choices: tuple[str, ...]) -> str:
    """A question with its options, where it has some, as the benchmarks of the paper put them."""
    if not choices:
        return question
    listed = " ".join(f"({letter}) {text}" for letter, text in zip(LETTERS, choices, strict=False))
    return f"{question}\nAnswer Choices: {listed}"


async def _in_thread(work: Callable[[], Any]) -> Any:
    """What blocks for a moment, aside from the event loop of either kind."""
    return await anyio.to_thread.run_sync(work)


class SharedSandbox:
    """One sandbox for all samples: the first program starts it, and the others that come at once wait for that."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._opened: Sandbox | None = None

    def run(self, program: str) -> Execution:
        """Run one program, from any thread."""
        with self._gate:
            self._opened = opened = self._opened or Sandbox().__enter__()
        return opened.run(program)

    def close(self) -> None:
        """End it, where it is open; a later program starts it again."""
        with self._gate:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.__exit__(None, None, None)


SANDBOX = SharedSandbox()


@hooks(name="mammoth_eval_sandbox", description="Closes the sandbox of mammoth_eval's hybrid solver.")
class CloseSandbox(Hooks):  # type: ignore[misc, unused-ignore]
    """Closes it when a run ends: at the end of the process its event loop could not."""

    async def on_run_end(self, data: RunEnd) -> None:
        """Close it."""
        await _in_thread(SANDBOX.close)
