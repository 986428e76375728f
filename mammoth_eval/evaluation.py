"""A plan, an engine and a store -> records: what the command line, a notebook and a training loop all call."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import platform
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mammoth_eval import arguments, decoding, hub, models, runner, scoring
from mammoth_eval.decoding import Kit
from mammoth_eval.engines import ENGINES, Engine, make_engine
from mammoth_eval.errors import MammothError, StoreError, UsageError
from mammoth_eval.events import (
    Downloading,
    Errored,
    Finished,
    Known,
    Listener,
    Notice,
    Opened,
    Started,
    Starting,
    ignore,
)
from mammoth_eval.plan import Plan, make_plan
from mammoth_eval.report.stored import Run, load_run
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.settings import settings_of
from mammoth_eval.store import RunFolder, load_briefs
from mammoth_eval.types import Record

Names = str | Sequence[str]
"""Names in a list, or in one text with commas."""
_PATH = re.compile(r"/\S+")
"""The place of a log: another one in every session."""


def evaluate(
    model: str,
    benchmarks: Names,
    *,
    engine: str = "vllm",
    results_dir: str | Path = "results",
    concurrency: int | None = None,
    progress: Listener = ignore,
    **settings: Any,
) -> Run:
    """Evaluate `model` on `benchmarks`, or go on where the same call stopped; the run with its records.

    `model` is a hub id, a folder, or what the engine takes for one; `benchmarks` are names, groups or TOML files, in a
    list or as one text with commas. `settings` are those of `mammoth_eval.settings.Settings`: engine_args, decoding,
    samples, limit, data_dir, ... `concurrency` is how many problems are in progress at once (None: as many as keep the
    engine busy). `progress` is called with every event of `mammoth_eval.events`, in this thread.

    Raises `UsageError` for what cannot be asked, also in a running event loop (there: ``await evaluate_async(...)``),
    `StoreError` where the run is being written already, `EngineError` and `SandboxError` where these fail. What is
    finished by then is kept.
    """
    _refuse_running_loop()
    _check(concurrency, results_dir, progress)
    if hasattr(engine, "generate"):
        raise UsageError(
            "an engine that is open belongs to its event loop: use `await evaluate_async(..., engine=engine)` there"
        )
    plan = make_plan(settings_of(model=model, benchmarks=benchmarks, engine=engine, **settings))
    return load_run(run_plan(plan, Path(results_dir), concurrency=concurrency, progress=progress))


async def evaluate_async(
    model: str,
    benchmarks: Names,
    *,
    engine: str | Engine = "vllm",
    results_dir: str | Path = "results",
    concurrency: int | None = None,
    progress: Listener = ignore,
    **settings: Any,
) -> Run:
    """The same in a notebook, a training loop or any coroutine; see `evaluate`.

    `engine` may be one that is open (``async with make_engine(...) as engine``): it is used for this run and left open.
    Closed, it raises `EngineClosed` before anything is written. A run is known by `model` and its settings, and what
    has a record is not asked again: name each checkpoint of a training apart (``step-200``), or give each a
    `results_dir`.
    """
    _check(concurrency, results_dir, progress)
    name = engine if isinstance(engine, str) else _path_of(engine)
    if not isinstance(engine, str):
        engine.describe()
    plan = await asyncio.to_thread(make_plan, settings_of(model=model, benchmarks=benchmarks, engine=name, **settings))
    with _open_run(plan, Path(results_dir), progress) as run:
        if isinstance(engine, str):
            await asyncio.to_thread(_download, plan, run, progress)
            opening: AbstractAsyncContextManager[Engine] = make_engine(name, plan.location, **plan.model.options)
        else:
            opening = nullcontext(engine)
        with _explained(plan, run, progress):
            await _evaluate(plan, run, opening, concurrency, progress)
    return await asyncio.to_thread(load_run, run.path)


def run_plan(
    plan: Plan,
    results_dir: Path,
    *,
    engine: Engine | None = None,
    concurrency: int | None = None,
    progress: Listener = ignore,
    skip_damaged: bool = False,
    command: str = "",
) -> Path:
    """Evaluate what is pending of `plan` and keep each record as it is finished; the run's folder.

    `engine` stands in for the plan's own (an import has one); it is opened here and closed. `command` is noted with the
    session. On any stop a notice says what is kept. Raises what stopped it, and `MammothError` where no problem at all
    could be evaluated.
    """
    _check(concurrency, results_dir, progress)
    with _open_run(plan, results_dir, progress, skip_damaged=skip_damaged) as run:
        if engine is None:
            _download(plan, run, progress)  # in the main thread: an interrupt ends it at once
        made = engine or make_engine(plan.spec.engine, plan.location, **plan.model.options)
        with _explained(plan, run, progress):
            asyncio.run(_evaluate(plan, run, made, concurrency, progress, command))
    return run.path


def _refuse_running_loop() -> None:
    """Raises `UsageError` in a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise UsageError(
        "evaluate() was called in a running event loop (a notebook, a coroutine): "
        "use `await evaluate_async(...)` with the same arguments"
    )


