"""Drills: short exercises in arithmetic, algebra and calculus with their programs, for fields that word problems leave
out.

Written for this project, numbers drawn by a fixed seed. The answer is computed here, exactly and without the program;
whether the program prints it is decided by running it (`curate`). The sentences are our own: no generated benchmark's
wording is used.
"""

from __future__ import annotations

import math
import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

VERSION = "drills/1"
COUNT = 3000
SEED = 0


@dataclass(frozen=True, slots=True)
class Drill:
    """What is asked (the middle of a sentence), its program and its answer."""

    asked: str
    program: str
    answer: str


@dataclass(frozen=True, slots=True)
class Family:
    """Exercises of one kind and the sentences that ask for them."""

    make: Callable[[random.Random], Drill]
    sentences: tuple[str, ...]


_TAILS = (
    "", "", "", "", " Write only the number.", " Reply with one number.", " The exact value is wanted.",
    " No words, just the result.", " End with the answer alone.",
)  # fmt: skip
_SYMPY = "from sympy import *\n"


def rows(count: int = COUNT, seed: int = SEED) -> Iterator[Mapping[str, str]]:
    """`count` exercises, one of each family in turn: family, question, program, answer."""
    draw = random.Random(f"{VERSION}:{seed}")
    names = list(FAMILIES)
    for number in range(count):
        name = names[number % len(names)]
        family = FAMILIES[name]
        drill = family.make(draw)
        asked, tail = draw.choice(family.sentences).format(drill.asked), draw.choice(_TAILS)
        stop = "." if tail and asked[-1].isalnum() else ""
        yield {"family": name, "question": asked + stop + tail, "program": drill.program, "answer": drill.answer}


def _whole(draw: random.Random) -> int:
    """A whole number of one to four digits, each length as likely as the others."""
    return draw.randrange(1, 10 ** draw.randint(1, 4))


def _signed(draw: random.Random, most: int) -> int:
    return draw.choice((1, -1)) * draw.randint(1, most)


def _chain(draw: random.Random) -> Drill:
    """A sum of whole numbers and of short products and exact quotients, brackets around some."""
    terms, total = "", 0
    for place in range(draw.randint(2, 5)):
        text, value = _term(draw)
        sign = draw.choice("+-") if place else ""
        terms += f" {sign} {text}" if place else text
        total += -value if sign == "-" else value
    return Drill(terms, f"print({terms})", str(total))


def _term(draw: random.Random) -> tuple[str, int]:
    kind = draw.randrange(6)
    first, second = _signed(draw, 99), draw.randint(2, 30)
    if kind == 0:
        second *= draw.choice((1, 1, -1))
        return f"{first} * {second}", first * second
    if kind == 1:
        return f"{first * second} / {second}", first
    if kind == 2:
        return f"({first} - {second})", first - second
    if kind == 3:
        return f"{second} * ({first} + {second})", second * (first + second)
    value = _whole(draw)
    return str(value), value


def _decimals(draw: random.Random) -> Drill:
    places = [draw.randint(1, 4) for _ in range(draw.randint(2, 3))]
    values = [Fraction(_whole(draw) * 10**digits + draw.randrange(10**digits), 10**digits) for digits in places]
    text, total = f"{float(values[0]):.{places[0]}f}", values[0]
    for value, digits in zip(values[1:], places[1:], strict=True):
        sign = draw.choice("+-")
        text += f" {sign} {float(value):.{digits}f}"
        total += -value if sign == "-" else value
    return Drill(text, f"print(round({text}, {max(places)}))", f"{float(total):.{max(places)}f}")


def _product(draw: random.Random) -> Drill:
    factors = [_whole(draw) for _ in range(draw.choice((2, 2, 2, 3)))]
    text = " * ".join(map(str, factors))
    return Drill(text, f"print({text})", str(math.prod(factors)))


