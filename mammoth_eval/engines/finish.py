"""How a completion ended: the words of servers, and ours for them.

The words are those of OpenAI, vLLM, SGLang, TGI, llama.cpp, Ollama, Anthropic, Gemini, Cohere, Mistral, Bedrock,
DeepSeek and Zhipu, in lower case and without the prefixes that some client libraries leave on them.
"""

from __future__ import annotations

import re

STOP = "stop"
"""The model ended by itself, or at a stop text."""
LENGTH = "length"
"""The limit of new tokens or the end of the context."""
CONTEXT = "context"
"""The prompt did not fit at all."""
FILTERED = "filtered"
"""The server withheld the answer, or the rest of it."""
TOOL = "tool"
"""The model called a tool, which nobody had offered."""
OTHER = "other"
"""A word that is not in the table."""
AGAIN = "again"
"""The server failed or gave up on it: no completion, to be tried again."""

WORDS = {
    STOP: (
        "",
        "stop",
        "eos",
        "eos_token",
        "end",
        "end_turn",
        "stop_sequence",
        "stop_token",
        "complete",
        "completed",
        "finished",
        "done",
    ),
    LENGTH: (
        "length",
        "max_tokens",
        "max_token",
        "max_output_tokens",
        "max_completion_tokens",
        "max_new_tokens",
        "max_length",
        "max_output",
        "model_length",
        "token_limit",
        "model_context_window_exceeded",
        "context_length",
        "context_length_exceeded",
        "incomplete",
        "truncated",
    ),
    FILTERED: (
        "content_filter",
        "content_filtered",
        "content-filter",
        "safety",
        "image_safety",
        "refusal",
        "recitation",
        "language",
        "prohibited_content",
        "blocklist",
        "spii",
        "guardrail_intervened",
        "sensitive",
        "error_toxic",
        "blocked",
        "moderation",
    ),
    TOOL: (
        "tool_calls",
        "tool_call",
        "tool_use",
        "function_call",
        "malformed_function_call",
        "unexpected_tool_call",
        "too_many_tool_calls",
    ),
    AGAIN: (
        "abort",
        "aborted",
        "error",
        "cancelled",
        "canceled",
        "cancel",
        "user_cancel",
        "failed",
        "timeout",
        "error_limit",
        "network_error",
        "insufficient_system_resource",
        "engine_overloaded",
    ),
}
_OURS = {word: ours for ours, words in WORDS.items() for word in words}
_PREFIX = re.compile(r"\A(?:finish_?reason|stop_?reason)[._:]", re.IGNORECASE)


def of_word(word: str) -> str:
    """Our word for a server's; `OTHER` for one that is not known."""
    return _OURS.get(_PREFIX.sub("", word.strip()).lower(), OTHER)
