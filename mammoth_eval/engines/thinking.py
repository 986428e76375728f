"""One query to a model that thinks: stop texts wait until the thought has ended, and a thought can have a budget.

Any engine that can go on with a turn (`Query.start`) is asked through `ask`. A thought that has used up its budget is
cut there, closed with the mark of its form, and the model goes on with the answer.
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from mammoth_eval import thoughts
from mammoth_eval.engines.tokens import prompt_text
from mammoth_eval.types import Completion, Query, Sampling

Once = Callable[[Query, Sampling], Awaitable[Completion]]
"""One request, its completion as the model wrote it."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """How the model of an open engine thinks."""

    form: thoughts.Form
    """Its marks."""
    opened: Callable[[Query], bool]
    """Whether the prompt of a query ends inside a thought."""
    count: Callable[[str], int] | None = None
    """Tokens of a text; None where the engine does not know."""
    special: bool = False
    """The marks are special tokens, which the tokenizer leaves out of its texts unless it is told to keep them."""


def thinking_of(sampling: Sampling, tokenizer: Any, model: str) -> Thinking | None:
    """How a model with this tokenizer thinks.

    `Sampling.thoughts` names the form; ``auto`` looks into the chat template and the added tokens. None where the model
    does not think, or where only its completions can tell.
    """
    known = _KNOWN.setdefault(tokenizer, {})
    key = (sampling.thoughts, sampling.thinking)
    if key not in known:
        known[key] = _find(*key, tokenizer, model)
    return known[key]


_KNOWN: weakref.WeakKeyDictionary[Any, dict[tuple[str, str], Thinking | None]] = weakref.WeakKeyDictionary()
"""By tokenizer: it is asked for every query."""


def _find(name: str, asked: str, tokenizer: Any, model: str) -> Thinking | None:
    form = thoughts.get(name)
    if name == thoughts.AUTO:
        template = str(getattr(tokenizer, "chat_template", None) or "")
        form = thoughts.of_template(template, sorted(tokenizer.get_added_vocab()))
    if form is None:
        return None
    special = set(getattr(tokenizer, "all_special_tokens", ()))
    return Thinking(
        form,
        opened=lambda query: _opened(query, asked, form, tokenizer, model),
        count=lambda text: len(tokenizer.encode(text, add_special_tokens=False)),
        special=any(mark in special for mark in form.marks),
    )


def _opened(query: Query, asked: str, form: thoughts.Form, tokenizer: Any, model: str) -> bool:
    prompt = prompt_text(replace(query, start=""), tokenizer, model, asked)
    return thoughts.opened_by(prompt, form, query.start)


async def ask(once: Once, query: Query, sampling: Sampling, thinking: Thinking | None) -> Completion:
    """The completion of a query, thought and answer apart where it is known how the model thinks."""
    if thinking is None:
        return await once(query, sampling)
    free = replace(sampling, stop=())  # a stop text inside a thought is no end
    opened = thinking.opened(query)
    budget = sampling.thinking_budget
    if not 0 < budget < sampling.max_tokens:
        return _stopped(_apart(await once(query, free), thinking, opened), sampling)
    first = await once(query, replace(free, max_tokens=budget))
    parts = _apart(first, thinking, opened)
    if first.finish_reason != "length":
        return _stopped(parts, sampling)
    closing = thinking.form.closing if parts.unfinished else ""
    written = _written(first, thinking.form) + closing
    rest = await once(
        replace(query, start=query.start + written), replace(free, max_tokens=sampling.max_tokens - budget)
    )
    whole = Completion(
        written + rest.text,
        "length" if rest.finish_reason == "context" else rest.finish_reason,
        first.prompt_tokens,
        first.completion_tokens + rest.completion_tokens,
        first.seconds + rest.seconds,
        server_reason=rest.server_reason,
    )
    done = _apart(whole, thinking, opened)
    if closing and not done.unfinished:
        done = replace(done, thought_tokens=first.completion_tokens, budget_bound=True)
    return _stopped(done, sampling)


def _written(completion: Completion, form: thoughts.Form) -> str:
    """All that the model wrote, to go on behind it; where a server set the thought apart, with the mark put back."""
    if completion.thought is None:
        return completion.text
    opened = f"{form.marks[0]}\n{completion.thought}"
    return opened + form.closing + completion.text if completion.text else opened


def _apart(completion: Completion, thinking: Thinking, opened: bool) -> Completion:
    return thoughts.separate(completion, thinking.form.name, opened=opened, count=thinking.count)


def _stopped(completion: Completion, sampling: Sampling) -> Completion:
    """The answer up to its first stop text."""
    ends = [at for stop in sampling.stop if (at := completion.text.find(stop)) >= 0]
    if not ends:
        return completion
    return replace(completion, text=completion.text[: min(ends)], finish_reason="stop")
