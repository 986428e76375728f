"""lm-evaluation-harness's files: ``results_<date>.json`` and ``samples_<task>_<date>.jsonl`` in a folder named after
the model.

Field names are those of lm_eval 0.4.13 (EleutherAI/lm-evaluation-harness: ``lm_eval/result_schema.py``,
``lm_eval/evaluator.py``, ``lm_eval/loggers/evaluation_tracker.py``). A task there asks one prompt a document, so a
benchmark becomes a task a method (``gsm8k_pot``, ``gsm8k_cot``), and the hybrid one of its own, whose response is the
completion that decided. A filter is a grader.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mammoth_eval import __version__, stats
from mammoth_eval.paths import below
from mammoth_eval.report.asked import asked
from mammoth_eval.report.export.lines import write_lines
from mammoth_eval.report.stored import Run
from mammoth_eval.stats import Summary
from mammoth_eval.types import Attempt, Method, Problem, Query, Record, Score

INVALID = "[invalid]"
"""What lm_eval writes where a filter found no answer."""
METRIC = "exact_match"
Prompts = Callable[[Problem, Method], Query | None]


def to_lm_eval(run: Run, path: Path) -> list[Path]:
    """Write the files below the folder `path`; errored records are in none of them."""
    model, date = _sanitized(run.spec.model), _date(run)
    stamp = date.strftime("%Y-%m-%dT%H-%M-%S.%f")
    target = below(path, model, f"results_{stamp}.json", where=str(run.path))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results(run, date), indent=2) + "\n", encoding="utf-8")
    written = [target]
    prompts = asked(run.spec).query
    for benchmark in dict.fromkeys(record.problem.benchmark for record in run.records):
        records = [record for record in run.records if record.problem.benchmark == benchmark and not record.fault]
        for kind in _kinds(run, records):
            file = below(path, model, f"samples_{benchmark}_{kind}_{stamp}.jsonl", where=str(run.path))
            write_lines(file, _samples(records, kind, prompts, run.spec.sampling))
            written.append(file)
    return written


def _sanitized(model: str) -> str:
    """A model's name as lm_eval makes a folder's name of it."""
    return re.sub(r'["<>:/|\\?*\[\]]+', "__", model)


def _date(run: Run) -> datetime:
    """When the run's last session began.

    The epoch where that is not known, so that the same run gives the same files.
    """
    started = run.session.get("started")
    return datetime.fromisoformat(started) if started else datetime.fromtimestamp(0, UTC)


def _graders(records: Sequence[Record]) -> list[str]:
    """Those that have scored every record: a run may have gone on under others than it began with."""
    return [name for name in (records[0].scores if records else ()) if all(name in record.scores for record in records)]


def _kinds(run: Run, records: Sequence[Record]) -> list[str]:
    """What a benchmark is split into.

    Each method that was asked, and the run's own reading where it is none of them.
    """
    methods = [
        name
        for name in ("pot", "cot")
        if any(attempt.method == name for record in records for attempt in record.attempts)
    ]
    return methods if run.reading in methods else [*methods, run.reading]


def results(run: Run, date: datetime) -> dict[str, Any]:
    """The content of ``results_*.json``."""
    graders = _graders(run.records)
    # the oracle has no completion of its own, and lm_eval knows no result without samples
    by_grader = {
        name: [
            summary for summary in stats.summarize(run.records, name, run.spec.decoding) if summary.reading != "oracle"
        ]
        for name in graders
    }
    tasks: dict[str, dict[str, Any]] = {}
    for grader, summaries in by_grader.items():
        for summary in summaries:
            task = f"{summary.benchmark}_{summary.reading}"
            asked = run.spec.sizes.get(summary.benchmark, summary.n)
            alias = task if summary.n >= asked else f"{task} (not finished, {summary.n} of {asked})"
            tasks.setdefault(task, {"alias": alias, "name": task, "sample_len": _scored(summary)}).update(
                _metrics(summary, grader)
            )
    sizes = {
        f"{summary.benchmark}_{summary.reading}": {
            "original": max(summary.n, run.spec.sizes.get(summary.benchmark, 0)),
            "effective": _scored(summary),
        }
        for summary in by_grader.get(run.summary.grader, [])
    }
    model = {"model": run.spec.engine, "model_args": {"pretrained": run.spec.model, **run.spec.engine_args}}
    return {
        "results": tasks,
        "group_subtasks": {task: [] for task in tasks},
        "configs": {task: _config(run, task) for task in tasks},
        "versions": dict.fromkeys(tasks, __version__),
        "n-shot": {},
        "higher_is_better": {task: {METRIC: True} for task in tasks},
        "n-samples": sizes,
        "config": {
            **model,
            "gen_kwargs": dict(run.spec.sampling),
            "random_seed": run.spec.sampling.get("seed", 0),
        },
        "date": date.timestamp(),
        "model_source": run.spec.engine,
        "model_name": run.spec.model,
        "model_name_sanitized": _sanitized(run.spec.model),
        "exported_by": f"mammoth_eval {__version__}",
        "mammoth_eval_run": run.summary.run,
    }


def _scored(summary: Summary) -> int:
    return summary.n - summary.outcomes["fault"]


def _metrics(summary: Summary, grader: str) -> dict[str, float | str]:
    share, n = summary.accuracy.value / 100, _scored(summary)
    error = math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else "N/A"
    return {f"{METRIC},{grader}": share, f"{METRIC}_stderr,{grader}": error}


def _config(run: Run, task: str) -> dict[str, Any]:
    benchmark, _, reading = task.rpartition("_")
    about = {
        "version": __version__,
        "prompt": run.spec.prompt,
        "prompt_hash": run.spec.prompt_hash,
        "reading": reading,
    }
    return {
        "task": task,
        "dataset_name": benchmark,
        "dataset_kwargs": {"sha256": run.spec.benchmarks.get(benchmark, {}).get("sha256", "")},
        "output_type": "generate_until",
        "generation_kwargs": _arguments(run.spec.sampling),
        "repeats": run.spec.samples,
        "metric_list": [{"metric": METRIC, "aggregation": "mean", "higher_is_better": True}],
        "metadata": about,
    }


def _arguments(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Our sampling under the names that lm_eval has for it."""
    temperature = sampling.get("temperature", 0.0)
    names = {"until": list(sampling.get("stop", ())), "do_sample": temperature > 0, "temperature": temperature}
    return names | ({"max_gen_toks": sampling["max_tokens"]} if "max_tokens" in sampling else {})


