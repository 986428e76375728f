"""Names and words: letters, products of letters, subscripts, functions by name, phrases; part of the parser."""

from __future__ import annotations

from mammoth_eval.graders.parse import arguments, dimensions, functions, literals, operators, printed, units
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import CONSTANTS, FUNCTIONS, GREEK, LETTER_PAIRS, VARIANTS, number_in_words
from mammoth_eval.graders.parse.nodes import (
    Based,
    Call,
    Constant,
    Node,
    Number,
    Product,
    Symbol,
    Text,
    Unreadable,
    call,
    mul,
    spelled,
    written,
)


def name(p: Cursor, token: Token) -> Node:
    """What the name at hand means."""
    text = token.text.rsplit(".", 1)[-1] if "." in token.text else token.text
    text = VARIANTS.get(text, text)
    made = printed.printed(p, text, token.text) or operators.printed(p, text)
    if made is not None:
        return made
    if text in FUNCTIONS:
        return functions.function(p, FUNCTIONS[text], plain=True)
    if len(text.rstrip("'")) == 1:
        return _letter(p, text)
    if text in CONSTANTS:
        return Constant(CONSTANTS[text])
    if text in GREEK:
        return subscript(p, Symbol(text))
    return _letters(p, text, token)


def _letter(p: Cursor, letter: str) -> Node:
    """A single letter: a function at a number, a constant, a function whose value follows, else a variable."""
    if _applied(p, letter):
        p.index += 3
        return call(letter, literals.number(p.tokens[p.index - 2].text))
    if letter in CONSTANTS:
        return Constant(CONSTANTS[letter])
    if _defined(p, letter):
        p.index += 3
        inner = p.tokens[p.index - 2]
        return call(letter, literals.number(inner.text) if inner.kind == "num" else Symbol(inner.text))
    return subscript(p, Symbol(letter))


def _letters(p: Cursor, text: str, token: Token) -> Node:
    """Several letters: a quotient of differentials, a product, a function glued to its letter, else a name or words."""
    if _is_differential(text) and p.at("/") and _is_differential(p.tokens[p.index + 1].text):
        p.take()
        return Symbol(f"{text}/{p.take().text}")
    if len(text) <= 3 and _is_product(p, text):
        p.tokens[p.index - 1 : p.index] = [Token("name", char) for char in text]
        return name(p, p.tokens[p.index - 1])
    glued = _glued(text)
    if glued is not None:
        return glued
    if p.at("_"):
        return subscript(p, Symbol(text))
    return phrase(p, token)


def _applied(p: Cursor, letter: str) -> bool:
    """Whether the letter is a function's name before one number in brackets: ``f(2)`` is no product."""
    opening, inner, closing = p.tokens[p.index : p.index + 3] if len(p.tokens) > p.index + 3 else (p.next,) * 3
    return letter[0] in "fghFGHPQSTUVIJ" and opening.text == "(" and inner.kind == "num" and closing.text == ")"


def _defined(p: Cursor, letter: str) -> bool:
    """Whether the letter names a function whose value follows (``k(x) =``); some letters are names without that."""
    if letter[0] in "fghpqFGHPQTSVAauvyrCEDWLRKNMBUIJZ" or len(p.tokens) <= p.index + 4:
        return False
    opening, inner, closing, sign = p.tokens[p.index : p.index + 4]
    brackets = opening.text == "(" and not opening.gap and closing.text == ")"
    of = inner.kind == "num" or inner.text in ("x", "y", "z", "t", "n")
    return brackets and of and sign.text in _RELATIONS


_RELATIONS = frozenset({"=", "<", "<=", ">", ">="})


def _is_product(p: Cursor, text: str) -> bool:
    """Whether a short name is a product of its letters: no unit, and no word but capitals (the segment ``NO``)."""
    if p.at("^", "**") and dimensions.is_word(text):  # Be^x: no word is raised to a power
        return True
    if dimensions.is_word(text) and not (text.isupper() and p.depth > 1):
        return (text in LETTER_PAIRS or text.isupper()) and _is_between_signs(p)
    if dimensions.is_symbol(text) or not dimensions.known(text):
        return True
    return text not in ("min", "deg") and _is_factor(p)


