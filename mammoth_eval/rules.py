"""Rules: how what a model wrote becomes a program, an answer and a verdict.

One value holds the extraction and the equivalence that belong together, so that a decoding and a grader cannot disagree
on either. `exact` is ours; `mammoth` is the rule of the paper's released code (TIGER-AI-Lab/MAmmoTH, ``math_eval/``),
with its defects; `math_verify` takes our extraction and asks the library Math-Verify whether the answers are equal, for
cross-checks.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from mammoth_eval import extraction, graders, registry
from mammoth_eval.graders import GRADERS
from mammoth_eval.types import Attempt, Policy, Problem, ProgramResult, Verdict


class FindsProgram(Protocol):
    """The program that a completion's text holds; None where it holds none."""

    def __call__(self, text: str, truncated: bool = False) -> str | None:
        """`truncated`: the completion was cut off."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """Extraction and equivalence under one name."""

    name: str
    version: str
    """Changes with any change that can move a number."""
    result: ProgramResult
    """What a program's result is: what it printed, or else the value that it meant."""
    program: FindsProgram
    """completion -> the program in it."""
    thoughts: bool
    """Whether thoughts are set apart before anything is read; the paper's rule reads all that was written."""
    words_run: bool
    """Whether a program in an answer that was asked for in words is run, too."""
    read: Callable[[Attempt, Problem, Policy], str | None]
    """attempt -> answer; None where there is none."""
    verdict: Callable[[str, Problem, Policy], Verdict]
    """answer, problem -> whether it is right."""
    same: Callable[[str, str, Problem, Policy], bool]
    """Whether two answers of one problem count as one vote."""
    falls_back: Callable[[Attempt, Policy], bool]
    """Whether the hybrid asks again, as chain of thought, after this program-of-thought attempt."""


def get(name: str) -> Rules:
    """The rules called `name`. Raises `UnknownName`."""
    if name in RULES:
        made: Rules = registry.load("rules", name, RULES)()
        return made
    return _with_our_extraction(name)


NAMES = tuple(GRADERS)
RULES = {"mammoth": "mammoth_eval.paper.rules:rules"}
"""Name to dotted path of a function that makes `Rules`; a grader that is not here takes our extraction."""


def own_programs(grader: str, ran: str) -> bool:
    """Whether the programs of a run under the rules `ran` are those that `grader` would have run.

    A grader alone runs none: where its rules find another program in a text, it reads what that of `ran` gave.
    """
    return grader == ran or not {grader, ran} & set(RULES)


def graded_by(grader: str, ran: str) -> str:
    """What tables call `grader` on a run under the rules `ran`: what was not its own is said."""
    if grader == ran:
        return grader
    return f"{grader} (fallbacks decided{'' if own_programs(grader, ran) else ' and programs run'} by {ran})"


@cache
def _with_our_extraction(grader: str) -> Rules:
    grade = graders.get(grader)
    version = getattr(importlib.import_module(grade.__module__), "VERSION", "")

    def read(attempt: Attempt, problem: Problem, policy: Policy) -> str | None:
        if attempt.method == "pot":
            if attempt.execution is None or attempt.execution.status != "ok":
                return None
            answer: str | None = extraction.from_stdout(
                attempt.execution.stdout,
                form=problem.form,
                choices=problem.choices,
                program=attempt.program or "",
            )
            return answer
        truncated = attempt.completion.finish_reason != "stop"
        return extraction.from_text(
            attempt.completion.text, form=problem.form, choices=problem.choices, truncated=truncated
        )

    def verdict(answer: str, problem: Problem, policy: Policy) -> Verdict:
        return grade(answer, problem.gold, policy, problem.choices)

    def same(one: str, other: str, problem: Problem, policy: Policy) -> bool:
        return one == other or bool(grade(one, other, policy).equal)

    return Rules(
        name=grader,
        version=f"{version}+{extraction.VERSION}",
        result="value",
        program=extraction.program,
        thoughts=True,
        words_run=False,
        read=read,
        verdict=verdict,
        same=same,
        falls_back=lambda attempt, policy: attempt.answer is None,
    )
