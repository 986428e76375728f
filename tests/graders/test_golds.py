"""Golds of every benchmark can be graded: written another way they are right, changed they are wrong, never a fault."""

import re
from collections import Counter
from functools import lru_cache
from itertools import chain, repeat

import pytest

from mammoth_eval import benchmarks
from mammoth_eval.graders import grade
from mammoth_eval.graders.normalize import cleaned
from mammoth_eval.graders.parse.nodes import Text, Unreadable
from mammoth_eval.graders.parse.reading import tree

pytestmark = pytest.mark.data
OPEN = sorted(
    name for name in benchmarks.names() if benchmarks.get(name).form != "choice" and not benchmarks.get(name).generator
)
UNICODE = {
    r"\pi": "π", r"\le": "≤", r"\leq": "≤", r"\ge": "≥", r"\geq": "≥", r"\infty": "∞", r"\cup": "∪", r"\times": "×",
    r"\cdot": "⋅", r"\pm": "±", r"\alpha": "α", r"\theta": "θ", r"\neq": "≠", r"\in": "∈",
}  # fmt: skip
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_WORDS = re.compile(r"\\(?:text|mathrm|mbox|operatorname|begin|end)\b")


def spaced(gold):
    """Thin spaces behind signs, which no string comparison forgives; a digit alone in an array's braces is left."""
    return re.sub(r"(?<=[=<>*/])(?=\s*[\w\\(])|(?<=[\w)}])(?=[*<>=])", r"\\,", gold)


def displayed(gold):
    """In the size of a displayed formula, which only the parser passes over; words and rows of numbers as they are."""
    if r"\approx" in gold or not (r"\frac" in gold or re.fullmatch(r"\S*\d\S*", gold.strip("$"))):
        return gold
    return r"\displaystyle " + gold.strip("$").replace(r"\frac", r"\dfrac")


def bracketed(gold):
    return re.sub(r"\)", r"\\right)", re.sub(r"\(", r"\\left(", gold)) if r"\left" not in gold else gold


def in_unicode(gold):
    """Signs as one character; a gold of digits alone in full-width ones."""
    text = _COMMAND.sub(lambda match: UNICODE.get(match[0], match[0]), gold)
    return text.replace("-", "−") if text.isascii() else text


def alone_in_brackets(gold):
    return rf"\left( {gold} \right)" if re.fullmatch(r"-?\d*\.?\d+", gold) else gold


STYLES = (spaced, displayed, bracketed, in_unicode, alone_in_brackets)


def shifted(gold):
    """The gold with larger numbers behind its last equals sign; where it has none another letter, term or word."""
    if r" \approx" in gold:
        exact, sign, rounded = gold.partition(r" \approx")
        return shifted(exact) + sign + rounded
    start = gold.rfind("=") + 1
    added = chain((1,), repeat(1009))
    tail = re.sub(r"(?<![\d.])(?<!_)(?<!_\{)\d+", lambda match: str(2 * int(match[0]) + next(added)), gold[start:])
    if tail != gold[start:]:
        return gold[:start] + tail
    if re.fullmatch(r"\\text\{\([A-E]\)\}", gold):
        return r"\text{(A)}" if "(A)" not in gold else r"\text{(B)}"
    if is_mathematics(gold):
        return f"{gold.strip('$')}+x^7"
    return re.sub(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}(?![a-zA-Z]*\{)", "otherwise", gold, count=1)


def is_mathematics(gold):
    """Whether the gold has a tree that is more than words."""
    try:
        return not isinstance(tree(cleaned(gold)), Text)
    except Unreadable:
        return False


@pytest.fixture(scope="module")
def problems_of(data_dir, tmp_path_factory):
    """The open problems of a benchmark, each read once."""
    cache = tmp_path_factory.mktemp("cache")

    @lru_cache
    def read(name):
        problems = benchmarks.load(benchmarks.get(name), data_dir=data_dir, cache_dir=cache)
        return [problem for problem in problems if problem.form == "open"]

    return read


@pytest.mark.parametrize("name", OPEN)
def test_no_answer_to_a_gold_is_a_fault(name, problems_of):
    """A wrong answer that is a fault leaves the denominator, and right ones stay: what cannot be read is excluded."""
    policy = benchmarks.get(name).policy
    problems = problems_of(name)
    wrong = ("123456789", r"\frac{x}{17} + 5", "no such thing")
    faults = [p.id for p in problems if any(grade(answer, p.gold, policy).fault for answer in wrong)]
    assert faults == []


@pytest.mark.parametrize("name", OPEN)
def test_gold_in_another_style_equals_itself_and_reaches_the_parser(name, problems_of):
    policy = benchmarks.get(name).policy
    missed, rungs = [], Counter()
    for problem in problems_of(name):
        if not is_mathematics(problem.gold):
            continue
        for style in STYLES:
            verdict = grade(style(problem.gold), problem.gold, policy)
            rungs[verdict.rung] += 1
            if not verdict.equal:
                missed.append((problem.id, style.__name__, problem.gold, verdict))
    assert missed == []
    assert sum(rungs.values()) - rungs["string"] >= len(problems_of(name)) // 2, rungs


@pytest.mark.parametrize("name", OPEN)
def test_shifted_gold_is_wrong(name, problems_of):
    policy = benchmarks.get(name).policy
    accepted = [
        (problem.id, problem.gold, shifted(problem.gold))
        for problem in problems_of(name)
        if grade(shifted(problem.gold), problem.gold, policy).equal
    ]
    assert accepted == []
