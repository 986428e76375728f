"""The whole loop in small: a model that has learnt its rows by heart answers them through the evaluation."""

import json

import pytest
from train_tools import make_model

from mammoth_eval.cli import main

torch = pytest.importorskip("torch")
pytest.importorskip("trl", reason="trl is not installed: make test installs it")
pytest.importorskip("peft", reason="peft is not installed: make test installs it")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
THINGS = (
    "apples", "coins", "books", "birds", "cups", "keys", "hats", "pens",
    "trees", "shoes", "lamps", "doors", "rings", "forks", "boats", "maps",
)  # fmt: skip
"""One word tells a question from the others, which is learnt in half of the steps given here."""


def problems():
    """Question, program, words and answer of each."""
    for number, thing in enumerate(THINGS):
        first, second = 2 + number // 8, 1 + number % 8
        question = f"How many {thing} has Tom?"
        yield question, f"print({first} * 10 + {second})", f"The answer is {first}{second}", 10 * first + second


def write(folder):
    """The rows of training, their mixture, and the same questions as a benchmark."""
    rows = []
    for question, program, words, _ in problems():
        rows.append({"source": "PoT/sums", "instruction": question + " Let's write a program.", "output": program})
        rows.append({"source": "CoT/sums", "instruction": question, "output": words})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "sums.toml").write_text('against = ["gsm8k"]\n[[sources]]\nname = "rows.jsonl"\n')
    asked = [{"question": question, "answer": str(answer)} for question, _, _, answer in problems()]
    (folder / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    head = (
        f'title = "Sums"\npaper = "none"\nlicence = "none"\nrows = {len(THINGS)}\nform = "open"\nfile = "asked.jsonl"\n'
    )
    (folder / "bench.toml").write_text(head + '[columns]\nquestion = "question"\ngold = "answer"\n')


@pytest.fixture
def one_thread():
    """The order of sums, and so the training, does not depend on the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("own_cache", "one_thread")
def test_a_model_that_has_learnt_its_rows_by_heart_answers_them_in_the_evaluation(tmp_path, capsys):
    write(tmp_path)
    make_model(tmp_path / "base", hidden=64)
    settings = (
        "epochs=200",
        "batch=16",
        "micro_batch=16",
        "bf16=false",
        "learning_rate=0.003",
        "gradient_checkpointing=false",
    )
    train = [
        "train",
        "--mixture",
        str(tmp_path / "sums.toml"),
        "--base",
        str(tmp_path / "base"),
        "--recipe",
        "mammoth-7b",
    ]
    train += ["--out", str(tmp_path / "out")]
    assert main([*train, *(word for pair in (*settings, "save_steps=1000") for word in ("--set", pair))]) == 0
    capsys.readouterr()
    run = [
        "run",
        "--model",
        str(tmp_path / "out"),
        "--engine",
        "transformers",
        "--benchmarks",
        str(tmp_path / "bench.toml"),
    ]
    run += ["--decoding", "both", "--max-tokens", "30", "--quiet", "--json", "--results-dir", str(tmp_path / "results")]
    assert main([*run, "--engine-arg", "dtype=float32"]) == 0
    (summary,) = json.loads(capsys.readouterr().out)
    found = {one["reading"]: one["accuracy"]["value"] for one in summary["results"]}
    assert min(found[reading] for reading in ("cot", "pot", "hybrid")) > 95, found
