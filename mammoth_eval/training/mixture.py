"""Mixtures: which rows a model is trained on, one TOML each in ``training/mixtures/``.

description = "GSM8K and SVAMP, programs and chains of thought in equal parts"
seed = 0
size = 4000                 # rows in all, shared out by weight; without it every row is taken once
kinds = ["cot", "pot"]      # both is the default
against = ["paper"]         # test sets that no row may leak: benchmarks or "paper"; all by default

[[sources]]
name = "gsm8k-cot"          # a source, "mathinstruct", or a file of rows beside the TOML
weight = 0.5                # share of `size`, for every source or for none; without weights as many as it has rows
cap = 2000                  # at most so many rows
sets = ["CoT/gsm_train"]    # only rows of these sets
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from mammoth_eval import config, resources
from mammoth_eval.config import Document
from mammoth_eval.errors import DataError, UnknownName
from mammoth_eval.training.rows import KINDS, Kind, Row


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """One source of a mixture."""

    name: str
    """A source, ``mathinstruct``, or a file of rows beside the TOML."""
    weight: Annotated[float, Meta(ge=0)] = 0.0
    """Share of the mixture's size; 0, for all sources alike: the number of its rows."""
    cap: Annotated[int, Meta(ge=0)] = 0
    """Rows at most; 0: all."""
    sets: tuple[str, ...] = ()
    """Values of the field `source`; empty: all."""
    kinds: tuple[Kind, ...] = KINDS
    """Kinds of rationales that are taken."""


class Mixture(Struct, frozen=True, forbid_unknown_fields=True):
    """A mixture, as its TOML describes it."""

    name: str
    origin: Path
    sources: tuple[Part, ...] = ()
    description: str = ""
    """What the model learns from, in a sentence."""
    seed: Annotated[int, Meta(ge=0)] = 0
    """Of the drawing and of the order."""
    size: Annotated[int, Meta(ge=0)] = 0
    """Rows in all; 0: every row of the sources once."""
    kinds: tuple[Kind, ...] = KINDS
    """Kinds of rationales, of all sources."""
    against: tuple[str, ...] = ()
    """Benchmarks that no row may leak; empty: all that there are."""


def folder() -> Path:
    """Where the mixtures of the project are."""
    return resources.folder("training") / "mixtures"


def names() -> list[str]:
    """The mixtures that ship with the project."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def get(name_or_path: str) -> Mixture:
    """The mixture of that name or TOML file. Raises `UnknownName` or `DataError`."""
    if name_or_path.endswith(".toml"):
        return read(Path(name_or_path))
    if name_or_path not in names():
        raise UnknownName("mixture", name_or_path, names())
    return read(folder() / f"{name_or_path}.toml")


def read(path: Path) -> Mixture:
    """The mixture of one file. Raises `DataError` naming the file, the line and the key."""
    document = config.read_document(path, path.name, DataError, "not a readable mixture")
    mixture = config.build(Mixture, document.table("not a readable mixture"), document, name=path.stem, origin=path)
    if not mixture.sources:
        raise document.wrong((), "no [[sources]]: a mixture names at least one")
    made = replace(mixture, sources=tuple(replace(part, name=_beside(path, part.name)) for part in mixture.sources))
    _check(document, made)
    return made


def _check(document: Document, mixture: Mixture) -> None:
    """Raises `DataError` for weights that would not be honoured, and for rows that would be taken twice."""
    weighted = [part for part in mixture.sources if part.weight]
    if weighted and not mixture.size:
        raise document.wrong(
            ("sources", mixture.sources.index(weighted[0]), "weight"),
            f"{weighted[0].name} has a weight and the mixture no size: a weight is a share of `size`, give both",
        )
    if weighted and len(weighted) < len(mixture.sources):
        number, bare = next((number, part) for number, part in enumerate(mixture.sources) if not part.weight)
        raise document.wrong(
            ("sources", number),
            f"{bare.name} has no weight and {weighted[0].name} has one: give a weight above 0 to every source, or to "
            f"none",
        )
    for number, part in enumerate(mixture.sources):
        for other in mixture.sources[:number]:
            if part.name == other.name and set(part.kinds) & set(other.kinds) and _share_sets(part, other):
                raise document.wrong(
                    ("sources", number),
                    f"{part.name} is there twice, with the same kinds and sets: its rows would be taken twice",
                )


def _share_sets(part: Part, other: Part) -> bool:
    return not part.sets or not other.sets or bool(set(part.sets) & set(other.sets))


def _beside(path: Path, name: str) -> str:
    """A file's name as a path from the mixture's folder; other names as they are."""
    return str(path.parent / name) if name.endswith((".json", ".jsonl")) else name


def build(mixture: Mixture, load: Callable[[str], Sequence[Row]], seed: int | None = None) -> list[Row]:
    """The rows of `mixture` in the order of training. `seed` replaces the mixture's own.

    `load` gives the rows of a source. Raises `DataError` where a source has fewer rows than it must give.
    """
    seed = mixture.seed if seed is None else seed
    drawn = [_eligible(part, mixture, load(part.name), seed) for part in mixture.sources]
    wanted = shares(mixture, [len(rows) for rows in drawn])
    for part, eligible, count in zip(mixture.sources, drawn, wanted, strict=True):
        check_share(mixture, part.name, count, len(eligible))
    rows = [row for rows_of_part, count in zip(drawn, wanted, strict=True) for row in rows_of_part[:count]]
    random.Random(f"{seed}:{mixture.name}").shuffle(rows)
    return rows


def check_share(mixture: Mixture, name: str, wanted: int, there: int) -> None:
    """Raises `DataError` where the source `name` has fewer rows than it must give."""
    if there < wanted:
        raise DataError(
            f"mixture {mixture.name}: {name} must give {wanted} of {mixture.size} rows and has {there}; "
            "lower `size` or its `weight`"
        )


def _eligible(part: Part, mixture: Mixture, rows: Sequence[Row], seed: int) -> list[Row]:
    known = {row.source for row in rows}
    if unknown := [name for name in part.sets if name not in known]:
        raise DataError(
            f"mixture {mixture.name}: {part.name} has no set {unknown[0]!r}; there are: {', '.join(sorted(known))}"
        )
    kinds = set(part.kinds) & set(mixture.kinds)
    found = [row for row in rows if row.kind in kinds and (not part.sets or row.source in part.sets)]
    if not found:
        raise DataError(
            f"mixture {mixture.name}: {part.name} has no row of kind {' or '.join(sorted(kinds)) or '(none)'}"
        )
    random.Random(f"{seed}:{part.name}").shuffle(found)
    return found[: part.cap] if part.cap else found


def shares(mixture: Mixture, counts: Sequence[int]) -> list[int]:
    """How many rows each source gives; the largest remainders are rounded up, so that they sum to the size."""
    if not mixture.size:
        return list(counts)
    weights = [part.weight or count for part, count in zip(mixture.sources, counts, strict=True)]
    exact = [mixture.size * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda at: shares[at] - exact[at])
    for at in order[: mixture.size - sum(shares)]:
        shares[at] += 1
    return shares
