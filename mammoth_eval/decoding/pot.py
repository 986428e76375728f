"""Program of thought alone (arXiv 2211.12588)."""

from __future__ import annotations

from mammoth_eval.decoding.kit import Attempts, Kit, ask
from mammoth_eval.types import Problem


async def pot(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Program of thought alone."""
    return (await ask(problem, kit, "pot", sample),)
