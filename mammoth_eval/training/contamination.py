"""What leaks the test sets: training questions that share thirteen words in a row with a benchmark's question, or
nearly are one.

Thirteen-grams as in GPT-3's check (arXiv 2005.14165, appendix C); near duplicates by MinHash over word trigrams (Broder
1997), with the candidates' Jaccard similarity computed in full. No embeddings: what is a hit can be seen by reading the
two texts.

Limit: a question whose numbers or names were changed throughout shares neither; it is no copy, and is kept.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mammoth_eval.types import Problem

GRAM = 13
SIMILAR = 0.7
"""Jaccard similarity of word trigrams from which on two questions are near duplicates."""
_BANDS, _ROWS = 16, 4
_PRIME = (1 << 31) - 1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A training question and the test question that it gives away."""

    question: str
    problem: str
    """Id of the benchmark's problem."""
    rule: str
    """``13-gram``, ``same`` (all words, for questions shorter than that) or ``similar 0.83``."""


class Index:
    """Test questions, ready to be looked up."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._grams: dict[tuple[str, ...], str] = {}
        self._sets: dict[str, frozenset[int]] = {}
        self._bands: dict[tuple[int, bytes], list[str]] = defaultdict(list)
        random = np.random.default_rng(0)
        self._factors = random.integers(1, _PRIME, _BANDS * _ROWS, dtype=np.int64)
        self._offsets = random.integers(0, _PRIME, _BANDS * _ROWS, dtype=np.int64)
        for problem in problems:
            self._add(problem)

    def _add(self, problem: Problem) -> None:
        words = _words(problem.question)
        for gram in _grams(words):
            self._grams.setdefault(gram, problem.id)
        shingles = _shingles(words)
        self._sets[problem.id] = shingles
        for band in self._keys(shingles):
            self._bands[band].append(problem.id)

    def look_up(self, question: str) -> Hit | None:
        """The first hit of `question`; None where it gives nothing away."""
        words = _words(question)
        for gram in _grams(words):
            if gram in self._grams:
                return Hit(question, self._grams[gram], "13-gram" if len(gram) == GRAM else "same")
        shingles = _shingles(words)
        candidates = {name for band in self._keys(shingles) for name in self._bands.get(band, ())}
        for name in sorted(candidates):
            other = self._sets[name]
            similarity = len(shingles & other) / len(shingles | other)
            if similarity >= SIMILAR:
                return Hit(question, name, f"similar {similarity:.2f}")
        return None

    def _keys(self, shingles: frozenset[int]) -> list[tuple[int, bytes]]:
        """The MinHash signature, cut into bands."""
        if not shingles:
            return []
        values = np.fromiter(shingles, dtype=np.int64)[:, None] % _PRIME
        signature = ((values * self._factors + self._offsets) % _PRIME).min(axis=0).astype(np.int32)
        return [(band, part.tobytes()) for band, part in enumerate(signature.reshape(_BANDS, _ROWS))]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _grams(words: list[str]) -> list[tuple[str, ...]]:
    """Every thirteen words in a row; all of a shorter text, if it has five words at least."""
    if len(words) < GRAM:
        return [tuple(words)] if len(words) >= 5 else []
    return [tuple(words[start : start + GRAM]) for start in range(len(words) - GRAM + 1)]


def _shingles(words: list[str]) -> frozenset[int]:
    """Word trigrams as numbers, the same in every process."""
    return frozenset(zlib.crc32(" ".join(words[start : start + 3]).encode()) for start in range(max(1, len(words) - 2)))


def similarity(text: str, other: str) -> float:
    """Jaccard similarity of the word trigrams of two texts."""
    first, second = _shingles(_words(text)), _shingles(_words(other))
    return len(first & second) / len(first | second)
