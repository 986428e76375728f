"""Prompts as text and as tokens, for the engines that hold the model's tokenizer themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mammoth_eval import chat_templates
from mammoth_eval.errors import ModelError
from mammoth_eval.types import Message, Query


def prompt_text(query: Query, tokenizer: Any, model: str, thinking: str = chat_templates.AUTO) -> str:
    """The whole prompt: a text as it is, a dialogue in the model's own template, the assistant's turn opened.

    `thinking` is `Sampling.thinking`: it is told to the template where that has a switch for it.

    Raises `ModelError` where a dialogue is asked of a model without a template, or its template refuses it.
    """
    if not query.chat:
        return query.text + query.start
    return dialogue_text(query.messages, tokenizer, model, opened=True, thinking=thinking) + query.start


def dialogue_text(
    messages: Sequence[Message], tokenizer: Any, model: str, *, opened: bool, thinking: str = chat_templates.AUTO
) -> str:
    """Turns in the model's own template; `opened`: with the start of a turn of the assistant behind them.

    Raises `ModelError` as `prompt_text` does.
    """
    template = getattr(tokenizer, "chat_template", None)
    if not template:
        raise ModelError(f"{model} has no chat template: choose the prompt style `alpaca` or `fewshot`")
    try:
        text = tokenizer.apply_chat_template(
            as_dicts(messages),
            tokenize=False,
            add_generation_prompt=opened,
            **chat_templates.arguments(str(template), thinking),
        )
    except Exception as error:  # a template is a program of the model's authors and raises what it likes
        raise ModelError(f"{model}: its chat template refuses the dialogue: {error}") from error
    return str(text)


def prompt_tokens(query: Query, tokenizer: Any, model: str, thinking: str = chat_templates.AUTO) -> list[int]:
    """The prompt as tokens: a text with the tokenizer's own start token; a dialogue brings its own.

    Raises `ModelError` as `prompt_text` does.
    """
    return list(tokenizer.encode(prompt_text(query, tokenizer, model, thinking), add_special_tokens=not query.chat))


def as_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Turns as chat templates and servers take them."""
    return [{"role": turn.role, "content": turn.content} for turn in messages]
