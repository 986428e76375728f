"""Sources: public training sets as examples, each with its question, its human answer and, where there is one, its
rationale.

A file is looked for in ``train/`` of the data folder (`--data-dir`), else the set is read from the hub with
``datasets``, or its file is fetched from a pinned address; drills are made here. MathInstruct and files of rows are
rows already; for a teacher they are questions. TheoremQA has a test split alone and no rationales: it is for a teacher,
and only where rows are not compared with the benchmark theoremqa. What makes rows of MathInstruct out of examples, and
throws out what is wrong, is `curate`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mammoth_eval import resources
from mammoth_eval.benchmarks import adapters
from mammoth_eval.errors import BenchmarkError, DataError, UnknownName
from mammoth_eval.hub import errors as hub_errors
from mammoth_eval.hub import pin
from mammoth_eval.training import annotated, drills, rows
from mammoth_eval.training.download import fetch
from mammoth_eval.training.rows import Kind, Refused, Row
from mammoth_eval.types import LETTERS, Form, Policy, Problem


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
    configs: tuple[str, ...] = ("",)
    """Parts of the dataset of the hub that are read, one after another; empty: the only one."""
    split: str = "train"
    policy: Policy = field(default_factory=Policy)
    make: Callable[[], Iterable[Mapping[str, Any]]] | None = None
    """Makes the rows, where they are neither in a file nor on the hub."""
    golds: Literal["any", "number", "letter"] = "any"
    """What a human answer must be."""
    benchmark: str = ""
    """Below ``benchmarks/`` of the data folder, where the questions are a benchmark's.

    For a teacher, compared with other sets.
    """
    address: str = ""
    """Where the file is fetched from, where it is neither here nor on the hub."""
    sha256: str = ""
    """Of the file at `address`."""


def _gsm8k_cot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    fields = adapters.gsm8k(row)
    body = re.sub(r"<<[^<>]*>>", "", row["answer"]).rpartition("####")[0].strip()
    return fields, (f"{body}\nThe answer is {fields.gold}",)


def _gsm8k_pot(row: Mapping[str, Any]) -> tuple[adapters.Fields, tuple[str, ...]]:
    programs = [annotated.program(row["answer"]), annotated.program_of_all(row["answer"])]
    return adapters.gsm8k(row), tuple(dict.fromkeys(program for program in programs if program))


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


_SUBJECTS = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra", (
        "precalculus"
    ),
)  # fmt: skip
_REFT = "https://raw.githubusercontent.com/lqtrung1998/mwp_ReFT/bdc844e02e5c783d4361d7777f4ad486e7e116da/data"
"""ReFT (arXiv 2401.08967)."""
_ROUNDED = Policy(decimals="rounded")
SOURCES: dict[str, Source] = {
    "gsm8k-cot": Source(
        "gsm8k", "cot", "gsm8k_train.jsonl", "openai/gsm8k", _gsm8k_cot, "human", "MIT", ("main",), golds="number"
    ),
    "gsm8k-pot": Source(
        "gsm8k", "pot", "gsm8k_train.jsonl", "openai/gsm8k", _gsm8k_pot, annotated.VERSION, "MIT", ("main",), golds=(
            "number"
        )
    ),
    "svamp-cot": Source(
        "svamp", "cot", "svamp_train_cot.json", "", _svamp_cot, "GPT-3.5 (ReFT)", "Apache-2.0", policy=_ROUNDED, golds=(
            "number"
        ),
        address=f"{_REFT}/svamp_nl.json", sha256="12e9ee172f08987112244dc95a03877353874b24ff3b8481eab675123b8fdd9d",
    ),
    "svamp-pot": Source(
        "svamp", "pot", "svamp_train_pot.json", "", _svamp_pot, "GPT-3.5 (ReFT)", "Apache-2.0", policy=_ROUNDED, golds=(
            "number"
        ),
        address=f"{_REFT}/svamp_python_sdp.json", sha256=(
            "09936759f652750064b1cb0dc81bce893f0b3e4a21e81d63d5cf738e0a379c3c"
        ),
    ),
    "math-cot": Source("math", "cot", "math_train_3000.jsonl", "EleutherAI/hendrycks_math", _math, "human", "MIT",
    _SUBJECTS),
    "aqua-cot": Source(
        "aqua_rat", "cot", "aqua_dev.json", "deepmind/aqua_rat", _aqua, "human", "Apache-2.0", ("raw",), golds="letter"
    ),
    "theoremqa": Source(
        "TheoremQA", "cot", "theoremqa.json", "TIGER-Lab/TheoremQA", _theoremqa, "", "MIT", split="test",
        benchmark="theoremqa/theoremqa_test.json",
    ),
    "drills": Source("drills", "pot", "", "", _drill, drills.VERSION, "Apache-2.0", make=drills.rows),
}  # fmt: skip
"""Name to source. MathInstruct and files of our own form are read by `rows.read_each` and need no reader."""
MATHINSTRUCT = "TIGER-Lab/MathInstruct"


def get(name: str) -> Source:
    """The source `name`. Raises `UnknownName`."""
    if name not in SOURCES:
        raise UnknownName("source", name, [*SOURCES, "mathinstruct"])
    return SOURCES[name]


def plain(name: str) -> str:
    """`name` as it is known here: MathInstruct goes by the name of the hub, too."""
    return "mathinstruct" if name == MATHINSTRUCT else name


def is_rows(name: str) -> bool:
    """Whether `name` is a set of rows made elsewhere: MathInstruct, or a file of them."""
    return plain(name) == "mathinstruct" or name.endswith((".json", ".jsonl"))


def policy(name: str) -> Policy:
    """When two answers of the source `name` are equal."""
    return Policy() if is_rows(name) else get(name).policy


def file(name: str, data_dir: Path | None) -> Path | None:
    """The file that the source `name` is read from; None where there is none here."""
    if is_rows(name) and plain(name) != "mathinstruct":
        return Path(name)
    if data_dir is None:
        return None
    if plain(name) == "mathinstruct":
        places = [data_dir / "train" / f"MathInstruct.{ending}" for ending in ("json", "jsonl")]
    else:
        source = get(name)
        places = [data_dir / "train" / source.file] if source.file else []
        places += [data_dir / "benchmarks" / source.benchmark] if source.benchmark else []
    return next((place for place in places if place.is_file()), None)


def load(name: str, data_dir: Path | None, cache_dir: Path) -> Iterable[Example | Refused]:
    """The examples of source `name` in the order of its rows; for a row that cannot be taken its place and why.

    Raises `DataError` where the set is not available.
    """
    if is_rows(name):
        yield from _questions(load_rows(name, data_dir, cache_dir), plain(name))
        return
    source = get(name)
    path = file(name, data_dir)
    if source.make is not None:
        found: Iterable[Any] = source.make()
        origin = {"from": source.by}
    elif path is not None:
        found = rows.records(path)
        origin = {"from": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}
    elif source.hub:
        found = from_hub(source.hub, source.configs, source.split, cache_dir, hint=f"train/{source.file}")
        origin = {"from": source.hub, "split": source.split}
    else:
        path = fetch(source.address, source.sha256, cache_dir / "train" / source.file, hint=f"train/{source.file}")
        found = rows.records(path)
        origin = {"from": path.name, "sha256": source.sha256[:16]}
    origin |= {"by": source.by, "licence": source.licence}
    for number, row in enumerate(found):
        yield _example(f"{name}/{number}", name, source, row, {**origin, "row": str(number)})


def _example(place: str, name: str, source: Source, row: Any, origin: Mapping[str, str]) -> Example | Refused:
    try:
        fields, rationales = source.read(row)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        return Refused(place, f"{type(error).__name__}: {error}")
    if not _is_answer(fields, source):
        return Refused(place, repr(fields.gold), "answer cannot be read")
    form: Form = "choice" if fields.choices else "open"
    problem = Problem(place, name, fields.question, fields.gold, form, fields.choices)
    return Example(problem, source.kind, rationales, {**origin, "answer": fields.gold})


def _is_answer(fields: adapters.Fields, source: Source) -> bool:
    """Whether the human answer is what those of its set are: a finite number, or the letter of an option."""
    if fields.choices or source.golds == "letter":
        return fields.gold in tuple(LETTERS[: len(fields.choices)])
    if source.golds == "number":
        try:
            return math.isfinite(float(fields.gold))
        except ValueError:
            return False
    return bool(fields.gold.strip())


def load_rows(name: str, data_dir: Path | None, cache_dir: Path) -> list[Row | Refused]:
    """The rows of MathInstruct (a file of the data folder, else the hub) or of a file.

    Raises `DataError` where there are none.
    """
    path = file(name, data_dir)
    if path is not None:
        return rows.read_each(path)
    hint = "train/MathInstruct.json"
    found = from_hub(MATHINSTRUCT, ("",), "train", cache_dir, hint=hint)
    return [rows.accept(dict(row), f"{MATHINSTRUCT}: row {number}") for number, row in enumerate(found)]


_AGREED = re.compile(r"\d+% of samples agree")


def _questions(found: Iterable[Row | Refused], origin: str) -> Iterable[Example | Refused]:
    """Each question of `found` once, with all its rationales; its answer where a row of ours tells the human one."""
    by_question: dict[str, list[Row]] = {}
    for row in found:
        if isinstance(row, Refused):
            yield row
        else:
            by_question.setdefault(" ".join(row.question.split()), []).append(row)
    for number, group in enumerate(by_question.values()):
        first, name = group[0], group[0].source.rpartition("/")[2]
        human = [
            row.provenance.get("answer", "")
            for row in group
            if not _AGREED.fullmatch(row.provenance.get("checked", ""))
        ]
        gold = next(filter(None, human), "")
        choices = adapters.written_choices(first.question) if "Answer Choices:" in first.question else ()
        form: Form = "choice" if choices else "open"
        problem = Problem(f"{name}/{number}", name, first.question, gold, form, choices)
        provenance = {"from": origin, **first.provenance, "row": first.provenance.get("row", str(number))}
        yield Example(problem, first.kind, tuple(row.output for row in group), provenance)


def from_hub(hub: str, configs: Iterable[str], split: str, cache_dir: Path, hint: str) -> list[Any]:
    """The rows of all `configs` of a dataset of the hub, at one commit.

    Raises `DataError` with what to give in its place.
    """
    import datasets  # more than a second to import: only where rows are read

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    found: list[Any] = []
    try:
        commit = "" if Path(hub).is_dir() else pin(hub, kind="dataset").commit
        cache = str(
            cache_dir / "datasets" / commit
        )  # its own: without the hub, datasets takes the newest rows of a cache
        for config in configs:
            found += datasets.load_dataset(hub, config or None, split=split, revision=commit or None, cache_dir=cache)
    except BenchmarkError as error:
        raise DataError(f"{error}; without a network give {hint} in --data-dir") from error
    except (*hub_errors(), RuntimeError, datasets.exceptions.DatasetsError) as error:
        missing = f"without a network give {hint} in --data-dir"
        advice = resources.cache_advice(cache_dir) if resources.is_full(error) else missing
        raise DataError(f"hub dataset {hub}: cannot be read ({error}); {advice}") from error
    return found
