"""Names of units and what they are worth in one another: one spelling for a phrase, its dimension and factor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from mammoth_eval.graders.parse.lexicon import NOT_PRODUCTS, words

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
    "h": "hour hr hrs", "d": "day", "wk": "week", "mg": "milligram", "g": "gram gm", "kg": "kilogram kgs",
    "lb": "pound lbs",
    "oz": "ounce", "ton": "tonne", "cent": "penny pennies c", "dollar": "usd buck", "ml": "milliliter mL millilitre",
    "l": "liter litre L", "nm": "nanometer", "mi/h": "mph", "km/h": "kmh kph kmph", "rad": "radian rads",
    "N": "newton", "J": "joule", "W": "watt", "V": "volt", "A": "ampere amp", "C": "coulomb", "Hz": "hertz",
    "Pa": "pascal",
    "ohm": "Ohm", "K": "kelvin kelvins", "celsius": "centigrade", "fahrenheit": "",
}  # fmt: skip
_OTHER = frozenset(
    words(
        """
        euro euros yen rupee rupees unit units sq square cubic cu rpm hz pa kpa mole moles mol
        amu ev kev mev degree degrees year years month months percent gallon gallons quart quarts pint pints cup
        cups acre acres times ways kn mn kj mpa gpa atm
        """
    )
)
LETTERS = frozenset("mgshLlNJWVACKFTd")
"""Units of one letter."""
_SINGULAR = {name: unit for unit, names in _NAMES.items() for name in [unit, *names.split()]}
_WORTH: dict[str, tuple[str, Fraction]] = {}
for _line in _TABLE.strip().splitlines():
    _dimension, _, _entries = _line.partition(": ")
    _WORTH |= {entry.split("=")[0]: (_dimension, Fraction(entry.split("=")[1])) for entry in _entries.split()}
PERCENT = frozenset({"percent", "pct", "percentage"})
_NOISE = frozenset(
    {"of", "the", "a", "total", "each", "more", "left", "full", "whole", "extra", "exactly", "only", "approximately"}
)


def known(text: str) -> bool:
    """Whether the word is a unit of the table."""
    return base(text) in _NAMES or text.lower() in _OTHER or text.lower() in PERCENT


_SHOUTED = frozenset(words("KG CM MM KM ML FT LB LBS OZ MIN SEC HR HRS MPH USD KMH KPH RPM HZ ATM"))
"""Units in capitals; other short words in capitals are products of letters (``2GM``)."""


def is_word(text: str) -> bool:
    """Whether a short name is a word of the language, and no product of letters (``am``, but not ``aM``)."""
    return text.lower() in NOT_PRODUCTS and (text[1:].islower() or text.isupper())


def base(text: str) -> str:
    """The unit that a word spells (``meters`` and ``metre`` are ``m``), the word in small letters where it is none."""
    if text.isupper() and 1 < len(text) <= 3 and text not in _SHOUTED:
        return text
    lower = text if (len(text) == 2 and text[0].islower()) or text in LETTERS else text.lower()  # mM is no mm
    for word in (text, lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if word in _SINGULAR or word in _OTHER:
            return _SINGULAR.get(word, lower.removesuffix("s"))
    return lower


def canonical(words: Sequence[str]) -> str:
    """A unit phrase in one spelling: ``square centimeters`` and ``cm^2`` are both ``cm^2``."""
    followers = [*words[1:], ""]
    kept = [
        one
        for one, after in zip(words, followers, strict=True)
        if (one.lower() not in _NOISE or one == "A") and not (one == "in" and after.isalpha())
    ]
    made: list[str] = []
    pending = ""
    for word in kept:
        if word.lower() in ("square", "sq", "cubic", "cu"):
            pending = "^2" if word.lower().startswith("s") else "^3"
        elif word.lower() == "per":
            made.append("/")
        else:
            made.append(base(word) + pending)
            pending = ""
    return _ordered("".join(_joined(made))) or pending


_FACTORS = re.compile(r"(?:[*/ ]?[a-zA-Z]++(?:\^-?\d)?)++")
_FACTOR = re.compile(r"([*/ ]?)([a-zA-Z]++)(?:\^(-?\d))?")


def _ordered(phrase: str) -> str:
    """A product of units in one order: ``kg^-1 m N`` and ``N*m/kg`` are both ``N m/kg``; other phrases as they are."""
    if not _FACTORS.fullmatch(phrase):
        return phrase
    exponents: dict[str, int] = {}
    for sign, name, raised in _FACTOR.findall(phrase):
        if not (known(name) or name in LETTERS):
            return phrase
        exponents[name] = exponents.get(name, 0) + (-1 if sign == "/" else 1) * int(raised or 1)
    above, below = _listed(exponents, 1), _listed(exponents, -1)
    return f"{above or 1}/{below}" if below else above


def _listed(exponents: dict[str, int], sign: int) -> str:
    chosen = sorted((name, sign * exponent) for name, exponent in exponents.items() if sign * exponent > 0)
    return " ".join(name if exponent == 1 else f"{name}^{exponent}" for name, exponent in chosen)


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
        return (
            None
            if parts[0] is None or parts[1] is None
            else (f"{parts[0][0]}/{parts[1][0]}", parts[0][1] / parts[1][1])
        )
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
    return all(known(word) or word in LETTERS for word in re.findall(r"[a-zA-Z]+", unit))
