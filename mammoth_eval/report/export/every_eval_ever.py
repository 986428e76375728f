"""The schema of Every Eval Ever 0.3.0 (evaleval/every_eval_ever: ``eval.schema.json``,
``instance_level_eval.schema.json``).

A benchmark of a run becomes ``data/<benchmark>/<developer>/<model>/<uuid>.json`` and ``<uuid>_samples.jsonl``, as in
their datastore. Scores are proportions. Every reading is a result; the samples belong to the run's own. Void records
are counted in the result and are no samples. What the run does not know (who its evaluator is to the model's makers) is
reported as not known.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mammoth_eval import __version__, stats
from mammoth_eval.paths import below
from mammoth_eval.report.asked import asked
from mammoth_eval.report.export.lines import write_lines
from mammoth_eval.report.stored import Run
from mammoth_eval.stats import Summary
from mammoth_eval.types import Record

SCHEMA = "0.3.0"
LOCAL = "local"
"""The developer of a checkpoint whose name says none."""
OWN_ENGINES = ("vllm", "transformers")
"""Those that run weights that the evaluator has."""


def to_every_eval_ever(run: Run, path: Path) -> list[Path]:
    """Write the files below the folder `path`; a benchmark whose records are all errored has none."""
    written = []
    for benchmark in dict.fromkeys(summary.benchmark for summary in run.summary.summaries):
        scored = [
            record
            for record in run.records
            if record.problem.benchmark == benchmark and _outcome(run, record) != "fault"
        ]
        if not scored:
            continue
        name = _uuid(f"{run.summary.run} {run.summary.grader} {benchmark}")
        names = ("data", _component(benchmark), *_owner(run.spec.model))
        target, samples = (
            below(path, *names, f"{name}{end}", where=str(run.path)) for end in (".json", "_samples.jsonl")
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        ident = f"{benchmark}/{_model(run)['id']}/{_timestamp(run)}"
        count = write_lines(samples, _instances(run, benchmark, scored, ident))
        digest = hashlib.sha256(samples.read_bytes()).hexdigest()
        about = {
            "format": "jsonl",
            "file_path": samples.relative_to(path).as_posix(),
            "hash_algorithm": "sha256",
            "checksum": digest,
            "total_rows": count,
        }
        content = _aggregate(run, benchmark, ident) | {"detailed_evaluation_results": about}
        target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        written += [target, samples]
    return written


def _outcome(run: Run, record: Record) -> str:
    return record.scores[run.summary.grader].outcome


def _component(name: str) -> str:
    """`name` as one folder that any system can have."""
    return re.sub(r'[<>:"\\|?*/\x00-\x1f]+', "_", name).strip(". ") or "unnamed"


def _owner(model: str) -> tuple[str, str]:
    """Developer and model as folders: of a hub id its two parts."""
    developer, slash, name = model.strip("/").partition("/")
    return (_component(developer), _component(name)) if slash else (LOCAL, _component(model))


def _uuid(text: str) -> str:
    """A version 4 UUID that the same run gives again."""
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))


def _timestamp(run: Run) -> str:
    """When the run's last session began, in seconds of the epoch; 0 where that is not known."""
    started = run.session.get("started")
    return str(int(datetime.fromisoformat(started).timestamp())) if started else "0"


def _aggregate(run: Run, benchmark: str, ident: str) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "evaluation_id": ident,
        "evaluation_timestamp": _timestamp(run),
        "retrieved_timestamp": _timestamp(run),
        "source_metadata": {
            "source_name": run.summary.run,
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": "mammoth_eval",
            "version": __version__,
            "additional_details": _strings(run.spec.versions),
        },
        "model_info": _model(run),
        "evaluation_results": [
            _result(run, summary) for summary in run.summary.summaries if summary.benchmark == benchmark
        ],
    }


def _model(run: Run) -> dict[str, Any]:
    name = run.spec.model
    own = run.spec.engine in OWN_ENGINES
    details = {
        "deployment_type": "self_deployed" if own else "unknown",
        "model_availability": "open_weights" if own else "unknown",
    }
    version = run.session.get("engine", {}).get(run.spec.engine, "unknown")
    return {
        "name": name,
        "id": name,
        "developer": name.partition("/")[0] if "/" in name else LOCAL,
        "inference_engine": {"name": run.spec.engine, "version": str(version)},
        "additional_details": details | {"model_hash": run.spec.model_hash},
    }


