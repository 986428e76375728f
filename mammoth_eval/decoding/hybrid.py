"""The hybrid of MAmmoTH (arXiv 2309.05653, section 2.4): a program first, chain of thought where it gave no answer."""

from __future__ import annotations

from mammoth_eval.decoding.kit import Attempts, Kit, ask
from mammoth_eval.types import Problem


async def hybrid(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """A program first; chain of thought when it gave no answer."""
    first = await ask(problem, kit, "pot", sample)
    return (
        (first, await ask(problem, kit, "cot", sample))
        if kit.rules.falls_back(first, kit.benchmark.policy)
        else (first,)
    )
