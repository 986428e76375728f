"""Sources: public training sets as examples, each with its question, its human answer and, where there is one, its rationale.

A file is looked for in ``train/`` of the data folder (`--data-dir`), else the set is read from the hub with ``datasets``; drills
are made here. What makes rows of MathInstruct out of examples, and throws out what is wrong, is `curate`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammoth_eval.benchmarks import adapters
from mammoth_eval.errors import DataError, UnknownName
from mammoth_eval.train import annotated, drills, rows
from mammoth_eval.train.rows import Kind
from mammoth_eval.types import Form, Policy, Problem


@dataclass(frozen=True, slots=True)
class Example:
    """One question of a training set."""

    problem: Problem
    """`gold` is the human answer; empty where there is none to compare with."""
    kind: Kind
    rationales: tuple[str, ...]
    """Candidates, the preferred one first; empty where only a teacher could write one."""
    provenance: Mapping[str, str]


Read = Callable[[Mapping[str, Any]], tuple[adapters.Fields, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Source:
    """A training set and how its rows are read."""

    set: str
    """The set's name in the field `source` of the rows."""
    kind: Kind
    file: str
    """Below ``train/`` of the data folder; empty where the rows are made."""
    hub: str
    """Dataset of the hub, where there is no file."""
    read: Read
    """row -> fields and candidate rationales; raises `KeyError` or `ValueError`."""
    by: str
    """Who wrote the rationales."""
    licence: str
    config: str = ""
    split: str = "train"
    policy: Policy = field(default_factory=Policy)
    make: Callable[[], Iterable[Mapping[str, Any]]] | None = None
    """Makes the rows, where they are neither in a file nor on the hub."""


def _gsm8k_cot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    fields = adapters.gsm8k(row)
    body = re.sub(r"<<[^<>]*>>", "", row["answer"]).rpartition("####")[0].strip()
    return fields, (f"{body}\nThe answer is {fields.gold}",)


def _gsm8k_pot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    found = [annotated.program(row["answer"]), annotated.program_of_all(row["answer"])]
    return adapters.gsm8k(row), tuple(dict.fromkeys(one for one in found if one))


def _svamp(row: Mapping[str, Any]) -> adapters.Fields:
    return adapters.Fields(row["question"].strip(), adapters.text(float(row["answer_value"])))


def _svamp_cot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    body, mark, tail = row["answer_cot"].rpartition("answer is <")
    if not mark or "previous" in body.lower() or "already answered" in body.lower() or "first question" in body.lower():
        return _svamp(row), ()
    sentences = body.rsplit("\n", 1)[0].strip()
    return _svamp(row), (f"{sentences}\nThe answer is {tail.split('>')[0].strip()}",) if sentences else ()


def _svamp_pot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    lines = [line for line in row["answer_cot"].split("\n") if not line.strip().startswith('"""')]
    return _svamp(row), ("\n".join([*lines, "print(solution())"]),)


def _math(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    fields = adapters.math(row)
    return fields, (f"{row['solution'].strip()}\nThe answer is {fields.gold}",)


def _aqua(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    fields = adapters.aqua(row)
    last = re.compile(r"\n?[^\n]*\b(?:answer|ans|option)\b[^\n]*$", re.IGNORECASE)
    body = last.sub("", row["rationale"].strip()).strip()
    return fields, (f"{body}\nThe answer is {fields.gold}.",) if body else ()


def _theoremqa(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    return adapters.theoremqa(row), ()


def _drill(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    return adapters.Fields(row["question"], row["answer"]), (row["program"],)


_ROUNDED = Policy(decimals="rounded")
SOURCES: dict[str, Source] = {
    "gsm8k-cot": Source("gsm8k", "cot", "gsm8k_train.jsonl", "openai/gsm8k", _gsm8k_cot, "human", "MIT", "main"),
    "gsm8k-pot": Source("gsm8k", "pot", "gsm8k_train.jsonl", "openai/gsm8k", _gsm8k_pot, annotated.VERSION, "MIT", "main"),
    "svamp-cot": Source("svamp", "cot", "svamp_train_cot.json", "", _svamp_cot, "GPT-3.5 (ReFT)", "Apache-2.0", policy=_ROUNDED),
    "svamp-pot": Source("svamp", "pot", "svamp_train_pot.json", "", _svamp_pot, "GPT-3.5 (ReFT)", "Apache-2.0", policy=_ROUNDED),
    "math-cot": Source("math", "cot", "math_train_3000.jsonl", "EleutherAI/hendrycks_math", _math, "human", "MIT"),
    "aqua-cot": Source("aqua_rat", "cot", "aqua_dev.json", "deepmind/aqua_rat", _aqua, "human", "Apache-2.0", "raw"),
    "theoremqa": Source("TheoremQA", "cot", "theoremqa.json", "TIGER-Lab/TheoremQA", _theoremqa, "", "MIT", split="test"),
    "drills": Source("drills", "pot", "", "", _drill, drills.VERSION, "Apache-2.0", make=drills.rows),
}
"""Name to source. ``mathinstruct`` and files of our own form are read by `rows.read` and need no reader."""
MATHINSTRUCT = "TIGER-Lab/MathInstruct"


def get(name: str) -> Source:
    """The source `name`. Raises `UnknownName`."""
    if name not in SOURCES:
        raise UnknownName("source", name, [*SOURCES, "mathinstruct"])
    return SOURCES[name]


def load(name: str, data_dir: Path | None, cache_dir: Path) -> Iterable[Example | tuple[str, str]]:
    """The examples of source `name` in the order of its rows; for a row that cannot be read its place and why.

    Raises `DataError` where the set cannot be had.
    """
    source = get(name)
    path = data_dir / "train" / source.file if data_dir else None
    if source.make is not None:
        found: Iterable[Any] = source.make()
        origin = {"from": source.by}
    elif path is not None and path.is_file():
        found = rows.records(path)
        origin = {"from": source.file, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}
    elif source.hub:
        found = from_hub(source.hub, source.config, source.split, cache_dir, hint=f"train/{source.file}")
        origin = {"from": source.hub, "split": source.split}
    else:
        raise DataError(f"source {name}: no file train/{source.file} in {data_dir or 'the data folder (none was given)'}")
    origin |= {"by": source.by, "licence": source.licence}
    for number, row in enumerate(found):
        try:
            fields, rationales = source.read(row)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            yield f"{name}/{number}", f"{type(error).__name__}: {error}"
            continue
        form: Form = "choice" if fields.choices else "open"
        problem = Problem(f"{name}/{number}", name, fields.question, fields.gold, form, fields.choices)
        yield Example(problem, source.kind, rationales, {**origin, "row": str(number), "answer": fields.gold})


def mathinstruct(cache_dir: Path) -> list[rows.Row]:
    """MathInstruct from the hub. Raises `DataError` where it cannot be had."""
    found = from_hub(MATHINSTRUCT, "", "train", cache_dir, hint="a file of it, by its path")
    return [rows.from_json(dict(row), f"{MATHINSTRUCT}: row {number}") for number, row in enumerate(found)]


def from_hub(hub: str, config: str, split: str, cache_dir: Path, hint: str) -> list[Any]:
    """The rows of a dataset of the hub. Raises `DataError` with what to give in its place."""
    import datasets  # more than a second to import: only where rows are read

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        return list(datasets.load_dataset(hub, config or None, split=split, cache_dir=str(cache_dir / "datasets")))
    except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f"hub dataset {hub}: cannot be read ({error}); without a network give {hint} in --data-dir") from error
