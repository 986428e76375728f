"""Labels of options and of a problem's parts before values: ``(C) 27``, ``(a) 12, (b) 15``."""

from __future__ import annotations

import re

_OPTION = re.compile(
    r"^(?:\\(?:text|mathrm|textbf"
    r"|mathbf)\s*\{\s*)?\(?(?<=\()(?P<label>[A-Jb-j])\)\s*\}?[:\s]*(?=[-−]?\\?[$£€]?[-−]?(?:\d|\.\d|\\d?frac|\\sqrt))"
)
"""The label of an option. A lone ``(a)`` is none: it may be the first of several parts, the others missing."""
_PART = re.compile(r"(?:^|(?<=[\s,;]))\(?(?P<label>[a-h]|[ivx]{1,4}|\d)\)[:\s]\s*")
_FIRST = ("a", "i", "1")
_NEXT = {"a": "bcdefgh", "1": "23456789", "i": ("ii", "iii", "iv", "v", "vi", "vii", "viii")}


def without(answer: str) -> str:
    """An answer without the label of the option that it is, or with the values of its parts as a list."""
    return _parts(answer) or _OPTION.sub("", answer)


def _parts(answer: str) -> str | None:
    """The values behind labels in their order, from the first one on; None where there are not two."""
    labels = list(_PART.finditer(answer))
    if len(labels) < 2 or labels[0].start() or labels[0]["label"] not in _FIRST:
        return None
    following = _NEXT[labels[0]["label"]]
    if [label["label"] for label in labels[1:]] != list(following[: len(labels) - 1]):
        return None
    ends = [label.start() for label in labels[1:]] + [len(answer)]
    values = [answer[label.end() : end].strip(" ,;.") for label, end in zip(labels, ends, strict=True)]
    values = [re.sub(r"[,;]? and$", "", value) for value in values]
    return ", ".join(values) if all(values) else None
