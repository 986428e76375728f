"""Decodings: how a problem is put to a model, one short coroutine in each file.

Each is a coroutine ``(problem, kit, sample) -> attempts``. It awaits an engine and a sandbox and never waits for
another problem, so that programs run and fallbacks start while the engine goes on with the rest.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from mammoth_eval import registry
from mammoth_eval.decoding.kit import Attempts, Kit, ask, seed_of
from mammoth_eval.errors import UsageError
from mammoth_eval.types import Method, Problem

AT_ONCE = {"both": 2}
"""Requests that one sample has in progress at once, where a decoding sends more than one."""
METHODS: dict[str, tuple[Method, ...]] = {"cot": ("cot",), "pot": ("pot",)}
"""The methods that a decoding asks by, in its order, where it is not by both."""


def requests_at_once(name: str) -> int:
    """Requests that one sample of the decoding `name` has in progress at once; 1 for one of the user's own."""
    return AT_ONCE.get(name, 1)


def methods(name: str) -> tuple[Method, ...]:
    """The methods that the decoding `name` asks by, in its order; both, for one of the user's own."""
    return METHODS.get(name, ("pot", "cot"))


Decoding = Callable[[Problem, Kit, int], Awaitable[Attempts]]

DECODINGS = {
    "cot": "mammoth_eval.decoding.cot:cot",
    "pot": "mammoth_eval.decoding.pot:pot",
    "hybrid": "mammoth_eval.decoding.hybrid:hybrid",
    "both": "mammoth_eval.decoding.both:both",
    "mammoth": "mammoth_eval.paper.decoding:mammoth",
}


def get(name: str) -> Decoding:
    """The decoding of that name, or the coroutine function at that ``module:attribute``. Raises `UsageError`."""
    decode: Decoding = registry.load("decoding", name, DECODINGS)
    if not inspect.iscoroutinefunction(decode):
        raise UsageError(
            f"decoding {name!r} is none: expected `async def decode(problem, kit, sample)` that returns attempts"
        )
    return decode


__all__ = ["DECODINGS", "Attempts", "Decoding", "Kit", "ask", "get", "methods", "requests_at_once", "seed_of"]