def _check(concurrency: object, results_dir: object, progress: object) -> None:
    """Raise `UsageError` for what these arguments cannot be, before anything is read or written."""
    whole = isinstance(concurrency, int) and not isinstance(concurrency, bool)
    if concurrency is not None and not (whole and concurrency >= 1):  # type: ignore[operator]
        expected = "a number of problems from 1 on, or None for as many as are useful"
        raise arguments.wrong("concurrency", concurrency, expected)
    arguments.path("results_dir", results_dir)
    if not callable(progress):
        raise arguments.wrong("progress", progress, "a function that is called with every event")


def _path_of(engine: Engine) -> str:
    """How a registry would name the engine's class. Raises `UsageError` for what is not an engine."""
    if not all(hasattr(engine, method) for method in ("generate", "describe")):
        raise arguments.wrong("engine", engine, f"a name ({', '.join(ENGINES)}), module:Class, or an open engine")
    path = f"{type(engine).__module__}:{type(engine).__qualname__}"
    return next((name for name, known in ENGINES.items() if known == path), path)


@contextmanager
def _open_run(plan: Plan, results_dir: Path, progress: Listener, *, skip_damaged: bool = False) -> Iterator[RunFolder]:
    """The run's folder, locked; at the end it is said how many records are errored."""
    with RunFolder(results_dir, plan.spec, skip_damaged=skip_damaged) as run:
        sizes = {benchmark.name: len(rows) for benchmark, rows in plan.problems}
        pins = tuple(f"{pinned.kind}: {pinned}" for pinned in plan.pins)
        progress(Opened(run.path, sizes, plan.rules[0].name, pins))
        for note in plan.notes():
            progress(Notice(note))
        yield run
        if note := errored_note(run):
            progress(Errored(note))


@contextmanager
def _explained(plan: Plan, run: RunFolder, progress: Listener) -> Iterator[None]:
    """On any stop, say what is kept and how to go on; a failure of ours is noted with the session."""
    sessions = len(run.sessions)
    try:
        yield
        if run.kept and all(run.kept.values()):
            raise MammothError(f"no problem could be evaluated: {errored_note(run)}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress(Notice(_kept(run, plan.size)))
        raise
    except MammothError as error:
        ours = len(run.sessions) > sessions and not isinstance(error, StoreError | UsageError)
        repeated = ours and run.end(_PATH.sub("", str(error)))
        progress(Notice(_kept(run, plan.size, repeated=repeated)))
        raise


async def _evaluate(
    plan: Plan,
    run: RunFolder,
    opening: AbstractAsyncContextManager[Engine],
    concurrency: int | None,
    progress: Listener,
    command: str = "",
) -> None:
    """Evaluate what is pending; `opening` gives the engine, after the sandbox, which is sooner found wanting."""
    pending = [(benchmark, run.pending(rows)) for benchmark, rows in plan.problems]
    if not any(rows for _, rows in pending):
        return
    _tell_known(run, {problem.id for _, rows in pending for problem in rows}, progress)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox(**plan.sandbox))
        progress(Starting(plan.spec.engine, plan.spec.model))
        engine = await stack.enter_async_context(opening)
        requests = plan.spec.samples * decoding.requests_at_once(plan.spec.decoding)
        at_once = concurrency or runner.concurrency(engine, requests)
        session = _session(plan, engine.describe(), sandbox.describe(), at_once, command)
        hashes = await _prompt_hashes(engine, plan)
        run.begin({**session, **({"prompts": hashes} if hashes else {})})
        stack.callback(lambda: run.note(engine=dict(engine.describe())))  # with what its requests have shown
        kits = [
            (Kit(engine, sandbox, plan.prompt, plan.rules[0], plan.sampling, benchmark), rows)
            for benchmark, rows in pending
        ]
        jobs = (runner.Job(problem, kit, plan.decode, plan.spec.samples) for kit, rows in kits for problem in rows)
        records = await stack.enter_async_context(aclosing(runner.evaluate(jobs, _scorer(plan), at_once)))
        progress(Started())
        too_long = 0
        async for record in records:
            run.append(record)
            progress(Finished(record))
            too_long += sum(attempt.completion.finish_reason == "context" for attempt in record.attempts)
    if too_long:
        progress(Notice(_too_long(too_long, run)))


