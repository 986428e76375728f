"""Foreign text in a terminal and in a spreadsheet."""

import csv
import io

import pytest
import runs
from builders import cot, record, scored
from rich.console import Console

from mammoth_eval.cli import main
from mammoth_eval.report import grid
from mammoth_eval.safe_text import printable, spreadsheet_cell
from mammoth_eval.store import RunFolder

HOSTILE = "\x1b]0;owned\x07\x1b[2Jgone\u009b1m\u202eabc\u2066\r"
COMMANDS = "\x1b\x07\u009b\u202e\u2066\r"


def test_controls_are_written_out_and_the_rest_is_kept():
    text = "\x1b[2Jgone\x07\u009b1m\ttab\nπ ≤ ½ \ud800 \u202e"
    assert printable(text) == "\\u001b[2Jgone\\u0007\\u009b1m\ttab\nπ ≤ ½ \\ud800 \\u202e"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "-x", "+"])
def test_a_text_that_a_spreadsheet_would_run_stands_behind_an_apostrophe(text):
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-5", "+5", "-1.5e-3", "-.5", "-5%", "x = 1", "", "12", -5, 2.5, None, True])
def test_numbers_and_plain_text_are_as_they_were(value):
    assert spreadsheet_cell(value) is value


@pytest.fixture
def hostile_run(tmp_path):
    """A run whose model answers hostile text."""
    answer = "=1+1" + HOSTILE
    scores = scored(("cot", answer, "wrong"), answer=answer, outcome="wrong", path="cot")
    with RunFolder(tmp_path, runs.spec_of(model="=m" + HOSTILE, decoding="cot", benchmarks={"toy": {"n": 1}})) as made:
        made.begin({})
        made.append(record(cot(text="=cmd|' /C calc'!A0" + HOSTILE), scores=scores))
    return made.path


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "csv", "html", "json"])
def test_no_table_of_a_run_commands_the_terminal(hostile_run, form, capsys):
    assert main(["report", str(hostile_run), "--format", form]) == 0
    assert not set(capsys.readouterr().out) & set(COMMANDS)


def test_a_cell_with_controls_is_written_out_in_every_form():
    table = grid.Grid("title" + HOSTILE, ("a" + HOSTILE, "b"), ((HOSTILE, "1"),), (HOSTILE,))
    out = io.StringIO()
    Console(file=out, width=400).print(grid.to_rich(table, 400))
    for text in (out.getvalue(), grid.to_markdown(table), grid.to_latex(table)):
        assert not set(text) & set(COMMANDS)


def test_an_error_that_names_hostile_text_is_written_out(tmp_path, capsys):
    assert main(["report", str(tmp_path / f"x{HOSTILE}")]) != 0
    said = capsys.readouterr()
    assert not set(said.out + said.err) & set(COMMANDS)


@pytest.mark.parametrize(("words", "kept"), [((), False), (("--raw-cells",), True)])
def test_an_exported_csv_has_no_formula_unless_it_is_asked_for(hostile_run, tmp_path, words, kept):
    path = tmp_path / "out.csv"
    assert main(["export", str(hostile_run), "--format", "csv", "--output", str(path), *words]) == 0
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["cot_text"].startswith("=" if kept else "'=")
    assert row["model"].startswith("=" if kept else "'=")
