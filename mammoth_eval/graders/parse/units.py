"""Units behind a number: where they start and how far they go; `dimensions` has their names.

A word after a number is taken for its unit (``24 people``). A single letter is one only where it stands apart (``10
m``) and nothing but units follows, so that ``12 m^2 n`` is a product.
"""

from __future__ import annotations

from collections.abc import Sequence

from mammoth_eval.graders.parse import arguments
from mammoth_eval.graders.parse.cursor import Cursor
from mammoth_eval.graders.parse.dimensions import LETTERS, PERCENT, canonical, is_symbol, is_word, known
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.lexicon import CONSTANTS, FRACTIONS, FUNCTIONS, GREEK, LETTER_PAIRS, MONEY, SCALES
from mammoth_eval.graders.parse.nodes import Constant, Degree, Node, Percent, Quantity, mul, num, spelled, symbols, walk

_TEMPERATURES = {
    "Celsius": "celsius",
    "C": "celsius",
    "Fahrenheit": "fahrenheit",
    "F": "fahrenheit",
    "Kelvin": "K",
    "K": "K",
}
_DEGREES = frozenset({"degrees", "degree", "deg"})
STOPS = frozenset({"if", "for", "when", "where", "is", "are", "mod", "with", "otherwise", "such", "because"})
"""Words that begin a clause and are no unit."""


def starts(tokens: Sequence[Token], index: int, left: Node) -> bool:
    """Whether the token at `index`, beside `left`, is a unit and not a factor."""
    token = tokens[index]
    match token.kind:
        case "word":
            return token.text.lower() not in STOPS
        case "op":
            return token.text == "(" and _in_brackets(tokens, index)
        case "cmd":
            return token.text == "deg" or token.text in MONEY or _quotient(tokens, index) is not None
        case "name":
            return _name_starts(tokens, index, left)
        case _:
            return False


def _name_starts(tokens: Sequence[Token], index: int, left: Node) -> bool:
    """Whether a name is a unit: a short one only where the tables know it."""
    token = tokens[index]
    text = token.text
    follower = tokens[min(index + 1, len(tokens) - 1)]
    if text == "min" and follower.text != "(":
        return True
    if (is_symbol(text) or text in STOPS) and symbols(left):
        return False
    if _is_mathematics(token, follower, left):
        return False
    if len(text) == 1:
        return _letter_starts(tokens, index, left)
    if follower.text == "(" and follower.kind == "op" and not follower.gap:
        return False
    return known(text) or len(text) > 3 or _is_phrase(token, follower) or is_word(text) or text.lower() in SCALES


def _is_mathematics(token: Token, follower: Token, left: Node) -> bool:
    """Whether a name is a function, a constant, or a product of letters (``AB`` beside other letters)."""
    text = token.text
    if text in FUNCTIONS or text in CONSTANTS or text in GREEK or are_letters(token, follower):
        return True
    return text.isupper() and 1 < len(text) <= 3 and bool(symbols(left))


def _letter_starts(tokens: Sequence[Token], index: int, left: Node) -> bool:
    """Whether a single letter is a unit: it stands apart behind a plain number, and units alone follow."""
    token = tokens[index]
    if isinstance(left, Degree):
        return token.text in _TEMPERATURES
    if not token.gap or token.text not in LETTERS or symbols(left) or _is_imaginary(left):
        return False
    if not _all_units(tokens, index):
        return False
    return not (_in_exponent(tokens, index) or is_counted(tokens, token.text))


def are_letters(token: Token, follower: Token) -> bool:
    """Whether a short word right behind a number is a product (``2it``): ``2in`` before a command, ``10am`` never."""
    return (
        not token.gap
        and token.text in LETTER_PAIRS
        and (token.text not in ("in", "am") or (token.text, follower.kind) == ("in", "cmd"))
    )


