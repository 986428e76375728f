"""The engine `openai` against a small real server that misbehaves in every way a server does."""

import asyncio
import gzip
import json
import os
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from openai_server import chat, completion, refusal, serving

pytest.importorskip("openai")

from httpx import Request, Response
from openai import APIStatusError

from mammoth_eval.engines import make_engine
from mammoth_eval.engines.openai_retry import LONGEST_ASKED, Endpoint, pause, room_left, say_wait
from mammoth_eval.errors import EngineError, ModelError, UsageError
from mammoth_eval.types import Message, Query, Sampling

TEXT = Query("b/0", "cot", "p/cot", "2 + 2?")
CHAT = Query("b/0", "cot", "p/cot", messages=(Message("system", "Be brief."), Message("user", "2 + 2?")))


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name.startswith("mammoth_eval")]


async def ask(server, query=TEXT, sampling=Sampling(max_tokens=20), **options):
    async with make_engine("openai", "m", base_url=server.url, **{"retry_delay": 0.01, **options}) as engine:
        return await engine.generate(query, sampling)


async def test_text_query_goes_to_completions_with_all_of_its_sampling():
    with serving(completion("four")) as server:
        found = await ask(server, sampling=Sampling(0.7, 0.9, 40, 20, ("USER:",), 5), extra_body='{"min_p": 0.1}')
    assert (found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens) == ("four", "stop", 7, 3)
    (path, body), *_ = server.requests
    assert path == "/v1/completions"
    assert body == {
        "model": "m", "prompt": "2 + 2?", "temperature": 0.7, "top_p": 0.9, "top_k": 40, "max_tokens": 20,
        "stop": ["USER:"], "seed": 5, "min_p": 0.1, "repetition_penalty": 1.0, "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
    }  # fmt: skip


async def test_a_greedy_query_carries_no_seed():
    with serving(completion("four")) as server:
        await ask(server, sampling=Sampling(max_tokens=20, seed=5))
    assert "seed" not in server.requests[0][1]


async def test_chat_query_goes_to_chat_completions_with_its_system_message():
    with serving(chat("four", "length")) as server:
        found = await ask(server, CHAT)
    assert (found.text, found.finish_reason) == ("four", "length")
    path, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]
    assert body["max_tokens"] == 20


async def test_limit_of_a_chat_goes_under_the_name_asked_for():
    with serving(chat()) as server:
        await ask(server, CHAT, max_tokens_name="max_completion_tokens")
    assert "max_tokens" not in server.requests[0][1]
    assert server.requests[0][1]["max_completion_tokens"] == 20


async def test_stops_that_the_server_does_not_take_are_applied_here():
    with serving(completion("one B two A three")) as server:
        found = await ask(server, sampling=Sampling(stop=("A", "B")), max_stops=1)
    assert server.requests[0][1]["stop"] == ["A"]
    assert (found.text, found.finish_reason) == ("one ", "stop")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_overload_and_server_errors_are_tried_again(status):
    with serving((status, refusal("busy")), (status, b"<html>not json"), completion("four")) as server:
        assert (await ask(server)).text == "four"
    assert len(server.requests) == 3


async def test_broken_connection_is_tried_again():
    with serving((0, b""), completion("four")) as server:
        assert (await ask(server)).text == "four"


@pytest.mark.parametrize("body", [b"{}", b"not json", {"choices": []}])
async def test_reply_that_is_no_completion_is_tried_again(body):
    with serving((200, body), completion("four")) as server:
        assert (await ask(server)).text == "four"


async def test_slow_answer_is_cut_off_and_tried_again():
    with serving((200, completion("late"), {}, 1.0), completion("four")) as server:
        assert (await ask(server, timeout=0.2)).text == "four"


async def test_retry_after_is_waited_for():
    with serving((429, refusal("slow down"), {"retry-after": "1"}), completion()) as server:
        start = time.monotonic()
        await ask(server)
    assert time.monotonic() - start >= 1.0


def test_retry_after_is_seconds_or_a_date_and_no_more_than_a_minute_is_waited():
    def waited(value):
        error = APIStatusError(
            "busy",
            response=Response(429, headers={"retry-after": value}, request=Request("GET", "http://x")),
            body=None,
        )
        return pause(error, 0, 0.01)

    assert waited("7") == 7
    assert 50 < waited(format_datetime(datetime.now(UTC) + timedelta(seconds=55), usegmt=True)) <= 55
    assert waited("Mon, 01 Jan 2024 00:00:00 GMT") < 1
    assert waited("86400") == waited(format_datetime(datetime.now(UTC) + timedelta(days=9))) == LONGEST_ASKED
    assert waited("soon") < 1


