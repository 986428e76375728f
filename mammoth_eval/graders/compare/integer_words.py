"""Sets of integers in words: ``all odd prime numbers``, ``multiples of 4``, ``n is divisible by 3``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mammoth_eval.graders.parse.lexicon import words

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+|,|\S")
_FILLING = frozenset(
    words(
        """
        all every any each the set of is are be must an integer integers number numbers for value values which that
        """
    )
)
_SAYS_INTEGER = frozenset({"integer", "integers"})
_DIVISIBLE = frozenset({"multiple", "multiples", "divisible"})


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))


_PROPERTIES: dict[str, Callable[[int], bool]] = {
    "even": lambda n: n % 2 == 0,
    "odd": lambda n: n % 2 == 1,
    "prime": _is_prime,
    "composite": lambda n: n > 3 and not _is_prime(n),
    "positive": lambda n: n > 0,
    "negative": lambda n: n < 0,
    "nonnegative": lambda n: n >= 0,
    "nonpositive": lambda n: n <= 0,
    "nonzero": lambda n: n != 0,
    "natural": lambda n: n > 0,
    "whole": lambda n: n >= 0,
}
_OF_INTEGERS = frozenset({"even", "odd", "prime", "composite", "natural", "whole"})
"""Properties that only integers have; the others say it only of integers."""


def members(text: str, window: Iterable[int]) -> frozenset[int] | None:
    """The integers of the window that the words are about; None where they are about anything else."""
    said = [_plain(word) for word in _WORD.findall(text.strip(" .").lower())]
    added: set[int] = set()
    before = said[: said.index("and")] if "and" in said else []
    if before and all(word.isdigit() or word == "," for word in before):
        added = {int(word) for word in before if word != ","}
        said = said[len(before) + 1 :]
    tests = _tests(said)
    return None if tests is None else frozenset(n for n in window if n in added or all(test(n) for test in tests))


def _plain(word: str) -> str:
    word = word.replace("non-", "non")
    return word[:-1] if word in ("primes", "evens", "odds", "composites", "naturals") else word


def _tests(said: list[str]) -> list[Callable[[int], bool]] | None:
    """What the words say of a number; None where one of them says something else."""
    tests: list[Callable[[int], bool]] = []
    of_integers = bool(_SAYS_INTEGER & set(said))
    left = iter(said)
    for word in left:
        if word in _DIVISIBLE:
            preposition, divisor = next(left, ""), next(left, "")
            if preposition not in ("of", "by") or not divisor.isdigit():
                return None
            tests.append(_divisible_by(int(divisor)))
            of_integers = True
        elif word in _PROPERTIES:
            tests.append(_PROPERTIES[word])
            of_integers = of_integers or word in _OF_INTEGERS
        elif word not in _FILLING and not (len(word) == 1 and word.isalpha()):
            return None
    return tests if of_integers else None


def _divisible_by(divisor: int) -> Callable[[int], bool]:
    return lambda n: divisor > 0 and n % divisor == 0
