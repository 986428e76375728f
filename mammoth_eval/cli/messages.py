"""Progress, messages and the log, all on standard error, so that standard output holds the result alone.

``--quiet`` leaves nothing there but errors; ``--verbose`` adds what our own loggers say. Colours and moving lines are
for a terminal alone, and there is no colour where NO_COLOR is set (rich sees to both).
"""

from __future__ import annotations

import argparse
import logging
import sys

from rich.console import Console

from mammoth_eval.cli.terminal import Terminal
from mammoth_eval.redaction import hidden_in
from mammoth_eval.safe_text import printable

LOGGER = logging.getLogger("mammoth_eval")
"""The parent of every logger of this package; others (vLLM's, transformers') are left as they are."""


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """``--quiet`` and ``--verbose``, for a command that shows progress."""
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="no progress and no messages, only errors")
    loudness.add_argument(
        "--verbose", action="store_true", help="what the program does, too: its log, on standard error"
    )


def open_console(args: argparse.Namespace | None = None) -> Console:
    """Where a command's messages go. From now on the log goes there as well, as much of it as `args` asks for."""
    quiet, verbose = getattr(args, "quiet", False), getattr(args, "verbose", False)
    console = Terminal(stderr=True, quiet=quiet)
    for earlier in [handler for handler in LOGGER.handlers if isinstance(handler, _ConsoleHandler)]:
        LOGGER.removeHandler(earlier)
    handler = _ConsoleHandler(console, verbose)
    handler.setLevel(logging.ERROR if quiet else logging.DEBUG)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG if verbose else logging.NOTSET)
    return console


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print one line as it is.

    Names and paths are neither wrapped, nor coloured by what they look like, nor read as markup.
    """
    console.print(hidden_in(text), style=style, highlight=False, markup=False, soft_wrap=True)


class _ConsoleHandler(logging.Handler):
    """Prints above a live table instead of into it, as a handler for a stream would."""

    def __init__(self, console: Console, verbose: bool) -> None:
        super().__init__()
        self._console = console
        self.setFormatter(
            logging.Formatter("%(asctime)s %(name)s: %(message)s" if verbose else "%(message)s", "%H:%M:%S")
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record; an error even where the console is quiet."""
        if self._console.quiet:
            print(printable(hidden_in(self.format(record))), file=sys.stderr)
        else:
            say(self._console, self.format(record))
