"""``mammoth-eval audit``: what it prints for labelled answers and for a run."""

import json

import pytest
from builders import cot, pot, record
from msgspec import structs
from stored import SPEC

from mammoth_eval.cli import main
from mammoth_eval.store import RunFolder

ROWS = [
    {"id": "a", "gold": "1/2", "pred": "0.5", "label": True, "form": "answer", "kind": "x"},
    {"id": "b", "gold": "5", "pred": "6", "label": False, "form": "answer", "kind": "x"},
    {
        "id": "c",
        "gold": "B",
        "pred": "The answer is 15",
        "label": True,
        "form": "response",
        "options": ["A)12", "B)15"],
        "kind": "choice",
    },
    {"id": "d", "gold": "7", "pred": "8", "label": True, "form": "answer", "kind": "x"},
]


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_audit_prints_every_measure_of_every_grader_as_json(cases, capsys):
    assert main(["audit", str(cases), "--grader", "exact", "--grader", "mammoth", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"exact", "mammoth"}
    exact = found["exact"]
    assert (exact["accuracy"], exact["tpr"], exact["tnr"], exact["faults"]) == (0.75, 0.666667, 1.0, 0)
    assert exact["pairs_per_second"] > 0
    assert exact["slowest_seconds"] >= 0
    assert [(row["id"], row["gold"], row["pred"], row["label"], row["verdict"]) for row in exact["wrong"]] == [
        ("d", "7", "8", True, False)
    ]
    assert [row["id"] for row in found["mammoth"]["disagreements"]] == ["c"]


def test_audit_lists_wrong_cases_and_disagreements_in_words(cases, capsys):
    assert main(["audit", str(cases), "--grader", "exact", "--grader", "mammoth"]) == 0
    out = capsys.readouterr().out
    assert "exact: wrong (1)" in out
    assert "mammoth against exact: other verdicts (1)" in out


def test_file_that_holds_no_cases_is_named_with_the_line(tmp_path, capsys):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(ROWS[0]) + '\n{"id": "x"}\n')
    assert main(["audit", str(path)]) == 2
    assert "cases.jsonl:2: not a case" in capsys.readouterr().err


def test_unknown_grader_and_missing_file_are_wrong_usage(cases, tmp_path, capsys):
    assert main(["audit", str(cases), "--grader", "exakt"]) == 2
    assert "did you mean 'exact'?" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "none")]) == 2
    assert "no such file of cases or run" in capsys.readouterr().err


def test_audit_of_a_run_scores_its_records_under_each_grader(tmp_path, capsys):
    spec = structs.replace(SPEC, benchmarks={"toy": {"policy": {"paper": "number"}}})
    with RunFolder(tmp_path, spec) as run:
        run.begin({})
        run.append(record(pot(), number=0))
        run.append(record(pot(answer=None, stdout="4.000 apples\n"), number=1))
        run.append(record(cot(text="The answer is four."), number=2))
        run.append(record(cot(text="The answer is 5."), number=3))
    assert main(["audit", str(run.path), "--grader", "exact", "--grader", "mammoth", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["exact"]["accuracy"] == 0.75
    assert found["mammoth"]["accuracy"] == 0.5
    assert [row["id"] for row in found["mammoth"]["disagreements"]] == ["toy/2"]
