"""What the code says of itself, as Markdown.

Options of a parser, fields of a dataclass with the docstrings under them.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib.util
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    dict: "table",
    type(None): "none",
    Any: "anything",
}
"""Types as somebody who writes TOML knows them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field of a dataclass."""

    name: str
    type: Any
    default: str
    """Its source; empty where a value is required."""
    meaning: str
    """The docstring under it; empty where there is none."""


def fields_of(shape: type, *, without: Sequence[str] = ()) -> list[Field]:
    """The fields of a dataclass in their order."""
    hints = get_type_hints(shape)
    tree = ast.parse(textwrap.dedent(inspect.getsource(shape)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    found = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.target.id in without:
            continue
        doc = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        found.append(Field(node.target.id, hints[node.target.id], _default(node.value, shape), inspect.cleandoc(doc)))
    return found


def _default(value: ast.expr | None, shape: type) -> str:
    """The default as TOML would write it; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, ast.Call):
        if not value.keywords:
            return "its defaults"
        chosen = {word.arg: word.value for word in value.keywords}
        if "default_factory" in chosen:
            return {"dict": "{}", "list": "[]"}.get(ast.unparse(chosen["default_factory"]), "its defaults")
        value = chosen.get("default", value)
    try:
        return toml(ast.literal_eval(value))
    except ValueError:  # a name of its module
        return toml(getattr(sys.modules[shape.__module__], ast.unparse(value)))


def toml(value: Any) -> str:
    """A plain value as TOML writes it; ``none`` for None, which TOML does not have."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    return "none" if value is None else json.dumps(value) if isinstance(value, str | bool) else str(value)


def type_name(found: Any) -> str:
    """A type in words: ``list of text``, ``"set" or "list"``."""
    if get_origin(found) is Literal:
        return " or ".join(f'`"{one}"`' for one in get_args(found))
    if found in WORDS:
        return WORDS[found]
    origin, inner = get_origin(found), get_args(found)
    if origin is tuple:
        return f"list of {type_name(inner[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "table"
    if inner:  # a union
        return " or ".join(type_name(one) for one in inner)
    return f"`{found.__name__}`" if isinstance(found, type) else "`" + str(found).replace("typing.", "") + "`"


def field_table(
    shape: type, *, heading: str = "key", without: Sequence[str] = (), renamed: Mapping[str, str] | None = None
) -> str:
    """A table of the fields of `shape`. `renamed`: fields that a file calls otherwise."""
    names = renamed or {}
    rows = [
        (
            f"`{names.get(one.name, one.name)}`",
            type_name(one.type),
            f"`{one.default}`" if one.default else "required",
            one.meaning,
        )
        for one in fields_of(shape, without=without)
    ]
    return table((heading, "type", "default", "meaning"), rows)


def schema_table(shape: type, *, without: Sequence[str] = ()) -> str:
    """The same for what is always written whole: without defaults."""
    rows = [(f"`{one.name}`", type_name(one.type), one.meaning) for one in fields_of(shape, without=without)]
    return table(("field", "type", "meaning"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(cell(one) for one in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """`text` on one line, its double backticks single, with nothing that Markdown or HTML would read as its own."""
    line = re.sub(r"``(.+?)``", r"`\1`", " ".join(text.split()))
    parts = re.split(r"(`[^`]*`)", line.replace("|", "\\|"))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def prose(text: str) -> str:
    """A docstring as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(text))


def docstring_at(path: str) -> str:
    """The first paragraph of the docstring of ``module:attribute``, read from its source; empty where there is none."""
    module, _, attribute = path.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == attribute:
            return prose(ast.get_docstring(node) or "").partition("\n\n")[0]
    return ""


def command(parser: argparse.ArgumentParser, name: str, level: int = 2) -> str:
    """A command with its options, and the actions that it has."""
    out = [f"{'#' * level} {name}\n", prose(parser.description or ""), f"\n```text\n{_usage(parser, name)}\n```\n"]
    nested = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for group in parser._action_groups:
        shown = [one for one in group._group_actions if one not in nested and one.dest != "help"]
        if shown:
            out.append(
                table((group.title or "", "meaning"), [(_spelling(one), _meaning(parser, one)) for one in shown])
            )
    for actions in nested:
        for word, child in actions.choices.items():
            helps = {one.dest: one.help for one in actions._choices_actions}
            text = child.description or helps.get(word) or ""
            child.description = f"{text[:1].upper()}{text[1:].rstrip('.')}."
            out.append(command(child, f"{name} {word}", level + 1))
    return "\n".join(out)


def _usage(parser: argparse.ArgumentParser, name: str) -> str:
    """What must be given; the options have a table."""
    needed = [
        f"{one.option_strings[-1]} {one.metavar}" for one in parser._actions if one.option_strings and one.required
    ]
    optional = any(one.option_strings and not one.required and one.dest != "help" for one in parser._actions)
    many = {"+": " ...", "*": " ..."}
    words = [
        f"{one.metavar if isinstance(one.metavar, str) else one.dest.upper()}{many.get(str(one.nargs), '')}"
        for one in parser._actions
        if not one.option_strings
    ]
    return " ".join(["mammoth-eval", *name.split()[1:], *needed, *["[options]"] * optional, *words])


def _spelling(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    if action.nargs == "?":
        value = f" [{value.strip()}]"
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    return f"`{', '.join(action.option_strings)}{value}`"


def _meaning(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    words = parser._get_formatter()._expand_help(action) if action.help else ""
    if action.choices is not None:
        words = f"{words}{'; ' if words else ''}one of {', '.join(f'`{one}`' for one in action.choices)}"
    told = "default" in words or action.default is False or action.default == argparse.SUPPRESS
    if not told and action.default != "" and isinstance(action.default, str | int | float):
        words = f"{words}{'; ' if words else ''}default: {action.default}"
    if action.required and action.option_strings:
        words = f"{words}; required"
    return words
