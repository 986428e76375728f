"""Runs -> the samples of the page, as plain JSON.

Problems once, prompts as a frame around the question, records in file order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mammoth_eval import stats, thoughts
from mammoth_eval.report.asked import Asked, asked
from mammoth_eval.report.view.runs import KEPT, ViewRun, spread
from mammoth_eval.types import Attempt, Problem, Record, Score

_RISKY = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


@dataclass(slots=True)
class _Sheet:
    """What is written once and referred to by number."""

    problems: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def number(self, problem: Problem) -> int:
        key = (problem.id, problem.question, problem.gold)
        if key not in self.numbers:
            self.numbers[key] = len(self.problems)
            row = {"id": problem.id, "benchmark": problem.benchmark, "question": problem.question, "gold": problem.gold}
            extra = {"choices": list(problem.choices), "meta": dict(problem.meta)}
            self.problems.append(row | {name: value for name, value in extra.items() if value})
        return self.numbers[key]


def samples_of(runs: Sequence[ViewRun], kept: int = KEPT) -> dict[str, Any]:
    """The samples of `runs`, at most `kept` records in all, each run's share of them evenly spaced."""
    sheet = _Sheet()
    total = sum(run.total for run in runs)
    described, rows = [], []
    for index, run in enumerate(runs):
        share = run.total if total <= kept else kept * run.total // total
        chosen = spread(run.records, share)
        frames = _frames(asked(run.spec), chosen)
        described.append(_run(run, len(chosen), frames))
        rows += [_record(index, record, sheet, run.summary.grader) for record in chosen]
    graders = list(dict.fromkeys(name for run in runs for record in run.records[:1] for name in record.scores))
    return {"graders": graders, "runs": described, "problems": sheet.problems, "records": rows}


def _run(run: ViewRun, kept: int, frames: dict[str, list[str]]) -> dict[str, Any]:
    spec = run.spec
    label = f"{spec.model} · {spec.decoding}, {spec.prompt}"
    facts = {"id": run.summary.run, "label": label, "model": spec.model, "decoding": spec.decoding}
    return facts | {"grader": run.summary.grader, "kept": kept, "total": run.total, "frames": frames}


def _frames(prompts: Asked, records: Sequence[Record]) -> dict[str, list[str]]:
    """``<benchmark>/<method>`` -> the text before and behind the question, where all prompts of that kind are so built.

    A template that does more with a problem than to put its question somewhere has no frame, and its prompts are not
    shown.
    """
    frames: dict[str, list[str]] = {}
    broken: set[str] = set()
    for record in records:
        for method in dict.fromkeys(attempt.method for attempt in record.attempts):
            key = f"{record.problem.benchmark}/{method}"
            query = prompts.query(record.problem, method) if key not in broken else None
            if query is None:
                continue
            if key not in frames:
                before, _, after = query.shown.rpartition(record.problem.question)
                frames[key] = [before, after]
            if query.shown != frames[key][0] + record.problem.question + frames[key][1]:
                broken.add(key)
                del frames[key]
    return frames


def _record(run: int, record: Record, sheet: _Sheet, grader: str) -> dict[str, Any]:
    attempts = [_attempt(number, attempt, record) for number, attempt in enumerate(record.attempts)]
    row = {
        "run": run,
        "problem": sheet.number(record.problem),
        "scores": {name: [score.answer, score.outcome, score.path] for name, score in record.scores.items()},
        "attempts": attempts,
        "seconds": round(record.seconds, 2),
    }
    why = next(stats.pot_failures(record, grader), "")
    return row | {name: value for name, value in (("fault", record.fault), ("failure", why)) if value}


def _attempt(number: int, attempt: Attempt, record: Record) -> dict[str, Any]:
    done, run = attempt.completion, attempt.execution
    row: dict[str, Any] = {
        "method": attempt.method,
        "text": done.text,
        "finish": done.finish_reason,
        "tokens": done.completion_tokens,
        "seconds": round(done.seconds, 2),
        "verdicts": {
            name: _verdict(score, number) for name, score in record.scores.items() if number < len(score.attempts)
        },
    }
    if done.thought:
        row["thought"] = {
            "text": thoughts.bare(done.thought),
            "tokens": done.thought_tokens,
            "ended": "unfinished" if done.unfinished else "cut off at its budget" if done.budget_bound else "",
        }
    if attempt.sample:
        row["sample"] = attempt.sample
    if attempt.program is not None:
        row["program"] = attempt.program
    if run is not None:
        row["run"] = {"status": run.status, "seconds": round(run.seconds, 3)}
        row["run"] |= {
            name: text for name, text in (("out", run.stdout), ("err", run.stderr), ("error", run.error)) if text
        }
    return row


def _verdict(score: Score, number: int) -> list[str | None]:
    attempt = score.attempts[number]
    return [attempt.answer, attempt.outcome, attempt.reason]


def to_script(data: object) -> str:
    """`data` as JSON that may stand in a script tag: nothing in it can end the tag or open a comment, whatever a model
    wrote.

    Lone surrogates, which a store keeps and a file in UTF-8 cannot, are written as escapes.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _RISKY.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
