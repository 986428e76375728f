"""What changed between two runs, problem by problem.

Outcomes, answers, texts line by line; `compare` has the statistics.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mammoth_eval import stats
from mammoth_eval.errors import UsageError
from mammoth_eval.report.differences import Difference, differences
from mammoth_eval.report.stored import Run
from mammoth_eval.stats import Decided
from mammoth_eval.types import Attempt, Problem, Record

Kind = Literal["gained", "lost", "outcome", "answer", "text", "same"]
KINDS: tuple[Kind, ...] = ("gained", "lost", "outcome", "answer", "text")
"""What weighs most first.

A problem is listed under the first that holds. ``text``: only what the model wrote differs.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of both sides: a completion, a program, its output."""

    name: str
    """``pot program``, ``cot completion``, ``pot output (sample 2)``."""
    a: str | None
    """None where A has no such text."""
    b: str | None

    @property
    def changed(self) -> bool:
        """Whether the two are not the same."""
        return self.a != self.b


@dataclass(frozen=True, slots=True)
class Change:
    """One problem that both runs were asked."""

    problem: Problem
    kind: Kind
    a: Decided
    b: Decided
    parts: tuple[Part, ...]

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return {**asdict(self), "parts": [asdict(part) for part in self.parts if part.changed]}


@dataclass(frozen=True, slots=True)
class Changes:
    """Two runs side by side."""

    a: str
    b: str
    settings: tuple[Difference, ...]
    counts: dict[Kind, int]
    """Of all shared problems, those that are the same too."""
    changes: tuple[Change, ...]
    """Those that are not, what weighs most first."""
    only_a: tuple[str, ...]
    """Ids of problems that only A was asked."""
    only_b: tuple[str, ...]
    redefined: tuple[str, ...]
    """Problems whose question or gold is another one in B; not compared."""

    def to_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        content = {name: getattr(self, name) for name in ("a", "b", "counts", "only_a", "only_b", "redefined")}
        return content | {
            "settings": [asdict(setting) for setting in self.settings],
            "changes": [change.to_json() for change in self.changes],
        }


def changes(a: Run, b: Run) -> Changes:
    """What B has other than A. Raises `UsageError` where they share no problem."""
    ours, theirs = _by_id(a), _by_id(b)
    shared = [key for key in ours if key in theirs]
    redefined = {key: None for key in shared if _asked(ours[key]) != _asked(theirs[key])}
    compared = [_change(a, b, ours[key], theirs[key]) for key in shared if key not in redefined]
    if not compared:
        raise UsageError(f"{a.summary.run} and {b.summary.run} have no problem in common")
    counted = Counter(change.kind for change in compared)
    return Changes(
        a=a.summary.run,
        b=b.summary.run,
        settings=differences((a.header, b.header)),
        counts={kind: counted[kind] for kind in (*KINDS, "same")},
        changes=_by_weight(compared),
        only_a=tuple(key for key in ours if key not in theirs),
        only_b=tuple(key for key in theirs if key not in ours),
        redefined=tuple(redefined),
    )


def _by_id(run: Run) -> dict[str, Record]:
    return {record.problem.id: record for record in run.records}


def _by_weight(found: Sequence[Change]) -> tuple[Change, ...]:
    """Those that are changes, what weighs most first."""
    return tuple(sorted((one for one in found if one.kind != "same"), key=lambda one: KINDS.index(one.kind)))


def _asked(record: Record) -> tuple[str, str]:
    return record.problem.question, record.problem.gold


def _change(a: Run, b: Run, ours: Record, theirs: Record) -> Change:
    one, other = (
        stats.decided(record.scores[run.summary.grader], run.reading) for run, record in ((a, ours), (b, theirs))
    )
    parts = tuple(_parts(ours.attempts, theirs.attempts))
    return Change(ours.problem, _kind(one, other, parts), one, other, parts)


def _kind(a: Decided, b: Decided, parts: Sequence[Part]) -> Kind:
    if "fault" not in (a.outcome, b.outcome) and (a.outcome == "correct") != (b.outcome == "correct"):
        return "gained" if b.outcome == "correct" else "lost"
    if (a.outcome, a.path) != (b.outcome, b.path):
        return "outcome"
    if a.answer != b.answer:
        return "answer"
    return "text" if any(part.changed for part in parts) else "same"


def _parts(a: Sequence[Attempt], b: Sequence[Attempt]) -> Iterator[Part]:
    """The texts of both, attempt by attempt; a completion is left out where the program says the same."""
    ours, theirs = ({(attempt.sample, attempt.method): attempt for attempt in attempts} for attempts in (a, b))
    for sample, method in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get((sample, method)), theirs.get((sample, method))
        programs = _program(one), _program(other)
        behind = f" (sample {sample + 1})" if sample else ""
        if programs != (None, None):
            yield Part(f"{method} program{behind}", *programs)
            yield Part(f"{method} output{behind}", _output(one), _output(other))
        if None in programs:
            yield Part(f"{method} completion{behind}", _completion(one), _completion(other))


def _program(attempt: Attempt | None) -> str | None:
    return attempt.program if attempt else None


def _completion(attempt: Attempt | None) -> str | None:
    return attempt.completion.text if attempt else None


def _output(attempt: Attempt | None) -> str | None:
    """What a program printed, and how it ended where that was not well."""
    if attempt is None or attempt.execution is None:
        return None
    ended = "" if attempt.execution.status == "ok" else f"[{attempt.execution.status}] {attempt.execution.error}"
    return attempt.execution.stdout + ended


Mark = Literal["=", "~", "<", ">", "…"]


def aligned(a: str | None, b: str | None, context: int | None = 2) -> list[tuple[Mark, str, str]]:
    """The lines of two texts beside one another.

    ``=`` the same, ``~`` changed, ``<`` only in A, ``>`` only in B, ``…`` for lines that are the same and left out:
    those further than `context` lines from a change, none where that is None.
    """
    left, right = (a or "").splitlines(), (b or "").splitlines()
    rows: list[tuple[Mark, str, str]] = []
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for number, (what, i, j, k, m) in enumerate(blocks):
        if what == "equal":
            rows += _same(left[i:j], context, first=number == 0, last=number == len(blocks) - 1)
            continue
        for place in range(max(j - i, m - k)):
            line = left[i + place] if i + place < j else None
            other = right[k + place] if k + place < m else None
            rows.append(("<" if other is None else ">" if line is None else "~", line or "", other or ""))
    return rows


def _same(lines: Sequence[str], context: int | None, *, first: bool, last: bool) -> list[tuple[Mark, str, str]]:
    """Lines that are the same in both, without the middle of a long stretch."""
    if context is None:
        return [("=", line, line) for line in lines]
    head, tail = 0 if first else context, 0 if last else context
    if len(lines) <= head + tail + 1:
        return [("=", line, line) for line in lines]
    kept: list[tuple[Mark, str, str]] = [("=", line, line) for line in lines[:head]]
    said = f"{len(lines) - head - tail} lines the same"
    return [*kept, ("…", said, said), *(("=", line, line) for line in (lines[-tail:] if tail else ()))]
