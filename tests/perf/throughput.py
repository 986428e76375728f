"""How much the harness costs beside the bare engine, and what streaming gains over barriers: ``make perf``.

A benchmark, not a timed test: figures are ratios within one run on one machine, medians of several rounds.

1. *bare*: vLLM's own ``LLM.generate`` on the prompts of a PoT run; *ours*: the same prompts through decoding, sandbox,
  grading and
   store. Goal: ours takes at most 1.05 times as long. Both engines are started with the arguments that ours makes of
   its options; what they were configured to is printed, and a difference is an error.
2. *barriers*: all programs asked for, then all run, then all fallbacks asked for; *streaming*: the hybrid as it is. The
  completions
   are the real engine's; what the sandbox runs is laid down (a share sleeps, a share fails), so that programs take time
   and fallbacks are a known share. Goal: streaming is at least 1.3 times faster where a tenth or more fall back.

There are several times as many problems as the engine decodes at once, as in any evaluation: with one batch of them all
completions would end together, and nothing would be left to overlap with.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import queue
import statistics
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

import torch

from mammoth_eval import benchmarks, models, prompts, rules, scoring
from mammoth_eval.decoding import Kit
from mammoth_eval.decoding.hybrid import hybrid
from mammoth_eval.decoding.pot import pot
from mammoth_eval.engines import make_engine, vllm_config, vllm_device, vllm_options, vllm_start
from mammoth_eval.engines.default_model import NAME
from mammoth_eval.engines.tokens import as_dicts
from mammoth_eval.engines.vllm_guard import Guard
from mammoth_eval.resources import cache_folder
from mammoth_eval.runner import Job, concurrency, evaluate
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.store.records import encode
from mammoth_eval.types import Sampling

SET = "rg_gsm_symbolic"
PROGRAMS = [
    *["import time; time.sleep(2); print(1)"] * 2,
    "import time; time.sleep(1); raise ValueError",
    *["print(sum(i * i for i in range(10_000)))"] * 4,
    "print(undefined)",
]
"""One in four takes two seconds; one in four fails, half of these after a second."""
ON_CPU = 24
"""Problems decoded at once on a CPU, where no number is asked for.

More gain little there, and a round would be one batch.
"""
CONTEXT = 2048
"""Tokens of prompt and answer together."""
SETTINGS = ("dtype", "eager", "prefix_caching", "chunked_prefill", "max_num_seqs", "max_num_batched_tokens", "context")
"""What must be the same on both sides."""
WARM_UP = 8
"""Problems before the first measured round."""


def queries(n: int) -> list:
    """The PoT queries of the first `n` problems."""
    benchmark = benchmarks.get(SET)
    rows = benchmarks.load(benchmark, data_dir=None, cache_dir=cache_folder(), limit=n)
    return [(one, prompts.get("chat").query(one, "pot", family=benchmark.exemplars)) for one in rows]


def options(at_once: int | None) -> dict[str, object]:
    """The engine's options, as a user gives them; None: as many at once as it takes by itself."""
    return {"max_model_len": CONTEXT, **({"max_num_seqs": at_once} if at_once else {})}


def bare(location: str, asked: dict, n: int, tokens: int, rounds: int, out) -> None:
    """Settings, then seconds and new tokens of each round of ``LLM.generate``; run in a process of its own."""
    from vllm import LLM, SamplingParams

    own, extra = vllm_options.split_options(asked)
    arguments = vllm_start.prepare(location, own, extra)
    vllm_device.make_way(own)
    guard = Guard()  # an engine that is not ended burns the cores of the next one
    engine = LLM(**arguments)
    out.put(vllm_config.describe(engine.llm_engine.vllm_config, arguments))
    parameters = SamplingParams(temperature=0.0, max_tokens=tokens)
    messages = [as_dicts(query.messages) for _, query in queries(n)]
    found = []
    engine.chat(messages[:WARM_UP], parameters, use_tqdm=False)
    for _ in range(rounds):
        start = time.monotonic()
        outputs = engine.chat(messages, parameters, use_tqdm=False)
        found.append((time.monotonic() - start, sum(len(one.outputs[0].token_ids) for one in outputs)))
    guard.close()
    out.put(found)


async def ours(kit: Kit, rows: list, decode) -> tuple[float, int]:
    """Seconds and new tokens of one round through the harness, records graded and written."""
    start, tokens = time.monotonic(), 0
    both = (kit.rules, rules.get("mammoth"))
    with tempfile.TemporaryFile() as file:
        jobs = (Job(one, kit, decode) for one in rows)
        at_once = concurrency(kit.engine, requests=1)
        async for record in evaluate(
            jobs, lambda record: scoring.with_scores(record, both, kit.benchmark.policy), at_once
        ):
            file.write(encode(record))
            tokens += sum(one.completion.completion_tokens for one in record.attempts)
    return time.monotonic() - start, tokens


