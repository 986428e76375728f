"""The leaderboard.

Ours and published in one table, differences in footnotes, sorted and filtered; golden files for each form.
"""

import json
import shutil
import subprocess
import sys

import golden
import pytest
import runs
from builders import cot, pot, record, scored
from checkout import ROOT

from mammoth_eval import stats
from mammoth_eval.benchmarks import OOD, PAPER
from mammoth_eval.cli import show
from mammoth_eval.errors import UsageError
from mammoth_eval.report import grid, leaderboard, published
from mammoth_eval.report.conditions import basis_of, conditions
from mammoth_eval.report.leaderboard import Wanted
from mammoth_eval.report.results import RunSummary


def run(model="org/small-135m", right=5, n=10, benchmarks=PAPER, grader="exact", **spec):
    """A run of decoding ``both`` with `right` of `n` in every set by PoT, one less by CoT."""
    records = []
    for benchmark in benchmarks:
        for number in range(n):
            by_pot, by_cot = (("4", "correct") if number < edge else ("5", "wrong") for edge in (right, right - 1))
            scores = scored(("pot", *by_pot), ("cot", *by_cot), answer=by_pot[0], outcome=by_pot[1], grader=grader)
            records.append(record(pot(), cot(), number=number, benchmark=benchmark, scores=scores))
    settings = {
        "model": model, "decoding": "both", "rules": "exact", "prompt": "alpaca", "prompt_hash": "aaaa0000",
        "samples": 1,
        "sampling": {"temperature": 0.0, "max_tokens": 64}, "sandbox": {"seconds": 5.0},
        "benchmarks": {name: {"n": n, "sha256": f"{name}-{n}"} for name in benchmarks}, **spec,
    }  # fmt: skip
    folder = f"{model.replace('/', '--')}/both-{settings['prompt']}-{len(str(settings)):08x}"
    return RunSummary(folder, runs.spec_of(**settings), {}, grader, tuple(stats.summarize(records, grader, "both")))


ROWS = leaderboard.entries(
    [run(), run("org/other-7b", 7, n=8, benchmarks=("gsm8k", "math500"), prompt="chat")], published.load()
)
SMALL = leaderboard.choose(ROWS, Wanted(sizes=(0, 7), modes=("pot", "hybrid")))

FORMS = {
    "leaderboard.txt": lambda: show._text(leaderboard.grids(SMALL), "table", ""),
    "leaderboard.md": lambda: show._text(leaderboard.grids(SMALL), "markdown", ""),
    "leaderboard.tex": lambda: show._text(leaderboard.grids(SMALL), "latex", ""),
    "leaderboard.html": lambda: show._text(leaderboard.grids(SMALL), "html", "Leaderboard"),
    "leaderboard.csv": lambda: leaderboard.to_csv(SMALL),
    "leaderboard.json": lambda: json.dumps([row.to_json() for row in SMALL], indent=1),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_as_in_its_golden_file(name):
    golden.check(name, FORMS[name]())


def table(rows):
    return leaderboard.grids(rows)[0]


def marks(rows):
    return [row[0].rpartition(" ")[2] for row in table(rows).rows]


def test_columns_stand_in_the_papers_order_with_the_averages_behind():
    assert table(ROWS).header == ("model", "size", "mode", "figures", *PAPER, "IND", "OOD", "AVG")


def test_ours_and_published_are_told_apart():
    shown = table(leaderboard.choose(ROWS, Wanted(sizes=(0, 7))))
    assert {row[3].partition(" ")[0] for row in shown.rows} == {"ours", "published"}
    assert [row[3].startswith("published") for row in shown.rows] == list(shown.apart)


def test_the_best_average_is_first_and_rows_without_one_are_last():
    values = [row.figures["AVG"].value if "AVG" in row.figures else None for row in leaderboard.choose(ROWS, Wanted())]
    there = [value for value in values if value is not None]
    assert there == sorted(there, reverse=True)
    assert values == there + [None] * (len(values) - len(there))


def test_any_column_sorts():
    for column in ("gsm8k", "math500", "IND", "size"):
        rows = leaderboard.choose(ROWS, Wanted(sort=column))
        value = rows[0].size if column == "size" else rows[0].figures[column].value
        assert value == max(
            (row.size or 0) if column == "size" else row.figures[column].value
            for row in rows
            if column in (*row.figures, "size")
        )
    models = [row.model.lower() for row in leaderboard.choose(ROWS, Wanted(sort="model"))]
    assert models == sorted(models)
    with pytest.raises(UsageError, match="no such column"):
        leaderboard.choose(ROWS, Wanted(sort="gsm9k"))


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (Wanted(sizes=(13, 34)), lambda row: row.size in (13, 34)),
        (Wanted(modes=("cot",)), lambda row: row.mode == "cot"),
        (Wanted(grader="mammoth"), lambda row: row.conditions.grader == "mammoth"),
        (Wanted(origin="ours"), lambda row: row.origin == "ours"),
    ],
)
def test_filters_keep_what_was_asked_for_and_all_of_it(wanted, holds):
    assert leaderboard.choose(ROWS, wanted)
    assert {id(row) for row in leaderboard.choose(ROWS, wanted)} == {id(row) for row in ROWS if holds(row)}


