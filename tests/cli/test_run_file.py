"""Runs as files.

``run --config``, its matrix, ``--dry-run`` and ``init``, with a scripted engine and the real sandbox.
"""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from mammoth_eval import config, presets, runfile, store
from mammoth_eval.cli import options
from mammoth_eval.errors import UsageError
from mammoth_eval.runfile import RunFile

TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 6
form = "open"
file = "toy.jsonl"

[columns]
question = "question"
gold = "answer"
"""
RUN = """
model = "script.json"
benchmarks = ["toy.toml"]
engine = "scripted"
limit = 4
"""


@pytest.fixture
def toy(tmp_path):
    """A folder with a benchmark of 6 sums and two scripts: one is always right, the other fails at every program."""
    rows = [{"question": f"What is {number} + 1?", "answer": str(number + 1)} for number in range(6)]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "toy.toml").write_text(TOML)
    good = {f"toy/{number}": f"```python\nprint({number} + 1)\n```" for number in range(6)}
    bad = {f"toy/{number} pot": "no program" for number in range(6)} | {
        f"toy/{number} cot": "none" for number in range(6)
    }
    (tmp_path / "script.json").write_text(json.dumps(good))
    (tmp_path / "other.json").write_text(json.dumps(bad))
    return tmp_path


def run(toy, text, *words):
    (toy / "run.toml").write_text(text)
    command = [sys.executable, "-m", "mammoth_eval", "run", "--config", "run.toml", *words]
    return subprocess.run(command, cwd=toy, capture_output=True, text=True, timeout=120, check=False)


def specs(toy):
    return [store.load_run(path).spec for path in store.find_runs(toy / "results")]


def results(done):
    return [(one["run"].split("/")[-2], one["results"][0]["outcomes"]["correct"]) for one in json.loads(done.stdout)]


@pytest.mark.slow
def test_a_file_is_the_same_run_as_its_flags(toy):
    done = run(toy, RUN + 'seed = 3\nfactors = {subset = "G"}\n[engine_args]\nlatency = 0.0\n')
    assert done.returncode == 0, done.stderr
    (path,) = store.find_runs(toy / "results")
    flags = (
        "--model script.json --benchmarks toy.toml --engine scripted --limit 4 --seed 3 --factor subset=G --engine-arg "
        "latency=0.0"
    )
    command = [sys.executable, "-m", "mammoth_eval", "run", *flags.split()]
    again = subprocess.run(command, cwd=toy, capture_output=True, text=True, timeout=120, check=True)
    assert store.find_runs(toy / "results") == [path]
    assert again.stdout == done.stdout


def test_flags_override_the_file_even_by_a_default(toy):
    run(
        toy,
        RUN + 'seed = 3\ntop_p = 0.5\nstop = ["x"]\nfactors = {a = "1", b = "2"}',
        "--seed",
        "0",
        "--stop",
        "y",
        "--factor",
        "b=3",
    )
    (spec,) = specs(toy)
    assert (spec.sampling["seed"], spec.sampling["top_p"], spec.sampling["stop"]) == (0, 0.5, ["y"])
    assert spec.factors == {"a": "1", "b": "3"}


@pytest.mark.slow
def test_a_matrix_is_every_combination_and_one_table(toy):
    text = (
        RUN.replace('model = "script.json"\n', "")
        + '[matrix]\nmodel = ["script.json", "other.json"]\ndecoding = ["pot", "hybrid"]\n'
    )
    done = run(toy, text, "--json")
    assert done.returncode == 0, done.stderr
    assert {(spec.model, spec.decoding) for spec in specs(toy)} == {
        (model, decoding) for model in ("script", "other") for decoding in ("pot", "hybrid")
    }
    assert [len(one["results"]) for one in json.loads(done.stdout)] == [1, 1, 1, 1]
    assert "run 4 of 4" in done.stderr


def test_a_flag_fixes_an_axis_of_the_matrix(toy):
    done = run(toy, RUN + '[matrix]\ndecoding = ["pot", "cot"]\nseed = [0, 1]\n', "--decoding", "pot")
    assert done.returncode == 0, done.stderr
    assert sorted((spec.decoding, spec.sampling["seed"]) for spec in specs(toy)) == [("pot", 0), ("pot", 1)]


def test_a_run_of_a_matrix_that_fails_stops_no_other(toy):
    (toy / "empty.json").write_text("{}")
    text = RUN.replace('model = "script.json"\n', "") + '[matrix]\nmodel = ["empty.json", "script.json"]\n'
    done = run(toy, text, "--json")
    assert done.returncode == 1
    assert "1 of 2 runs failed: run 1 (empty/" in done.stderr
    (row,) = json.loads(done.stdout)
    assert row["results"][0]["outcomes"]["correct"] == 4


def test_a_matrix_that_names_what_there_is_not_starts_nothing(toy):
    done = run(toy, RUN + '[matrix]\ndecoding = ["pot", "hybird"]\n')
    assert (done.returncode, "did you mean 'hybrid'" in done.stderr) == (2, True)
    assert not (toy / "results").exists()


WRONG = {
    "unknown key": (RUN + "max_token = 3", "run.toml:6: unknown key 'max_token'; did you mean 'max_tokens'?"),
    "a flag's spelling": (RUN + "max-tokens = 3", "run.toml:6: unknown key 'max-tokens'; did you mean 'max_tokens'?"),
    "wrong type": (RUN + 'seed = "x"', "run.toml:6: seed = 'x', expected a value of type int"),
    "one name for a list": (
        RUN.replace('["toy.toml"]', '"toy.toml"'),
        "run.toml:3: benchmarks = 'toy.toml', expected a list of texts",
    ),
    "wrong word": (RUN + 'format = "xml"', "run.toml:6: format = 'xml', expected one of table, markdown"),
    "unknown axis": (RUN + "[matrix]\nseeds = [1]", "run.toml:7: unknown key 'matrix.seeds'; did you mean 'seed'?"),
    "an axis that moves nothing": (RUN + "[matrix]\nquiet = [true]", "run.toml:7: unknown key 'matrix.quiet'"),
    "an axis without values": (
        RUN + "[matrix]\nseed = []",
        "run.toml:7: matrix.seed = [], expected a list of values of seed",
    ),
    "a value of an axis": (
        RUN + "[matrix]\nseed = [1, 1.5]",
        "run.toml:7: matrix.seed = 1.5, expected a value of type int",
    ),
    "an axis twice": (RUN + "[matrix]\nlimit = [1]", "run.toml:7: limit is set outside the matrix too"),
    "no table": ("matrix = 3\n" + RUN, "run.toml:1: matrix = 3, expected a table"),
    "no TOML": ("model = ", "run.toml: not a readable run file: Invalid value"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_wrong_names_the_line(tmp_path, text, message):
    (tmp_path / "run.toml").write_text(text.lstrip() if text.startswith("matrix") else text)
    with pytest.raises(UsageError) as error:
        runfile.read(tmp_path / "run.toml")
    assert message in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml: not a readable run file"):
        runfile.read(tmp_path / "none.toml")


# --dry-run


def test_a_dry_run_shows_a_prompt_of_each_kind_and_writes_nothing(toy):
    before = sorted(toy.rglob("*"))
    done = run(toy, RUN + "samples = 2\ntemperature = 0.5\nmax_tokens = 10", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert sorted(toy.rglob("*")) == sorted([*before, toy / "run.toml"])
    assert re.findall(r"^toy/0 by (\w+), \d+ words", done.stdout, re.M) == ["pot", "cot"]
    assert "What is 0 + 1? Let's write a program." in done.stdout
    assert "at least   8 requests" in done.stdout
    assert "up to 80 new tokens" in done.stdout
    assert "at most    16 requests" in done.stdout


def test_a_dry_run_of_a_matrix_shows_every_run(toy):
    done = run(toy, RUN + '[matrix]\ndecoding = ["cot", "both"]\n', "--dry-run")
    assert re.findall(r"^decoding   (\w+)", done.stdout, re.M) == ["cot", "both"]
    assert re.findall(r"^at least   (\d+) requests", done.stdout, re.M) == ["4", "8"]


# init


def test_init_writes_a_file_that_run_takes_and_replaces_none(toy):
    command = [sys.executable, "-m", "mammoth_eval", "init", "mine.toml"]
    assert subprocess.run(command, cwd=toy, check=True, capture_output=True).returncode == 0
    assert len(runfile.read(toy / "mine.toml")) == 1
    again = subprocess.run(command, cwd=toy, check=False, capture_output=True, text=True)
    assert (again.returncode, "mine.toml: is there already" in again.stderr) == (2, True)


def test_every_key_of_the_template_is_a_key_with_its_default(tmp_path):
    lines = [
        re.sub(r"^# (\w+ = |\[)", r"\1", line) for line in runfile.template().split("\n# Several runs")[0].splitlines()
    ]
    (tmp_path / "all.toml").write_text("\n".join(lines))
    (said,) = runfile.read(tmp_path / "all.toml")
    assert set(said) == set(config.keys(RunFile)) - set(runfile.HIDDEN)
    blank = RunFile()
    for name, value in said.items():
        default = getattr(blank, name)
        expected = getattr(presets.DEFAULT, name, value) if default is None else default
        assert value == expected or (name, value) == ("limit", 0), name


def test_the_template_says_what_every_key_means():
    texts = config.docs(RunFile)
    assert set(texts) == set(config.keys(RunFile))
    written = re.sub(r"\n# ", " ", runfile.template())
    assert all(text in written for name, text in texts.items() if name not in runfile.HIDDEN)


def test_the_matrix_of_the_template_can_be_used(tmp_path):
    text = "[matrix]" + re.sub(r"(?m)^# ", "", runfile.template().split("# [matrix]")[1])
    assert set(tomllib.loads(text)["matrix"]) == {"decoding", "seed"}
    (tmp_path / "m.toml").write_text(text)
    assert len(runfile.read(tmp_path / "m.toml")) == 4


def test_the_forms_of_a_file_are_those_of_the_flag():
    assert runfile.Format.__args__ == options.FORMATS


@pytest.mark.parametrize(
    "line",
    [
        'engine = "os:system"',
        'decoding = "subprocess:run"',
        'graders = ["exact", "a.b:c"]',
        'preset = "a:b"',
        'engine = "scripted"\nmodel = "a:b"',
        "[engine_args]\ntrust_remote_code = true",
        '[matrix]\ndecoding = ["cot", "a:b"]',
    ],
)
def test_a_file_that_names_code_is_refused_unless_it_is_trusted(tmp_path, line):
    path = tmp_path / "run.toml"
    path.write_text(line)
    with pytest.raises(UsageError, match=r"run\.toml:\d+: .* runs code; --allow-code lets it"):
        runfile.read(path)
    assert runfile.read(path, allow_code=True)


@pytest.mark.parametrize("key", runfile.HIDDEN)
def test_a_file_cannot_give_trust_to_itself(tmp_path, key):
    path = tmp_path / "run.toml"
    path.write_text(f"{key} = true")
    with pytest.raises(UsageError, match=key):
        runfile.read(path)
