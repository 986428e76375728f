"""Runs for the tests of the page and of exports: drawn records, on disk or in memory."""

import random

from builders import cot, pot, problem, scored
from msgspec.structs import replace

from mammoth_eval.report.hybrid import analyse
from mammoth_eval.report.results import summary_of
from mammoth_eval.report.stored import Run
from mammoth_eval.report.view.runs import ViewRun
from mammoth_eval.store import RunFolder, RunHeader, RunSpec
from mammoth_eval.types import AttemptScore, Record, Score

SPEC = RunSpec(
    model="org/model",
    model_hash="abc",
    engine="scripted",
    engine_args={},
    decoding="both",
    prompt="none",
    prompt_hash="123",
    prompt_text="",
    rules="exact",
    sampling={"temperature": 0.0, "top_p": 1.0, "top_k": 0, "max_tokens": 64, "seed": 0},
    samples=1,
    benchmarks={"gsm8k": {}, "aqua": {}, "svamp": {}},
    sandbox={"level": "auto"},
    versions={"mammoth_eval": "0"},
)
WORDS = (
    "a",
    "train",
    "leaves",
    "seven",
    "boxes",
    "of",
    "apples",
    "and",
    "each",
    "box",
    "holds",
    "twelve",
    "more",
    "than",
    "the",
    "last",
)
PROGRAM = (
    "# {0}\ndef solve(n):\n    total = {1}\n    for i in range(n):\n        total += i * {2}\n    return "
    "total\nprint(solve({3}))\n"
)


def drawn(number, rng, benchmarks=("gsm8k", "aqua", "svamp")):
    """One record of decoding both, with texts of a usual length."""
    benchmark = benchmarks[number % len(benchmarks)]
    question = " ".join(rng.choices(WORDS, k=30)) + f" {number}?"
    program = PROGRAM.format(" ".join(rng.choices(WORDS, k=8)), number, rng.randrange(99), rng.randrange(99))
    by_pot, by_cot = (rng.choice([("4", "correct"), ("5", "wrong"), (None, "no_answer")]) for _ in range(2))
    answer, outcome = by_pot if by_pot[0] else by_cot
    path = "pot" if by_pot[0] else "cot" if by_cot[0] else None
    text = f"```python\n{program}```"
    first = (
        pot(program=program, text=text) if by_pot[0] else pot(None, "", "error", "NameError: name 'x'", program, text)
    )
    words = cot(by_cot[0], text=" ".join(rng.choices(WORDS, k=70)))
    scores = scored(("pot", *by_pot), ("cot", *by_cot), answer=answer, outcome=outcome, path=path)
    if number % 10 == 0 and outcome != "correct":
        scores |= {
            "mammoth": Score(
                "mammoth", "4", "correct", "pot", (AttemptScore("pot", 0, "4", "correct"), scores["exact"].attempts[1])
            )
        }
    else:
        scores |= {"mammoth": Score("mammoth", answer, outcome, path, scores["exact"].attempts)}
    return Record(
        problem(number // len(benchmarks), benchmark, question=question, meta={"level": f"Level {number % 5}"}),
        (first, words),
        scores,
    )


def drawn_records(count, seed=0):
    rng = random.Random(seed)
    return [drawn(number, rng) for number in range(count)]


def in_memory(path, records, **changes):
    """A run that was never written."""
    header = RunHeader(spec=replace(SPEC, **changes))
    folder = path / "model" / "run"
    return Run(folder, header, summary_of(folder, header, records), tuple(records))


def seen(path, records, **changes):
    """The same as the page sees it."""
    run = in_memory(path, records, **changes)
    report = analyse(records, run.summary.grader, run.spec.decoding)
    return ViewRun(run.path, run.spec, run.summary, report, run.records, len(records))


def on_disk(results, records, **changes):
    """A run in the store; its folder."""
    with RunFolder(results, replace(SPEC, **changes)) as run:
        run.begin({"engine": {"engine": "scripted"}})
        for record in records:
            run.append(record)
        return run.path
