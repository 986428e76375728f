"""Figures that others published, from ``results/published/*.toml``: each with its source and address, none that nobody
has checked.

A file says once how its rows were asked (``[asked]``; empty where it is not known) and what its sources are; a row
gives model, size in billions of parameters, mode, source, address, the cells that have a source, and the average that
was printed, if one was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mammoth_eval import benchmarks, config, resources
from mammoth_eval.config import Document, Place
from mammoth_eval.errors import UsageError, unknown

Mode = Literal["cot", "pot", "hybrid", ""]
"""Empty: not known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How published figures came about, as far as it is known; empty where it is not."""

    prompt: str = ""
    grader: str = ""
    limits: str = ""
    problems: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One row of somebody's table."""

    model: str
    size: float | None = None
    """Billions of parameters; None where it is not public."""
    mode: Mode
    cells: Mapping[str, float]
    """Accuracy in percent by benchmark; a cell without a source is absent."""
    average: float | None = None
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


@dataclass(frozen=True, slots=True)
class _File:
    """What a file says besides its rows."""

    title: str
    asked: Asked
    sources: Mapping[str, str]
    """Kind of source to what it is."""
    row: tuple[Mapping[str, Any], ...] = field(default=())
    """The rows as they are written; each becomes a `Published`."""


def load(folder: Path | None = None) -> tuple[Published, ...]:
    """Every row of every file of `folder` (by default those that ship with the project), files by name.

    Raises `UsageError` with file and line for one that does not say what it must.
    """
    paths = sorted((folder or resources.folder("results/published")).glob("*.toml"))
    return tuple(row for path in paths for row in read(path))


def read(path: Path) -> tuple[Published, ...]:
    """The rows of one file. Raises `UsageError`."""
    fault = "not a file of published figures"
    document = config.read_document(path, str(path), UsageError, fault)
    file = config.build(_File, document.table(fault), document)
    return tuple(_row(row, file, document, ("row", number)) for number, row in enumerate(file.row))


def _row(table: Mapping[str, Any], file: _File, document: Document, place: Place) -> Published:
    row = config.build(Published, table, document, place, asked=file.asked, title=file.title)
    if row.source not in file.sources:
        raise document.wrong((*place, "source"), unknown("source", row.source, file.sources))
    if not row.address.startswith("https://"):
        raise document.wrong((*place, "address"), f"address = {row.address!r}, expected one that begins with https://")
    for name, value in row.cells.items():
        if name not in benchmarks.names():
            raise document.wrong((*place, "cells", name), unknown("benchmark", name, benchmarks.names()))
        if not 0 <= value <= 100:
            raise document.wrong((*place, "cells", name), f"{name} = {value:g}, expected an accuracy in percent")
    return row
