"""Choice problems: the letter of an answer, or the one option that its value equals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mammoth_eval.graders.equal.numbers import NUMBER
from mammoth_eval.graders.parse.characters import folded
from mammoth_eval.types import LETTERS, Policy, Verdict

Equal = Callable[[str, str, Policy], Verdict]
"""How a value is compared with an option: (answer, gold, policy)."""
MAX_CHARS = 2_000
"""Of an answer, where a letter is looked for before a text."""
_LETTER = re.compile(
    r"[\W_]*(?:(?:[Cc]hoice|[Oo]ption|[Aa]nswer)[\W_]+)?"
    r"(?:\\(?:text|textbf|mathbf|mathrm|boxed)\s*\{[\W_]*){0,3}([A-Ja-j])[\W_]*"
)
_LETTER_CHARS = 60
_CAPITAL = re.compile(r"(?:\\(?:text|math)(?:bf|rm)?\{)?\(?([A-J])\)?\}?")
"""A gold that is a letter."""
_BEFORE_VALUE = re.compile(r"(?:\\(?:text|mathrm)\s?\{\s*\([A-Ja-j]\)\s*\}\s*|\([A-J]\)\s+)(?=[-\\\d$.])")
_LABELLED = re.compile(
    r"(?:\\(?:text(?:bf|rm)?|math(?:bf|rm)|bf)\s*+\{?\s*+)?\(?([A-J])[.):](?:\s*+\}|(?=[\s~\\]))"
    r"(?:[\s~]|\\[ ,;:!]|\\q?quad)*+(?=\S)"
)
"""An answer that has the letter before its text (``C. x = 42``)."""
_OPTION_LETTER = re.compile(r"^\s*\(?[A-J]\s*[).:]\s*")


def grade(answer: str, gold: str, policy: Policy, choices: Sequence[str], equal: Equal) -> Verdict:
    """Whether the answer is the option that the letter `gold` names; a gold that is none of the letters is a fault."""
    letters = LETTERS[: len(choices)]
    wrapped = _LETTER.fullmatch(gold[:_LETTER_CHARS])
    right = wrapped[1].upper() if wrapped else ""
    if not right or right not in letters:
        return Verdict(False, "choice", f"the gold {gold!r} is none of the letters {letters}", fault=True)
    own = _letter(answer)
    if own and own in letters:
        return Verdict(own == right, "choice", "" if own == right else "another letter")
    if not answer.strip():
        return Verdict(False, "choice", "no answer")
    return _by_value(answer, right, policy, choices, equal)


def _letter(answer: str) -> str:
    """The letter that an answer is, or that stands before its text; empty where there is none."""
    match = _LETTER.fullmatch(answer) if len(answer) <= _LETTER_CHARS else None
    match = match or _LABELLED.match(answer.strip()[:MAX_CHARS])
    return match[1].upper() if match else ""


def _by_value(answer: str, right: str, policy: Policy, choices: Sequence[str], equal: Equal) -> Verdict:
    """The verdict by the options that the answer equals."""
    verdicts = [equal(answer, _option(text), policy) for text in choices]
    fitting = [letter for letter, verdict in zip(LETTERS, verdicts, strict=False) if verdict.equal]
    fitting = fitting or _nearest(answer, choices, policy, equal)
    if len(fitting) > 1:  # `True, False` is a list without order, and one of the options word by word
        fitting = [letter for letter, text in zip(LETTERS, choices, strict=False) if _alike(text, answer)] or fitting
    undecided = next((verdict for verdict in verdicts if verdict.fault and verdict.rung == "symbolic"), None)
    if undecided and not fitting:
        return Verdict(False, "choice", undecided.reason, fault=True)
    if len(fitting) != 1:
        return Verdict(False, "choice", f"{len(fitting)} options equal the value")
    return Verdict(fitting[0] == right, "choice", f"the value is option {fitting[0]}")


def _alike(option: str, answer: str) -> bool:
    return folded(_option(option)) == folded(answer)


def _option(text: str) -> str:
    """The text of an option without its letter."""
    return _OPTION_LETTER.sub("", text) or text


def _nearest(answer: str, choices: Sequence[str], policy: Policy, equal: Equal) -> list[str]:
    """The options that a decimal of two digits or more is when rounded to its places."""
    match = NUMBER.fullmatch(answer)
    if match is None or not match[3] or len((match[2] + match[3]).strip("0")) < 2:
        return []
    rounded = Policy(decimals="rounded", percent=policy.percent, units=policy.units)
    plain = answer.strip().strip("$.")
    return [
        letter for letter, text in zip(LETTERS, choices, strict=False) if equal(_option(text), plain, rounded).equal
    ]


def letter_verdict(answer: str, gold: str) -> Verdict | None:
    """The rung for a gold that is a letter and an answer with a letter before its text; None for others."""
    labelled, letter = _LABELLED.match(answer), _CAPITAL.fullmatch(gold)
    if labelled is None or letter is None:
        return None
    return Verdict(labelled[1] == letter[1], "choice", "" if labelled[1] == letter[1] else "another letter")


def without_letter(answer: str, gold: str) -> str:
    """The answer without the letter that LaTeX, or brackets before a number, set apart, where the gold has none."""
    labelled = _BEFORE_VALUE.match(answer) or (_LABELLED.match(answer) if answer.startswith("\\") else None)
    return answer[labelled.end() :] if labelled and not _LABELLED.match(gold) else answer
