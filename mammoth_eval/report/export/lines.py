"""JSON lines, one a completion, with all that is known of it.

``mammoth-eval import --format jsonl`` reads them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammoth_eval.report.asked import asked
from mammoth_eval.report.stored import Run
from mammoth_eval.store.records import completion_row


def to_jsonl(run: Run, path: Path) -> list[Path]:
    """One file; errored records have no completion that counts, and no line."""
    write_lines(path, rows(run))
    return [path]


def write_lines(path: Path, objects: Iterator[dict[str, Any]]) -> int:
    """Write rows as JSON lines; how many. What UTF-8 cannot hold is written as an escape, and reads back as it was."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in objects:
            line = json.dumps(row, ensure_ascii=False)
            file.write((line if line.isprintable() else json.dumps(row)) + "\n")
            count += 1
    return count


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """The completions of every record that is not errored."""
    prompts = asked(run.spec)
    for record in run.records:
        problem = record.problem
        for number, attempt in enumerate(record.attempts if not record.fault else ()):
            query = prompts.query(problem, attempt.method)
            scores = {
                name: asdict(score.attempts[number])
                for name, score in record.scores.items()
                if number < len(score.attempts)
            }
            row: dict[str, Any] = {
                "run": run.summary.run,
                "model": run.spec.model,
                "problem_id": problem.id,
                "benchmark": problem.benchmark,
            }
            row |= {
                "question": problem.question,
                "gold": problem.gold,
                "choices": problem.choices,
                "meta": dict(problem.meta),
            }
            row |= {"method": attempt.method, "sample": attempt.sample, "prompt": query.shown if query else None}
            done, ran = completion_row(attempt.completion), attempt.execution
            yield row | done | {"program": attempt.program, "execution": asdict(ran) if ran else None, "scores": scores}
