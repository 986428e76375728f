"""Tables of labelled answers that are audited as a whole.

Our stress sets, facts from the tests of peers, reported errors.
"""

import pytest
from checkout import DATA

from mammoth_eval.cli.audit import judge, read_cases
from mammoth_eval.graders import grade
from mammoth_eval.graders.compare import phrases
from mammoth_eval.graders.equal import finite_field
from mammoth_eval.graders.normalize import cleaned
from mammoth_eval.graders.parse.reading import tree


@pytest.mark.parametrize("name", ["stress", "siblings", "peers", "reported", "kinds"])
def test_every_case_of_the_table_gets_its_label_and_no_fault(name):
    verdict_of = judge("exact")
    wrong = []
    for case in read_cases(DATA / f"grading_{name}.jsonl"):
        verdict = verdict_of(case)
        if verdict.equal != case.label or verdict.fault:
            wrong.append((case.id, case.gold, case.pred, case.label, verdict))
    assert not wrong


IDENTITIES = [
    ("\\tan x", "\\frac{\\sin x}{\\cos x}"), ("\\sin 3x", "3\\sin x - 4\\sin^3 x"), ("e^{2x}", "(e^x)^2"), ("4^n", (
        "2^{2n}"
    )),
    ("\\ln(x^2 y)", "2\\ln x + \\ln y"), ("\\sqrt{x}\\sqrt{y}", "\\sqrt{xy}"), ("\\sin(x+\\frac{\\pi}{2})", "\\cos x"),
    ("\\cosh^2 x - \\sinh^2 x", "1"), ("e^{ix}", "\\cos x + i\\sin x"), ("\\sqrt[3]{x^2-2}^2", "(x^2-2)^{2/3}"),
    ("\\binom{n}{k}", "\\frac{n!}{k!(n-k)!}"), ("(2n)!", "2n(2n-1)!"), ("|x-3|", "|3-x|"), ("\\max(x, y)",
    "\\max(y, x)"),
]  # fmt: skip
OTHERS = [
    ("\\sin x", "\\cos x"), ("e^{2x}", "e^{x+2}"), ("2^n", "n^2"), ("\\sqrt{x+1}", "\\sqrt{x}+1"), ("\\ln(x+1)", (
        "\\ln x"
    )),
    ("\\sqrt{x+1}", "-\\sqrt{x+1}"), ("e^x", "2^x"), ("(2n)!", "2n!"), ("\\binom{n}{k}", "\\binom{n}{k-1}"), ("|x|",
    "x"),
    ("\\sqrt[3]{x}", "\\sqrt{x}"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), IDENTITIES)
def test_identity_is_shown_in_the_finite_field_without_the_worker(one, other):
    assert finite_field.identical(tree(cleaned(one)), tree(cleaned(other)))


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_what_is_no_identity_is_not_shown_in_the_finite_field(one, other):
    assert not finite_field.identical(tree(cleaned(one)), tree(cleaned(other)))


@pytest.mark.parametrize(
    ("gold", "answer", "equal"),
    [
        ("\\sum_{n=0}^{\\infty} x^n", "\\sum_{k=1}^{\\infty} x^{k-1}", True),
        ("\\sum_{n=0}^{\\infty} x^n", "\\sum_{n=1}^{\\infty} x^n", False),
        ("\\sum_{n=0}^{\\infty} (-1)^n x^{2n}", "\\sum_{n=0}^{\\infty} (-x^2)^n", True),
        ("\\sum_{n=1}^{\\infty} \\frac{2}{n}", "2\\sum_{n=1}^{\\infty} \\frac{1}{n}", True),
        ("\\sum_{k=1}^{n} k^3", "\\left(\\frac{n(n+1)}{2}\\right)^2", True),
        ("\\sum_{k=1}^{n} k^3", "n^4", False),
        ("\\sum_{i=1}^{4} i", "10", True),
        ("\\prod_{k=1}^{n} k", "n!", True),
        ("\\sum_{k=1}^{10^9} k", "5", False),
        ("\\int_0^1 x^2 \\, dx", "\\int_0^1 t^2 dt", True),
        ("\\int_0^1 x^2 dx", "\\int_0^2 x^2 dx", False),
        ("\\int \\frac{dx}{x}", "\\int \\frac{1}{x} dx", True),
        ("\\int_0^1 \\int_0^x y \\, dy \\, dx", "\\int_0^1 \\int_0^t s \\, ds \\, dt", True),
        ("\\lim_{x \\to 0} \\frac{\\sin x}{x} = 1", "1", True),
        ("\\lim_{x \\to 0^+} f(x)", "\\lim_{x \\to 0^-} f(x)", False),
        ("\\frac{dy}{dx} = 2x", "dy/dx = 2x", True),
        ("f'(x) = 2x", "2x", True),
        ("Sum(k**2, (k, 1, n))", "\\sum_{j=1}^{n} j^2", True),
        ("x \\equiv 3 \\pmod{7}", "x = 10 (mod 7)", True),
        ("3 \\pmod{7}", "3 \\pmod{5}", False),
        ("17 \\bmod 5", "2", True),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}^2", "\\begin{pmatrix}7&10\\\\15&22\\end{pmatrix}", True),
        ("\\begin{pmatrix}1&2\\end{pmatrix}\\begin{pmatrix}3\\\\4\\end{pmatrix}", "11", True),
        ("p=5, q=2; p=7, q=2", "(5,2), (7,2)", True),
        ("p=5, q=2; p=7, q=2", "(2,5), (7,2)", False),
    ],
)
def test_operators_residues_matrices_and_groups_are_compared_by_what_they_mean(gold, answer, equal):
    verdict = grade(answer, gold)
    assert (verdict.equal, verdict.fault) == (equal, False), verdict


@pytest.mark.parametrize(
    ("gold", "answer", "equal"),
    [
        ("concave up on $(0, \\infty)$", "concave up on $(0,\\infty)$", True),
        ("concave up on $(0, \\infty)$", "concave down on $(0,\\infty)$", False),
        ("concave up on $(0, \\infty)$", "concave up on $(1,\\infty)$", False),
        ("The bulb should be placed 0.625 centimeters above the vertex of the mirror.", "0.625", True),
        ("The bulb should be placed 0.625 centimeters above the vertex of the mirror.", "0.6", False),
        ("Yes. $F(x, y)=4 x^{2} y+3 x$", "4x^2y+3x", True),
        ("The hypotenuse has length $\\frac{4}{\\cos 12^{\\circ}} \\approx 4.089$.", "4.089", True),
    ],
)
def test_gold_in_prose_is_its_words_and_formulas_or_the_one_value_in_it(gold, answer, equal):
    verdict = grade(answer, gold)
    assert (verdict.equal, verdict.fault) == (equal, False), verdict


def test_long_prose_with_other_words_cannot_be_judged():
    gold = (
        "Yes. If not, there would exist a vector not in the span. But then you could add in this vector and obtain a "
        "larger set."
    )
    assert phrases.compare(gold, "It depends on the basis", lambda one, other: one == other) is None
    assert grade("It depends on the basis", gold).fault
