"""A run as one side of a comparison: what it answered to each problem, under one grader and one reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mammoth_eval import stats, store
from mammoth_eval.errors import StoreError, UsageError
from mammoth_eval.stats import readable
from mammoth_eval.store import RunHeader, RunSpec
from mammoth_eval.types import Outcome


@dataclass(frozen=True, slots=True)
class Answered:
    """One problem and what became of it."""

    problem: str
    """The problem's id."""
    benchmark: str
    question: str
    gold: str
    answer: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Side:
    """One run, one reading of it."""

    run: str
    """``<model folder>/<run folder>``, and the reading where it is not the run's own."""
    header: RunHeader
    """``run.json``."""
    grader: str
    reading: str
    answers: Mapping[str, Answered]
    """By problem id, in the order of the store."""

    @property
    def spec(self) -> RunSpec:
        """The run's settings."""
        return self.header.spec

    def scores(self, benchmark: str | None = None) -> dict[str, float]:
        """1.0 or 0.0 by problem id, errored problems left out; of one benchmark or of all."""
        return {
            answered.problem: float(answered.outcome == "correct")
            for answered in self.answers.values()
            if answered.outcome != "fault" and benchmark in (None, answered.benchmark)
        }

    @property
    def unfinished(self) -> dict[str, tuple[int, int]]:
        """Problems with a record and problems that are to be asked, of each benchmark where these are more."""
        done = Counter(answered.benchmark for answered in self.answers.values())
        return {name: (done[name], asked) for name, asked in self.spec.sizes.items() if done[name] < asked}

    def whole(self) -> Side:
        """The same without the benchmarks that are not finished."""
        left_out = self.unfinished
        kept = {key: answered for key, answered in self.answers.items() if answered.benchmark not in left_out}
        return replace(self, answers=kept)

    def benchmarks(self) -> tuple[str, ...]:
        """Those that it answered, in the order of the store."""
        return tuple(dict.fromkeys(answered.benchmark for answered in self.answers.values()))


def load_side(path: Path, grader: str | None = None, reading: str | None = None, *, skip_damaged: bool = False) -> Side:
    """Read one run folder as a side of a comparison, under `grader` (the run's own by default) and `reading`.

    Raises `StoreError` where the run was not scored by that grader, `UsageError` for a reading that it does not have.
    """
    (side,) = load_sides(path, grader, (reading,), skip_damaged=skip_damaged)
    return side


def load_sides(
    path: Path, grader: str | None, readings: Sequence[str | None], *, skip_damaged: bool = False
) -> tuple[Side, ...]:
    """The same for several readings, the records read once; None stands for the run's own."""
    if path.suffix == ".json":
        raise UsageError(
            f"{path}: a saved summary holds no records, and problems cannot be paired without; give the run's folder"
        )
    header = store.load_run(path)
    name = grader or header.spec.rules
    decoding = header.spec.decoding
    known = readable(decoding)
    unknown = [reading for reading in readings if reading is not None and reading not in known]
    if unknown:
        raise UsageError(f"{path}: cannot be read as {unknown[0]!r}; decoding {decoding} gives {', '.join(known)}")
    answers: list[dict[str, Answered]] = [{} for _ in readings]
    for record in store.load_records(path, skip_damaged=skip_damaged):
        if name not in record.scores:
            raise StoreError(
                f"{path}: not scored by grader {name!r}; do so with: mammoth-eval grade {path} --grader {name}"
            )
        problem = record.problem
        for reading, answered in zip(readings, answers, strict=True):
            decided = stats.decided(record.scores[name], reading or known[0])
            answered[problem.id] = Answered(
                problem.id, problem.benchmark, problem.question, problem.gold, decided.answer, decided.outcome
            )
    label = f"{path.parent.name}/{path.name}"
    return tuple(
        Side(label if reading is None else f"{label}:{reading}", header, name, reading or known[0], answered)
        for reading, answered in zip(readings, answers, strict=True)
    )
