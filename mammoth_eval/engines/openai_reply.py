"""What the bytes of a server's answer say: text, thought, how it ended, what was counted. Any bytes can come.

Answers differ by server and by release: content in parts, thoughts under half a dozen names, counts as texts, errors
with status 200. What can be read is read; what is no completion is tried again (`Again`) or refused (`Refusal`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mammoth_eval.engines import finish
from mammoth_eval.engines.openai_refusal import Again, Refusal, plain

THOUGHTS = ("reasoning", "reasoning_content", "reasoning_text", "thinking", "thinking_blocks", "reasoning_details")
"""Names of a message's field for what was thought, the first with something in it counts.

vLLM's new and old, those of SGLang, DeepSeek, Ollama, LiteLLM and OpenRouter.
"""
_OF_A_PART = ("text", "thinking", "reasoning", "summary", "content", "refusal", "output_text", "value")
"""Names of a part's own text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One completion as a server gave it."""

    text: str
    thought: str | None
    """What the server set apart as thought; None where it did not."""
    reason: str
    """How it ended, in our words (`finish`)."""
    server_reason: str
    """The same in the server's."""
    prompt_tokens: int
    """0 where the server does not count."""
    completion_tokens: int
    thought_tokens: int | None


def read(content: bytes, charset: str = "") -> Reply:
    """The completion, or chat completion, that a body of status 200 holds.

    `charset` is what the header says of its encoding. Raises `Again` for what is no completion, and `Refusal` for an
    error that came with status 200.
    """
    body = decode(content, charset)
    if not isinstance(body, dict):
        raise Again(f"the reply is no completion: {plain(content, charset) or 'nothing'}")
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        said = Refusal.in_body(body)
        raise said or Again("the reply is no completion: it comes without choices")
    return _reply(choice, body.get("usage"))


def decode(content: bytes, charset: str = "") -> Any:
    """The JSON of a body in the encoding that its header, its mark or its bytes say; None for what is no JSON."""
    for text in _texts(content, charset):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    return None


def _texts(content: bytes, charset: str) -> Iterator[str]:
    """The body as text by the encoding that JSON's bytes show, by the header's, and by UTF-8 with what is wrong
    marked."""
    for encoding in (json.detect_encoding(content), charset):
        try:
            yield content.decode(encoding or "utf-8")
        except (ValueError, LookupError):
            continue
    yield content.decode("utf-8", "replace")


def _reply(choice: Mapping[str, Any], usage: Any) -> Reply:
    given = choice.get("message")
    message = given if isinstance(given, dict) else {"content": given if isinstance(given, str) else None}
    text, thought, refusal = _parts(message.get("content"))
    text = text or _text(choice.get("text"))
    thought = next((said for name in THOUGHTS if (said := _text(message.get(name)))), thought)
    word = _word(choice)
    if not word and given is None and not text:
        raise Again("the reply is no completion: it comes without a message and without a reason")
    reason = finish.of_word(word)
    if reason == finish.AGAIN:
        why = Refusal.in_body(choice)
        raise Again(f"the server ended the completion with {word!r}" + (f": {why.message}" if why else ""))
    if reason == finish.STOP and not text.strip():
        text, reason = _instead(text, message, refusal)
    return Reply(text, thought or None, reason, word, *_counts(usage, thought=bool(thought)))


def _instead(text: str, message: Mapping[str, Any], refusal: str) -> tuple[str, str]:
    """What stands in a message that stopped with a blank `text`, and how it ended."""
    refusal = refusal or _text(message.get("refusal"))
    if refusal:
        return refusal, finish.FILTERED
    return text, finish.TOOL if message.get("tool_calls") or message.get("function_call") else finish.STOP


def _counts(usage: Any, *, thought: bool) -> tuple[int, int, int | None]:
    """Tokens of the prompt, of the completion and of its thought; 0, and None for the thought, where not counted."""
    counts = usage if isinstance(usage, dict) else {}
    prompt, total = _first(counts, "prompt_tokens", "input_tokens"), _first(counts, "total_tokens")
    new = _first(counts, "completion_tokens", "output_tokens")
    if new is None and prompt is not None and total is not None:
        new = max(0, total - prompt)
    details: dict[str, Any] = next((row for name in _DETAILS if isinstance(row := counts.get(name), dict)), {})
    return prompt or 0, new or 0, _first({**counts, **details}, "reasoning_tokens") if thought else None


_DETAILS = ("completion_tokens_details", "output_tokens_details")


def _word(choice: Mapping[str, Any]) -> str:
    """The server's own word for how it ended; empty where it says none."""
    word = choice.get("finish_reason")
    if isinstance(word, dict):
        word = word.get("type")
    return "" if word is None else str(word)


def _parts(content: Any) -> tuple[str, str, str]:
    """Text, thought and refusal of a message's content, which is a text, a part or a list of parts."""
    found: dict[str, list[str]] = {"text": [], "thought": [], "refusal": []}
    for part in content if isinstance(content, list) else [content]:
        found[_kind(part)].append(_text(part))
    return "".join(found["text"]), "".join(found["thought"]), "".join(found["refusal"])


def _kind(part: Any) -> str:
    if not isinstance(part, dict):
        return "text"
    name = str(part.get("type", "text")).lower()
    if part.get("thought") is True or "think" in name or "reason" in name:
        return "thought"
    return "refusal" if name == "refusal" else "text"


def _text(value: Any) -> str:
    """The text in a value: itself, its parts' one after another, or its number."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        return next((found for name in _OF_A_PART if (found := _text(value.get(name)))), "")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _first(counts: Mapping[str, Any], *names: str) -> int | None:
    """The first count that is there under one of `names`: a whole number from 0 on, in whatever notation."""
    for name in names:
        try:
            number = float(counts.get(name))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if math.isfinite(number) and number >= 0:
            return int(number)
    return None
