"""Rationales by a teacher: any engine answers training questions, and what it writes is kept only where it holds.

``pot``: programs, kept if what they print equals the human answer; without one, if enough samples agree. ``cot``: the
same for chain of thought (self-consistency, arXiv 2203.11171). ``new``: new questions with their reasoning from a few
seed pairs of both (Self-Instruct, arXiv 2212.10560), kept if unlike every question there is, and if the teacher, asked
again, agrees with its answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from mammoth_eval import prompts, rules
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.decoding import Kit, ask
from mammoth_eval.engines import Engine, requests_wanted
from mammoth_eval.errors import EngineError, SandboxError
from mammoth_eval.sandbox.base import Sandbox
from mammoth_eval.training import contamination, rows
from mammoth_eval.training.curate import Report, distinct, set_name
from mammoth_eval.training.rows import Kind, Row
from mammoth_eval.training.sources import Example
from mammoth_eval.types import Attempt, Method, Policy, Problem, Query, Sampling

Way = Literal["pot", "cot", "new"]
WAYS: tuple[Way, ...] = ("pot", "cot", "new")
ALIKE = 0.5
"""Similarity of word trigrams from which on a new question is an old one (Self-Instruct uses ROUGE-L 0.7, which is
laxer).
"""
SEEDS = 4
"""Questions with their reasoning that the teacher is shown when it writes a new one."""

_BLANK = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the teacher is asked for."""

    teacher: str
    way: Way
    samples: int = 4
    temperature: float = 0.7
    max_tokens: int = 512
    prompt: str = "fewshot"
    agreement: float = 0.6
    """Share of the samples that must give one answer, where there is no human one."""
    always: bool = False
    """Where there is a human answer, too, so many samples must give it."""
    seed: int = 0


async def teach(
    examples: Sequence[Example | tuple[str, ...]],
    lesson: Lesson,
    policy: Policy,
    index: contamination.Index,
    engine: Engine,
    sandbox: Sandbox,
) -> tuple[list[Row], Report]:
    """The teacher's rows that hold, and what became of the rest.

    A question may give several rows, one a distinct rationale.
    """
    report = Report()
    readable = _readable(examples, report)
    kit = _kit(lesson, policy, engine, sandbox)
    asked = await _invent(readable, lesson, engine, report) if lesson.way == "new" else readable
    clean = _without_leaks(asked, index, report)
    gate = asyncio.Semaphore(requests_wanted(engine))
    answered = await asyncio.gather(*(_answers(example.problem, kit, lesson, gate) for example in clean))
    drawn: list[Row] = []
    for example, attempts in zip(clean, answered, strict=True):
        drawn += _kept(example, attempts, kit, lesson, report)
    kept = distinct(drawn, report)
    report.kept = len(kept)
    return kept, report


def _kit(lesson: Lesson, policy: Policy, engine: Engine, sandbox: Sandbox) -> Kit:
    sampling = Sampling(temperature=lesson.temperature, max_tokens=lesson.max_tokens, seed=lesson.seed)
    family = Benchmark("train", Path(), "", "", "", 0, "mixed", exemplars="gsm", policy=policy)
    return Kit(engine, sandbox, prompts.get(lesson.prompt), rules.get("exact"), sampling, family)


def _readable(examples: Sequence[Example | tuple[str, ...]], report: Report) -> list[Example]:
    found = []
    for example in examples:
        if isinstance(example, tuple):
            report.refuse(example)
        elif not example.problem.question.strip():
            report.refuse((example.problem.id, "nothing in it", "empty question"))
        else:
            found.append(example)
    return found


def _without_leaks(examples: Sequence[Example], index: contamination.Index, report: Report) -> list[Example]:
    clean = []
    for example in examples:
        hit = index.look_up(example.problem.question)
        if hit is None:
            clean.append(example)
        else:
            report.read += 1
            report.discard("leaks a test set", example.problem.id)
            report.hits.append(hit)
    return clean


async def _answers(problem: Problem, kit: Kit, lesson: Lesson, gate: asyncio.Semaphore) -> list[Attempt | str]:
    """One attempt a sample; in place of one that broke, why."""
    method: Method = "pot" if lesson.way == "pot" else "cot"

    async def one(sample: int) -> Attempt | str:
        try:
            async with gate:
                return await ask(problem, kit, method, sample)
        except (EngineError, SandboxError) as error:
            return f"{type(error).__name__}: {error}"

    return list(await asyncio.gather(*(one(sample) for sample in range(lesson.samples))))


