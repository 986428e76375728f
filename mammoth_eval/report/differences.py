"""Every difference between the ``run.json`` of several runs: settings, and what the runs ran on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mammoth_eval.report.grid import Grid
from mammoth_eval.store import RunHeader

LONG = 60
"""Characters of a value that a table shows; all of it is in the JSON."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that is not the same in all."""

    name: str
    """Dotted: ``spec.sampling.max_tokens``."""
    values: tuple[Any, ...]
    """One a run; None where a run has no such entry."""


def differences(headers: Sequence[RunHeader]) -> tuple[Difference, ...]:
    """What differs between runs by their ``run.json``: the settings, and the last session of each."""
    flat = [{**dict(_flat("spec", header.settings)), **dict(_flat("session", header.session))} for header in headers]
    names = dict.fromkeys(name for entries in flat for name in entries)
    rows = (Difference(name, tuple(entries.get(name) for entries in flat)) for name in names)
    return tuple(row for row in rows if any(value != row.values[0] for value in row.values))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, value


def differences_grid(entries: Sequence[Difference], runs: Sequence[str]) -> Grid:
    """A column a run; long values are cut."""
    rows = tuple((entry.name, *map(_short, entry.values)) for entry in entries)
    notes = () if entries else ("There is none.",)
    return Grid("Differences between the run.json", ("entry", *runs), rows, notes, left=1 + len(runs))


def _short(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= LONG else text[: LONG - 3] + "..."
