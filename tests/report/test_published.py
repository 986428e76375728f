"""Published figures: every one has a source, averages come out as printed, nothing without a source is there."""

import importlib.util
import subprocess
import sys
import zipfile

import pytest
from checkout import ROOT

from mammoth_eval import benchmarks
from mammoth_eval.benchmarks import PAPER
from mammoth_eval.errors import UsageError
from mammoth_eval.report import published
from mammoth_eval.report.leaderboard import mean_of, published_figures

ROWS = published.load()
WHOLE = [row for row in ROWS if row.average is not None and set(row.cells) == set(PAPER)]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: f"{row.model} {row.mode} {row.value}".strip())
def test_the_average_of_the_nine_sets_is_the_printed_one(row):
    assert mean_of(row.cells, PAPER) == pytest.approx(row.average, abs=0.1)


def test_the_six_models_of_the_paper_are_there_in_three_modes_with_all_cells():
    main = [row for row in WHOLE if not row.factor]
    assert len(main) == 18
    assert {row.mode for row in main} == {"cot", "pot", "hybrid"}
    assert len({row.model for row in main}) == 6


def test_every_row_has_a_source_and_an_address():
    assert all(row.source in ("CARD", "CODE", "PAPER") and row.address.startswith("https://") for row in ROWS)


def test_both_ablations_of_the_paper_are_there():
    values = {factor: [row.value for row in ROWS if row.factor == factor] for factor in ("kinds", "mixture")}
    assert values == {"kinds": ["cot", "pot", "hybrid"], "mixture": ["G", "M+C+A+N", "all"]}


def test_a_row_with_a_missing_cell_has_no_average_but_the_printed_one():
    by_value = {row.value: published_figures(row) for row in ROWS if row.factor}
    assert by_value["cot"]["AVG"].value == 32.0
    assert "AVG" not in by_value["G"]
    assert "simuleq" not in by_value["G"]


def test_the_facts_that_the_rows_were_taken_from_say_the_same():
    page = ROOT.parent / "shared" / "MAMMOTH.md"
    if not page.exists():
        pytest.skip("the page of facts is not beside this checkout")
    model, found = "", {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 12 and cells[1] in ("CoT", "PoT", "Hybrid"):
            model = cells[0] or model
            found[model, cells[1].lower()] = [float(cell) for cell in cells[2:]]
    ours = {
        (row.model, row.mode): [*(row.cells[name] for name in PAPER), row.average] for row in WHOLE if not row.factor
    }
    assert ours == found


GOOD = """
title = "T"
[asked]
prompt = "alpaca"
[sources]
CARD = "the card"
[[row]]
model = "M-7B"
mode = "hybrid"
source = "CARD"
address = "https://example.org/m"
cells = { gsm8k = 50.0 }
"""


def test_a_file_of_figures_is_read(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(GOOD)
    (row,) = published.load(tmp_path)
    assert (row.model, row.size, row.average, row.asked.prompt, row.asked.grader) == ("M-7B", None, None, "alpaca", "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("gsm8k =", "gsm9k =", r"some\.toml:12: unknown benchmark 'gsm9k'; did you mean 'gsm8k'\?"),
        ('source = "CARD"', 'source = "CRAD"', r"some\.toml:10: unknown source 'CRAD'; did you mean 'CARD'\?"),
        (
            'mode = "hybrid"',
            'mode = "hybird"',
            r"some\.toml:9: row\[0\]\.mode = 'hybird', expected one of cot, pot, hybrid",
        ),
        ("https://example.org/m", "", r"some\.toml:11: address = '', expected one that begins with https://"),
        ("50.0", "500.0", r"some\.toml:12: gsm8k = 500, expected an accuracy in percent"),
        ("50.0", '"50.0"', r"some\.toml:12: row\[0\]\.cells = .*, expected"),
        ('model = "M-7B"', 'modell = "M-7B"', r"some\.toml:8: unknown key 'row\[0\]\.modell'; did you mean 'model'\?"),
        ('mode = "hybrid"', "", r"some\.toml:7: row\[0\]: key 'mode' is missing"),
        ('prompt = "alpaca"', 'promt = "alpaca"', r"some\.toml:4: unknown key 'asked\.promt'; did you mean 'prompt'\?"),
        ("[asked]", "[answered]", r"some\.toml:3: unknown key 'answered'"),
        ("[[row]]", "[[rows]]", r"some\.toml:7: unknown key 'rows'; did you mean 'row'\?"),
        ('"T"', '"T', "not a file of published figures"),
    ],
)
def test_a_row_that_does_not_say_what_it_must_is_named(tmp_path, old, new, message):
    (tmp_path / "some.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(UsageError, match=message):
        published.load(tmp_path)


@pytest.mark.slow
def test_figures_are_in_the_wheel_where_an_installed_package_looks_for_them(tmp_path):
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the wheel, is not installed: make test installs it")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "installed")
    words = (
        "from mammoth_eval import benchmarks; from mammoth_eval.report import published; "
        "print(len(published.load()), len(benchmarks.names()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=tmp_path / "installed",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == [str(len(ROWS)), str(len(benchmarks.names()))], done.stderr