async def with_barriers(kit: Kit, rows: list) -> tuple[float, int]:
    """Seconds and new tokens of the hybrid in three stages, each waiting for the whole of the one before."""
    start = time.monotonic()
    asked = [kit.query(one, "pot", 0) for one in rows]
    first = await asyncio.gather(*(kit.engine.generate(one, kit.drawn(one)) for one in asked))
    ran = await asyncio.gather(*(kit.sandbox.run(kit.rules.program(one.text) or "", kit.rules.result) for one in first))
    failed = [one for one, execution in zip(rows, ran, strict=True) if execution.status != "ok"]
    asked = [kit.query(one, "cot", 0) for one in failed]
    second = await asyncio.gather(*(kit.engine.generate(one, kit.drawn(one)) for one in asked))
    return time.monotonic() - start, sum(one.completion_tokens for one in (*first, *second))


def laid_down(text: str) -> str:
    """One of `PROGRAMS`, chosen by the completion."""
    return PROGRAMS[zlib.crc32(text.encode()) % len(PROGRAMS)]


async def measure(
    location: str, asked: dict, n: int, tokens: int, rounds: int
) -> tuple[dict, dict[str, list[tuple[float, int]]]]:
    """The engine's description; every round of ours, of streaming and of barriers, taken in turns on one engine."""
    benchmark = benchmarks.get(SET)
    rows = [one for one, _ in queries(n)]
    found: dict[str, list[tuple[float, int]]] = {"ours": [], "streaming": [], "barriers": []}
    async with make_engine("vllm", location, **asked) as engine, open_sandbox() as sandbox:
        kit = Kit(engine, sandbox, prompts.get("chat"), rules.get("exact"), Sampling(max_tokens=tokens), benchmark)
        slow = replace(kit, rules=replace(kit.rules, program=laid_down))
        await ours(kit, rows[:WARM_UP], pot)
        for _ in range(rounds):
            found["ours"].append(await ours(kit, rows, pot))
            found["streaming"].append(await ours(slow, rows, hybrid))
            found["barriers"].append(await with_barriers(slow, rows))
        return dict(engine.describe()), found


def told(results, process):
    """The next that the process puts into its queue; `SystemExit` where it ends without."""
    while True:
        try:
            return results.get(timeout=1)
        except queue.Empty:
            if not process.is_alive():
                raise SystemExit(
                    f"the bare engine ended with code {process.exitcode}; its own words stand above"
                ) from None


def same_settings(bare: dict, ours: dict) -> str:
    """The settings of both engines in a line; `SystemExit` where they are not the same."""
    pairs = {name: (bare[name], ours[name]) for name in SETTINGS}
    if other := {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}:
        raise SystemExit(f"the engines are not alike (bare, ours): {other}")
    return ", ".join(f"{name} {value}" for name, (value, _) in pairs.items())


def ratio(found: dict[str, list[tuple[float, int]]], over: str, under: str) -> float:
    """The ratio of the median seconds a token."""
    return statistics.median(s / t for s, t in found[over]) / statistics.median(s / t for s, t in found[under])


def main() -> None:
    """Measure and print; ``--json`` for scripts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=NAME)
    parser.add_argument("--problems", type=int, default=96)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--at-once", type=int, metavar="N", help="max_num_seqs of both (default: 24 on a CPU, vLLM's own on a GPU)"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    args = parser.parse_args()
    location = models.resolve(args.model, "vllm", cache_folder()).location
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    asked = options(args.at_once or (None if torch.cuda.is_available() else ON_CPU))
    process = context.Process(target=bare, args=(location, asked, args.problems, args.tokens, args.rounds, answers))
    process.start()
    settings, rounds = told(answers, process), told(answers, process)
    process.join()
    described, others = asyncio.run(measure(location, asked, args.problems, args.tokens, args.rounds))
    print(f"settings of both: {same_settings(settings, described)}")
    if args.problems < 2 * described["max_num_seqs"]:
        print(
            f"{args.problems} problems are no two batches of {described['max_num_seqs']}: the ratios mean little; "
            f"give --problems"
        )
    found = {"bare": rounds, **others}
    for name, figures in found.items():
        each = ", ".join(f"{seconds:.1f} s for {tokens} tokens" for seconds, tokens in figures)
        print(f"{name}: {each}")
    ratios = {
        "ours / bare": ratio(found, "ours", "bare"),
        "barriers / streaming": ratio(found, "barriers", "streaming"),
    }
    for name, value in ratios.items():
        print(f"{name}: {value:.2f} (seconds a token, medians)")
    if args.json:
        args.json.write_text(
            json.dumps({"settings": described, "rounds": found, "ratios": ratios}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
