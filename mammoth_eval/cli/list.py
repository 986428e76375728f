"""``mammoth-eval list``.

What there is to choose from. Reads names and docstrings only, so that no engine is imported.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.table import Table

from mammoth_eval import benchmarks, prompts
from mammoth_eval.cli import show
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.graders import GRADERS

Entry = dict[str, str | int | bool]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to list, and how."""
    parser.add_argument("kind", nargs="?", choices=tuple(KINDS), help="one kind only (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object: kind to list of entries")


def main(args: argparse.Namespace) -> int:
    """Print the entries of each kind."""
    listed = {kind: KINDS[kind]() for kind in ([args.kind] if args.kind else KINDS)}
    if args.json:
        show.print_json(listed)
        return 0
    out = show.console()
    for kind, entries in listed.items():
        out.print(_table(kind, entries))
    return 0


def _benchmarks() -> list[Entry]:
    known = map(benchmarks.get, benchmarks.names())
    return [
        {
            "name": benchmark.name,
            "group": benchmark.group,
            "rows": benchmark.problems,
            "form": benchmark.form,
            "paper": benchmark.paper,
            "licence": benchmark.licence,
            "description": benchmark.description,
        }
        for benchmark in known
    ]


def _prompts() -> list[Entry]:
    known = map(prompts.get, prompts.names())
    return [
        {"name": prompt.name, "chat": prompt.chat, "exemplars": prompt.exemplars, "description": prompt.description}
        for prompt in known
    ]


def _registered(table: Mapping[str, str]) -> list[Entry]:
    return [{"name": name, "path": path, "description": _docstring(path)} for name, path in table.items()]


def _docstring(path: str) -> str:
    """First line of the docstring of ``module:attribute``, read from its source; empty where there is none."""
    module, _, attribute = path.partition(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == attribute:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def _table(kind: str, entries: list[Entry]) -> Table:
    table = Table(title=kind, title_justify="left", title_style="bold", box=None, pad_edge=False)
    names = [name for name in entries[0] if name != "licence"] if entries else ["name"]
    for name in names:
        number = name in ("rows", "exemplars")
        table.add_column(
            name, justify="right" if number else "left", overflow="fold", no_wrap=name not in ("path", "description")
        )
    for entry in entries:
        table.add_row(*(str(entry[name]) for name in names))
    return table


KINDS: dict[str, Callable[[], list[Entry]]] = {
    "benchmarks": _benchmarks,
    "engines": lambda: _registered(ENGINES),
    "decodings": lambda: _registered(DECODINGS),
    "prompts": _prompts,
    "graders": lambda: _registered(GRADERS),
}
