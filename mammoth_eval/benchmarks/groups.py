"""Benchmarks as users name them: one by one, in groups, with commas between."""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.benchmarks import IND, OOD, PAPER, get, names
from mammoth_eval.errors import UnknownName

GROUPS = {"paper": PAPER, "ind": IND, "ood": OOD}


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names in a sequence, or in one text with commas."""
    parts = names.split(",") if isinstance(names, str) else names
    return tuple(name.strip() for name in parts if name.strip())


def benchmark_names(words: str | Sequence[str]) -> tuple[str, ...]:
    """Benchmarks by name, groups of them spelled out. Raises `UnknownName` with the nearest name or group."""
    known = names()
    groups = {**GROUPS, "generated": [name for name in known if get(name).group == "generated"]}
    asked = listed(words)
    for word in asked:
        if word not in groups and word not in known and not word.endswith(".toml"):
            raise UnknownName("benchmark", word, [*groups, *known])
    return tuple(name for word in asked for name in groups.get(word, (word,)))
