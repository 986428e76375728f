"""Units: where they start, how they are spelled, what they are worth in one another.

A word after a number is taken for its unit (``24 people``); of those in the table the dimension and the factor are known,
so that ``60 minutes`` equals ``1 hour`` and ``5 cm`` does not equal ``5 m``. A single letter is a unit only where it stands
apart (``10 m``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from mammoth_eval.graders.tokens import Token
from mammoth_eval.graders.tree import Node, mul, num, symbols, words
from mammoth_eval.graders.vocabulary import CONSTANTS, FRACTIONS, FUNCTIONS, GREEK, MONEY, NOT_PRODUCTS, SCALES

if TYPE_CHECKING:
    from mammoth_eval.graders.parser import Parser

_TABLE = """
length: mm=1/1000 cm=1/100 dm=1/10 m=1 km=1000 in=127/5000 ft=381/1250 yd=1143/1250 mi=201168/125 nm=1/1000000000
time: ms=1/1000 s=1 min=60 h=3600 d=86400 wk=604800
mass: mg=1/1000 g=1 kg=1000 lb=45359237/100000 oz=45359237/1600000 ton=1000000
money: cent=1/100 dollar=1
volume: ml=1/1000 l=1
"""
_NAMES = {
    "mm": "millimeter millimetre", "cm": "centimeter centimetre", "dm": "decimeter", "m": "meter metre",
    "km": "kilometer kilometre",
    "in": "inch inches", "ft": "foot feet", "yd": "yard yds", "mi": "mile", "ms": "millisecond", "s": "second sec",
    "min": "minute mins",
    "h": "hour hr hrs", "d": "day", "wk": "week", "mg": "milligram", "g": "gram gm", "kg": "kilogram kgs", "lb": "pound lbs",
    "oz": "ounce", "ton": "tonne", "cent": "penny pennies c", "dollar": "usd buck", "ml": "milliliter mL millilitre",
    "l": "liter litre L", "nm": "nanometer", "mi/h": "mph", "km/h": "kmh kph kmph", "rad": "radian rads",
    "N": "newton", "J": "joule", "W": "watt", "V": "volt", "A": "ampere amp", "C": "coulomb", "Hz": "hertz", "Pa": "pascal",
    "ohm": "Ohm",
}  # fmt: skip
_OTHER = frozenset(
    words("""euro euros yen rupee rupees unit units sq square cubic cu people person apples celsius fahrenheit
    kelvin rpm hz pa kpa
    mole moles mol amu ev kev mev degree degrees
    year years month months percent gallon gallons quart quarts pint pints cup cups acre acres times ways kn mn kj mpa
    gpa atm""")
)
_LETTERS = frozenset("mgshLlNJWVACKFTd")
_SINGULAR = {name: base for base, names in _NAMES.items() for name in [base, *names.split()]}
_WORTH: dict[str, tuple[str, Fraction]] = {}
for _line in _TABLE.strip().splitlines():
    _dimension, _, _entries = _line.partition(": ")
    _WORTH |= {entry.split("=")[0]: (_dimension, Fraction(entry.split("=")[1])) for entry in _entries.split()}
_TEMPERATURES = {name: full for full in ("celsius", "fahrenheit", "kelvin") for name in (full.capitalize(), full[0].upper())}
_PERCENT, _DEGREES = frozenset({"percent", "pct", "percentage"}), frozenset({"degrees", "degree", "deg"})
_NOISE = frozenset(
    {"of", "the", "a", "total", "each", "more", "left", "full", "whole", "extra", "exactly", "only", "approximately"}
)
_STOPS = frozenset({"if", "for", "when", "where", "is", "are", "mod", "with", "otherwise", "such", "because"})


def known(text: str) -> bool:
    """Whether the word is a unit of the table."""
    return _base(text) in _NAMES or text.lower() in _OTHER or text.lower() in _PERCENT


def _base(text: str) -> str:
    lower = text if len(text) == 2 and text[0].islower() else text.lower()  # mM is no mm
    for word in (text, lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if word in _SINGULAR:
            return _SINGULAR[word]
    return lower


def starts(tokens: Sequence[Token], index: int, left: Node) -> bool:
    """Whether the token at `index`, beside `left`, is a unit and not a factor."""
    token = tokens[index]
    if token.kind == "word":
        return token.text.lower() not in _STOPS
    if token.kind == "op":
        return token.text == "(" and _in_brackets(tokens, index)
    if token.kind == "cmd" and token.text == "deg":
        return True
    if token.kind == "cmd":
        return token.text in MONEY or _is_quotient(tokens, index)
    follower = tokens[min(index + 1, len(tokens) - 1)]
    if token.text == "min" and token.kind == "name" and follower.text != "(":
        return True
    if token.kind != "name" or token.text in FUNCTIONS or token.text in CONSTANTS or token.text in GREEK:
        return False
    text = token.text
    if len(text) == 1 and left.kind == "degree":
        return text in _TEMPERATURES
    if len(text) == 1:
        ends = follower.kind in ("end", "sep") or follower.text in ("/", "^", ",", ")", "]", "}") or _is_times(tokens, index + 1)
        return token.gap and text in _LETTERS and ends and not symbols(left)
    if follower.text == "(" and follower.kind == "op" and not follower.gap:
        return False
    return known(text) or len(text) > 3 or _is_phrase(token, follower) or text.lower() in NOT_PRODUCTS or text.lower() in SCALES


def _is_quotient(tokens: Sequence[Token], index: int) -> bool:
    r"""Whether ``\frac{\text{m}}{\text{s}}`` stands here: words, which a letter of a formula is not."""
    if tokens[index].text not in FRACTIONS or len(tokens) < index + 7:
        return False
    opening, above, closing, second, below, end = tokens[index + 1 : index + 7]
    braces = (opening.text, closing.text, second.text, end.text) == ("{", "}", "{", "}")
    return braces and all(one.kind == "word" or (one.kind == "name" and one.gap) for one in (above, below))


def _is_times(tokens: Sequence[Token], index: int) -> bool:
    """Whether a sign of multiplication and another unit stand here."""
    if tokens[index].text != "*":
        return False
    follower = tokens[index + 1]
    return follower.kind == "word" or (follower.kind == "name" and follower.gap and known(follower.text))


def _in_brackets(tokens: Sequence[Token], index: int) -> bool:
    """Whether brackets that end the answer hold a unit (``48 (cm^2)``)."""
    inner, last = tokens[index + 1], tokens[-2]
    word = inner.kind == "word" or (inner.kind == "name" and len(inner.text) > 1)
    return word and known(inner.text) and last.text == ")" and all(one.text not in "(+=," for one in tokens[index + 1 : -2])


def _is_phrase(token: Token, follower: Token) -> bool:
    """Whether two words in a row stand here, the first of which might be letters (``red marbles``)."""
    return token.gap and follower.kind == "name" and follower.gap and len(follower.text) > 3 and follower.text not in FUNCTIONS


def read(p: Parser, left: Node) -> Node:
    """`left` with the unit phrase at hand: a quantity, a percentage, degrees, or a scaled number."""
    if p.next.kind == "cmd" and p.next.text in FRACTIONS:
        above, below = p.tokens[p.index + 2].text, p.tokens[p.index + 5].text
        p.index += 7
        return _quantity(left, [above, "/", below])
    words: list[str] = []
    bracket = p.at("(")
    p.index += bracket
    while True:
        token = p.next
        if token.kind in ("word", "name") and (token.kind == "word" or not words or token.gap or words[-1] in "/^*"):
            words.append(p.take().text)
        elif token.kind == "cmd" and token.text in MONEY:
            words.append(MONEY[p.take().text])
        elif words and p.at(".") and p.tokens[p.index + 1].kind in ("word", "name", "num", "end"):
            p.take()
        elif words and token.kind == "op" and token.text in ("/", "*", "^") and _continues(p):
            words.append(p.take().text)
            if words[-1] == "^":
                words.append(spelled(p.exponent()))
        elif token.kind == "cmd" and token.text == "deg":
            words.append(p.take().text)
        else:
            break
    p.index += bracket and p.at(")")
    return _quantity(left, words)


def _continues(p: Parser) -> bool:
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
    if lower[0] in _PERCENT:
        return Node("percent", None, (left,))
    if lower[0] in _DEGREES and len(lower) == 1:
        return Node("degree", None, (left,))
    scale = words[-1] if left.kind == "degree" or (lower[0] in _DEGREES and len(lower) == 2) else ""
    if scale.capitalize() in _TEMPERATURES:
        return Node("quantity", _TEMPERATURES[scale.capitalize()], (left.args[0] if left.kind == "degree" else left,))
    return Node("quantity", canonical(words), (left,))


def canonical(words: Sequence[str]) -> str:
    """A unit phrase in one spelling: ``square centimeters`` and ``cm^2`` are both ``cm^2``."""
    followers = [*words[1:], ""]
    kept = [
        one
        for one, after in zip(words, followers, strict=True)
        if one.lower() not in _NOISE and not (one == "in" and after.isalpha())
    ]
    made: list[str] = []
    pending = ""
    for word in kept:
        if word.lower() in ("square", "sq", "cubic", "cu"):
            pending = "^2" if word.lower().startswith("s") else "^3"
        elif word.lower() == "per":
            made.append("/")
        else:
            made.append(_base(word) + pending)
            pending = ""
    return "".join(_joined(made)) or pending


def _joined(parts: list[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        apart = joined and joined[-1][-1:].isalnum() and part[:1].isalnum() and joined[-1] != "^"
        joined.append((" " if apart else "") + part)
    return joined


_POWERED = re.compile(r"([a-zA-Z]+)(?:\^(\d))?")


def worth(unit: str) -> tuple[str, Fraction] | None:
    """The dimension and the factor of a unit or of one unit per another; None where it is not of the table."""
    above, slash, below = unit.partition("/")
    if slash:
        parts = _worth(above), _worth(below)
        return None if parts[0] is None or parts[1] is None else (f"{parts[0][0]}/{parts[1][0]}", parts[0][1] / parts[1][1])
    return _worth(unit)


def _worth(unit: str) -> tuple[str, Fraction] | None:
    match = _POWERED.fullmatch(unit)
    found = _WORTH.get(match[1]) if match else None
    if match is None or found is None:
        return None
    exponent = int(match[2] or 1)
    return f"{found[0]}^{exponent}", found[1] ** exponent


def known_phrase(unit: str) -> bool:
    """Whether every word of a canonical phrase is a unit, so that another one conflicts with it."""
    return all(known(word) for word in re.findall(r"[a-zA-Z]+", unit))


def spelled(node: Node) -> str:
    """A subscript or an exponent as text."""
    if node.kind == "num":
        return str(node.value)
    if node.args:
        return node.kind + "(" + ",".join(spelled(part) for part in node.args) + ")"
    return str(node.value)
