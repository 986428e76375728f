r"""Text -> tokens: one regular expression for LaTeX, plain text and printed Python; linear in the input.

Thousands separators are resolved here (``70,000``, ``32{,}349``, ``10\,080``, ``54 321``): inside brackets a plain
comma or space parts items instead. Styles (``\mathbf``, ``\left``, ``\displaystyle``) and dollars vanish; the words
of ``\text{...}`` become word tokens.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mammoth_eval.graders.parse.lexicon import FUNCTIONS, words
from mammoth_eval.graders.parse.nodes import Unreadable


class Token(NamedTuple):
    """`kind`: num, name, word, cmd, op, sep, begin, end_env or end; `gap` whether space stands before it."""

    kind: str
    text: str
    gap: bool = False


MAX_CHARS = 8_000
"""Of an answer without its outer brackets; longer ones are compared as texts."""

_THIN = r"(?:\\[,;:! ]|\s*\{\s*,\s*\}\s*|,\s*\\!\s*|\\,|~)"
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\s~]|\\[,;:!>\ ]|\\q?quad|\\(?:text)?color\s*\{{\w+\}}
        |\\(?:(?:(?:tag|label)\*?|[hv]?phantom|hspace\*?)\{{[^{{}}]*\}}|hfill|enspace|enskip
        |(?:neg)?(?:thin|med|thick)space|,)(?![a-zA-Z])
        |\\(?:left|right)\s*\.)+)
  | (?P<repeat>\d*\.\d*\\(?:overline|bar|dot|overset|widebar)\s*(?:\{{\s*\d+\s*\}}|\d))
  | (?P<periodic>(?=\d*\.\d+(?:\.\.\.|\\[lc]?dots(?![a-z]))) \d*\.\d{{0,12}}?
        (?:(?P<short>\d{{1,2}})(?P=short){{2,}}|(?P<long>\d{{3,6}})(?P=long)+)(?:\.\.\.|\\[lc]?dots)
        |\d+\.\d*\(\d{{1,12}}\)(?![\w(^]))
  | (?P<thousands>\d{{1,3}}(?:{_THIN}\d{{3}})+(?![\d])(?:\.\d+)?)
  | (?P<commas>\d{{1,3}}(?:,\d{{3}})+(?!\d|,\d)(?:\.\d+)?(?:[eE][+-]?\d+(?![\w.]))?)
  | (?P<indian>\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?![\d,]))
  | (?P<underscored>\d{{1,3}}(?:_\d{{3}})+(?!\w))
  | (?P<spaced>(?<!_)\d{{1,3}}(?:[ ]\d{{3}})+(?![\d/]|[ ]\d(?!\d*/\d))(?:\.\d+)?)
  | (?P<num>(?:\d+\.\d+|\d+\.(?![.\d])|\.\d+|\d+)(?:[eE][+-]?\d+(?![\w.]))?)
  | (?P<begin>\\(?P<side>begin|end)\s*\{{\s*(?P<env>[a-zA-Z]+)\*?\s*\}}(?:\s*\{{[clr|\s]*\}})?)
  | (?P<text>\\(?:text(?:bf|rm|it|sf|tt|normal)?|mbox|hbox|mathrm|operatorname\*?|rm|emph|mathit|mathsf|textup|unit)
        \s*\{{(?P<words>(?:[^{{}}^]|\^\{{-?\d+\}}|\^)*)\}})
  | (?P<unequal>\\not\s*=)
  | (?P<outside>\\not\s*\\in(?![a-z]))
  | (?P<cmd>\\[a-zA-Z]+)
  | (?P<row>\\\\\s*\[-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu)\])
  | (?P<escape>\\\\|\\[{{}}|%$\#&_'"])
  | (?P<name>(?:Point[23]D|(?:float|u?int)(?:8|16|32|64)|log10|log2)(?=\()|dict_values|dict_keys
        |left_open|right_open|[^\W\d_]+(?:\.[A-Za-z]\w*)*)
  | (?P<op>\*\*|//|<=|>=|!=|==|=<|->|:=|\.\.\.|[-+](?:\s*[-+])+|[-+*/^_=<>()\[\]{{}}|!,;:&%'"`\#?@.$\\])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = re.compile(r"\d+(?:\.\d+)?(?:,\d{3})*|[^\W\d_]+(?:['.-][^\W\d_]+)*\.?|[^\s\w]|_")
_STYLES = frozenset(
    words(
        """
        left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle textstyle
        scriptstyle limits nolimits mathbf mathcal mathfrak boldsymbol bm bf it sl sf tt rm large Large LARGE small
        normalsize huge Huge tiny footnotesize boxed fbox ensuremath vec hat tilde mathstrut hline nonumber mathop
        mathbin mathrel displaylines strut no phantom hphantom vphantom underline text mbox mathrm operatorname
        textbf color cancel bullet blacksquare Box
        """
    )
)
_GLUED = frozenset({"sqrt", "cdot", "times", "pi", "div"})
"""Commands that are read with a letter written right behind them, which LaTeX would not."""
_AS_OP = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=",
    "neq": "!=",
    "times": "*", "cdot": "*", "ast": "*", "div": "/", "lbrace": "\\{", "rbrace": "\\}", "lvert": "|", "rvert": "|",
    "vert": "|",
    "mid": "|", "lbrack": "[", "rbrack": "]", "colon": ":", "slash": "/", "lparen": "(", "rparen": ")", "equiv": "=",
    "leqq": "<=", "geqq": ">=",
}  # fmt: skip
_ESCAPES = {"\\{": "\\{", "\\}": "\\}", "\\|": "|", "\\%": "%", "\\\\": "\\\\", "\\_": "_"}
_OPS = {"==": "=", "=<": "<=", "//": "//", ":=": "="}
_OPEN, _CLOSE = frozenset("([{") | {"\\{"}, frozenset(")]}") | {"\\}"}
_JOINING = frozenset({"and", "or"})
_LOGIC = {"lor": "or", "vee": "or", "land": "and", "wedge": "and"}


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, ``end`` last. Raises `Unreadable` if it is too long or holds a sign that no answer has."""
    if len(text) > MAX_CHARS:
        raise Unreadable(f"{len(text)} characters, at most {MAX_CHARS} are read")
    tokens: list[Token] = []
    depth, gap, position, quoted = 0, False, 0, False
    while position < len(text):
        kind, match = _match(text, position, inside=depth > 0)
        position = match.end()
        if kind == "space":
            gap = True
            continue
        if match[0] == "'":
            if not quoted and not gap and tokens and _primed(tokens[-1]):
                tokens[-1] = tokens[-1]._replace(text=tokens[-1].text + "'")
            else:
                quoted = not quoted
            continue
        made = _made(kind, match, gap)
        for token in made:
            depth += (token.text in _OPEN) - (token.text in _CLOSE and depth > 0) if token.kind == "op" else 0
        tokens.extend(made)
        gap = gap and not made
    tokens.append(Token("end", "", gap))
    return tokens


