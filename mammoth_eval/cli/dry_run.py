"""``mammoth-eval run --dry-run``.

The plan, one prompt of each kind, and how many tokens it would take; no engine is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mammoth_eval import decoding, store
from mammoth_eval.engines.tokens import prompt_tokens
from mammoth_eval.errors import ModelError
from mammoth_eval.models import WEIGHTS_ENGINES
from mammoth_eval.plan import Plan
from mammoth_eval.safe_text import printable
from mammoth_eval.types import Method, Query

Count = Callable[[Query], int]
RULE = "-" * 80


def show_plans(plans: Sequence[Plan], results_dir: Path) -> int:
    """Print what each run would ask, to standard output."""
    for number, plan in enumerate(plans, 1):
        if len(plans) > 1:
            print(f"Run {number} of {len(plans)}")
        for line in describe(plan, results_dir):
            print(printable(line))
        print()
    return 0


def describe(plan: Plan, results_dir: Path) -> Iterator[str]:
    """The settings, one rendered prompt per benchmark and method, and the requests and tokens of the whole."""
    spec, sampling = plan.spec, plan.sampling
    unit, count = _counting(plan)
    yield f"model      {spec.model} ({plan.location})"
    yield f"engine     {spec.engine} {' '.join(f'{name}={value}' for name, value in spec.engine_args.items())}".rstrip()
    yield f"decoding   {spec.decoding}, prompt {spec.prompt}, graders {', '.join(grader.name for grader in plan.rules)}"
    yield (
        f"sampling   {spec.samples} per problem, "
        f"{', '.join(f'{name}={value}' for name, value in spec.sampling.items())}"
    )
    yield from (f"chosen     {setting}" for setting in plan.chosen)
    yield from (f"warning    {warning}" for warning in plan.warnings)
    yield f"sandbox    {', '.join(f'{name}={value}' for name, value in spec.sandbox.items())}"
    yield f"results    {store.stored_at(results_dir, spec)}"
    if unit == "words":
        yield "prompts    are counted in words: the model's tokenizer is not at hand without its engine"
    methods = decoding.methods(spec.decoding)
    totals = dict.fromkeys(methods, 0)
    for benchmark, problems in plan.problems:
        for method in methods:
            queries = [plan.prompt.query(problem, method, family=benchmark.exemplars) for problem in problems]
            counts = [count(query) for query in queries]
            totals[method] += sum(counts)
            if queries:
                said = f"{queries[0].problem_id} by {method}, {counts[0]} {unit} (all {len(queries)}: {sum(counts)})"
                yield f"{RULE}\n{said}\n{RULE}"
                yield queries[0].shown
    yield RULE
    yield from _estimate(plan, methods, totals, unit, sampling.max_tokens)


def _estimate(plan: Plan, methods: Sequence[Method], totals: dict[Method, int], unit: str, limit: int) -> Iterator[str]:
    """Requests and tokens: without any fallback and with nothing but fallbacks, where the decoding has them."""
    samples, asked = plan.spec.samples, plan.size * plan.spec.samples
    falls_back = len(methods) > 1 and decoding.requests_at_once(plan.spec.decoding) == 1
    least = totals[methods[0]] * samples if falls_back else sum(totals.values()) * samples
    requests = asked if falls_back else asked * len(methods)
    yield f"at least   {requests} requests, {least} {unit} of prompts, up to {requests * limit} new tokens"
    if falls_back:
        most = asked * len(methods)
        prompts = f"{sum(totals.values()) * samples} {unit} of prompts"
        yield f"at most    {most} requests (every problem falls back), {prompts},"
        yield f"           up to {most * limit} new tokens"
    yield "Nothing was asked and nothing written to the results."


def _counting(plan: Plan) -> tuple[str, Count]:
    """In what prompts are measured, and how: tokens where the model's tokenizer is on this machine, else words."""
    tokenizer = _tokenizer(plan) if plan.spec.engine in WEIGHTS_ENGINES else None
    if tokenizer is None:
        return "words", lambda query: len(query.shown.split())
    return "tokens", lambda query: len(prompt_tokens(query, tokenizer, plan.spec.model, plan.sampling.thinking))


def _tokenizer(plan: Plan) -> Any:
    """The model's tokenizer, from its folder or the hub's cache.

    None where it is not there, or cannot serve the prompt.
    """
    try:
        import transformers

        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
            plan.location, revision=plan.model.options.get("revision"), local_files_only=True
        )
        benchmark, problems = plan.problems[0]
        prompt_tokens(plan.prompt.query(problems[0], "cot", family=benchmark.exemplars), tokenizer, plan.spec.model)
    except (ImportError, OSError, ValueError, KeyError, IndexError, ModelError):
        return None
    return tokenizer
