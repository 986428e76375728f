"""What is a secret, and how it is kept out of what is written: run files of the store, notes of a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def is_secret(name: str) -> bool:
    """Whether a setting of that name holds one: ``api_key``, ``hf_token``; not ``max_tokens``."""
    return "key" in name or "token" in name.replace("-", "_").split("_")


def without_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that may be written down."""
    return {name: value for name, value in settings.items() if not is_secret(name)}


def redacted(words: Iterable[str]) -> list[str]:
    """The words of a command line; behind ``name=`` or ``--flag=name=`` of a secret ``***``."""
    return [_redacted(word) for word in words]


def _redacted(word: str) -> str:
    parts = word.split("=")
    for number, name in enumerate(parts[:-1], 1):
        if is_secret(name):
            return "=".join(parts[:number]) + "=***"
    return word
