"""``train.json``.

What a checkpoint was trained on and how, beside the checkpoint. An ablation groups its runs by it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import mammoth_eval
from mammoth_eval.errors import DataError, StoreError
from mammoth_eval.store import lock
from mammoth_eval.training.recipe import COSTS
from mammoth_eval.training.rows import write_text

NAME = "train.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
IDENTITY = ("base", "base_hash", "mixture", "seed", "data", "prompt_hash")
"""What makes two trainings the same, with the recipe but for its `COSTS`: a checkpoint goes on only under the same."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One training."""

    base: str
    """The model that was trained: hub id or folder as named."""
    base_hash: str
    """Its fingerprint; empty for a hub id that was not on this machine."""
    mixture: str
    kinds: tuple[str, ...]
    seed: int
    rows: Mapping[str, int]
    """Rows trained on by source; those that were left out as too long are not among them."""
    data: str
    """Hash over all rows that were drawn, in their order."""
    recipe: Mapping[str, Any]
    prompt: str
    prompt_hash: str
    against: tuple[str, ...]
    """Test sets that the rows were compared with."""
    tokens: int
    """Of one epoch."""
    too_long: int
    """Rows that were left out because they do not fit."""
    versions: Mapping[str, str]
    command: str
    finished: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)
    """Steps, seconds, last loss, device of the first process, number of processes."""


def versions() -> dict[str, str]:
    """Versions of all that moves a weight."""
    found = {"mammoth_eval": mammoth_eval.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read(folder: Path) -> Manifest | None:
    """The manifest in `folder`; None where there is none. Raises `DataError` for one that cannot be read."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**{**table, "kinds": tuple(table["kinds"]), "against": tuple(table["against"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); remove it, or give another folder with --out") from error


def is_finished(folder: Path) -> bool:
    """Whether a training in `folder` came to its end, whichever it was."""
    found = read(folder)
    return found is not None and found.finished


def write(folder: Path, manifest: Manifest) -> None:
    """Write it beside the checkpoint. Raises `StoreError`."""
    write_text(folder / NAME, json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold `folder`, so that two trainings do not write into one.

    Raises `StoreError` where another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
    held = lock(folder / ".lock", "this training")  # hidden: it is no part of the checkpoint
    try:
        yield
    finally:
        os.close(held)


def check(folder: Path, manifest: Manifest) -> Manifest | None:
    """What stands in `folder` already, if it is this very training. Raises `DataError` where it is another."""
    found = read(folder)
    if found is None:
        return None
    old, new = _identity(found), _identity(manifest)
    for name in new:
        if old.get(name) != new[name]:
            raise DataError(
                f"{folder}: holds another training ({name}: {old.get(name)!r} there, {new[name]!r} asked); "
                "give another folder with --out"
            )
    return found


def _identity(manifest: Manifest) -> dict[str, Any]:
    """What must be the same, by name."""
    learnt = {f"recipe {name}": value for name, value in manifest.recipe.items() if name not in COSTS}
    return {**{name: getattr(manifest, name) for name in IDENTITY}, **learnt}
