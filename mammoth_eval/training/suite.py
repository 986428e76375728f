"""Suites: mixtures that are trained alike and evaluated alike, one TOML each in ``training/suites/``.

description = "Words, programs, both"
budget = "20 minutes on one H100"     # what it costs, and on what; the table says so
base = "smollm2-135m-instruct"
mixtures = ["cot_only", "pot_only", "g_s"]
seeds = [0, 1]
recipe = "small-gpu"
benchmarks = ["gsm8k", "svamp"]
baseline = "cot_only"                 # what the others are compared with
limit = 0                             # problems of each benchmark; 0: all
max_tokens = 256

[settings]                            # over the recipe's
steps = 150
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mammoth_eval import benchmarks, resources
from mammoth_eval.errors import DataError, UnknownName
from mammoth_eval.training import mixture, recipe


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite, as its TOML describes it."""

    name: str
    description: str
    """What is compared, in a sentence."""
    budget: str
    """What it costs, and on what; the table says so."""
    base: str
    """Model that every mixture is trained from."""
    mixtures: tuple[str, ...]
    """Names, or TOML files beside the suite."""
    seeds: tuple[int, ...]
    """Each mixture is trained once with each."""
    recipe: str
    """How they are trained, all alike."""
    benchmarks: tuple[str, ...]
    """What each is evaluated on."""
    baseline: str
    """Value of `factor` that the others are compared with."""
    factor: str = "mixture"
    """What the runs are grouped by: `mixture`, `kinds`, or another fact of ``train.json``."""
    limit: int = 0
    """Problems of each benchmark; 0: all."""
    max_tokens: int = 256
    """New tokens of one completion."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings in place of the recipe's."""

    @property
    def members(self) -> list[tuple[str, int]]:
        """Mixture and seed of each training, seeds outermost: after the first round there is a whole table."""
        return [(one, seed) for seed in self.seeds for one in self.mixtures]


def names() -> list[str]:
    """The suites that ship with the project."""
    return sorted(path.stem for path in (resources.folder("training") / "suites").glob("*.toml"))


def get(name_or_path: str) -> Suite:
    """The suite of that name or TOML file. Raises `UnknownName` or `DataError`."""
    if name_or_path.endswith(".toml"):
        return read(Path(name_or_path))
    if name_or_path not in names():
        raise UnknownName("suite", name_or_path, names())
    return read(resources.folder("training") / "suites" / f"{name_or_path}.toml")


def read(path: Path) -> Suite:
    """The suite of one file, every name in it known. Raises `DataError` or `UnknownName`."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: not a readable suite: {error}") from error
    shape = [item for item in fields(Suite) if item.name != "name"]
    known = [item.name for item in shape]
    if unknown := [key for key in table if key not in known]:
        raise DataError(f"{path.name}: unknown key {unknown[0]!r}; there are: {', '.join(known)}")
    needed = [item.name for item in shape if item.default is MISSING and item.default_factory is MISSING]
    if missing := [key for key in needed if key not in table]:
        raise DataError(f"{path.name}: key {missing[0]!r} is missing")
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    found = Suite(name=path.stem, **lists)
    _check_lists(path, found)
    found = replace(found, mixtures=tuple(_beside(path, one) for one in found.mixtures))
    _check(path, found)
    return found


def _beside(path: Path, name: str) -> str:
    """A mixture's file as a path from the suite's folder; other names as they are."""
    return str(path.parent / name) if name.endswith(".toml") else name


def _check_lists(path: Path, found: Suite) -> None:
    for key in ("mixtures", "seeds", "benchmarks"):
        if not isinstance(getattr(found, key), tuple) or not getattr(found, key):
            raise DataError(f"{path.name}: {key} = {getattr(found, key)!r}, expected a list with something in it")


def _check(path: Path, found: Suite) -> None:
    for one in found.mixtures:
        mixture.get(one)
    for one in found.benchmarks:
        benchmarks.get(one)
    recipe.changed(recipe.get(found.recipe), dict(found.settings))
    known = [Path(one).stem if one.endswith(".toml") else one for one in found.mixtures]
    if found.factor == "mixture" and found.baseline not in known:
        raise DataError(f"{path.name}: baseline {found.baseline!r} is none of its mixtures, {', '.join(known)}")
