"""Curation: what of a source becomes training rows, and why the rest does not.

A program is kept only if what it prints, run in the sandbox, equals the human answer; a chain of thought only if the
answer read from it does. Both are decided by the rules of the evaluation (`answers`, grader ``exact``). Programs that
differ in names alone are one program; what leaks a test set goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mammoth_eval import extraction
from mammoth_eval.graders import grade
from mammoth_eval.sandbox import Sandbox
from mammoth_eval.training import contamination, rows
from mammoth_eval.training.annotated import canonical
from mammoth_eval.training.contamination import Hit
from mammoth_eval.training.rows import Refused, Row
from mammoth_eval.training.sources import Example
from mammoth_eval.types import Execution, Policy, Problem

SHOWN = 3
"""Examples of each reason that a report names."""


@dataclass(slots=True)
class Report:
    """What came in, what was kept, and what was not by reason."""

    read: int = 0
    kept: int = 0
    discarded: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    """A few ids for each reason."""
    hits: list[Hit] = field(default_factory=list)

    def discard(self, reason: str, name: str) -> None:
        """Count one that is not kept."""
        self.discarded[reason] += 1
        self.examples.setdefault(reason, [])
        if len(self.examples[reason]) < SHOWN:
            self.examples[reason].append(name)

    def refuse(self, row: tuple[str, ...]) -> None:
        """Count a row that could not be read (`Refused`, or its place and why)."""
        refused = Refused(*row)
        self.read += 1
        self.discard(refused.reason, f"{refused.place} ({refused.why})")

    def to_json(self) -> dict[str, Any]:
        """All of it, with shares."""
        reasons = {
            reason: {"rows": count, "share": round(count / self.read, 4), "examples": self.examples[reason]}
            for reason, count in self.discarded.most_common()
        }
        return {"read": self.read, "kept": self.kept, "discarded": reasons, "hits": [asdict(hit) for hit in self.hits]}


def curate(
    examples: Iterable[Example | tuple[str, ...]],
    policy: Policy,
    index: contamination.Index | None,
    sandbox: Sandbox | None,
) -> tuple[list[Row], Report]:
    """The rows of `examples` that hold, and the report. Without a sandbox there can be no programs."""
    report = Report()
    clean: list[Example] = []
    for example in examples:
        if isinstance(example, tuple):
            report.refuse(example)
            continue
        report.read += 1
        if not example.problem.question.strip():
            report.discard("empty question", example.problem.id)
        elif not example.rationales:
            report.discard("no rationale", example.problem.id)
        elif not any(rationale.strip() for rationale in example.rationales):
            report.discard("empty output", example.problem.id)
        elif index is not None and (hit := index.look_up(example.problem.question)):
            report.discard("leaks a test set", example.problem.id)
            report.hits.append(hit)
        else:
            clean.append(example)
    checked = _checked(clean, policy, sandbox, report)
    kept = distinct([row for _, row in checked], report)
    report.kept = len(kept)
    return kept, report


def _checked(
    examples: Sequence[Example], policy: Policy, sandbox: Sandbox | None, report: Report
) -> list[tuple[str, Row]]:
    """The examples of which one rationale gives the human answer, as rows; their first right rationale."""
    checked: dict[str, Row] = {}
    reasons: dict[str, str] = {}
    turn = 0
    waiting = list(examples)
    while waiting:
        for example, reason in zip(waiting, _reasons(waiting, turn, policy, sandbox), strict=True):
            if not reason:
                checked[example.problem.id] = _row(example, turn)
            reasons.setdefault(example.problem.id, reason)
        turn += 1
        waiting = [
            example for example in waiting if example.problem.id not in checked and turn < len(example.rationales)
        ]
    for example in examples:
        if example.problem.id not in checked:
            report.discard(reasons[example.problem.id], example.problem.id)
    return [(example.problem.id, checked[example.problem.id]) for example in examples if example.problem.id in checked]


def _reasons(examples: Sequence[Example], turn: int, policy: Policy, sandbox: Sandbox | None) -> list[str]:
    """For each example why its rationale number `turn` does not hold; empty where it does."""
    programs = [example.rationales[turn] for example in examples if example.kind == "pot"]
    if programs and sandbox is None:
        raise ValueError("programs cannot be checked without a sandbox")
    executions = sandbox.map(programs, "stdout") if sandbox else iter(())
    return [
        judge_program(next(executions), example.problem, policy)
        if example.kind == "pot"
        else judge_text(example.rationales[turn], example.problem, policy)
        for example in examples
    ]


def judge_program(execution: Execution, problem: Problem, policy: Policy) -> str:
    """Why a program's execution does not give the human answer; empty where it does."""
    if broken := _broken(execution):
        return broken
    answer = extraction.from_stdout(execution.stdout, form=problem.form, choices=problem.choices)
    return _compare(answer, problem, policy, "program: prints nothing", "program: prints another answer")


