"""One clock for a whole verdict: what its many or long parts cost together ends within the promise of two seconds.

A verdict runs in one thread from beginning to end, so its clock belongs to the thread. Steps that may be long, or
many, ask for the time first: a passed end raises `Late`, and the verdict is a fault. Where no clock runs, nothing is
ever late.
"""

from __future__ import annotations

import math
import threading
import time

SECONDS = 1.9
"""From the start of a verdict to its end; a tenth of a second less than the promise, for the last step."""


LATE = "the time of the verdict passed first"
"""What a verdict says then."""


class Late(Exception):
    """The time of this verdict has passed."""

    def __init__(self) -> None:
        super().__init__(LATE)


class _Ends(threading.local):
    end = math.inf


_ENDS = _Ends()


class running:
    """Run this thread's clock until the end of the block; one that runs already goes on.

    A class, since every verdict passes here: a context manager made of a generator costs several times as much.
    """

    __slots__ = ("_own",)

    def __enter__(self) -> None:
        self._own = not runs()
        if self._own:
            _ENDS.end = time.monotonic() + SECONDS

    def __exit__(self, *_: object) -> None:
        if self._own:
            _ENDS.end = math.inf


def runs() -> bool:
    """Whether a verdict is under way in this thread."""
    return _ENDS.end != math.inf


def extend(seconds: float) -> None:
    """Move the end of this verdict back by the time that it waited for others, which is not its own."""
    _ENDS.end += seconds


def left() -> float:
    """Seconds until the end. Raises `Late` where there are none."""
    seconds = _ENDS.end - time.monotonic()
    if seconds <= 0:
        raise Late
    return seconds
