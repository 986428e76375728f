"""What is a secret, and how it is kept out of what is written: run files of the store, notes of a session, messages.

Known by the name of a setting (``api_key``, ``hf_token``, ``Authorization``), by where it stands in a text (user and
password of an address, a parameter of it, a pair of JSON, behind ``Bearer``), or by its value (`Mask`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
_NAMES = ("key", "secret", "password", "passwd", "authorization", "credential", "cookie")
_SECRET_NAME = r"[\w-]*(?:key|secret|password|passwd|authorization|credentials?|cookie|(?<![a-z])token)"
_IN_TEXTS = (
    (re.compile(r"(?<=://)[^/\s@\"']+@"), f"{HIDDEN}@"),
    (re.compile(rf"([?&]{_SECRET_NAME}=)[^&\s\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"([\"']{_SECRET_NAME}[\"']\s*:\s*)([\"'])(?:(?!\2).)*\2", re.IGNORECASE), rf"\1\2{HIDDEN}\2"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|hf|gsk|xai|pk)[-_][A-Za-z0-9_-]{12,}"), HIDDEN),
)
_SHORTEST = 6
"""Characters of a value that is hidden wherever it stands; shorter ones are words and numbers as well."""


def is_secret(name: str) -> bool:
    """Whether a setting of that name holds one: ``api_key``, ``hf_token``; not ``max_tokens``."""
    name = name.lower().replace("-", "_")
    return any(word in name for word in _NAMES) or "token" in name.split("_")


def without_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that may be written down: those that are secrets left out, those inside of others hidden."""
    return {name: hidden(value) for name, value in settings.items() if not is_secret(name)}


def hidden(value: Any) -> Any:
    """A value with the secrets inside of it hidden; what is no text, table or list as it is."""
    if isinstance(value, str):
        return hidden_in(value)
    if isinstance(value, Mapping):
        return {key: HIDDEN if is_secret(str(key)) and item else hidden(item) for key, item in value.items()}
    return [hidden(item) for item in value] if isinstance(value, list | tuple) else value


def hidden_in(text: str) -> str:
    """A text without the secrets that are known by where they stand."""
    for pattern, shown in _IN_TEXTS:
        text = pattern.sub(shown, text)
    return text


def redacted(words: Iterable[str]) -> list[str]:
    """The words of a command line; behind ``name=`` or ``--flag=name=`` of a secret ``***``."""
    return [_redacted(word) for word in words]


def _redacted(word: str) -> str:
    parts = word.split("=")
    for number, name in enumerate(parts[:-1], 1):
        if re.fullmatch(r"[\w-]*", name) and is_secret(name):
            return "=".join(parts[:number]) + f"={HIDDEN}"
    return hidden_in(word)


class Mask:
    """Hides the values of the secrets in given settings wherever they stand in a text: a server may repeat a key."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        values = {value for value in _values(settings, secret=False) if len(value) >= _SHORTEST}
        longest_first = sorted(values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def __call__(self, text: str) -> str:
        """`text` without them, and without what `hidden_in` knows."""
        return hidden_in(self._pattern.sub(HIDDEN, text) if self._pattern else text)


def _values(value: Any, *, secret: bool) -> Iterable[str]:
    """The texts that settings hold as secrets, each part of an address's user and password among them."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _values(item, secret=secret or is_secret(str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _values(item, secret=secret)
    elif isinstance(value, str):
        if secret:
            yield value
            yield value.rpartition(" ")[2]  # what stands behind ``Bearer``
        for found in re.findall(r"://([^/\s@]+)@", value):
            yield found
            yield found.partition(":")[2]
