r"""The reply proper of a completion: without its thoughts, and without what the model wrote after the answer.

A closed ``</think>`` ends a thought. A further ``Question:``, ``### Instruction`` or end token begins what is no answer
any more.
"""

from __future__ import annotations

import re

_RUN_ON = re.compile(
    r"\n[ \t]*(?:#{1,6} ?(?:Instruction|Response|Question|Problem|Input)\b"
    r"|(?:Question|Problem|Instruction|Q|USER|User|Human|Exercise) ?\d*:)"
    r"|<\|(?:im_end|endoftext|eot_id|im_start)\|>|</s>|\[INST\]"
)
_EMPTY_BOX = re.compile(r"\$?\$?\\f?boxed ?\{ ?\}\$?\$?")
_THOUGHT = "</think>"
MAX_CHARS = 400_000
"""Of a longer text the end is searched."""


def reply(text: str) -> str:
    """What a completion says after its last thought, up to where it runs on.

    Boxes in one notation, empty ones left out.
    """
    text = text[-MAX_CHARS:].rsplit(_THOUGHT, 1)[-1].strip()
    text = (
        text.replace("<|begin_of_box|>", "\\boxed{").replace("<|end_of_box|>", "}").replace("\\beginboxed", "\\boxed")
    )
    if "boxed{}" in text or "boxed{ }" in text:
        text = _EMPTY_BOX.sub("", text).strip()
    cut = _RUN_ON.search(text, 1) if text else None
    return text[: cut.start()].rstrip() if cut else text
