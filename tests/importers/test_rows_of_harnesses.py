"""Rows as the tasks of lm-evaluation-harness write them, responses that are missing, and how completions ended."""

import json

import pytest

from mammoth_eval import importers, load_run, store
from mammoth_eval.cli import main
from mammoth_eval.importers import ends, read
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
        ({"question": ANN, "seed_question": "What is 1 + 1?", "seed_answer": "2"}, ANN),
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
        ("pot", {"question": ANN, "generated": [None]}, ("",)),
        ("pot", {"question": ANN, "generated": " "}, ("",)),
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
    ("said", "reasons"),
    [
        ({"finish_reason": "length"}, ["length", "length"]),
        ({"finish_reason": "stop"}, ["stop", "stop"]),
        ({"finish_reason": ["stop", "length"]}, ["stop", "length"]),
        ({"finish_reason": [["stop"], ["length"]]}, ["stop", "length"]),
        ({"finish_reason": ["length", None]}, ["length", None]),
        ({"finish_reasons": ["MAX_TOKENS", "eos"]}, ["length", "stop"]),
        ({"stop_reason": "max_tokens"}, ["length", "length"]),
        ({"finish_reason": None, "stop_reason": "end_turn"}, ["stop", "stop"]),
        ({"finish_reason": "length", "stop_reason": 2}, ["length", "length"]),
        ({"stop_reason": 128009}, ["stop", "stop"]),
        ({"stop_reason": "<|im_end|>"}, ["stop", "stop"]),
        ({"finishReason": "FinishReason.SAFETY"}, ["filtered", "filtered"]),
        ({"done_reason": "length"}, ["length", "length"]),
        ({"finish_reason": "tool_calls"}, ["tool", "tool"]),
        ({"finish_reason": "abort"}, ["other", "other"]),
        ({"finish_reason": "a word of tomorrow"}, ["other", "other"]),
        ({"truncated": True}, ["length", "length"]),
        ({"is_truncated": [False, True]}, ["stop", "length"]),
        ({"finish_reason": "", "truncated": False}, ["stop", "stop"]),
        ({"finish_reason": None}, []),
        ({"finish_reason": ["stop"]}, []),
        ({"finish_reason": ["stop", "stop", "length"]}, []),
        ({"finish_reason": {"type": "stop"}}, []),
        ({"finish_reason": 0.5}, []),
        ({}, []),
    ],
)
def test_how_completions_ended_is_kept_where_the_row_says_it_of_each(tmp_path, said, reasons):
    (row,) = read(written(tmp_path / "a.jsonl", {"question": ANN, "text": ["7", "8"], **said}), "jsonl").rows
    assert [ends.reason(word) if word else None for word in row.ends] == reasons


def test_cut_off_text_is_truncated_where_the_file_says_so_and_named_as_unknown_where_not(tmp_path, capsys):
    questions = tuple(f"What is {number} + {number}?" for number in range(1, 6))
    (tmp_path / "toy.toml").write_text(
        'title = "t"\npaper = "none"\nlicence = "none"\nform = "open"\nrows = 5\nfile = "rows.jsonl"\n'
        '[columns]\nquestion = "problem"\ngold = "answer"\n'
    )
    written(tmp_path / "rows.jsonl", *({"problem": question, "answer": "2"} for question in questions))
    rows = [
        {"question": questions[0], "text": "We begin by looking at", "finish_reason": "length"},
        {"question": questions[1], "text": None, "finish_reason": "stop"},
        {"question": questions[2], "text": "The answer is 2."},
        {"question": questions[3], "text": "The answer is 2.", "finish_reason": "content_filter"},
        {"question": questions[4], "text": "I cannot", "finish_reason": "content_filter"},
    ]
    words = ["import", str(written(tmp_path / "a.jsonl", *rows)), "--format", "jsonl", "--method", "cot"]
    words += ["--benchmark", str(tmp_path / "toy.toml"), "--model", "m", "--results-dir", str(tmp_path / "results")]
    assert main(words) == 0
    shown, told = capsys.readouterr()
    assert "line 2 has no text" in told
    assert "1 texts do not say how they ended" in told
    assert "1 of 5 texts do not say how they ended" in shown
    (path,) = store.find_runs(tmp_path / "results")
    outcomes = {record.problem.id: record.scores["exact"].outcome for record in load_run(path).records}
    assert outcomes == {
        "toy/0": "truncated",
        "toy/1": "no_answer",
        "toy/2": "correct",
        "toy/3": "correct",
        "toy/4": "no_answer",
    }


