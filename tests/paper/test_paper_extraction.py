"""The paper's cleaning, defects included: rules of the released code's ``answer_clean`` and ``extract_math_answer``."""

import pytest

from mammoth_eval.paper import extraction as mammoth
from mammoth_eval.sandbox import Sandbox


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 42.", "42"),
        ("The answer is 1,234 dollars", "1234"),
        ("so 3 + 4 = 7", "7"),
        ("The answer is 3 + 4 = 7 apples and 9 pears", "7"),
        ("first 5 then 9", "9"),
        ("The answer is 5 then 9", "5"),
        ("The answer is 18.00", "18"),
        ("The answer is 2.50", "2.5"),
        ("The answer is 1/2", "1/2"),
        ("The answer is 5/", "5"),
        ("The answer is [3, 4]", "3"),
        ("The answer is 1e-05", "1"),
        ("#### 7", "7"),
        ("The answer is 4\n\nQuestion: more\nThe answer is 5", "4"),
        ("The answer is -3", "-3"),
        ("no number", None),
        ("", None),
        ("The answer is 100000000000000000000", "100.0"),
    ],
)
def test_number_is_cleaned_as_the_released_code_cleans_it(text, answer):
    assert mammoth.from_text(text, paper="number") == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is (B).", "B"),
        ("The answer is b", "B"),
        ("There is a cat", "A"),
        ("The answer is 15.", "15"),
        ("A or B, hence C", "C"),
        ("The answer is A or B", "A"),
        ("x = 5", "5"),
        ("", None),
    ],
)
def test_choice_is_cleaned_with_the_article_counted_as_a_letter(text, answer):
    assert mammoth.from_text(text, paper="choice") == answer


def test_numglue_takes_letters_before_numbers():
    assert mammoth.from_text("The answer is a 7", paper="numglue") == "A"
    assert mammoth.from_text("The answer is 7", paper="numglue") == "7"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is \\frac12.", "\\frac{1}{2}"),
        ("so $\\boxed{\\dfrac{1}{2}}$", "\\frac{1}{2}"),
        ("The answer is $\\boxed{x=5}$", "5"),
        ("the answer is 1/2", "\\frac{1}{2}"),
        ("we get 3 and 4.5", "4.5"),
        ("The answer is 10\\%", "10"),
        ("The answer is 5\\text{ cm}", "5"),
        ("The answer is 3\\text{ cm}\\text{ and }4", "3"),
        ("The answer is \\boxed{2\\text{ m } 5\\text{ cm}}", "2"),
        ("The answer is x=3\\text{ or }x=4\\text{ only}", "3"),
        ("The answer is \\text{ a}\\text{ b}", None),
        ("The answer is \\text{a}\\text{b}", "\\text{a}\\text{b}"),
        ("The answer is 5\\\\\\%%", "5"),
        ("The answer is \\left( 3, \\frac{\\pi}{2} \\right)", "(3,\\frac{\\pi}{2})"),
        ("The answer is \\sqrt3", "\\sqrt{3}"),
        ("The answer is .5", "0.5"),
        ("The answer is 90^\\circ", "90"),
        ("\\boxed", None),
        ("nothing", None),
    ],
)
def test_math_is_cleaned_by_trigger_box_or_last_number(text, answer):
    assert mammoth.from_text(text, paper="math") == answer


@pytest.mark.parametrize(
    ("stdout", "paper", "answer"),
    [("5\n", "number", "5"), ("", "number", None), ("", "math", None), ("[3, 4]", "number", "3"), ("x\n", "number",
    None),
    ("B", "choice", "B"),
     ("2.50\n3", "number", "2.5"), ("1/2\n", "math", "\\frac{1}{2}"), ("", "choice", None), ("15", "choice", "15")],
)  # fmt: skip
def test_stdout_is_read_after_the_trigger(stdout, paper, answer):
    assert mammoth.from_stdout(stdout, paper=paper) == answer


def test_program_is_a_completion_that_prints_cut_at_the_next_instruction():
    found = mammoth.program("x = 1\nprint(x)\n### Instruction: y")
    assert "\ndef run_it():\n  x = 1\n  print(x)\n\n" in found
    assert "Instruction" not in found
    assert mammoth.program("the answer is 5") is None


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "lost"), [("gsm8k", 0), ("mathematics", 139), ("numglue", 3), ("math", 0), ("aqua", 0)]
)
def test_golds_that_the_paper_rule_can_never_match_are_as_many_as_known(data_dir, tmp_path, name, lost):
    from mammoth_eval import benchmarks
    from mammoth_eval.paper.correctness import grade

    one = benchmarks.get(name)
    missed = 0
    for problem in benchmarks.load(one, data_dir=data_dir, cache_dir=tmp_path):
        answer = mammoth.from_text(f"The answer is {problem.gold}.", paper=one.policy.paper)
        missed += not grade(answer or "", problem.gold, one.policy, problem.choices).equal
    assert missed == lost


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("@lru_cache\ndef f(n):\n  return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(30))", "ok"),
        ("print(math.gcd(4, 6), re.sub('a', 'b', 'a'), json.dumps(1), os.sep)", "ok"),
        ("f = StringIO()\nwith redirect_stdout(f):\n  print(1)\nprint(f.getvalue())", "ok"),
        ("print(4)\nexit()", "error"),
        ("import sys\nprint(4)\nsys.exit(0)", "error"),
        ("print(4)\n1 / 0", "error"),
        ("```python\nprint(4)\n```", "error"),
    ],
)
def test_a_program_runs_as_in_the_released_code(text, status):
    with Sandbox() as sandbox:
        assert sandbox.run(mammoth.program(text), "stdout").status == status


def test_a_star_import_is_a_syntax_error_as_in_the_released_code():
    with pytest.raises(SyntaxError):
        compile(mammoth.program("from math import *\nprint(sqrt(4))"), "program", "exec")
