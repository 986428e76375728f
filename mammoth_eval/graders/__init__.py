"""(answer, gold) -> Verdict, under named policies.

`grade` is the grader ``exact``: it decides whether two answers are equal. Others stand beside it in `GRADERS`: the
rule of the paper's released code (``mammoth``), and Math-Verify for cross-checks. Importing this package loads
neither sympy nor torch.
"""

import inspect
from collections.abc import Callable

from mammoth_eval import registry
from mammoth_eval.errors import UsageError
from mammoth_eval.graders.exact import VERSION, grade
from mammoth_eval.types import Verdict

GRADERS: dict[str, str] = {
    "exact": "mammoth_eval.graders.exact:grade",
    "mammoth": "mammoth_eval.paper.correctness:grade",
    "math_verify": "mammoth_eval.graders.math_verify:grade",
}
"""Name to dotted path of a function ``(answer, gold, policy, choices) -> Verdict``; its module has a `VERSION`."""


def get(name: str) -> Callable[..., Verdict]:
    """The grader called `name`, or the function at that ``module:attribute``.

    Raises `UnknownName`, and `UsageError` for what cannot be called as a grader is.
    """
    decide: Callable[..., Verdict] = registry.load("grader", name, GRADERS)
    try:
        inspect.signature(decide).bind("answer", "gold", "policy", "choices")
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"grader {name!r}: expected a function (answer, gold, policy, choices) -> Verdict: {error}"
        ) from error
    return decide


__all__ = ["GRADERS", "VERSION", "get", "grade"]