def test_a_long_wait_is_said_once_and_a_short_one_never(caplog):
    endpoint = Endpoint("http://x", None)
    for seconds in (1.0, 20.0, 30.0):
        say_wait(endpoint, "status 429", seconds)
    assert [record.getMessage() for record in caplog.records] == ["http://x: status 429; tried again in 20 s"]


async def test_server_that_stays_overloaded_is_named_with_its_status():
    with serving((429, refusal("rate limit"))) as server, pytest.raises(EngineError) as caught:
        await ask(server, retries=2)
    assert server.url in str(caught.value)
    assert "429" in str(caught.value)
    assert "after 3 tries" in str(caught.value)
    assert len(server.requests) == 3


async def test_server_that_is_down_is_named():
    with socket.create_server(("127.0.0.1", 0)) as held:
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
    with pytest.raises(EngineError, match="no connection") as caught:
        async with make_engine("openai", "m", base_url=url, retries=1, retry_delay=0.01):
            pass
    assert url in str(caught.value)


async def test_wrong_model_name_lists_what_the_server_has():
    with (
        serving(completion(), models=("llama", "mammoth-7b")) as server,
        pytest.raises(ModelError, match="llama, mammoth-7b"),
    ):
        await ask(server)


async def test_server_without_a_list_of_models_is_taken_at_its_word():
    with serving(completion("four"), models=None) as server:
        assert (await ask(server)).text == "four"


async def test_model_unknown_to_the_request_is_a_model_error():
    with (
        serving((404, refusal("The model `m` does not exist.")), models=None) as server,
        pytest.raises(ModelError, match="404"),
    ):
        await ask(server)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_key_stops_the_run_and_says_where_a_key_is_set(status):
    with (
        serving((status, refusal("bad key"))) as server,
        pytest.raises(UsageError, match="bad key; set OPENAI_API_KEY"),
    ):
        await ask(server)
    assert len(server.requests) == 1


async def test_bad_request_is_shown_and_not_repeated():
    with serving((400, refusal("stop: at most 4"))) as server, pytest.raises(EngineError, match="stop: at most 4"):
        await ask(server)
    assert len(server.requests) == 1


VLLM_STOPS = (
    "2 validation errors: {'type': 'string_type', 'loc': 'body.stop', 'msg': 'Input should be a valid string'} "
    "{'type': 'too_long', 'loc': 'body.stop', 'msg': 'List should have at most 3 items after validation, not 8'}"
)
OPENAI_STOPS = "Invalid 'stop': array too long. Expected an array with maximum length 4, but got one of length 8."


@pytest.mark.parametrize(
    ("message", "taken"),
    [(VLLM_STOPS, 3), (OPENAI_STOPS, 4), ("stop: too many", 4), ("stop may have up to 2 items", 2)],
)
async def test_a_server_that_takes_few_stop_texts_is_given_as_many(message, taken, caplog):
    stops = tuple("ABCDEFGH")
    text = completion("one two H three")
    with serving((400, refusal(message)), text) as server:
        async with make_engine("openai", "m", base_url=server.url) as engine:
            found = [await engine.generate(TEXT, Sampling(max_tokens=20, stop=stops)) for _ in range(3)]
    assert [one.text for one in found] == ["one two "] * 3
    assert [len(body["stop"]) for _, body in server.requests] == [8, taken, taken, taken]
    assert said(caplog) == [
        f"{server.url}: the server takes {taken} stop texts in a request: the others are applied here"
    ]
    assert engine.options.max_stops == 0


async def test_stops_that_are_refused_for_another_reason_are_an_error_with_what_to_do():
    with (
        serving((400, refusal("'stop': at most 4 items, got 9"))) as server,
        pytest.raises(EngineError, match=r"at most 4 items.*max_stops=4"),
    ):
        await ask(server, sampling=Sampling(max_tokens=20, stop=("A", "B")))


async def test_prompt_longer_than_the_context_is_an_empty_completion():
    message = "This model's maximum context length is 100 tokens. However, your prompt contains 120 input tokens."
    with serving((400, refusal(message))) as server:
        found = await ask(server)
    assert (found.text, found.finish_reason, found.prompt_tokens, found.completion_tokens) == ("", "context", 120, 0)


async def test_new_tokens_are_reduced_to_the_room_left():
    message = (
        "This model's maximum context length is 100 tokens. However, you requested 110 tokens (90 in the messages, 20 "
        "...)."
    )
    with serving((400, refusal(message)), completion("four", "length")) as server:
        found = await ask(server)
    assert found.text == "four"
    assert [body["max_tokens"] for _, body in server.requests] == [20, 10]


