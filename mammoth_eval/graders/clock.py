"""One clock for a whole verdict: what its many or long parts cost together ends within the promise of two seconds.

A verdict runs in one thread from beginning to end, so its clock belongs to the thread. Steps that may be long, or many, ask for
the time first: a passed end raises `Late`, and the verdict is a fault. Where no clock runs, nothing is ever late.
"""

from __future__ import annotations

import math
import threading
import time

SECONDS = 1.9
"""From the start of a verdict to its end; a tenth of a second less than the promise, for the step that was under way."""


LATE = "the time of the verdict passed first"
"""What a verdict says then."""


class Late(Exception):
    """The time of this verdict has passed."""

    def __init__(self) -> None:
        super().__init__(LATE)


class _Ends(threading.local):
    end = math.inf


_ENDS = _Ends()


def start() -> bool:
    """Start this thread's clock; False where one runs already, which goes on."""
    if _ENDS.end != math.inf:
        return False
    _ENDS.end = time.monotonic() + SECONDS
    return True


def stop() -> None:
    """Stop this thread's clock."""
    _ENDS.end = math.inf


def runs() -> bool:
    """Whether a verdict is under way in this thread."""
    return _ENDS.end != math.inf


def left() -> float:
    """Seconds until the end. Raises `Late` where there are none."""
    seconds = _ENDS.end - time.monotonic()
    if seconds <= 0:
        raise Late
    return seconds
