"""Numbers as the paper's rule sees them: what the released code's ``number_it`` gives, pinned."""

import pytest

from mammoth_eval.paper.correctness import grade, number_it
from mammoth_eval.types import Policy


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-9>0", 0), ("9>0", 1), ("-9 > 0", 0), ("1<2<3", 1), ("3<2<1", 0), ("1==1.0", 1), ("2!=2", 0), ("3>=3", 1),
        ("True", 1), ("False", 0), ("True+1", 2), ("[True]", 1), ("[-9>0,1]", None), ("(1<2)+3", 4),
        ("not 5", 0), ("not 0", 1), ("~5", -6), ("5<<2", 20), ("20>>2", 5), ("10^2", 8), ("1 and 2", 2), ("0 or 7", 7),
        ("\\frac{1}{2}>0", 1), ("\\frac{9}{3}>2", 1), ("2>1,000", 0), ("\\frac{1}{0}", None), ("1,000", 1000),
        ("x>3", None), ("3≥2", None), ("1=1", None), ("5>", None), ("[]", None), ("{5}", None), ("None", None),
        ("'7'", 7), ('["7", "8"]', 78), ('["7"]', 7), ("('0.50',)", 0.5), ("'x'", None), ("'7'+1", None),
        ("-'7'", None), ("'7'>1", None), ("'nan'>1", None), ("1<<99999999999", None), ("7**9999999", None),
    ],
)  # fmt: skip
def test_a_number_is_what_the_released_code_sees(text, number):
    assert number_it(text) == number


@pytest.mark.parametrize(
    ("answer", "gold", "equal"),
    [("True", "1", True), ("-9>0", "0", True), ("-9>0", "1", False), ("False", "False", True), ("x>3", "1", False)],
)
def test_a_comparison_counts_as_its_truth_in_math_alone(answer, gold, equal):
    assert grade(answer, gold, Policy(paper="math")).equal is equal
    assert grade(answer, gold, Policy(paper="number")).equal is (answer == gold)
