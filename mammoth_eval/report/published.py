"""Figures that others published, from ``results/published/*.toml``: each with its source and address, none that nobody
has checked.

A file says once how its rows were asked (``[asked]``; empty where it is not known) and what its sources are; a row
gives model, size in billions of parameters, mode, source, address, the cells that have a source, and the average that
was printed, if one was.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mammoth_eval import benchmarks, resources
from mammoth_eval.errors import UsageError

MODES = ("cot", "pot", "hybrid", "")
"""Empty: not known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How published figures came about, as far as it is known; empty where it is not."""

    prompt: str = ""
    grader: str = ""
    limits: str = ""
    problems: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """One row of somebody's table."""

    model: str
    size: float | None
    """Billions of parameters; None where it is not public."""
    mode: str
    cells: Mapping[str, float]
    """Accuracy in percent by benchmark; a cell without a source is absent."""
    average: float | None
    """Over the nine sets, as it was printed; None where none was, or where nobody has checked it."""
    source: str
    """``CARD``, ``CODE`` or ``PAPER``."""
    address: str
    asked: Asked
    title: str
    """Of the file."""
    factor: str = ""
    """What an ablation varied (``kinds``, ``mixture``); empty for a row that is of no ablation."""
    value: str = ""
    """Of the factor in this row."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)


def load(folder: Path | None = None) -> tuple[Published, ...]:
    """Every row of every file of `folder` (by default those that ship with the project), files by name.

    Raises `UsageError` with the file and the row for one that does not say what it must.
    """
    found = sorted((folder or resources.folder("results/published")).glob("*.toml"))
    return tuple(row for path in found for row in read(path))


def read(path: Path) -> tuple[Published, ...]:
    """The rows of one file. Raises `UsageError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        asked, sources, rows = Asked(**content["asked"]), content["sources"], content["row"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a file of published figures: {error!r}") from error
    return tuple(
        _row(f"{path.name}, row {number}", row, asked, sources, content["title"]) for number, row in enumerate(rows, 1)
    )


def _row(place: str, row: Mapping[str, Any], asked: Asked, sources: Mapping[str, str], title: str) -> Published:
    try:
        given = {"size": None, "average": None, **row}
        found = Published(**given, asked=asked, title=title)
    except TypeError as error:
        raise UsageError(f"{place}: {error}") from error
    unknown = [name for name in found.cells if name not in benchmarks.names()]
    wrong = (
        f"unknown benchmark {unknown[0]!r}"
        if unknown
        else f"source {found.source!r}, expected one of {', '.join(sources)}"
        if found.source not in sources
        else f"mode {found.mode!r}, expected one of {', '.join(MODES[:-1])} or nothing"
        if found.mode not in MODES
        else "no address"
        if not found.address.startswith("https://")
        else "an accuracy that is no percentage"
        if not all(0 <= value <= 100 for value in found.cells.values())
        else ""
    )
    if wrong:
        raise UsageError(f"{place} ({found.model}): {wrong}")
    return found
