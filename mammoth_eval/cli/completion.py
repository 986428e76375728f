"""``mammoth-eval completion SHELL``: a script with which a shell completes commands, options, names and paths.

    source <(mammoth-eval completion bash)                                         # in ~/.bashrc
    mammoth-eval completion zsh > ~/.zfunc/_mammoth-eval                           # a folder of $fpath
    mammoth-eval completion fish > ~/.config/fish/completions/mammoth-eval.fish

shtab writes it from the parsers, once: a key press starts no Python. argcomplete would start one at each, and import
the command.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mammoth_eval import benchmarks, cli, installing, presets, prompts
from mammoth_eval.asking import AUTO
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.errors import UsageError
from mammoth_eval.graders import GRADERS

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The shell."""
    parser.add_argument("shell", choices=SHELLS, help="put what is printed where your shell looks: bash: source it")


def main(args: argparse.Namespace) -> int:
    """Print the script. Raises `UsageError` where shtab is not installed."""
    try:
        import shtab
    except ModuleNotFoundError as error:
        raise UsageError(f"shtab is not installed: {installing.pip('install', 'shtab>=1.13')}") from error
    parser = cli.build_parser(*cli.COMMANDS)
    for action in _actions(parser):
        _suggest(action, shtab)
    print(shtab.complete(parser, args.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _actions(child)


def _suggest(action: Any, shtab: Any) -> None:
    """Say what the value of an argument is offered as: names that we know, or the files and folders that are there.

    What is offered here is not all that the command accepts: engines may be ``module:Class``, names come in comma
    lists.
    """
    known = _names(action)
    if known:
        action.choices = known
    elif action.type is Path and not action.choices:
        folder = (action.metavar or "").startswith(("DIR", "FOLDER"))
        action.complete = shtab.DIRECTORY if folder else shtab.FILE


def _names(action: argparse.Action) -> list[str]:
    tables = {
        "--engine": ENGINES,
        "--decoding": DECODINGS,
        "--grader": GRADERS,
        "--preset": presets.PRESETS,
        "--prompt": (AUTO, *prompts.names()),
        "--benchmarks": ("paper", "ind", "ood", "generated", *benchmarks.names()),
        "--benchmark": benchmarks.names(),
    }
    return [name for flag in action.option_strings for name in tables.get(flag, ())]
