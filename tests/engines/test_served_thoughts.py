"""A real server with a reasoning parser and a generation config of its own: what it says on its own moves no number."""

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest
from marks import needs_vllm
from model_folders import thinking_copy
from vllm_server import serve

from mammoth_eval.engines import make_engine
from mammoth_eval.engines.default_model import ensure
from mammoth_eval.resources import cache_folder
from mammoth_eval.thoughts import bare
from mammoth_eval.types import Message, Query, Sampling

pytestmark = [pytest.mark.engine, pytest.mark.slow, needs_vllm]
TEXTS = [Query(f"b/{n}", "cot", "p/cot", f"Question: What is {n} + {n}?\nAnswer:") for n in range(16)]
CHATS = [Query(f"c/{n}", "cot", "p/cot", messages=(Message("user", f"What is {n} + {n}?"),)) for n in range(16)]
BUDGET, ALL = 12, 40
GREEDY = Sampling(max_tokens=32)


@pytest.fixture(scope="module")
def odd_server(tmp_path_factory):
    """The default model under a template that opens a thought, with a penalty of 1.3 and temperature 1.5 of its own."""
    base = Path(ensure(cache_folder()))
    own = {"do_sample": True, "repetition_penalty": 1.3, "temperature": 1.5, "top_k": 5}
    folder = thinking_copy(base, tmp_path_factory.mktemp("odd") / "model", **own)
    log = tmp_path_factory.mktemp("serve") / "log"
    with serve(log, "float32", folder, ("--reasoning-parser", "deepseek_r1")) as url:
        yield url


@pytest.fixture(scope="module")
def plain_texts():
    """What the default model itself answers to `TEXTS`, greedily."""
    found = ask_engine(make_engine("transformers", str(ensure(cache_folder())), dtype="float32"), TEXTS, GREEDY)
    return [done.text for done in found]


def ask(url, queries, sampling):
    return ask_engine(make_engine("openai", "small", base_url=url, api_key="none"), queries, sampling)


def ask_engine(engine, queries, sampling):
    async def main():
        async with engine:
            return await asyncio.gather(*(engine.generate(query, sampling) for query in queries))

    return asyncio.run(main())


def without_sampling(url, prompt, **fields):
    """What a server answers to a client that leaves the sampling to it."""
    body = json.dumps({"model": "small", "prompt": prompt, "max_tokens": 32, **fields}).encode()
    request = urllib.request.Request(f"{url}/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)["choices"][0]["text"]


def test_a_servers_generation_config_changes_no_greedy_text(odd_server, plain_texts):
    penalised = [without_sampling(odd_server, query.text, temperature=0) for query in TEXTS[:4]]
    assert penalised != plain_texts[:4], "the server's own penalty is not in force: the test shows nothing"
    assert [done.text for done in ask(odd_server, TEXTS, GREEDY)] == plain_texts


def test_a_thought_that_the_server_sets_apart_and_that_is_never_closed_is_no_answer(odd_server):
    found = ask(odd_server, CHATS, Sampling(max_tokens=20))
    for done in found:
        assert (done.text, done.unfinished) == ("", done.finish_reason == "length")
        assert done.thought
        assert 0 < done.thought_tokens == done.completion_tokens <= 20
    assert any(done.unfinished for done in found)


def test_a_budget_holds_to_the_token_and_the_answer_follows(odd_server):
    bound = ask(odd_server, CHATS, Sampling(max_tokens=ALL, thinking_budget=BUDGET))
    cut = [done for done in bound if done.budget_bound]
    assert len(cut) >= 4, "thoughts of the small model end before the budget"
    for done in cut:
        assert done.thought_tokens == BUDGET
        assert BUDGET <= done.completion_tokens <= ALL
        assert "<think>" not in done.text
        assert "</think>" not in done.text
    assert sum(bool(done.text.strip()) for done in cut) > len(cut) // 2
    free = ask(odd_server, CHATS, Sampling(max_tokens=BUDGET))
    assert [bare(done.thought) for done in bound] == [bare(done.thought) for done in free]