def _match(text: str, position: int, *, inside: bool) -> tuple[str, re.Match[str]]:
    """What stands at the place, and its kind; `inside` brackets a comma or a space ends a number."""
    match = _TOKEN.match(text, position)
    kind = match.lastgroup if match else None
    if match is None or kind is None:
        raise Unreadable(f"cannot read {text[position : position + 10]!r}")
    if inside and kind in ("commas", "spaced", "indian"):
        digits = _DIGITS.match(text, position)
        assert digits is not None, "a number with separators begins with a digit"
        return "num", digits
    return kind, match


_DIGITS = re.compile(r"\d+")


_WHOLE = re.compile(r"(?:[a-zA-Z]?(?:sin|cos|tan|cot|sec|csc|ln|log)x)+|pir")
_GLUED_NAMES = re.compile(r"sin|cos|tan|cot|sec|csc|ln|log|pi|[a-zA-Z]")
"""``xsinxcosx`` and ``pir``, written without the spaces and signs that part them."""


def _primed(token: Token) -> bool:
    """Whether a sign like a quote after the token is its prime: after one letter, as in ``f'(x)``."""
    return token.kind == "name" and len(token.text.rstrip("'")) == 1


def _made(kind: str, match: re.Match[str], gap: bool) -> list[Token]:
    """The tokens that one match of the expression gives."""
    text = match[0]
    if kind in ("num", "repeat"):
        return [Token("num", text, gap)]
    if kind == "periodic":
        return [Token("num", _marked(match), gap)]
    if kind in ("thousands", "commas", "spaced", "underscored", "indian"):
        return [Token("num", re.sub(r"[^\d.eE+-]", "", text), gap)]
    if kind == "cmd":
        return _command(text[1:], gap)
    if kind == "name":
        return _names(text, gap)
    if kind == "op":
        return _operator(text, gap)
    if kind == "text":
        return _text(match["words"], gap)
    if kind == "begin":
        return [Token("begin" if match["side"] == "begin" else "end_env", match["env"], gap)]
    if kind == "escape":
        return _escape(text, gap)
    if kind in _FIXED:
        return [Token(*_FIXED[kind], gap)]
    raise Unreadable(f"no answer holds {text!r}")


