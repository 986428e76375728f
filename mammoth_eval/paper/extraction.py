r"""Program and answer as the paper's released code reads them, its defects included.

Rules of TIGER-AI-Lab/MAmmoTH, ``math_eval/run_open.py``, ``run_choice.py`` and ``utils.py`` (``answer_clean``,
``extract_math_answer``, ``_strip_string``, the Hendrycks normaliser, and ``delete_extra_zero``), written anew. Known
defects, kept because published numbers have them:

- the article "a" counts as option A (the text is upper-cased before letters are searched), also in numglue's open
  questions;
- of a printed list the first number counts; ``2 + 3 = 5 apples = 5.0`` is read after the last ``=``;
- ``1/2`` stays ``1/2``, ``1e-05`` reads as ``1``, a number of 17 digits or more goes through a float;
- a program runs as the body of a function, so that ``from sympy import *`` in it is a syntax error; some modules are at
  hand;
- a program that exits loses what it printed, as does one that raises; one in an answer in words runs, too;
- ``#### `` without a number, or text without one, gives no answer; an unfinished completion is read like a finished
  one.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Literal

from mammoth_eval.paper.normalize import strip_string

Paper = Literal["number", "math", "numglue", "choice"]

VERSION = "4"
"""Changes with any change that can move a number."""
_AT_HAND = {
    **{name: f"import {name}" for name in ("json", "math", "multiprocessing", "os", "re", "threading")},
    "StringIO": "from io import StringIO",
    "lru_cache": "from functools import lru_cache",
    "redirect_stdout": "from contextlib import redirect_stdout",
}
"""What the released code has imported where it runs a program (torch, too, which is not in the sandbox)."""
_CALL = """
try:
  run_it()
except SystemExit as end:
  raise RuntimeError("what was printed is lost with the process") from end
"""
TRIGGERS = ("####", "The answer is")
_LETTER = re.compile(r"\b([ABCDE])\b")
_NUMBER = re.compile(r"-?\d+/?\.?\d*")
_MATH_NUMBER = re.compile(r"-?\d*\.?\d+")


def program(text: str, truncated: bool = False) -> str | None:
    """`text` up to ``### Instruction``, as the body of a function, where it holds ``print(``.

    None where it does not (it is then read as a chain of thought). `truncated` does not count there.
    """
    if "print(" not in text:
        return None
    body = textwrap.indent(text.split("### Instruction")[0], "  ")
    at_hand = "\n".join(statement for name, statement in _AT_HAND.items() if name in body)
    return f"{at_hand}\n\ndef run_it():\n{body}\n{_CALL}"


def from_text(text: str, *, paper: Paper, choices: Sequence[str] = (), truncated: bool = False) -> str | None:
    """The answer in a chain of thought.

    None where nothing could be cleaned out. `choices` and `truncated` do not count there.
    """
    return (clean_math(text) if paper == "math" else _clean(text, paper)) or None


def from_stdout(stdout: str, *, paper: Paper, choices: Sequence[str] = ()) -> str | None:
    r"""The answer in a program's output, read as ``The answer is `` + stdout without the newlines around it.

    None where there is none.
    """
    return from_text("The answer is " + stdout.strip("\n"), paper=paper)


def _clean(text: str, paper: Paper) -> str:
    if any(text.count(trigger) > 1 for trigger in TRIGGERS):
        text = text.split("\n\n")[0]
    parts = re.split("|".join(TRIGGERS), text)
    rest = parts[-1]
    if "=" in rest:
        rest = rest.split("=")[-1].strip()
    found = _candidates(rest, paper)
    if not found:
        return ""
    answer = found[0] if len(parts) > 1 else found[-1]
    return answer.removesuffix(".").removesuffix("/")


def _candidates(rest: str, paper: Paper) -> list[str]:
    letters = _LETTER.findall(rest.upper()) if paper != "number" else []
    if letters:
        return letters
    if paper == "choice":
        return [rest.strip().strip(".")]
    return [delete_extra_zero(number) for number in _NUMBER.findall(rest.replace(",", ""))]


def delete_extra_zero(number: str) -> str:
    """`number` without the zeros that end its decimals, through a float as there.

    ``1e+20`` becomes ``100.0``, a defect that is kept.
    """
    try:
        value = float(number)
    except ValueError:
        return number
    text = str(value).rstrip("0")
    return str(int(text.rstrip("."))) if text.endswith(".") else str(float(text))


def clean_math(text: str) -> str:
    """The answer for MATH: after the last trigger, else in the last box, else the last number; normalised."""
    for trigger in ("The answer is ", "the answer is "):
        if trigger in text:
            answer = text.split(trigger)[-1].strip()
            break
    else:
        if "boxed" in text:
            answer = _box(text)
        else:
            numbers = _MATH_NUMBER.findall(text)
            answer = numbers[-1] if numbers else ""
    answer = strip_string(answer.removesuffix(".").removesuffix("/"))
    return _box(answer) if "boxed" in answer else answer


def _box(text: str) -> str:
    content = text.split("boxed")[-1]
    if not content.startswith("{"):
        return strip_string(content.split("$")[0].strip())
    depth = 1
    for index, char in enumerate(content[1:], start=1):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return strip_string(content[1:index])
    return strip_string(content[1:])
