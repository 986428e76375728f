r"""What stands around an answer, or belongs to its typesetting alone, taken off: the text that the parser reads.

Signs become ASCII and LaTeX in `characters`; here are leads (``=``, ``Answer:``, ``USD``), web markup, layout commands,
and notations of a few words or signs that are another way to write a number.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache

from mammoth_eval.graders.parse.characters import plain, unwrap
from mammoth_eval.graders.parse.dimensions import LETTERS, known
from mammoth_eval.graders.parse.lexicon import number_in_words

_LEAD = re.compile(
    r"^(?:(?:=|~|(?:US|AU?|CA?|NZ|HK|S)(?=\\?\$)|(?:[Aa]ns(?:wer)?|[Rr]esult|[Oo]utput)\s?[:=]"
    r"|\\approx|\\sim|\\(?:[Rr]ightarrow|[Ll]ongrightarrow|implies|therefore|to)"
    r"|about|approximately|roughly|exactly|around)(?![a-zA-Z=])\s*)+(?=[-$\\(\d.]|(?:USD|EUR|GBP|INR|Rs)\b)"
)
"""What may stand before a value without being part of it."""
_CURRENCY = re.compile(
    r"^(?:\\(?:text|mathrm)\s?\{\s?(?:(US(?=\\?\$)|USD|EUR|GBP|INR|Rs)\.?\s?(?:\\?\$)?|\\?\$)\s?\}"
    r"|(USD|EUR|GBP|INR|Rs)\b\.?)\s*(?:\\?\$\s*)?(?=[-(\d.])"
)
"""A currency by its letters, before the amount."""
_SIGNS = {"EUR": r"\euro ", "GBP": r"\pounds ", "INR": r"\rupee ", "Rs": r"\rupee "}
_PRICE = re.compile(r"^(-?)\$(?=\s*[\d.])")
"""One dollar sign before a number: money, and not the open end of a formula."""
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z{}])")
"""A command's backslash written twice, as models do that learned from JSON."""
_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|code)>|<br ?/?>")

_FENCED = re.compile(r"```\w*\n([^`]+)\n```")

Made = str | Callable[[re.Match[str]], str]
_POWERED = r"[a-zA-Z]{1,4}(?:\^\{?-?\d\}?)?"


def _is_unit(text: str) -> bool:
    name = text.partition("^")[0]
    return known(name) or name in LETTERS


_BASES = {"b": 2, "o": 8, "x": 16}
_NAMED_VALUE = re.compile(r"[a-z] ?(?:=|\\neq?(?![a-z])) ?")
_REWRITTEN: tuple[tuple[str, re.Pattern[str], Made], ...] = (
    ("'", re.compile(  # an angle in degrees, minutes and seconds
        r"(?<![\d.])(\d{1,4})\s*(?:\^\s*\{?\s*\\circ\s*\}?|\\degree)\s*(\d{1,2})\s*'(?!')"
        r"(?:\s*(\d{1,2})\s*(?:''|\"))?"),
     lambda m: rf"({m[1]}+{m[2]}/60+{m[3] or 0}/3600)^\circ"),
    ("{}", re.compile(r"(\\[a-zA-Z]+)\{\}(?!\s*$)"), r"\1 "),  # the end of a command's name
    ("\\\\", re.compile(r"\\\\\s*(?:\[-?[\d.]{1,6}\s*[a-z]{2}\]\s*)?$"), ""),  # the end of a line
    ("/-", re.compile(r"(?<=\d)\s?/-$"), ""),  # after an amount of rupees
    ("x", re.compile(r"(?<=\d)\s{0,3}x\s{0,3}(?=10\s{0,3}(?:\^|\*\*))"), r"\\times "),  # 3 x 10^8
    ("{", re.compile(  # 7.2\\text{E-}5, 7.2\\mathrm{e}{-5}; an upright e before a difference is Euler's number
        r"(?<=\d)\s?\\(?:text|mathrm|rm)\s?\{(?:[eE]([-+]?\d{1,4})\}|[eE]([-+])\}\s?\{?(\d{1,4})\}?"
        r"|[eE]\}\s?\{([-+]\d{1,4})\}"
        r"|E\}\s?([-+]\d{1,4}))(?!\d)"),
     lambda m: "e" + "".join(filter(None, m.groups()))),
    ("_", re.compile(  # {}_7C_3, ^{7}P_{3}
        r"(?:\{\}|(?:^|(?<=[({=+*/-])|(?<=[({=+*/-] )))[_^](?:\{(\d{1,4})\}|(\d{1,4}))\s?(?:\\mathrm\{([CP])\}|([CP]))"
        r"_(?:\{(\d{1,4})\}|(\d{1,4}))(?!\d)"),
     lambda m: f" {'nCr' if (m[3] or m[4]) == 'C' else 'nPr'}({m[1] or m[2]},{m[5] or m[6]}) "),
    ("{", re.compile(r"(?<=[/}])((?:\s|\\[,;: ])*)\\(?:mathrm|text|rm)\s?\{[~\s]*(sec|min)\s?\}"),  # no functions
     lambda m: rf"{m[1]}\text{{ {m[2]}s}}"),
    ("$", re.compile(r"\$\s+\$(?=[a-zA-Z](?:_\{?\w\}?|\([a-z]\))?(?:\s|\\[,;: ])*=)"), ", "),
    ("quad", re.compile(r"\\q?quad\s*(?=[a-z](?:_\{?\w\}?)?(?:\s|\\[,;: ])*=)"), ", "),
    ("of", re.compile(r"(?<=\d) out of (?=\d)"), "/"),
    ("\\begin", re.compile(  # the words before a condition
        r"\\(?:text(?:rm|normal)?|mathrm|mbox|hbox)\s?\{\s?,?\s?(?:if|for|when|where|as)\s?\}"
        r"|(?<=&)\s*(?:if|for|when)\b(?:\s*&)?"), " "),
    ("\\ ", re.compile(r"(?<=\\mathbb\{R\})\s*\\\s+(?=\\?\{)"), r"\\setminus "),
    ("\\in", re.compile(r"\\in\s+R(?![a-zA-Z_^'])"), r"\\in\\mathbb{R}"),
    ("/(", re.compile(  # J/(mol K)
        rf"(?<![a-zA-Z\\])([a-zA-Z]{{1,4}})/\(({_POWERED})(?:\s*(?:\\cdot|\*|\\,)\s*|\s+)({_POWERED})\)"
        r"(?!\s*(?:\^|\*\*|!|_))"),
     lambda m: f"{m[1]}/{m[2]}/{m[3]}" if all(map(_is_unit, m.groups())) else m[0]),
    ("0", re.compile(r"^0(b[01]+|o[0-7]+|x[\da-fA-F]+)$"),  # bin(5), hex(5)
     lambda m: f"{m[1][1:].upper()}_{{{_BASES[m[1][0]]}}}"),
    ("+/-", re.compile(r"\+/-"), r"\\pm "),
    ("choose", re.compile(r"(?<![\w.])(\d{1,6}|[a-z]) choose (\d{1,6}|[a-z])(?!\w)"), r"\\binom{\1}{\2}"),
    ("deg", re.compile(r"(?<=\d)\s?deg(?=\s*(?:$|[-+*/,;)=]))"), r"^\\circ "),
    ("h", re.compile(r"^(\d{1,4})\s?h(?:r|rs)?\s?(\d{1,2})\s?m(?:in|ins)?$"), r"\1 hours \2 minutes"),
    ("except", re.compile(
        r"^(?:[Aa]ll|[Aa]ny|[Ee]very|[Tt]he set of(?: all)?) (?:real numbers?|reals?)(?: x)?,?"
        r" except (?:for |at )?([^{}]+)$"),
     lambda m: rf"\mathbb{{R}}\setminus\{{{_NAMED_VALUE.sub('', m[1])}\}}"),
    ("(", re.compile(r"^([a-zA-Z][a-zA-Z -]{1,60}) ?\(-?\d[\d,.]*\)$"),  # twenty-six (26)
     lambda m: m[0] if number_in_words(m[1].strip()) is None else m[1].strip()),
)  # fmt: skip
"""A text that must be in the answer, what is looked for, what takes its place."""


