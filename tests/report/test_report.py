"""Tables: golden files for each form; averages only of whole sets."""

import csv
import dataclasses
import io
import json
import random

import pytest
import runs
from builders import cot, pot, record, scored
from checkout import DATA, ROOT
from msgspec import structs
from rich.console import Console

from mammoth_eval import stats
from mammoth_eval.benchmarks import PAPER
from mammoth_eval.report import grid, result_tables, results
from mammoth_eval.report.results import RunSummary

GOLDEN = DATA / "golden"


def run(benchmarks=PAPER, decoding="both", model="org/model_7%", n=20, seed=0):
    """A run with drawn outcomes."""
    rng = random.Random(seed)
    records = []
    for benchmark in benchmarks:
        for number in range(n):
            by_pot, by_cot = (rng.choice([("4", "correct"), ("5", "wrong"), (None, "no_answer")]) for _ in range(2))
            answer, outcome = by_pot if by_pot[0] else by_cot
            path = "pot" if by_pot[0] else "cot" if by_cot[0] else None
            scores = scored(("pot", *by_pot), ("cot", *by_cot), answer=answer, outcome=outcome, path=path)
            first = pot() if by_pot[0] else pot(answer=None, status="error", error="NameError: name 'x' is not defined")
            records.append(record(first, cot(), number=number, benchmark=benchmark, scores=scores))
    spec = runs.spec_of(model=model, decoding=decoding, sampling={"max_tokens": 64})
    return RunSummary("org--model/both-alpaca-0", spec, {}, "exact", tuple(stats.summarize(records, "exact", decoding)))


FORMS = {
    "accuracy.md": lambda: grid.to_markdown(result_tables.accuracy_grid([run()])),
    "outcomes.md": lambda: grid.to_markdown(result_tables.outcome_grid([run(("gsm8k", "aqua"))])),
    "paths.md": lambda: grid.to_markdown(result_tables.path_grid([run(("gsm8k", "aqua"))])),
    "failures.md": lambda: grid.to_markdown(result_tables.failures_grid([run(("gsm8k", "aqua"))])),
    "accuracy.tex": lambda: grid.to_latex(result_tables.accuracy_grid([run(("gsm8k", "math500", "toy_set"))])),
    "results.csv": lambda: result_tables.to_csv([run(("gsm8k",))]),
    "results.json": lambda: json.dumps([run(("gsm8k",)).to_json()], indent=1),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_as_in_its_golden_file(name):
    """After a wanted change: delete the file, run the tests once (they fail and write it), and read the difference."""
    path = GOLDEN / name
    text = FORMS[name]()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} did not exist; it is written now: read it, then commit it")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "results" / "summaries").glob("*.json")), ids=lambda path: path.stem)
def test_a_summary_that_an_earlier_version_kept_is_read_whole(path):
    kept, read = json.loads(path.read_text()), json.loads(json.dumps(results.load_saved(path).to_json()))
    assert {name: read["spec"][name] for name in kept["spec"]} == kept["spec"]
    assert {name: read[name] for name in ("run", "session", "results")} == {
        name: kept[name] for name in ("run", "session", "results")
    }


@pytest.mark.parametrize("width", [80, 300])
def test_a_terminal_shows_no_figure_broken(width):
    table = result_tables.accuracy_grid([run(PAPER)])
    out = io.StringIO()
    Console(file=out, width=width).print(grid.to_rich(table, width))
    said = out.getvalue()
    assert max(map(len, said.splitlines())) <= width
    assert all(cell in said for row in table.rows for cell in row[3:])


def test_columns_stand_in_the_papers_order_and_averages_behind_them():
    header = result_tables.accuracy_grid([run(tuple(reversed(PAPER)))]).header
    assert header == ("model", "mode", "run", *PAPER, "IND", "OOD", "AVG")


def test_an_average_of_sets_that_are_not_all_there_is_not_shown():
    header = result_tables.accuracy_grid([run(PAPER[:4])]).header
    assert header[-1] == "IND"
    assert result_tables.accuracy_grid([run(("toy_a", "toy_b"))]).header[-1] == "mean"


def test_a_run_without_all_sets_has_an_empty_average_beside_one_that_has():
    whole, part = result_tables.accuracy_grid([run(), run(("gsm8k",))]).rows[::4]
    assert whole[-1]
    assert part[-1] == ""


def test_the_number_of_problems_is_said():
    assert result_tables.accuracy_grid([run()]).notes[-1] == "20 problems of each set."
    notes = result_tables.accuracy_grid([run(("gsm8k",), n=20), run(("gsm8k", "aqua"), n=30)]).notes
    assert notes[-1] == "Problems: gsm8k 20 or 30, aqua 30."


def test_runs_under_other_graders_or_on_other_problems_say_so_in_their_rows():
    one, other = run(("gsm8k",)), run(("gsm8k",), n=30)
    rows = result_tables.accuracy_grid([one, dataclasses.replace(other, grader="mammoth")]).rows
    assert [row[2].partition("tokens")[2] for row in rows[::4]] == [", exact, 20 problems", ", mammoth, 30 problems"]
    assert result_tables.accuracy_grid([one, one]).rows[0][2].endswith("tokens")


