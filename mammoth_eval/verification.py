"""Two verbs, and both in one.

`extract` an answer from a response, `grade` it against the gold, `verify` the response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from mammoth_eval import arguments, benchmarks, extraction, graders
from mammoth_eval.types import Form, Policy, Verdict


def extract(text: str, form: Form = "open", *, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer that a response gives; None where there is none.

    `form`: ``open``, or ``choice`` for a letter, with the texts of the options as `choices`. `truncated`: the response
    was cut off, so that only an explicit mark (a box, ``The answer is``) counts.
    """
    arguments.text("text", text)
    arguments.known("form", form, get_args(Form))
    return extraction.from_text(
        text, form=form, choices=arguments.texts("choices", choices), truncated=arguments.flag("truncated", truncated)
    )


def grade(
    answer: str,
    gold: str,
    policy: Policy | Mapping[str, Any] | str | None = None,
    *,
    choices: Sequence[str] = (),
    grader: str = "exact",
) -> Verdict:
    """Whether `answer` equals `gold`, and what decided it.

    `policy` says when two answers count as equal: a `Policy`, its settings as a mapping, or the name of a benchmark
    whose policy it is (``gsm8k``); None is the default policy. With `choices` the gold is a letter. `grader` is
    ``exact``, ``mammoth`` or ``math_verify``, or ``module:function``. Nothing that the two texts hold raises: where
    the grader cannot decide, the verdict has `fault`. Raises `UnknownName` for a name that does not exist, `UsageError`
    for an argument of the wrong type.
    """
    return _judge(gold, policy, choices, grader)(arguments.text("answer", answer))


def verify(
    response: str,
    gold: str,
    policy: Policy | Mapping[str, Any] | str | None = None,
    *,
    choices: Sequence[str] = (),
    truncated: bool = False,
    grader: str = "exact",
) -> Verdict:
    """Whether a response answers `gold`: `extract`, then `grade`.

    A response without an answer is not equal, by rung ``extraction``. Raises as `extract` and `grade` do.
    """
    judge = _judge(gold, policy, choices, grader)
    form: Form = "choice" if choices else "open"
    answer = extract(arguments.text("response", response), form, choices=choices, truncated=truncated)
    return Verdict(False, "extraction", "no answer") if answer is None else judge(answer)


def _judge(
    gold: str, policy: Policy | Mapping[str, Any] | str | None, choices: Sequence[str], grader: str
) -> Callable[[str], Verdict]:
    """A function from an answer to its verdict; every argument is checked here, before there is an answer."""
    decide = graders.get(grader)
    arguments.text("gold", gold)
    read, options = benchmarks.policy_of(policy), arguments.texts("choices", choices)

    def judge(answer: str) -> Verdict:
        verdict = decide(answer, gold, read, options)
        if not isinstance(verdict, Verdict):
            raise arguments.wrong(f"the verdict of grader {grader}", verdict, "a Verdict")
        return verdict

    return judge
