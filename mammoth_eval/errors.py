"""Every error that this package raises on purpose.

MammothError
├── UsageError              what was asked for cannot be: the command line, a name, a setting      exit code 2
│   ├── UnknownName         no such benchmark, engine, prompt, decoding, grader; the nearest named
│   ├── BenchmarkError      a benchmark file or a row that does not say what it must
│   ├── PromptError         a prompt file or template that cannot be rendered
│   ├── ModelError          the model cannot be found, read, or held in memory
│   ├── DataError           training data, a mixture, a recipe or a suite that is not what it must be
│   └── DownloadError       one of their files cannot be fetched: nothing was asked wrongly         exit code 1
├── EngineError             the engine failed to start, or stopped answering                        exit code 1
├── TrainingError           training broke: memory, disk, a loss that is no number
├── SandboxError            the sandbox cannot give the protection asked for, or broke
└── StoreError              a run folder that cannot be read, written, or is in use

A run that was finished with errored records ends with `ERRORED`, 3.
A program of the model that fails is no error but data (`types.Execution`), and so is a wrong answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ERRORED = 3
"""Exit code of a run that is finished and has errored records, which the same command tries again."""


class MammothError(Exception):
    """Base of all; its message says what was wrong, where, and what would have been right."""

    exit_code = 1


class UsageError(MammothError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that no registry holds.

    `kind` is what was looked for (``benchmark``), `name` what was asked, `known` the names there are; the nearest of
    them is named, whatever the case of either.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        self.kind, self.name, self.nearest = kind, name, nearest(name, names)
        super().__init__(unknown(kind, name, names))


def near(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """At most so many of `known` that `name` is likely to mean, the nearest first, whatever the case of either."""
    folded = {candidate.casefold(): candidate for candidate in reversed([*known])}
    return [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=most, cutoff=0.5)]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` is likely to mean; None where none is near."""
    return next(iter(near(name, known, most=1)), None)


def unknown(kind: str, name: str, known: Iterable[str], *, bare: str = "") -> str:
    """The message for a name that is none of `known`; `bare` is the part of it that is looked for among them."""
    names = [*known]
    meant = nearest(bare or name, names)
    hint = f"; did you mean {meant!r}?" if meant else "."
    return f"unknown {kind} {name!r}{hint} There are: {', '.join(names)}"


class BenchmarkError(UsageError):
    """A benchmark file, its data, or one row of it is not what it must be."""


class PromptError(UsageError):
    """A prompt file or template that cannot be read or rendered."""


class ModelError(UsageError):
    """The model cannot be found, read, or held in memory."""


class EngineClosed(UsageError):
    """An engine was asked before ``async with`` or after it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the {name} engine is not open: use it inside `async with make_engine(...) as engine`")


class DataError(UsageError):
    """Training data, a mixture, a recipe or a suite that is not what it must be."""


class DownloadError(DataError, BenchmarkError, ModelError):
    """A file of a benchmark, of training data or of a model could not be fetched: nothing was asked wrongly."""

    exit_code = 1


class TrainingError(MammothError):
    """Training broke: out of memory or disk, or a loss that is no number."""


class EngineError(MammothError):
    """The engine failed to start, or stopped answering."""


class SandboxError(MammothError):
    """The sandbox cannot give the protection that was asked for, or broke."""


class StoreError(MammothError):
    """A run folder that cannot be read, written, or is being written already."""
