"""The commands curate and suite, as they are called."""

import json
import os
import shlex
import subprocess
import sys

import pytest
from checkout import ROOT
from train_tools import write_rows

from mammoth_eval import models
from mammoth_eval.cli import main
from mammoth_eval.errors import ModelError, StoreError
from mammoth_eval.installing import how_to_install
from mammoth_eval.training import manifest

SUITE = """
description = "Small"
budget = "seconds"
base = "some/model"
mixtures = ["cot_only", "g_s"]
seeds = [0, 1]
recipe = "small-cpu"
benchmarks = ["gsm8k"]
baseline = "cot_only"
[settings]
steps = 3
packing = true
"""


def test_curate_writes_rows_with_where_they_come_from_and_a_report(tmp_path, data_dir, capsys):
    out = tmp_path / "rows.jsonl"
    words = ["curate", "gsm8k-pot", "gsm8k-cot", "--limit", "30", "--against", "gsm8k", "--out", str(out)]
    assert main([*words, "--data-dir", str(data_dir), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == sum(report["kept"] for report in printed.values())
    assert {row["source"] for row in rows} == {"PoT/gsm8k", "CoT/gsm8k"}
    assert rows[0]["provenance"]["from"] == "gsm8k_train.jsonl"
    assert printed["gsm8k-pot"]["against"] == ["gsm8k"]
    assert json.loads((tmp_path / "rows.report.json").read_text()) == printed


def test_curate_takes_rows_made_elsewhere(tmp_path, data_dir, capsys):
    source = write_rows(tmp_path / "mine.jsonl", 4)
    words = [
        "curate",
        str(source),
        "--against",
        "svamp",
        "--out",
        str(tmp_path / "out.jsonl"),
        "--data-dir",
        str(data_dir),
    ]
    assert main(words) == 0
    assert "4 of 4 kept (100.0 %)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gsm9k-pot"], "unknown source 'gsm9k-pot'; did you mean 'gsm8k-pot'?"),
        (["gsm8k-pot", "--samples", "0"], "--samples 0: at least 1 is needed"),
        (["gsm8k-pot", "--against", "gsm9k"], "unknown benchmark 'gsm9k'"),
        (["missing.jsonl"], "missing.jsonl: cannot be read"),
        (["gsm8k-pot", "--limit", "-1"], "--limit -1: at least 1 is needed"),
        (["gsm8k-pot", "--temperature", "-1"], "--temperature -1.0: expected 0 or more"),
        (["gsm8k-pot", "--agreement", "7"], "--agreement 7.0: expected a share"),
        (["theoremqa", "--limit", "3"], "'no rationale': 3}; a teacher can write some (curate --teacher)"),
    ],
)
def test_curate_says_what_was_wrong(tmp_path, data_dir, capsys, words, message):
    rest = ["--out", str(tmp_path / "out.jsonl"), "--data-dir", str(data_dir)]
    against = [] if "--against" in words else ["--against", "svamp"]
    assert main(["curate", *words, *rest, *against]) == 2
    assert message in capsys.readouterr().err


def test_a_test_set_that_is_named_and_is_not_there_is_an_error(tmp_path, capsys, own_cache):
    source, empty = write_rows(tmp_path / "mine.jsonl", 1), tmp_path / "empty"
    words = ["curate", str(source), "--out", str(tmp_path / "out.jsonl"), "--data-dir", str(empty)]
    assert main([*words, "--against", "svamp"]) == 2
    assert (
        "--against svamp: no file of svamp here, expected benchmarks/<name>/<file> in --data-dir"
        in capsys.readouterr().err
    )
    assert main(words) == 0
    assert "svamp" in json.loads((tmp_path / "out.report.json").read_text())[str(source)]["not_compared"]


def by_teacher(tmp_path, data_dir, way, reply):
    """What comes of the questions of two rows: the rows that are kept, and the report."""
    source = write_rows(tmp_path / "mine.jsonl", 2)
    (tmp_path / "script.json").write_text(json.dumps({"*": reply}))
    words = ["curate", str(source), "--teacher", str(tmp_path / "script.json"), "--engine", "scripted", "--write", way]
    words += ["--against", "svamp", "--out", str(tmp_path / "out.jsonl"), "--data-dir", str(data_dir)]
    assert main(words) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    return rows, json.loads((tmp_path / "out.report.json").read_text())[str(source)]


def test_a_teacher_answers_the_questions_of_a_file_of_rows(tmp_path, data_dir):
    rows, _ = by_teacher(tmp_path, data_dir, "pot", "print(5)")
    assert {(row["source"], row["output"]) for row in rows} == {("PoT/apples", "print(5)")}
    assert rows[0]["provenance"]["checked"] == "60% of samples agree"


