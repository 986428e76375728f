"""Program and chain of thought for every problem, from which PoT, CoT, the hybrid and the oracle are all read."""

from __future__ import annotations

import asyncio

from mammoth_eval.decoding.kit import Attempts, Kit, ask
from mammoth_eval.types import Problem


async def both(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Both for every problem, from which PoT, CoT, hybrid and oracle are all read."""
    return tuple(await asyncio.gather(ask(problem, kit, "pot", sample), ask(problem, kit, "cot", sample)))
