"""What one process asks of the engine `vllm`: ``python vllm_session.py MODEL HUGE`` prints what it found as JSON.

First what is refused before anything is loaded (HUGE is a model larger than any memory), then requests of every kind to
one started engine.
"""

import asyncio
import json
import sys

from mammoth_eval.engines import make_engine, vllm_device, vllm_options
from mammoth_eval.errors import MammothError
from mammoth_eval.types import Message, Query, Sampling

SETTINGS = {"max_model_len": "1024", "max_num_batched_tokens": "1024"}
TOGETHER = 26
"""Requests whose prompts are more than one batch takes."""


def ask(number=0, text="What is 2 + 2?", chat=True):
    if chat:
        return Query(f"b/{number}", "cot", "p/cot", messages=(Message("user", text),))
    return Query(f"b/{number}", "cot", "p/cot", text)


async def refusal(model, **options):
    """The class and the message of the error with which an engine does not start."""
    try:
        async with make_engine("vllm", model, **options):
            return None
    except MammothError as error:
        return type(error).__name__, str(error)


def refused_replicas():
    """The message with which 64 replicas are refused before anything is loaded; None if they are not."""
    options, extra = vllm_options.split_options({"data_parallel_size": "64"})
    try:
        vllm_device.check("any", options, extra)
    except MammothError as error:
        return str(error)
    return None


async def refusals(model, huge):
    return {
        "unknown argument": await refusal("any", tensor_paralel_size="2"),
        "parts": await refusal("any", tensor_parallel_size="64"),
        "context": await refusal(model, max_model_len=99999),
        "memory": await refusal(huge, dtype="bfloat16"),
        "replicas": refused_replicas(),
    }


async def texts(engine):
    """Many requests at once, the end at a stop text, what a seed draws, alone and in company."""
    short = Sampling(max_tokens=24)
    many = await asyncio.gather(*(engine.generate(ask(n, f"What is {n} + {n}?"), short) for n in range(40)))
    plain = await engine.generate(ask(), short)
    stopped = await engine.generate(ask(), Sampling(max_tokens=24, stop=(plain.text[4:9],)))
    drawn = [await engine.generate(ask(), Sampling(temperature=1.0, seed=seed, max_tokens=24)) for seed in (1, 1, 2)]
    return {
        "many": [(completion.finish_reason, completion.completion_tokens) for completion in many],
        "plain": plain.text,
        "stopped": (stopped.text, stopped.finish_reason),
        "drawn": [completion.text for completion in drawn],
        "together": await draw(engine, range(TOGETHER), TOGETHER),
        "few": await draw(engine, range(TOGETHER - 1, -1, -1), 7),
    }


async def draw(engine, numbers, at_once):
    """The text drawn for each number, in the order of the numbers, so many requests at once."""
    gate = asyncio.Semaphore(at_once)

    async def answer(number):
        async with gate:
            query = ask(number, f"Tell me in a few words what one can do with {number} apples and {number + 1} pears.")
            return (await engine.generate(query, Sampling(temperature=1.0, seed=number, max_tokens=8))).text

    drawn = dict(zip(numbers, await asyncio.gather(*map(answer, numbers)), strict=True))
    return [drawn[number] for number in sorted(drawn)]


async def thoughts(engine):
    """A thought that the prompt opened, without a budget and with one; the small model never ends a thought itself."""
    query = Query("b/0", "cot", "p/cot", "Question: What is 2 + 2?\n<think>\n", start="I count")
    free = await engine.generate(query, Sampling(max_tokens=20, thoughts="think"))
    bound = await engine.generate(query, Sampling(max_tokens=40, thoughts="think", thinking_budget=12))
    return {
        "free": [free.text, free.unfinished, free.completion_tokens],
        "bound": [bound.budget_bound, bound.thought_tokens, bound.completion_tokens, bound.text],
        "same start": bound.thought.startswith(free.thought[:20]),
    }


async def limits(engine):
    """Prompts near the end of the context, and a request that is cancelled."""
    long = await engine.generate(ask(text="word " * 3000, chat=False), Sampling())
    tight = await engine.generate(ask(text="word " * 1000, chat=False), Sampling(max_tokens=500))
    task = asyncio.create_task(engine.generate(ask(text="Count to a thousand."), Sampling(max_tokens=900)))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return {
        "long": (long.text, long.finish_reason, long.completion_tokens),
        "tight": (tight.finish_reason, tight.prompt_tokens + tight.completion_tokens),
        "cancelled": task.cancelled(),
        "left": engine._served.engine.get_num_unfinished_requests(),
    }


async def main(model, huge):
    found = {"refused": await refusals(model, huge)}
    async with make_engine("vllm", model, **SETTINGS) as engine:
        found |= {
            **await texts(engine),
            **await limits(engine),
            "thoughts": await thoughts(engine),
            "capacity": engine.capacity,
            "described": engine.describe(),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
