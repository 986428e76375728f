"""Source that is Python but for how it was written down: indented, typed in a notebook, or with a typist's characters.

Nothing is changed in a text that parses, and each step is taken only while the text does not parse. What parses after
none of them is given back as it was, so that the program's own error is reported.
"""

from __future__ import annotations

import ast
import html
import re
import textwrap
import unicodedata
import warnings

MAX_CHARS = 16_000
"""Longer texts are neither checked nor mended."""
_PROMPT = re.compile(r"[ \t]*(?:>>> ?|In \[\d*\]: ?)(.*)")
_NUMBERED_PROMPT = re.compile(r"^[ \t]*In \[\d*\]: ?\S", re.MULTILINE)
_MORE = re.compile(r"[ \t]*\.{3}(?::? (.*)|:?)")
_FOREIGN_CELL = re.compile(r"\s*%%(?:bash|sh|script|latex|html|javascript|js|markdown|perl|ruby|R|sql|svg)\b")
_TIMED = re.compile(r"^([ \t]*)%{1,2}time[ \t]+(\S.*)$", re.MULTILINE)
_MAGIC = re.compile(
    r"^([ \t]*)(?:%{1,2}[A-Za-z].*|!\s*[A-Za-z].*|\?{1,2}[A-Za-z_][\w.]*|[A-Za-z_][\w.]*\?{1,2}"
    r"|(?:python3? -m )?(?:pip3?|conda|apt|apt-get) install .*)[ \t]*$",
    re.MULTILINE,
)
_DISPLAY = re.compile(r"^([ \t]*)from IPython(?:\.core)?\.display import display[ \t]*$", re.MULTILINE)
_TEXTS = re.compile(
    r"(?P<kept>#[^\n]*|\"{3}[^\0]*?\"{3}|'{3}[^\0]*?'{3}|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|[“”„](?P<double>[^“”\"\n]*)[“”\"]|[‘’](?P<single>[^‘’'\n]*)[‘’']|(?P<strange>[^\0-\x7f]+)"
)
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "⋅": "*", "·": "*", "∗": "*", "÷": "/", "∕": "/",
    "≤": "<=", "≥": ">=", "≠": "!=", "…": "...", "、": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'",
    "\u00ad": "",
}  # fmt: skip
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_ESCAPED = re.compile(r"\\([_*\[\]<>#&%])")


def parses(code: str) -> bool:
    """Whether `code` is Python by its grammar; nothing is run."""
    return error_line(code) is None


def is_source(text: str) -> bool:
    """Whether a text is a program as a whole, not a sentence or a formula that happens to parse."""
    return len(text) <= MAX_CHARS and _DEFINES.search(text) is not None and parses(text)


_DEFINES = re.compile(r"^[ \t]*(?:from [\w.]+ import |import \w|def \w+\s*\()", re.MULTILINE)


def tree_of(code: str) -> ast.Module | None:
    """The syntax tree of `code`; None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def error_line(code: str) -> int | None:
    """The line (from 1) of the first syntax error; None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):  # null bytes; nesting too deep for Python's own parser
        return 1
    return None


def mended(code: str, indent: int = 0) -> str:
    """`code` as it was meant; as it is where it parses, or where nothing helps. `indent`: columns before its fence.

    Empty where it is the cell of another language (``%%bash``).
    """
    if _FOREIGN_CELL.match(code):
        return ""
    if len(code) > MAX_CHARS:
        return code
    tried = _session(code) if _NUMBERED_PROMPT.search(code) else code  # ``In [1]: x = 6`` is an annotation in Python
    steps = (lambda text: _outdented(text, indent), _session, _without_magic, _plain, _unescaped)
    for step in steps:
        if parses(tried):
            break
        tried = step(tried)
    found = tried if parses(tried) else _outdented(code, indent)
    return _DISPLAY.sub(r"\1pass", found) if "IPython" in found else found


def _outdented(code: str, indent: int) -> str:
    """`code` without the indentation that all its lines have, or else without that of its fence."""
    lines = code.split("\n")
    filled = [line for line in lines if line.strip()]
    if not filled or not filled[0][0].isspace():
        return code
    if all(line[0].isspace() for line in filled):
        return textwrap.dedent(code)
    return "\n".join(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines)


def _session(code: str) -> str:
    """The statements of an interpreter's session without its output; a value is shown as the interpreter does."""
    if not any(_PROMPT.match(line) for line in code.split("\n")):
        return code
    statements: list[list[str]] = []
    for line in code.split("\n"):
        prompt, more = _PROMPT.match(line), _MORE.fullmatch(line)
        if prompt:
            statements.append([prompt[1]])
        elif more and statements:
            statements[-1].append(more[1] or "")
    return "\n".join(_shown("\n".join(lines)) for lines in statements)


def _shown(statement: str) -> str:
    tree = tree_of(statement.strip())
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return statement
    return f'__import__("sys").displayhook({ast.unparse(tree.body[0])})'


def _without_magic(code: str) -> str:
    """``pass`` in the place of a notebook's commands; what one of them times is run."""
    return _MAGIC.sub(r"\1pass", _TIMED.sub(r"\1\2", code))


def _plain(code: str) -> str:
    """The signs of Python in the place of those that look like them, outside of its own strings and comments."""
    if "&" in code and not code.isspace():
        code = html.unescape(code)
    return _TEXTS.sub(_ascii, code)


def _ascii(match: re.Match[str]) -> str:
    if match["kept"] is not None:
        return match[0]
    for quote, name in (('"', "double"), ("'", "single")):
        if match[name] is not None:
            return f"{quote}{match[name]}{quote}"
    text = _POWER.sub(lambda power: "**" + power[0].translate(_POWERS), match["strange"])
    return "".join(_SIGNS.get(char, _folded(char)) for char in text)


def _folded(char: str) -> str:
    """A full-width sign or a space as its plain one, nothing for a character without width."""
    kind = unicodedata.category(char)
    if kind == "Cf":
        return ""
    if kind == "Zs":
        return " "
    return unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" else char


def _unescaped(code: str) -> str:
    r"""Without the backslashes of Markdown (``total\_sum``), tabs as four spaces."""
    return _ESCAPED.sub(r"\1", code).expandtabs(4)
