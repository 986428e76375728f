"""What a chat template says of thinking, by rendering it; nothing in it ends a run."""

import pytest
from model_folders import CHATML, DEEPSEEK, HARMONY, LLAMA3, MISTRAL, NEVER_THINKS, QWEN3

from mammoth_eval import chat_templates
from mammoth_eval.chat_templates import Thinking
from mammoth_eval.engines.tokens import prompt_text
from mammoth_eval.types import Message, Query

SMOL = (
    "{%- if enable_thinking is defined -%}{%- if enable_thinking == true -%}{%- set mode = '/think' -%}{%- else -%}"
    "{%- set mode = '/no_think' -%}{%- endif -%}{%- else -%}{%- set mode = '/think' -%}{%- endif -%}"
    "Mode: {{ mode }}{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}"
)
GRANITE = "{%- if thinking %}Write your thoughts first.{%- endif %}{% for m in messages %}{{ m.content }}{% endfor %}"
CASES = {
    "qwen3": (QWEN3, Thinking("enable_thinking", default="on")),
    "smol": (SMOL, Thinking("enable_thinking", default="on")),
    "set before it is read": (
        "{%- set enable_thinking = enable_thinking if enable_thinking is defined else true %}"
        "{{ messages[0].content }}{% if not enable_thinking %}<think></think>{% endif %}",
        Thinking("enable_thinking", default="on"),
    ),
    "deepseek": (DEEPSEEK, Thinking("thinking", default="off")),
    "granite": (GRANITE, Thinking("thinking", default="off")),
    "harmony": (HARMONY, Thinking(effort=True, default="on")),
    "always opened": ("{{ messages[0].content }}<think>\n", Thinking(default="on")),
    "always closed": (NEVER_THINKS, Thinking(default="off")),
    "read, but without effect": ("{% set x = enable_thinking %}{{ messages[0].content }}", Thinking()),
    "only spoken of": ("{# enable_thinking #}{{ messages[0].content }} enable_thinking", Thinking()),
    "chatml": (CHATML, Thinking()),
    "llama3": (LLAMA3, Thinking()),
    "mistral": (MISTRAL, Thinking()),
    "broken": ("{% if %}", Thinking()),
    "refuses": ("{{ raise_exception('no') }}", Thinking()),
    "fails": ("{{ messages[7].content }}", Thinking()),
    "empty": ("", Thinking()),
}


@pytest.mark.parametrize(("template", "expected"), CASES.values(), ids=CASES)
def test_what_a_template_says_of_thinking(template, expected):
    assert chat_templates.thinking(template) == expected


ASKED = [
    (QWEN3, "off", {"enable_thinking": False}),
    (QWEN3, "on", {"enable_thinking": True}),
    (QWEN3, "auto", {}),
    (QWEN3, "high", {}),
    (DEEPSEEK, "on", {"thinking": True}),
    (HARMONY, "low", {"reasoning_effort": "low"}),
    (HARMONY, "off", {}),
    (CHATML, "off", {}),
    (None, "off", {"enable_thinking": False, "thinking": False}),
    (None, "medium", {"reasoning_effort": "medium"}),
    (None, "auto", {}),
]


@pytest.mark.parametrize(("template", "asked", "expected"), ASKED)
def test_a_template_is_given_its_own_switch_and_no_other(template, asked, expected):
    assert chat_templates.arguments(template, asked) == expected


def test_a_server_is_given_the_switch_for_its_template_and_the_effort_as_a_field():
    switch = {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}
    assert chat_templates.server_fields("off") == switch
    assert chat_templates.server_fields("high") == {"reasoning_effort": "high"}
    assert chat_templates.server_fields("auto") == {}


class Tokenizer:
    """As much of a tokenizer as renders a dialogue."""

    def __init__(self, template):
        self.chat_template = template

    def apply_chat_template(self, messages, *, tokenize, **variables):
        assert not tokenize
        return chat_templates.render(self.chat_template, messages, **variables)


@pytest.mark.parametrize(("asked", "ending"), [("off", "<think>\n\n</think>\n\n"), ("on", "assistant\n")])
def test_an_engine_tells_the_template_how_to_think(asked, ending):
    query = Query("x/0", "cot", "chat/cot", messages=(Message("user", "1 + 1?"),))
    assert prompt_text(query, Tokenizer(QWEN3), "m", asked).endswith(ending)
