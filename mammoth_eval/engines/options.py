"""Options of an engine: a frozen dataclass names them and gives their types; the command line gives strings."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

from mammoth_eval.errors import UnknownName, UsageError

Options = TypeVar("Options")

_WORDS = {"true": True, "false": False, "none": None, "null": None}


def read_options(engine: str, kind: type[Options], raw: Mapping[str, object]) -> Options:
    """The options `raw` as a `kind`. Raises `UsageError` for an unknown name or a value of the wrong type."""
    hints = get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in raw:
        if name not in known:
            raise UnknownName(f"option of engine {engine}", name, known)
    return kind(**{name: _read(engine, name, value, hints[name]) for name, value in raw.items()})


def at_least(engine: str, options: object, **least: float) -> None:
    """Raise `UsageError` where a number among `options` is below what `least` says under its name."""
    for name, limit in least.items():
        value = getattr(options, name)
        if not value >= limit:  # so, for a value that is no number at all
            raise UsageError(f"option {name} of engine {engine}: {value}, expected at least {limit:g}")


def parse_value(text: str) -> object:
    """A value of the command line: JSON where it is JSON (``2``, ``0.5``, ``true``, ``{"a": 1}``), else the text itself."""
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
    plain = [getattr(kind, "__origin__", kind) for kind in kinds]
    if isinstance(value, str) and str not in plain:
        value = parse_value(value)
    elif isinstance(value, str) and type(None) in plain and value.strip().lower() in ("none", "null"):
        value = None
    if isinstance(value, int) and not isinstance(value, bool) and float in plain:
        value = float(value)
    if Any in plain or type(value) in plain or (not isinstance(value, bool) and isinstance(value, tuple(plain))):
        return value
    wanted = " or ".join("null" if kind is type(None) else kind.__name__ for kind in plain)
    raise UsageError(f"option {name} of engine {engine}: {value!r} is no {wanted}")
