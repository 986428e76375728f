"""What runs came to, as tables: accuracy, outcomes, paths, failures of programs, samples; and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from mammoth_eval import rules
from mammoth_eval.benchmarks import PAPER
from mammoth_eval.report import unfinished
from mammoth_eval.report.grid import Grid
from mammoth_eval.report.results import AVERAGES, MODES, RunSummary, mean_of
from mammoth_eval.report.unfinished import accuracy_cell, interval_cell
from mammoth_eval.safe_text import spreadsheet_cell
from mammoth_eval.settings import IMPORTED
from mammoth_eval.stats import Interval, Summary
from mammoth_eval.store import RunSpec
from mammoth_eval.types import OUTCOMES


def accuracy_grid(runs: Sequence[RunSummary], *, partial: bool = False) -> Grid:
    """One row per model and mode; the paper's nine columns in its order, other sets behind them, then IND, OOD, AVG.

    Sets that are not finished are marked, and in no mean unless `partial` is true.
    """
    present = {summary.benchmark for run in runs for summary in run.summaries}
    columns = [name for name in PAPER if name in present] + sorted(present - set(PAPER))
    means: dict[str, Sequence[str]] = {name: sets for name, sets in AVERAGES.items() if present >= set(sets)}
    if not means and len(columns) > 1:
        means = {"mean": columns}
    graders, sizes = len({run.grader for run in runs}) > 1, len({_sizes(run) for run in runs}) > 1
    rows: list[tuple[str, ...]] = []
    for run in runs:
        asked = [_asked(run.spec), *([run.grader] if graders else []), *([_sizes(run)] if sizes else [])]
        rows.extend(_accuracy_rows(run, ", ".join(asked), columns, means, partial))
    header = ("model", "mode", "run", *columns, *means)
    notes = (
        _graders_note(runs),
        _sizes_note(runs),
        *_seeds_note(runs),
        *unfinished.notes(((run.run, run.unfinished) for run in runs), partial=partial),
    )
    return Grid("Accuracy in %", header, tuple(rows), notes, left=3)


def _accuracy_rows(
    run: RunSummary, asked: str, columns: Sequence[str], means: Mapping[str, Sequence[str]], partial: bool
) -> Iterator[tuple[str, ...]]:
    """One row for each reading of a run: a cell for each set, and one for each mean over sets."""
    for reading in dict.fromkeys(summary.reading for summary in run.summaries):
        cells = {summary.benchmark: summary for summary in run.summaries if summary.reading == reading}
        figures = [accuracy_cell(cells.get(name)) for name in columns]
        figures += [_mean_cell(cells, sets, partial) for sets in means.values()]
        yield run.spec.model, MODES.get(reading, reading), asked, *figures


def _mean_cell(cells: Mapping[str, Summary], sets: Sequence[str], partial: bool) -> str:
    """A mean over sets; empty where it cannot be had."""
    mean = interval_cell(mean_of(cells, sets, partial=partial))
    return mean if not mean or all(cells[name].whole for name in sets) else f"{mean} {unfinished.MARK}"


def _asked(spec: RunSpec) -> str:
    """What tells runs of one model apart at a glance: decoding, prompt, samples, new tokens."""
    tokens = spec.sampling.get("max_tokens")
    samples = f"{spec.samples} samples" if spec.samples > 1 else ""
    return ", ".join(
        part for part in (spec.decoding, spec.prompt, samples, f"{tokens} tokens" if tokens else "") if part
    )


def _sizes(run: RunSummary) -> str:
    """On how many problems: ``100 problems`` of each set, or the number of each."""
    sizes = {summary.benchmark: summary.asked or summary.n for summary in run.summaries}
    if len(set(sizes.values())) == 1:
        return f"{next(iter(sizes.values()))} problems"
    return "problems " + " ".join(f"{name} {n}" for name, n in sizes.items())


def _sizes_note(runs: Sequence[RunSummary]) -> str:
    sizes: dict[str, set[int]] = {}
    for run in runs:
        for summary in run.summaries:
            sizes.setdefault(summary.benchmark, set()).add(summary.asked or summary.n)
    if len(set().union(*sizes.values())) == 1:
        return f"{next(iter(next(iter(sizes.values()))))} problems of each set."
    return (
        "Problems: "
        + ", ".join(f"{name} {' or '.join(map(str, sorted(counts)))}" for name, counts in sizes.items())
        + "."
    )


def _seeds_note(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """With which seeds the problems of generated sets were made."""
    sets: dict[int, list[str]] = {}
    for run in runs:
        for name, row in run.spec.benchmarks.items():
            seed = row.get("source", {}).get("seed")
            if seed is not None and name not in sets.setdefault(seed, []):
                sets[seed].append(name)
    return tuple(
        f"Problems of {', '.join(sorted(names))} made with seed {seed}." for seed, names in sorted(sets.items())
    )


def _graders_note(runs: Sequence[RunSummary]) -> str:
    graders = sorted({rules.graded_by(run.grader, run.spec.rules) for run in runs})
    return f"± is half the 95 % interval (Wilson). Graded by {', '.join(graders)}."


def outcome_grid(runs: Sequence[RunSummary]) -> Grid:
    """One row per benchmark and reading: outcomes that sum to N."""
    rows = [
        (*head, _count(summary), *(str(summary.outcomes[outcome]) for outcome in OUTCOMES))
        for head, summary in _each(runs)
    ]
    header = (*_head(runs), "N", *(name.replace("_", " ") for name in OUTCOMES))
    return Grid(
        "What became of the problems",
        header,
        tuple(rows),
        (*_limit_notes(runs), *_withheld_notes(runs), *_unknown_notes(runs)),
        left=len(_head(runs)),
    )


def _count(summary: Summary) -> str:
    """How many problems there are records of; ``5/20`` where that is not all."""
    return str(summary.n) if summary.whole else f"{summary.n}/{summary.asked}"


def _limit_notes(runs: Sequence[RunSummary]) -> Iterator[str]:
    """Where the limit of new tokens cut off more than 1 % of the answers, with what to give; and budgets that held."""
    for run in runs:
        cut = {
            summary.benchmark: summary for summary in run.summaries if summary.outcomes["truncated"] * 100 > summary.n
        }
        limit = run.spec.sampling.get("max_tokens")
        if cut and limit:
            counts = ", ".join(
                f"{summary.outcomes['truncated']} of {summary.n} {name}" for name, summary in cut.items()
            )
            inside = sum(summary.unfinished for summary in cut.values())
            thoughts = f", {inside} of them inside a thought" if inside else ""
            advice = f"give --max-tokens {4 * limit}" + (" or a --thinking-budget" if inside else "")
            yield f"{run.run}: {limit} new tokens cut off {counts}{thoughts}; {advice}."
        bound = max((summary.budget_bound for summary in run.summaries), default=0)
        if bound:
            budget = run.spec.sampling["thinking_budget"]
            yield f"{run.run}: {bound} thoughts were cut off at their budget of {budget} tokens."


def _withheld_notes(runs: Sequence[RunSummary]) -> Iterator[str]:
    """Where a server withheld answers."""
    for run in runs:
        counts = [
            f"{summary.withheld} of {summary.n} {summary.benchmark}" for summary in run.summaries if summary.withheld
        ]
        if counts:
            yield f"{run.run}: the server withheld the answers to {', '.join(counts)}, which count as no answer."


def _unknown_notes(runs: Sequence[RunSummary]) -> Iterator[str]:
    """Where generations were imported from a file that does not say how they ended."""
    for run in runs:
        engine = run.session.get("engine") or {}
        total = engine.get("generations", 0) if run.spec.engine == IMPORTED else 0
        if unknown := engine.get("unknown_ends", total) if total else 0:
            yield f"{run.run}: {unknown} of {total} texts do not say how they ended; those cut off count as finished."


def path_grid(runs: Sequence[RunSummary]) -> Grid:
    """One row per benchmark and reading: by which path answers came, what the fallback did, new tokens where known."""
    rows = []
    for head, summary in _each(runs):
        asked_again = summary.reading in ("hybrid", "mammoth")
        by_pot = str(summary.by_path.get("pot", 0)) if summary.reading != "cot" else ""
        fallback = (
            (f"{summary.fallback} ({_share(summary.fallback, summary.n)})", str(summary.recovered))
            if asked_again
            else ("", "")
        )
        lost = "" if summary.lost is None else str(summary.lost)
        rows.append(
            (*head, by_pot, *fallback, lost, f"{summary.completion_tokens:,}" if summary.completion_tokens else "")
        )
    notes = (
        "fallback: the program gave no answer, chain of thought was asked for; recovered: of these, right.",
        *(
            ("lost: a program's wrong answer where chain of thought alone was right.",)
            if any(row[-2] for row in rows)
            else ()
        ),
    )
    header = (*_head(runs), "by PoT", "fallback", "recovered", "lost", "tokens")
    return Grid("Program or chain of thought", header, tuple(rows), notes, left=len(_head(runs))).used()


def failures_grid(runs: Sequence[RunSummary]) -> Grid | None:
    """Why programs gave no answer, commonest first, once per run and benchmark; None where all gave one."""
    reasons: dict[tuple[str, ...], str] = {}
    for head, summary in _each(runs):
        if summary.pot_failures:
            reasons.setdefault(head[:-1], ", ".join(f"{why} {count}" for why, count in summary.pot_failures.items()))
    header = (*_head(runs)[:-1], "programs without an answer")
    rows = tuple((*head, why) for head, why in reasons.items())
    return Grid("Why programs gave no answer", header, rows, left=len(header)) if rows else None


def _head(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Headings of the columns that say whose row it is."""
    return ("run", "benchmark", "mode") if len(runs) > 1 else ("benchmark", "mode")


