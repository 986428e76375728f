"""The hybrid of the released code: on a set of choices, an answer that is no letter is matched to the options by the
model.

``math_eval/run_choice.py`` of TIGER-AI-Lab/MAmmoTH.
"""

from __future__ import annotations

from dataclasses import replace

from mammoth_eval.decoding.hybrid import hybrid
from mammoth_eval.decoding.kit import Attempts, Kit
from mammoth_eval.types import LETTERS, Attempt, Problem

MATCH_TOKENS = 300
"""New tokens of the released code's option matching."""


async def mammoth(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """The released code's hybrid.

    On a set of choices, an answer that is no letter is matched to the options by the model.
    """
    attempts = await hybrid(problem, kit, sample)
    answer = attempts[-1].answer or ""
    if kit.benchmark.policy.paper != "choice" or answer in tuple(LETTERS[:5]):
        return attempts
    return (*attempts, await _match(problem, answer, kit, sample))


async def _match(problem: Problem, answer: str, kit: Kit, sample: int) -> Attempt:
    options = problem.question.rpartition("Answer Choices:")[2].strip()
    text = f"Please find the closest option to {answer[:100]}. The options are {options}"
    query = replace(kit.query(replace(problem, question=text), "cot", sample), method="match")
    completion = await kit.complete(query, replace(kit.drawn(query), max_tokens=MATCH_TOKENS))
    attempt = Attempt("match", query.prompt_id, completion, sample=sample)
    return replace(attempt, answer=kit.rules.read(attempt, problem, kit.benchmark.policy))
