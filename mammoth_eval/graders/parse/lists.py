"""Lists with and without brackets: parts between commas, and the whole of an answer."""

from __future__ import annotations

from itertools import pairwise

from mammoth_eval.graders.parse.binding import LOGIC, SUM
from mammoth_eval.graders.parse.cursor import CLOSERS, Cursor
from mammoth_eval.graders.parse.lexer import Token
from mammoth_eval.graders.parse.nodes import Collection, Node, Pair, Relation, Unreadable, divide


def whole(p: Cursor) -> Node:
    """The tree of all tokens, a bare list where commas part it. Raises `Unreadable`."""
    parts = _grouped(p, items(p, ()))
    if p.next.kind == "cmd" and p.next.text == "over" and len(parts) == 1:
        p.take()
        parts = [divide(parts[0], p.expression(SUM))]
    while p.at(*CLOSERS):
        p.take()
    if p.next.kind != "end" or not parts:
        raise Unreadable(f"cannot read on at {p.next.text!r}" if parts else "nothing to read")
    return parts[0] if len(parts) == 1 else Collection("", tuple(parts))


def inner(p: Cursor, tokens: list[Token]) -> Node:
    """The tree of tokens that stand by themselves inside these."""
    other = Cursor(tokens, p.grammar)
    other.operators, other.depth = p.operators, p.depth
    made = whole(other)
    p.operators = other.operators
    return made


def items(p: Cursor, closers: tuple[str, ...], floor: int = LOGIC) -> list[Node]:
    """The parts of a list, up to a closing sign or the end; signs between parts may repeat (``1, and 2``)."""
    parts: list[Node] = []
    while True:
        while _parted(p):
            if not closers and parts and (p.at(";") or p.next.text == "or"):
                p.breaks.append((p.next.text, len(parts)))
            p.take()
        if p.closed(closers):
            return parts
        parts.append(p.expression(floor))
        if p.pairs and p.at(":") and not isinstance(parts[-1], Relation):
            p.take()
            parts[-1] = Pair((parts[-1], p.expression(floor)))
        if not _parted(p):
            return parts


def _parted(p: Cursor) -> bool:
    """Whether a sign between the parts of a list stands here."""
    return p.next.kind == "sep" or p.at(",", ";", "&")


def _grouped(p: Cursor, parts: list[Node]) -> list[Node]:
    """The parts of a bare list as tuples where ``;`` or ``or`` parts what commas join (``x=1, y=2; x=3, y=4``)."""
    if not p.breaks or len({sign for sign, _ in p.breaks}) > 1:
        return parts
    places = [0, *dict.fromkeys(place for _, place in p.breaks), len(parts)]
    groups = [parts[start:end] for start, end in pairwise(places) if end > start]
    alike = len(groups) > 1 and len(groups[0]) > 1 and len({len(group) for group in groups}) == 1
    if not alike or (p.breaks[0][0] == "or" and any(not isinstance(part, Relation) for part in parts)):
        return parts
    return [Collection("", tuple(group)) for group in groups]
