"""The answer in a chain of thought, or in what a program printed.

An explicit marker decides: the last box that is not empty, or the last phrase (``The answer is``, ``Answer:``,
``####``, ``<answer>``), whichever comes later; boxes are a list only where they stand beside each other. Without a
marker (`unmarked`): the short text itself, else what its closing sentence states, else its last number. What a model
goes on to write after the answer (``Question:``, ``### Instruction``) is cut before anything is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.extraction import choice_letter, unmarked
from mammoth_eval.extraction.boxed import last_box
from mammoth_eval.extraction.reply import MAX_CHARS, reply
from mammoth_eval.extraction.triggers import last_phrase
from mammoth_eval.types import Form

_LABEL = re.compile(r"^[A-Za-z][A-Za-z '\-]*[A-Za-z]\s*:\s+(?=\S)")
_NOTHING = {"none", "nan", "null", "[]", "set()", "()", "undefined"}
"""Printed by a program that found nothing."""


def from_text(text: str, *, form: Form, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer in a chain of thought; None where there is none.

    A choice problem gives its letter, or the value where no letter is named and no option plainly is that value.
    `truncated`: the completion was cut off, so that only an explicit marker counts.
    """
    body = reply(text, truncated=truncated)
    marked = _marked(body)
    if form == "choice":
        return choice_letter.answer(marked, "" if truncated else body, choices, unmarked.answer)
    if marked is not None:
        return marked
    return None if truncated else unmarked.answer(body)


def from_stdout(stdout: str, *, form: Form, choices: Sequence[str] = ()) -> str | None:
    """The answer that a program printed: its last non-empty line (more lines where brackets opened before).

    None where there is none.
    """
    line = unmarked.last_line(stdout[-MAX_CHARS:])
    marked = _marked(line)
    value = marked if marked is not None else _LABEL.sub("", line).strip()
    if value.lower() in _NOTHING or not value:
        return None
    if form == "choice":
        return choice_letter.answer(value, value, choices, unmarked.answer)
    return unmarked.answer(value) if marked is None and unmarked.is_prose(value) else value


def _marked(body: str) -> str | None:
    """What the deciding marker says; None where there is no marker with something in it."""
    box, phrase = last_box(body), last_phrase(body)
    if box and (phrase is None or phrase.start < box.end):
        return box.text
    return phrase.text if phrase else None
