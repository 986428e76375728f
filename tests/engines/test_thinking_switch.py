"""What is asked of a model's thinking reaches a server, in chats alone."""

import pytest
from openai_server import chat, completion, serving

pytest.importorskip("openai")

from mammoth_eval.engines import make_engine
from mammoth_eval.types import Message, Query, Sampling

TEXT = Query("b/0", "cot", "p/cot", "2 + 2?")
CHAT = Query("b/0", "cot", "p/cot", messages=(Message("user", "2 + 2?"),))
SWITCH = {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}
CASES = [
    (CHAT, "off", {}, SWITCH),
    (CHAT, "high", {}, {"reasoning_effort": "high"}),
    (CHAT, "auto", {}, {}),
    (TEXT, "off", {}, {}),
    (CHAT, "off", {"extra_body": '{"chat_template_kwargs": {"x": 1}}'}, {"chat_template_kwargs": {"x": 1}}),
]


@pytest.mark.parametrize(("query", "asked", "options", "sent"), CASES)
async def test_a_server_is_told_how_to_think(query, asked, options, sent):
    with serving(chat("four") if query.chat else completion("four")) as server:
        async with make_engine("openai", "m", base_url=server.url, **options) as engine:
            await engine.generate(query, Sampling(max_tokens=20, thinking=asked))
    _, body = server.requests[0]
    fields = ("chat_template_kwargs", "reasoning_effort")
    assert {name: value for name, value in body.items() if name in fields} == sent
