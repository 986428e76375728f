"""`compare`.

The same problems paired, flips with both answers, every difference of the settings; a matrix of several runs.
"""

import json
from dataclasses import replace

import golden
import pytest
import runs
from builders import record

from mammoth_eval import store
from mammoth_eval.cli import main
from mammoth_eval.errors import StoreError, UsageError
from mammoth_eval.report.compare import compare, matrix, overall
from mammoth_eval.report.differences import differences
from mammoth_eval.report.sides import load_side
from mammoth_eval.stats import paired

RIGHT, WRONG = "correct", "wrong"


def pair(tmp_path, a, b, **spec):
    """Two sides that answered so."""
    one, other = runs.make(tmp_path, "a-1b", outcomes=a), runs.make(tmp_path, "b-1b", outcomes=b, **spec)
    return load_side(one), load_side(other)


def test_the_figures_are_those_of_the_paired_test(tmp_path):
    a = [RIGHT] * 30 + [WRONG] * 20
    b = [RIGHT] * 25 + [WRONG] * 5 + [RIGHT] * 15 + [WRONG] * 5
    found = compare(*pair(tmp_path, {"toy": a}, {"toy": b}))
    (cell,) = found.cells
    assert cell.result == paired.compare([([float(x == RIGHT) for x in a], [float(x == RIGHT) for x in b])])
    assert (cell.result.only_a, cell.result.only_b, cell.result.difference) == (5, 15, 20.0)
    assert found.mean is None


def test_benchmarks_are_corrected_by_holm_and_their_mean_is_unweighted(tmp_path):
    a = {"toy": [WRONG] * 10, "other": [WRONG] * 40}
    b = {"toy": [RIGHT] * 6 + [WRONG] * 4, "other": [RIGHT] * 2 + [WRONG] * 38}
    found = compare(*pair(tmp_path, a, b))
    assert [cell.corrected for cell in found.cells] == list(paired.holm([cell.result.p for cell in found.cells]))
    assert {cell.benchmark: cell.significant for cell in found.cells} == {"toy": True, "other": False}
    assert found.mean.result.difference == pytest.approx((60 + 5) / 2)


