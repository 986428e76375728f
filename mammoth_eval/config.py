"""Settings out of TOML: the one reader of benchmarks, prompts' heads, mixtures, suites and run files.

What a file may say is a frozen class (a dataclass or a `msgspec.Struct`): its fields are the keys, their types what a
value must be, `msgspec` converts. A key that the class does not have is refused with the nearest that it has; file and
line are named.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import math
import textwrap
import tomllib
import types
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from mammoth_eval import arguments
from mammoth_eval.errors import UnknownName, UsageError, unknown

Kind = TypeVar("Kind")
Place = tuple[str | int, ...]
"""Where a value stands in a document: keys of tables and positions in lists, outermost first."""


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text, how messages call it, and the error that they are raised as."""

    label: str
    text: str
    error: type[UsageError] = UsageError

    def table(self, fault: str = "not a readable TOML file") -> dict[str, Any]:
        """What it says. Raises the document's error."""
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise self.error(f"{self.label}: {fault}: {error}") from error

    def wrong(self, place: Place, message: str) -> UsageError:
        """The error for what stands at `place`, with its line."""
        line = line_of(self.text, place)
        return self.error(f"{self.label}:{line}: {message}" if line else f"{self.label}: {message}")


def read_document(path: Path, label: str, error: type[UsageError], fault: str = "not a readable TOML file") -> Document:
    """The document at `path`. Raises `error` where it cannot be read as text."""
    try:
        return Document(label, path.read_bytes().decode("utf-8-sig"), error)
    except (OSError, UnicodeDecodeError) as reason:
        raise error(f"{label}: {fault}: {reason}") from reason


def build(kind: type[Kind], table: object, document: Document, place: Place = (), **given: Any) -> Kind:
    """A `kind` out of a table of `document`.

    `given` are fields that no file says (its own name, say). Raises as `values`.
    """
    return kind(**given, **values(kind, table, document, place, given=tuple(given)))


def values(
    kind: type,
    table: object,
    document: Document,
    place: Place = (),
    *,
    given: tuple[str, ...] = (),
    partial: bool = False,
) -> dict[str, Any]:
    """The fields of `kind` that a table of `document` sets, each of its type; tables within are built in turn.

    With `partial` nothing is required. Raises the document's error for an unknown key, a wrong value, a missing key.
    """
    if not isinstance(table, Mapping):
        raise document.wrong(place, f"{dotted(place)} = {table!r}, expected a table")
    known = {key: item for key, item in keys(kind).items() if item.name not in given}
    found = {}
    for key, value in table.items():
        if key not in known:
            raise document.wrong((*place, key), unknown("key", dotted((*place, key)), known, bare=key))
        found[known[key].name] = _field(known[key].hint, value, document, (*place, key))
    missing = [key for key, item in known.items() if item.required and key not in table]
    if missing and not partial:
        where = f"{dotted(place)}: " if place else ""
        raise document.wrong(place, f"{where}key {missing[0]!r} is missing")
    return found


def _field(hint: Any, value: object, document: Document, place: Place) -> Any:
    if _is_kind(hint):
        return build(hint, value, document, place)
    item: Any = get_args(_bare(hint))[0] if get_origin(_bare(hint)) is tuple else None
    if _is_kind(item) and isinstance(value, list):
        return tuple(build(item, one, document, (*place, number)) for number, one in enumerate(value))
    try:
        return convert(value, hint)
    except ValueError as error:
        raise document.wrong(place, f"{dotted(place)} = {value!r}, expected {error}") from error


def convert(value: object, hint: Any) -> Any:
    """`value` as the type `hint`. Raises `ValueError` whose text is what it should have been."""
    try:
        found = msgspec.convert(value, hint, dec_hook=_path)
    except (msgspec.ValidationError, TypeError) as error:
        raise ValueError(_expected(hint, value)) from error
    if isinstance(found, float) and not math.isfinite(found):
        raise ValueError(_limit(hint) or "a finite number")
    return found


def _path(hint: type, value: object) -> object:
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(f"no {hint.__name__}: {value!r}")


_NAMES = {str: "texts", int: "whole numbers", float: "numbers"}


