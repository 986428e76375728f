"""The specification and the records that tests of the store write."""

from builders import cot, pot, record, scored

from mammoth_eval.store import RunSpec

SPEC = RunSpec(
    model="TIGER-Lab/MAmmoTH-7B",
    model_hash="abc",
    engine="scripted",
    engine_args={},
    decoding="hybrid",
    prompt="alpaca",
    prompt_hash="123",
    prompt_text="{{ problem.question }}",
    rules="exact",
    sampling={"temperature": 0.0},
    samples=1,
    benchmarks={"toy": {"n": 3}},
    sandbox={"level": "auto"},
    versions={"mammoth_eval": "0"},
)


def full(number=0):
    return record(
        pot(), cot(), number=number, scores=scored(("pot", "4", "correct")), meta={"level": "1"}, choices=("a", "b")
    )
