"""Whatever a server sends is an outcome or another try: `tests/data/server_replies.jsonl`, labelled before the code.

A row has the replies of a server, the last one for ever: a body, or [status, body, headers, encoding]. What is expected
is the outcome under the grader `exact` (gold 42) and fields of the completion, or the error and words of its message.
"""

import asyncio
import json
from pathlib import Path

import pytest
from openai_server import serving

pytest.importorskip("openai")

from mammoth_eval import errors, rules, scoring, thoughts
from mammoth_eval.engines import make_engine
from mammoth_eval.types import Attempt, Message, Policy, Problem, Query, Record, Sampling

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "server_replies.jsonl").read_text("utf-8").splitlines()
]
PROBLEM = Problem("b/0", "b", "How much is 40 + 2?", "42")
QUERY = Query("b/0", "cot", "p/cot", messages=(Message("user", PROBLEM.question),))


def reply_of(row):
    """A reply as the fake server takes it."""
    if not (isinstance(row, list) and row and isinstance(row[0], int)):
        return 200, row
    status, body, headers, encoding = [*row, *[{}, "utf-8"][len(row) - 2 :]]
    return status, body.encode(encoding) if isinstance(body, str) else body, headers


def asked(case):
    """The completion or the error, and the bodies of the requests."""

    async def main(server):
        sampling = Sampling(max_tokens=20, thoughts=case["expect"].get("thoughts", "auto"))
        async with make_engine("openai", "m", base_url=server.url, retries=2, retry_delay=0.001, timeout=10) as engine:
            try:
                return thoughts.separate(await engine.generate(QUERY, sampling), sampling.thoughts)
            except errors.MammothError as error:
                return error

    with serving(*map(reply_of, case["replies"])) as server:
        return asyncio.run(main(server)), [body for _, body in server.requests]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_reply_is_an_outcome_an_error_with_its_reason_or_another_try(case):
    expect = case["expect"]
    done, requests = asked(case)
    if "error" in expect:
        assert type(done).__name__ == expect["error"], done
        assert expect["said"] in str(done)
    else:
        attempt = Attempt("cot", "p/cot", done)
        score = scoring.score(Record(PROBLEM, (attempt,)), rules.get("exact"), Policy())
        assert score.outcome == expect["outcome"], done
        assert expect.get("reason", "") in score.attempts[0].reason
        found = {
            "text": done.text,
            "thought": done.thought,
            "finish": done.finish_reason,
            "server": done.server_reason,
            "counts": [done.prompt_tokens, done.completion_tokens],
            "thought_tokens": done.thought_tokens,
            "unfinished": done.unfinished,
        }
        assert {name: value for name, value in found.items() if name in expect} == {
            name: value for name, value in expect.items() if name in found
        }
    assert len(requests) == expect.get("requests", len(requests))
    assert requests[-1].items() >= expect.get("sent", {}).items()
    assert not requests[-1].keys() & set(expect.get("unsent", ()))
