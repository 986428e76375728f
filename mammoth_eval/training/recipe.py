"""Recipes: how a model is trained, as named presets.

Those of the paper (arXiv 2309.05653, section 2.3 and the released ``train.py``): 3 epochs, learning rate 2e-5 (34B and
70B 1e-5, Mistral 5e-6), batch 128, cosine with 3 % warm-up, no weight decay, bf16, length 2048, no packing. The small
ones are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mammoth_eval import config
from mammoth_eval.errors import DataError, UnknownName


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one training."""

    learning_rate: float = 2e-5
    """Its highest value, after the warm-up."""
    epochs: float = 3.0
    """Passes over the rows."""
    steps: int = 0
    """Optimiser steps; 0: as the epochs give."""
    batch: int = 128
    """Sequences of one optimiser step, over all devices."""
    micro_batch: int = 4
    """Sequences that one device holds at once, at most; lower it where memory does not suffice."""
    max_length: int = 2048
    """Tokens of prompt and output together; a longer row is left out and counted."""
    warmup: float = 0.03
    """Share of the steps."""
    weight_decay: float = 0.0
    """Of AdamW."""
    scheduler: str = "cosine"
    """How the learning rate falls: a name of transformers' schedulers."""
    packing: bool = False
    """Several rows in one sequence, none seeing another."""
    lora: int = 0
    """Rank of a LoRA adapter (arXiv 2106.09685) on every linear layer; 0: all weights are trained."""
    lora_alpha: int = 32
    """Scale of the adapter's product, over its rank."""
    bf16: bool = True
    """Weights and products in bfloat16."""
    gradient_checkpointing: bool = True
    """Activations are computed again in the backward pass: less memory, more time."""
    save_steps: int = 100
    """A checkpoint to resume from every so many steps."""
    log_steps: int = 10
    """The loss is told every so many steps."""


COSTS = ("micro_batch", "gradient_checkpointing", "save_steps", "log_steps")
"""Settings that change memory, speed and what is told, but not what is learned.

A training goes on with others of them.
"""
_PAPER = Recipe()
_LORA = Recipe(learning_rate=2e-4, lora=16, micro_batch=8)
RECIPES = {
    "mammoth-7b": _PAPER,
    "mammoth-34b": replace(_PAPER, learning_rate=1e-5, micro_batch=1),
    "mammoth-mistral": replace(_PAPER, learning_rate=5e-6),
    "lora": _LORA,
    "small-gpu": Recipe(
        learning_rate=2e-4,
        epochs=2,
        batch=64,
        micro_batch=16,
        max_length=1024,
        packing=False,
        gradient_checkpointing=False,
    ),
    "small-cpu": Recipe(
        learning_rate=1e-3,
        epochs=1,
        batch=16,
        micro_batch=8,
        max_length=512,
        lora=16,
        gradient_checkpointing=False,
        save_steps=25,
        log_steps=5,
    ),
}
"""By name: the paper's, LoRA for one GPU, and those of the suites for a model of some 100 M parameters."""


def get(name: str) -> Recipe:
    """The recipe `name`. Raises `UnknownName`."""
    if name not in RECIPES:
        raise UnknownName("recipe", name, RECIPES)
    return RECIPES[name]


def changed(recipe: Recipe, settings: dict[str, Any]) -> Recipe:
    """`recipe` with `settings` in place of its own. Raises `UnknownName` or `DataError` with what a setting must be."""
    known = config.keys(Recipe)
    values = {}
    for name, value in settings.items():
        if name not in known:
            raise UnknownName("setting of a recipe", name, known)
        number = int(value) if isinstance(value, float) and value.is_integer() else value  # a command line's 1e3 steps
        try:
            values[name] = config.convert(number, known[name].hint)
        except ValueError as error:
            raise DataError(f"recipe: {name} = {value!r}, expected {error}") from error
    found = replace(recipe, **values)
    _check(found)
    return found


def _check(recipe: Recipe) -> None:
    for name in ("learning_rate", "batch", "micro_batch", "max_length", "save_steps", "log_steps"):
        if getattr(recipe, name) <= 0:
            raise DataError(f"recipe: {name} = {getattr(recipe, name)}, expected more than 0")
    if recipe.epochs <= 0 and recipe.steps <= 0:
        raise DataError("recipe: neither epochs nor steps are above 0: nothing would be trained")
