"""The command line: ``mammoth-eval COMMAND``; each command is a module with `add_arguments(parser)` and `main(args) ->
int`.

Only the chosen command's module is imported, so that ``--help`` stays quick. Commands that were renamed keep their
old names, with a notice: scripts go on working, and ``--help`` shows the new ones alone.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from mammoth_eval import __version__
from mammoth_eval.errors import MammothError
from mammoth_eval.redaction import hidden_in
from mammoth_eval.safe_text import printable

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("mammoth_eval.cli.run", "evaluate a model on benchmarks"),
    "init": ("mammoth_eval.cli.init", "write a run file with every setting, for run --config"),
    "report": ("mammoth_eval.cli.report", "print the table of runs in the store"),
    "view": ("mammoth_eval.cli.view", "write runs as one HTML page, to read and to browse"),
    "leaderboard": ("mammoth_eval.cli.leaderboard", "runs and published rows in one table"),
    "compare": ("mammoth_eval.cli.compare", "runs against one another on the same problems, paired"),
    "ablation": (
        "mammoth_eval.cli.ablation",
        "what a factor changes: training subset, rationales, decoding, prompt, seed",
    ),
    "diff": ("mammoth_eval.cli.diff", "show what changed between two runs, problem by problem"),
    "export": ("mammoth_eval.cli.export", "write a run in the form of another tool"),
    "grade": ("mammoth_eval.cli.grade", "score runs of the store again; needs no model"),
    "audit": ("mammoth_eval.cli.audit", "judge graders on labelled answers, or on a run"),
    "import": ("mammoth_eval.cli.import_", "import generations of other harnesses into the store, run and grade them"),
    "list": ("mammoth_eval.cli.list", "benchmarks, engines, decodings, prompts, graders"),
    "doctor": ("mammoth_eval.cli.doctor", "what this machine can do"),
    "curate": ("mammoth_eval.cli.curate", "make training rows: checked, deduplicated, without test questions"),
    "train": ("mammoth_eval.cli.train", "fine-tune a model on a mixture of rationales"),
    "suite": ("mammoth_eval.cli.suite", "train and evaluate every mixture of a suite, and compare them"),
    "sandbox": ("mammoth_eval.cli.sandbox", "check and measure the sandbox"),
    "completion": ("mammoth_eval.cli.completion", "print a script with which a shell completes commands and options"),
}
RENAMED: dict[tuple[str, ...], str] = {
    ("ablate",): "ablation",  # a noun, as report, leaderboard and suite are
    ("ablation-run",): "suite",  # what it is given: it trains as well, and began like the command that only compares
    ("grader", "audit"): "audit",  # one letter from grade, which writes scores
    ("grader",): "audit",
}
"""The words that a command was once called by, and why it is called otherwise now."""


def build_parser(*commands: str) -> argparse.ArgumentParser:
    """The parser, with the arguments of `commands` alone: each of them imports its module."""
    parser = argparse.ArgumentParser(
        prog="mammoth-eval",
        description="Hybrid (program first, then chain of thought) evaluation of mathematics models.",
    )
    parser.add_argument("--version", action="version", version=f"mammoth-eval {__version__}")
    children = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, text) in COMMANDS.items():
        child = children.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name in commands:
            importlib.import_module(module).add_arguments(child)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    0 done, 1 a failure of ours or of a download, 2 wrong usage, 3 done with errored records, 130 interrupted.
    """
    words = _with_new_name(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if word in COMMANDS), "")
    try:
        args = build_parser(command).parse_args(words)  # imports the command, which may take a second
        code: int = importlib.import_module(COMMANDS[args.command][0]).main(args)
        return code
    except MammothError as error:
        print(f"mammoth-eval {command}: {printable(hidden_in(str(error)))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print(f"mammoth-eval {command}".rstrip() + ": interrupted", file=sys.stderr)
        return 130


def _with_new_name(words: Sequence[str]) -> Sequence[str]:
    """`words` with a command's new name for its old one, which is said on standard error."""
    for old, new in RENAMED.items():
        if tuple(words[: len(old)]) == old:
            print(f"mammoth-eval: '{' '.join(old)}' is called '{new}' now; the old name still works", file=sys.stderr)
            return (new, *words[len(old) :])
    return words