_FIXED = {"outside": ("cmd", "notin"), "unequal": ("op", "!="), "row": ("op", "\\\\")}
"""The token of what may be written in several ways, all with one meaning."""


def _names(text: str, gap: bool) -> list[Token]:
    parts = _GLUED_NAMES.findall(text) if _WHOLE.fullmatch(text) else [text]
    return [Token("sep" if part in _JOINING else "name", part, gap and place == 0) for place, part in enumerate(parts)]


def _text(content: str, gap: bool) -> list[Token]:
    r"""What a ``\text`` holds: a function by its name, or words."""
    name = content.strip()
    return [Token("cmd", name, gap)] if name in FUNCTIONS else _words(content, gap)


def _marked(match: re.Match[str]) -> str:
    r"""``0.1666...`` and ``0.1(6)`` as ``0.1\overline{6}``."""
    period = match["short"] or match["long"]
    if not period:
        return match[0].replace("(", r"\overline{").replace(")", "}")
    digits = match[0].rstrip(".\\lcdots")
    end = match.start("short" if match["short"] else "long") - match.start()
    return rf"{digits[:end]}\overline{{{period}}}"


def _command(name: str, gap: bool) -> list[Token]:
    if name in _STYLES:
        return []
    if name in _LOGIC:
        return [Token("sep", _LOGIC[name], gap)]
    if name[:-1] in _GLUED and name != "cdots":
        return [*_command(name[:-1], gap), Token("name", name[-1])]
    operator = _AS_OP.get(name)
    return [Token("op", operator, gap) if operator else Token("cmd", name, gap)]


def _escape(text: str, gap: bool) -> list[Token]:
    if text == "\\&":
        return [Token("sep", "and", gap)]
    if text == "\\$":
        return [Token("cmd", "dollar", gap)]
    return [Token("op", _ESCAPES[text], gap)] if text in _ESCAPES else []


def _operator(text: str, gap: bool) -> list[Token]:
    if text in ("$", "'", '"', "`"):
        return []
    if text == "\\":
        return []
    if len(text) > 1 and text[0] in "+-" and text != "->":
        return [Token("op", "-" if text.count("-") % 2 else "+", gap)]
    return [Token("op", _OPS.get(text, text), gap)]


_LAYOUT, _EXPONENT = re.compile(r"~|\\[,;:! ]|\\q?quad"), re.compile(r"\^\{(-?\d+)\}")


def _words(content: str, gap: bool) -> list[Token]:
    """What the words of a ``\\text`` are: words, and numbers and signs as outside it."""
    made: list[Token] = []
    content = _LAYOUT.sub(" ", content).replace("\\cdot", "*")
    if "^" in content:
        content = _EXPONENT.sub(r"^\1", content)
    for match in _WORDS.finditer(content):
        text = match[0]
        spaced = gap or match.start() > 0
        if text[0].isdigit():
            made.append(Token("num", text.replace(",", ""), spaced))
        elif text[0].isalpha():
            made.append(_word(text.rstrip("."), spaced))
        elif text in "()[],;:/^-+=%<>*!":
            made.append(Token("op", text, spaced))
        elif text == "\\" or text == "$":
            continue
        else:
            made.append(Token("word", text, spaced))
    return made


def _word(text: str, gap: bool) -> Token:
    r"""A word of a ``\text``; one letter stays a name, set apart so that it can be a unit."""
    if text.lower() in _JOINING:
        return Token("sep", text.lower(), gap)
    return Token("name", text, True) if len(text) == 1 else Token("word", text, gap)
