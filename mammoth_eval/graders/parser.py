r"""Tokens -> tree: a Pratt parser for the answer grammar (LaTeX, plain text, what Python and sympy print).

Top down operator precedence (Pratt 1973): `Parser.expression` climbs by binding power; what stands at the head of an
operand is in `operands`, printed Python calls are in `calls`. Linear in the tokens: nothing is read twice but a few tokens
of look-ahead. Unclosed brackets are closed at the end, a stray closing bracket at the end is dropped; everything else that
fits nowhere is `Unreadable`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from mammoth_eval.graders import arguments, brackets, literals, names, operands, units
from mammoth_eval.graders.grammar import (
    IMPLICIT,
    LOGIC,
    MAX_DEPTH,
    POSTFIX,
    POWER,
    PRODUCT,
    RATIO,
    RELATION,
    SET,
    SIGN,
    SUM,
)
from mammoth_eval.graders.tokens import Token, tokenize
from mammoth_eval.graders.tree import Node, Unreadable, add, call, divide, mul, power, subtract

MAX_CHAIN = 40
_RELATIONS = {"=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!="}
_RELATION_COMMANDS = {"in": "in", "notin": "notin", "approx": "~", "simeq": "~", "sim": "~", "cong": "~", "doteq": "~"}
_SETS = {
    "U": "union",
    "cup": "union",
    "bigcup": "union",
    "cap": "intersection",
    "setminus": "difference",
    "backslash": "difference",
}
_MODULUS = frozenset({"mod", "modulo"})
_CLOSERS = frozenset({")", "]", "}", "\\}"})
_OPENERS = frozenset({"(", "[", "{", "\\{"})
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_OPERATORS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER, "**": POWER, "!": POSTFIX, "%": POSTFIX, "_": POSTFIX}


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an answer that stands alone, a bare list where commas part it. Raises `Unreadable`."""
    return Parser(tokenize(text)).whole()


def _holds_vector(tokens: list[Token]) -> bool:
    """Whether unit vectors may stand here: i or k behind a number or a sign, and no equation."""
    if any(token.text == "=" for token in tokens):
        return False
    pairs = pairwise(tokens)
    return any(
        after.kind == "name" and after.text in ("i", "k") and (one.kind == "num" or one.text in ("+", "-")) for one, after in pairs
    )


