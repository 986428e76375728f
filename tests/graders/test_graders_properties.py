"""What holds of the grader for all inputs: reflexive, symmetric, total, quick; expressions survive three notations."""

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammoth_eval.graders import grade
from mammoth_eval.graders.normalize import cleaned
from mammoth_eval.graders.parse.nodes import Unreadable
from mammoth_eval.graders.parse.reading import tree
from mammoth_eval.types import Policy

QUICK = settings(max_examples=120, deadline=None)
PIECES = [
    "\\frac", "{", "}", "(", ")", "[", "]", "\\{", "\\}", "1", "2", "37", "0.5", ".", ",", " ", "x", "y", "i", "e", (
        "\\pi"
    ),
    "\\sqrt", "^", "_",
    "+", "-", "*", "/", "=", "<", "\\le", "\\cup", "\\pm", "\\text{ cm}", "\\infty", "!", "%", "|", "\\begin{pmatrix}",
    "\\end{pmatrix}", "&",
    "\\\\", "and", "or", "\\sin", "log", "Matrix(", "Fraction(", "\\boxed{", "$", ":", "½", "²", "°", "five", "\\", "'",
    "5 hours", "\\in", "~",
]  # fmt: skip
soup = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
anything = st.one_of(soup, st.text(max_size=40), st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))


@QUICK
@given(
    anything,
    anything,
    st.sampled_from([Policy(), Policy(decimals="rounded"), Policy(decimals="exact", units="strict", text="exact")]),
)
def test_grade_never_raises(answer, gold, policy):
    assert isinstance(grade(answer, gold, policy).equal, bool)


@QUICK
@given(anything.filter(lambda text: text.strip()))
def test_every_text_equals_itself(text):
    assert grade(text, text).equal


@QUICK
@given(soup, soup)
def test_order_of_the_two_does_not_matter(one, other):
    first, second = grade(one, other), grade(other, one)
    if not (first.fault or second.fault):
        assert first.equal == second.equal


@QUICK
@given(anything)
def test_parser_gives_a_tree_or_says_unreadable(text):
    try:
        tree(cleaned(text))
    except Unreadable as error:
        assert str(error)


def notations(node):
    """A drawn expression as LaTeX, as Python, and in plain text."""
    if isinstance(node, Fraction):
        sign, size = ("-" if node < 0 else ""), abs(node)
        if node.denominator == 1:
            return (f"{{{node}}}",) + (f"({node})",) * 2
        fraction = f"{size.numerator}/{size.denominator}"
        return (
            f"{{{sign}\\frac{{{size.numerator}}}{{{size.denominator}}}}}",
            f"Rational({node.numerator}, {node.denominator})",
            f"({sign}{fraction})",
        )
    if isinstance(node, str):
        return node, node, node
    sign, *parts = node
    spelled = [notations(part) for part in parts]
    (a, b, c), (d, e, f) = spelled[0], spelled[-1]
    if sign == "+":
        return f"\\left({a}+{d}\\right)", f"({b} + {e})", f"({c}+{f})"
    if sign == "*":
        return f"{a} \\cdot {d}", f"{b}*{e}", f"{c} × {f}"
    if sign == "/":
        return f"\\frac{{{a}}}{{{d}}}", f"({b})/({e})", f"({c}) ÷ ({f})"
    if sign == "sqrt":
        return f"\\sqrt{{{a}}}", f"sqrt({b})", f"√({c})"
    return f"\\left({a}\\right)^{{2}}", f"({b})**2", f"({c})²"


leaves = st.one_of(st.fractions(-20, 20, max_denominator=9), st.sampled_from(["x", "y", "n"]))
drawn = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "*"]), inner, inner), st.tuples(st.sampled_from(["square", "sqrt"]),
        st.integers(2,
            30).map(Fraction)),
        st.tuples(st.just("square"), inner),
    ),
    max_leaves=6,
)  # fmt: skip


@QUICK
@given(drawn)
def test_one_expression_in_three_notations_is_one_answer(node):
    latex, python, text = notations(node)
    for answer, gold in ((latex, python), (python, text), (text, latex)):
        verdict = grade(answer, gold)
        assert verdict.equal, (answer, gold, verdict)


@QUICK
@given(drawn, st.integers(1, 9))
def test_expression_and_itself_plus_a_number_differ(node, extra):
    latex, python, _ = notations(node)
    assert not grade(f"{python} + {extra}", latex).equal


@QUICK
@given(st.fractions(-(10**6), 10**6, max_denominator=999))
def test_rationals_are_compared_exactly(value):
    text = f"{value.numerator}/{value.denominator}"
    assert grade(f"\\frac{{{2 * value.numerator}}}{{{2 * value.denominator}}}", text).equal
    assert not grade(f"{value.numerator + 1}/{value.denominator}", text).equal


@pytest.mark.parametrize(
    "unit",
    [
        "x+",
        "(",
        "1,",
        "{",
        "\\frac{",
        "- ",
        "a b ",
        "\\text{a",
        "$",
        "|",
        "\\left(",
        "x=",
        "1 ",
        "[1, ",
        "\\sqrt{",
        "!",
        "\\",
    ],
)
def test_hundred_kilobytes_of_anything_are_handled_in_fifty_milliseconds(unit):
    text = (unit * 100_000)[:100_000]
    start = time.process_time()
    grade(text, "5")
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize("unit", ["+x", "-1", "*x", ",7", "+2x^2", " y", "\\pi", "/3", "^1"])
def test_time_grows_no_faster_than_the_length(unit):
    def seconds(count: int) -> float:
        best = 1.0
        for attempt in range(9):  # the least of them: other work on the machine only adds
            start = time.process_time()
            grade("1" + unit * count + f"+{attempt}", "5")
            best = min(best, time.process_time() - start)
        return best

    short, long = 400 // len(unit), 1600 // len(unit)
    assert seconds(long) < 12 * seconds(short) + 0.02
