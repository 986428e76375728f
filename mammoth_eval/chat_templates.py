"""Chat templates as programs: what a model's own says of thinking, found by rendering it.

A template is Jinja, written by the model's authors; it is rendered here in a sandbox, as ``transformers`` does it. Its
switches are variables that it reads: ``enable_thinking`` (Qwen3, GLM, SmolLM3), ``thinking`` (DeepSeek-V3.1, Granite,
Kimi), ``reasoning_effort`` (gpt-oss). A switch counts only where it changes what is rendered.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NoReturn

import jinja2
import jinja2.meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mammoth_eval import thoughts

AUTO = "auto"
"""Nothing is said to the template: what it does by itself."""
EFFORTS = ("low", "medium", "high")
CHOICES = (AUTO, "on", "off", *EFFORTS)
"""What may be asked of a model's thinking."""
SWITCHES = ("enable_thinking", "thinking")
EFFORT = "reasoning_effort"
_TRACKED = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
"""Marks of ``transformers`` for training, without meaning here."""
_QUESTION = ({"role": "user", "content": "1 + 1?"},)

State = Literal["on", "off", "unknown"]


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a template says of thinking."""

    switch: str = ""
    """Its variable for on and off; empty where it has none that changes anything."""
    effort: bool = False
    """Whether `reasoning_effort` changes anything."""
    default: State = "unknown"
    """What it does where nothing is said; ``unknown`` where it has no mark of a thought and no switch."""


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    made.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, default=str)
    made.globals |= {"raise_exception": _refuse, "strftime_now": time.strftime}
    return made


@lru_cache(maxsize=32)
def _compiled(template: str) -> jinja2.Template:
    return _environment().from_string(_TRACKED.sub("", template))


def render(template: str, messages: Sequence[Mapping[str, str]] = _QUESTION, /, **variables: Any) -> str | None:
    """The dialogue with the assistant's turn opened; None where the template is broken or refuses it."""
    given: dict[str, Any] = {"messages": list(messages), "add_generation_prompt": True, "tools": None, **variables}
    try:
        return _compiled(template).render(**given)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError):
        return None


@lru_cache(maxsize=32)
def variables(template: str) -> frozenset[str]:
    """The names that a template is given from outside; none where it is broken."""
    try:
        return frozenset(jinja2.meta.find_undeclared_variables(_environment().parse(_TRACKED.sub("", template))))
    except (jinja2.TemplateError, RecursionError):
        return frozenset()


@lru_cache(maxsize=32)
def thinking(template: str) -> Thinking:
    """What `template` says of thinking."""
    plain, known = render(template), variables(template)
    effort = EFFORT in known and len({render(template, **{EFFORT: level}) for level in EFFORTS}) > 1
    for name in SWITCHES:
        if name in known:
            on, off = render(template, **{name: True}), render(template, **{name: False})
            if on is not None and off is not None and on != off:
                return Thinking(name, effort, "off" if plain == off else "on")
    if plain is None:
        return Thinking(effort=effort)
    if closes_thought(plain):
        return Thinking(effort=effort, default="off")
    return Thinking(effort=effort, default="on" if effort or thoughts.of_template(template) else "unknown")


def closes_thought(prompt: str) -> bool:
    """Whether a prompt ends with a thought that is closed before it began: the model is not to think."""
    end = prompt.rstrip()
    return any(end.endswith(form.closing.strip()) for form in thoughts.FORMS.values() if form.closing.strip())


def arguments(template: str | None, asked: str) -> dict[str, Any]:
    """The variables that a template is given for `asked`, one of `CHOICES`.

    None: the template is not known (a server's), so each switch of `SWITCHES` is given; a template reads only its own.
    """
    if asked == AUTO:
        return {}
    if asked in EFFORTS:
        return {EFFORT: asked} if template is None or thinking(template).effort else {}
    names = SWITCHES if template is None else tuple(filter(None, (thinking(template).switch,)))
    return dict.fromkeys(names, asked == "on")


def server_fields(asked: str) -> dict[str, Any]:
    """Fields of a chat request to a server for `asked`.

    The effort has a field of its own; switches go to the template (``chat_template_kwargs`` of vLLM, SGLang,
    llama.cpp).
    """
    given = arguments(None, asked)
    return given if EFFORT in given or not given else {"chat_template_kwargs": given}
