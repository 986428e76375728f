"""Where a reply runs on after its answer: a further ``Question:``, ``### Instruction`` or an end token.

The same headings open a problem that a reply restates before it solves it. They end the reply only where an answer was
given before them: an explicit marker, or a sentence with a value that is no introduction and no question.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_HEADING = re.compile(
    r"\n[ \t]*(?:#{1,6} ?(?:Instruction|Response|Question|Problem|Input)\b"
    r"|(?:Question|Problem|Instruction|Q|USER|User|Human|Exercise) ?\d*:)"
)
_END_TOKEN = re.compile(r"<\|(?:im_end|endoftext|eot_id|im_start|return|end|eom)\|>|</s>|\[INST\]")
_INTRODUCES = re.compile(
    r"[:?]\W*$|(?:^|[.!\n]\s*)\W*(?:Let(?:['’]s| me| us)|Sure|Okay|OK|First|Here(?: is|['’]s)|To |I(?:['’]ll| will"
    r"| am| need)"
    r"|We (?:are|have|need|must|will|want)|The (?:task|problem|question|user)|Restat\w+|Understand\w*|Given"
    r"|You)\b[^.!\n]*\W*$"
)
_MAX_HEADINGS = 60
_MAX_HEAD = 2_000


def without_run_on(text: str, answers: Callable[[str], bool]) -> str:
    """The text up to where it runs on.

    `answers` says whether a stretch of text has an explicit marker with an answer in it.
    """
    token = _END_TOKEN.search(text, 1)
    text = text[: token.start()] if token else text
    before = 0
    for number, heading in enumerate(_HEADING.finditer(text, 1)):
        if number >= _MAX_HEADINGS:
            break
        stretch = text[before : heading.start()]
        if _states(stretch) or answers(stretch):
            return text[: heading.start()].rstrip()
        before = heading.start()
    return text.rstrip() if token else text


def _states(stretch: str) -> bool:
    """Whether a stretch ends with a statement that has a value."""
    stretch = stretch[-_MAX_HEAD:].rstrip()
    last = stretch[stretch.rfind("\n") + 1 :]
    return any(char.isdigit() for char in last) and not _HEADING.match("\n" + last) and not _INTRODUCES.search(last)