async def test_empty_completion_is_an_answer():
    with serving(completion("")) as server:
        assert (await ask(server)).text == ""
    with serving(chat(None)) as server:
        assert (await ask(server, CHAT)).text == ""


async def test_no_more_requests_than_asked_for_are_under_way():
    with serving((200, completion(), {}, 0.05)) as server:
        async with make_engine("openai", "m", base_url=server.url, concurrency="4") as engine:
            await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(20)))
    assert server.most_at_once == 4


async def test_requests_are_spread_over_the_servers():
    with serving((200, completion(), {}, 0.05)) as one, serving((200, completion(), {}, 0.05)) as two:
        async with make_engine("openai", "m", base_url=f"{one.url},{two.url}") as engine:
            await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(20)))
    assert len(one.requests) == len(two.requests) == 10


async def test_server_that_fails_hands_its_requests_to_the_other():
    with serving((503, refusal("down"))) as bad, serving(completion("four")) as good:
        async with make_engine("openai", "m", base_url=f"{bad.url},{good.url}", retry_delay=0.01) as engine:
            found = await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(10)))
    assert {one.text for one in found} == {"four"}


async def test_a_server_that_is_down_at_the_start_is_said_where_another_serves(caplog):
    with socket.create_server(("127.0.0.1", 0)) as held:
        down = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
    with serving(completion("four")) as good:
        async with make_engine("openai", "m", base_url=f"{down},{good.url}", retries=1, retry_delay=0.01) as engine:
            found = await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(4)))
    assert {one.text for one in found} == {"four"}
    (said,) = [record.getMessage() for record in caplog.records if record.name.startswith("mammoth_eval")]
    assert said.startswith(f"{down}: no connection")
    assert said.endswith("the run goes on with the other servers")


async def test_one_of_several_servers_with_another_model_is_left_out_at_the_start(caplog):
    with serving(completion(), models=("other",)) as wrong, serving(completion("four")) as good:
        async with make_engine("openai", "m", base_url=f"{wrong.url},{good.url}") as engine:
            found = await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(6)))
    assert {one.text for one in found} == {"four"}
    assert wrong.requests == []
    (note,) = said(caplog)
    assert "serves no model 'm'" in note
    assert note.endswith("the run goes on without this server")


async def test_several_servers_that_all_lack_the_model_are_an_error():
    with serving(completion(), models=("a",)) as one, serving(completion(), models=("b",)) as two:
        engine = make_engine("openai", "m", base_url=f"{one.url},{two.url}")
        with pytest.raises(ModelError, match="serves no model 'm'"):
            await engine.__aenter__()


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 413])
async def test_one_of_several_servers_that_refuses_what_another_answers_is_left_out(status, caplog):
    with serving((status, refusal("not here"))) as wrong, serving(completion("four")) as good:
        async with make_engine("openai", "m", base_url=f"{wrong.url},{good.url}") as engine:
            found = [await engine.generate(TEXT, Sampling()) for _ in range(5)]
    assert [one.text for one in found] == ["four"] * 5
    assert len(wrong.requests) == 1
    (note,) = said(caplog)
    assert note == f"{wrong.url}: {status}: not here; the run goes on without this server"


async def test_what_every_server_refuses_leaves_none_out(caplog):
    large = (413, refusal("too large"))
    with serving(large, completion("four")) as one, serving(large, completion("four")) as two:
        async with make_engine("openai", "m", base_url=f"{one.url},{two.url}") as engine:
            with pytest.raises(EngineError, match="413"):
                await engine.generate(TEXT, Sampling())
            await asyncio.gather(*(engine.generate(TEXT, Sampling()) for _ in range(8)))
    assert len(one.requests) > 1
    assert len(two.requests) > 1
    assert said(caplog) == []


async def test_a_reply_that_never_ends_fills_no_memory():
    endless = b"x" * (33 << 20)
    with (
        serving((200, endless), (500, endless)) as server,
        pytest.raises(EngineError, match="a reply of more than 32 MiB, after 2 tries"),
    ):
        await ask(server, retries=1)


async def test_a_compressed_reply_is_held_to_less():
    body = gzip.compress(os.urandom(2 << 20))
    with serving((200, body, {"content-encoding": "gzip"}), completion("four")) as server:
        assert (await ask(server)).text == "four"
    small = gzip.compress(json.dumps(completion("four")).encode())
    with serving((200, small, {"content-encoding": "gzip"})) as server:
        assert (await ask(server)).text == "four"


