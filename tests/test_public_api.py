"""What `mammoth_eval` offers in Python: the verbs, runs, and what each says where it is called wrongly."""

import asyncio
import json
import subprocess
import sys
import threading

import pytest

import mammoth_eval
from mammoth_eval import evaluate, evaluate_async, extract, grade, load_run, make_engine, verify
from mammoth_eval.errors import EngineClosed, EngineError, StoreError, UnknownName, UsageError
from mammoth_eval.events import Finished, Known, Notice, Opened, Started
from mammoth_eval.types import Policy

TOML = """
title = "Toy"
paper = "none"
licence = "none"
rows = 4
form = "open"
file = "toy.jsonl"
exemplars = "gsm"

[columns]
question = "question"
gold = "answer"
"""
PROGRAM = "```python\nprint(2 + 2)\n```"


def answers(query, sampling):
    """A program for every problem but the last, which is answered in a chain of thought."""
    if query.problem_id.endswith("/3"):
        return "I cannot." if query.method == "pot" else "The answer is 7."
    return PROGRAM


@pytest.fixture
def toy(tmp_path):
    """A benchmark of four problems, whose golds are 4, 4, 5 and 7."""
    rows = [{"question": f"Problem {number}?", "answer": gold} for number, gold in enumerate(["4", "4", "5", "7"])]
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "toy.toml"
    path.write_text(TOML)
    return path


def run(toy, tmp_path, **options):
    given = {"engine": "scripted", "engine_args": {"script": answers}, "results_dir": tmp_path / "results"}
    return evaluate("scripted", [str(toy)], **{**given, **options})


def test_a_run_says_its_accuracy_and_gives_its_records_and_a_frame(toy, tmp_path):
    found = run(toy, tmp_path)
    assert found.accuracy == {toy.stem: 75.0}
    assert len(found.records) == 4
    assert found.frame().set_index("id")["outcome"].to_dict() == {
        f"{toy.stem}/0": "correct",
        f"{toy.stem}/1": "correct",
        f"{toy.stem}/2": "wrong",
        f"{toy.stem}/3": "correct",
    }


def test_the_same_call_again_asks_nothing_and_gives_the_same_run(toy, tmp_path):
    first = run(toy, tmp_path)
    events = []
    assert run(toy, tmp_path, progress=events.append).records == first.records
    assert [type(event) for event in events] == [Opened]


def test_a_run_is_loaded_from_its_folder_by_path_or_text(toy, tmp_path):
    found = run(toy, tmp_path)
    assert load_run(str(found.path)).records == load_run(found.path).records == found.records


def test_progress_is_told_every_record_once(toy, tmp_path):
    events = []
    run(toy, tmp_path, progress=events.append)
    assert [type(event).__name__ for event in events] == ["Opened", "Starting", "Started", *["Finished"] * 4]
    assert {event.record.problem.id for event in events if isinstance(event, Finished)} == {
        f"{toy.stem}/{number}" for number in range(4)
    }


def test_what_was_stopped_goes_on_and_knows_what_it_had(toy, tmp_path):
    def stop_at_third(event):
        if isinstance(event, Finished) and sum(isinstance(one, Finished) for one in seen) == 2:
            raise KeyboardInterrupt
        seen.append(event)

    seen = []
    with pytest.raises(KeyboardInterrupt):
        run(toy, tmp_path, progress=stop_at_third, concurrency=1)
    assert any(isinstance(event, Notice) and "3 of 4 records are kept" in event.text for event in seen)
    events = []
    assert len(run(toy, tmp_path, progress=events.append).records) == 4
    assert [sum(isinstance(event, kind) for event in events) for kind in (Known, Finished)] == [3, 1]


def test_in_a_running_loop_the_coroutine_is_named(toy, tmp_path):
    async def cell():
        with pytest.raises(UsageError, match=r"await evaluate_async\(\.\.\.\)"):
            run(toy, tmp_path)
        return await evaluate_async(
            "scripted", str(toy), engine="scripted", engine_args={"script": answers}, results_dir=tmp_path / "results"
        )

    assert asyncio.run(cell()).accuracy == {toy.stem: 75.0}


def test_an_open_engine_serves_several_runs_and_stays_open(toy, tmp_path):
    async def loop():
        async with make_engine("scripted", "scripted", script=answers) as engine:
            for step in range(2):
                await evaluate_async("step", str(toy), engine=engine, results_dir=tmp_path / str(step), seed=step)
            return len(engine.calls)

    assert asyncio.run(loop()) == 10  # four programs and one fallback each


def test_a_closed_engine_is_refused_before_anything_is_written(toy, tmp_path):
    async def loop():
        async with make_engine("scripted", "scripted", script=answers) as engine:
            pass
        await evaluate_async("step", str(toy), engine=engine, results_dir=tmp_path / "results")

    with pytest.raises(EngineClosed, match="the scripted engine is not open"):
        asyncio.run(loop())
    assert not (tmp_path / "results").exists()


