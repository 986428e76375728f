"""``mammoth-eval audit CASES.jsonl|RUN``: graders on labelled answers, or several graders on the generations of one
run.

A case is one JSON line: ``id``, ``gold``, ``pred``, ``label`` (equal or not), ``form`` (answer, or response: the answer
is extracted first), ``options`` where there are choices, ``kind``, ``policy`` (settings by name, or ``rounded``). Of a
run each record is scored under each grader and the disagreements are listed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mammoth_eval import extraction, registry, rules, scoring, store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import UsageError
from mammoth_eval.graders import GRADERS
from mammoth_eval.paper import extraction as paper
from mammoth_eval.safe_text import printable
from mammoth_eval.types import Policy, Record, Verdict

SHOWN = 40
"""Cases that a table lists before it says how many more there are; ``--json`` lists all."""


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled answer; `label` is None for a record of a run."""

    id: str
    gold: str
    pred: str
    label: bool | None
    response: bool = False
    choices: tuple[str, ...] = ()
    choice: bool = False
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one grader said of one case, and the seconds it took."""

    case: Case
    equal: bool
    fault: bool
    reason: str
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is audited, and the graders."""
    parser.add_argument("what", type=Path, metavar="CASES.jsonl|RUN", help=f"labelled answers, or {options.RUN}")
    parser.add_argument(
        "--grader", action="append", metavar="NAME", help=f"repeatable; of {', '.join(GRADERS)} (default: exact)"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options.add_results_dir(parser)


def main(args: argparse.Namespace) -> int:
    """Judge each grader, print the findings."""
    graders = list(dict.fromkeys(args.grader or ["exact"]))
    what = store.find_run(args.results_dir, args.what, "file of cases or run")
    if what.is_file():
        cases = list(read_cases(what))
        judges = {name: judge(name) for name in graders}
        rulings = {name: [_ruling(case, verdict_of) for case in cases] for name, verdict_of in judges.items()}
    else:
        rulings = {name: _on_run(what, name) for name in graders}
    first = rulings[graders[0]]
    findings = {name: _findings(of_grader, first) for name, of_grader in rulings.items()}
    if args.json:
        show.print_json(findings)
    else:
        _show(findings, rulings)
    return 0


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file. Raises `UsageError` naming the line that is none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            choices = tuple(str(option) for option in row.get("options") or ())
            choice = bool(choices) or str(row.get("kind", "")).startswith("choice")
            response = row.get("form", "answer") == "response"
            texts = (str(row["id"]), str(row["gold"]), str(row["pred"]))
            yield Case(*texts, bool(row["label"]), response, choices, choice, _policy(row.get("policy")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            expected = "expected an object with id, gold, pred, label"
            raise UsageError(f"{path}:{number}: not a case ({error!r}); {expected}") from error


def _policy(said: object) -> Policy:
    """The policy of a case.

    Settings by name, or the name `rounded`; other names only say which rule the case is about.
    """
    if isinstance(said, dict):
        return Policy(**said)
    return Policy(decimals="rounded") if said == "rounded" else Policy()


def judge(name: str) -> Callable[[Case], Verdict]:
    """A function from a case to the verdict of the grader `name`. Raises `UnknownName`."""
    grade = registry.load("grader", name, GRADERS)

    def verdict(case: Case) -> Verdict:
        choices = tuple(_without_letter(option) for option in case.choices)
        policy = replace(case.policy, paper="choice" if case.choice else "math")
        answer: str | None = case.pred
        if case.response and name == "mammoth":
            answer = paper.from_text(case.pred, paper=policy.paper, choices=choices)
        elif case.response:
            answer = extraction.from_text(case.pred, form="choice" if case.choice else "open", choices=choices)
        result: Verdict = grade(answer or "", case.gold, policy, choices)
        return result

    return verdict


def _without_letter(option: str) -> str:
    """``A)12`` as ``12``."""
    head, bracket, rest = option.partition(")")
    return rest.strip() if bracket and len(head.strip(" (")) == 1 else option


def _ruling(case: Case, verdict_of: Callable[[Case], Verdict]) -> Ruling:
    start = time.perf_counter()
    verdict = verdict_of(case)
    seconds = time.perf_counter() - start
    return Ruling(case, verdict.equal, verdict.fault, f"{verdict.rung}: {verdict.reason}".rstrip(": "), seconds)


def _on_run(path: Path, name: str) -> list[Ruling]:
    """Every record of a run under one grader."""
    grader = rules.get(name)
    policies = scoring.policies(store.load_run(path).spec)
    return [_scored(record, grader, policies[record.problem.benchmark]) for record in store.load_records(path)]


def _scored(record: Record, grader: rules.Rules, policy: Policy) -> Ruling:
    start = time.perf_counter()
    score = scoring.score(record, grader, policy)
    seconds = time.perf_counter() - start
    case = Case(record.problem.id, record.problem.gold, score.answer or "", None)
    reason = next((attempt.reason for attempt in score.attempts if attempt.answer == score.answer), "")
    return Ruling(case, score.outcome == "correct", score.outcome == "fault", reason or score.outcome, seconds)


def _findings(rulings: Sequence[Ruling], first: Sequence[Ruling]) -> dict[str, Any]:
    """One grader's measures, and where it differs from the `first` one. Keys are an interface: they stay."""
    labelled = [ruling for ruling in rulings if ruling.case.label is not None]
    right = [ruling for ruling in rulings if ruling.equal == (ruling.case.label is not False)]
    wrong = [ruling for ruling in labelled if ruling.equal != ruling.case.label]
    seconds = sum(ruling.seconds for ruling in rulings)
    return {
        "accuracy": _share(len(right), len(rulings)),
        "tpr": _rate(labelled, label=True),
        "tnr": _rate(labelled, label=False),
        "faults": sum(ruling.fault for ruling in rulings),
        "pairs": len(rulings),
        "pairs_per_second": round(len(rulings) / seconds, 1) if seconds else None,
        "slowest_seconds": round(max((ruling.seconds for ruling in rulings), default=0.0), 4),
        "slowest": max(rulings, key=lambda ruling: ruling.seconds).case.id if rulings else None,
        "wrong": [_row(ruling) for ruling in wrong],
        "disagreements": [_row(own) for own, base in zip(rulings, first, strict=True) if own.equal != base.equal],
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _rate(rulings: Sequence[Ruling], *, label: bool) -> float | None:
    """The share of cases of one label that were given it."""
    of_label = [ruling for ruling in rulings if ruling.case.label is label]
    return _share(sum(ruling.equal is label for ruling in of_label), len(of_label))


def _row(ruling: Ruling) -> dict[str, Any]:
    case = ruling.case
    texts = {"id": case.id, "gold": case.gold, "pred": case.pred, "label": case.label}
    return {**texts, "verdict": ruling.equal, "reason": ruling.reason}


def _show(findings: dict[str, dict[str, Any]], rulings: dict[str, list[Ruling]]) -> None:
    console = show.console()
    table = Table(box=None, pad_edge=False)
    for name in ("grader", "accuracy", "true +", "true -", "faults", "pairs/s", "slowest s"):
        table.add_column(name, justify="left" if name == "grader" else "right")
    for name, row in findings.items():
        shares = [_percent(row[key]) for key in ("accuracy", "tpr", "tnr")]
        table.add_row(
            name, *shares, str(row["faults"]), f"{row['pairs_per_second'] or 0:.0f}", f"{row['slowest_seconds']:.3f}"
        )
    console.print(table)
    for name, row in findings.items():
        _list(console, f"{name}: wrong", row["wrong"])
    if len(rulings) > 1:
        base = next(iter(findings))
        for name, row in findings.items():
            _list(console, f"{name} against {base}: other verdicts", row["disagreements"])


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _list(console: Console, title: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    console.print(f"\n{title} ({len(rows)})", highlight=False, markup=False)
    for row in rows[:SHOWN]:
        said = "equal" if row["verdict"] else "not equal"
        line = f"  {row['id']}: gold {row['gold'][:60]!r} answer {row['pred'][:60]!r}: {said} ({row['reason'][:80]})"
        console.print(printable(line), highlight=False, markup=False, soft_wrap=True)
    if len(rows) > SHOWN:
        console.print(f"  and {len(rows) - SHOWN} more: --json lists all", highlight=False, markup=False)
