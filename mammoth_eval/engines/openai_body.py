"""What a request to a server says: every field of the sampling, so that no default of the server's moves a number.

A server may have defaults of its own: vLLM takes those of the model's ``generation_config.json`` (a repetition
penalty, say) for each field that a request leaves out. Fields that stand at their neutral value may be left out for a
server that does not know them: it applies nothing there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mammoth_eval import thoughts
from mammoth_eval.engines.tokens import as_dicts
from mammoth_eval.types import Query, Sampling

NEUTRAL = {
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""Values at which a field does nothing. `top_k` is -1: vLLM, SGLang and llama.cpp take it for all tokens."""
FIELDS = ("temperature", "seed", "stop", *NEUTRAL)
"""The fields that a request says its sampling in, the limit of new tokens apart."""


def sampling_fields(sampling: Sampling, max_stops: int, left_out: Collection[str]) -> dict[str, Any]:
    """The sampling in the fields of a request, without those `left_out`.

    A greedy draw has no seed. `max_stops`: the stop texts that the server takes, 0 for all.
    """
    stops = sampling.stop[:max_stops] if max_stops else sampling.stop
    fields: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k if sampling.top_k > 0 else NEUTRAL["top_k"],
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        **({"seed": sampling.seed} if sampling.temperature > 0 else {}),
        **({"stop": list(stops)} if stops else {}),
    }
    return {name: value for name, value in fields.items() if name not in left_out}


def droppable(body: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """Those of the fields `names` that a request can do without: they are in its body at their neutral value."""
    return sorted(name for name in names if name in body and body[name] == NEUTRAL.get(name))


def turns(query: Query) -> dict[str, Any]:
    """The dialogue of a query as a request says it; vLLM and SGLang go on with the last turn where they are told to."""
    messages = as_dicts(query.messages)
    if not query.start:
        return {"messages": messages}
    start = {"role": "assistant", "content": query.start}
    return {"messages": [*messages, start], "continue_final_message": True, "add_generation_prompt": False}


def goes_on(query: Query) -> bool:
    """Whether a query goes on behind the end of a thought: what comes is no thought, whatever a server makes of it."""
    form = thoughts.form_of(query.start) if query.start else None
    return form is not None and not thoughts.split(query.start, form.name).unfinished
