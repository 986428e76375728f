"""The tokens of a sentence that has mathematics in it, and the last run of mathematics among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """A token.

    Its kind (a group of `_TOKEN`), its text without the dollars of a formula, where it stands (characters).
    """

    kind: str
    text: str
    start: int
    end: int


_UNIT = (
    r"(?:[kcmdµn]?m|[kmµ]?g|m[lL]|[kM]?Hz|k?Pa|kJ|kW|kN|ft|yd|mi|lbs?|oz|hrs?|min|sec|mol|mph|kph|rad|deg|units?|[shL]"
    r"|(?<=\s)[VAKCFTNJW]|(?<=\d\d)[VAKW]|[KMGT][Bb]|kWh|pts|in(?=\^|²|³))(?:\^\{?-?\d\}?|[²³]|⁻[¹²])?"
)
_FUNCTION = (
    r"(?:(?:arc)?(?:sin|cos|tan|cot|csc)h?(?! [a-z]{2,})|sec(?=[(^²])|log|ln|sqrt|cbrt|pi|inf(?:ty|inity)?|mod|theta"
    r"|(?:exp|gcd|lcm|max|min|det|floor|ceil|abs)(?=\())(?![A-Za-z])"
)
_TOKEN = re.compile(
    r"(?P<space>(?<!\\)\\[,;:! ])"
    r"|(?P<formula>\$\$[^$\n]{1,400}\$\$|\$(?!\s)(?:[^$\n\\]|\\[^\n]){1,400}(?<!\s)\$(?!\d)"
    r"|\$\s(?=[^\d\s])[^$\n]{1,400}\s\$(?!\d)"
    r"|\\\([^\n]{1,400}?\\\)|\\\[[^\n]{1,400}?\\\]|\\begin\{[pbvBV]?matrix\}[^\n]{1,400}?\\end\{[pbvBV]?matrix\})"
    rf"|(?P<unit>(?:(?<=[\dπ)⁰¹²³⁴-⁹]\s)|(?<=[\dπ⁰¹²³⁴-⁹]))(?:{_UNIT}(?:\s?[/·]\s?{_UNIT}){{0,3}})(?![\w^(]| ?[-+*=−]))"
    r"|(?P<number>\d+(?:,(?:\\!)?\d{3}(?!\d))*+(?:\.\d+)?(?:[eE][-+]?\d+(?!\w))?|\.\d+)"
    r"|(?P<joint>[,;]|\b(?:and|or)\b)"
    r"|(?P<arrow>\\(?:Rightarrow|Longrightarrow|implies|iff|therefore|rightarrow|qquad|quad|newline)\b|\\\\)"
    rf"|(?P<name>{_FUNCTION}|\\(?:text|mathrm|mbox|textbf)\{{[^{{}}\n]{{0,60}}\}}|\\[a-zA-Z]+"
    r"|(?<=[\d)²³])(?!st\b|nd\b|rd\b|th\b|am\b|pm\b|AM\b|PM\b)[a-zA-Z]{1,3}(?![A-Za-z]|[&'’-][A-Za-z])"
    r"|[A-Za-z]{2}(?=\^)|[xyz]{2,3}(?![A-Za-z])|[acdkn][xyz](?![A-Za-z])"
    r"|[A-Za-z](?:_\{?\w{1,5}\}?|[₀-₉ₙ]+)?['′’]{0,2}(?![A-Za-z]|&[A-Za-z])|[α-ωΔΘΦΩ∞∅ℝℤℕℚℂ])"
    r"|(?P<word>[^\W\d_⁰-₟]{2,}(?:['’-][^\W\d_⁰-₟]+)*+)"
    r"|(?P<sign>\.\.\.|[-+−–·×*/÷^±∓≤≥<>=≠≈~≡|!%°′″'√∛∪∩∈∉⌊⌋⌈⌉…:()\[\]{}_\\&∂∫⁰¹²³⁴-⁹⁺⁻ⁿˣ₀-₉½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒$£€])"
    r"|(?P<stop>\S)"
)
_ARTICLE = re.compile(r"[aAI](?= (?:[A-Za-z]{2}|\$?\\text))")
_DELIMITERS = re.compile(r"^(?:\$\$?|\\[(\[])\s*|\s*(?:\$\$?|\\[)\]])$")
LAST = frozenset(")]}!%°′″|…⁰¹²³⁴⁵⁶⁷⁸⁹ⁿˣ₀₁₂₃₄₅₆₇₈₉½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒")
"""Signs that an expression may end with."""
_MATH = frozenset({"formula", "number", "name", "sign"})
_PLAIN = re.compile(
    r"[-−]?\s?\\?[$£€]?\s?[-−]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?:\s?/\s?\d+)?\s?(?:\\?%|°)?"
)


def tokens(text: str) -> list[Token]:
    """The tokens of a text, in order; blanks are none."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "name" and _ARTICLE.match(text, match.start()):
            kind = "word"
        if kind == "space":
            continue
        if kind != "formula":
            found.append(Token(kind, match[0], match.start(), match.end()))
            continue
        content = _DELIMITERS.sub("", match[0])
        found.append(Token(kind, content.rstrip(" .,;"), match.start(), match.end()))
        if content.rstrip().endswith((",", ";", ".")):
            found.append(
                Token(
                    "stop" if content.rstrip()[-1] == "." else "joint", content.rstrip()[-1], match.end(), match.end()
                )
            )
    return found


def is_plain(value: str) -> bool:
    """Whether a value is one number as it is written: digits, a fraction of two, an amount of money, a percentage."""
    return bool(_PLAIN.fullmatch(value.strip())) and any(char.isdigit() for char in value)


def bounds(found: Sequence[Token]) -> tuple[int, int] | None:
    """The last run of mathematics: its first token and the one after its last; None where there is none."""
    end = len(found)
    while end and not (found[end - 1].kind in ("formula", "number", "name") or found[end - 1].text in LAST):
        end -= 1
    start = end
    while start and (found[start - 1].kind in _MATH or found[start - 1].kind == "joint"):
        start -= 1
    while start < end and (found[start].kind == "joint" or found[start].text in (":", "=", "≈", "~", "–")):
        start += 1
    return (start, end) if start < end else None