def _in_exponent(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token stands in the braces of an exponent, a few tokens from their start at most."""
    for place in range(index - 1, max(index - _MAX_FACTORS, 0), -1):
        if tokens[place].text in ("{", "}"):
            return tokens[place].text == "{" and tokens[place - 1].text in ("^", "**")
    return False


def is_counted(tokens: Sequence[Token], letter: str) -> bool:
    r"""Whether a sum or product runs over the letter (``\sum_{m=0}``)."""
    triples = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return any(one.text == "{" and name.text == letter and sign.text == "=" for one, name, sign in triples)


def _is_imaginary(node: Node) -> bool:
    return any(part == Constant("i") for part in walk(node))


def _quotient(tokens: Sequence[Token], index: int) -> tuple[list[str], int] | None:
    r"""The unit ``\frac{\text{m}}{\text{s}^2}`` and the place after it; None for a formula."""
    if tokens[index].text not in FRACTIONS:
        return None
    above = _braced(tokens, index + 1)
    below = above and _braced(tokens, above[1])
    return ([*above[0], "/", *below[0]], below[1]) if above and below else None


def _braced(tokens: Sequence[Token], index: int) -> tuple[list[str], int] | None:
    """A word and its exponent in braces, and the place after them."""
    texts = [token.text for token in tokens[index : index + 5]]
    if len(texts) < 3 or texts[0] != "{" or not (tokens[index + 1].kind == "word" or tokens[index + 1].gap):
        return None
    if tokens[index + 1].kind in ("word", "name") and texts[2] == "}":
        return texts[1:2], index + 3
    raised = len(texts) == 5 and texts[2] == "^" and texts[4] == "}" and known(texts[1])
    return (texts[1:4], index + 5) if raised else None


_MAX_FACTORS = 8
"""Of a unit; more letters are a product."""


def _all_units(tokens: Sequence[Token], index: int) -> bool:
    """Whether to the end of the part there are units alone: ``m``, ``m/s^2``, ``N m``, and no product of letters."""
    names: list[str] = []
    product = inverse = False
    while len(names) < _MAX_FACTORS and _may_be_unit(tokens[index]):
        names.append(tokens[index].text)
        index += 1
        if tokens[index].text == "^":
            after = _after_exponent(tokens, index + 1)
            inverse = inverse or any(token.text == "-" for token in tokens[index:after])
            index = after
        token = tokens[index]
        if _ends_part(token):
            return not product or inverse or names[:2] == ["N", "m"] or any(len(name) > 1 for name in names)
        if token.text in ("/", "*"):
            index += 1
        elif token.gap:
            product = True
        else:
            return False
    return False


def _may_be_unit(token: Token) -> bool:
    return token.kind == "word" or (token.kind == "name" and (known(token.text) or token.text in LETTERS))


def _ends_part(token: Token) -> bool:
    """Whether an answer, or an item of a list, ends here."""
    return token.kind in ("end", "sep") or token.text in (",", ")", "]", "}")


def _after_exponent(tokens: Sequence[Token], index: int) -> int:
    """The place after a whole number, with a sign or in braces; `index` itself where there is none."""
    braced = tokens[index].text == "{"
    end = index + braced
    end += tokens[end].text == "-"
    end += tokens[end].kind == "num"
    return min(end + braced, len(tokens) - 1)


def _in_brackets(tokens: Sequence[Token], index: int) -> bool:
    """Whether brackets that end the answer hold a unit (``48 (cm^2)``)."""
    inner, last = tokens[index + 1], tokens[-2]
    word = inner.kind == "word" or (inner.kind == "name" and len(inner.text) > 1)
    return (
        word
        and known(inner.text)
        and last.text == ")"
        and all(one.text not in "(+=," for one in tokens[index + 1 : -2])
    )


def _is_phrase(token: Token, follower: Token) -> bool:
    """Whether two words in a row stand here, the first of which might be letters (``red marbles``)."""
    return (
        token.gap
        and follower.kind == "name"
        and follower.gap
        and len(follower.text) > 3
        and follower.text not in FUNCTIONS
    )


def read(p: Cursor, left: Node) -> Node:
    """`left` with the unit phrase at hand: a quantity, a percentage, degrees, or a scaled number."""
    quotient = _quotient(p.tokens, p.index)
    if quotient is not None:
        p.index = quotient[1]
        return _quantity(left, quotient[0])
    words: list[str] = []
    bracket = p.at("(")
    p.index += bracket
    while (part := _next_part(p, words)) is not None:
        words += part
    p.index += bracket and p.at(")")
    return _quantity(left, words)


def _next_part(p: Cursor, words: Sequence[str]) -> list[str] | None:
    """What the token at hand adds to the `words` of a unit phrase, a point nothing; None where the phrase ends."""
    token = p.next
    if _is_unit_word(token, words) or (token.kind == "cmd" and token.text == "deg"):
        return [p.take().text]
    if token.kind == "cmd" and token.text in MONEY:
        return [MONEY[p.take().text]]
    if not words:
        return None
    if p.at(".") and p.tokens[p.index + 1].kind in ("word", "name", "num", "end"):  # of an abbreviation: sq. ft.
        p.take()
        return []
    if p.at("/", "*", "^") and _continues(p):
        sign = p.take().text
        return [sign, spelled(arguments.exponent(p))] if sign == "^" else [sign]
    return None


def _is_unit_word(token: Token, words: Sequence[str]) -> bool:
    """Whether a unit phrase goes on with this word; a name has a space or a sign before it, if it is not the first."""
    if token.kind == "word":
        return True
    return token.kind == "name" and (not words or token.gap or words[-1] in "/^*")


def _continues(p: Cursor) -> bool:
    follower = p.tokens[p.index + 1]
    if p.next.text == "^":
        return follower.kind == "num" or follower.text in ("{", "-")
    return follower.kind in ("word", "name")


def _quantity(left: Node, words: list[str]) -> Node:
    lower = [word.lower() for word in words]
    while lower and lower[0] in SCALES:
        left = mul(left, num(SCALES[lower.pop(0)]))
        words = words[1:]
    if not lower:
        return left
    if lower[0] in PERCENT or lower[:2] == ["per", "cent"]:
        return Percent((left,))
    if lower[0] in _DEGREES and len(lower) == 1:
        return Degree((left,))
    scale = words[-1] if isinstance(left, Degree) or (lower[0] in _DEGREES and len(lower) == 2) else ""
    if scale.capitalize() in _TEMPERATURES:
        return Quantity(_TEMPERATURES[scale.capitalize()], (left.args[0] if isinstance(left, Degree) else left,))
    return Quantity(canonical(words), (left,))
