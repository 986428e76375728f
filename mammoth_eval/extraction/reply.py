r"""The reply proper of a completion: without its thoughts (`thoughts` says what a thought is)."""

from __future__ import annotations

import re

from mammoth_eval import thoughts

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
    """What a completion says outside its thoughts; empty where its thought did not end.

    Boxes in one notation, empty ones left out. `truncated`: the completion was cut off.
    """
    text = outside_thoughts(text, truncated=truncated)[-MAX_CHARS:].strip()
    text = (
        text.replace("<|begin_of_box|>", "\\boxed{").replace("<|end_of_box|>", "}").replace("\\beginboxed", "\\boxed")
    )
    if "boxed{}" in text or "boxed{ }" in text:
        text = _EMPTY_BOX.sub("", text).strip()
    return text