def test_rows_asked_in_one_way_have_no_marks_and_one_note():
    rows = leaderboard.entries([run(), run(right=6, model="org/b-1b")], [])
    assert {row[0] for row in table(rows).rows} == {"org/small-135m", "org/b-1b"}
    assert (
        "All rows: prompt alpaca; graded by exact; greedy, 64 new tokens, programs 5 s; 10 problems of each set."
        in table(rows).notes
    )


DIFFERENCES = {
    "prompt": (run(prompt="chat", prompt_hash="bbbb"), "prompt chat"),
    "prompt text": (run(prompt_hash="cccc"), "prompt alpaca cccc"),
    "grader": (run(grader="mammoth"), "graded by mammoth (fallbacks decided and programs run by exact)"),
    "new tokens": (run(sampling={"temperature": 0.0, "max_tokens": 99}), "greedy, 99 new tokens"),
    "thinking": (
        run(sampling={"temperature": 0.0, "max_tokens": 64, "thinking": "off"}),
        "64 new tokens, thinking off",
    ),
    "temperature": (run(sampling={"temperature": 0.7, "max_tokens": 64}), "temperature 0.7"),
    "samples": (run(samples=8, sampling={"temperature": 0.7, "max_tokens": 64}), "majority of 8"),
    "program limit": (run(sandbox={"seconds": 9.0}), "programs 9 s"),
    "problems": (run(n=20, right=8), "20 problems of each set"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_runs_that_differ_are_never_side_by_side_without_a_footnote(name):
    other, words = DIFFERENCES[name]
    rows = leaderboard.entries([run(), other], [])
    assert set(marks(rows)) == {"[a]", "[b]"}
    (note,) = [note for note in table(rows).notes if note.startswith("[b]")]
    assert words in note


def test_runs_on_other_rows_of_the_same_number_are_told_apart():
    one, other = run(), run()
    other.spec.benchmarks["gsm8k"] = {"n": 10, "sha256": "feedbeef"}
    first, second = conditions([basis_of(one), basis_of(other)])
    assert first.problems != second.problems
    assert "gsm8k feedbe" in second.problems


def test_a_part_of_a_set_is_told_from_the_whole():
    whole = run(benchmarks=("sat_math",), n=220, right=100)
    part = run(benchmarks=("sat_math",), n=100, right=50)
    assert [one.problems for one in conditions([basis_of(whole), basis_of(part)])] == [
        "whole sets",
        "100 problems of each set",
    ]


def test_errored_problems_are_in_the_footnote():
    records = [
        record(number=0, fault="EngineError: gone", scores=scored(outcome="fault", answer=None, path=None)),
        record(pot(), number=1, scores=scored(("pot", "4", "correct"))),
    ]
    one = RunSummary(
        "a/b", run(benchmarks=("toy",), n=2).spec, {}, "exact", tuple(stats.summarize(records, "exact", "pot"))
    )
    said = conditions([basis_of(one)])[0].problems
    assert said.endswith("1 errored in toy (50.0 to 100.0 % if they were wrong or right)")


def test_an_average_needs_all_its_sets():
    (row, *_) = leaderboard.entries([run(benchmarks=OOD)], [])
    assert set(row.figures) == {*OOD, "OOD"}


def test_other_sets_have_a_table_of_their_own():
    first, second = leaderboard.grids(ROWS)
    assert "math500" not in first.header
    assert second.header == ("model", "size", "mode", "figures", "math500")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("TIGER-Lab/MAmmoTH-7B-Mistral", 7),
        ("smollm2-135m-instruct", 0.135),
        ("Qwen2.5-Math-1.5B", 1.5),
        ("gpt-4", None),
        ("v1/abc", None),
    ],
)
def test_the_size_is_read_off_the_name(name, size):
    assert leaderboard.size_of(name) == size


def test_text_of_a_model_is_escaped_in_html():
    page = show._text([grid.Grid("<t>", ("a",), (("<script>&",),), ("<n>",))], "html", "<x>")
    assert "<script>" not in page
    assert all(text in page for text in ("&lt;script&gt;&amp;", "&lt;t&gt;", "&lt;n&gt;", "&lt;x&gt;"))


def command(*words, **other):
    return subprocess.run(
        [sys.executable, "-m", "mammoth_eval", "leaderboard", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **other,
    )


def test_the_committed_leaderboard_is_that_of_the_committed_summaries(tmp_path):
    """After a new summary or published row: `make leaderboard`."""
    page = ROOT / "results" / "leaderboard.md"
    done = command("--kept", "--format", "markdown", "--output", str(tmp_path / "new.md"), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new.md").read_text() == page.read_text()


def test_a_run_that_is_kept_too_is_shown_once(tmp_path):
    shutil.copytree(ROOT / "results" / "summaries", tmp_path / "summaries")
    paths = sorted((tmp_path / "summaries").glob("*.json"))
    done = command("--results-dir", str(tmp_path), "--only", "ours", "--json")
    again = command("--only", "ours", "--json", *map(str, paths), *map(str, paths))
    assert len(json.loads(done.stdout)) == len(json.loads(again.stdout)) > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--size", "x"), "expected billions"),
        (("--sort", "x"), "no such column"),
        (("--size", "1000"), "no row is left"),
    ],
)
def test_bad_usage_is_code_2(tmp_path, words, message):
    done = command("--results-dir", str(tmp_path), *words)
    assert done.returncode == 2
    assert message in done.stderr