def test_a_summary_comes_back_from_json_as_it_went():
    assert RunSummary.from_json(json.loads(json.dumps(run().to_json()))) == run()


def test_csv_has_one_line_a_benchmark_and_reading_with_figures_as_numbers():
    rows = list(csv.DictReader(io.StringIO(result_tables.to_csv([run()]))))
    means = [row for row in rows if row["benchmark"] in ("IND", "OOD", "AVG")]
    assert (len(rows), len(means)) == (12 * 4, 3 * 4)
    whole = [float(row["accuracy"]) for row in rows if row["reading"] == "hybrid" and row not in means]
    assert float(means[8]["accuracy"]) == pytest.approx(sum(whole) / 9, abs=1e-3)
    assert all(float(row["low"]) <= float(row["accuracy"]) <= float(row["high"]) for row in rows)
    outcomes = ("correct", "wrong", "no_answer", "truncated", "fault")
    assert all(sum(int(row[name]) for name in outcomes) == int(row["n"]) for row in rows if row not in means)


def test_text_that_latex_reads_as_commands_is_escaped():
    text = grid.to_latex(grid.Grid("", ("a",), ((r"50% & $x_1$ \input{~/x} #^±",),)))
    assert r"50\% \& \$x\_1\$ \textbackslash{}input\{\textasciitilde{}/x\} \#\textasciicircum{}$\pm$" in text


def test_a_row_that_begins_with_a_bracket_is_not_an_option_of_the_row_before():
    text = grid.to_latex(grid.Grid("", ("a",), (("[a] <1 ≈",),)))
    assert r"{}[a] $<$1 $\approx$ \\" in text


def test_text_that_markdown_reads_as_a_column_is_escaped():
    assert r"a\|b<br>c" in grid.to_markdown(grid.Grid("", ("h",), (("a|b\nc",),)))


def drawn(table, width, **options):
    """What a terminal of `width` columns shows."""
    out = io.StringIO()
    console = Console(file=out, width=width, **options)
    console.print(grid.to_rich(table, width))
    return out.getvalue()


def test_better_cells_are_green_and_worse_ones_red_in_a_terminal():
    table = grid.Grid("", ("a", "b", "c", "d"), (("x", "1", "2", "3"),), shades=((0.0, 1.0, -0.5, 0.0),))
    said = drawn(table, 80, force_terminal=True, color_system="truecolor", no_color=False)
    assert said.count("48;2;0,180,0".replace(",", ";")) == 1
    assert said.count("48;2;120;0;0") == 1


def test_brackets_in_a_cell_are_shown_and_not_read_as_colours():
    said = drawn(grid.Grid("[bold]t", ("[red]h",), (("[/x] [a]",),), ("[i]n",)), 80)
    assert all(text in said for text in ("[bold]t", "[red]h", "[/x] [a]", "[i]n"))


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_table_that_is_too_wide_either_way_comes_in_parts_with_every_cell_and_every_row_named(width):
    rows = tuple((f"row{i}", *(f"{i}.{j}{j}{j}" for j in range(30))) for i in range(30))
    table = grid.Grid("title", ("name", *(f"c{j}" for j in range(30))), rows, ("a note",))
    said = drawn(table, width)
    assert max(map(len, said.splitlines())) <= width
    assert all(cell in said for row in rows for cell in row)
    assert all(f"c{j}" in said for j in range(30))
    assert said.count("row29") == said.count("row0 ") > 1
    assert (said.count("title"), said.count("a note")) == (1, 1)


def test_the_seeds_of_generated_problems_are_said():
    one = run()
    sets = {"gsm8k": {"source": {"seed": 42}}, "math": {"source": {}}}
    made = dataclasses.replace(one, spec=structs.replace(one.spec, benchmarks=sets))
    assert "Problems of gsm8k made with seed 42." in result_tables.accuracy_grid([made]).notes


def test_sets_stand_in_the_papers_order_whatever_came_first():
    one = run()
    backwards = RunSummary.from_json({**one.to_json(), "results": one.to_json()["results"][::-1]})
    assert list(dict.fromkeys(row.benchmark for row in backwards.summaries)) == list(PAPER)


def test_answers_that_a_server_withheld_are_said_apart_from_wrong_ones():
    lost = record(
        cot(None, "", finish_reason="filtered"),
        number=1,
        scores=scored(("cot", None, "no_answer"), answer=None, outcome="no_answer", path=None),
    )
    right = record(cot(), scores=scored(("cot", "4", "correct"), path="cot"))
    (summary,) = stats.summarize([right, lost], "exact", "cot")
    assert (summary.withheld, summary.outcomes["wrong"]) == (1, 0)
    notes = result_tables.outcome_grid([dataclasses.replace(run(("toy",)), summaries=(summary,))]).notes
    assert any("the server withheld the answers to 1 of 2 toy" in note for note in notes)
