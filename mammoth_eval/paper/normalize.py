r"""The string normaliser of MATH: hendrycks/math, ``modeling/math_equivalence.py`` (arXiv 2103.03874), as the paper's
released code carries it (TIGER-AI-Lab/MAmmoTH, ``math_eval/utils.py``, ``_strip_string``), written anew.

It stands below answers and graders because the paper's rule needs it in both: answers are normalised when they are
read, golds were normalised when the released data were made.
"""

from __future__ import annotations

_REMOVED = ("\n", "\\!")
_DEGREES = ("^{\\circ}", "^\\circ", "\\$")


def strip_string(text: str) -> str:
    """The normaliser of hendrycks/math, as that code carries it.

    Of a text with several ``\\text{ `` parts what stands before the first is kept: the assertion that stops the
    original there is taken out.
    """
    for piece in _REMOVED:
        text = text.replace(piece, "")
    text = text.replace("\\\\", "\\").replace("tfrac", "frac").replace("dfrac", "frac")
    text = text.replace("\\left", "").replace("\\right", "")
    for piece in _DEGREES:
        text = text.replace(piece, "")
    text = text.split("\\text{ ")[0].replace("\\%", "").replace("\\%", "")  # twice there, too: ``\\\\%%`` goes whole
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return text
    text = "0" + text if text[0] == "." else text
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:
        text = sides[1]
    return _fix_slash(_fix_fracs(_fix_sqrt(text).replace(" ", "")))


def _fix_sqrt(text: str) -> str:
    first, *rest = text.split("\\sqrt")
    return first + "".join("\\sqrt" + (part if part[:1] in ("{", "") else f"{{{part[0]}}}{part[1:]}") for part in rest)


def _fix_fracs(text: str) -> str:
    first, *rest = text.split("\\frac")
    fixed = first
    for part in rest:
        fixed += "\\frac"
        if not part or part[0] == "{":
            fixed += part
        elif len(part) < 2:
            return text
        elif part[1] == "{":
            fixed += f"{{{part[0]}}}{part[1:]}"
        else:
            fixed += f"{{{part[0]}}}{{{part[1]}}}{part[2:]}"
    return fixed


def _fix_slash(text: str) -> str:
    parts = text.split("/")
    if len(parts) != 2:
        return text
    try:
        above, below = int(parts[0]), int(parts[1])
    except ValueError:
        return text
    return f"\\frac{{{above}}}{{{below}}}" if text == f"{above}/{below}" else text