def _result(run: Run, summary: Summary) -> dict[str, Any]:
    interval = {
        "lower": summary.accuracy.low / 100,
        "upper": summary.accuracy.high / 100,
        "confidence_level": 0.95,
        "method": "wilson",
    }
    about = {"n": summary.n, "asked": summary.asked, "fallback": summary.fallback, "recovered": summary.recovered}
    counts = _strings(about) | _strings(summary.outcomes)
    source = run.spec.benchmarks.get(summary.benchmark, {})
    return {
        "evaluation_result_id": _result_id(summary.benchmark, summary.reading, run.summary.grader),
        "evaluation_name": summary.benchmark,
        "source_data": {
            "dataset_name": summary.benchmark,
            "source_type": "other",
            "additional_details": _strings({name: value for name, value in source.items() if name in ("sha256", "n")}),
        },
        "metric_config": {
            "metric_id": "accuracy",
            "metric_name": "accuracy",
            "metric_kind": "accuracy",
            "metric_unit": "proportion",
            "metric_parameters": {"grader": run.summary.grader, "reading": summary.reading},
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
        },
        "score_details": {
            "score": summary.accuracy.value / 100,
            "details": counts,
            "uncertainty": {"confidence_interval": interval, "num_samples": summary.n - summary.outcomes["fault"]},
        },
        "generation_config": _generation(run),
    }


def _result_id(benchmark: str, reading: str, grader: str) -> str:
    return f"{benchmark}/{reading}/{grader}/accuracy"


def _generation(run: Run) -> dict[str, Any]:
    sampling = run.spec.sampling
    arguments = {name: sampling[name] for name in ("temperature", "top_p", "top_k", "max_tokens") if name in sampling}
    arguments |= {"prompt_template": run.spec.prompt_text} if run.spec.prompt_text else {}
    arguments |= {"sandbox": {"type": "mammoth_eval", "config": json.dumps(run.spec.sandbox)}}
    about = {"decoding": run.spec.decoding, "prompt": run.spec.prompt, "prompt_hash": run.spec.prompt_hash}
    return {
        "generation_args": arguments,
        "additional_details": _strings(about | {"samples": run.spec.samples, **run.spec.factors}),
    }


def _strings(values: Mapping[Any, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


def _instances(run: Run, benchmark: str, records: list[Record], ident: str) -> Iterator[dict[str, Any]]:
    """One line per problem, of the run's own reading."""
    result = _result_id(benchmark, run.reading, run.summary.grader)
    prompts = asked(run.spec)
    for record in records:
        problem, first = record.problem, record.attempts[0]
        query = prompts.query(problem, first.method)
        yield {
            "schema_version": SCHEMA,
            "evaluation_id": ident,
            "model_id": run.spec.model,
            "evaluation_name": benchmark,
            "evaluation_result_id": result,
            "sample_id": problem.id,
            "sample_hash": hashlib.sha256(
                (problem.question + problem.gold).encode("utf-8", "surrogatepass")
            ).hexdigest(),
            "interaction_type": "single_turn",
            "input": {
                "raw": problem.question,
                "formatted": query.shown if query else None,
                "reference": [problem.gold],
                "choices": list(problem.choices) or None,
            },
            "output": {"raw": [attempt.completion.text for attempt in record.attempts]},
            "messages": None,
            **_read(run, record),
            "metadata": _strings(
                {**problem.meta, "outcome": _outcome(run, record), "path": record.scores[run.summary.grader].path}
            ),
        }


def _read(run: Run, record: Record) -> dict[str, Any]:
    """How the answer was read and scored, and what it cost."""
    score = record.scores[run.summary.grader]
    sources = [
        {
            "turn_idx": 0,
            "source": f"output.raw[{number}]",
            "extracted_value": attempt.answer,
            "extraction_method": "program output" if attempt.method == "pot" else "text",
            "is_terminal": (attempt.method, attempt.answer) == (score.path, score.answer),
        }
        for number, attempt in enumerate(score.attempts)
        if attempt.answer is not None
    ]
    asked_for = sum(attempt.completion.prompt_tokens for attempt in record.attempts)
    written = sum(attempt.completion.completion_tokens for attempt in record.attempts)
    right = stats.decided(score, run.reading).outcome == "correct"
    return {
        "answer_attribution": sources,
        "evaluation": {"score": float(right), "is_correct": right},
        "token_usage": {"input_tokens": asked_for, "output_tokens": written, "total_tokens": asked_for + written},
        "performance": {"latency_ms": 1000 * record.seconds},
    }