def test_an_open_engine_in_the_blocking_form_is_refused(toy, tmp_path):
    engine = make_engine("scripted", "scripted", script=answers)
    with pytest.raises(UsageError, match="belongs to its event loop"):
        evaluate("scripted", str(toy), engine=engine, results_dir=tmp_path)


def test_two_runs_in_two_threads_do_not_disturb_each_other(toy, tmp_path):
    found = {}

    def work(seed):
        found[seed] = run(toy, tmp_path, seed=seed).accuracy

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: {toy.stem: 75.0}, 1: {toy.stem: 75.0}}


def test_a_run_that_is_being_written_is_refused(toy, tmp_path):
    async def both():
        return await asyncio.gather(
            *(
                evaluate_async(
                    "scripted",
                    str(toy),
                    engine="scripted",
                    engine_args={"script": answers, "latency": 0.2},
                    results_dir=tmp_path / "results",
                )
                for _ in range(2)
            ),
            return_exceptions=True,
        )

    found = asyncio.run(both())
    (refused,) = [one for one in found if isinstance(one, BaseException)]
    assert isinstance(refused, StoreError)
    assert "is writing this run" in str(refused)


def test_an_engine_that_fails_is_named_and_nothing_counts_as_wrong(toy, tmp_path):
    def broken(query, sampling):
        return EngineError("no power")

    with pytest.raises(mammoth_eval.errors.MammothError, match="no power"):
        run(toy, tmp_path, engine_args={"script": broken})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": 4}, "unknown setting 'sample'; did you mean 'samples'?"),
        ({"decoding": "hybird"}, "unknown decoding 'hybird'; did you mean 'hybrid'?"),
        ({"concurrency": 0}, "concurrency = 0"),
        ({"engine": "script"}, "did you mean 'scripted'?"),
        ({"samples": "4"}, "samples = '4', expected a value of type int"),
        ({"temperature": "warm"}, "temperature = 'warm', expected a value of type float"),
        ({"stop": 3}, "stop = 3, expected a list of texts"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(toy, tmp_path, options, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        run(toy, tmp_path, **options)


@pytest.mark.parametrize(
    ("text", "form", "choices", "answer"),
    [
        ("So it is \\boxed{\\frac12}.", "open", (), "\\frac12"),
        ("The answer is (B).", "choice", ("3", "4"), "B"),
        ("", "open", (), None),
        ("<think>The answer is 3.</think> The answer is 4.", "open", (), "4"),
    ],
)
def test_extract_gives_the_answer_of_a_response(text, form, choices, answer):
    assert extract(text, form, choices=choices) == answer


@pytest.mark.parametrize(
    ("answer", "gold", "policy", "equal"),
    [
        ("0.5", "\\frac{1}{2}", None, True),
        ("0.51", "\\frac{1}{2}", None, False),
        ("3.14", "3.1", Policy(decimals="rounded"), True),
        ("1,000", "1000", "gsm8k", True),
    ],
)
def test_grade_takes_a_policy_or_the_name_of_a_benchmark(answer, gold, policy, equal):
    assert grade(answer, gold, policy).equal is equal


def test_verify_extracts_and_grades():
    assert verify("We get $\\boxed{0.5}$.", "1/2").equal
    assert not verify("We get $\\boxed{0.6}$.", "1/2").equal
    assert verify("", "1/2").rung == "extraction"
    assert verify("It is (B).", "B", choices=("1", "2")).equal


def test_names_that_are_none_are_named():
    with pytest.raises(UnknownName, match="grader"):
        grade("1", "1", grader="exakt")
    with pytest.raises(UnknownName, match="benchmark"):
        grade("1", "1", "gsm9k")
    with pytest.raises(UsageError, match="gold = 1, expected a text; write numbers as str"):
        grade("1", 1)
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        mammoth_eval.evalute  # noqa: B018


def test_every_public_name_is_there():
    for name in mammoth_eval.__all__:
        assert getattr(mammoth_eval, name).__doc__


def test_a_program_is_run():
    assert mammoth_eval.run_program("print(6 * 7)").stdout == "42\n"


@pytest.mark.parametrize("heavy", ["torch", "vllm", "sympy", "pandas", "numpy", "scipy"])
def test_the_import_loads_nothing_heavy(heavy):
    code = f"import sys, mammoth_eval; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("stop", [" 7.", ["\n\n", " 7."], ("nothing, of this", " 7.")])
def test_stop_texts_are_taken_as_they_are_with_their_blanks_and_commas(toy, tmp_path, stop):
    found = run(toy, tmp_path, stop=stop)
    given = (stop,) if isinstance(stop, str) else tuple(stop)
    assert found.spec.sampling["stop"] == list(given)
    (last,) = [record for record in found.records if record.problem.id == f"{toy.stem}/3"]
    assert last.attempts[-1].completion.text == "The answer is"


def test_started_comes_before_the_first_record(toy, tmp_path):
    events = []
    run(toy, tmp_path, progress=events.append)
    kinds = [type(event) for event in events]
    assert kinds.index(Started) < kinds.index(Finished)