_DISPLAY = ("$$", "\\[", "\\]", "")
"""Lines that only begin or end a formula."""


@lru_cache(maxsize=8192)
def cleaned(text: str) -> str:
    """The answer in ASCII and LaTeX without what is wrapped around it; of several lines the last that is whole."""
    text = text.strip()
    if text.startswith("```"):
        text = _FENCED.sub(r"\1", text)
    text = unwrap(plain(_without_markup(text)))
    if "\\\\" in text and "\\begin" not in text:
        text = _DOUBLED.sub("\\\\", text)
    text = _CURRENCY.sub(lambda match: _SIGNS.get(match[1] or match[2] or "", r"\$"), _LEAD.sub("", text))
    if text.count("$") == 1:
        text = _PRICE.sub(r"\1\\$", text)
    for hint, pattern, made in _REWRITTEN:
        if hint in text:
            text = pattern.sub(made, text)
    lines = [line for line in text.split("\n") if line.strip() not in _DISPLAY]
    if len(lines) > 1 and "\\begin" not in text and _balanced(lines[-1]):
        text = unwrap(lines[-1])
    return _spaced(_turned(text))


def _without_markup(text: str) -> str:
    """The text without tags of HTML, and with its entities as the signs that they are."""
    if "&" not in text and not ("<" in text and ">" in text):
        return text
    bare = _TAG.sub(" ", text)
    return html.unescape(bare) if ";" in text else bare


_MAX_TURNED = 300
_TURNED = re.compile(r"(?<![\w)\]}])([\[\]])([^\[\](){}]*[,;][^\[\](){}]*)([\[\]])(?![\w(\[{])")


def _turned(text: str) -> str:
    """Open intervals with turned brackets (``]1, 2[``) with round ones."""
    if not (text.startswith("]") or text.endswith("[")) or len(text) > _MAX_TURNED:
        return text
    return _TURNED.sub(lambda m: ("[" if m[1] == "[" else "(") + m[2] + ("]" if m[3] == "]" else ")"), text)


def _balanced(line: str) -> bool:
    return all(line.count(opening) == line.count(closing) for opening, closing in ("()", "[]", "{}")) and bool(
        line.strip()
    )


_ARRAY = re.compile(r"\[[\s\d.eE+\-\[\]]+\]")


def _spaced(text: str) -> str:
    """Arrays as numpy prints them, parted by spaces, with commas instead."""
    if "[" not in text or "," in text or not _ARRAY.fullmatch(text):
        return text
    return re.sub(r"(?<=[\d.\]])\s+(?=[-\d.\[])", ", ", text)
