"""Generated benchmarks: problems of the library ``reasoning-gym`` (arXiv 2505.24760), the same for everybody with the
same seed.

Which of its sets are used was decided by two trials. Their answers must be such that equality decides:
`fraction_simplification` is out (the question's own fraction is equal to the answer), so are `polynomial_equations`
(its golds are rounded by a rule of their own) and the indefinite integrals as they stand (right up to a constant). And
their rows must depend on the seed alone: `polynomial_multiplication` and `intermediate_integration` change with
Python's hash seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GENERATORS = {
    "sets": "mammoth_eval.benchmarks.generated:sets",
    "calculus": "mammoth_eval.benchmarks.generated:calculus",
}

Row = Mapping[str, Any]


def sets(options: Mapping[str, Any], rows: int, seed: int) -> Iterator[Row]:
    """`rows` problems, taken in turn from each of ``options["sets"]``."""
    names = options["sets"]
    share = -(-rows // len(names))
    made = [_dataset(name, share, seed) for name in names]
    for index in range(rows):
        which = index % len(names)
        row = made[which][index // len(names)]
        yield {"question": row["question"].strip(), "answer": row["answer"], "set": names[which]}


def calculus(options: Mapping[str, Any], rows: int, seed: int) -> Iterator[Row]:
    """Definite integrals and derivatives at a point, made from reasoning-gym's polynomials and their antiderivatives.

    An indefinite integral is right up to a constant, which no equality of answers decides; a definite one is a number,
    and exact.
    """
    import sympy

    made = _dataset("simple_integration", rows, seed)
    for index in range(rows):
        row = made[index]
        about = row["metadata"]
        name, variable = about["variable"], sympy.Symbol(about["variable"])
        integrand, antiderivative = (
            sympy.sympify(text) for text in (about["integrand"], row["answer"].removesuffix(" + C"))
        )
        if index % 2 == 0:
            low, high = sorted((index // 2 % 3 - 1, 2))
            question = (
                f"Evaluate the definite integral of {about['integrand']} with respect to {name} from {low} to {high}."
            )
            answer = antiderivative.subs(variable, high) - antiderivative.subs(variable, low)
        else:
            point = index // 2 % 5 - 2
            question = (
                f"Let f({name}) = {antiderivative}. What is the value of the derivative f'({name}) at {name} = {point}?"
            )
            answer = integrand.subs(variable, point)
        yield {"question": f"{question} Give an exact number.", "answer": str(answer), "set": "simple_integration"}


def _dataset(name: str, size: int, seed: int) -> Any:
    import reasoning_gym  # brings much along, and is an extra: only where problems are generated

    return reasoning_gym.create_dataset(name, size=size, seed=seed)