class Parser:
    """The state of one reading: the tokens, the place among them, and what is open around it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.index, self.depth = tokens, 0, 0
        self.literal = -1
        """Where the last number written out ends: another one beside it is no factor."""
        self.factor = False
        """The next bracket stands beside a factor: a square one groups, and is no list."""
        self.bars = 0
        """Absolute values that are open."""
        self.breaks: list[tuple[str, int]] = []
        """Where a bare list is parted by more than a comma: the sign, and the parts before it."""
        self.operators = 0
        """Sums, integrals and limits read so far."""
        self.pairs = False
        """Inside braces: a colon or a bar parts the members of a set or a dict."""
        self.vector = _holds_vector(tokens)
        """Unit vectors may stand here: then a j behind a number is one, and not Python's imaginary unit."""

    @property
    def next(self) -> Token:
        """The token at hand."""
        return self.tokens[self.index]

    def take(self) -> Token:
        """The token at hand, passed."""
        token = self.tokens[self.index]
        self.index += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        """Whether the token at hand is one of these operators."""
        token = self.tokens[self.index]
        return token.kind == "op" and token.text in texts

    def whole(self) -> Node:
        """The tree of all tokens."""
        parts = self.grouped(self.items(()))
        if self.next.kind == "cmd" and self.next.text == "over" and len(parts) == 1:
            self.take()
            parts = [divide(parts[0], self.expression(SUM))]
        while self.at(*_CLOSERS):
            self.take()
        if self.next.kind != "end" or not parts:
            raise Unreadable(f"cannot read on at {self.next.text!r}" if parts else "nothing to read")
        return parts[0] if len(parts) == 1 else Node("seq", "", tuple(parts))

    def items(self, closers: tuple[str, ...], floor: int = LOGIC) -> list[Node]:
        """The parts of a list, up to a closing sign or the end; signs between parts may repeat (``1, and 2``)."""
        parts: list[Node] = []
        while True:
            while self.parted():
                if not closers and parts and (self.at(";") or self.next.text == "or"):
                    self.breaks.append((self.next.text, len(parts)))
                self.take()
            if self.closed(closers):
                return parts
            parts.append(self.expression(floor))
            if self.pairs and self.at(":") and parts[-1].kind != "rel":
                self.take()
                parts[-1] = Node("pair", None, (parts[-1], self.expression(floor)))
            if not (self.parted()):
                return parts

    def parted(self) -> bool:
        """Whether a sign between the parts of a list stands here."""
        return self.next.kind == "sep" or self.at(",", ";", "&")

    def grouped(self, parts: list[Node]) -> list[Node]:
        """The parts of a bare list as tuples where ``;`` or ``or`` parts what commas join (``x=1, y=2; x=3, y=4``)."""
        if not self.breaks or len({sign for sign, _ in self.breaks}) > 1:
            return parts
        places = [0, *dict.fromkeys(place for _, place in self.breaks), len(parts)]
        groups = [parts[start:end] for start, end in pairwise(places) if end > start]
        alike = len(groups) > 1 and len(groups[0]) > 1 and len({len(group) for group in groups}) == 1
        if not alike or (self.breaks[0][0] == "or" and any(part.kind != "rel" for part in parts)):
            return parts
        return [Node("seq", "", tuple(group)) for group in groups]

    def closed(self, closers: tuple[str, ...]) -> bool:
        """Whether a list ends here."""
        token = self.next
        return token.kind in ("end", "end_env") or token.text in closers or (token.kind == "op" and token.text in _CLOSERS)

    def part(self, tokens: list[Token]) -> Node:
        """The tree of tokens that stand by themselves inside these."""
        inner = Parser(tokens)
        inner.operators, inner.depth = self.operators, self.depth
        made = inner.whole()
        self.operators = inner.operators
        return made

    def operand(self) -> Node:
        """The operand at hand, by itself."""
        return operands.operand(self)

    def expression(self, floor: int) -> Node:
        """An operand and all that binds to it at least as tightly as `floor`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} deep")
        left = self.operand()
        while True:
            strength = self.strength(left)
            if strength < floor:
                self.depth -= 1
                return left
            left = self.extend(left, strength)

    def strength(self, left: Node) -> int:
        """How tightly the token at hand binds to what stands before it; 0 where it does not."""
        kind, text, _ = self.next
        if text == "to" and kind in ("name", "word") and self.tokens[self.index + 1].kind == "num":
            return RATIO
        if _heads_modulus(self.tokens, self.index):
            return LOGIC
        if kind == "op":
            return self.operator_strength(text, left)
        if text == "U" and left.kind in ("seq", "setop") and self.tokens[self.index + 1].text in _OPENERS:
            return SET
        if kind in ("end", "end_env", "sep"):
            return 0
        if kind == "cmd":
            if text in ("over", "choose", "atop"):
                return 0
            if text in _RELATION_COMMANDS:
                return RELATION
            if text in _SETS:
                return SET
            if text in ("pm", "mp"):
                return SUM
            if text in ("mod", "bmod"):
                return PRODUCT
            if text == "pmod":
                return LOGIC
            if text in ("circ", "degree"):
                return POSTFIX
            if text in ("rangle", "rfloor", "rceil", "to", "rightarrow", "Rightarrow", "implies", "iff"):
                return 0
        return IMPLICIT

    def operator_strength(self, text: str, left: Node) -> int:
        """The same for an operator sign."""
        if text in _OPERATORS:
            return _OPERATORS[text]
        if text in _RELATIONS:
            return RELATION
        if text == ":":
            return 0 if self.pairs else RATIO
        if text == "|":
            if self.bars or self.pairs:
                return 0
            return LOGIC if left.kind in ("rel", "setop") else IMPLICIT
        if text == "&":
            return LOGIC if left.kind in ("rel", "setop") else 0
        return IMPLICIT if text in _OPENERS else 0

    def extend(self, left: Node, strength: int) -> Node:
        """`left` with the next operator and its right side."""
        if strength == IMPLICIT:
            return self.beside(left)
        token = self.take()
        if strength == SUM:
            return self.sum(left, token.text)
        if strength == PRODUCT:
            right = brackets.grouped(self.expression(SIGN))
            left = brackets.grouped(left)
            if token.kind == "cmd":
                return call("mod", left, right)
            return mul(left, right) if token.text == "*" else divide(left, right)
        if strength == POWER:
            return self.raised(left)
        if strength == POSTFIX:
            return self.postfix(left, token.text)
        if strength == RELATION:
            return self.related(left, _RELATIONS.get(token.text) or _RELATION_COMMANDS[token.text])
        if strength == RATIO:
            return self.ratio(left)
        if strength == LOGIC and (token.text in ("pmod", "(") or token.text in _MODULUS):
            return self.congruence(left, token)
        name = _SETS.get(token.text) or ("union" if token.text == "|" else "intersection")
        right = self.expression(strength + 1)
        return Node("setop", name, (left, right))

    def sum(self, left: Node, sign: str) -> Node:
        """A sum, a difference, or the two at once."""
        right = brackets.grouped(self.expression(PRODUCT))
        left = brackets.grouped(left)
        if sign in ("pm", "mp"):
            return add(left, Node("pm", "+" if sign == "pm" else "-", (right,)))
        return add(left, right) if sign == "+" else subtract(left, right)

    def congruence(self, left: Node, token: Token) -> Node:
        r"""A residue class: ``3 \pmod 7``, ``x = 3 (mod 7)``, ``3 mod 7``."""
        if token.text == "(":
            self.take()
        modulus = arguments.argument(self) if token.text == "pmod" else self.expression(PRODUCT)
        if token.text == "(" and self.at(")"):
            self.take()
        return Node("congruence", None, (left, modulus))

    def related(self, left: Node, operator: str) -> Node:
        """A chain of relations, flat."""
        right = self.expression(RELATION + 1)
        if len(left.args) > MAX_CHAIN:
            raise Unreadable(f"more than {MAX_CHAIN} relations in a chain")
        if left.kind == "rel":
            return Node("rel", (*left.value, operator), (*left.args, right))
        return Node("rel", (operator,), (left, right))

    def ratio(self, left: Node) -> Node:
        """``2:3``; after words a colon is a label's."""
        right = self.expression(RATIO + 1)
        if left.kind == "text" and left.value.endswith("Error"):
            raise Unreadable("an exception")
        if left.kind == "text":
            return Node("rel", ("=",), (left, right))
        parts = left.args if left.kind == "ratio" else (left,)
        if len(parts) > MAX_CHAIN:
            raise Unreadable(f"a ratio of more than {MAX_CHAIN} parts")
        return Node("ratio", None, (*parts, right))

    def raised(self, left: Node) -> Node:
        """A power, a degree, or the mark of an ordinal."""
        if self.next.kind == "cmd" and self.next.text in ("circ", "degree"):
            self.take()
            return Node("degree", None, (left,))
        if self.next.text in _ORDINALS or (self.at("{") and self.tokens[self.index + 1].text in _ORDINALS):
            while self.next.text in _ORDINALS or self.at("{", "}"):
                self.take()
            return left
        right = self.exponent()
        if right == Node("call", "circ") or (right == Node("sym", "o") and left.kind in ("num", "dec")):
            return Node("degree", None, (left,))
        if left.kind == "quantity":
            return Node("quantity", left.value + f"^{units.spelled(right)}", left.args)
        return power(brackets.grouped(left), right)

    def postfix(self, left: Node, sign: str) -> Node:
        """Factorial, percent, degree, or a subscript."""
        if sign == "%":
            return Node("percent", None, (left,))
        if sign in ("circ", "degree"):
            return Node("degree", None, (left,))
        if sign == "_":
            return names.subscripted(self, left)
        count = 1
        while self.at("!"):
            self.take()
            count += 1
        if count > 2:
            raise Unreadable("more than two factorial signs")
        return call("factorial" if count == 1 else "factorial2", left)

    def exponent(self) -> Node:
        """What stands after ``^``."""
        return arguments.exponent(self)

    def beside(self, left: Node) -> Node:
        """What stands beside a number without a sign: a unit, or a factor."""
        token = self.next
        if left.kind == "text":
            raise Unreadable("words and signs without a relation")
        if token.kind == "num" and self.literal == self.index:
            mixed = literals.plain_mixed(self, left)
            if mixed is None:
                raise Unreadable("two numbers side by side")
            return mixed
        if units.starts(self.tokens, self.index, left):
            return units.read(self, left)
        if left.kind in ("quantity", "percent", "degree") and token.kind == "num":
            return Node("compound", None, (left, self.expression(PRODUCT)))
        self.factor = self.at("[")
        right = self.expression(SIGN)
        if right.kind == "text":
            return Node("quantity", right.value.lower(), (left,))
        return literals.mixed(left, right, token) or mul(brackets.grouped(left), brackets.grouped(right))


def _heads_modulus(tokens: list[Token], index: int) -> bool:
    """Whether ``mod 7`` or ``(mod 7)`` in words stands here."""
    token = tokens[index]
    if token.text == "(" and token.kind == "op":
        token = tokens[index + 1]
    return token.kind in ("name", "word") and token.text in _MODULUS
