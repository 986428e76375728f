"""Two verbs, and both in one.

`extract` an answer from a response, `grade` it against the gold, `verify` the response.
"""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval import benchmarks, extraction, registry
from mammoth_eval.errors import UsageError
from mammoth_eval.graders import GRADERS
from mammoth_eval.types import Form, Policy, Verdict


def extract(text: str, form: Form = "open", *, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer that a response gives; None where there is none.

    `form`: ``open``, or ``choice`` for a letter, with the texts of the options as `choices`. `truncated`: the response
    was cut off, so that only an explicit mark (a box, ``The answer is``) counts.
    """
    if form not in ("open", "choice"):
        raise UsageError(f"form {form!r}: expected open or choice")
    return extraction.from_text(_text(text, "text"), form=form, choices=tuple(choices), truncated=truncated)


def grade(
    answer: str, gold: str, policy: Policy | str | None = None, *, choices: Sequence[str] = (), grader: str = "exact"
) -> Verdict:
    """Whether `answer` equals `gold`, and what decided it.

    `policy` says when two answers count as equal: a `Policy`, or the name of a benchmark whose policy it is
    (``gsm8k``); None is the default policy. With `choices` the gold is a letter. `grader` is ``exact``, ``mammoth`` or
    ``math_verify``. Nothing that the two texts hold raises: where the grader cannot decide, the verdict has `fault`.
    Raises `UnknownName` for a name that is none.
    """
    decide = registry.load("grader", grader, GRADERS)
    verdict: Verdict = decide(_text(answer, "answer"), _text(gold, "gold"), policy_of(policy), tuple(choices))
    return verdict


def verify(
    response: str,
    gold: str,
    policy: Policy | str | None = None,
    *,
    choices: Sequence[str] = (),
    truncated: bool = False,
    grader: str = "exact",
) -> Verdict:
    """Whether a response answers `gold`: `extract`, then `grade`.

    A response without an answer is not equal, by rung ``extraction``.
    """
    form: Form = "choice" if choices else "open"
    answer = extract(response, form, choices=choices, truncated=truncated)
    if answer is None:
        return Verdict(False, "extraction", "no answer")
    return grade(answer, gold, policy, choices=choices, grader=grader)


def policy_of(policy: Policy | str | None) -> Policy:
    """The policy itself, that of a benchmark by name, or the default. Raises `UnknownName`."""
    if policy is None:
        return Policy()
    return benchmarks.get(policy).policy if isinstance(policy, str) else policy


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{what}: a {type(value).__name__}, expected a text; write numbers as str(number)")
    return value