def _samples(
    records: Sequence[Record], kind: str, prompts: Prompts, sampling: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """One line a document and filter, filter by filter as lm_eval writes them; where a grader broke, none."""
    for grader in _graders(records):
        for record in records:
            score = record.scores[grader]
            attempts = _attempts(record, score, kind)
            read = stats.decided(score, kind) if attempts else None
            if read is None or read.outcome == "fault":
                continue
            query = prompts(record.problem, attempts[0].method)
            row = _sample(record.problem, attempts, query.shown if query else "", sampling)
            answer = INVALID if read.answer is None else read.answer
            yield row | {"filtered_resps": [answer], "filter": grader, METRIC: float(read.outcome == "correct")}


def _attempts(record: Record, score: Score, kind: str) -> list[Attempt]:
    """The attempts by one method, sample after sample; for the run's own reading, that which decided each sample."""
    if kind in ("pot", "cot"):
        return [attempt for attempt in record.attempts if attempt.method == kind]
    samples = dict.fromkeys(attempt.sample for attempt in record.attempts)
    return [
        _deciding([attempt for attempt in record.attempts if attempt.sample == sample], score) for sample in samples
    ]


def _deciding(attempts: Sequence[Attempt], score: Score) -> Attempt:
    """The attempt of the method that gave the answer, else the last."""
    return next((attempt for attempt in attempts if attempt.method == score.path), attempts[-1])


def _sample(problem: Problem, attempts: Sequence[Attempt], prompt: str, sampling: Mapping[str, Any]) -> dict[str, Any]:
    asked_of = {
        "question": problem.question,
        "answer": problem.gold,
        "id": problem.id,
        "choices": list(problem.choices),
    }
    doc: dict[str, Any] = {**problem.meta, **asked_of}
    number = problem.id.rpartition("/")[2]
    return {
        "doc_id": int(number) if number.isdigit() else problem.id,
        "doc": doc,
        "target": problem.gold,
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": _arguments(sampling)}},
        "resps": [[attempt.completion.text for attempt in attempts]],
        "metrics": [METRIC],
        "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": _hash(prompt),
        "target_hash": _hash(problem.gold),
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
