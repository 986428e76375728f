"""The side of an equation that is its value, and equations that are steps of a derivation or a curve."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIDE = re.compile(r"(?<![<>!:=])=(?!=)")


def side(formula: str) -> str:
    """What stands after the last ``=`` of a formula, without a condition behind it; a list of equations as a whole."""
    formula = _CONDITION_END.sub("", formula)
    parts = _SIDE.split(formula)
    several = len(parts) > 2 and any("," in part for part in parts[1:-1])
    return (formula if several or _is_curve(parts) else parts[-1]).strip().rstrip(".,;").strip()


def is_derivation(formula: str) -> bool:
    """Whether a formula leads to its result: a chain of equations, or one with a condition behind it."""
    return bool(_CONDITION_END.search(formula)) or len(_SIDE.split(_BRACED.sub("", formula))) > 2


_BRACED = re.compile(r"\{[^{}]*\}")


def _is_curve(sides: Sequence[str]) -> bool:
    """Whether an equation is the answer itself: both coordinates on one side, with a power or against zero."""
    return (
        len(sides) == 2
        and _COORDINATES.match(sides[0]) is not None
        and ("^" in sides[0] or sides[1].strip(" .") == "0")
    )


_COORDINATES = re.compile(r"(?=[^\0]*(?<![a-zA-Z\\])x(?![a-zA-Z]))(?=[^\0]*(?<![a-zA-Z\\])y(?![a-zA-Z]))")
_CONDITION_END = re.compile(
    r"(?:,|\\q?quad|\\[,; ])\s*+(?:\\q?quad\s*+)?(?:\\text\{[a-z ]{1,12}\}\s*+)?[a-z]\s*+(?:\\neq?(?![a-z])|≠"
    r"|!=)[^=]{1,40}$"
)
