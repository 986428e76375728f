"""`ablate`.

Runs grouped by a factor of their metadata, seeds averaged, changes paired against a baseline, published rows.
"""

import json
import re

import golden
import pytest
import runs

from mammoth_eval import store
from mammoth_eval.cli import main
from mammoth_eval.errors import UsageError
from mammoth_eval.report import factors
from mammoth_eval.report.ablation import ablate
from mammoth_eval.report.sides import load_side
from mammoth_eval.stats import paired

RIGHT, WRONG = "correct", "wrong"


def trained(tmp_path, mixture, seed, rows, kinds=("cot", "pot"), **spec):
    """A side of a run of a model trained on `mixture`."""
    train = {"base": "small", "mixture": mixture, "kinds": list(kinds), "seed": seed}
    model = f"{mixture}-{'-'.join(kinds)}-{seed}"
    return load_side(runs.make(tmp_path, model, outcomes=rows, **{"train": train, "model_hash": model, **spec}))


def share(right, n=20):
    return [RIGHT] * right + [WRONG] * (n - right)


def test_seeds_are_averaged_with_their_spread_and_the_change_is_paired_over_problems(tmp_path):
    sides = [
        trained(tmp_path, "G", 0, {"toy": share(4)}),
        trained(tmp_path, "G", 1, {"toy": share(6)}),
        trained(tmp_path, "G+M", 0, {"toy": share(16)}),
        trained(tmp_path, "G+M", 1, {"toy": share(14)}),
    ]
    base, other = ablate(sides, "mixture").rows
    assert (base.seeds, base.cells["toy"].accuracy) == (("0", "1"), 25.0)
    assert base.cells["toy"].spread == pytest.approx(50**0.5)
    assert base.cells["toy"].change is None
    before, after = ([1] * low + [0.5] * 2 + [0] * (20 - low - 2) for low in (4, 14))
    assert other.cells["toy"].change == paired.compare([(before, after)])
    assert other.cells["toy"].change.difference == pytest.approx(50.0)


def test_a_single_run_has_no_spread(tmp_path):
    found = ablate(
        [trained(tmp_path, "G", 0, {"toy": share(4)}), trained(tmp_path, "M", 0, {"toy": share(9)})], "mixture"
    )
    assert [row.cells["toy"].spread for row in found.rows] == [None, None]


def test_all_cells_of_the_table_are_corrected_together_and_averages_apart(tmp_path):
    rows = {
        "a": {"x": share(5), "y": share(5)},
        "b": {"x": share(9), "y": share(12)},
        "c": {"x": share(10), "y": share(5)},
    }
    found = ablate([trained(tmp_path, name, 0, sets) for name, sets in rows.items()], "mixture")
    cells = [(row.value, name, cell) for row in found.rows for name, cell in row.cells.items() if cell.change]
    for names in (("x", "y"), ("mean",)):
        chosen = [cell for _, name, cell in cells if name in names]
        assert [cell.corrected for cell in chosen] == list(paired.holm([cell.change.p for cell in chosen]))


@pytest.mark.parametrize(
    "other",
    [
        {"sampling": {"temperature": 0.0, "max_tokens": 99, "seed": 0}},
        {"prompt": "chat"},
        {"factors": {"data": "new"}},
        {
            "model_hash": "other",
            "train": {"base": "small", "mixture": "G", "kinds": ["cot", "pot"], "seed": 1, "recipe": {"lora": 16}},
        },
    ],
)
def test_only_runs_that_differ_in_nothing_but_the_seed_are_averaged(tmp_path, other):
    sides = [
        trained(tmp_path, "G", 0, {"toy": share(4)}),
        trained(tmp_path, "G", 1, {"toy": share(4)}, **other),
        trained(tmp_path, "M", 0, {"toy": share(9)}),
    ]
    assert [row.value for row in ablate(sides, "mixture").rows] == ["G", "G", "M"]


def test_runs_on_a_part_of_a_set_are_not_averaged_with_runs_on_the_whole(tmp_path):
    sides = [
        trained(tmp_path, "G", 0, {"toy": share(4)}),
        trained(tmp_path, "G", 1, {"toy": share(4, n=30)}),
        trained(tmp_path, "M", 0, {"toy": share(9)}),
    ]
    assert len(ablate(sides, "mixture").rows) == 3


def test_the_baseline_is_the_one_that_is_most_alike(tmp_path):
    sides = [
        trained(tmp_path, "G", 0, {"toy": share(2)}, prompt="chat"),
        trained(tmp_path, "G", 0, {"toy": share(5)}),
        trained(tmp_path, "M", 0, {"toy": share(9)}),
    ]
    change = ablate(sides, "mixture").rows[-1].cells["toy"].change
    assert change.difference == pytest.approx(100 * (9 - 5) / 20)


@pytest.mark.parametrize(
    ("spec", "name", "value"),
    [
        ({"train": {"mixture": "G+M"}}, "mixture", "G+M"),
        ({"train": {"mixture": {"name": "G", "size": 4}}}, "mixture", "G"),
        ({"train": {"kinds": ["cot"]}}, "kinds", "cot"),
        ({"train": {"kinds": ["cot", "pot"]}}, "kinds", "hybrid"),
        ({"train": {"tags": {"data": "old"}}}, "data", "old"),
        ({"train": {"prompt": "the training's"}}, "prompt", "alpaca"),
        ({"train": {"recipe": {"lora": 16}}}, "recipe", "d0f7ce"),
        ({"train": {"seed": 3}}, "seed", "3"),
        ({"factors": {"mixture": "said"}, "train": {"mixture": "read"}}, "mixture", "said"),
        ({}, "seed", "0"),
        ({"decoding": "cot"}, "decoding", "cot"),
        ({}, "max_tokens", "64"),
        ({}, "mixture", None),
    ],
)
def test_a_factor_is_read_from_what_was_said_then_from_training_then_from_the_run(spec, name, value):
    assert factors.factor_of(runs.spec_of(**spec), name) == value


