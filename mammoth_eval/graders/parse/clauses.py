r"""The clause that says what a letter of an answer runs over: ``k \in \mathbb{Z}``, ``where n is an integer``."""

from __future__ import annotations

import re
from typing import NamedTuple


class Clause(NamedTuple):
    """An answer's text without its clause, the letters that the clause speaks of, and their domain."""

    body: str
    names: tuple[str, ...] = ()
    domain: str = ""
    """``Z`` integers, ``N+`` positive, ``N0`` not negative, ``N`` one of the two, ``R`` real, ``R+`` positive real."""


_HINT = re.compile(
    r"\\in(?![a-z])|integer|constant|natural|\breals?\b|whole number|\bin \\?(?:mathbb|[ZNR]\b)|\\[lc]?dots|\.\.\."
)
_WORDS = re.compile(r"\\(?:text(?:rm|normal)?|mathrm|mbox|hbox)\s?\{([^{}]*)\}")
_SPACE = re.compile(r"\\[,;:! ]|\\q?quad(?![a-z])|~|\$")
_SET = re.compile(r"\\(?:mathbb|mathbf|Bbb|rm|bf)\s?\{?\s?([ZNR])\s?\}?|\\(?:mathbb|mathbf)\s([ZNR])")
_NAME = r"(?:[a-zA-Z](?:_\{?\d\}?)?|\\(?:lambda|mu|alpha|beta)(?![a-z]))"
_NAMES = rf"(?P<names>{_NAME}(?: ?(?:,|and) ?{_NAME}){{0,3}})"
_LEAD = (
    r"(?:[ ,;:.(|]|\\mid(?![a-z])|\\forall(?![a-z])"
    r"|\b(?:where|for|with|and|when|all|any|every|each|some|an?|arbitrary|both|here)\b)++"
)
_KIND = (
    r"(?:(?:an?|any|all|the|both) )?(?:arbitrary |some )?"
    r"(?P<kind>(?:positive |non-?negative )?(?:integers?|whole numbers?|real numbers?|reals?)|natural numbers?"
    r"|(?:real )?(?:constants?|parameters?))"
)
_END = r"[ .,;)]*+(?:\\right ?)?(?P<brace>\\\})?[ .]*+"
_CLAUSES = (
    rf"{_LEAD}{_NAMES} ?(?:\\in(?![a-z])|\bin\b) ?(?P<kind>[ZNR](?: ?[\^_] ?\{{?[+*>\d]{{1,3}}\}}?|[+*])?){_END}",
    rf"{_LEAD}{_NAMES} ?(?:(?:is|are|being|:) )?{_KIND}{_END}",
    rf"{_LEAD}{_KIND} {_NAMES}{_END}",
    rf"{_LEAD}(?P<names>{_NAME}) ?= ?(?P<kind>0 ?, ?\\pm ?1 ?,(?: ?\\pm ?\d ?,){{0,4}} ?(?:\\[lc]?dots|\.\.\.)){_END}",
)
_PATTERNS = tuple(re.compile(rf"(?P<body>.*{lazy}\S){clause}") for clause in _CLAUSES for lazy in ("?", ""))
r"""Each clause behind the shortest body first, so that it has all its names, then the longest (``1 - t, t \in R``)."""
_BUILDER = re.compile(
    r"^ ?(?:[a-zA-Z] ?\\in ?)?(?:\\left ?)?\\\{ ?(?:[a-zA-Z] ?(?:\\mid(?![a-z])|\\vert(?![a-z])|\||:) ?)?"
)
_MAX_CHARS = 300


def read(text: str) -> Clause:
    """The clause of a cleaned answer."""
    if len(text) > _MAX_CHARS or not _HINT.search(text):
        return Clause(text)
    plain = _SPACE.sub(" ", _WORDS.sub(r" \1 ", _SET.sub(lambda m: f" {m[1] or m[2]} ", text)))
    plain = " ".join(plain.split())
    for pattern in _PATTERNS:
        match = pattern.fullmatch(plain)
        names = _listed(match["names"]) if match else ()
        if match and len(set(names)) == len(names) and match["body"][-1] not in "+-*/^=":
            body = _BUILDER.sub("", match["body"], count=1) if match["brace"] else match["body"]
            return Clause(body.rstrip(" ,;:(|"), names, _domain(match["kind"]))
    return Clause(text)


def _listed(names: str) -> tuple[str, ...]:
    found = re.findall(_NAME, names.replace("and", ","))
    return tuple(name.lstrip("\\").replace("{", "").replace("}", "") for name in found)


def _domain(kind: str) -> str:
    """The domain that a clause names: as a letter with signs (``Z^+``, ``N_0``), or in words."""
    if kind.startswith(("N", "natural")):
        return "N+" if _POSITIVE_N.fullmatch(kind) else "N"
    above = kind.startswith("positive") or (kind[0] in "ZR" and ("+" in kind or ">" in kind))
    if kind.startswith("R") or any(word in kind for word in ("real", "constant", "parameter")):
        return "R+" if above else "R"
    if above:
        return "N+"
    return "N0" if kind.startswith("non") or "whole" in kind else "Z"


_POSITIVE_N = re.compile(r"N[\^_*+ ][^0]*")
"""``N^*`` and ``N_{+}``, but not ``N_0``."""


def compatible(one: str, other: str) -> bool:
    """Whether two domains may be the same."""
    return one == other or {one, other} in ({"N", "N+"}, {"N", "N0"})
