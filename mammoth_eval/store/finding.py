"""Which run a name means: a path, ``<model>/<run>``, or the end of a run's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mammoth_eval.errors import UsageError, near

SHOWN = 3
"""Runs that a message names of those that may have been meant."""


def find_runs(results: Path) -> list[Path]:
    """Every run folder below `results`, sorted by name."""
    return sorted(file.parent for file in results.glob("*/*/run.json"))


def chosen_runs(results: Path, named: Sequence[Path]) -> list[Path]:
    """The runs that `named` mean (`find_run`), or every run below `results` where none is named."""
    return [find_run(results, name) for name in named] or find_runs(results)


def find_run(results: Path, name: Path, wanted: str = "run") -> Path:
    """The run that `name` means.

    A name is a path, ``<model>/<run>``, or the end of one run's name below `results` (``hybrid-chat-1234abcd``,
    ``1234abcd``). A path that exists is not looked into: what reads it says what it lacks.
    Raises `UsageError` where several runs end so, and where none does, with the nearest names; `wanted` is what was
    looked for.
    """
    if _exists(name):
        return name
    stored = results / name
    if _exists(stored / "run.json") or (_exists(stored) and stored.is_file()):
        return stored
    runs = {run.relative_to(results).as_posix(): run for run in find_runs(results)}
    meant = [run for run in runs if f"/{run}".endswith((f"/{name}", f"-{name}"))]
    if len(meant) > 1:
        raise UsageError(f"{name}: means {len(meant)} runs: {', '.join(meant)}")
    if not meant:
        raise UsageError(f"{name}: no such {wanted}, neither here nor in {results}{_hint(str(name), list(runs))}")
    return runs[meant[0]]


def _hint(name: str, runs: Sequence[str]) -> str:
    """What may have been meant, as the end of a message: runs of which the model, the name or the hash is near."""
    forms: dict[str, list[str]] = {}
    for run in runs:
        model, _, own = run.partition("/")
        for form in (run, model, own, own.rpartition("-")[2]):
            forms.setdefault(form, []).append(run)
    meant = list(dict.fromkeys(run for form in near(name, forms) for run in forms[form]))[:SHOWN]
    return f"; did you mean {' or '.join(meant)}?" if meant else "; mammoth-eval report lists the runs there"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file can have
        return False
