"""``mammoth-eval init``: write a run file with every key, what it means and what it is where nothing is said."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mammoth_eval import runfile
from mammoth_eval.errors import UsageError
from mammoth_eval.store import write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument(
        "file", type=Path, nargs="?", default=Path("run.toml"), metavar="FILE", help="default: run.toml"
    )


def main(args: argparse.Namespace) -> int:
    """Write the file; one that is there is never replaced."""
    if args.file.exists():
        raise UsageError(f"{args.file}: is there already; name another file, or remove it")
    write_atomically(args.file, runfile.template())
    print(f"wrote {args.file}; next: mammoth-eval run --config {args.file} --dry-run", file=sys.stderr)
    return 0