def _common(name: str, combine: Callable[..., int]) -> Callable[[random.Random], Drill]:
    def make(draw: random.Random) -> Drill:
        shared = draw.randint(1, 30)
        numbers = [shared * draw.randint(1, 40) for _ in range(draw.choice((2, 2, 3)))]
        listed = ", ".join(map(str, numbers))
        spoken = draw.choice((f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}", listed))
        return Drill(spoken, f"import math\nprint(math.{name}({listed}))", str(combine(*numbers)))

    return make


def _linear(draw: random.Random) -> Drill:
    name = draw.choice(string.ascii_lowercase)
    factor, root, constant = draw.randint(2, 99), draw.randint(1, 99), draw.randint(1, 999)
    left, right = draw.choice((
        (f"{factor}*{name} + {constant}", factor * root + constant),
        (f"{factor}*{name} - {constant}", factor * root - constant),
        (f"{constant} - {factor}*{name}", constant - factor * root),
        (f"{constant} + {factor}*{name}", constant + factor * root),
    ))  # fmt: skip
    program = f"{_SYMPY}{name} = symbols('{name}')\nprint(solve(Eq({left}, {right}), {name})[0])"
    return Drill(f"{left} = {right}", program, str(root))


def _pair(draw: random.Random) -> Drill:
    x, y = _signed(draw, 12), _signed(draw, 12)
    (a, b), (c, d) = ((draw.randint(2, 12), draw.randint(2, 12)) for _ in range(2))
    sums = [(f"{a}*x + {b}*y", a * x + b * y), (f"{c}*x - {d}*y", c * x - d * y)]
    equations = " and ".join(f"{left} = {right}" for left, right in sums)
    written = ", ".join(f"Eq({left}, {right})" for left, right in sums)
    program = f"{_SYMPY}x, y = symbols('x y')\nsolution = solve([{written}], (x, y))\nprint(solution[x])"
    return Drill(equations, program, str(x))


def _complex(draw: random.Random) -> Drill:
    first, second = ((_signed(draw, 20), _signed(draw, 20)) for _ in range(2))
    sign = draw.choice("+-*")
    shown, written = (
        [f"({a}.0 {'-' if b < 0 else '+'} {abs(b)}.0{unit})" for a, b in (first, second)] for unit in "ij"
    )
    left, right = complex(*first), complex(*second)
    value = left + right if sign == "+" else left - right if sign == "-" else left * right
    answer = f"{int(value.real)} {'-' if value.imag < 0 else '+'} {abs(int(value.imag))}i"
    return Drill(f"{shown[0]} {sign} {shown[1]}", f"print({written[0]} {sign} {written[1]})", answer)


def _polynomial(draw: random.Random, name: str) -> tuple[str, dict[int, Fraction]]:
    """A polynomial as Python writes it, and power -> coefficient."""
    powers = sorted(draw.sample(range(1, 11), draw.randint(2, 5)), reverse=True)
    found, text = {}, ""
    for power in powers:
        coefficient = Fraction(_signed(draw, 60), draw.choice((1, 1, 2, 3, 5, 7, 9)))
        found[power] = coefficient
        over = f"/{coefficient.denominator}" if coefficient.denominator > 1 else ""
        factor = "" if abs(coefficient.numerator) == 1 else f"{abs(coefficient.numerator)}*"
        body = f"{factor}{name}{f'**{power}' if power > 1 else ''}{over}"
        sign = "-" if coefficient < 0 else "+"
        text += f" {sign} {body}" if text else f"{'-' if coefficient < 0 else ''}{body}"
    return text, found


def _integral(draw: random.Random) -> Drill:
    name = draw.choice("xXtyu")
    text, terms = _polynomial(draw, name)
    low = draw.randint(-3, 2)
    high = draw.randint(low + 1, 4)
    value = sum(factor * (high ** (power + 1) - low ** (power + 1)) / (power + 1) for power, factor in terms.items())
    program = f"{_SYMPY}{name} = symbols('{name}')\nprint(integrate({text}, ({name}, {low}, {high})))"
    bounds = draw.choice(("over {0} between {1} and {2}", "for {0} from {1} to {2}", "from {0} = {1} to {0} = {2}"))
    return Drill(f"{text} {bounds.format(name, low, high)}", program, str(value))


def _derivative(draw: random.Random) -> Drill:
    name = draw.choice("xXtyu")
    text, terms = _polynomial(draw, name)
    point = draw.randint(-3, 3)
    value = sum((factor * power * point ** (power - 1) for power, factor in terms.items()), Fraction(0))
    program = f"{_SYMPY}{name} = symbols('{name}')\nf = {text}\nprint(diff(f, {name}).subs({name}, {point}))"
    asked = draw.choice((
        f"Work out the derivative of {text} at {name} = {point}.",
        f"f({name}) = {text}. How large is f'({point})?",
        f"Given f({name}) = {text}, find f'({name}) for {name} = {point}.",
        f"What is the slope of {text} where {name} is {point}?",
    ))  # fmt: skip
    return Drill(asked, program, str(value))


def _share(draw: random.Random) -> Drill:
    percent, whole = draw.randint(1, 99), draw.randint(1, 60) * 20
    return Drill(
        f"{percent}% of {whole}", f"print({percent} / 100 * {whole})", str(float(Fraction(percent * whole, 100)))
    )


def _mean(draw: random.Random) -> Drill:
    """Numbers whose mean is whole."""
    count = draw.choice((3, 4, 5))
    numbers = [draw.randint(1, 99) for _ in range(count - 1)]
    numbers.append(draw.randint(1, 99) * count - sum(numbers) % count)
    listed = ", ".join(map(str, numbers))
    return Drill(listed, f"numbers = [{listed}]\nprint(sum(numbers) / len(numbers))", str(sum(numbers) // count))


def _remainder(draw: random.Random) -> Drill:
    number, divisor = draw.randint(100, 99999), draw.randint(2, 99)
    return Drill(f"{number} is divided by {divisor}", f"print({number} % {divisor})", str(number % divisor))


_COMPUTE = (
    "Work out {}.", "What does {} come to?", "Evaluate: {}", "Please compute {}", "How much is {}?", "{} = ?",
    "What do you get for {}?", "Do this sum: {} =",
)  # fmt: skip
FAMILIES: dict[str, Family] = {
    "chain": Family(_chain, _COMPUTE),
    "decimals": Family(_decimals, (*_COMPUTE, "Give the result of this calculation with decimals: {} =")),
    "product": Family(_product, (*_COMPUTE, "Multiply: {}", "Carry out the multiplication {} and give the product.")),
    "gcd": Family(_common("gcd", math.gcd), (
        "Which is the largest whole number that divides {}?", "GCD of {}?", (
            "Name the greatest common divisor (GCD) of {}."
        ),
        "Work out the highest common factor of {}.", "What number is the greatest divisor shared by {}?",
    )),
    "lcm": Family(_common("lcm", math.lcm), (
        "Which is the smallest positive number that {} all divide?", "LCM of {}?", (
            "Name the least common multiple (LCM) of {}."
        ),
        "Work out the lowest common multiple of {}.", "What number is the least multiple shared by {}?",
    )),
    "linear": Family(_linear, (
        "For which value of the unknown is {}?", "Solve the equation {}.", "What number makes {} true?", (
            "Work out the unknown: {}"
        ),
        "If {}, what is the unknown?",
    )),
    "pair": Family(_pair, ("If {}, what is x?", "Solve {} and give x.", (
        "Two equations hold: {}. What is the value of x?"
    ))),
    "complex": Family(_complex, (
        "Work out {}.", "Evaluate {} for complex numbers.", "What complex number is {}?", "Compute with i*i = -1: {}",
    )),
    "integral": Family(_integral, (
        "Integrate {}.", "What is the integral of {}?", "Work out the definite integral of {}.", (
            "How large is the integral of {}?"
        ),
    )),
    "derivative": Family(_derivative, ("{}",)),
    "share": Family(_share, (*_COMPUTE[:4], "How many are {}?")),
    "mean": Family(_mean, (
        "What is the average of {}?", "Work out the mean of {}.", "Take these numbers: {}. What is their mean?",
    )),
    "remainder": Family(_remainder, ("What remains when {}?", "Work out the remainder when {}.", (
        "What is left over if {}?"
    ))),
}  # fmt: skip
