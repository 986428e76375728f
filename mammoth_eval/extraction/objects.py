"""Values that were printed as objects of Python and its libraries, in the notation of mathematics.

What the parser of answers reads itself (``Fraction(3, 4)``, ``np.float64(3.0)``, ``FiniteSet``, ``Matrix``) stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NO_VALUE = re.compile(r"<(?!=)[^<>]*(?:<[^<>]*>[^<>]*)*\bat 0x[0-9a-fA-F]+>|<(?:class|module|built-in) [^<>]*>")
"""What is printed of a generator, a map, a function, a class: not its values."""
_VECTOR = re.compile(r"\[\s*(?P<items>[-+]?[\d.]+(?:e[-+]?\d+)?(?:\s+[-+]?[\d.]+(?:e[-+]?\d+)?)+)\s*\]")
_BYTES = re.compile(r"b(?P<quote>['\"])(?P<text>[^'\"\\]*)(?P=quote)")
_RANGE = re.compile(r"range\((-?\d{1,9}), (-?\d{1,9})(?:, (-?\d{1,9}))?\)")
_PRIMES = re.compile(r"\{\d{1,30}: \d{1,4}(?:, \d{1,30}: \d{1,4})*\}")
_ROOTS = re.compile(r"\broots\(")
_IMAGE = re.compile(
    r"ImageSet\(Lambda\((?P<name>\w+), (?P<term>(?:[^()]|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))+)\), (?:Integers|ℤ)\)"
)
_UNION = re.compile(r"Union\((?P<parts>.*)\)")
_SERIES_END = re.compile(r"(?:Name: .*, )?(?:Length: \d+, )?dtype: \w+")
_ROW = re.compile(r"\S+ {2,}(?P<value>\S.*)")
_MOST = 1_000


def value(text: str, program: str = "") -> str | None:
    """`text`, in the notation of mathematics where it is a printed object; None where it is one without a value.

    `program`: what printed it, which says what a dict of numbers is.
    """
    if _NO_VALUE.fullmatch(text):
        return None
    vector, as_bytes = _VECTOR.fullmatch(text), _BYTES.fullmatch(text)
    if vector:
        return "(" + ", ".join(item.removesuffix(".") for item in vector["items"].split()) + ")"
    if as_bytes:
        return as_bytes["text"]
    span = _RANGE.fullmatch(text)
    if span:
        return _of_range(text, int(span[1]), int(span[2]), int(span[3] or 1))
    if _PRIMES.fullmatch(text):
        return _of_roots(text) if _ROOTS.search(program) else _factored(text)
    return _family(text) if "ImageSet(" in text else text


def table(lines: Sequence[str]) -> str | None:
    """The values of a Series of pandas, or of a DataFrame with one value, that the output ends with."""
    if lines and _SERIES_END.fullmatch(lines[-1].strip()):
        values: list[str] = []
        for line in reversed(lines[:-1]):
            row = _ROW.fullmatch(line.strip())
            if row is None or len(values) == _MOST:
                break
            values.insert(0, row["value"])
        return ", ".join(values) or None
    if len(lines) >= 2 and re.fullmatch(r" {2,}\S+", lines[-2]):
        row = re.fullmatch(r"0 {2,}(\S+)", lines[-1])
        return row[1] if row else None
    return None


def _of_range(text: str, start: int, stop: int, step: int) -> str:
    if step == 0 or not 0 < len(range(start, stop, step)) <= _MOST:
        return text
    return ", ".join(map(str, range(start, stop, step)))


def _of_roots(text: str) -> str:
    """A dict of roots and their multiplicities as the list of the roots."""
    return ", ".join(pair.partition(": ")[0] for pair in text[1:-1].split(", "))


def _factored(text: str) -> str:
    """A dict of primes and their exponents as a product."""
    pairs = [(int(base), int(power)) for base, power in (pair.split(": ") for pair in text[1:-1].split(", "))]
    if not all(power >= 1 and _is_prime(base) for base, power in pairs):
        return text
    return "*".join(str(base) if power == 1 else f"{base}^{power}" for base, power in pairs)


def _is_prime(number: int) -> bool:
    """By Fermat's test to twelve bases: for what factorint printed, good enough."""
    return number > 1 and all(number == base or pow(base, number - 1, number) == 1 for base in _BASES)


_BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def _family(text: str) -> str:
    """ImageSets over the integers, alone or in a union, as terms with the integer n."""
    union = _UNION.fullmatch(text)
    rest = union["parts"] if union else text
    images = list(_IMAGE.finditer(rest))
    if not images or _IMAGE.sub("", rest).replace(",", "").strip():
        return text
    terms = [re.sub(rf"\b{re.escape(image['name'])}\b", "n", image["term"]) for image in images]
    return " or ".join(terms) + ", n \\in \\mathbb{Z}"
