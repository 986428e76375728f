"""When two sums, products, integrals or limits are the same, and what a sum up to a number is."""

from __future__ import annotations

from collections.abc import Callable

from mammoth_eval.graders.equal import rational
from mammoth_eval.graders.parse.nodes import Call, Node, Symbol, num, put, rebuilt, symbols, walk
from mammoth_eval.graders.parse.series import COUNTED, NAMES, SERIES, series


def counting_names(node: Node) -> frozenset[str]:
    """The variables in the bounds of sums and products."""
    found = [
        symbols(bound)
        for part in walk(node)
        if isinstance(part, Call) and part.name in SERIES
        for bound in part.args[1:]
    ]
    return frozenset().union(*found)


def written_out(node: Node, name: str, value: int) -> Node | None:
    """The tree where the variable is this integer, its sums and products written out; None where one cannot be."""
    made = _expanded(put(node, name, num(value)))
    return None if _holds_operator(made) else made


def _expanded(node: Node) -> Node:
    if not node.args:
        return node
    args = tuple(_expanded(part) for part in node.args)
    if isinstance(node, Call) and node.name in SERIES and len(args) == 3:
        low, high = (_integer(bound) for bound in args[1:])
        bound = min((one for one in symbols(args[0]) if one[:1] == COUNTED), default=COUNTED)
        if low is not None and high is not None:
            return series(node.name, args[0], bound, low, high)
    return rebuilt(node, args)


def _integer(node: Node) -> Node | None:
    number = rational.value(node)
    return None if number is None else num(number)


def unified(gold: Node, answer: Node, same: Callable[[Node, Node], bool]) -> tuple[Node, Node]:
    """The two trees with each operator as a symbol, the same one for operators that are the same."""
    if not (_holds_operator(gold) or _holds_operator(answer)):
        return gold, answer
    known: list[Call] = []
    return _named(gold, known, same), _named(answer, known, same)


def _holds_operator(node: Node) -> bool:
    return any(isinstance(part, Call) and part.name in NAMES for part in walk(node))


def _named(node: Node, known: list[Call], same: Callable[[Node, Node], bool]) -> Node:
    if isinstance(node, Call) and node.name in NAMES:
        for index, one in enumerate(known):
            if one.name == node.name and len(one.args) == len(node.args) and all(map(same, one.args, node.args)):
                return Symbol(f"~{index}")
        known.append(node)
        return Symbol(f"~{len(known) - 1}")
    return rebuilt(node, tuple(_named(part, known, same) for part in node.args)) if node.args else node
