"""Arguments that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mammoth_eval.errors import UsageError
from mammoth_eval.redaction import redacted

Parser = argparse._ActionsContainer
"""A parser, or a group of its arguments: argparse has no public name for what both are."""
RUN = "a run (its folder, <model>/<run> of the store, or the end of its name)"
"""How help calls what `store.find_run` finds."""
FORMATS = ("table", "markdown", "csv", "latex", "html", "json")


def add_results_dir(parser: Parser) -> None:
    """``--results-dir``."""
    parser.add_argument(
        "--results-dir", type=Path, default=Path("results"), metavar="DIR", help="the store (default: results)"
    )


def add_data_dir(parser: Parser) -> None:
    """``--data-dir``, by default MAMMOTH_DATA_DIR."""
    named = os.environ.get("MAMMOTH_DATA_DIR")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(named) if named else None,
        metavar="DIR",
        help=(
            "folder with benchmarks/<name>/<file>, looked into before the cache and the network (default: "
            "$MAMMOTH_DATA_DIR)"
        ),
    )


def add_trust(parser: Parser) -> None:
    """``--allow-code`` and ``--allow-http``: what files that are not ours may do."""
    parser.add_argument(
        "--allow-code",
        action="store_true",
        help="benchmark and run files may name functions of their own as module:function; they are imported and called",
    )
    parser.add_argument(
        "--allow-http", action="store_true", help="benchmark files may name addresses that are not https"
    )


def add_skip_damaged(parser: Parser) -> None:
    """``--skip-damaged``."""
    parser.add_argument("--skip-damaged", action="store_true", help="leave out records that cannot be read")


def add_partial(parser: Parser) -> None:
    """``--partial``."""
    parser.add_argument("--partial", action="store_true", help="also count sets that are not finished")


def add_format(parser: Parser, *, without: Sequence[str] = ()) -> None:
    """``--format`` and ``--json``; `without` are forms that the command does not have."""
    forms = tuple(form for form in FORMATS if form not in without)
    parser.add_argument("--format", choices=forms, default="table", help="form of the tables (default: table)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def add_pairs(parser: Parser, flag: str, text: str) -> None:
    """A repeatable ``--flag name=value``."""
    parser.add_argument(flag, action="append", default=[], metavar="NAME=VALUE", help=text)


def pairs(flag: str, words: Sequence[str]) -> dict[str, Any]:
    """``name=value`` words as a dict; a value that is JSON (a number, true, a list) is read as such, but for a
    revision: ``1.10``.

    Raises `UsageError`.
    """
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} {word!r}: expected NAME=VALUE")
        key = name.strip().replace("-", "_")
        try:
            values[key] = value if key.endswith("revision") else json.loads(value)
        except ValueError:
            values[key] = value
    return values


def limit(word: str) -> float:
    """A number of problems (``10``, ``10.0``), or a share of them below 1.

    Raises `ValueError`, which argparse explains.
    """
    value = float(word)
    if 0 < value < 1:
        return value
    if not value.is_integer():
        raise ValueError(word)
    return int(value)


def tokens(word: str) -> int | str:
    """A number of tokens, or ``auto``. Raises `ValueError`, which argparse explains."""
    return word if word == "auto" else int(word)


def names(words: str | None) -> tuple[str, ...]:
    """A comma list as names."""
    return tuple(word.strip() for word in (words or "").split(",") if word.strip())


def command_line() -> str:
    """The command as it was given, for the notes of a session; secrets left out."""
    return shlex.join(["mammoth-eval", *redacted(sys.argv[1:])])
