"""Factors: what an ablation groups runs by, read from their metadata.

A factor is looked for in what the user said (``--factor name=value``), in the checkpoint's ``train.json`` (training
subset, rationale format, seed), then in the run's own settings (decoding, prompt, seed, ...).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from mammoth_eval.errors import UsageError
from mammoth_eval.store import RunSpec

ALIASES = {"subset": "mixture", "format": "kinds", "rationale": "kinds", "reading": "decoding"}
SEED = "seed"
TRAINING = ("base", "recipe", "mixture", "kinds")
SETTINGS = ("model", "decoding", "prompt")
CONTEXT = (*TRAINING, *SETTINGS)
"""What must be the same in two runs whose figures are averaged over seeds."""


def canonical(name: str) -> str:
    """A factor's own name: ``subset`` is ``mixture``, ``format`` is ``kinds``."""
    return ALIASES.get(name, name)


def factor_of(spec: RunSpec, name: str, reading: str = "") -> str | None:
    """The value of the factor `name` in a run that is read as `reading`; None where the run says nothing of it."""
    if name in spec.factors:
        return str(spec.factors[name])
    for table in (spec.train, spec.train.get("tags") or {}):
        if name in table and name not in SETTINGS:  # the prompt of the training is not that of the run
            return _text(name, table[name])
    if name == "decoding":
        return reading or str(spec.decoding)
    if name == SEED:
        return str(spec.sampling.get("seed", 0))
    for table in (structs.asdict(spec), spec.sampling):
        if name in table:
            return _text(name, table[name])
    return None


def _text(name: str, value: Any) -> str:
    """A value as a table shows it.

    A list of both kinds of rationales is ``hybrid``, a table without a name a word of its hash.
    """
    if isinstance(value, Mapping):
        text = json.dumps(value, sort_keys=True)
        return str(value.get("name") or hashlib.sha256(text.encode()).hexdigest()[:6])
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    if name == "kinds":
        return "hybrid" if len(value) > 1 else str(value[0])
    return "+".join(map(str, value))


def context_of(spec: RunSpec, without: str, reading: str) -> dict[str, str]:
    """What else a run is, but for the factor `without` and the seed: two runs of one context are seeds of one another.

    A trained model is known by what it was trained on, not by its folder.
    """
    said = [name for name in (*spec.factors, *(spec.train.get("tags") or {})) if name != SEED]
    trained = bool(spec.train) or bool(said)
    names = [name for name in dict.fromkeys((*CONTEXT, *said)) if name != without and not (trained and name == "model")]
    values = {name: factor_of(spec, name, reading) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def varying(specs: Sequence[RunSpec]) -> list[str]:
    """The factors that have several values among runs, those of training first."""
    said: Iterable[str] = (name for spec in specs for name in (*spec.factors, *(spec.train.get("tags") or {})))
    names = dict.fromkeys((*TRAINING, *said, "prompt", "decoding", SEED))
    several = []
    for name in names:
        values = {factor_of(spec, name) for spec in specs} - {None}
        if len(values) > 1 or (name == "decoding" and any(spec.decoding == "both" for spec in specs)):
            several.append(name)
    return several


def require(name: str, specs: Sequence[RunSpec]) -> None:
    """Raises `UsageError` where no run says anything of the factor `name`."""
    if all(factor_of(spec, name) is None for spec in specs):
        known = sorted({*CONTEXT, SEED, *(key for spec in specs for key in (*spec.factors, *spec.train))})
        raise UsageError(f"--factor {name}: no run says anything of it; there are: {', '.join(known)}")
