r"""The heads of operands: numbers, signs, commands."""

from __future__ import annotations

from mammoth_eval.graders.parse import arguments, functions, groups, lists, literals, names, operators, series, units
from mammoth_eval.graders.parse.binding import POWER, PRODUCT, RELATION, SET
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import CONSTANTS, FRACTIONS, FUNCTIONS, MONEY, VARIANTS
from mammoth_eval.graders.parse.nodes import (
    Based,
    Call,
    Collection,
    Constant,
    Node,
    PlusMinus,
    Quantity,
    Relation,
    SetBuilder,
    Symbol,
    Unreadable,
    call,
    divide,
    mul,
    neg,
    num,
    spelled,
    symbols,
    walk,
)

_SKIPPED = frozenset(
    {"angle", "triangle", "therefore", "because", "measuredangle", "square", "underset", "qed", "overset"}
)
_WRAPPING = {"lfloor": ("floor", "rfloor"), "lceil": ("ceil", "rceil")}
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_SIGNS = {"pm": "+", "mp": "-"}
_UNREAD = frozenset(
    {"complement", "partial", "nabla", "to", "neg", "forall", "exists", "begin", "end", "rightarrow", "implies", "iff"}
)


def operand(p: Cursor) -> Node:
    """The operand at hand. Raises `Unreadable` where there is none."""
    token = p.take()
    if token.kind == "num":
        return _number(p, token)
    if token.kind == "name":
        return names.name(p, token)
    if token.kind == "word":
        return names.phrase(p, token)
    if token.kind == "cmd":
        return _command(p, token)
    if token.kind == "begin":
        return groups.environment(p, token)
    if token.kind == "op":
        return _sign(p, token)
    raise Unreadable(f"an operand is missing at {token.text!r}")


def _sign(p: Cursor, token: Token) -> Node:
    text = token.text
    if text in ("-", "+"):
        right = p.expression(POWER)
        return neg(right) if text == "-" else right
    if text in ("(", "[", "{", "\\{"):
        p.index -= 1
        return groups.bracket(p)
    if text == "|":
        p.bars += 1
        inner = p.expression(RELATION)
        p.bars -= 1
        if p.at("|"):
            p.take()
        return call("abs", inner)
    if text == "<":
        parts = lists.items(p, (">",), SET)
        p.take()
        return Collection("<>", tuple(parts))
    if text == "...":
        return Symbol("...")
    raise Unreadable(f"an operand is missing at {text!r}")


def _number(p: Cursor, token: Token) -> Node:
    if p.at("_") and "\\" not in token.text:
        p.take()
        digits = token.text.lstrip("0") if token.text.isdigit() else token.text
        return Based(f"{digits or '0'}_{names.index(p)}")
    if p.next.kind == "name" and not p.next.gap:
        follower = p.next.text
        if follower in ("st", "nd", "rd", "th"):
            p.take()
        elif follower in ("j", "J") and not (
            p.vector or units.is_counted(p.tokens, follower) or _is_raised(p.tokens[p.index + 1])
        ):
            p.take()
            return mul(literals.number(token.text), Constant("i"))
    p.literal = p.index
    return literals.number(token.text)


def _is_raised(token: Token) -> bool:
    """Whether a power, or a factor, follows right behind: then a j is a letter."""
    return token.text in ("^", "**") or (
        token.kind in ("name", "cmd") and not token.gap and token.text not in ("cdot", "times")
    )


def _command(p: Cursor, token: Token) -> Node:
    text = VARIANTS.get(token.text, token.text)
    if text in FRACTIONS:
        return operators.derivative(p) or divide(arguments.argument(p), arguments.argument(p))
    if text in _BINOMIALS or (text == "choose" and p.at("{")):
        return call("binomial", arguments.argument(p), arguments.argument(p))
    if text == "sqrt":
        return arguments.root(p)
    if text in _SIGNS:
        return PlusMinus(_SIGNS[text], (p.expression(PRODUCT),))
    if text in FUNCTIONS:
        return functions.function(p, FUNCTIONS[text], plain=text in ("surd", "cbrt"))
    if text in CONSTANTS and text not in ("i", "e", "I", "E"):
        return Constant(CONSTANTS[text])
    if text in MONEY:
        return _money(p, text)
    if text in _SKIPPED:
        return operand(p)
    if text in _WRAPPING:
        return _wrapped(p, *_WRAPPING[text])
    return _other(p, text)


def _other(p: Cursor, text: str) -> Node:
    if text in series.NAMES:
        return operators.operator(p, text)
    if text in ("overline", "bar", "widehat", "dot", "ddot", "overrightarrow", "widetilde", "overleftrightarrow"):
        inner = arguments.argument(p)
        return call("conj" if text in ("overline", "bar") and _is_complex(inner) else "overline", inner)
    if text in ("circ", "degree"):
        return Call("circ")
    if text in ("lVert", "rVert", "Vert", "|"):
        return _wrapped(p, "norm", text.replace("l", "r", 1))
    if text in ("ldots", "cdots", "dots", "vdots"):
        return Symbol("...")
    if text in ("mathbb", "Bbb"):
        return _blackboard(p)
    if text == "langle":
        return _angled(p)
    if text in _UNREAD:
        raise Unreadable(f"\\{text} is not in the grammar")
    return names.subscript(p, Symbol(text))


def _is_complex(node: Node) -> bool:
    return any(part == Constant("i") for part in walk(node)) and not symbols(node)


_HALF_LINES = {"^+": ">", "_+": ">", "_>0": ">", "_>=0": ">=", "^-": "<", "_-": "<", "_<0": "<", "_<=0": "<="}


def _blackboard(p: Cursor) -> Node:
    r"""``\mathbb{R}`` and its halves; another letter is a name."""
    name = spelled(arguments.argument(p))
    if name != "R":
        return Symbol(name)
    texts, place = "", p.index
    while p.at("^", "_", "{", "}", "+", "-", ">", "<", ">=", "<=") or p.next.text == "0":
        texts += p.take().text.strip("{}")
    if texts in _HALF_LINES:
        return SetBuilder((Relation((_HALF_LINES[texts],), (Symbol("x"), num(0))),))
    p.index = place
    return Constant("Reals")


def _money(p: Cursor, text: str) -> Node:
    if p.closed(()):
        raise Unreadable("a currency without an amount")
    return Quantity(MONEY[text], (p.expression(PRODUCT),))


def _wrapped(p: Cursor, name: str, closer: str) -> Node:
    inner = p.expression(RELATION)
    if p.next.text == closer:
        p.take()
    return call(name, inner)


def _angled(p: Cursor) -> Node:
    r"""The vector in ``\langle 1, 2 \rangle``."""
    parts = lists.items(p, ("rangle",))
    p.take()
    return Collection("<>", tuple(parts))
