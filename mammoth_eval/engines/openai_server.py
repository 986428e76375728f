"""What a server says of itself: its models, its version, the tokens of a prompt. Only the first is asked of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mammoth_eval.engines.openai_refusal import Refusal
from mammoth_eval.engines.openai_reply import decode

TOLD = ("root", "max_model_len", "owned_by", "created_by", "quantization", "context_length")
"""What is kept of a model's entry in the list."""
PATIENCE = 20.0
"""Seconds for a question that a run can do without."""


async def models(client: Any) -> dict[str, Mapping[str, Any]]:
    """The models that a server lists, by name; empty where the reply is no such list.

    Raises what the client raises, and `Refusal` for an account without money or a refused key.
    """
    raw = await client.models.with_raw_response.list()
    body = decode(raw.http_response.content)
    if not isinstance(body, dict):
        return {}
    refusal = None if isinstance(body.get("data"), list) else Refusal.in_body(body)
    if refusal and not refusal.passing:
        raise refusal
    rows = body.get("data")
    return {str(row["id"]): row for row in rows or () if isinstance(row, dict) and "id" in row}


async def describe(client: Any, model: Mapping[str, Any]) -> dict[str, object]:
    """What identifies the server for a reader: of the `model`'s entry in its list, and its version where it has one."""
    told = {name: value for name in TOLD if isinstance(value := model.get(name), str | int | float)}
    found = await _asked(client, "GET", "/version")
    return {**told, **({"version": str(found["version"])} if "version" in found else {})}


async def tokens(client: Any, asked: Mapping[str, Any]) -> list[int] | None:
    """The prompt of a request as vLLM's ``/tokenize`` gives it; None where it does not."""
    found = (await _asked(client, "POST", "/tokenize", asked)).get("tokens")
    return found if isinstance(found, list) and all(isinstance(token, int) for token in found) else None


async def _asked(client: Any, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """The object at a path beside ``/v1``; empty where there is none."""
    import openai

    root = str(client.base_url).rstrip("/").removesuffix("/v1")
    beside = client.with_options(base_url=root, timeout=PATIENCE)
    try:
        found = await (
            beside.get(path, cast_to=object) if method == "GET" else beside.post(path, body=body, cast_to=object)
        )
    except (openai.OpenAIError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