@pytest.mark.parametrize(("alias", "name"), [("subset", "mixture"), ("format", "kinds"), ("decoding", "decoding")])
def test_factors_have_a_second_name_in_the_papers_words(alias, name):
    assert factors.canonical(alias) == name


def test_a_factor_with_one_value_is_nothing_to_compare(tmp_path):
    with pytest.raises(UsageError, match="all runs have the same value, G"):
        ablate([trained(tmp_path, "G", 0, {"toy": share(4)})], "mixture")


def suite(tmp_path):
    """Three kinds of rationales, two seeds each."""
    both = {
        "cot": [(WRONG, RIGHT)] * 8 + [(WRONG, WRONG)] * 12,
        "pot": [(RIGHT, WRONG)] * 10 + [("no_answer", WRONG)] * 10,
    }
    both["hybrid"] = [(RIGHT, RIGHT)] * 10 + [("no_answer", RIGHT)] * 6 + [(WRONG, WRONG)] * 4
    for seed in (0, 1):
        for kind, rows in both.items():
            shifted = rows[seed:] + [(WRONG, WRONG)] * seed
            kinds = ("cot", "pot") if kind == "hybrid" else (kind,)
            trained(tmp_path, "G", seed, {"gsm8k": shifted, "svamp": rows}, kinds)


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "html", "json"])
def test_each_form_is_as_in_its_golden_file(tmp_path, capsys, form):
    ends = {"table": "txt", "markdown": "md", "latex": "tex", "html": "html", "json": "json"}
    suite(tmp_path)
    assert (
        main(["ablation", "--results-dir", str(tmp_path), "--factor", "format", "--baseline", "cot", "--format", form])
        == 0
    )
    golden.check(f"ablation.{ends[form]}", golden.rounded(capsys.readouterr().out))


def test_models_trained_on_one_kind_are_read_by_it_in_the_ablation_of_kinds(tmp_path, capsys):
    suite(tmp_path)
    assert main(["ablation", "--results-dir", str(tmp_path), "--factor", "kinds", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["ablations"]
    assert {row["value"]: {run.rpartition(":")[2] for run in row["runs"]} for row in found["rows"]} == {
        "cot": {"cot"},
        "pot": {"pot"},
        "hybrid": {"hybrid"},
    }


def test_published_rows_stand_beside_ours_and_are_marked(tmp_path, capsys):
    suite(tmp_path)
    words = ["ablation", "--results-dir", str(tmp_path), "--factor", "kinds", "--format", "markdown"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "| PoT [b] | published [PAPER] |" in said
    assert "| 41.0 (+9.0) |" in said
    assert main([*words, "--no-published"]) == 0
    assert "published" not in capsys.readouterr().out


def test_every_factor_that_varies_has_a_table_by_default(tmp_path, capsys):
    suite(tmp_path)
    assert main(["ablation", "--results-dir", str(tmp_path), "--json"]) == 0
    assert [one["factor"] for one in json.loads(capsys.readouterr().out)["ablations"]] == ["kinds", "decoding", "seed"]


def test_the_readings_of_one_run_are_an_ablation_of_decoding(tmp_path, capsys):
    runs.make(tmp_path, outcomes={"toy": [(RIGHT, WRONG), ("no_answer", RIGHT), (WRONG, RIGHT), (WRONG, RIGHT)]})
    assert (
        main(["ablation", "--results-dir", str(tmp_path), "--baseline", "cot", "--factor", "decoding", "--json"]) == 0
    )
    (found,) = json.loads(capsys.readouterr().out)["ablations"]
    assert {row["value"]: row["cells"]["toy"]["accuracy"] for row in found["rows"]} == {
        "cot": 75.0,
        "pot": 25.0,
        "hybrid": 50.0,
    }


def test_better_and_worse_cells_have_colours_in_html(tmp_path, capsys):
    for mixture, right in {"G": 10, "M": 18, "C": 2}.items():
        trained(tmp_path, mixture, 0, {"toy": share(right)})
    assert (
        main(["ablation", "--results-dir", str(tmp_path), "--factor", "mixture", "--baseline", "G", "--format", "html"])
        == 0
    )
    page = capsys.readouterr().out
    assert page.count("rgba(var(--better)") == 1
    assert page.count("rgba(var(--worse)") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--factor", "mixtur"], "no run says anything of it; there are: .*mixture"),
        (["--factor", "kinds", "--baseline", "x"], "no run has it; kinds is cot, hybrid, pot"),
        (["--baseline", "cot"], "needs one --factor"),
        (["--factor", "seed", "--reading", "mammoth"], "cannot be read as 'mammoth'"),
    ],
)
def test_bad_usage_is_code_2_and_says_what_there_is(tmp_path, capsys, words, message):
    suite(tmp_path)
    assert main(["ablation", "--results-dir", str(tmp_path), *words]) == 2
    assert re.search(message, capsys.readouterr().err)


def test_no_runs_are_said(tmp_path, capsys):
    assert main(["ablation", "--results-dir", str(tmp_path)]) == 2
    assert "no runs" in capsys.readouterr().err
    assert store.find_runs(tmp_path) == []
