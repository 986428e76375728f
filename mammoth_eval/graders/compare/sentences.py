"""A name or a single word in a sentence that says nothing else of it: ``It is a Tuesday``, ``Evelyn has the highest``.

Sentences with a negation, a choice or a comparison are left to stand as they are: who is named there is not the answer.
"""

from __future__ import annotations

import re

from mammoth_eval.graders.parse.characters import unstyled
from mammoth_eval.graders.parse.lexicon import words

_WORD = re.compile(r"[A-Za-z][a-z]{2,20}(?: [A-Z][a-z]{1,20})?")
_TOKEN = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\S")
_OPEN = frozenset(words("not never neither nor or and than except but no without if before after unless either both"))
"""Words after which a name in the sentence may not be the answer."""
_LEADING = frozenset(words("is was are be equals a an the it this that"))
_ARTICLES = frozenset(words("a an the"))
_VERBS = frozenset(words("has had is was wins won"))
_TRUTH = frozenset(words("yes no true false none"))
"""What may be said of anything in the sentence."""
_MAX_WORDS = 14


def says(gold: str, answer: str) -> bool:
    """Whether the answer is a sentence that names the gold, a word or a name, and nothing else."""
    name = unstyled(gold).replace("}", " ").strip(" .$")
    if not _WORD.fullmatch(name) or name.lower() in _TRUTH or len(answer) > 200:
        return False
    said, wanted = _words(answer), name.lower().split()
    lower = [word.lower() for word in said]
    places = [place for place in range(len(said)) if lower[place : place + len(wanted)] == wanted]
    if len(places) != 1 or _is_open(said):
        return False
    before, after = said[: places[0]], said[places[0] + len(wanted) :]
    return _is_last(before, after) or _is_subject(name, before, after)


def _words(answer: str) -> list[str]:
    return _TOKEN.findall(unstyled(answer).replace("}", " ").strip(" .$"))


def _is_open(said: list[str]) -> bool:
    """Whether a sentence is no sentence of words, or one that may name what is not the answer."""
    if not 1 < len(said) <= _MAX_WORDS or not all(word[0].isalpha() for word in said):
        return True
    return any(word.lower() in _OPEN or word.endswith("n't") for word in said)


def _is_last(before: list[str], after: list[str]) -> bool:
    """``The color is blue``, ``the blue one``."""
    closes = not after or [word.lower() for word in after] == ["one"]
    return closes and bool(before) and before[-1].lower() in _LEADING and (len(before) < 3 or _states(before))


def _states(before: list[str]) -> bool:
    """Whether a verb of being, an article perhaps behind it, is what leads to the word."""
    kept = [word.lower() for word in before]
    while kept and kept[-1] in _ARTICLES:
        kept.pop()
    return bool(kept) and kept[-1] in ("is", "was", "are", "equals", "be")


def _is_subject(name: str, before: list[str], after: list[str]) -> bool:
    """``Evelyn has the greatest average speed``: a name with a verb behind it, and no other name."""
    return (
        name[0].isupper()
        and not before
        and bool(after)
        and after[0] in _VERBS
        and not any(word[0].isupper() for word in after)
    )
