"""Rewards: what each completion earns, in any thread and process, and that nothing a model writes raises."""

import logging
import multiprocessing
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from mammoth_eval.errors import UnknownName, UsageError
from mammoth_eval.reward import Reward, compute_score, compute_scores, for_benchmark
from mammoth_eval.types import Policy

VALUES = Reward(right=1.0, wrong=-0.5, no_answer=-1.0, fault=0.25)
RIGHT, WRONG, NONE, FAULT = 1.0, -0.5, -1.0, 0.25
UNREADABLE = r"\frac{x^2 +}{= \begin{cases} } \oplus^\dagger"


def said(*contents, role="assistant"):
    return [{"role": role, "content": content} for content in contents]


def earned(completion, gold, reward=VALUES, **columns):
    (value,) = reward(["Q"], [completion], **{reward.gold: [gold]}, **{key: [cell] for key, cell in columns.items()})
    return value


VERDICTS = {
    "right": ("Thus \\boxed{\\frac{1}{2}}", "0.5", RIGHT),
    "right, by a proof": (r"The answer is $\sin^2 x$.", r"\frac{1-\cos 2x}{2}", RIGHT),
    "wrong": ("The answer is 7.", "8", WRONG),
    "words alone": ("I cannot tell what is asked for here, so nothing can be said about it at all.", "8", NONE),
    "nothing": ("", "8", NONE),
    "no content": (None, "8", NONE),
    "white space": (" \n ", "8", NONE),
    "no messages": ([], "8", NONE),
    "a message without content": (said(None), "8", NONE),
    "a message with nothing in it": ([{"role": "assistant"}], "8", NONE),
    "a tool's message alone": (said("8", role="tool"), "8", NONE),
    "one message": (said("\\boxed{8}"), "8", RIGHT),
    "the last message of several": (said("\\boxed{7}", "\\boxed{8}"), "8", RIGHT),
    "not an earlier message": (said("\\boxed{8}", "\\boxed{7}"), "8", WRONG),
    "the assistant's last, a tool between": (
        [*said("Let me see."), *said("7", role="tool"), *said("It is 8.")],
        "8",
        RIGHT,
    ),
    "parts of a message": (
        said([{"type": "text", "text": "\\boxed{"}, {"type": "image"}, {"type": "text", "text": "8}"}]),
        "8",
        RIGHT,
    ),
    "a part that is a thought": (
        said([{"type": "reasoning", "text": "\\boxed{8}"}, {"type": "text", "text": "\\boxed{7}"}]),
        "8",
        WRONG,
    ),
    "after a thought": ("<think>7? \\boxed{7}</think>\\boxed{8}", "8", RIGHT),
    "only in a thought": ("<think>\\boxed{8}</think>Well, there it is, as you can see for yourself now.", "8", NONE),
    "a thought not closed": ("<think>so \\boxed{8}", "8", NONE),
    "a thought opened by the prompt": ("so \\boxed{7}</think>\\boxed{8}", "8", RIGHT),
    "marked before a thought that was not closed": ("\\boxed{8}<think>but wait, \\boxed{7}", "8", RIGHT),
    "unmarked before a thought that was not closed": ("It is 8. <think>but wait", "8", NONE),
    "a gold that is a number": ("\\boxed{8}", 8, RIGHT),
    "a gold that is a float": ("\\boxed{1/2}", 0.5, RIGHT),
    "a gold that is a fraction": ("\\boxed{0.5}", Fraction(1, 2), RIGHT),
    "a gold of numpy's": ("\\boxed{8}", np.int64(8), RIGHT),
    "a gold of numpy's, wrong": ("\\boxed{9}", np.float32(8), WRONG),
    "one of several golds": ("\\boxed{8}", ["7", "8"], RIGHT),
    "one of an array of golds": ("\\boxed{8}", np.array([7, 8]), RIGHT),
    "none of several golds": ("\\boxed{9}", ["7", "8", "10"], WRONG),
    "no gold": ("\\boxed{8}", None, FAULT),
    "an empty gold": ("\\boxed{8}", " ", FAULT),
    "an empty list of golds": ("\\boxed{8}", [], FAULT),
    "a gold that cannot be read": ("\\boxed{8}", UNREADABLE, FAULT),
    "one gold that cannot be read, another that is equal": ("\\boxed{8}", [UNREADABLE, "8"], RIGHT),
    "one gold that cannot be read, another that differs": ("\\boxed{8}", ["9", UNREADABLE], FAULT),
    "no answer, and no gold either": ("", None, NONE),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_what_a_completion_earns(case):
    completion, gold, value = VERDICTS[case]
    assert earned(completion, gold) == value


def test_a_fault_is_none_unless_a_value_is_given_for_it():
    assert earned("\\boxed{8}", None, Reward()) is None
    assert earned("\\boxed{8}", None, Reward(fault=0.0)) == 0.0


def test_a_batch_gives_one_reward_for_each_completion_in_order():
    completions, golds = ["\\boxed{1}", "", "\\boxed{3}", "\\boxed{4}"], [1, 2, 2, None]
    assert VALUES(["Q"] * 4, completions, answer=golds) == [RIGHT, NONE, WRONG, FAULT]


def test_lists_of_golds_may_differ_in_length_between_rows():
    golds = [["1"], ["2", "3", "4"], []]
    assert VALUES(["Q"] * 3, ["\\boxed{1}", "\\boxed{4}", "\\boxed{1}"], answer=golds) == [RIGHT, RIGHT, FAULT]


@pytest.mark.parametrize(
    ("golds", "says"),
    [(["1"], "1 values for 2 completions"), (["1"] * 3, "3 values for 2"), ("12", "one text for 2")],
)
def test_a_column_of_another_length_is_refused_and_not_paired_by_chance(golds, says):
    with pytest.raises(UsageError, match=says):
        Reward()(["Q"] * 2, ["1", "2"], answer=golds)


def test_a_missing_column_is_named_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"no column 'answer'.*solution, topic"):
        Reward()(["Q"], ["1"], solution=["1"], topic=["a"])


