"""Suites: mixtures that are trained alike and evaluated alike, one TOML each in ``training/suites/``.

description = "Chain of thought, programs, both"
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

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from mammoth_eval import benchmarks, config, resources
from mammoth_eval.config import Document
from mammoth_eval.errors import DataError, UnknownName
from mammoth_eval.training import mixture, recipe
from mammoth_eval.training.recipe import Recipe

Some = Meta(min_length=1)
"""Of a list: with something in it."""


class Suite(Struct, frozen=True, forbid_unknown_fields=True):
    """A suite, as its TOML describes it."""

    name: str
    description: str
    """What is compared, in a sentence."""
    budget: str
    """What it costs, and on what; the table says so."""
    base: str
    """Model that every mixture is trained from."""
    mixtures: Annotated[tuple[str, ...], Some]
    """Names, or TOML files beside the suite."""
    seeds: Annotated[tuple[int, ...], Some]
    """Each mixture is trained once with each."""
    recipe: str
    """How they are trained, all alike."""
    benchmarks: Annotated[tuple[str, ...], Some]
    """What each is evaluated on."""
    baseline: str
    """Value of `factor` that the others are compared with."""
    factor: str = "mixture"
    """What the runs are grouped by: `mixture`, `kinds`, or another fact of ``train.json``."""
    limit: Annotated[int, Meta(ge=0)] = 0
    """Problems of each benchmark; 0: all."""
    max_tokens: Annotated[int, Meta(ge=1)] = 256
    """New tokens of one completion."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings in place of the recipe's."""

    @property
    def members(self) -> list[tuple[str, int]]:
        """Mixture and seed of each training, seeds outermost: after the first round there is a whole table."""
        return [(name, seed) for seed in self.seeds for name in self.mixtures]


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
    document = config.read_document(path, path.name, DataError, "not a readable suite")
    suite = config.build(Suite, document.table("not a readable suite"), document, name=path.stem)
    config.values(Recipe, suite.settings, document, ("settings",), partial=True)
    suite = replace(suite, mixtures=tuple(_beside(path, name) for name in suite.mixtures))
    _check(document, suite)
    return suite


def _beside(path: Path, name: str) -> str:
    """A mixture's file as a path from the suite's folder; other names as they are."""
    return str(path.parent / name) if name.endswith(".toml") else name


def _check(document: Document, suite: Suite) -> None:
    for name in suite.mixtures:
        mixture.get(name)
    for name in suite.benchmarks:
        benchmarks.get(name)
    recipe.changed(recipe.get(suite.recipe), dict(suite.settings))
    known = [Path(name).stem if name.endswith(".toml") else name for name in suite.mixtures]
    if suite.factor == "mixture" and suite.baseline not in known:
        raise document.wrong(("baseline",), f"baseline {suite.baseline!r} is none of its mixtures, {', '.join(known)}")