def judge_text(text: str, problem: Problem, policy: Policy) -> str:
    """Why a chain of thought does not give the human answer; empty where it does."""
    answer = extraction.from_text(text, form=problem.form, choices=problem.choices)
    return _compare(answer, problem, policy, "text: no answer in it", "text: gives another answer")


def _compare(answer: str | None, problem: Problem, policy: Policy, nothing: str, wrong: str) -> str:
    if answer is None:
        return nothing
    verdict = grade(answer, problem.gold, policy, problem.choices)
    if verdict.fault:
        return "answer cannot be compared"
    return "" if verdict.equal else wrong


def set_name(example: Example) -> str:
    """What the rows of an example call its set: the source's name without its kind."""
    return example.problem.benchmark.removesuffix(f"-{example.kind}")


def _row(example: Example, turn: int) -> Row:
    name = set_name(example)
    checked = "executed" if example.kind == "pot" else "answer read"
    provenance = {**example.provenance, "checked": checked, **({"candidate": str(turn)} if turn else {})}
    return rows.make(name, example.kind, example.problem.question, example.rationales[turn], provenance)


def distinct(made: Sequence[Row], report: Report) -> list[Row]:
    """`found` without rows that say again what an earlier one of the same question said (programs: up to names)."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in made:
        body = canonical(row.output) if row.kind == "pot" else " ".join(row.output.split())
        key = (" ".join(row.question.split()), body)
        if key in seen:
            report.discard("duplicate", f"{row.source} row {row.provenance.get('row', '?')}")
        else:
            seen.add(key)
            kept.append(row)
    return kept


def without_leaks(
    found: Iterable[Row | tuple[str, ...]], index: contamination.Index, sandbox: Sandbox | None = None
) -> tuple[list[Row], Report]:
    """Rows made elsewhere (MathInstruct, a file): none that leaks a test set, breaks when it is run, or says a thing
    twice.

    There is no human answer to compare a program's with: it must print something.
    """
    report = Report()
    clean = []
    for number, row in enumerate(found):
        if isinstance(row, tuple):
            report.refuse(row)
            continue
        report.read += 1
        if not row.question.strip():
            report.discard("empty question", f"{row.source} row {number}")
        elif hit := index.look_up(row.question):
            report.discard("leaks a test set", f"{row.source} row {number}")
            report.hits.append(hit)
        else:
            clean.append(replace(row, provenance={**row.provenance, "row": row.provenance.get("row", str(number))}))
    kept = distinct(_running(clean, sandbox, report), report)
    report.kept = len(kept)
    return kept, report


def _running(made: Sequence[Row], sandbox: Sandbox | None, report: Report) -> list[Row]:
    """`found` without programs that break or print nothing."""
    programs = [row.output for row in made if row.kind == "pot"]
    if programs and sandbox is None:
        raise ValueError("programs cannot be checked without a sandbox")
    executions = sandbox.map(programs, "stdout") if sandbox else iter(())
    kept = []
    for row in made:
        reason = _broken(next(executions)) if row.kind == "pot" else ""
        if reason:
            report.discard(reason, f"{row.source} row {row.provenance['row']}")
        else:
            kept.append(row)
    return kept


def _broken(execution: Execution) -> str:
    """Why an execution gives no answer at all; empty where it gives one."""
    if execution.status == "fault":
        return "sandbox fault"
    if execution.status != "ok":
        return f"program: {execution.status}"
    return "" if execution.stdout.strip() else "program: prints nothing"