def test_the_column_of_golds_has_the_name_that_was_given():
    assert earned("\\boxed{8}", "8", replace(VALUES, gold="solution")) == RIGHT


OPTIONS = ["17", "29", "\\frac{1}{2}"]
CHOICES = {
    "a letter": ("The answer is (C).", "C", OPTIONS, RIGHT),
    "another letter": ("The answer is (A).", "C", OPTIONS, WRONG),
    "an option's value": ("The answer is 0.5.", "C", OPTIONS, RIGHT),
    "a letter, no options": ("The answer is (C).", "C", None, RIGHT),
    "another letter, no options": ("The answer is (A).", "C", None, WRONG),
    "options of numpy's": ("The answer is (B).", "B", np.array(["1", "2"]), RIGHT),
    "a gold that is no letter": ("The answer is (B).", "29", OPTIONS, FAULT),
}


@pytest.mark.parametrize("case", CHOICES)
def test_what_a_choice_earns(case):
    completion, gold, options, value = CHOICES[case]
    assert earned(completion, gold, replace(VALUES, form="choice"), choices=options) == value


def test_rows_of_a_mixed_set_are_choices_where_they_have_options():
    mixed = replace(VALUES, form="mixed")
    assert mixed(["Q"] * 2, ["It is (B).", "It is 3."], answer=["B", "3"], choices=[["2", "3"], None]) == [RIGHT, RIGHT]


def test_the_gold_of_a_worked_solution_is_what_it_marks():
    worked = replace(VALUES, worked=True)
    assert earned("\\boxed{18}", "16 - 3 = 13 eggs\n13 + 5 = 18\n#### 18", worked) == RIGHT
    assert earned("\\boxed{13}", "16 - 3 = 13 eggs\n13 + 5 = 18\n#### 18", worked) == WRONG
    assert earned("\\boxed{18}", "16 - 3 = 13, and 13 + 5 = 18", worked) == FAULT


def test_an_answer_without_a_marker_earns_nothing_where_one_is_asked_for():
    assert earned("So there are 8.", "8", VALUES) == RIGHT
    assert earned("So there are 8.", "8", replace(VALUES, marked=True)) == NONE
    assert earned("So there are \\boxed{8}.", "8", replace(VALUES, marked=True)) == RIGHT