def test_runs_on_different_problems_are_compared_on_the_shared_ones_and_it_is_said(tmp_path, capsys):
    runs.make(tmp_path, "a", outcomes={"toy": [RIGHT] * 8, "only_a": [RIGHT]})
    runs.make(tmp_path, "b", outcomes={"toy": [RIGHT] * 5, "only_b": [RIGHT]})
    assert main(["compare", *map(str, store.find_runs(tmp_path))]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "left out: toy: 3 asked of A alone." in said


def test_problems_that_only_one_was_asked_count_for_neither(tmp_path):
    found = compare(*pair(tmp_path, {"toy": [RIGHT] * 8, "x": [RIGHT]}, {"toy": [WRONG] * 5}))
    (cell,) = found.cells
    assert (cell.result.n, cell.only_a, cell.only_b) == (5, 3, 0)


def test_runs_without_a_shared_problem_cannot_be_compared(tmp_path):
    with pytest.raises(UsageError, match=r"no problem in common: .* was asked x; .* was asked y"):
        compare(*pair(tmp_path, {"x": [RIGHT]}, {"y": [RIGHT]}))


def test_a_problem_whose_gold_changed_is_left_out_and_named(tmp_path):
    a, b = pair(tmp_path, {"toy": [RIGHT] * 4}, {"toy": [RIGHT] * 4})
    answers = dict(b.answers)
    answers["toy/1"] = replace(answers["toy/1"], gold="7")
    found = compare(a, replace(b, answers=answers))
    assert found.changed == ("toy/1",)
    assert found.cells[0].result.n == 3


def test_void_problems_are_in_no_pair_and_are_no_flip(tmp_path):
    one = runs.make(tmp_path, "a", outcomes={"toy": [RIGHT] * 3})
    other = runs.make(tmp_path, "b", outcomes={"toy": [WRONG] * 3})
    errored = replace(
        record(fault="EngineError: gone", number=1),
        scores={"exact": replace(_score(other), outcome="fault", attempts=())},
    )
    with store.RunFolder(tmp_path, _spec(other)) as run:
        run.append(errored)
    found = compare(load_side(one), load_side(other))
    assert (found.cells[0].result.n, found.cells[0].errored) == (2, 1)
    assert [flip.problem for flip in found.flips] == ["toy/0", "toy/2"]


def _score(path):
    return next(store.load_records(path)).scores["exact"]


def _spec(path):
    return store.load_run(path).spec


def test_flips_are_all_problems_that_one_alone_has_right_with_both_answers(tmp_path):
    found = compare(
        *pair(
            tmp_path, {"toy": [RIGHT, RIGHT, WRONG, WRONG]}, {"toy": [RIGHT, WRONG, RIGHT, ("no_answer", "no_answer")]}
        )
    )
    assert [(flip.problem, flip.answers, flip.gained) for flip in found.flips] == [
        ("toy/1", ("4", "5"), False),
        ("toy/2", ("5", "4"), True),
    ]


def test_every_difference_between_the_two_run_json_is_named(tmp_path):
    sampling = {"temperature": 0.0, "max_tokens": 99, "seed": 0}
    one = runs.make(tmp_path, "a-1b", session={"machine": {"cores": 2}})
    other = runs.make(
        tmp_path, "b-1b", session={"machine": {"cores": 4}, "device": "cpu"}, sampling=sampling, prompt="chat"
    )
    found = {row.name: row.values for row in differences([store.load_run(path) for path in (one, other)])}
    assert found == {
        "spec.model": ("a-1b", "b-1b"),
        "spec.prompt": ("alpaca", "chat"),
        "spec.sampling.max_tokens": (64, 99),
        "session.machine.cores": (2, 4),
        "session.device": (None, "cpu"),
    }


def test_readings_of_one_run_are_compared_with_one_another(tmp_path):
    path = runs.make(tmp_path, outcomes={"toy": [(WRONG, RIGHT), ("no_answer", RIGHT), (RIGHT, WRONG)]})
    right = {
        reading: sum(load_side(path, reading=reading).scores().values())
        for reading in ("pot", "cot", "hybrid", "oracle")
    }
    assert right == {"pot": 1, "cot": 2, "hybrid": 2, "oracle": 3}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{a}"], 2, "needs two runs or more"),
        (["{a}", "nothing/here"], 2, "no such run"),
        (["{a}", "x.json"], 2, "no such run"),
        (["{a}:mammoth", "{a}"], 2, "decoding both gives hybrid, pot, cot, oracle"),
        (["{a}", "{a}:pot", "--grader", "math_verify"], 1, "mammoth-eval grade"),
    ],
)
def test_what_cannot_be_compared_is_said(tmp_path, capsys, words, code, message):
    path = runs.make(tmp_path)
    assert main(["compare", *(word.format(a=path) for word in words)]) == code
    assert message in capsys.readouterr().err


def test_a_saved_summary_holds_no_problems_to_pair(tmp_path):
    with pytest.raises(UsageError, match="holds no records"):
        load_side(tmp_path / "some.json")


def test_a_grader_that_did_not_score_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match=r"mammoth-eval grade .* --grader other"):
        load_side(runs.make(tmp_path), "other")


def test_a_matrix_holds_every_pair_and_marks_ties(tmp_path):
    outcomes = {"a": [RIGHT] * 40, "b": [RIGHT] * 39 + [WRONG], "c": [WRONG] * 40}
    sides = [load_side(runs.make(tmp_path, name, outcomes={"toy": rows})) for name, rows in outcomes.items()]
    found = matrix(sides)
    ties = {(i, j): not overall(one).result.significant(p) for i, j, one, p in found.pairs}
    assert ties == {(0, 1): True, (0, 2): False, (1, 2): False}
    assert [p for *_, p in found.pairs] == list(paired.holm([overall(one).result.p for _, _, one, _ in found.pairs]))


