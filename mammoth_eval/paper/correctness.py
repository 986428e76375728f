r"""The correctness rule of the paper's released code, its defects included.

TIGER-AI-Lab/MAmmoTH, ``math_eval/run_open.py`` and ``utils.py`` (``compare_both_string_and_number_format``,
``number_it``, ``compare_two_numbers``), written anew: string equality, and for MATH also numbers (integer gold: the
rounded answer; other gold: within 4 %).

There an answer that is no float goes through ``eval``; here only Python's operators on number literals are read from it
(a comparison is ``True`` or ``False``, which count as 1 and 0), a list counts by its first item, a text in quotes as
the number in it; names and calls are not read. The gold's own number, which that code reads from its data file, is
worked out from the gold in the same way: a MATH gold that is no number by that rule is compared as a string alone.
Those data were never published with the code's licence, so this is a stated limit.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from mammoth_eval.paper.normalize import strip_string
from mammoth_eval.types import Policy, Verdict

VERSION = "2"
DEFAULT = Policy()
_FRACTION = re.compile(r"\\frac\{([^{}]+)\}\{([^{}]+)\}")
_MAX_CHARS = 200
_MAX_BITS = 4_096
_Value = int | float | str | list["_Value"]


def grade(answer: str, gold: str, policy: Policy = DEFAULT, choices: Sequence[str] = ()) -> Verdict:
    """Whether the released code would count `answer` as right; `choices` do not matter there. Never raises."""
    gold = strip_string(gold) if policy.paper == "math" else gold
    if answer == gold:
        return Verdict(True, "string", "the same text")
    if policy.paper != "math":
        return Verdict(False, "string", "not the same text")
    right, own = number_it(gold), number_it(answer)
    if right is None or own is None:
        return Verdict(False, "string", "not the same text, and not two numbers")
    return Verdict(_close(own, right), "numeric", f"{own} against {right}")


def _close(own: float, right: float) -> bool:
    if math.isnan(own):
        return False
    if isinstance(right, int):
        return not math.isinf(own) and round(own) == right
    margin = abs(right) * 0.04
    return right - margin <= own <= right + margin


def number_it(text: str) -> int | float | None:
    r"""The number that the released code sees in `text` (``\frac{1}{2}``, ``1,000``, ``2*3``, ``[3]``).

    None where none.
    """
    text = _FRACTION.sub(r"\1/\2", text) if "frac" in text else text.replace(",", "")
    plain = _floatify(text)
    return plain if plain is not None else _floatify(_first(_arithmetic(text)))


def _floatify(value: object) -> int | float | None:
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return round(number) if number.is_integer() else number


def _first(value: _Value | None) -> object:
    return (value[0] if value else None) if isinstance(value, list) else value


def _arithmetic(text: str) -> _Value | None:
    """The value of Python arithmetic on number literals.

    None for anything else. Nothing is evaluated by Python itself.
    """
    if len(text) > _MAX_CHARS:
        return None
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, ArithmeticError, TypeError, LookupError):
        return None


_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.BitXor: lambda a, b: _whole(a) ^ _whole(b),
    ast.BitAnd: lambda a, b: _whole(a) & _whole(b),
    ast.BitOr: lambda a, b: _whole(a) | _whole(b),
    ast.LShift: lambda a, b: _whole(a) << min(_whole(b), _MAX_BITS),
    ast.RShift: lambda a, b: _whole(a) >> _whole(b),
}
_SIGNS: dict[type[ast.unaryop], Callable[[float], float]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: lambda a: ~_whole(a),
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
"""``10^2`` is 8 there: Python reads the sign as exclusive or."""


def _value(node: ast.expr) -> _Value:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool, str):
        return node.value  # type: ignore[return-value]
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.UnaryOp):
        return _SIGNS[type(node.op)](_number(node.operand))
    if isinstance(node, ast.BoolOp | ast.Compare):
        return _truth(node)
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left), _number(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        return _OPERATIONS[type(node.op)](left, right)
    raise ValueError("no arithmetic on literals")


def _truth(node: ast.BoolOp | ast.Compare) -> float:
    """What ``and``, ``or`` or a chain of comparisons gives."""
    if isinstance(node, ast.Compare):
        sides = [_number(side) for side in (node.left, *node.comparators)]
        return all(_COMPARISONS[type(sign)](*pair) for sign, pair in zip(node.ops, pairwise(sides), strict=True))
    values = [_number(part) for part in node.values]
    stops = operator.not_ if isinstance(node.op, ast.And) else operator.truth
    return next((value for value in values if stops(value)), values[-1])


def _whole(number: float) -> int:
    if not isinstance(number, int):
        raise ValueError("bits of a number that is not whole")
    return number


def _number(node: ast.expr) -> float:
    value = _value(node)
    if isinstance(value, list | str):
        raise ValueError("a list or a text is no number")
    return value


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > _MAX_BITS or (isinstance(base, int) and base.bit_length() * abs(exponent) > _MAX_BITS):
        raise ValueError("too large")
    power = base**exponent
    if isinstance(power, complex):
        raise ValueError("not real")
    return float(power) if not isinstance(power, int) else power