def _is_factor(p: Cursor) -> bool:
    """Whether a name that may be a unit stands beside the signs of a formula."""
    if p.next.text in FUNCTIONS and p.next.kind in ("name", "cmd"):
        return True  # mg sin(x)
    after_sign = p.index > 1 and p.tokens[p.index - 2].text in ("+", "-", "*", "=")
    before_sign = p.next.kind == "cmd" or p.next.text in ("^", "+", "-", "*", "=")
    return after_sign or before_sign or (p.depth > 1 and p.next.text in ("}", "/"))


def _is_between_signs(p: Cursor) -> bool:
    """Whether the name at hand is in a formula: ``by`` in ``ax + by = c``, ``it`` in ``e^{it}``, not in ``3 by 4``."""
    token, after = p.tokens[p.index - 1 : p.index + 1]
    before = p.tokens[p.index - 2] if p.index > 1 else None
    if after.kind in ("name", "word", "num") or (before is None and (after.kind == "end" or after.text == ",")):
        return False
    return before is None or before.kind in ("op", "cmd") or units.are_letters(token, after)


def _is_differential(text: str) -> bool:
    """``dy`` and ``dx``, of whose quotient one name is made."""
    return len(text) == 2 and text[0] == "d" and text[1] in "xyztuvrsf"


def _glued(text: str) -> Node | None:
    """``sinx`` as the function of a letter."""
    head, letter = text[:-1], text[-1]
    if head in ("sin", "cos", "tan", "ln", "log") and letter in "xyzt":
        return call(FUNCTIONS[head], Symbol(letter))
    return None


def phrase(p: Cursor, token: Token) -> Node:
    """A run of words."""
    words = [token.text]
    while p.next.kind == "word" or (p.next.kind == "name" and p.next.gap):
        words.append(p.take().text)
    return Text(" ".join([words[0].lower() if words[0].istitle() else words[0], *words[1:]]))


def subscript(p: Cursor, node: Node) -> Node:
    """The name with the subscript that follows, if one does."""
    while p.at("_"):
        p.take()
        node = subscripted(p, node)
    return node


def index(p: Cursor) -> str:
    """The text of the subscript at hand: all between braces, as it stands, else a digit or a letter.

    Outside of LaTeX all the digits (``x_12``), but for ``a_12^n``.
    """
    plain = not any(token.kind == "cmd" or token.text == "{" for token in p.tokens)
    if p.next.kind == "num" and p.next.text.isdigit() and plain and p.tokens[p.index + 1].text not in ("^", "**"):
        return p.take().text
    if not p.at("{"):
        return spelled(arguments.argument(p))
    p.take()
    parts: list[str] = []
    while not (p.at("}") or p.next.kind == "end"):
        token = p.take()
        number = number_in_words(token.text) if token.kind in ("word", "name") and len(token.text) > 2 else None
        if token.text != "base":
            parts.append(token.text if number is None else str(number))
    p.take()
    return "".join(parts)


def subscripted(p: Cursor, left: Node) -> Node:
    """`left` with the subscript at hand: part of a name, the base of digits; on anything else it is unreadable."""
    text = index(p)
    if isinstance(left, Symbol | Text | Constant):
        return Symbol(f"{written(left)}_{text}")
    if isinstance(left, Product) and isinstance(left.args[-1], Symbol):
        return mul(*left.args[:-1], Symbol(f"{left.args[-1].name}_{text}"))
    if isinstance(left, Call) and left.name == "overline":
        return Symbol(f"{spelled(left)}_{text}")
    if isinstance(left, Number) and left.value.denominator == 1 and text.isdigit():
        return Based(f"{left.value}_{text}")
    raise Unreadable("a subscript on what is no name")
