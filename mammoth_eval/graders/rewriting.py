r"""Notations of a few words or signs that are another way to write a number: one spelling for each."""

from __future__ import annotations

import re
from collections.abc import Callable

from mammoth_eval.graders.parse.dimensions import LETTERS, known
from mammoth_eval.graders.parse.lexicon import number_in_words

Made = str | Callable[[re.Match[str]], str]
_POWERED = r"[a-zA-Z]{1,4}(?:\^\{?-?\d\}?)?"


def _is_unit(text: str) -> bool:
    name = text.partition("^")[0]
    return known(name) or name in LETTERS


_GAP = r"(?:\\[,;: ]|\s)"
_UPRIGHT = r"\\(?:text|mathrm|rm)\s?\{"
_TEXT = re.compile(r"\\text\s?\{([^{}]*)\}")
_BASES = {"b": 2, "o": 8, "x": 16}
_NAMED_VALUE = re.compile(r"[a-z] ?(?:=|\\neq?(?![a-z])) ?")
REWRITTEN: tuple[tuple[str, re.Pattern[str], Made], ...] = (
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
    ("/", re.compile(r"/((?:\s|\\[,;: ])*)\\(?:mathrm|text|rm)\s?\{[~\s]*(sec|min)\s?\}"),  # no functions
     lambda m: rf"/{m[1]}\text{{ {m[2]}s}}"),
    ("$", re.compile(r"\$\s+\$(?=[a-zA-Z](?:_\{?\w\}?|\([a-z]\))?(?:\s|\\[,;: ])*=)"), ", "),
    ("quad", re.compile(r"\\q?quad\s*(?=[a-z](?:_\{?\w\}?)?(?:\s|\\[,;: ])*=)"), ", "),
    ("'", re.compile(r"(?<![\d'.])\d{1,3}(?:'\d{3})+(?![\d'])"), lambda m: m[0].replace("'", "")),  # 1'000'000
    (".", re.compile(r"^(\D{0,12}?)(-?\d{1,3}(?:\.\d{3})+),(\d+)(?![\d.,])"),  # 1.234,5
     lambda m: m[1] + m[2].replace(".", "") + "." + m[3]),
    ("\\mu", re.compile(rf"(?<=[\d }}]){_GAP}*\\mu\s*{_UPRIGHT}[~\s]*(?=[mgsFAVLHWNJT]\b)"), r" \\text{u"),
    ("\\Omega", re.compile(  # 50\,\Omega, 5\text{ k}\Omega
        rf"(?<=\d){_GAP}*(?:{_UPRIGHT}[~\s]*([kMmG])[~\s]*\}}\s*|([kMmG]))?(?:\\mathrm\s?\{{\s*\\Omega\s*\}}|\\Omega(?![a-zA-Z]))"
        r"\s*(?=$|[,;)])"),
     lambda m: rf" \text{{{m[1] or m[2] or ''}ohm}}"),
    (" if ", re.compile(  # a function by cases in plain text
        r"^(?!.*\\begin)([^,;]{1,60}?),? if ([^,;]{1,40}?)[,;]? (?:and )?([^,;]{1,60}?),? if ([^,;]{1,40}?)\.?$"),
     r"\\begin{cases} \1 & \2 \\\\ \3 & \4 \\end{cases}"),
    ("cases", re.compile(r"(?<![a-z\\])([a-z])\s*(?:\\text\s?\{\s*)?is (even|odd)\b\s*\}?"), r"\1 \\text{ \2}"),
    ("const", re.compile(r"\\text\s?\{\s*(?:an? )?(?:arbitrary |real )*const(?:ant)?\.?\s*\}"), "C"),
    (",", re.compile(r"(?<!\\)\{(\d{1,3}(?:,\d{3})+(?:\.\d+)?)\}"),  # \frac{30,000}{7}
     lambda m: "{" + m[1].replace(",", "") + "}"),
    ("_", re.compile(r"(?<![a-zA-Z\\])([a-zA-Z]|\\[a-z]+)\^(\d|\{\d+\})_(\w|\{\w+\})(?!\w)"), r"\1_\3^\2"),
    ("-", re.compile(r" (?<=\d )\d+-(?=[a-z]+ [a-z]+)"), " "),  # 4 45-minute lessons
    ("a", re.compile(  # 360 a month, $800/week
        r"(?<=\d)(?: an? | ?/ ?)(?=(?:day|week|month|year|hour|minute|piece|pair|person|ticket)s?\b)"), " per "),
    ("\\odot", re.compile(rf"(?<=\d){_GAP}*M_(?:\\odot(?![a-z])|\{{\s*\\odot\s*\}})"), r" \\text{solar masses}"),
    ("of", re.compile(r"(?<=\d) out of (?=\d)"), "/"),
    ("\\begin", re.compile(  # the words before a condition
        r"\\(?:text(?:rm|normal)?|mathrm|mbox|hbox)\s?\{\s?,?\s?(?:if|for|when|where|as)\s?\}"
        r"|(?<=&)\s*(?:if|for|when)\b(?:\s*&)?"), " "),
    ("\\ ", re.compile(r"(?<=\\mathbb\{R\})\s*\\\s+(?=\\?\{)"), r"\\setminus "),
    ("\\math", re.compile(r"^\\mathbb\s?\{?\s?Q\s?\}?$"), "all rational numbers"),
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
        r"^(?:\\text\s?\{\s?)?(?:[Aa]ll|[Aa]ny|[Ee]very|[Tt]he set of(?: all)?) (?:real numbers?|reals?)(?: x)?,?"
        r" except (?:for |at )?\}?([^{}]+|[^{}]+\\text\{ ?and ?\}[^{}]+)$"),
     lambda m: rf"\mathbb{{R}}\setminus\{{{_NAMED_VALUE.sub('', m[1])}\}}"),
    ("(", re.compile(r"^([a-zA-Z][a-zA-Z -]{1,60}) ?\(-?\d[\d,.]*\)$"),  # twenty-six (26)
     lambda m: m[0] if number_in_words(m[1].strip()) is None else m[1].strip()),
)  # fmt: skip
"""A text that must be in the answer, what is looked for, what takes its place."""


def rewritten(text: str) -> str:
    """The text with each of these notations in the one spelling that the parser reads."""
    if " if " in text and "\\begin" not in text:
        text = _TEXT.sub(r" \1 ", text)
    for hint, pattern, made in REWRITTEN:
        if hint in text:
            text = pattern.sub(made, text)
    return text
