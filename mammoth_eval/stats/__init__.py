"""Records -> summaries, intervals and paired tests. `paired` stands apart: it loads scipy."""

from mammoth_eval.stats.intervals import Z95, Interval, pass_at_k, wilson
from mammoth_eval.stats.reading import (
    Decided,
    decided,
    fell_back,
    own_reading,
    pot_failures,
    readable,
    readings,
    was_lost,
)
from mammoth_eval.stats.summary import Summary, mean, summarize

__all__ = [
    "Z95",
    "Decided",
    "Interval",
    "Summary",
    "decided",
    "fell_back",
    "mean",
    "own_reading",
    "pass_at_k",
    "pot_failures",
    "readable",
    "readings",
    "summarize",
    "was_lost",
    "wilson",
]
