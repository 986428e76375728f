"""Options of an engine: a frozen dataclass names them and gives their types; the command line gives strings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from mammoth_eval import config
from mammoth_eval.errors import UnknownName, UsageError

Options = TypeVar("Options")

_WORDS = {"true": True, "false": False, "none": None, "null": None}


def read_options(engine: str, kind: type[Options], raw: Mapping[str, object]) -> Options:
    """The options `raw` as a `kind`. Raises `UsageError` for an unknown name or a value of the wrong type."""
    known = config.keys(kind)  # type: ignore[arg-type]
    for name in raw:
        if name not in known:
            raise UnknownName(f"option of engine {engine}", name, known)
    return kind(**{name: _read(engine, name, value, known[name].hint) for name, value in raw.items()})


def at_least(engine: str, options: object, **least: float) -> None:
    """Raise `UsageError` where a number among `options` is below what `least` says under its name."""
    for name, limit in least.items():
        value = getattr(options, name)
        if not value >= limit:  # so, for a value that is no number at all
            raise UsageError(f"option {name} of engine {engine}: {value}, expected at least {limit:g}")


def parse_value(text: str) -> object:
    """A value of the command line.

    JSON where it is JSON (``2``, ``0.5``, ``true``, ``{"a": 1}``), else the text itself.
    """
    word = text.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def _read(engine: str, name: str, value: object, hint: Any) -> object:
    kinds = get_args(hint) or (hint,)
    if isinstance(value, str) and (
        str not in kinds or (type(None) in kinds and value.strip().lower() in ("none", "null"))
    ):
        value = parse_value(value)
    try:
        return config.convert(value, hint)
    except ValueError as error:
        raise UsageError(f"option {name} of engine {engine}: {value!r}, expected {error}") from error
