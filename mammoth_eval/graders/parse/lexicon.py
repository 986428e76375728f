"""The words of the answer grammar: functions, constants, wrappers that programs print, numbers in words."""

from __future__ import annotations

import re
from fractions import Fraction


def words(text: str) -> tuple[str, ...]:
    """The words of a table written as one text."""
    return tuple(text.split())


FUNCTIONS: dict[str, str] = {
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "asin": "asin", "acos": "acos", "atan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "tg": "tan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "ctg": "cot", "exp": "exp", "ln": "log", "log": "log",
    "lg": "log10", "log10": "log10", "log2": "log2", "sqrt": "sqrt", "surd": "sqrt", "cbrt": "cbrt", "abs": "abs",
    "Abs": "abs", "factorial": "factorial", "binomial": "binomial", "comb": "binomial", "floor": "floor",
    "ceiling": "ceil", "ceil": "ceil", "gcd": "gcd", "lcm": "lcm", "max": "max", "min": "min", "Max": "max",
    "Min": "min", "Mod": "mod", "root": "root", "re": "re", "im": "im", "conjugate": "conj", "det": "det",
    "sgn": "sign", "sign": "sign", "arg": "arg", "deg": "deg", "dim": "dim", "ker": "ker", "Pr": "Pr", "perm": "perm",
    "arccot": "acot", "acot": "acot", "cis": "cis", "factorial2": "factorial2", "pow": "pow", "Pow": "pow",
    "arcsec": "asec", "asec": "asec", "arccsc": "acsc", "acsc": "acsc", "sech": "sech", "csch": "csch",
    "coth": "coth", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh", "arcctg": "acot", "arctg": "atan",
    "cosec": "csc", "asech": "asech", "acsch": "acsch", "acoth": "acoth", "fabs": "abs", "nCr": "binomial",
    "nPr": "perm",
}  # fmt: skip
"""Name, in LaTeX or in Python, to the name in the tree."""

CONSTANTS: dict[str, str] = {
    "pi": "pi", "Pi": "pi", "e": "e", "E": "e", "i": "i", "I": "i", "oo": "oo", "inf": "oo", "infty": "oo",
    "infinity": "oo", "Infinity": "oo", "EmptySet": "empty", "emptyset": "empty", "varnothing": "empty",
    "Reals": "Reals", "nan": "nan", "NaN": "nan", "zoo": "nan", "exponentialE": "e", "imaginaryI": "i",
    "imaginaryJ": "i",
}  # fmt: skip

GREEK = frozenset(
    words(
        """
        alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega
        Gamma Delta Theta Lambda Sigma Phi Psi Omega
        """
    )
)
"""Letters written out."""

VARIANTS = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma",
    "lamda": "lambda", "ell": "l", "imath": "i", "jmath": "j",
}  # fmt: skip
"""Other shapes and spellings of letters."""

FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"})
"""Commands of a fraction."""

MONEY = {"dollar": "dollar", "pounds": "gbp", "euro": "euro", "yen": "yen", "rupee": "rupee"}
MONEY |= {code: code for code in words("chf pln sek nok dkk czk huf cny cad aud")}
"""Commands of currencies, to their units."""

INVERSES = {name: "a" + name for name in words("sin cos tan cot sec csc sinh cosh tanh coth sech csch")}
"""Functions to what an exponent of minus one right after their name means."""

SAME = frozenset(
    words(
        """
        array float64 float32 float16 int64 int32 int16 int8 uint8 float_ int_ bool_ tensor Decimal mpf Integer Float
        list tuple set frozenset dict_values dict_keys asarray deque Poly str_ real matrix_ One Zero str int float
        Number range_ ndarray complex64 complex128
        """
    )
)
"""Printed wrappers that mean their first argument."""

NOT_PRODUCTS = frozenset(
    words(
        """
        no yes not odd one two six ten and or all any even true none the for are per day sun mon tue wed thu fri sat new
        old big men boy cat dog pen box car bus cup man way who how why is it if of to in on at by us am pm he she his
        her its was has had an as be do go so up
        """
    )
)
"""Short words that are no product of letters."""

LETTER_PAIRS = frozenset(words("at an it is us by as be in am me"))
"""Those of them that are products between the signs of a formula."""

SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ONES = words(
    """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen
        """
)
_TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourth": 4,
    "fourths": 4,
    "fifth": 5,
    "fifths": 5,
}
_WORDS = re.compile(r"[a-zA-Z]+(?:[ -]+[a-zA-Z]+)*")


PHRASES = {
    "dne": "does not exist", "doesn't exist": "does not exist", "doesnt exist": "does not exist",
    "infinitely many": "infinitely many solutions", "infinite solutions": "infinitely many solutions",
    "infinite number of solutions": "infinitely many solutions",
    "rational numbers": "all rational numbers", "the rational numbers": "all rational numbers",
    "an infinite number of solutions": "infinitely many solutions",
}  # fmt: skip
"""Other words for the same."""

SETS = {
    phrase: name
    for name, phrases in {
        "Reals": ("all real numbers", "all reals", "real numbers", "any real number", "the real numbers",
                  "set of all real numbers", "the set of all real numbers", "the set of real numbers"),
        "empty": ("empty set", "the empty set", "emptyset", "no solution", "no solutions", "no real solution",
                  "no real solutions"),
    }.items()
    for phrase in phrases
}  # fmt: skip
"""Sets in words, to the constant."""


def number_in_words(text: str) -> Fraction | None:
    """``twenty-one`` -> 21, ``one half`` -> 1/2; None where `text` is anything else."""
    if len(text) > 80 or not _WORDS.fullmatch(text):
        return None
    words = re.split(r"[ -]+", text.lower())
    sign = -1 if words[0] in ("minus", "negative") else 1
    words = words[sign < 0 :]
    if len(words) > 1 and words[0] in ("a", "an") and words[1] in SCALES:
        words = words[1:]
    head, tail = _parted(words)
    part = _part(tail)
    whole = _whole([word for word in (words if part is None else head) if word != "and"])
    if part is None:
        return None if whole is None else Fraction(sign * whole)
    return sign * part if not head else None if whole is None else sign * (whole + part)


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    """What stands before the last ``and``, and what after it; all is after where there is none."""
    place = len(words) - words[::-1].index("and") if "and" in words else 0
    return words[: max(place - 1, 0)], words[place:]


def _part(words: list[str]) -> Fraction | None:
    """``half``, ``a half``, ``three quarters``; None for anything else."""
    if len(words) not in (1, 2):
        return None
    below, above = _PARTS.get(words[-1]), 1 if len(words) == 1 or words[0] == "a" else _SMALL.get(words[0])
    return Fraction(above, below) if below and above is not None else None


def _whole(words: list[str]) -> int | None:
    total = part = 0
    if not words:
        return None
    for word, before in zip(words, ["", *words], strict=False):
        if word in _SMALL:
            if before in _SMALL and not (before in _TENS and _SMALL[word] < 10):
                return None
            part += _SMALL[word]
        elif word in ("hundred", "dozen"):
            part = (part or 1) * SCALES[word]
        elif word in SCALES:
            total, part = total + (part or 1) * SCALES[word], 0
        else:
            return None
    return total + part