def _expected(hint: Any, value: object) -> str:
    """What a value of the type `hint` is, in words; only its limit where `value` is of the type."""
    limit, bare = _limit(hint), _bare(hint)
    if limit and _fits(value, bare):
        return limit
    origin, parts = get_origin(bare), get_args(bare)
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if origin is tuple:
        words = get_args(parts[0]) if get_origin(parts[0]) is Literal else (_NAMES.get(_bare(parts[0]), "tables"),)
        return f"a list of {', '.join(words)}"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_expected(part, value) for part in parts if part is not types.NoneType))
    if origin is not None or bare is dict:
        return "a table"
    return "a path" if bare is Path else f"a value of type {bare.__name__}"


def _limit(hint: Any) -> str:
    """The limit that `Annotated` with a `msgspec.Meta` sets, in words; empty for none."""
    for meta in getattr(hint, "__metadata__", ()):
        if meta.ge is not None:
            return f"{meta.ge:g} or more"
        if meta.gt is not None:
            return f"more than {meta.gt:g}"
        if meta.min_length is not None:
            return "a list with something in it"
    return ""


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _fits(value: object, hint: Any) -> bool:
    try:
        msgspec.convert(value, hint)
    except (msgspec.ValidationError, TypeError):
        return False
    return True


def _is_kind(hint: Any) -> bool:
    """Whether a type is itself a class of settings."""
    return isinstance(hint, type) and (hasattr(hint, "__dataclass_fields__") or issubclass(hint, msgspec.Struct))


@dataclass(frozen=True, slots=True)
class Key:
    """One key that a file may have."""

    name: str
    """The field it sets."""
    hint: Any
    """Its type."""
    required: bool


@lru_cache(maxsize=64)
def keys(kind: type) -> Mapping[str, Key]:
    """The keys of a class of settings, in its order."""
    shape = msgspec.inspect.type_info(kind)
    if not isinstance(shape, msgspec.inspect.StructType | msgspec.inspect.DataclassType):
        raise TypeError(f"{kind}: no class of settings")
    hints = get_type_hints(kind, include_extras=True)
    return {item.encode_name: Key(item.name, hints[item.name], item.required) for item in shape.fields}


def docs(kind: type) -> dict[str, str]:
    """What the text under each field of a class of settings says, as one line.

    A field of a base class has that of the base.
    """
    found: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        if _is_kind(owner) and owner is not msgspec.Struct:
            body = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner))))
            fields = next(node.body for node in body if isinstance(node, ast.ClassDef))
            for item, text in itertools.pairwise(fields):
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and isinstance(text, ast.Expr):
                    found[item.target.id] = " ".join(str(ast.literal_eval(text.value)).split())
    return found


def dotted(place: Place) -> str:
    """A place as TOML would write it: ``sources[0].weight``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def line_of(text: str, place: Place) -> int:
    """The line, from 1, on which what stands at `place` of a TOML text begins; 0 where it is not there.

    The shortest beginning of the text that is whole TOML and has the place ends with it: the parser itself says so,
    whatever the notation (dotted keys, tables, values over several lines).
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if not place:
        return 0

    def whole(count: int) -> tuple[int, object]:
        """The longest beginning of at most `count` lines that is whole, and what it says."""
        for size in range(count, 0, -1):
            try:
                return size, tomllib.loads("\n".join(lines[:size]))
            except (tomllib.TOMLDecodeError, RecursionError):
                continue
        return 0, {}

    last = bisect_left(range(len(lines) + 1), True, key=lambda count: _holds(whole(count)[1], place))
    return whole(last - 1)[0] + 1 if last <= len(lines) else 0


def _holds(value: Any, place: Place) -> bool:
    """Whether `place` leads to something in `value`."""
    for part in place:
        if isinstance(value, dict):
            inside = part in value
        else:
            inside = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not inside:
            return False
        value = value[part]
    return True


def given(name: str, value: object, kind: type) -> Any:
    """A `kind` (a frozen class of settings) out of a mapping of its fields, each of them checked."""
    if not isinstance(value, Mapping):
        raise arguments.wrong(name, value, f"the settings of a {kind.__name__} by name")
    known = keys(kind)
    read = {}
    for key, item in value.items():
        if key not in known:
            raise UnknownName(f"{name}: setting", str(key), known)
        try:
            read[key] = convert(item, known[key].hint)
        except (ValueError, RecursionError) as error:
            raise arguments.wrong(f"{name}: {key}", item, str(error)) from error
    return kind(**read)
