"""Rules: how what a model wrote becomes a program, an answer and a verdict.

One value holds the extraction and the equivalence that belong together, so that a decoding and a grader cannot disagree on either.
`exact` is ours; `mammoth` is the rule of the paper's released code (TIGER-AI-Lab/MAmmoTH, ``math_eval/``), with its defects;
`math_verify` takes our extraction and asks the library Math-Verify whether the answers are equal, for cross-checks.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mammoth_eval import answers, registry
from mammoth_eval.answers import mammoth as paper
from mammoth_eval.graders import GRADERS
from mammoth_eval.types import Attempt, Policy, Problem, ProgramResult, Verdict


@dataclass(frozen=True, slots=True)
class Rules:
    """Extraction and equivalence under one name."""

    name: str
    version: str
    """Changes with any change that can move a number."""
    result: ProgramResult
    """What a program's result is: what it printed, or else the value that it meant."""
    program: Callable[[str], str | None]
    """completion -> the program in it."""
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
    if name == "mammoth":
        return _paper_rules()
    return _own_rules(name)


NAMES = tuple(GRADERS)


@cache
def _own_rules(grader: str) -> Rules:
    grade = registry.load("grader", grader, GRADERS)
    version = importlib.import_module(grade.__module__).VERSION

    def read(attempt: Attempt, problem: Problem, policy: Policy) -> str | None:
        if attempt.method == "pot":
            if attempt.execution is None or attempt.execution.status != "ok":
                return None
            answer: str | None = answers.from_stdout(attempt.execution.stdout, form=problem.form, choices=problem.choices)
            return answer
        truncated = attempt.completion.finish_reason != "stop"
        return answers.from_text(attempt.completion.text, form=problem.form, choices=problem.choices, truncated=truncated)

    def verdict(answer: str, problem: Problem, policy: Policy) -> Verdict:
        result: Verdict = grade(answer, problem.gold, policy, problem.choices)
        return result

    def same(one: str, other: str, problem: Problem, policy: Policy) -> bool:
        return one == other or bool(grade(one, other, policy).equal)

    return Rules(
        name=grader,
        version=f"{version}+{answers.VERSION}",
        result="value",
        program=answers.program,
        words_run=False,
        read=read,
        verdict=verdict,
        same=same,
        falls_back=lambda attempt, policy: attempt.answer is None,
    )


def _printed(attempt: Attempt) -> str:
    """What the released code gets of a program: nothing where it did not come to its end."""
    if attempt.execution is None or attempt.execution.status != "ok":
        return ""
    return attempt.execution.stdout.strip("\n")


@cache
def _paper_rules() -> Rules:
    grade = registry.load("grader", "mammoth", GRADERS)
    version = importlib.import_module(grade.__module__).VERSION

    def read(attempt: Attempt, problem: Problem, policy: Policy) -> str | None:
        if attempt.program is not None:
            printed = _printed(attempt)
            return paper.from_stdout(printed, paper=policy.paper, choices=problem.choices) if printed else None
        return paper.from_text(attempt.completion.text, paper=policy.paper, choices=problem.choices)

    def verdict(answer: str, problem: Problem, policy: Policy) -> Verdict:
        result: Verdict = grade(answer, problem.gold, policy, problem.choices)
        return result

    def falls_back(attempt: Attempt, policy: Policy) -> bool:
        if policy.paper == "choice":
            return attempt.program is not None and not _printed(attempt)
        return attempt.answer is None

    return Rules(
        name="mammoth",
        version=f"{version}+{paper.VERSION}",
        result="stdout",
        program=paper.program,
        words_run=True,
        read=read,
        verdict=verdict,
        same=lambda one, other, problem, policy: one == other,
        falls_back=falls_back,
    )
