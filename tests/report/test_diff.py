"""What changed between two runs: every problem under one kind, every line of its texts on its side."""

import json
from dataclasses import replace

import pytest
from builders import cot, pot, record, scored
from hypothesis import given
from hypothesis import strategies as st
from view_runs import drawn_records, in_memory, on_disk

from mammoth_eval.cli import main
from mammoth_eval.errors import UsageError
from mammoth_eval.report.changes import aligned, changes


def one(number, answer="4", outcome="correct", path="pot", text="print(4)", **other):
    scores = scored(("pot", answer, outcome), answer=answer, outcome=outcome, path=path)
    return record(
        pot(answer, f"{answer}\n", program=text, text=text), number=number, benchmark="gsm8k", scores=scores, **other
    )


def found(tmp_path, ours, theirs):
    return changes(
        in_memory(tmp_path, ours, decoding="pot"), in_memory(tmp_path, theirs, decoding="pot", model="other")
    )


WRONG = {"answer": "5", "outcome": "wrong"}
CASES = {
    "same": ({}, {}),
    "gained": (WRONG, {}),
    "lost": ({}, WRONG),
    "outcome": (WRONG, {"answer": None, "outcome": "no_answer", "path": None}),
    "answer": (WRONG, WRONG | {"answer": "6"}),
    "text": ({}, {"text": "print(2 + 2)"}),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_problem_is_listed_under_what_weighs_most(tmp_path, kind):
    ours, theirs = CASES[kind]
    result = found(tmp_path, [one(0, **ours)], [one(0, **theirs)])
    assert result.counts == {
        name: int(name == kind) for name in ("gained", "lost", "outcome", "answer", "text", "same")
    }
    assert [change.kind for change in result.changes] == ([kind] if kind != "same" else [])


def test_a_void_record_is_neither_gained_nor_lost(tmp_path):
    result = found(tmp_path, [one(0, answer=None, outcome="fault", path=None)], [one(0)])
    assert result.changes[0].kind == "outcome"


def test_the_counts_sum_to_the_problems_of_both_and_the_rest_is_named(tmp_path):
    ours = [one(number) for number in range(6)]
    theirs = [one(number) for number in range(2, 8)]
    theirs[0] = replace(theirs[0], problem=replace(theirs[0].problem, gold="5"))
    result = found(tmp_path, ours, theirs)
    assert sum(result.counts.values()) == 3
    assert (result.only_a, result.only_b, result.redefined) == (
        ("gsm8k/0", "gsm8k/1"),
        ("gsm8k/6", "gsm8k/7"),
        ("gsm8k/2",),
    )


def test_gained_and_lost_problems_stand_first(tmp_path):
    ours = [one(0), one(1, **WRONG), one(2, **WRONG), one(3)]
    theirs = [one(0, text="print(3 + 1)"), one(1, **WRONG | {"answer": "7"}), one(2), one(3, **WRONG)]
    assert [change.kind for change in found(tmp_path, ours, theirs).changes] == ["gained", "lost", "answer", "text"]


def test_runs_without_a_problem_in_common_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no problem in common"):
        found(tmp_path, [one(0)], [one(1)])


def test_a_program_that_one_side_has_not_is_said_and_its_completion_shown(tmp_path):
    none = replace(one(0), attempts=(pot(None, program=None, text="I do not know."),))
    (change,) = found(tmp_path, [replace(none, scores=one(0, **WRONG).scores)], [one(0)]).changes
    parts = {part.name: (part.a, part.b) for part in change.parts}
    assert parts["pot program"] == (None, "print(4)")
    assert parts["pot completion"] == ("I do not know.", "print(4)")


def test_how_a_program_ended_is_part_of_its_output(tmp_path):
    failed = replace(one(0, **WRONG), attempts=(pot(None, "3\n", "timeout", "10 s", program="print(4)"),))
    (change,) = found(tmp_path, [failed], [one(0)]).changes
    assert next(part for part in change.parts if part.name == "pot output").a == "3\n[timeout] 10 s"


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  a"]), max_size=30)


@given(LINES, LINES)
def test_every_line_stands_on_its_side_in_order(a, b):
    rows = aligned("\n".join(a), "\n".join(b), context=None)
    left = [one for mark, one, _ in rows if mark in "=~<"]
    right = [other for mark, _, other in rows if mark in "=~>"]
    assert left == "\n".join(a).splitlines()
    assert right == "\n".join(b).splitlines()
    assert all(one == other for mark, one, other in rows if mark == "=")


def test_a_long_stretch_of_the_same_lines_is_left_out_and_counted():
    same = [f"line {number}" for number in range(20)]
    rows = aligned("\n".join(["x", *same, "x"]), "\n".join(["y", *same, "y"]))
    assert [mark for mark, *_ in rows] == ["~", "=", "=", "…", "=", "=", "~"]
    assert rows[3][1] == "16 lines the same"


@pytest.fixture
def runs(tmp_path):
    """Two runs in a store, which differ in five problems and one setting."""
    ours = drawn_records(12)
    theirs = [replace(ours[i], **vars_of(drawn_records(12, seed=1)[i])) if i < 5 else ours[i] for i in range(12)]
    return [on_disk(tmp_path, records, model=name) for records, name in ((ours, "one"), (theirs, "other"))]


def vars_of(record):
    return {"attempts": record.attempts, "scores": record.scores}


def test_the_command_shows_settings_counts_and_texts(runs, capsys):
    assert main(["diff", *map(str, runs), "--only", "gained,lost,outcome,answer,text"]) == 0
    said = capsys.readouterr().out
    assert "spec.model" in said
    assert "12 problems of both:" in said
    assert "same 7" in said
    assert "pot program" in said
    assert "~ " in said


def test_the_commands_json_has_every_change_of_the_kinds_asked_for(runs, capsys):
    assert main(["diff", *map(str, runs), "--only", "gained,lost,outcome,answer,text", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert len(content["changes"]) == 5
    assert [one["name"] for one in content["settings"]] == ["spec.model"]


def test_one_problem_can_be_asked_for(runs, capsys):
    assert main(["diff", *map(str, runs), "--problem", "gsm8k/0", "--json"]) == 0
    assert [one["problem"]["id"] for one in json.loads(capsys.readouterr().out)["changes"]] == ["gsm8k/0"]
    assert main(["diff", *map(str, runs), "--problem", "gsm8k/3"]) == 2
    assert "nothing changed there" in capsys.readouterr().err


def test_a_kind_or_a_run_that_is_none_is_said(runs, capsys):
    assert main(["diff", *map(str, runs), "--only", "gaind"]) == 2
    assert "did you mean 'gained'" in capsys.readouterr().err
    assert main(["diff", str(runs[0]), "nowhere"]) == 2
    assert "no such run" in capsys.readouterr().err


def test_runs_are_found_by_their_name_in_the_store(runs, tmp_path, capsys):
    names = [str(path.relative_to(tmp_path)) for path in runs]
    assert main(["diff", *names, "--results-dir", str(tmp_path), "--no-texts", "--limit", "1"]) == 0
    assert "problems of both" in capsys.readouterr().out


def test_several_samples_are_compared_one_by_one(tmp_path):
    drawn = [replace(cot("4", text=f"text {number}"), sample=number) for number in range(2)]
    scores = scored(("cot", "4", "correct"), ("cot", "4", "correct"), path="cot", samples=("correct", "correct"))
    ours = record(*drawn, benchmark="gsm8k", scores=scores)
    theirs = replace(ours, attempts=(drawn[0], replace(cot("4", text="other"), sample=1)))
    sides = [in_memory(tmp_path, [one], decoding="cot") for one in (ours, theirs)]
    (change,) = changes(*sides).changes
    assert [(part.name, part.changed) for part in change.parts] == [
        ("cot completion", False),
        ("cot completion (sample 2)", True),
    ]
