"""One session of a run: what it still owes is evaluated, each record is kept as it is finished, and a stop says how to go on."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict
from typing import Any

from rich.console import Console

from mammoth_eval import decoding, runner, scoring
from mammoth_eval.cli.progress import Progress
from mammoth_eval.decoding import Kit
from mammoth_eval.engines import Engine
from mammoth_eval.errors import MammothError, StoreError, UsageError
from mammoth_eval.plan import Plan
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.store import RunFolder, load_briefs
from mammoth_eval.types import Record

_PATH = re.compile(r"/\S+")
"""The place of a log: another one in every session."""
_SECRET = re.compile(r"(\w*(?:key|token)=).*")


def hold(plan: Plan, run: RunFolder, engine: Engine, concurrency: int | None, console: Console) -> None:
    """Evaluate what is pending in `run`; on any stop, say what is kept.

    `concurrency`: problems in progress at once; None: as many as keep the engine busy. Raises what stopped it, `MammothError` or
    `KeyboardInterrupt`; and `MammothError` where all that it has is void.
    """
    begun = len(run.sessions)
    try:
        asyncio.run(_evaluate(plan, run, engine, concurrency, console))
        if run.kept and all(run.kept.values()):
            raise MammothError(f"no problem could be evaluated: {void_note(run)}")
    except KeyboardInterrupt:
        console.print(_kept(run, plan.size), style="yellow", soft_wrap=True)
        raise
    except MammothError as error:
        ours = len(run.sessions) > begun and not isinstance(error, StoreError | UsageError)
        repeated = ours and run.end(_PATH.sub("", str(error)))
        console.print(_kept(run, plan.size, repeated=repeated), style="yellow", soft_wrap=True)
        raise


def _kept(run: RunFolder, size: int, *, repeated: bool = False) -> str:
    """How much of a run of `size` problems is there, and what to do next."""
    void = sum(run.kept.values())
    note = f" ({void} of them void, to be tried again)" if void else ""
    advice = "the same command goes on from there"
    if repeated:
        advice = "the session before ended with the same error, so that the same command will not help: remove the cause first"
    return f"{len(run.kept)} of {size} records are kept{note}; {advice}"


def void_note(run: RunFolder) -> str:
    """How many records of `run` are void, the commonest reason, and what to do; empty where none is."""
    faults = Counter(
        one.fault.replace(one.problem.id, "a problem") for one in load_briefs(run.path, skip_damaged=run.skip_damaged) if one.fault
    )
    if not faults:
        return ""
    ((reason, times),) = faults.most_common(1)
    often = f"{times} times: " if times < faults.total() else ""
    return (
        f"{faults.total()} of {len(run.kept)} records are void, by a failure of ours, not the model's ({often}{reason}); "
        "the same command tries them again"
    )


async def _evaluate(plan: Plan, run: RunFolder, engine: Engine, concurrency: int | None, console: Console) -> None:
    owed = [(one, run.owed(rows)) for one, rows in plan.problems]
    left = {problem.id for _, rows in owed for problem in rows}
    if not left:
        return
    progress = Progress(console, {one.name: len(rows) for one, rows in plan.problems}, plan.rules[0].name)
    for known in load_briefs(run.path, skip_damaged=run.skip_damaged):
        if known.problem.id not in left:
            progress.seen(known)
    policies = {one.name: one.policy for one, _ in plan.problems}

    def score(record: Record) -> Record:
        return scoring.with_scores(record, plan.rules, policies[record.problem.benchmark])

    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox(**plan.sandbox))
        with console.status(f"starting the engine {plan.spec.engine} with {plan.spec.model}"):
            await stack.enter_async_context(engine)
        requests = plan.spec.samples * decoding.requests_at_once(plan.spec.decoding)
        at_once = concurrency or runner.concurrency(engine, requests)
        run.begin(_description(plan, engine.describe(), sandbox.describe(), at_once))
        kits = [(Kit(engine, sandbox, plan.prompt, plan.rules[0], plan.sampling, benchmark), rows) for benchmark, rows in owed]
        jobs = (runner.Job(problem, kit, plan.decode, plan.spec.samples) for kit, rows in kits for problem in rows)
        records = await stack.enter_async_context(aclosing(runner.evaluate(jobs, score, at_once)))
        stack.enter_context(progress)
        unfit = 0
        async for record in records:
            run.append(record)
            progress.update(record)
            unfit += sum(one.completion.finish_reason == "context" for one in record.attempts)
    if unfit:
        console.print(_too_long(unfit, run), style="yellow", soft_wrap=True)


def _too_long(count: int, run: RunFolder) -> str:
    """That prompts did not fit into the context, and what to do."""
    context = run.sessions[-1]["engine"].get("context")
    length = f" of {context} tokens" if context else ""
    return (
        f"{count} prompts are longer than the model's context{length}, and count as truncated: "
        "raise max_model_len (--engine-arg), or take a prompt with fewer exemplars"
    )


def _description(plan: Plan, engine: Mapping[str, object], sandbox: Mapping[str, object], concurrency: int) -> dict[str, Any]:
    """What this session runs on, for ``run.json``."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": shlex.join(["mammoth-eval", *(_SECRET.sub(r"\1***", word) for word in sys.argv[1:])]),
        "hub": [asdict(pinned) for pinned in plan.pins],
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "engine": dict(engine),
        "sandbox": dict(sandbox),
        "concurrency": concurrency,
        "graders": [one.version for one in plan.rules],
    }
