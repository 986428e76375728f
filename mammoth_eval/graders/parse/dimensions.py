"""Names of units: one spelling for each phrase; `measures` has what they are worth in one another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mammoth_eval.graders.parse.lexicon import NOT_PRODUCTS, words
from mammoth_eval.graders.parse.measures import prefixed

_NAMES = {
    "m": "meter metre", "g": "gram gm", "s": "second sec", "l": "liter litre L", "A": "ampere amp",
    "K": "kelvin kelvins",
    "mol": "mole", "N": "newton", "J": "joule", "W": "watt", "V": "volt", "C": "coulomb", "Hz": "hertz", "Pa": "pascal",
    "ohm": "Ohm", "F": "farad", "H": "henry", "T": "tesla", "eV": "electronvolt", "cal": "calorie",
    "in": "inch inches", "ft": "foot feet", "yd": "yard yds", "mi": "mile", "min": "minute mins", "h": "hour hr hrs",
    "d": "day", "wk": "week", "kg": "kgs", "lb": "pound lbs", "oz": "ounce", "ton": "tonne", "rad": "radian rads",
    "mi/h": "mph", "km/h": "kmh kph kmph", "celsius": "centigrade", "fahrenheit": "",
    "cent": "penny pennies c", "dollar": "usd buck", "gbp": "", "euro": "eur", "yen": "jpy", "rupee": "inr",
    "pln": "zł zloty złoty zlotys", "chf": "franc", "h kW": "kWh",
}  # fmt: skip
_CASELESS = {unit.lower(): unit for unit in words("kN kJ kPa MPa GPa Hz kHz MHz GHz Pa eV keV MeV kW mL")}
_OTHER = frozenset(
    words(
        """
        unit units sq square cubic cu rpm wpm bpm amu degree degrees year years month months percent gallon gallons
        quart quarts pint pints cup cups acre acres times ways atm sek nok dkk czk huf cny cad aud
        """
    )
)
LETTERS = frozenset("mgshLlNJWVACKFTd")
"""Units of one letter."""
_SINGULAR = {name: unit for unit, names in _NAMES.items() for name in [unit, *names.split()]}
_SINGULAR |= {
    prefix + name: unit for unit, bare, prefix in prefixed() for name in _NAMES[bare].split() if len(name) > 2
}
_SINGULAR |= _CASELESS | {"mL": "ml"}
_EXACT = frozenset(unit for unit, _, _ in prefixed() if not unit.isupper()) | frozenset(words("MW GW MJ GJ"))
"""Symbols with a prefix, in their own capitals; others in capitals alone are products of letters."""
_FAMILIAR = frozenset(words("mm cm dm km nm ms mg kg ml kN kJ Pa Hz"))
PERCENT = frozenset({"percent", "pct", "percentage"})
_NOISE = frozenset(
    {
        "of",
        "the",
        "a",
        "total",
        "each",
        "more",
        "left",
        "full",
        "whole",
        "extra",
        "exactly",
        "only",
        "approximately",
        "fluid",
        "fl",
    }
)


def known(text: str) -> bool:
    """Whether the word is a unit of the table."""
    return text in _EXACT or base(text) in _NAMES or text.lower() in _OTHER or text.lower() in PERCENT


_SHOUTED = frozenset(
    words(
        """
        KG CM MM KM ML FT LB LBS OZ MIN SEC HR HRS MPH KMH KPH RPM HZ ATM WPM BPM
        USD EUR GBP CHF PLN INR JPY SEK NOK DKK CZK HUF CNY CAD AUD
        """
    )
)
"""Units in capitals; other short words in capitals are products of letters (``2GM``)."""


def is_symbol(text: str) -> bool:
    """Whether the name is a unit right behind a number alone, and elsewhere a product of letters (``mV``)."""
    return len(text) == 2 and text in _EXACT and text not in _FAMILIAR


def is_word(text: str) -> bool:
    """Whether a short name is a word of the language, and no product of letters (``am``, but not ``aM``)."""
    return text.lower() in NOT_PRODUCTS and (text[1:].islower() or text.isupper())


def base(text: str) -> str:
    """The unit that a word spells (``meters`` and ``metre`` are ``m``), the word in small letters where it is none."""
    if text in _EXACT or (text.isupper() and 1 < len(text) <= 3 and text not in _SHOUTED):
        return text
    lower = text if (len(text) == 2 and text[0].islower()) or text in LETTERS else text.lower()  # mM is no mm
    for word in (text, lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if word in _SINGULAR or word in _OTHER:
            return _SINGULAR.get(word, lower.removesuffix("s"))
    return lower


def canonical(words: Sequence[str]) -> str:
    """A unit phrase in one spelling: ``square centimeters`` and ``cm^2`` are both ``cm^2``.

    ``pounds`` by itself stays: of weight or of money, as the other side has it.
    """
    if len(words) == 1 and words[0].lower() in ("pound", "pounds"):
        return "pound"
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


def known_phrase(unit: str) -> bool:
    """Whether every word of a canonical phrase is a unit, so that another one conflicts with it."""
    return all(known(word) or word in LETTERS for word in re.findall(r"[a-zA-Z]+", unit))


def measure(unit: str) -> str | None:
    """The measure or the money that a canonical phrase begins with (``cm`` of ``cm long``).

    Empty where the phrase is of nouns alone, None where it cannot be told: units come later, or count things as well.
    """
    match = _LEADING.match(unit)
    end = match.end() if match else 0
    while end and not known_phrase(unit[:end]):
        end = max(unit.rfind(" ", 0, end), unit.rfind("/", 0, end), 0)
    words = re.findall(r"[^\W\d_]+", unit[:end] or unit)
    if not end:
        return None if any(map(known, words)) else ""
    return None if any(word in _GENERAL for word in words) else unit[:end]


_LEADING = re.compile(r"[a-zA-Z]+(?:\^-?\d)?(?:[ /*][a-zA-Z]+(?:\^-?\d)?)*")
_GENERAL = frozenset(words("unit time times way ways degree sq square cubic cu cup A d"))
"""Words of the table that count things as well as they measure them."""
