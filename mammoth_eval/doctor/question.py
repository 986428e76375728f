"""One question to the real engine: the very text that is sent, what comes back, and whether both count alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mammoth_eval import asking, benchmarks, prompts
from mammoth_eval.doctor import checkpoint
from mammoth_eval.doctor.finding import Finding
from mammoth_eval.engines import make_engine
from mammoth_eval.engines.tokens import prompt_text, prompt_tokens
from mammoth_eval.errors import MammothError
from mammoth_eval.models import WEIGHTS_ENGINES, Model
from mammoth_eval.types import Completion, Method, Problem, Sampling

PROBLEM = Problem("doctor/0", "gsm8k", "A box holds 12 eggs. How many eggs are in 5 boxes?", "60")
"""Asked as one of its benchmark is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent, and what came back."""

    findings: tuple[Finding, ...]
    sent: str
    """The prompt to the byte; the turns where a server puts them into its template."""
    answer: str
    """The completion, thought included; empty where the engine gave none."""


async def ask(model: Model, engine: str, style: str, method: Method, sampling: Sampling) -> Asked:
    """Look at the model's files, start the engine, ask one question in the prompt `style`, which may be ``auto``.

    Raises `PromptError` and `UnknownName` of the style.
    """
    files = asking.look(model, engine)
    chosen = next(iter(asking.decide(style, sampling.max_tokens, files, engine)), None)
    prompt = prompts.get(str(chosen.value) if chosen else style)
    benchmark = benchmarks.get(PROBLEM.benchmark)
    query = prompt.query(PROBLEM, method, family=benchmark.exemplars)
    sampling = replace(sampling, stop=(*prompt.stops(method), *sampling.stop))
    text = f"{prompt.name}: {chosen.reason}" if chosen else prompt.name
    found = [Finding("prompt", "ok", text, facts={"prompt": prompt.name, "chosen": chosen is not None})]
    warned = asking.warnings(prompt, files, engine, [(benchmark, [PROBLEM])], [method], sampling.thinking)
    found += [Finding("prompt", "warn", warning) for warning in warned]
    sent, tokens = query.shown, None
    if engine in WEIGHTS_ENGINES:
        try:
            own = checkpoint.load(model)
            sent = prompt_text(query, own.tokenizer, model.name, sampling.thinking)
            tokens = len(prompt_tokens(query, own.tokenizer, model.name, sampling.thinking))
            found += checkpoint.findings(own, query, sampling)
        except MammothError as error:
            return Asked((*found, Finding("model", "fail", str(error))), sent, "")
    start = time.monotonic()
    try:
        async with make_engine(engine, model.location, **model.options) as opened:
            ready = time.monotonic() - start
            completion = await opened.generate(query, sampling)
            described = opened.describe()
    except MammothError as error:
        return Asked((*found, Finding("engine", "fail", str(error))), sent, "")
    found.append(_engine(engine, described, ready))
    found.append(_question(completion, tokens, sampling))
    return Asked(tuple(found), sent, (completion.thought or "") + completion.text)


def _engine(name: str, described: Mapping[str, Any], seconds: float) -> Finding:
    said = [f"{key} {described[key]}" for key in ("device", "dtype", "context") if described.get(key)]
    text = ", ".join([f"{name} {described.get(name, '')}".rstrip(), *said])
    return Finding("engine", "ok", f"{text}, ready in {seconds:.0f} s", facts=dict(described))


def _question(completion: Completion, tokens: int | None, sampling: Sampling) -> Finding:
    text = (
        f"{completion.prompt_tokens} tokens read, {completion.completion_tokens} written, ended by "
        f"{completion.finish_reason}, {completion.seconds:.1f} s"
    )
    facts = {
        "prompt_tokens": completion.prompt_tokens,
        "prompt_tokens_by_the_files": tokens,
        "completion_tokens": completion.completion_tokens,
        "finish_reason": completion.finish_reason,
    }
    if tokens is not None and completion.prompt_tokens != tokens:
        advice = f"the prompt has {tokens} by the model's files: tokenizer or template of the engine are others"
        return Finding("question", "fail", text, advice, facts)
    if completion.finish_reason == "length":
        advice = f"it did not end within {sampling.max_tokens} tokens: more --max-tokens, or see the end tokens"
        return Finding("question", "warn", text, advice, facts)
    return Finding("question", "ok", text, facts=facts)
