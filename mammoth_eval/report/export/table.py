"""One row per problem, flat: what pandas, R and spreadsheets read.

Of several samples the first one's texts are shown (JSON lines have all); outcomes and answers are those that count.
Characters that UTF-8 cannot hold, which a store keeps, become question marks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mammoth_eval.report.stored import Run
from mammoth_eval.safe_text import spreadsheet_cell
from mammoth_eval.types import Attempt, Record

METHODS = ("pot", "cot")


def to_csv(run: Run, path: Path, *, raw_cells: bool = False) -> list[Path]:
    """A CSV file with a header.

    A text that a spreadsheet would run as a formula stands behind an apostrophe; `raw_cells` keeps it as it is.
    """
    table = frame(run)
    (table if raw_cells else table.map(spreadsheet_cell)).to_csv(path, index=False, lineterminator="\r\n")
    return [path]


def to_parquet(run: Run, path: Path) -> list[Path]:
    """A Parquet file; numbers and truth values keep their types."""
    frame(run).to_parquet(path, index=False)
    return [path]


def frame(run: Run) -> pd.DataFrame:
    """The table: columns of the run, the problem, what counts, each grader, each method."""
    graders = list(dict.fromkeys(name for record in run.records for name in record.scores))
    rows = [_row(run, record, graders) for record in run.records]
    table = pd.DataFrame([{name: plain(value) for name, value in row.items()} for row in rows])
    return table.astype({"correct": "boolean"}) if rows else table


def plain(value: Any) -> Any:
    """`value` with every text as UTF-8 can hold it."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _row(run: Run, record: Record, graders: list[str]) -> dict[str, Any]:
    problem, score = record.problem, record.scores.get(run.summary.grader)
    outcome = score.outcome if score else "fault"
    row: dict[str, Any] = {"run": run.summary.run, "model": run.spec.model, "decoding": run.spec.decoding}
    row |= {
        "prompt": run.spec.prompt,
        "grader": run.summary.grader,
        "benchmark": problem.benchmark,
        "id": problem.id,
    }
    row |= {
        "question": problem.question,
        "gold": problem.gold,
        "choices": _json(problem.choices),
        "meta": _json(dict(problem.meta)),
    }
    row |= {"answer": score.answer if score else None, "outcome": outcome, "path": score.path if score else None}
    row |= {
        "correct": None if outcome == "fault" else outcome == "correct",
        "fault": record.fault,
        "seconds": record.seconds,
    }
    row |= {"prompt_tokens": sum(attempt.completion.prompt_tokens for attempt in record.attempts)}
    row |= {"completion_tokens": sum(attempt.completion.completion_tokens for attempt in record.attempts)}
    row |= {"samples": _json(score.samples) if score else ""}
    for name in graders:
        scored = record.scores.get(name)
        row |= {
            f"{name}_answer": scored.answer if scored else None,
            f"{name}_outcome": scored.outcome if scored else None,
        }
    for method in METHODS:
        row |= _attempt(method, next((attempt for attempt in record.attempts if attempt.method == method), None))
    return row


def _attempt(method: str, attempt: Attempt | None) -> dict[str, Any]:
    done = attempt.completion if attempt else None
    row: dict[str, Any] = {
        f"{method}_text": done.text if done else None,
        f"{method}_finish": done.finish_reason if done else None,
        f"{method}_answer": attempt.answer if attempt else None,
    }
    if method == "pot":
        ran = attempt.execution if attempt else None
        row |= {"program": attempt.program if attempt else None, "program_status": ran.status if ran else None}
        row |= {"program_output": ran.stdout if ran else None, "program_error": ran.error if ran else None}
    return row


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
