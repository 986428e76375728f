r"""The reply proper of a completion: without its thoughts, and without what the model wrote after the answer.

`thoughts` says what a thought is. A further ``Question:``, ``### Instruction`` or end token begins what is no answer
any more.
"""

from __future__ import annotations

import re

from mammoth_eval import thoughts

_RUN_ON = re.compile(
    r"\n[ \t]*(?:#{1,6} ?(?:Instruction|Response|Question|Problem|Input)\b"
    r"|(?:Question|Problem|Instruction|Q|USER|User|Human|Exercise) ?\d*:)"
    r"|<\|(?:im_end|endoftext|eot_id|im_start|return|end|eom)\|>|</s>|\[INST\]"
)
_WRAPPER = re.compile(
    r"</?(?:response|output|solution)>|<\|(?:begin|end)_of_solution\|>|<\|(?:START|END)_RESPONSE\|>"
    r"|<\|(?:open|close)\|>(?:response|message)<\|sep\|>",
    re.IGNORECASE,
)
"""What some models put around the answer behind a thought."""
_EMPTY_BOX = re.compile(r"\$?\$?\\f?boxed ?\{ ?\}\$?\$?")
MAX_CHARS = 400_000
"""Of a longer text the end is searched."""


def outside_thoughts(text: str, *, truncated: bool = False) -> str:
    """What a completion says outside its thoughts, without the marks that some models put around it."""
    said = thoughts.split(text, cut=truncated).answer
    return _WRAPPER.sub("\n", said) if "<" in said else said


def reply(text: str, *, truncated: bool = False) -> str:
    """What a completion says outside its thoughts, up to where it runs on; empty where its thought did not end.

    Boxes in one notation, empty ones left out. `truncated`: the completion was cut off.
    """
    text = outside_thoughts(text, truncated=truncated)[-MAX_CHARS:].strip()
    text = (
        text.replace("<|begin_of_box|>", "\\boxed{").replace("<|end_of_box|>", "}").replace("\\beginboxed", "\\boxed")
    )
    if "boxed{}" in text or "boxed{ }" in text:
        text = _EMPTY_BOX.sub("", text).strip()
    cut = _RUN_ON.search(text, 1) if text else None
    return text[: cut.start()].rstrip() if cut else text
