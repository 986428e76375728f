"""Readings that depend on what an answer is compared with.

Unit vectors beside a tuple, ``C(7, 3)`` beside a number, ``3mn`` beside a formula in m and n.
"""

from __future__ import annotations

import re

from mammoth_eval.graders.parse.functions import applied
from mammoth_eval.graders.parse.nodes import (
    ONE,
    ZERO,
    Collection,
    Constant,
    Decimal,
    Degree,
    Matrix,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Relation,
    SetOperation,
    Sum,
    Symbol,
    add,
    has,
    mul,
    num,
    power,
    rebuilt,
    symbols,
    walk,
)

_BASIS = {Constant("i"): 0, Symbol("i"): 0, Symbol("j"): 1, Symbol("k"): 2}
_Multiples = tuple[list[Node], list[Node], list[Node]]
"""What i, j and k each are multiplied with in a sum."""
_COUNTS = {Symbol("C"): "binomial", Symbol("P"): "perm"}


def beside(node: Node, other: Node) -> Node:
    """`node` as it is meant beside `other`; most are meant as they are written."""
    node = _measured(_without_units(node, other), other)
    size = _components(other)
    if size in (2, 3) and isinstance(node, Sum | Product | Symbol):
        return _vector(node, size, other.brackets if isinstance(other, Collection) else "()")
    return node if has(other, Collection) or not has(node, Collection) else _counted(node)


def _measured(node: Node, other: Node) -> Node:
    """``1800g`` as a quantity beside a number; beside a letter it is a product."""
    match node:
        case Product(args=(Number() | Decimal() as count, Symbol(name=letter))) if letter in _GLUED_UNITS:
            return Quantity(letter, (count,)) if isinstance(other, Number | Decimal) else node
        case _:
            return node


_GLUED_UNITS = frozenset("gmshLlJNWV")


def _without_units(node: Node, other: Node) -> Node:
    """The tree without what looks like units in a formula, and without the degrees that the other side leaves out."""
    if isinstance(node, Sum | Product) and has(node, Quantity) and (symbols(node) or symbols(other)):
        return _lettered(node, symbols(node) | symbols(other))
    if isinstance(node, Quantity) and len(node.unit) > 1 and set(_LETTER.findall(node.unit)) <= symbols(other):
        return _lettered(node, symbols(other))
    if isinstance(node, Sum) and has(node, Degree) and symbols(node) and not (has(other, Degree) or _has_pi(other)):
        return _without_degrees(node)
    return node


def _has_pi(node: Node) -> bool:
    return any(part == Constant("pi") for part in walk(node))


def first(node: Node, other: Node) -> Node:
    """The first of several values beside one value; a set has none."""
    several = isinstance(node, Collection) and node.brackets in ("", "()", "[]") and len(node.args) > 1
    return node.args[0] if several and not isinstance(other, Collection | Matrix | SetOperation) else node


def row(node: Node, other: Node) -> Node:
    """A chain of numbers (``7 > 1 > -1``) as the list in order that it is beside one."""
    if not isinstance(node, Relation) or not isinstance(other, Collection) or symbols(node):
        return node
    in_order = len({sign.rstrip("=") for sign in node.signs}) == 1 and node.signs[0][0] in "<>"
    return Collection("", node.args) if in_order else node


_LETTER = re.compile("[a-zA-Z]")
_LETTER_POWER = re.compile(r"([a-zA-Z])(?:\^(\d))?")


def _lettered(node: Node, names: frozenset[str]) -> Node:
    """The tree with what looks like units between other letters (``3mn (2m - 3n)``) as the products that they are.

    A word stays one where it has letters that are no `names`.
    """
    if isinstance(node, Quantity):
        found = list(_LETTER_POWER.finditer(node.unit))
        is_word = len(node.unit) > 3 and not {one[1] for one in found} <= names
        if is_word or "".join(one[0] for one in found) != node.unit:
            return node
        return mul(*node.args, *(power(Symbol(one[1]), num(int(one[2] or 1))) for one in found))
    return rebuilt(node, tuple(_lettered(part, names) for part in node.args)) if node.args else node


def _without_degrees(node: Node) -> Node:
    if isinstance(node, Degree):
        return node.args[0]
    return rebuilt(node, tuple(_without_degrees(part) for part in node.args)) if node.args else node


def _components(node: Node) -> int | None:
    """How many parts a tuple or a column has; None for anything else."""
    is_vector = (isinstance(node, Collection) and node.brackets in ("()", "[]", "<>")) or (
        isinstance(node, Matrix) and 1 in node.shape
    )
    return len(node.args) if is_vector else None


def _vector(node: Node, size: int, brackets: str) -> Node:
    """A sum of multiples of the first `size` unit vectors as a tuple; a multiple of i alone is a complex number."""
    parts = _multiples(node)
    if parts is None or not (parts[1] or parts[2]) or any(parts[size:]):
        return node
    return Collection(brackets, tuple(add(*part) if part else ZERO for part in parts[:size]))


def _multiples(node: Node) -> _Multiples | None:
    """What i, j and k are multiplied with; None where the node is no such sum."""
    if node in _BASIS:
        made: _Multiples = ([], [], [])
        made[_BASIS[node]].append(ONE)
        return made
    if isinstance(node, Sum):
        return _of_terms(node)
    return _of_factors(node) if isinstance(node, Product) else None


def _of_terms(node: Sum) -> _Multiples | None:
    """Those of every term, side by side."""
    made: _Multiples = ([], [], [])
    for term in node.args:
        found = _multiples(term)
        if found is None:
            return None
        for own, more in zip(made, found, strict=True):
            own.extend(more)
    return made


def _of_factors(node: Product) -> _Multiples | None:
    """Those of the one factor that has unit vectors in it, times the other factors."""
    vectors = [factor for factor in node.args if any(part in _BASIS for part in walk(factor))]
    found = _multiples(vectors[0]) if len(vectors) == 1 else None
    if found is None:
        return None
    scale = [factor for factor in node.args if factor is not vectors[0]]
    i, j, k = ([mul(*scale, multiple) for multiple in multiples] for multiples in found)
    return i, j, k


def _counted(node: Node) -> Node:
    """The tree with ``C(n, k)`` and ``P(n, k)`` as the numbers of choices that they are, and no points with a name."""
    args = tuple(_counted(part) for part in node.args)
    if not isinstance(node, Product):
        return rebuilt(node, args) if args else node
    made: list[Node] = []
    for part in args:
        number = _number_of(made[-1], part) if made else None
        if number is None:
            made.append(part)
        else:
            made[-1] = number
    return mul(*made)


def _number_of(letter: Node, pair: Node) -> Node | None:
    """``C`` beside ``(n, k)``, either of them raised to a power: below a fraction's line, or behind the brackets."""
    below, letter = (letter.args[1], letter.args[0]) if isinstance(letter, Power) else (None, letter)
    above, pair = (pair.args[1], pair.args[0]) if isinstance(pair, Power) else (None, pair)
    if letter not in _COUNTS or not _is_pair(pair):
        return None
    made = applied(_COUNTS[letter], pair.args)
    for exponent in (above, below):
        made = made if exponent is None else power(made, exponent)
    return made


def _is_pair(node: Node) -> bool:
    whole = [part.value for part in node.args if isinstance(part, Number) and part.value.denominator == 1]
    return (
        isinstance(node, Collection)
        and node.brackets == "()"
        and len(whole) == len(node.args) == 2
        and whole[0] >= whole[1] >= 0
    )
