"""A run is found by its path or by the end of its name, by every command that takes one."""

import re
from pathlib import Path

import pytest
import runs

from mammoth_eval import store
from mammoth_eval.cli import main
from mammoth_eval.errors import UsageError


@pytest.fixture
def results(tmp_path):
    """A store of two runs of one model and one of another."""
    for model, prompt in (("m-1b", "alpaca"), ("m-1b", "chat"), ("other-7b", "alpaca")):
        runs.make(tmp_path / "results", model, prompt=prompt, benchmarks={"toy": {"n": 2, "policy": {}}})
    return tmp_path / "results"


def names_of(path):
    """Every name by which a run is found."""
    return path, Path(path.parent.name, path.name), Path(path.name), Path(path.name.rpartition("-")[2])


def test_a_run_is_found_by_its_path_or_the_end_of_its_name(results):
    for run in store.find_runs(results):
        assert [store.find_run(results, name) for name in names_of(run)] == [run] * 4


def test_all_runs_are_meant_where_none_is_named(results):
    assert store.chosen_runs(results, []) == store.find_runs(results)
    assert len(store.find_runs(results)) == 3


def test_a_saved_summary_is_found_where_it_lies_and_below_the_store(results):
    (results / "summaries").mkdir()
    kept = results / "summaries" / "kept.json"
    kept.write_text("{}")
    assert store.chosen_runs(results, [kept, Path("summaries/kept.json")]) == [kept, kept]


def test_a_name_of_several_runs_names_them(tmp_path):
    for model in ("a", "b"):
        folder = tmp_path / model / "hybrid-chat-1234abcd"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="1234abcd: means 2 runs: a/hybrid-chat-1234abcd, b/hybrid-chat-1234abcd"):
        store.find_run(tmp_path, Path("1234abcd"))


def test_a_part_of_a_hash_means_no_run(results):
    with pytest.raises(UsageError, match="no such run"):
        store.find_run(results, Path(store.find_runs(results)[0].name[-7:]))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("m-1b", ["m-1b/both-alpaca-*", "m-1b/both-chat-*"]),
        ("other-8b", ["other-7b/both-alpaca-*"]),
        ("m-1b/both-chta", ["m-1b/both-chat-*"]),
    ],
)
def test_a_name_of_no_run_names_those_that_are_near(results, name, meant):
    with pytest.raises(UsageError, match=f"{name}: no such run, neither here nor in .*; did you mean ") as refused:
        store.find_run(results, Path(name))
    said = str(refused.value)
    assert all(re.search(run.replace("*", r"\w+"), said) for run in meant), said


@pytest.mark.parametrize("name", ["q" * 300, "\x00", "zzzzzz"])
def test_a_name_that_is_near_none_says_where_the_runs_are_listed(results, name):
    with pytest.raises(UsageError, match="mammoth-eval report lists the runs there"):
        store.find_run(results, Path(name))


COMMANDS = {
    "report": ["report", "{a}"],
    "report --hybrid": ["report", "{a}", "--hybrid"],
    "view": ["view", "{a}", "--output", "{out}/page.html"],
    "leaderboard": ["leaderboard", "{a}"],
    "compare": ["compare", "{a}", "{b}"],
    "compare a reading": ["compare", "{a}:pot", "{b}:oracle"],
    "ablation": ["ablation", "{a}", "{b}", "--factor", "prompt"],
    "diff": ["diff", "{b}", "{a}"],
    "export": ["export", "{a}", "--format", "jsonl", "--output", "{out}/rows.jsonl"],
    "grade": ["grade", "{a}"],
    "audit": ["audit", "{a}"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_every_command_finds_a_run_by_the_end_of_its_name_and_names_what_is_near(results, tmp_path, capsys, words):
    a, b, _ = (run.name.rpartition("-")[2] for run in store.find_runs(results))
    end = ["--results-dir", str(results)]
    assert main([word.format(a=a, b=b, out=tmp_path) for word in words] + end) == 0, capsys.readouterr().err
    wrong = "both-alpaka-" + a
    assert main([word.format(a=wrong, b=b, out=tmp_path) for word in words] + end) == 2
    said = capsys.readouterr().err
    assert f"{wrong}: no such " in said
    assert f"did you mean m-1b/both-alpaca-{a}" in said


def test_a_colon_of_a_path_is_no_reading(tmp_path, capsys):
    paths = [runs.make(tmp_path / "a:b", prompt=prompt) for prompt in ("alpaca", "chat")]
    assert main(["compare", *map(str, paths)]) == 0
    assert main(["compare", f"{paths[0]}:pot", f"{paths[0]}:cot"]) == 0
    assert main(["compare", f"{tmp_path}/a:b/none", str(paths[0])]) == 2
    assert "a:b/none: no such run" in capsys.readouterr().err


def test_a_reading_that_a_run_does_not_have_is_said_with_those_that_it_has(tmp_path, capsys):
    path = runs.make(tmp_path)
    assert main(["compare", f"{path}:hybird", str(path)]) == 2
    assert "cannot be read as 'hybird'; decoding both gives hybrid, pot, cot, oracle" in capsys.readouterr().err
