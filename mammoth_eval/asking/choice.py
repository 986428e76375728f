"""``--prompt auto``: the style that a model wants to be asked with, and why.

The prompt that it was trained with here; the paper's, for MAmmoTH models; the model's chat template, where it has one
that it was trained on; exemplars, for a base model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mammoth_eval import chat_templates, prompts
from mammoth_eval.asking.model_files import ModelFiles
from mammoth_eval.models import WEIGHTS_ENGINES

AUTO = "auto"
UNSEEN = "alpaca"
"""The style for an engine behind which no model is known (`scripted`, `replay`, one of the user's own)."""
SEEING = (*WEIGHTS_ENGINES, "openai")
"""Engines that have a model of which something is known: its files, or at least its name."""
KIN = (
    (re.compile(r"mammoth(?!2|-?vl|_eval|-eval)", re.I), "alpaca"),
    (re.compile(r"(?<![a-z])tora(?![a-z])", re.I), "tora"),
)
"""Models that are trained on a prompt of `prompts/` and have no chat template, by what is in their names."""
CHAT_WORDS = frozenset(("instruct", "instruction", "chat", "it", "sft", "dpo", "rl", "rlhf", "thinking", "reasoning"))
BASE_WORDS = frozenset(("base", "pt", "pretrain", "pretrained"))
_TURNS = (
    {"role": "user", "content": "1 + 1?"},
    {"role": "assistant", "content": "It is two."},
    {"role": "user", "content": "2 + 2?"},
)

Kind = Literal["chat", "base", "unknown"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A setting that was left to us: what it is now, and why."""

    name: str
    """Of the setting."""
    value: str | int
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.value}: {self.reason}"


def choose(files: ModelFiles, engine: str) -> Chosen:
    """The prompt style for a model, with the reason in words."""
    if engine not in SEEING:
        return Chosen("prompt", UNSEEN, f"the engine {engine} shows nothing of its model")
    if files.trained_with in prompts.names():
        return Chosen("prompt", files.trained_with, "the model was trained with it (train.json)")
    for name in files.names:
        for pattern, style in KIN:
            if pattern.search(_last(name)):
                return Chosen("prompt", style, f"{name} is one of the models that were trained with it")
    kind, reason = kind_of(files)
    if kind == "base":
        return Chosen("prompt", "fewshot", f"a base model: {reason}")
    if kind == "chat":
        return Chosen("prompt", "chat", reason)
    if engine not in WEIGHTS_ENGINES:
        return Chosen("prompt", "chat", "what a server serves is asked in a chat where its name says nothing else")
    return Chosen("prompt", "fewshot", f"taken for a base model: {reason}")


def kind_of(files: ModelFiles) -> tuple[Kind, str]:
    """Whether a model was trained to chat, with the reason in words.

    Base models are often published with the chat template of their chat models: their names say it, or their end
    token, which is not the one that ends a turn of the template. What a model was made from says less than its own
    name: a chat model may be made from a base model.
    """
    own, *others = map(_named, files.names)
    named: Kind = own if own != "unknown" else "chat" if "chat" in others else "unknown"
    if not files.seen:
        words = {"chat": "its name is that of a chat model", "base": "its name says so"}
        return named, words.get(named, "its tokenizer's files are not to be seen, and its name says nothing")
    if not files.template:
        return "base", "it has no chat template"
    if named == "base":
        return "base", "its name says so, although its tokenizer has a chat template"
    if named == "unknown" and (mark := _strange_end(files)):
        ends = " or ".join(sorted(files.ends))
        return "base", f"its chat template ends a turn with {mark}, but the model ends a text with {ends}"
    return "chat", "the model has a chat template"


def _named(name: str) -> Kind:
    words = set(re.split(r"[^a-z0-9]+", _last(name).lower()))
    return "base" if words & BASE_WORDS else "chat" if words & CHAT_WORDS else "unknown"


def _last(name: str) -> str:
    """The model's own part of a hub id or a path."""
    return name.rstrip("/").rpartition("/")[2]


def _strange_end(files: ModelFiles) -> str:
    """The token with which the template ends turns, where the tokenizer has it and it ends no completion.

    A mark behind the assistant's turn alone may as well open the next one, and a template that knows an end token of
    the model (gpt-oss ends only its last turn with one) was written for it.
    """
    said = {"bos_token": files.start, "eos_token": next(iter(sorted(files.ends)), "")}
    dialogue = chat_templates.render(files.template, _TURNS, **said, add_generation_prompt=False)
    if not files.ends or dialogue is None or any(end in files.template for end in files.ends):
        return ""
    after_question, after_answer = (dialogue.partition(turn["content"])[2].lstrip() for turn in _TURNS[:2])
    mark = next((token for token in sorted(files.special) if after_answer.startswith(token)), "")
    return mark if mark not in files.ends and after_question.startswith(mark) else ""
