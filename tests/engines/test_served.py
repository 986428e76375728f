"""The engine `openai` against a real `vllm serve` of the default model."""

import asyncio

import pytest
from marks import needs_vllm
from real_runs import PROBLEMS, SAMPLING, check, run
from vllm_server import serve

from mammoth_eval.engines import make_engine
from mammoth_eval.errors import ModelError
from mammoth_eval.types import Message, Query, Sampling

pytestmark = [pytest.mark.engine, pytest.mark.slow, needs_vllm]


@pytest.fixture(scope="module")
def small_server(tmp_path_factory):
    """The address of a real server with the model `small`."""
    with serve(tmp_path_factory.mktemp("serve") / "log") as url:
        yield url


def ask(url, queries, sampling, model="small"):
    async def main():
        async with make_engine("openai", model, base_url=url, api_key="none") as engine:
            return await asyncio.gather(*(engine.generate(query, sampling) for query in queries))

    return asyncio.run(main())


def test_a_real_server_answers_texts_and_chats(small_server):
    texts = [Query(f"b/{n}", "cot", "p/cot", f"Question: What is {n} + {n}?\nAnswer:") for n in range(8)]
    chats = [Query(f"c/{n}", "cot", "p/cot", messages=(Message("user", f"What is {n} + {n}?"),)) for n in range(8)]
    for queries in (texts, chats):
        found = ask(small_server, queries, Sampling(max_tokens=16))
        assert all(one.text and 0 < one.completion_tokens <= 16 and one.prompt_tokens > 0 for one in found)
        assert {one.finish_reason for one in found} <= {"stop", "length"}


def test_a_real_server_stops_where_it_is_told(small_server):
    query = Query("b/0", "cot", "p/cot", "One two three four five six seven eight nine")
    (plain,) = ask(small_server, [query], Sampling(max_tokens=24))
    stop = plain.text[6:10]
    (stopped,) = ask(small_server, [query], Sampling(max_tokens=24, stop=(stop,)))
    assert (stopped.text, stopped.finish_reason) == (plain.text.partition(stop)[0], "stop")


def test_a_prompt_beyond_the_servers_context_is_data_and_no_error(small_server):
    (found,) = ask(small_server, [Query("b/0", "cot", "p/cot", "word " * 4000)], Sampling(max_tokens=16))
    assert (found.text, found.finish_reason) == ("", "context")


def test_a_model_that_the_server_does_not_have_is_named_with_those_it_has(small_server):
    with pytest.raises(ModelError, match="small"):
        ask(small_server, [Query("b/0", "cot", "p/cot", "Hello")], Sampling(max_tokens=4), model="smal")


def test_a_real_server_is_sampled_under_load(tmp_path, data_dir, small_server):
    server = ["--engine", "openai", "--engine-arg", f"base_url={small_server}"]
    words = [
        "--benchmarks",
        "gsm8k",
        "--prompt",
        "chat",
        "--decoding",
        "cot",
    ]  # 64 requests at once: none waits for a program
    _, records = run(tmp_path, data_dir, *server, *words, *SAMPLING, model="small")
    check(records, PROBLEMS, 4)
