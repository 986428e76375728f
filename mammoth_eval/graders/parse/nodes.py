"""The tree that the parser builds: one frozen class for each kind of node, nothing that can run.

Every node has its children as `args`, so that a walk needs to know no kind. `tag` is its name in JSON and in texts made
of trees, and keeps two kinds with the same children apart: named tuples, the cheapest objects to make, compare as
tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias, TypeVar


class Number(NamedTuple):
    """An exact rational number."""

    value: Fraction
    args: tuple[Node, ...] = ()
    tag: str = "num"


class Decimal(NamedTuple):
    """A number written with a point, and its decimal places."""

    value: Fraction
    places: int
    args: tuple[Node, ...] = ()
    tag: str = "dec"


class Symbol(NamedTuple):
    """A variable, subscript included (``x_1``)."""

    name: str
    args: tuple[Node, ...] = ()
    tag: str = "sym"


class Constant(NamedTuple):
    """``pi``, ``e``, ``i``, ``oo``, ``Reals``, ``empty`` or ``nan``."""

    name: str
    args: tuple[Node, ...] = ()
    tag: str = "const"


class Text(NamedTuple):
    """Words."""

    words: str
    args: tuple[Node, ...] = ()
    tag: str = "text"


class Based(NamedTuple):
    """Digits with their base, as text (``1011_2``)."""

    digits: str
    args: tuple[Node, ...] = ()
    tag: str = "based"


class Sum(NamedTuple):
    """Terms."""

    args: tuple[Node, ...]
    tag: str = "add"


class Product(NamedTuple):
    """Factors."""

    args: tuple[Node, ...]
    tag: str = "mul"


class Power(NamedTuple):
    """Base and exponent; roots and reciprocals, too."""

    args: tuple[Node, Node]
    tag: str = "pow"

    @property
    def base(self) -> Node:
        """What is raised."""
        return self.args[0]

    @property
    def exponent(self) -> Node:
        """To what it is raised."""
        return self.args[1]


class Call(NamedTuple):
    """A function, or an operator such as ``sum``, with its arguments."""

    name: str
    args: tuple[Node, ...] = ()
    tag: str = "call"


class PlusMinus(NamedTuple):
    """Two values of opposite signs; `sign` is the one that comes first."""

    sign: str
    args: tuple[Node]
    tag: str = "pm"


class Relation(NamedTuple):
    """A chain of relations: one sign fewer than it has sides."""

    signs: tuple[str, ...]
    args: tuple[Node, ...]
    tag: str = "rel"


class Collection(NamedTuple):
    """Items in brackets: ``()`` ``[]`` ``(]`` ``[)`` ``{}`` ``<>``, or none where they stand in a bare list.

    ``to``: the ends of a range (``3 to 5``), which may be a ratio.
    """

    brackets: str
    args: tuple[Node, ...]
    tag: str = "seq"


class SetOperation(NamedTuple):
    """``union``, ``intersection`` or ``difference`` of two sets."""

    operation: str
    args: tuple[Node, ...]
    tag: str = "setop"


class SetBuilder(NamedTuple):
    """The numbers for which a condition holds."""

    args: tuple[Node]
    tag: str = "setof"


class Matrix(NamedTuple):
    """Entries, row by row."""

    rows: int
    columns: int
    args: tuple[Node, ...]
    tag: str = "matrix"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns


class Quantity(NamedTuple):
    """A number with its unit, in the spelling of `dimensions.canonical`."""

    unit: str
    args: tuple[Node]
    tag: str = "quantity"


class Percent(NamedTuple):
    """Hundredths."""

    args: tuple[Node]
    tag: str = "percent"


class Degree(NamedTuple):
    """An angle, or a temperature, in degrees."""

    args: tuple[Node]
    tag: str = "degree"


class Compound(NamedTuple):
    """Quantities in a row (``1 hour 30 minutes``)."""

    args: tuple[Node, ...]
    tag: str = "compound"


class Ratio(NamedTuple):
    """Parts, ``1:2:3``."""

    args: tuple[Node, ...]
    tag: str = "ratio"


class Congruence(NamedTuple):
    """A value or an equation, and the modulus that it holds for."""

    args: tuple[Node, Node]
    tag: str = "congruence"


class Pair(NamedTuple):
    """Key and value of a printed dict; value and condition of a piece."""

    args: tuple[Node, ...]
    tag: str = "pair"


class Piecewise(NamedTuple):
    """A function by cases: a `Pair` for each, in order."""

    args: tuple[Node, ...]
    tag: str = "piecewise"


Leaf: TypeAlias = Number | Decimal | Symbol | Constant | Text | Based
Branch: TypeAlias = (
    Sum | Product | Power | Call | PlusMinus | Relation | Collection | SetOperation | SetBuilder | Matrix | Quantity
    | Percent | Degree | Compound | Ratio | Congruence | Pair | Piecewise
)  # fmt: skip
Node: TypeAlias = Leaf | Branch
N = TypeVar("N", bound=Node)


class Unreadable(ValueError):
    """A text that is no answer of the grammar, or passes its bounds."""


ZERO, ONE, TWO, MINUS_ONE = (Number(Fraction(value)) for value in (0, 1, 2, -1))
HALF = Number(Fraction(1, 2))
EULER, IMAGINARY, PI, INFINITY = (Constant(name) for name in ("e", "i", "pi", "oo"))
EMPTY, REALS = Constant("empty"), Constant("Reals")

MAX_TERMS = 2_000
"""Of a sum, factors of a product: keeps building them linear in the text."""


def num(value: int | Fraction) -> Number:
    """A number node."""
    return Number(Fraction(value))


def add(*terms: Node) -> Node:
    """A sum, flat. Raises `Unreadable` past `MAX_TERMS`."""
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.args if isinstance(term, Sum) else (term,))
    _check_length(flat)
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def mul(*factors: Node) -> Node:
    """A product, flat. Raises `Unreadable` past `MAX_TERMS`."""
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.args if isinstance(factor, Product) else (factor,))
    _check_length(flat)
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def _check_length(parts: Sequence[Node]) -> None:
    if len(parts) > MAX_TERMS:
        raise Unreadable(f"more than {MAX_TERMS} terms")


def neg(node: Node) -> Node:
    """The node with its sign changed."""
    if isinstance(node, Number):
        return Number(-node.value)
    if isinstance(node, Decimal):
        return Decimal(-node.value, node.places)
    return mul(MINUS_ONE, node)


def power(base: Node, exponent: Node) -> Power:
    """A power."""
    return Power((base, exponent))


def divide(above: Node, below: Node) -> Node:
    """A quotient, as a product with a reciprocal."""
    if isinstance(above, Number) and isinstance(below, Number) and below.value:
        return Number(above.value / below.value)
    return mul(above, power(below, MINUS_ONE))


def subtract(left: Node, right: Node) -> Node:
    """A difference."""
    return add(left, neg(right))


def call(name: str, *args: Node) -> Call:
    """A function applied."""
    return Call(name, args)


def rebuilt(node: N, args: Iterable[Node]) -> N:
    """The node with other children, as many of them as its kind has; a leaf as it is."""
    return node._replace(args=tuple(args)) if node.args else node  # type: ignore[arg-type, return-value]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(current.args)


def symbols(node: Node) -> frozenset[str]:
    """The names of the variables in the tree."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Symbol))


def put(node: Node, name: str, value: Node) -> Node:
    """The tree with `value` in the place of the variable."""
    if isinstance(node, Symbol):
        return value if node.name == name else node
    return rebuilt(node, [put(part, name, value) for part in node.args]) if node.args else node


def has(node: Node, *kinds: type[Node]) -> bool:
    """Whether a node of one of the kinds is in the tree."""
    return any(isinstance(part, kinds) for part in walk(node))


def written(node: Leaf | Call | Collection) -> str:
    """What a node without children holds, as text."""
    match node:
        case Number():
            return str(node.value)
        case Decimal():
            return str((node.value, node.places))
        case Text():
            return node.words
        case Based():
            return node.digits
        case Collection():
            return node.brackets
        case _:
            return node.name


def spelled(node: Node) -> str:
    """The tree as a text, the same for equal trees: of a subscript or an exponent what was written."""
    if node.args:
        return node.tag + "(" + ",".join(spelled(part) for part in node.args) + ")"
    return written(node) if isinstance(node, Leaf | Call | Collection) else node.tag
