"""The recorded files, the figures that their authors report, and their rules.

What ``tools/replays.py`` evaluates again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval.types import Record, Score

Row = Mapping[str, Any]


def executed_verdict(row: Row) -> bool:
    """Program-of-Thoughts, ``outputs/compute_score.py``: both numbers rounded to the fewer of their decimals."""
    answer, gold = row["executed"], row["answer"]
    if not isinstance(answer, float | int):
        return answer is not None and answer == gold
    places = min(len(str(value).partition(".")[2]) or 5 for value in (answer, gold))
    return bool(round(answer, places) == round(gold, places))


def scored_verdict(row: Row) -> bool:
    """Rho: its file says it."""
    return bool(row["score"][0])


def predicted_verdict(row: Row) -> bool:
    """ToRA, ``src/eval/grader.py`` on numbers: within 1e-4 of the gold, of its hundredth, or of a hundred times it."""
    try:
        answer, gold = (float(str(text).replace(",", "")) for text in (row["pred"][0], row["gt"]))
    except ValueError:
        return bool(row["pred"][0] == row["gt"])
    return any(math.isclose(value, answer, rel_tol=1e-4) for value in (gold / 100, gold, gold * 100))


@dataclass(frozen=True, slots=True)
class Replay:
    """One file, read in one way."""

    file: str
    """Below ``recorded/``."""
    title: str
    format: str
    benchmark: str
    method: str
    reported: float
    """Accuracy in percent that the authors report."""
    verdict: Callable[[Row], bool]
    theirs: bool = True
    """Whether the authors' figure was read in this way: from the program's output, or from the text behind it."""

    @property
    def name(self) -> str:
        """How the judgements name it."""
        return f"{Path(self.file).with_suffix('')}:{self.method}"


REPLAYS = (
    Replay("codex_pot/gsm8k_8shot.jsonl", "Codex 8-shot PoT", "pot", "gsm8k", "pot", 71.6, executed_verdict),
    Replay("codex_pot/svamp_8shot.jsonl", "Codex 8-shot PoT", "pot", "svamp", "pot", 85.2, executed_verdict),
    Replay("codex_pot/gsm8k_zeroshot.jsonl", "Codex zero-shot PoT", "pot", "gsm8k", "pot", 56.9, executed_verdict),
    Replay("tora_code_34b/gsm8k.jsonl", "ToRA-Code-34B, final text", "tora", "gsm8k", "cot", 80.7, predicted_verdict),
    Replay(
        "tora_code_34b/gsm8k.jsonl",
        "ToRA-Code-34B, program run",
        "tora",
        "gsm8k",
        "pot",
        80.7,
        predicted_verdict,
        False,
    ),
    Replay("rho_1b/gsm8k_interpreter.jsonl", "Rho-1B tool, final text", "tora", "gsm8k", "cot", 58.4, scored_verdict),
    Replay(
        "rho_1b/gsm8k_interpreter.jsonl",
        "Rho-1B tool, program run",
        "tora",
        "gsm8k",
        "pot",
        58.4,
        scored_verdict,
        False,
    ),
    Replay("rho_1b/gsm8k_cot.jsonl", "Rho-1B CoT", "tora", "gsm8k", "cot", 36.2, scored_verdict),
    Replay(
        "rho_1b/math500_interpreter.jsonl", "Rho-1B tool, final text", "tora", "math500", "cot", 40.2, scored_verdict
    ),
    Replay(
        "rho_1b/math500_interpreter.jsonl",
        "Rho-1B tool, program run",
        "tora",
        "math500",
        "pot",
        40.2,
        scored_verdict,
        False,
    ),
    Replay("rho_1b/math500_cot.jsonl", "Rho-1B CoT", "tora", "math500", "cot", 15.8, scored_verdict),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that one of the two counts as right and the other does not."""

    record: Record
    theirs: bool
    said: str
    """The answer that the authors' file has."""

    @property
    def score(self) -> Score:
        """Ours."""
        return self.record.scores["exact"]


@dataclass(frozen=True, slots=True)
class Result:
    """A replay and what came of it."""

    replay: Replay
    records: tuple[Record, ...]
    again: int
    """Right by the authors' rule, worked out anew from their file."""
    differences: tuple[Difference, ...]

    def correct(self, grader: str) -> int:
        """Right by one of our graders."""
        return sum(one.scores[grader].outcome == "correct" for one in self.records)

    def share(self, count: int) -> float:
        """`count` in percent of the rows."""
        return 100 * count / len(self.records)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Programs of one checkpoint and words of another: a test of the pipeline, no result of one model."""

    benchmark: str
    read: Mapping[str, Row]
    """``pot``, ``cot``, ``hybrid``, ``oracle``: the import's own summaries."""
    replayed: Row
    """Summary of ``run --engine replay --decoding hybrid`` on the imported run."""