def test_a_completion_that_never_left_its_thought_earns_nothing_where_the_template_opens_one():
    thinks = replace(VALUES, thinks=True)
    assert earned("so \\boxed{8}", "8", thinks) == NONE
    assert earned("so \\boxed{7}</think>\\boxed{8}", "8", thinks) == RIGHT
    apart = [{"role": "assistant", "reasoning_content": "so 7", "content": "\\boxed{8}"}]
    assert earned(apart, "8", thinks) == RIGHT


def test_a_prompt_that_ends_inside_a_thought_is_seen():
    assert VALUES(["Q<think>\n"], ["so \\boxed{8}"], answer=["8"]) == [NONE]
    assert VALUES(["<think>Q</think>"], ["so \\boxed{8}"], answer=["8"]) == [RIGHT]


def test_the_policy_decides():
    assert earned("\\boxed{0.33}", "1/3", VALUES) == WRONG
    assert earned("\\boxed{0.333}", "0.33", replace(VALUES, policy=Policy(decimals="rounded"))) == RIGHT


def test_a_benchmark_gives_its_policy_and_form():
    assert for_benchmark("aqua").form == "choice"
    assert for_benchmark("simuleq").policy.decimals == "rounded"
    assert earned("\\boxed{0.6667}", "0.667", replace(for_benchmark("simuleq"), fault=FAULT)) == RIGHT
    with pytest.raises(UnknownName, match="gsm8k"):
        for_benchmark("gsm8")


def test_the_trainer_is_told_answers_outcomes_and_the_share_of_faults():
    told, measured = {}, {}
    Reward(name="maths")(
        ["Q"] * 2,
        ["\\boxed{1}", "\\boxed{2}"],
        answer=["1", None],
        log_extra=told.__setitem__,
        log_metric=measured.__setitem__,
    )
    assert told == {"maths/answer": ["1", "2"], "maths/outcome": ["correct", "fault"]}
    assert measured == {"maths/faults": 0.5}


def test_what_a_trainer_passes_besides_is_passed_over():
    assert earned("\\boxed{1}", "1", completion_ids=[1, 2], trainer_state=None, environments=None) == RIGHT


def test_verl_is_given_a_number_for_one_row():
    assert compute_score("openai/gsm8k", "so \\boxed{18}", "18", {"split": "train"}) == 1.0
    assert compute_score("openai/gsm8k", "so \\boxed{17}", "18") == 0.0
    assert compute_score("openai/gsm8k", "so \\boxed{17}", None, None, fault=0.5) == 0.5
    assert compute_score("openai/gsm8k", "\\boxed{17}", "18", None, wrong=-1.0, reward_router_address="x:1") == -1.0


def test_verl_is_given_numbers_for_a_batch():
    scores = compute_scores(
        data_sources=np.array(["math"] * 3),
        solution_strs=["\\boxed{1}", "It is (B).", "none at all, for the question is not one that has any"],
        ground_truths=["1", "B", "3"],
        extra_infos=np.array([{}, {"choices": ["4", "5"]}, None], dtype=object),
        form="mixed",
        no_answer=-1.0,
    )
    assert scores == [1.0, 1.0, -1.0]


def test_verl_configures_policy_and_benchmark_by_plain_values():
    assert compute_score("x", "\\boxed{0.333}", "0.33", policy={"decimals": "rounded"}) == 1.0
    assert compute_score("x", "\\boxed{0.333}", "0.33", policy={"decimals": "exact"}) == 0.0
    assert compute_score("x", "It is (B).", "B", {"choices": ["4", "5"]}, benchmark="aqua") == 1.0


def test_an_option_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UsageError, match=r"'rigth'.*right"):
        compute_score("x", "1", "1", rigth=2.0)
    with pytest.raises(UsageError, match=r"'decimal'.*decimals"):
        compute_score("x", "1", "1", policy={"decimal": "exact"})


class Unprintable:
    def __str__(self):
        raise ValueError("no text of it")


@pytest.mark.parametrize(
    ("completion", "gold"),
    [("\\boxed{1}", Unprintable()), (7, "7"), ([["not", "a", "message"]], "7"), (said(7), "7"), ([None], "7")],
)
def test_what_is_no_completion_and_no_gold_is_a_fault_that_is_logged(completion, gold, caplog):
    with caplog.at_level(logging.WARNING, logger="mammoth_eval.reward"):
        assert earned(completion, gold) == FAULT
    assert "could not be judged" in caplog.text