GOOD = {"question": ANN, "text": "The answer is 7."}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (json.dumps(GOOD)[:-9], "not JSON"),
        ("7", "a JSON int, expected an object"),
        (json.dumps({"question": None, "text": "7"}), "'question' or 'problem_id'"),
        (json.dumps({"question": ANN, "text": 7}), "found 7"),
        (json.dumps({"question": ANN, "text": {"role": "assistant"}}), "found {'role'"),
        (json.dumps({"question": ANN, "text": "7", "sample": -1}), "a number from 0"),
        (json.dumps({"question": ANN, "text": "7", "method": "tool"}), "pot or cot"),
        (json.dumps({"error": "server went away"}), "'text'"),
        ('{"question": ' + "[" * 100_000, "not JSON"),
    ],
)
def test_a_damaged_line_is_named_and_the_others_are_read(tmp_path, line, why):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{line}\n{json.dumps(GOOD)}\n")
    file = read(path, "jsonl")
    assert [row.line for row in file.rows] == [2]
    ((number, said),) = file.wrong
    assert number == 1
    assert why in said
    matching = importers.match(file.rows, [Problem("toy/0", "toy", ANN, "7")], "cot")
    assert any(text.startswith("  line 1 is left out: ") and why in text for text in importers.describe(file, matching))
    assert importers.report(file, matching)["wrong_rows"] == [{"line": 1, "why": said}]


@pytest.mark.parametrize("missing", [None, [], [None], [None, None]])
def test_a_row_without_any_response_has_as_many_samples_as_the_others(tmp_path, missing):
    rows = [{"question": ANN, "text": ["7", "8", None]}, {"question": "What is 1 + 1?", "text": missing}]
    file = read(written(tmp_path / "a.jsonl", *rows), "jsonl")
    assert [row.texts for row in file.rows] == [("7", "8", ""), ("", "", "")]


def test_a_missing_response_keeps_how_it_ended(tmp_path):
    (row,) = read(
        written(tmp_path / "a.jsonl", {"question": ANN, "text": None, "finish_reason": "length"}), "jsonl"
    ).rows
    assert row.ends == ("length",)


OPTIONS = "Which is even?\nAnswer Choices: (A) 1 (B) 2"


@pytest.mark.parametrize(
    ("doc", "matched"),
    [
        ({"sQuestion": ANN, "lSolutions": [7]}, True),
        ({"id": "3", "text": ANN, "label": "7"}, True),
        ({"question": f"Question: {ANN}"}, True),
        ({"query": f"Q: {ANN}"}, True),
        ({"query": "Q: Which is even? Answer Choices: (A)1 (B)2\nA: Among A through B, the answer is"}, True),
        ({"question": ANN.replace("3", "5"), "seed_question": ANN}, False),
        ({"question": ANN.replace("3", "5"), "text": ANN}, False),
        ({"body": "Ann has 9 apples.", "question": ANN}, False),
        ({"id": "3", "label": "7"}, False),
        ({"one": ANN, "other": "Which is even?"}, False),
    ],
)
def test_documents_are_matched_by_their_question_and_by_no_other_text(tmp_path, doc, matched):
    problems = [Problem("toy/0", "toy", ANN, "7"), Problem("toy/1", "toy", OPTIONS, "B", "choice", ("1", "2"))]
    file = read(written(tmp_path / "a.jsonl", {"doc": doc, "resps": [["7"]]}), "lm-eval")
    matching = importers.match(file.rows, problems, "cot")
    assert bool(matching.texts) is matched
    assert len(matching.unmatched) == (not matched)
