"""``mammoth-eval run --config FILE``: what the file says, under the flags that were given."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mammoth_eval import config, runfile

FLAGS = {"graders": "grader", "engine_args": "engine_arg", "factors": "factor"}
"""Keys whose flag has another name. A flag of the last two is one entry of the table, so that both are kept."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--dry-run``.

    From here on only flags that are given are in the namespace, `runs` adds the rest.
    """
    group = parser.add_argument_group("as a file")
    group.add_argument(
        "--config", type=Path, metavar="FILE", help="a run as TOML (mammoth-eval init writes one); flags override it"
    )
    group.add_argument(
        "--dry-run", action="store_true", help="show what would be asked, and how much; no engine, nothing written"
    )
    names = {FLAGS.get(name, name) for name in config.keys(runfile.RunFile) if name not in runfile.HIDDEN}
    actions = [action for action in parser._actions if action.dest in names]  # argparse has no public list of them
    parser.set_defaults(unless_said={action.dest: parser.get_default(action.dest) for action in actions})
    for action in actions:
        says = action.help or ""
        if not _is_unset(action.default) and "(default" not in says:
            action.help = f"{says} (default: {action.default})".strip()
        action.default = argparse.SUPPRESS


def _is_unset(default: object) -> bool:
    """Whether a flag's default is nothing to speak of; 0 is."""
    return default is None or default is False or default == []


def runs(args: Namespace, translate: Callable[[Namespace], Namespace]) -> list[Namespace]:
    """The command line of each run of ``--config`` (without one: of the one run): flags, else the file, else defaults.

    `translate` reads the flags of another harness into ours: they override the file as well.
    """
    given = {name: value for name, value in vars(args).items() if name != "unless_said"}
    flags = vars(translate(Namespace(**{**args.unless_said, **given})))
    said = {name: value for name, value in flags.items() if name in given or value != args.unless_said[name]}
    files: tuple[dict[str, Any], ...] = runfile.read(args.config, allow_code=args.allow_code) if args.config else ({},)
    made = [Namespace(**{**args.unless_said, **_flags(file), **said}) for file in files]
    # a flag may have fixed an axis of the matrix
    return [run for number, run in enumerate(made) if run not in made[:number]]


def _flags(said: dict[str, Any]) -> dict[str, Any]:
    """What a file says, as the flags would have it."""
    flags = {FLAGS.get(name, name) if name == "graders" else name: value for name, value in said.items()}
    flags |= {name: ",".join(flags[name]) for name in ("benchmarks", "grader") if name in flags}
    if "concurrency" in flags:
        flags["concurrency"] = str(flags["concurrency"])
    return flags
