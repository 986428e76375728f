"""A run reads the records of its own problems alone, and is graded by the rules that it was run with."""

import json

import pytest
from builders import cot, record, scored
from msgspec import structs
from stored import SPEC, full

from mammoth_eval import load_run, scoring, store
from mammoth_eval.cli import main
from mammoth_eval.errors import StoreError
from mammoth_eval.store import RunFolder

OWN_TOML = """title = "own"
paper = "none"
licence = "none"
form = "open"
rows = 60
file = "own.jsonl"
[columns]
question = "problem"
gold = "answer"
[grading]
tolerance = 0.05
"""


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([7], "7"), (range(60), "0-59"), ([3, 7, 12, 13, 14], "3,7,12-14"), ([0, 1], "0-1"), ([9, 11], "9,11")],
)
def test_row_numbers_are_written_in_short_and_read_back(numbers, text):
    assert store.ranges(numbers) == text
    if text:
        spec = structs.replace(SPEC, rows={"toy": text})
        assert spec.problem_ids() == {f"toy/{number}" for number in numbers}


@pytest.mark.parametrize("text", ["x", "1-", "-1", "0-99999999999999999999", "1,,2", "1.5", "1-2-3"])
def test_row_numbers_that_are_none_are_an_error(text):
    with pytest.raises(StoreError, match="expected numbers such as"):
        structs.replace(SPEC, rows={"toy": text}).problem_ids()


def test_which_rows_are_noted_makes_no_other_run():
    assert structs.replace(SPEC, rows={"toy": "0-2"}, own=("toy",)).digest() == SPEC.digest()


@pytest.mark.parametrize(
    ("number", "benchmark"),
    [(93, "toy"), (3, "toy"), (0, "other"), ("00", "toy"), ("0 ", "toy")],
    ids=["far", "next", "another benchmark", "zeros", "a blank"],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_record_of_a_problem_that_the_run_does_not_ask_is_named_and_left_out(
    tmp_path, number, benchmark, first, caplog
):
    spec = structs.replace(SPEC, rows={"toy": "0-2"})
    alien = record(cot("5"), number=number, benchmark=benchmark, scores=scored(("cot", "5", "wrong"), path="cot"))
    own = [full(place) for place in range(3)]
    with RunFolder(tmp_path, spec) as run:
        run.begin({})
        for one in [alien, *own] if first else [*own, alien]:
            run.append(one)
    assert list(store.load_records(run.path)) == own
    assert [brief.problem.id for brief in store.load_briefs(run.path)] == ["toy/0", "toy/1", "toy/2"]
    assert f"{alien.problem.id} is not a problem of this run" in caplog.text
    assert [summary.n for summary in load_run(run.path).summary.summaries] == [3]
    with RunFolder(tmp_path, spec) as again:
        assert len(again.kept) == 3


def test_a_known_id_under_another_benchmark_is_not_of_the_run(tmp_path):
    spec = structs.replace(SPEC, rows={"toy": "0-2"})
    with RunFolder(tmp_path, spec) as run:
        run.begin({})
        run.append(full(0))
    log = run.path / "records.jsonl"
    line = json.loads(log.read_text())
    line["problem"] |= {"id": "toy/1", "benchmark": "other"}
    log.write_text(log.read_text() + json.dumps(line) + "\n")
    assert list(store.load_records(run.path)) == [full(0)]


def test_a_run_of_an_earlier_version_keeps_every_record_of_its_benchmarks(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
        run.append(full(0))
        run.append(full(93))
        run.append(record(cot(), number=0, benchmark="other"))
    assert [one.problem.id for one in store.load_records(run.path)] == ["toy/0", "toy/93"]


def ran(tmp_path, name="gsm8k"):
    """The folder of a run of sixty problems of a user's own TOML; each gold is 0.2 % off the answer."""
    (tmp_path / f"{name}.toml").write_text(OWN_TOML)
    rows = [json.dumps({"problem": f"What is {number} and a bit?", "answer": "42.1"}) for number in range(60)]
    (tmp_path / "own.jsonl").write_text("\n".join(rows))
    (tmp_path / "answers.json").write_text(json.dumps({"*": "\\boxed{42}"}))
    words = ["run", "--model", str(tmp_path / "answers.json"), "--engine", "scripted", "--decoding", "cot"]
    words += ["--benchmarks", str(tmp_path / f"{name}.toml"), "--results-dir", str(tmp_path / "results"), "--quiet"]
    assert main(words) == 0
    (path,) = store.find_runs(tmp_path / "results")
    return path, words


@pytest.mark.parametrize("name", ["gsm8k", "plain"])
def test_a_toml_of_any_name_is_graded_by_the_rules_it_was_run_with(tmp_path, name, capsys):
    path, _ = ran(tmp_path, name)
    assert store.load_run(path).spec.own == (name,)
    assert load_run(path).accuracy == {name: 100.0}
    capsys.readouterr()
    assert main(["grade", str(path), "--grader", "exact"]) == 0
    assert "exact: 0 of 60 outcomes changed" in capsys.readouterr().err
    assert load_run(path).accuracy == {name: 100.0}


def test_a_run_of_before_own_was_noted_is_known_by_the_source_of_its_rows(tmp_path):
    path, _ = ran(tmp_path)
    spec = structs.replace(store.load_run(path).spec, own=())
    assert scoring.policies(spec)["gsm8k"].tolerance == 0.05


def test_the_projects_benchmarks_are_graded_by_their_policy_of_today():
    from mammoth_eval import benchmarks

    gsm8k = benchmarks.get("gsm8k")
    row = {"policy": {"tolerance": 0.5}, "source": {"sha256": gsm8k.sha256}}
    assert scoring.policies(structs.replace(SPEC, benchmarks={"gsm8k": row}))["gsm8k"] == gsm8k.policy


def test_n_stays_the_number_of_problems_in_every_command(tmp_path, capsys, caplog):
    path, words = ran(tmp_path, "plain")
    log = path / "records.jsonl"
    lines = log.read_text().splitlines()
    alien = lines[3].replace('"plain/3"', '"plain/93"')
    log.write_text("\n".join([*lines, alien, lines[5]]) + "\n")
    exported = tmp_path / "records.csv"
    assert main(["export", str(path), "--format", "csv", "--output", str(exported)]) == 0
    assert len(exported.read_text().splitlines()) == 1 + 60
    for command in (["report", str(path), "--json"], ["grade", str(path), "--dry-run", "--json"]):
        capsys.readouterr()
        caplog.clear()
        assert main(command) == 0
        (summary,) = json.loads(capsys.readouterr().out)
        assert summary["results"][0]["n"] == 60
        assert "plain/93 is not a problem of this run" in caplog.text
    assert main(words[:-1]) == 0
    assert "61" not in capsys.readouterr().err
    assert len(load_run(path).records) == 60


@pytest.mark.parametrize(("grader", "by"), [("exact", None), ("mammoth", "exact"), ("math_verify", None)])
def test_a_grader_that_would_have_run_other_programs_is_marked_in_table_and_json(tmp_path, grader, by, capsys):
    path, _ = ran(tmp_path)
    log = path / "records.jsonl"
    log.write_text(log.read_text().replace('"exact":', f'"{grader}":'))
    summary = load_run(path, grader).summary
    assert summary.to_json().get("programs_run_by") == by
    capsys.readouterr()
    assert main(["report", str(path), "--grader", grader]) == 0
    assert ("programs run by exact" in " ".join(capsys.readouterr().out.split())) is (by is not None)
