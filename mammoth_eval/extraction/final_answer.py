"""The answer in a chain of thought, or in what a program printed.

An explicit marker decides: the last box that is not empty, or the last phrase (``The answer is``, ``Answer:``,
``####``, ``<answer>``), whichever comes later; boxes are a list only where they stand beside each other. Without a
marker (`unmarked`): the short text itself, else what its closing sentence states, else its last number. What a model
goes on to write after the answer (``Question:``, ``### Instruction``) is cut before anything is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.extraction import choice_letter, labels, objects, printed, unmarked
from mammoth_eval.extraction.boxed import is_open, last_box
from mammoth_eval.extraction.doubts import is_refusal
from mammoth_eval.extraction.python_source import is_source
from mammoth_eval.extraction.reply import reply
from mammoth_eval.extraction.run_on import without_run_on
from mammoth_eval.extraction.triggers import phrases
from mammoth_eval.types import Form

_LABEL = re.compile(r"^[A-Za-z][A-Za-z '\-]*[A-Za-z](?: \d{1,2})?\s*:\s+(?=\S)")
_NOTHING = {"none", "nan", "null", "[]", "set()", "()", "undefined"}
"""Printed by a program that found nothing."""


def from_text(text: str, *, form: Form, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer in a chain of thought; None where there is none.

    A choice problem gives its letter, or the value where no letter is named and no option plainly is that value.
    `truncated`: the completion was cut off, so that only an explicit marker counts.
    """
    body = without_run_on(reply(text, truncated=truncated), lambda stretch: bool(_marked(stretch)))
    marked = _marked(body, truncated=truncated)
    if form == "choice":
        return choice_letter.answer(marked, "" if truncated else body, choices, unmarked.answer)
    if marked:
        return labels.without(marked[0])
    return None if truncated or is_source(body) else unmarked.answer(body)


def from_stdout(stdout: str, *, form: Form, choices: Sequence[str] = (), program: str = "") -> str | None:
    """The answer that a program printed (`printed` has the rules); None where there is none.

    `program`: what printed it, which says whether several lines are several results.
    """
    line = printed.said(stdout, several=form == "open", program=program)
    marked = _marked(line)
    value = marked[0] if marked else _LABEL.sub("", line).strip()
    if value.lower() in _NOTHING or not value:
        return None
    if form == "choice":
        return choice_letter.answer([value], value, choices, unmarked.answer)
    shown = objects.value(value, program)
    if shown is None:
        return None
    return unmarked.answer(shown) if not marked and unmarked.is_prose(shown) and shown == value else shown


def _marked(body: str, *, truncated: bool = False) -> list[str]:
    """What the markers say, the deciding one first; empty where there is none with something in it.

    A phrase before the deciding box comes last, where the box holds no number: a relation may be boxed as the reason.
    """
    box = last_box(body, truncated=truncated)
    strong: list[str] = [box.text] if box else []
    weak: list[str] = []
    for phrase in phrases(body, truncated=truncated):
        if is_refusal(phrase.text) or (truncated and is_open(phrase.text)):
            continue
        if box and phrase.start < box.end:
            if any(char.isdigit() for char in box.text):
                break
            return [*strong, *weak, phrase.text]
        if not phrase.weak:
            return [phrase.text, *strong]
        weak.append(phrase.text)
    return [*strong, *weak]
