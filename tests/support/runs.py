"""Runs in a store, made from the outcomes that a test wants."""

from builders import cot, pot, record, scored

from mammoth_eval.store import RunFolder, RunSpec

ANSWERS = {"correct": "4", "wrong": "5", "no_answer": None, "truncated": None}
SPEC = {
    "model_hash": "", "engine": "scripted", "engine_args": {}, "prompt": "alpaca", "prompt_hash": "aa00",
    "prompt_text": (
        ""
    ),
    "rules": "exact", "sampling": {"temperature": 0.0, "max_tokens": 64, "seed": 0}, "samples": 1,
    "sandbox": {"seconds": 5.0}, "versions": {"mammoth_eval": "0"},
}  # fmt: skip


def spec_of(**settings):
    """The settings of a run of decoding ``both``, but for `settings`."""
    return RunSpec(**{"model": "m-1b", "decoding": "both", "benchmarks": {}, **SPEC, **settings})


def solved(by_pot, by_cot, **where):
    """A record of decoding ``both``.

    The program's outcome, the words' outcome; the words count where there is no answer.
    """
    counts = by_pot if ANSWERS[by_pot] else by_cot
    path = "pot" if ANSWERS[by_pot] else "cot" if ANSWERS[by_cot] else None
    parts = [(method, ANSWERS[outcome], outcome) for method, outcome in (("pot", by_pot), ("cot", by_cot))]
    scores = {}
    for grader in ("exact", "mammoth"):
        scores |= scored(*parts, answer=ANSWERS[counts], outcome=counts, path=path, grader=grader)
    failed = {} if ANSWERS[by_pot] else {"status": "error", "error": "NameError: name 'x' is not defined"}
    return record(pot(ANSWERS[by_pot], **failed), cot(ANSWERS[by_cot]), scores=scores, **where)


def make(results, model="m-1b", decoding="both", outcomes=None, session=None, **spec):
    """The folder of a run; `outcomes`: benchmark to a list of outcomes, or of pairs (by PoT, by CoT)."""
    outcomes = outcomes or {"toy": ["correct", "wrong"]}
    sets = {name: {"n": len(rows), "sha256": f"{name}-{len(rows)}"} for name, rows in outcomes.items()}
    with RunFolder(results, spec_of(**{"model": model, "decoding": decoding, "benchmarks": sets, **spec})) as run:
        run.begin(session or {})
        for name, rows in outcomes.items():
            for number, row in enumerate(rows):
                by_pot, by_cot = (row, row) if isinstance(row, str) else row
                run.append(solved(by_pot, by_cot, benchmark=name, number=number))
    return run.path