def test_a_teacher_writes_new_questions_after_a_file_of_rows(tmp_path, data_dir):
    question = "Nine birds sit on a fence and two fly off to the south, how many of them stay?"
    rows, report = by_teacher(tmp_path, data_dir, "new", question)
    assert rows == []
    reasons = {reason: found["rows"] for reason, found in report["discarded"].items()}
    assert reasons == {"like another question": 7, "no answer": 4}, "one new question, asked four times"


def planned(tmp_path, capsys, text=SUITE, *words):
    (tmp_path / "small.toml").write_text(text)
    code = main(["suite", str(tmp_path / "small.toml"), "--dry-run", "--engine", "transformers", *words])
    captured = capsys.readouterr()
    return code, [shlex.split(line)[1:] for line in captured.out.splitlines()], captured.err


def test_a_suite_trains_all_mixtures_alike_then_evaluates_and_compares(tmp_path, capsys):
    code, commands, _ = planned(tmp_path, capsys)
    assert code == 0
    assert [words[0] for words in commands] == ["train", "run"] * 4 + ["ablation"]
    trained = [words for words in commands if words[0] == "train"]
    own = {"--mixture", "--seed", "--out"}
    settings = [
        [word for at, word in enumerate(words) if word not in own and words[at - 1] not in own] for words in trained
    ]
    assert all(one == settings[0] for one in settings)
    assert "packing=true" in settings[0]
    assert all("both" in words for words in commands if words[0] == "run")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SUITE.replace('"g_s"', '"g_z"'), "unknown mixture 'g_z'; did you mean 'g_s'?"),
        (SUITE.replace('"cot_only"\n', '"g"\n'), "baseline 'g' is none of its mixtures"),
        (SUITE.replace("steps", "stepz"), "did you mean 'steps'?"),
        (SUITE.replace("seeds = [0, 1]", "seeds = []"), r"seeds = [], expected a list with something in it"),
        (SUITE.replace('budget = "seconds"', ""), "key 'budget' is missing"),
        (SUITE.replace("budget", "buget"), "unknown key 'buget'"),
    ],
)
def test_a_suite_that_cannot_be_run_says_why_before_anything_is_trained(tmp_path, capsys, text, message):
    code, commands, said = planned(tmp_path, capsys, text)
    assert (code, commands) == (2, [])
    assert message in said


def test_mixtures_of_ones_own_are_found_beside_the_suite(tmp_path, capsys):
    (tmp_path / "mine.toml").write_text('[[sources]]\nname = "gsm8k-pot"\n')
    _, commands, _ = planned(
        tmp_path, capsys, SUITE.replace('"g_s"', '"mine.toml"'), "--work-dir", str(tmp_path / "work")
    )
    assert commands[2][commands[2].index("--mixture") + 1] == str(tmp_path / "mine.toml")
    assert commands[2][commands[2].index("--out") + 1] == str(tmp_path / "work" / "checkpoints" / "mine-0")


@pytest.mark.parametrize("command", ["train", "suite"])
def test_without_the_trainer_nothing_is_prepared(tmp_path, command):
    broken = tmp_path / "packages" / "trl"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'trl'\", name='trl')\n")
    (tmp_path / "small.toml").write_text(SUITE)
    words = {"train": ["--mixture", "cot_only", "--base", str(tmp_path)], "suite": ["small.toml"]}[command]
    paths = os.pathsep.join([str(broken.parent), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "mammoth_eval", command, *words],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"mammoth-eval {command}: trl is not installed: {how_to_install('train')}\n"
    assert not (tmp_path / "cache").exists()


def adapter(folder, **settings):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    (folder / "adapter_model.safetensors").write_text("weights")
    return folder


def test_an_adapters_folder_is_a_model_over_its_base(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    found = models.resolve(str(adapter(tmp_path / "mine", base_model_name_or_path=str(base))), "vllm", tmp_path)
    assert (found.name, found.location, found.adapter) == ("mine", str(base), str(tmp_path / "mine"))
    (tmp_path / "mine" / "adapter_model.safetensors").write_text("others")
    assert models.resolve(str(tmp_path / "mine"), "vllm", tmp_path).fingerprint != found.fingerprint


def test_an_adapter_without_a_base_is_named(tmp_path):
    with pytest.raises(ModelError, match="does not say its base model"):
        models.resolve(str(adapter(tmp_path / "mine", r=8)), "vllm", tmp_path)


def test_a_manifest_that_is_torn_is_named(tmp_path):
    (tmp_path / "train.json").write_text('{"base": ')
    with pytest.raises(manifest.DataError, match=r"train\.json: cannot be read"):
        manifest.read(tmp_path)


def test_two_trainings_do_not_write_into_one_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    before = models.fingerprint(tmp_path)
    with (
        manifest.alone(tmp_path),
        pytest.raises(StoreError, match="another process is writing this training"),
        manifest.alone(tmp_path),
    ):
        pass
    with manifest.alone(tmp_path):
        assert models.fingerprint(tmp_path) == before