def stored(tmp_path):
    """Three runs with known outcomes."""
    half = [RIGHT] * 12 + [WRONG] * 12
    better = [RIGHT] * 11 + [WRONG] + [RIGHT] * 10 + [WRONG] * 2
    outcomes = (
        {"gsm8k": half, "aqua": half},
        {"gsm8k": better, "aqua": half[::-1]},
        {"gsm8k": half[::-1], "aqua": better},
    )
    return [str(runs.make(tmp_path, f"m{place}-1b", outcomes=rows)) for place, rows in enumerate(outcomes)]


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "html", "json"])
def test_each_form_is_as_in_its_golden_file(tmp_path, capsys, form):
    ends = {"table": "txt", "markdown": "md", "latex": "tex", "html": "html", "json": "json"}
    paths = stored(tmp_path)
    assert main(["compare", *paths[:2], "--format", form, "--flips", "3"]) == 0
    golden.check(f"compare.{ends[form]}", golden.rounded(capsys.readouterr().out))


def test_the_matrix_is_as_in_its_golden_file(tmp_path, capsys):
    assert main(["compare", *stored(tmp_path), "--format", "markdown"]) == 0
    golden.check("compare_matrix.md", capsys.readouterr().out)


def test_json_has_all_flips_and_the_verdicts(tmp_path, capsys):
    assert main(["compare", *stored(tmp_path)[:2], "--json", "--flips", "1"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert len(found["flips"]) == sum(cell["result"]["only_a"] + cell["result"]["only_b"] for cell in found["cells"])
    assert [cell["significant"] for cell in found["cells"]] == [True, False]


TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 8
form = "open"
file = "toy.jsonl"

[columns]
question = "question"
gold = "answer"
"""


def test_runs_as_the_command_makes_them_are_compared_and_ablated(tmp_path, capsys):
    (tmp_path / "toy.toml").write_text(TOML)
    rows = [json.dumps({"question": f"What is {n} + 1?", "answer": str(n + 1)}) + "\n" for n in range(8)]
    (tmp_path / "toy.jsonl").write_text("".join(rows))
    for name, wrong in {"good": (3,), "bad": (0, 1, 2, 3, 4, 5, 6)}.items():
        script = {f"toy/{n} cot": f"The answer is {-1 if n in wrong else n + 1}." for n in range(8)}
        (tmp_path / f"{name}.json").write_text(json.dumps(script))
        fixed = ["--engine", "scripted", "--benchmarks", str(tmp_path / "toy.toml"), "--decoding", "cot", "--quiet"]
        words = [
            "--model",
            str(tmp_path / f"{name}.json"),
            "--results-dir",
            str(tmp_path / "store"),
            "--factor",
            f"data={name}",
        ]
        assert main(["run", *fixed, *words]) == 0
    capsys.readouterr()
    good, bad = sorted(map(str, store.find_runs(tmp_path / "store")), reverse=True)
    assert main(["compare", bad, good, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert [flip["problem"] for flip in found["flips"]] == [f"toy/{n}" for n in (0, 1, 2, 4, 5, 6)]
    assert found["flips"][0]["answers"] == ["-1", "1"]
    assert {row["name"] for row in found["differences"]} >= {"spec.model", "spec.model_hash", "spec.factors.data"}
    assert (
        main(["ablation", "--results-dir", str(tmp_path / "store"), "--factor", "data", "--baseline", "bad", "--json"])
        == 0
    )
    (table,) = json.loads(capsys.readouterr().out)["ablations"]
    assert [(row["value"], row["cells"]["toy"]["accuracy"]) for row in table["rows"]] == [("bad", 12.5), ("good", 87.5)]
    assert table["rows"][1]["cells"]["toy"]["change"]["p_exact"] == pytest.approx(2 / 2**6)
