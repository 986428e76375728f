"""An accuracy with its interval: Wilson's (J. Am. Stat. Assoc. 22, 1927) at 95 %, and pass@k (arXiv 2107.03374)."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An accuracy in percent with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width: what is printed behind ±."""
        return (self.high - self.low) / 2


def wilson(correct: int, n: int) -> Interval:
    """Accuracy of `correct` out of `n` in percent with Wilson's 95 % interval; 0 to 100 where n is 0."""
    if n == 0:
        return Interval(0.0, 0.0, 100.0)
    share, spread = correct / n, Z95 * Z95 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return Interval(100 * share, max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half)))


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that at least one of k samples, drawn without replacement from n of which `correct` are right, is
    right.
    """
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs between 1 and {n} samples")
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)
