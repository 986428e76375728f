"""Paired tests: two models on the same problems, where the problems' own difficulty cancels.

One set of right-or-wrong answers is decided by McNemar's test on the discordant pairs. Its exact p-value (Psychometrika
12, 1947) is conservative: the binomial distribution is discrete, and at a nominal 5 % it rejects 3 to 4 % of true
nulls. The mid-p version counts half of the observed table's own probability and holds 5 % (Fagerland, Lydersen and
Laake, BMC Med. Res. Methodol. 13:91, 2013), so it decides here; the exact value stands beside it. Scores between 0 and
1 (a mean over seeds) and means over several sets are decided by the sign-flip permutation test. Intervals are
percentile bootstrap intervals over problems, within each set. Several tests at once are corrected by Holm (Scand. J.
Stat. 6, 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

LEVEL = 0.05
"""A difference is called significant below this."""
DRAWS = 9_999
"""Of a bootstrap or a permutation test."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Paired:
    """B against A on the same problems."""

    n: int
    """Problems that both answered, errored ones left out."""
    a: float
    """Accuracy of A in percent; the unweighted mean where there are several sets."""
    b: float
    only_a: int
    """Problems on which A is right and B is wrong (or has the higher score)."""
    only_b: int
    difference: float
    """B minus A in points."""
    low: float
    high: float
    """The 95 % bootstrap interval of the difference."""
    p: float
    """Two-sided: McNemar's mid-p, or the sign-flip test's."""
    p_exact: float | None
    """McNemar's exact p-value; None where the sign-flip test decided."""

    def significant(self, p: float | None = None) -> bool:
        """Whether the difference is; `p` is the corrected p-value where several were tested."""
        return (self.p if p is None else p) < LEVEL


def mcnemar(only_a: ArrayLike, only_b: ArrayLike) -> tuple[Floats, Floats]:
    """Two-sided (mid-p, exact p) of McNemar's test from the discordant counts; works on arrays."""
    a, b = np.asarray(only_a), np.asarray(only_b)
    fewer, n = np.minimum(a, b), a + b
    tail = 2 * scipy_stats.binom.cdf(fewer, n, 0.5)
    exact = np.minimum(1.0, tail)
    mid = np.where(n == 0, 1.0, np.minimum(1.0, tail - scipy_stats.binom.pmf(fewer, n, 0.5)))
    return mid, exact


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for their number (Holm), in the same order."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return tuple(corrected)


def compare(sets: Sequence[tuple[Sequence[float], Sequence[float]]], *, draws: int = DRAWS, seed: int = 0) -> Paired:
    """B against A on one or several sets, each as (scores of A, scores of B), problem by problem; a score is 0 to 1.

    Several sets are compared by the unweighted mean of their accuracies. Raises `ValueError` where there are no pairs,
    or not as many scores of A as of B.
    """
    pairs = [(np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for a, b in sets]
    if not pairs or any(len(a) != len(b) or len(a) == 0 for a, b in pairs):
        raise ValueError(f"pairs of scores expected in every set, got {[(len(a), len(b)) for a, b in pairs]}")
    changes = [b - a for a, b in pairs]
    rng = np.random.default_rng(seed)
    low, high = np.quantile(_bootstrap(changes, draws, rng), (0.025, 0.975))
    only_a, only_b = (int(sum((sign * change > 0).sum() for change in changes)) for sign in (-1, 1))
    binary = len(pairs) == 1 and bool(np.isin(changes[0], (-1.0, 0.0, 1.0)).all())
    p, p_exact = map(float, mcnemar(only_a, only_b)) if binary else (_sign_flip(changes, draws, rng), None)
    accuracy_a, accuracy_b = (100 * float(np.mean([np.mean(pair[side]) for pair in pairs])) for side in (0, 1))
    n = sum(len(change) for change in changes)
    return Paired(
        n,
        accuracy_a,
        accuracy_b,
        only_a,
        only_b,
        accuracy_b - accuracy_a,
        100 * float(low),
        100 * float(high),
        p,
        p_exact,
    )


def _bootstrap(changes: Sequence[Floats], draws: int, rng: np.random.Generator) -> Floats:
    """Means of resampled problems, averaged over the sets.

    Problems with the same change are the same to a mean, so that how often each change is drawn (multinomial) is all
    that is drawn.
    """
    total = np.zeros(draws)
    for change in changes:
        values, counts = np.unique(change, return_counts=True)
        total += rng.multinomial(len(change), counts / len(change), size=draws) @ values / len(change)
    return total / len(changes)


def _sign_flip(changes: Sequence[Floats], draws: int, rng: np.random.Generator) -> float:
    """The share of random swaps of A and B, problem by problem, that differ by as much as was seen."""
    seen, drawn = 0.0, np.zeros(draws)
    for change in changes:
        seen += float(change.mean())
        sizes, counts = np.unique(np.abs(change), return_counts=True)
        flips = 2 * rng.binomial(counts, 0.5, size=(draws, len(counts))) - counts
        drawn += flips @ sizes / len(change)
    return float((1 + (np.abs(drawn) >= abs(seen) - 1e-12).sum()) / (1 + draws))
