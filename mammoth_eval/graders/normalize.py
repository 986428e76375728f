r"""What stands around an answer, or belongs to its typesetting alone, taken off: the text that the parser reads.

Signs become ASCII and LaTeX in `characters`, notations one in `rewriting`; here are leads (``=``, ``Answer:``,
``USD``), web markup and layout commands.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from mammoth_eval.graders.parse.characters import plain, unwrap
from mammoth_eval.graders.rewriting import rewritten

_LEAD = re.compile(
    r"^(?:(?:=|~|(?:US|AU?|CA?|NZ|HK|S)(?=\\?\$)|(?:[Aa]ns(?:wer)?|[Rr]esult|[Oo]utput)\s?[:=]"
    r"|\\approx|\\sim|\\(?:[Rr]ightarrow|[Ll]ongrightarrow|implies|therefore|to)"
    r"|about|approximately|roughly|exactly|around)(?![a-zA-Z=])\s*)+(?=[-$\\(\d.]|(?:USD|EUR|GBP|INR|Rs)\b)"
)
"""What may stand before a value without being part of it."""
_CODES = "USD|EUR|GBP|INR|Rs|CHF|PLN|SEK|NOK|DKK|CZK|HUF|CNY|CAD|AUD|JPY"
_CURRENCY = re.compile(
    rf"^(?:\\(?:text|mathrm)\s?\{{\s?(?:(US(?=\\?\$)|{_CODES})\.?\s?(?:\\?\$)?|\\?\$)\s?\}}"
    rf"|({_CODES})\b\.?)\s*(?:\\?\$\s*)?(?=[-(\d.])"
)
"""A currency by its letters, before the amount."""
_SIGNS = {"EUR": r"\euro ", "GBP": r"\pounds ", "INR": r"\rupee ", "Rs": r"\rupee ", "JPY": r"\yen "} | {
    code: rf"\{code.lower()} " for code in _CODES.split("|")[5:-1]
}
_PRICE = re.compile(r"^(-?)\$(?=\s*[\d.])")
"""One dollar sign before a number: money, and not the open end of a formula."""
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z{}])")
"""A command's backslash written twice, as models do that learned from JSON."""
_RAISED = re.compile(r"<(sup|sub)>([^<>]{1,60})</\1>")
_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|code)>|<br ?/?>")

_FENCED = re.compile(r"```\w*\n([^`]+)\n```")

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
    text = rewritten(text)
    lines = [line for line in text.split("\n") if line.strip() not in _DISPLAY] if "\n" in text else []
    if lines and "\\begin" not in text and _balanced(lines[-1]):
        text = unwrap(lines[-1])
    return _spaced(_turned(text))


def _without_markup(text: str) -> str:
    """The text without tags of HTML, and with its entities as the signs that they are."""
    if "&" not in text and not ("<" in text and ">" in text):
        return text
    text = _RAISED.sub(lambda match: ("^" if match[1] == "sup" else "_") + "{" + match[2] + "}", text)
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
