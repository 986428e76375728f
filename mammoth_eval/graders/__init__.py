"""(answer, gold) -> Verdict, under named policies.

`grade` is the grader ``exact``: it decides whether two answers are equal. Others stand beside it in `GRADERS`: the
rule of the paper's released code (``mammoth``), and Math-Verify for cross-checks. Importing this package loads
neither sympy nor torch.
"""

from mammoth_eval.graders.exact import VERSION, grade

GRADERS: dict[str, str] = {
    "exact": "mammoth_eval.graders.exact:grade",
    "mammoth": "mammoth_eval.paper.correctness:grade",
    "math_verify": "mammoth_eval.graders.math_verify:grade",
}
"""Name to dotted path of a function ``(answer, gold, policy, choices) -> Verdict``; its module has a `VERSION`."""

__all__ = ["GRADERS", "VERSION", "grade"]
