"""Rows as the tasks of lm-evaluation-harness write them, responses that are missing, and how completions ended."""

import json

import pytest

from mammoth_eval import importers, load_run, store
from mammoth_eval.cli import main
from mammoth_eval.importers import read
from mammoth_eval.types import Problem

ANN = "Ann has 3 apples and buys 4 more. How many apples does Ann have?"


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("doc", "question"),
    [
        ({"question": ANN, "answer": "7"}, ANN),
        ({"ID": "2024-0", "Problem": ANN, "Solution": "x", "Answer": "204"}, ANN),
        ({"problem": ANN, "solution": "\\boxed{7}", "level": "Level 1", "type": "Algebra"}, ANN),
        ({"body": "Ann has 3 apples.", "question": "How many?", "answer": "3 (apples)"}, "Ann has 3 apples. How many?"),
        ({"Body": "Ann has 3 apples. ", "Question": "How many?", "Answer": 3.0}, "Ann has 3 apples. How many?"),
        ({"body": "", "question": ANN}, ANN),
        ({"Problem": ANN, "options": "a ) 1 , b ) 2", "correct": "a", "Rationale": "x"}, ANN),
        ({"passage": "A farm has 3 cows.", "question": "How many cows?"}, "A farm has 3 cows. How many cows?"),
        ({"input": ANN, "target": "7"}, ANN),
        ({"Question": ANN, "Answer": 7, "question": ""}, ANN),
        ({"query": ANN, "choices": ["1", "7"], "gold": 1}, ANN),
    ],
)
def test_the_question_is_found_in_the_documents_of_each_task(tmp_path, doc, question):
    path = written(tmp_path / "a.jsonl", {"doc_id": 0, "doc": doc, "resps": [["7"]], "filter": "none"})
    assert [row.question for row in read(path, "lm-eval").rows] == [question]


@pytest.mark.parametrize(
    ("name", "row", "texts"),
    [
        ("lm-eval", {"doc": {"question": ANN}, "resps": [[None]]}, ("",)),
        ("lm-eval", {"doc": {"question": ANN}, "resps": [[]]}, ("",)),
        ("lm-eval", {"doc": {"question": ANN}, "resps": []}, ("",)),
        ("lm-eval", {"doc": {"question": ANN}, "resps": None}, ("",)),
        ("lm-eval", {"doc": {"question": ANN}, "resps": [None]}, ("",)),
        ("lm-eval", {"doc": {"question": ANN}, "resps": [["7", None]]}, ("7", "")),
        ("jsonl", {"question": ANN, "text": None}, ("",)),
        ("jsonl", {"question": ANN, "text": ""}, ("",)),
        ("jsonl", {"question": ANN, "text": []}, ("",)),
        ("jsonl", {"question": ANN, "completion": [None, "7"]}, ("", "7")),
        ("tora", {"question": ANN, "code": [None]}, ("",)),
        ("tora", {"question": ANN, "code": []}, ("",)),
    ],
)
def test_a_response_that_is_missing_is_an_empty_text_and_named(tmp_path, name, row, texts):
    file = read(written(tmp_path / "a.jsonl", row), name)
    assert [found.texts for found in file.rows] == [texts]
    problems = [Problem("toy/0", "toy", ANN, "7")]
    matching = importers.match(file.rows, problems, "cot")
    assert importers.report(file, matching)["without_text"] == [1]
    assert "  line 1 has no text: it counts as no answer" in importers.describe(file, matching)


@pytest.mark.parametrize("first", [None, "The answer is 8."])
def test_the_first_row_counts_also_where_it_has_no_text(tmp_path, first):
    rows = [{"question": ANN, "text": first, "sample": 0}, {"question": ANN, "text": "The answer is 7.", "sample": 0}]
    file = read(written(tmp_path / "a.jsonl", *rows), "jsonl")
    matching = importers.match(file.rows, [Problem("toy/0", "toy", ANN, "7")], "cot")
    assert matching.texts == {("toy/0", "cot", 0): first or ""}


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ({"finish_reason": "length"}, ("length", "length")),
        ({"finish_reason": "stop"}, ("stop", "stop")),
        ({"finish_reason": ["stop", "length"]}, ("stop", "length")),
        ({"finish_reasons": ["MAX_TOKENS", "eos"]}, ("length", "stop")),
        ({"stop_reason": "max_tokens"}, ("length", "length")),
        ({"finish_reason": None}, ()),
        ({"finish_reason": ["stop"]}, ()),
        ({"finish_reason": ""}, ()),
        ({}, ()),
    ],
)
def test_how_completions_ended_is_kept_where_the_row_says_it_of_each(tmp_path, said, ends):
    file = read(written(tmp_path / "a.jsonl", {"question": ANN, "text": ["7", "8"], **said}), "jsonl")
    assert [row.ends for row in file.rows] == [ends]


def test_cut_off_text_is_truncated_where_the_file_says_so_and_named_as_unknown_where_not(tmp_path, capsys):
    questions = ("What is 1 + 1?", "What is 2 + 2?", "What is 3 + 3?")
    (tmp_path / "toy.toml").write_text(
        'title = "t"\npaper = "none"\nlicence = "none"\nform = "open"\nrows = 3\nfile = "rows.jsonl"\n'
        '[columns]\nquestion = "problem"\ngold = "answer"\n'
    )
    written(tmp_path / "rows.jsonl", *({"problem": question, "answer": "2"} for question in questions))
    rows = [
        {"question": questions[0], "text": "We begin by looking at", "finish_reason": "length"},
        {"question": questions[1], "text": None, "finish_reason": "stop"},
        {"question": questions[2], "text": "The answer is 2."},
    ]
    words = ["import", str(written(tmp_path / "a.jsonl", *rows)), "--format", "jsonl", "--method", "cot"]
    words += ["--benchmark", str(tmp_path / "toy.toml"), "--model", "m", "--results-dir", str(tmp_path / "results")]
    assert main(words) == 0
    told = capsys.readouterr().err
    assert "line 2 has no text" in told
    assert "1 texts do not say how they ended" in told
    (path,) = store.find_runs(tmp_path / "results")
    outcomes = {record.problem.id: record.scores["exact"].outcome for record in load_run(path).records}
    assert outcomes == {"toy/0": "truncated", "toy/1": "no_answer", "toy/2": "correct"}