def _kept(example: Example, attempts: Sequence[Attempt | str], kit: Kit, lesson: Lesson, report: Report) -> list[Row]:
    """The rows of one question; each attempt that gives none is counted under its reason."""
    problem = example.problem
    target = problem.gold or _agreed(attempts, problem, kit, lesson)
    few = lesson.always and target is not None and not _enough(target, attempts, problem, kit, lesson)
    found = []
    for number, attempt in enumerate(attempts):
        report.read += 1
        reason = _reason(attempt, problem, target, kit) or ("samples disagree" if few else "")
        if reason:
            report.discard(reason, f"{problem.id} sample {number}")
            continue
        assert not isinstance(attempt, str)
        output = attempt.program if lesson.way == "pot" else attempt.completion.text.strip()
        checked = _checked(problem, lesson)
        provenance = {
            **example.provenance,
            "by": lesson.teacher,
            "sample": str(number),
            "checked": checked,
            "answer": target or "",
        }
        kind: Kind = "pot" if lesson.way == "pot" else "cot"
        found.append(rows.make(set_name(example), kind, problem.question, output or "", provenance))
    return found


def _checked(problem: Problem, lesson: Lesson) -> str:
    """What was checked of a row, as one phrase."""
    agreed = f"{lesson.agreement:.0%} of samples agree"
    if not problem.gold:
        return agreed
    return f"equals the human answer, {agreed}" if lesson.always else "equals the human answer"


def _agreed(attempts: Sequence[Attempt | str], problem: Problem, kit: Kit, lesson: Lesson) -> str | None:
    """The answer that enough samples give; None where they do not agree."""
    given = dict.fromkeys(
        attempt.answer for attempt in attempts if isinstance(attempt, Attempt) and attempt.answer is not None
    )
    return next((answer for answer in given if _enough(answer, attempts, problem, kit, lesson)), None)


def _enough(answer: str, attempts: Sequence[Attempt | str], problem: Problem, kit: Kit, lesson: Lesson) -> bool:
    """Whether the share of samples that give `answer` is large enough."""
    given = [attempt.answer for attempt in attempts if isinstance(attempt, Attempt) and attempt.answer is not None]
    votes = sum(kit.rules.same(other, answer, problem, kit.benchmark.policy) for other in given)
    return votes >= lesson.agreement * len(attempts)


def _reason(attempt: Attempt | str, problem: Problem, target: str | None, kit: Kit) -> str:
    """Why an attempt gives no row; empty where it does."""
    if isinstance(attempt, str):
        return "engine or sandbox fault"
    if attempt.completion.finish_reason != "stop":
        return "cut off"
    if attempt.method == "pot" and attempt.program is None:
        return "no program in the answer"
    if attempt.execution is not None and attempt.execution.status != "ok":
        return f"program: {attempt.execution.status}"
    if attempt.execution is not None and "print(" not in (attempt.program or ""):
        return "program: prints nothing"
    if attempt.answer is None:
        return "no answer"
    if target is None:
        return "samples disagree"
    return "" if kit.rules.same(attempt.answer, target, problem, kit.benchmark.policy) else "another answer"


async def _invent(examples: Sequence[Example], lesson: Lesson, engine: Engine, report: Report) -> list[Example]:
    """New questions, `lesson.samples` for each seed, unlike the seeds and one another."""
    random = Random(lesson.seed)
    pool = [example.problem.question for example in examples]
    found = []
    for number in range(len(examples) * lesson.samples):
        shown = random.sample(examples, min(SEEDS, len(examples)))
        text = "".join(map(_seed, shown)) + "Question:"
        query = Query(f"new/{number}", "cot", "self-instruct/1", text)
        sampling = Sampling(
            temperature=lesson.temperature,
            max_tokens=200,
            stop=("\n\n", "Question:", "\nAnswer:"),
            seed=lesson.seed + number,
        )
        question = re.sub(r"\s+", " ", (await engine.generate(query, sampling)).text).strip()
        reason = _unlike(question, pool)
        if reason:
            report.read += 1
            report.discard(reason, f"new/{number}")
            continue
        pool.append(question)
        provenance = {"from": "Self-Instruct", "seeds": str(len(examples)), "row": str(number)}
        found.append(Example(Problem(f"new/{number}", "self_instruct", question, ""), "cot", (), provenance))
    return found


def _seed(example: Example) -> str:
    """A seed as the teacher is shown it: the question and, where there is one, its reasoning."""
    parts = [("Question", example.problem.question), *(("Answer", rationale) for rationale in example.rationales[:1])]
    return "".join(f"{name}: {_BLANK.sub(chr(10), text).strip()}\n" for name, text in parts) + "\n"


def _unlike(question: str, pool: Sequence[str]) -> str:
    """Why a question is not new; empty where it is."""
    if not question.endswith("?") or len(question.split()) < 5:
        return "no question"
    return "like another question" if any(contamination.similarity(question, known) >= ALIKE for known in pool) else ""
