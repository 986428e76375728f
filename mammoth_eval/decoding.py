"""Decodings: how a problem is put to a model. The hybrid of MAmmoTH (arXiv 2309.05653, section 2.4) is one `if`.

Each decoding is a coroutine ``(problem, kit, sample) -> attempts``. It awaits an engine and a sandbox and never waits for another
problem, so that programs run and fallbacks start while the engine goes on with the rest.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from mammoth_eval import registry
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.engines import Engine
from mammoth_eval.errors import SandboxError, UsageError
from mammoth_eval.prompts import Prompt
from mammoth_eval.rules import Rules
from mammoth_eval.sandbox.base import Sandbox
from mammoth_eval.types import LETTERS, Attempt, Method, Problem, Query, Sampling

MATCH_TOKENS = 300
"""New tokens of the released code's option matching."""

Attempts = tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Kit:
    """All that a decoding works with."""

    engine: Engine
    sandbox: Sandbox
    prompt: Prompt
    rules: Rules
    sampling: Sampling
    benchmark: Benchmark

    def query(self, problem: Problem, method: Method, sample: int) -> Query:
        """The request for one attempt at `problem`."""
        return self.prompt.query(problem, method, family=self.benchmark.exemplars, sample=sample)

    def drawn(self, query: Query) -> Sampling:
        """The sampling for `query`: the prompt's stop texts and the user's, and a seed of its own."""
        return replace(self.sampling, seed=seed_of(self.sampling.seed, query), stop=(*self.prompt.stop, *self.sampling.stop))


def seed_of(base: int, query: Query) -> int:
    """The seed of one request, 31 bits: a hash of the run's seed, the problem, the method and the sample.

    Engines draw their noise from the seed and the position alone. With one seed for every problem, all would be given the same
    noise, and their errors would not average out. Fallbacks and samples need noise of their own as well.
    """
    words = "\x1f".join((str(base), query.problem_id, query.method, str(query.sample)))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 1


async def ask(problem: Problem, kit: Kit, method: Method, sample: int = 0) -> Attempt:
    """One attempt: ask by `method`, and run the program where one was asked for, or where the rules run any.

    Raises `SandboxError` where the sandbox broke: that says nothing of the model.
    """
    query = kit.query(problem, method, sample)
    completion = await kit.engine.generate(query, kit.drawn(query))
    program = kit.rules.program(completion.text) if method == "pot" or kit.rules.words_run else None
    execution = None if program is None else await kit.sandbox.run(program, kit.rules.result)
    if execution is not None and execution.status == "fault":
        raise SandboxError(f"{problem.id}: the sandbox failed: {execution.error}")
    attempt = Attempt(method, query.prompt_id, completion, program, execution, sample=sample)
    return replace(attempt, answer=kit.rules.read(attempt, problem, kit.benchmark.policy))


async def pot(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Program of thought alone."""
    return (await ask(problem, kit, "pot", sample),)


async def cot(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Chain of thought alone."""
    return (await ask(problem, kit, "cot", sample),)


async def hybrid(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """A program first; chain of thought when it gave no answer."""
    first = await ask(problem, kit, "pot", sample)
    return (first, await ask(problem, kit, "cot", sample)) if kit.rules.falls_back(first, kit.benchmark.policy) else (first,)


async def both(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """Both for every problem, from which PoT, CoT, hybrid and oracle are all read."""
    return tuple(await asyncio.gather(ask(problem, kit, "pot", sample), ask(problem, kit, "cot", sample)))


async def mammoth(problem: Problem, kit: Kit, sample: int = 0) -> Attempts:
    """The released code's hybrid: on a set of choices, an answer that is no letter is matched to the options by the model."""
    attempts = await hybrid(problem, kit, sample)
    answer = attempts[-1].answer or ""
    if kit.benchmark.policy.paper != "choice" or answer in tuple(LETTERS[:5]):
        return attempts
    return (*attempts, await _match(problem, answer, kit, sample))


async def _match(problem: Problem, answer: str, kit: Kit, sample: int) -> Attempt:
    options = problem.question.rpartition("Answer Choices:")[2].strip()
    text = f"Please find the closest option to {answer[:100]}. The options are {options}"
    query = replace(kit.query(replace(problem, question=text), "cot", sample), method="match")
    completion = await kit.engine.generate(query, replace(kit.drawn(query), max_tokens=MATCH_TOKENS))
    attempt = Attempt("match", query.prompt_id, completion, sample=sample)
    return replace(attempt, answer=kit.rules.read(attempt, problem, kit.benchmark.policy))


AT_ONCE = {"both": 2}
"""Requests that one sample has in progress at once, where a decoding sends more than one."""


def requests_at_once(name: str) -> int:
    """Requests that one sample of the decoding `name` has in progress at once; 1 for one of the user's own."""
    return AT_ONCE.get(name, 1)


Decoding = Callable[[Problem, Kit, int], Awaitable[Attempts]]

DECODINGS = {
    "cot": "mammoth_eval.decoding:cot",
    "pot": "mammoth_eval.decoding:pot",
    "hybrid": "mammoth_eval.decoding:hybrid",
    "both": "mammoth_eval.decoding:both",
    "mammoth": "mammoth_eval.decoding:mammoth",
}


def get(name: str) -> Decoding:
    """The decoding of that name, or the coroutine function at that ``module:attribute``. Raises `UsageError`."""
    decode: Decoding = registry.load("decoding", name, DECODINGS)
    if not inspect.iscoroutinefunction(decode):
        raise UsageError(f"decoding {name!r} is none: expected `async def decode(problem, kit, sample)` that returns attempts")
    return decode
