"""What every decoding works with, and the one step that all of them take: ask, run the program, read the answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from mammoth_eval import thoughts
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.engines import Engine
from mammoth_eval.errors import SandboxError
from mammoth_eval.prompts import Prompt
from mammoth_eval.rules import Rules
from mammoth_eval.sandbox.base import Sandbox
from mammoth_eval.types import Attempt, Completion, Method, Problem, Query, Sampling

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
        return replace(
            self.sampling,
            seed=seed_of(self.sampling.seed, query),
            stop=(*self.prompt.stops(query.method), *self.sampling.stop),
        )

    async def complete(self, query: Query, sampling: Sampling) -> Completion:
        """The engine's answer, its thought apart where the rules want it so.

        An engine that does not know how the model thinks lets a stop text end a thought: such a query is asked once
        more, with the form of the thought named.
        """
        completion = await self.engine.generate(query, sampling)
        if not self.rules.thoughts:
            return completion
        apart = thoughts.separate(completion, sampling.thoughts)
        if not (apart.unfinished and apart.finish_reason == "stop" and sampling.stop):
            return apart
        form = thoughts.form_of(apart.thought or "")
        if form is None or sampling.thoughts != thoughts.AUTO:
            return apart
        return thoughts.separate(await self.engine.generate(query, replace(sampling, thoughts=form.name)), form.name)


def seed_of(base: int, query: Query) -> int:
    """The seed of one request, 31 bits: a hash of the run's seed, the problem, the method and the sample.

    Engines draw their noise from the seed and the position alone. With one seed for every problem, all would be given
    the same noise, and their errors would not average out. Fallbacks and samples need noise of their own as well.
    """
    words = "\x1f".join((str(base), query.problem_id, query.method, str(query.sample)))
    digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 1


async def ask(problem: Problem, kit: Kit, method: Method, sample: int = 0) -> Attempt:
    """One attempt: ask by `method`, and run the program where one was asked for, or where the rules run any.

    Raises `SandboxError` where the sandbox broke: that says nothing of the model.
    """
    query = kit.query(problem, method, sample)
    completion = await kit.complete(query, kit.drawn(query))
    runs = method == "pot" or kit.rules.words_run
    program = kit.rules.program(completion.text, completion.finish_reason != "stop") if runs else None
    execution = None if program is None else await kit.sandbox.run(program, kit.rules.result)
    if execution is not None and execution.status == "fault":
        raise SandboxError(f"{problem.id}: the sandbox failed: {execution.error}")
    attempt = Attempt(method, query.prompt_id, completion, program, execution, sample=sample)
    return replace(attempt, answer=kit.rules.read(attempt, problem, kit.benchmark.policy))