async def test_a_reply_that_drips_has_the_time_of_one_request_in_all():
    with serving((200, b"{" + b" " * 400, {"x-drip": "0.05"})) as server:
        started = time.monotonic()
        with pytest.raises(EngineError, match="no answer in time, after 2 tries"):
            await ask(server, timeout=0.5, retries=1)
        assert time.monotonic() - started < 10


async def test_cancelled_request_gives_its_place_back():
    with serving((200, completion("late"), {}, 5.0), completion("four")) as server:
        async with make_engine("openai", "m", base_url=server.url, concurrency=1) as engine:
            task = asyncio.create_task(engine.generate(TEXT, Sampling()))
            await asyncio.to_thread(server.arrived.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await asyncio.wait_for(engine.generate(TEXT, Sampling()), 2)).text == "four"


async def test_key_is_not_described():
    with serving(completion()) as server:
        async with make_engine("openai", "m", base_url=server.url, api_key="secret-key") as engine:
            described = engine.describe()
    assert described["base_url"] == [server.url]
    assert "secret-key" not in repr(described) + repr(engine.options)


def test_address_without_a_scheme_is_a_usage_error():
    with pytest.raises(UsageError, match="expected addresses such as"):
        make_engine("openai", "m", base_url="localhost:8000")


LIMIT = "This model's maximum context length is"
SENTENCES = [
    (
        f"{LIMIT} 4097 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
        (97, 4000),
    ),
    (f"'max_tokens' is too large: 1000. {LIMIT} 2048 tokens and your request has 1500 input tokens", (548, 1500)),
    (f"{LIMIT} 8192 tokens. However, your prompt contains at least 8193 input tokens, which exceeds", (0, 8193)),
    (f"{LIMIT} 16384 tokens. However, your prompt contains at least 15385 input tokens, for a total of", (500, 15385)),
    (f"{LIMIT} 4097 tokens. However, your messages resulted in 6164 tokens.", (0, 6164)),
    ("the request exceeds the available context size", (0, 0)),
    ("Error code: 400 - {'error': {'message': 'Too much.', 'code': 'context_length_exceeded'}}", (0, 0)),
    ("prompt is too long: 200001 tokens > 200000 maximum", (0, 0)),
    ("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", (0, 0)),
    ("unknown field top_k", (None, 0)),
    (
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 8 "
        "instead.",
        (None, 0),
    ),
    ("logit_bias too long", (None, 0)),
]


@pytest.mark.parametrize(("message", "expected"), SENTENCES)
def test_room_in_the_context_is_read_from_the_refusal(message, expected):
    assert room_left(message, 1000) == expected


async def test_a_thought_that_the_server_sets_apart_is_cut_at_its_budget_and_the_answer_comes_behind_it():
    thinking, answer = chat(None, "length"), chat(None)
    thinking["choices"][0]["message"]["reasoning"] = "40 and 2"
    answer["choices"][0]["message"]["reasoning"] = "The answer is 42."  # its parser sees no end of a thought
    with serving(thinking, thinking, answer) as server:
        done = await ask(server, CHAT, Sampling(max_tokens=20, thinking_budget=5))
    assert (done.text.strip(), done.finish_reason, done.budget_bound) == ("The answer is 42.", "stop", True)
    assert "40 and 2" in done.thought
    (_, look), (_, first), (_, rest) = server.requests
    assert [body["max_tokens"] for body in (look, first, rest)] == [5, 5, 15]
    assert rest["messages"][-1] == {"role": "assistant", "content": "<think>\n40 and 2\n</think>\n\n"}
    assert rest["continue_final_message"] is True


async def test_only_the_first_query_looks_how_a_model_thinks():
    with serving(chat("<think>\nhm\n</think>\n\nFour.")) as server:
        async with make_engine("openai", "m", base_url=server.url) as engine:
            sampling = Sampling(max_tokens=20, thinking_budget=5)
            found = await asyncio.gather(*(engine.generate(CHAT, sampling) for _ in range(6)))
    assert {one.text.strip() for one in found} == {"Four."}
    assert len(server.requests) == 7


async def test_the_tokens_of_a_prompt_are_asked_of_a_vllm_server_alone():
    with serving({"tokens": [1, 2, 3], "count": 3}) as server:
        async with make_engine("openai", "m", base_url=server.url) as engine:
            assert await engine.prompt_ids(CHAT, Sampling()) is None
            assert server.requests == []
            engine._served = {"owned_by": "vllm"}
            assert await engine.prompt_ids(CHAT, Sampling()) == [1, 2, 3]
    assert server.requests[0][0] == "/tokenize"