SECONDS = 2.5
"""The grader's two, and what a busy machine and the search for the answer add."""
HOSTILE = {
    "a million brackets": "\\boxed{" + "(" * 500_000 + ")" * 500_000 + "}",
    "boxes in boxes": "\\boxed{" * 20_000 + "1" + "}" * 20_000,
    "fractions in fractions": "\\boxed{" + "\\frac{1}{1+" * 900 + "x" + "}" * 900 + "}",
    "powers of powers": "\\boxed{" + "9^{" * 400 + "9" + "}" * 400 + "}",
    "a tower": "\\boxed{9^{9^{9^{9}}}}",
    "a factorial": "\\boxed{10^{10^{10}}!!!}",
    "ten million digits": "The answer is " + "9" * 10_000_000,
    "a million answers": "The answer is 1. " * 200_000,
    "thoughts in thoughts": "<think>" * 100_000 + "</think>" * 99_999,
    "a long sum": "\\boxed{" + "+".join(f"\\sin({n}x)" for n in range(400)) + "}",
    "null bytes and surrogates": "\\boxed{\x00\ud800\U0010ffff}",
    "code": "\\boxed{__import__('os').system('exit')}",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_completion_ends_in_time_with_no_reward(case):
    begin = time.monotonic()
    judged = Reward().judge(HOSTILE[case], r"\sin(x)+1")
    assert time.monotonic() - begin < SECONDS
    assert judged.outcome != "correct"


HARD = [
    *((rf"\sqrt{{{2 + n}+2\sqrt{{{2 * n}}}}}", rf"\sqrt{{2}}+\sqrt{{{n}}}") for n in (3, 5, 7, 11)),
    *((rf"|x|^{{2}}+{n}|x y|", rf"x^2+{n}|x||y|") for n in range(2, 10)),
    *((rf"\log_{{{n}}} x \cdot \log {n}", r"\log x") for n in range(2, 8)),
    *((rf"|x|^{{2}}+{n}|x y|", rf"x^2+{n}|x||y|+1") for n in range(2, 8)),
]
"""Pairs of which the grader settles eight (`PROVED`) only by asking the proving process."""
PROVED = range(4, 12)
EXPECTED = [RIGHT] * 18 + [WRONG] * 6


def graded(numbers):
    """The rewards of some of `HARD`, asked as one batch."""
    rows = [HARD[number] for number in numbers]
    return VALUES(["Q"] * len(rows), [f"\\boxed{{{answer}}}" for answer, _ in rows], answer=[gold for _, gold in rows])


def warmed(numbers):
    """The same, once this process's prover has made three proofs in a row: while it starts, it may be late."""
    end, proofs = time.monotonic() + 60, 0
    for number in range(100, 1000):
        proved = earned(rf"\boxed{{|x|^2+{number}|x y|}}", rf"x^2+{number}|x||y|") == RIGHT
        proofs = proofs + 1 if proved else 0
        if proofs == 3 or time.monotonic() > end:
            break
    return graded(numbers)


@pytest.fixture
def prover():
    """The proving process of this process, up."""
    warmed([])


def test_eight_threads_at_once_give_what_one_gives_alone(prover):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(graded, [[number] for number in range(len(HARD))]))
    assert [value for values in found for value in values] == EXPECTED


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_process_of_its_own_gives_the_same(how, prover):
    with multiprocessing.get_context(how).Pool(1) as pool:
        assert pool.apply_async(warmed, [PROVED]).get(timeout=90) == [EXPECTED[number] for number in PROVED]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_process_forked_while_a_verdict_is_under_way_does_not_wait_for_it(prover):
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(VALUES.judge, HOSTILE["a long sum"], r"\sin(x)+\cos(3x)")
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply_async(warmed, [[1, 19]]).get(timeout=60) == [RIGHT, WRONG]
        busy.result()


def test_a_reward_is_the_same_after_pickling():
    reward = replace(VALUES, policy=Policy(decimals="rounded"), gold="solution", name="maths")
    assert pickle.loads(pickle.dumps(reward)) == reward