def _each(runs: Sequence[RunSummary]) -> Iterator[tuple[tuple[str, ...], Summary]]:
    """Every summary, with the first cells of its row."""
    for run in runs:
        for summary in run.summaries:
            cells = (run.run, summary.benchmark, MODES.get(summary.reading, summary.reading))
            yield cells[-len(_head(runs)) :], summary


def _share(part: int, n: int) -> str:
    return f"{100 * part / n:.0f} %" if n else "0 %"


def samples_grid(runs: Sequence[RunSummary]) -> Grid | None:
    """pass@k of runs with several samples; None where there are none."""
    sizes = sorted({k for run in runs for summary in run.summaries for k in summary.pass_at})
    if not sizes:
        return None
    rows = [
        (*head, accuracy_cell(summary), *(f"{summary.pass_at[k]:.1f}" if k in summary.pass_at else "" for k in sizes))
        for head, summary in _each(runs)
        if summary.pass_at
    ]
    header = (*_head(runs), "majority", *(f"pass@{k}" for k in sizes))
    return Grid("Several samples per problem", header, tuple(rows), left=len(_head(runs)))


def to_csv(runs: Sequence[RunSummary], *, partial: bool = False) -> str:
    """One line per run, benchmark and reading, figures as numbers.

    Behind them IND, OOD and AVG, which have no outcomes.
    """
    out = io.StringIO()
    sizes = sorted({k for run in runs for summary in run.summaries for k in summary.pass_at})
    names = ("run", "model", "grader", "decoding", "reading", "benchmark", "n", "asked", "accuracy", "low", "high")
    writer = csv.writer(out, lineterminator="\n")
    more = (
        "by_pot",
        "fallback",
        "recovered",
        "lost",
        "prompt_tokens",
        "completion_tokens",
        *(f"pass@{k}" for k in sizes),
    )
    writer.writerow([*names, *OUTCOMES, *more])
    for run in runs:
        head = [spreadsheet_cell(text) for text in (run.run, run.spec.model, run.grader, run.spec.decoding)]
        for summary in run.summaries:
            outcomes = [summary.outcomes[outcome] for outcome in OUTCOMES]
            lost = "" if summary.lost is None else summary.lost
            counts = [
                summary.by_path.get("pot", 0),
                summary.fallback,
                summary.recovered,
                lost,
                summary.prompt_tokens,
                summary.completion_tokens,
            ]
            passed = [f"{summary.pass_at[k]:.4f}" if k in summary.pass_at else "" for k in sizes]
            writer.writerow(
                [
                    *head,
                    summary.reading,
                    summary.benchmark,
                    summary.n,
                    "" if summary.asked is None else summary.asked,
                    *_figures(summary.accuracy),
                    *outcomes,
                    *counts,
                    *passed,
                ]
            )
        for reading, means in run.averages(partial=partial).items():
            for name, interval in means.items():
                writer.writerow(
                    [*head, reading, name, "", "", *_figures(interval), *[""] * (len(OUTCOMES) + len(more))]
                )
    return out.getvalue()


def _figures(interval: Interval) -> list[str]:
    return [f"{value:.4f}" for value in (interval.value, interval.low, interval.high)]
