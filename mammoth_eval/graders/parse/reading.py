"""The text of an answer -> its tree, and what is remembered of both."""

from __future__ import annotations

import re
from functools import lru_cache

from mammoth_eval.graders.parse.characters import folded
from mammoth_eval.graders.parse.lexicon import PHRASES, SETS, number_in_words
from mammoth_eval.graders.parse.nodes import Constant, Node, Number, Text, Unreadable
from mammoth_eval.graders.parse.parser import parse

_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:/\d+)?"
_PARTED = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})+")
"""Numbers parted by spaces alone."""
_ROW = re.compile(rf"(?!\d{{1,3}}(?: \d{{3}})+(?!\d)){_NUMBER}(?:\s+{_NUMBER}){{2,}}")
"""Three or more of them, of which a sign before one is no minus; digits in groups are one number."""
_PHRASE_CHARS = 60
"""Longer texts are no phrase of the lexicon."""


def is_row(text: str) -> bool:
    """Whether the text is numbers in a row (``4 -1 -3``), as the answers to questions of order are written."""
    return " " in text and _ROW.fullmatch(text) is not None


def tree(text: str) -> Node:
    """The tree of a normalized answer. Raises `Unreadable`."""
    number = number_in_words(text)
    if number is not None:
        return Number(number)
    phrase = folded(text) if len(text) < _PHRASE_CHARS else ""
    if phrase in SETS:
        return Constant(SETS[phrase])
    if phrase in PHRASES:
        return Text(PHRASES[phrase])
    try:
        return parse(re.sub(r"\s+", ", ", text) if is_row(text) else text)
    except Unreadable:
        if _PARTED.fullmatch(text):
            return parse(re.sub(r"\s+", ", ", text))
        raise


class Trees:
    """Trees of normalized answers, the last `size` of them remembered; safe to share between threads."""

    def __init__(self, size: int = 8_192) -> None:
        self._remembered = lru_cache(maxsize=size)(_tree_or_reason)

    def __call__(self, text: str) -> Node:
        """The tree of the text. Raises `Unreadable`."""
        made = self._remembered(text)
        if isinstance(made, str):
            raise Unreadable(made)
        return made


def _tree_or_reason(text: str) -> Node | str:
    """The tree, or why there is none: what is unreadable once stays so."""
    try:
        return tree(text)
    except Unreadable as error:
        return str(error)
