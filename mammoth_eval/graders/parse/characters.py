r"""Unicode and wrapping: one ASCII and LaTeX spelling for each sign, and what stands around an answer taken off."""

from __future__ import annotations

import re
import unicodedata

_SUPER = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ", "0123456789-+ni", strict=True))
_SUB = dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789-+", strict=True))
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ",
    "∙": r"\cdot ",
    "÷": r"\div ", "∕": "/", "⁄": "/", "√": r"\surd ", "∛": r"\cbrt ", "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ",
    "≥": r"\ge ",
    "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≃": r"\approx ", "≅": r"\approx ", "∪": r"\cup ",
    "∩": r"\cap ",
    "∈": r"\in ", "∉": r"\notin ", "∅": r"\emptyset ", "⌀": r"\emptyset ",
    "±": r"\pm ", "∓": r"\mp ", "°": r"\degree ", "º": r"\degree ",
    "∘": r"\degree ", "℃": r"\degree C", "ℝ": r"\mathbb{R}", "∠": r"\angle ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∖": r"\setminus ", "→": r"\to ", "∧": r"\wedge ",
    "∨": r"\vee ",
    "¬": r"\neg ", "¢": " cents",
    "′": "'", "’": "'", "‘": "'", "“": '"', "”": '"', "″": '"', "，": ",", "；": "; ", "：": ":", "∶": ":", "、": ", ",
    "。": ".",
    "…": r"\ldots ",
    "％": "%", "£": r"\pounds ", "€": r"\euro ", "¥": r"\yen ", "₹": r"\rupee ", "\u2062": " ", "⇒": r"\to ",
    "ℕ": r"\mathbb{N}",
    "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "∑": r"\sum ", "∫": r"\int ", "µ": "u",
    "℉": r"\degree F",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta",
    "ϑ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "υ": "upsilon",
    "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "Π": "Pi",
}  # fmt: skip
_TABLE: dict[int, str] = {ord(sign): text for sign, text in _SIGNS.items()}
_TABLE |= {ord(letter): rf"\{name} " for letter, name in _GREEK.items()}
_SUPER_RUN = re.compile(f"[{''.join(_SUPER)}]+")
_SUB_RUN = re.compile(f"[{''.join(_SUB)}]+")
_VULGAR = re.compile("[¼-¾⅐-⅞]")

_WRAPS = (
    ("$$", "$$"),
    ("$", "$"),
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("**", "**"),
    ("`", "`"),
    ('"', '"'),
    ("'", "'"),
    ("*", "*"),
)
_END = " \t\r\n,;。"
_STYLE = re.compile(
    r"\\(?:text(?:bf|rm|it|sf|normal)?|mbox|mathrm|mathbf|operatorname|rm|hbox)\s*\{"
    r"|\\[,;:! ]|\\(?:left|right|quad)(?![a-z])"
)


def plain(text: str) -> str:
    """`text` in ASCII and LaTeX; characters that only shape others (variation selectors, zero-width) are gone."""
    if text.isascii():
        return text
    text = _VULGAR.sub(_vulgar, text)
    text = _SUPER_RUN.sub(lambda run: "^{" + "".join(_SUPER[char] for char in run[0]) + "}", text)
    text = _SUB_RUN.sub(lambda run: "_{" + "".join(_SUB[char] for char in run[0]) + "}", text)
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    return "".join(_single(char) for char in text)


def _vulgar(match: re.Match[str]) -> str:
    above, _, below = unicodedata.normalize("NFKC", match[0]).partition("\u2044")
    return rf"\frac{{{above}}}{{{below}}}" if below else match[0]


def _single(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category in ("Mn", "Cf", "Me", "Cc"):
        return ""
    if category.startswith("Z"):
        return " "
    digit = unicodedata.digit(char, None)
    return str(digit) if digit is not None and category == "Nd" else char


def unwrap(text: str) -> str:
    """`text` without the dollars, stars, quotes and punctuation around it, and without outer brackets in excess."""
    text = text.strip(_END)
    while True:
        before = text
        for opening, closing in _WRAPS:
            if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
                inner = text[len(opening) : -len(closing)]
                if closing not in inner:
                    text = inner.strip(_END)
        text = _without_end(text)
        if text == before:
            return _shallow(text)


def _without_end(text: str) -> str:
    if text.endswith("\\\\"):
        return text.rstrip("\\" + _END)
    if text.endswith(".") and not text.endswith(("...", "m.")):
        return text[:-1].rstrip(_END)
    return text


def _shallow(text: str) -> str:
    """`text` without the outer round brackets that wrap all of it but one pair; in time linear in its length."""
    lead = len(text) - len(text.lstrip("("))
    if lead < 2:
        return text
    tail = len(text) - len(text.rstrip(")"))
    core = text[lead : len(text) - tail]
    depth = lowest = lead
    for char in core:
        depth += (char == "(") - (char == ")")
        lowest = min(lowest, depth)
    spare = min(lead, tail, lowest) - 1
    return text[spare : len(text) - spare] if spare > 0 else text


def unstyled(text: str) -> str:
    """The text with a space in the place of each command that only sets its style, the brace behind it included."""
    return _STYLE.sub(" ", text)


def folded(text: str) -> str:
    """Words without case, style and punctuation; signs of mathematics stay."""
    text = re.sub(r"\\(?=\s|$)", "", unstyled(text))
    text = re.sub(r"[{}$;:'\"`*~?]+|[.,](?!\d)|(?<!\d)[.,]", " ", text)
    return re.sub(r"(?<=\W) +| +(?=\W)", "", " ".join(text.split())).casefold()
