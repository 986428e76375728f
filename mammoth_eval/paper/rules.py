"""The released code's extraction and correctness as one set of rules."""

from __future__ import annotations

from functools import cache

from mammoth_eval.paper import correctness, extraction
from mammoth_eval.rules import Rules
from mammoth_eval.types import Attempt, Policy, Problem, Verdict


def _printed(attempt: Attempt) -> str:
    """What the released code gets of a program: nothing where it did not come to its end."""
    if attempt.execution is None or attempt.execution.status != "ok":
        return ""
    return attempt.execution.stdout.strip("\n")


@cache
def rules() -> Rules:
    """The rules called ``mammoth``."""

    def read(attempt: Attempt, problem: Problem, policy: Policy) -> str | None:
        if attempt.program is not None:
            printed = _printed(attempt)
            return extraction.from_stdout(printed, paper=policy.paper, choices=problem.choices) if printed else None
        return extraction.from_text(attempt.completion.text, paper=policy.paper, choices=problem.choices)

    def verdict(answer: str, problem: Problem, policy: Policy) -> Verdict:
        return correctness.grade(answer, problem.gold, policy, problem.choices)

    def falls_back(attempt: Attempt, policy: Policy) -> bool:
        if policy.paper == "choice":
            return attempt.program is not None and not _printed(attempt)
        return attempt.answer is None

    return Rules(
        name="mammoth",
        version=f"{correctness.VERSION}+{extraction.VERSION}",
        result="stdout",
        program=extraction.program,
        thoughts=False,
        words_run=True,
        read=read,
        verdict=verdict,
        same=lambda one, other, problem, policy: one == other,
        falls_back=falls_back,
    )
