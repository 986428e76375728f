"""Chain of thought alone."""

from __future__ import annotations

from mammoth_eval.decoding.kit import Attempts, Kit, ask
from mammoth_eval.types import Problem


async def cot(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Chain of thought alone."""
    return (await ask(problem, kit, "cot", sample),)