async def _prompt_hashes(engine: Engine, plan: Plan) -> dict[str, Any]:
    """Of the first problem of each benchmark: how many tokens its prompt has, and their sha256, where the engine knows.

    By ``<problem> <method>``.
    """
    ask = getattr(engine, "prompt_ids", None)
    found: dict[str, Any] = {}
    if ask is None:
        return found
    for benchmark, rows in plan.problems:
        for method in decoding.methods(plan.spec.decoding) if rows else ():
            query = plan.prompt.query(rows[0], method, family=benchmark.exemplars, sample=0)
            tokens = await ask(query, plan.sampling)
            if tokens is not None:
                digest = hashlib.sha256(json.dumps(tokens).encode()).hexdigest()
                found[f"{rows[0].id} {method}"] = {"tokens": len(tokens), "sha256": digest}
    return found


def _scorer(plan: Plan) -> runner.Scorer:
    """What scores a record by every grader of the plan, under its benchmark's policy."""
    policies = {benchmark.name: benchmark.policy for benchmark, _ in plan.problems}

    def score(record: Record) -> Record:
        return scoring.with_scores(record, plan.rules, policies[record.problem.benchmark])

    return score


def _download(plan: Plan, run: RunFolder, progress: Listener) -> None:
    """Bring a model of the hub onto this machine before an engine is started that needs it."""
    if not any(run.pending(rows) for _, rows in plan.problems):
        return
    files = models.downloads(plan.model, plan.spec.engine)
    if files:
        progress(Downloading(len(files), sum(files.values())))
        hub.fetch(plan.model.pins[0], files, progress=sys.stderr.isatty() and progress is not ignore)


def _tell_known(run: RunFolder, pending: set[str], progress: Listener) -> None:
    if progress is ignore:
        return
    for record in load_briefs(run.path, skip_damaged=run.skip_damaged):
        if record.problem.id not in pending:
            progress(Known(record))


def _kept(run: RunFolder, size: int, *, repeated: bool = False) -> str:
    """How much of a run of `size` problems is there, and what to do next."""
    errored = sum(run.kept.values())
    note = f" ({errored} of them errored, to be tried again)" if errored else ""
    advice = "the same command goes on from there"
    if repeated:
        advice = (
            "the session before ended with the same error, so that the same command will not help: remove the cause "
            "first"
        )
    return f"{len(run.kept)} of {size} records are kept{note}; {advice}"


def errored_note(run: RunFolder) -> str:
    """How many records of `run` are errored, the commonest reason, and what to do; empty where none is."""
    faults = Counter(
        record.fault.replace(record.problem.id, "a problem")
        for record in load_briefs(run.path, skip_damaged=run.skip_damaged)
        if record.fault
    )
    if not faults:
        return ""
    ((reason, times),) = faults.most_common(1)
    often = f"{times} times: " if times < faults.total() else ""
    return (
        f"{faults.total()} of {len(run.kept)} records are errored, by a failure of ours, not the model's "
        f"({often}{reason}); "
        "the same command tries them again"
    )


def _too_long(count: int, run: RunFolder) -> str:
    """That prompts did not fit into the context, and what to do."""
    context = run.sessions[-1]["engine"].get("context")
    length = f" of {context} tokens" if context else ""
    return (
        f"{count} prompts are longer than the model's context{length}, and count as truncated: "
        "raise max_model_len (--engine-arg), or take a prompt with fewer exemplars"
    )


def _session(
    plan: Plan, engine: Mapping[str, object], sandbox: Mapping[str, object], concurrency: int, command: str
) -> dict[str, Any]:
    """What this session runs on, for ``run.json``."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": command,
        "hub": [asdict(pinned) for pinned in plan.pins],
        "chosen": [asdict(setting) for setting in plan.chosen],
        "warnings": list(plan.warnings),
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
        },
        "engine": dict(engine),
        "sandbox": dict(sandbox),
        "concurrency": concurrency,
        "graders": [rules.version for rules in plan.rules],
    }
