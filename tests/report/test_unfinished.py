"""Runs that are not finished look unfinished in every table, file and page, and are in no mean unless asked."""

import csv
import io
import json

import pytest
import runs

import mammoth_eval
from mammoth_eval import stats
from mammoth_eval.benchmarks import PAPER
from mammoth_eval.cli import main
from mammoth_eval.report import ablation, results
from mammoth_eval.report.sides import load_side
from mammoth_eval.stats import Interval, Summary

HALF = ["correct", "wrong", "correct", "wrong"]


@pytest.fixture
def store(tmp_path):
    """A whole run and one that stopped: all of svamp, 4 of 10 of gsm8k, none of math."""
    whole = dict.fromkeys(PAPER, HALF)
    runs.make(tmp_path, model="whole-1b", outcomes=whole)
    sets = {name: {"n": len(HALF)} for name in PAPER} | {"gsm8k": {"n": 10}}
    done = {name: HALF for name in PAPER if name != "math"}
    runs.make(tmp_path, model="half-1b", outcomes=done, benchmarks=sets)
    return tmp_path


@pytest.fixture
def printed(store, capsys):
    def run(*words):
        assert main([*words, "--results-dir", str(store)]) == 0
        return capsys.readouterr().out

    return run


def row_of(text, model, mode="Hybrid"):
    """The cells of one row of a Markdown table."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {model}") and f"| {mode} |" in line]
    return [cell.strip() for cell in lines[0].strip("|").split("|")]


def test_tables_mark_what_is_not_finished_and_leave_it_out_of_means(printed):
    text = printed("report", "--format", "markdown")
    assert "50.0 ±35.0 [4/10]" in row_of(text, "half-1b")
    assert "[0/4]" in row_of(text, "half-1b")
    header = [
        cell.strip() for cell in next(line for line in text.splitlines() if "| IND" in line).strip("|").split("|")
    ]
    half, whole = (dict(zip(header, row_of(text, model), strict=True)) for model in ("half-1b", "whole-1b"))
    assert (half["IND"], half["AVG"]) == ("", "")
    assert half["OOD"] == whole["OOD"] != ""
    assert whole["AVG"]
    assert "[" not in "".join(row_of(text, "whole-1b"))
    assert "gsm8k 4/10, math 0/4" in text
    assert "biased" in text
    assert "| 4/10 |" in text  # in the table of outcomes


def test_means_over_them_are_asked_for_and_marked(store, printed):
    runs.make(store, model="some-1b", outcomes=dict.fromkeys(PAPER, HALF), benchmarks={n: {"n": 9} for n in PAPER})
    assert row_of(printed("report", "--format", "markdown"), "some-1b")[-1] == ""
    text = printed("report", "--format", "markdown", "--partial")
    assert row_of(text, "some-1b")[-1].endswith("*")
    assert not row_of(text, "whole-1b")[-1].endswith("*")
    assert row_of(text, "half-1b")[-1] == ""  # a set without any record has no figure


def test_scripts_see_it(store, printed):
    half = next(run for run in json.loads(printed("report", "--json")) if "half" in run["run"])
    assert half["unfinished"] == {"gsm8k": {"n": 4, "asked": 10}, "math": {"n": 0, "asked": 4}}
    assert "AVG" not in half["averages"]["hybrid"]
    table = list(csv.DictReader(io.StringIO(printed("report", "--format", "csv"))))
    counts = {(row["benchmark"], row["n"], row["asked"]) for row in table if row["model"] == "half-1b"}
    assert {("gsm8k", "4", "10"), ("math", "0", "4"), ("svamp", "4", "4")} <= counts


def test_a_summary_that_is_kept_knows_it(store, tmp_path):
    (path,) = store.glob("half-1b/*")
    saved = results.save(results.summarize_run(path), tmp_path / "kept")
    assert results.load_saved(saved).unfinished == {"gsm8k": (4, 10), "math": (0, 4)}
    assert results.load_saved(saved) == results.summarize_run(path)


def test_the_leaderboard_ranks_them_behind_whole_runs(printed):
    words = ("leaderboard", "--only", "ours", "--decoding", "hybrid", "--format", "markdown", "--sort")
    for column in ("gsm8k", "AVG"):
        text = printed(*words, column)
        assert text.index("| whole-1b") < text.index("| half-1b")
        assert "50.0 ±35.0 [4/10]" in row_of(text, "half-1b")
        assert "math 0/4" in text


def test_a_comparison_says_that_a_side_is_not_finished(store, printed):
    a, b = (str(next(store.glob(f"{name}-1b/*"))) for name in ("whole", "half"))
    text = printed("compare", a, b, "--format", "markdown")
    assert "Not finished" in text
    assert "gsm8k 4/10, math 0/4" in text
    content = json.loads(printed("compare", a, b, "--json"))
    assert content["comparisons"][0]["unfinished"][0][1] == {"gsm8k": [4, 10], "math": [0, 4]}
    third = str(runs.make(store, model="third-1b", outcomes={"svamp": HALF}))
    assert "gsm8k 4/10" in printed("compare", a, b, third, "--format", "markdown")


def test_an_ablation_leaves_them_out_unless_asked(store, printed):
    sides = [load_side(next(store.glob(f"{name}-1b/*"))) for name in ("whole", "half")]
    left_out, asked = (ablation.ablate(sides, "model", partial=partial) for partial in (False, True))
    cells = {row.value: row.cells for row in left_out.rows}
    assert "gsm8k" not in cells["half-1b"] or cells["half-1b"]["gsm8k"] is None
    assert cells["whole-1b"]["gsm8k"].accuracy == 50
    assert {row.value: row.cells for row in asked.rows}["half-1b"]["gsm8k"].accuracy == 50
    assert "left out" in printed("ablation", "--factor", "model", "--no-published", "--format", "markdown")
    text = printed("ablation", "--factor", "model", "--no-published", "--format", "markdown", "--partial")
    assert "left out" not in text
    assert "Not finished" in text


def test_the_hybrids_report_the_page_and_python_say_it(store, printed, capsys):
    (path,) = store.glob("half-1b/*")
    assert "gsm8k 4/10" in printed("report", "--hybrid", str(path))
    assert main(["view", str(path), "--output", str(store / "page.html")]) == 0
    page = (store / "page.html").read_text(encoding="utf-8")
    assert "[4/10]" in page
    assert "Not finished" in page
    assert "not finished: 4 of 10 problems" in page  # the hint of the plot
    run = mammoth_eval.load_run(path)
    assert run.unfinished == {"gsm8k": (4, 10), "math": (0, 4)}
    assert "gsm8k 50.0 % [4/10]" in repr(run)
    assert "math" not in run.accuracy


def test_an_export_for_lm_eval_says_it(store, tmp_path):
    (path,) = store.glob("half-1b/*")
    assert main(["export", str(path), "--format", "lm-eval", "--output", str(tmp_path / "out")]) == 0
    (written,) = (tmp_path / "out").rglob("results_*.json")
    content = json.loads(written.read_text())
    assert content["n-samples"]["gsm8k_hybrid"] == {"original": 10, "effective": 4}
    assert content["results"]["gsm8k_hybrid"]["alias"] == "gsm8k_hybrid (not finished, 4 of 10)"
    assert content["results"]["svamp_hybrid"]["alias"] == "svamp_hybrid"


def test_a_run_without_any_record_is_shown_as_such(store, printed, tmp_path):
    runs.make(store / "none", model="none-1b", outcomes={}, benchmarks={"gsm8k": {"n": 10}})
    assert main(["report", "--results-dir", str(store / "none"), "--format", "markdown"]) == 0
    text = printed("report", str(next((store / "none").glob("none-1b/*"))), "--format", "markdown")
    assert "[0/10]" in row_of(text, "none-1b")


def test_a_mean_takes_no_empty_set_and_no_part_unasked():
    def cell(n, asked):
        return Summary("toy", "cot", n, {}, Interval(50.0, 40.0, 60.0), asked=asked)

    assert stats.mean([cell(4, 4), cell(9, None)]).value == 50
    assert stats.mean([cell(4, 4), cell(4, 9)]) is None
    assert stats.mean([cell(4, 4), cell(4, 9)], partial=True).value == 50
    assert stats.mean([cell(4, 4), cell(0, 9)], partial=True) is None
