"""What one engine answers to the same queries: ``python parity_session.py ENGINE MODEL OPTIONS`` prints it as JSON."""

import asyncio
import json
import sys

from mammoth_eval.engines import make_engine
from mammoth_eval.types import Message, Query, Sampling

TOKENS = 32
"""New tokens of each answer."""
THINGS = ("apples", "coins", "pages", "trees", "metres", "tickets")


def queries():
    """Texts, dialogues with and without a system message, and turns that are begun: 24 in all."""
    asked = [f"Tom has {n + 3} {thing} and buys {2 * n + 1} more. How many has he?" for n, thing in enumerate(THINGS)]
    user = [(Message("user", text),) for text in asked]
    system = [(Message("system", "Answer in one sentence."), *turns) for turns in user]
    return [
        *(Query(f"text/{n}", "cot", "p", f"Question: {text}\nAnswer:") for n, text in enumerate(asked)),
        *(Query(f"chat/{n}", "cot", "p", messages=turns) for n, turns in enumerate(user)),
        *(Query(f"system/{n}", "cot", "p", messages=turns) for n, turns in enumerate(system)),
        *(Query(f"start/{n}", "cot", "p", messages=turns, start="Tom has") for n, turns in enumerate(user)),
    ]


async def main(name, model, options):
    async with make_engine(name, model, **options) as engine:
        done = await asyncio.gather(*(engine.generate(query, Sampling(max_tokens=TOKENS)) for query in queries()))
    found = [(one.text, one.prompt_tokens, one.completion_tokens, one.finish_reason) for one in done]
    print(json.dumps(dict(zip([query.problem_id for query in queries()], found, strict=True))))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
