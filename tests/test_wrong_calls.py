"""The public functions called wrongly: each says which argument, in an error of its own, before anything is started.

What a *text* may hold is no wrong call: whatever stands in it, a verb answers.
"""

import asyncio
import json
import math
import time

import pytest

from mammoth_eval import (
    Policy,
    Sandbox,
    Verdict,
    evaluate,
    evaluate_async,
    extract,
    grade,
    load_run,
    make_engine,
    open_sandbox,
    run_program,
    verify,
)
from mammoth_eval.errors import MammothError, StoreError, UnknownName, UsageError
from mammoth_eval.reward import Reward, compute_score, configured
from mammoth_eval.sandbox import Limits

NAN, INF = math.nan, math.inf
DEEP: list = []
for _ in range(5_000):
    DEEP = [DEEP]


class Unfriendly:
    """Its own text cannot be had either."""

    def __repr__(self):
        raise RuntimeError("no repr")


def gives_a_number(answer, gold, policy, choices):
    """A grader that forgets the verdict."""
    return 1


def of_two(answer, gold):
    """A grader of another shape."""
    return Verdict(True, "mine")


TEXTS = [
    *[(extract, (value,), {}, "text") for value in (None, 5, NAN, b"x", ["a"], DEEP, Unfriendly())],
    *[(grade, (value, "1"), {}, "answer") for value in (None, 1, NAN, b"1", ["1"], {"1": 1}, DEEP)],
    *[(grade, ("1", value), {}, "gold") for value in (None, 1, 0.5, b"1", ["1"], Unfriendly())],
    *[(verify, (value, "1"), {}, "response") for value in (None, 1, b"1", ["1"])],
    *[(verify, ("no", value), {}, "gold") for value in (None, 1, ["1"])],
    *[(extract, ("x", value), {}, "form") for value in ("closed", "", None, 1, ["open"])],
    *[
        (verb, words, {"choices": value}, "choices")
        for verb, words in ((extract, ("x",)), (grade, ("1", "A")), (verify, ("(A)", "A")))
        for value in (None, 5, "abc", b"ab", [1, 2], ["a", None], {"a": 1}, {"a", "b"}, [["a"]], DEEP)
    ],
    *[
        (verb, words, {"truncated": value}, "truncated")
        for verb, words in ((extract, ("x",)), (verify, ("x", "1")))
        for value in (None, "no", 0, 1.0, [])
    ],
    *[
        (verb, words, {"grader": value}, "grader")
        for verb, words in ((grade, ("1", "1")), (verify, ("", "1")))
        for value in (None, "", "exakt", ["exact"], 5, len, "math:pi", "os:getcwd", f"{__name__}:of_two", "nowhere:g")
    ],
    (grade, ("1", "1"), {"grader": f"{__name__}:gives_a_number"}, "gives_a_number"),
]
POLICIES = [
    *[
        (verb, ("1.5", "1.25", value), {}, words)
        for verb in (grade, verify)
        for value, words in (
            (5, "policy"),
            (True, "policy"),
            (["gsm8k"], "policy"),
            (b"gsm8k", "policy"),
            ("", "benchmark"),
            ("gsm9k", "did you mean 'gsm8k'"),
            ({"tol": 1e-3}, "'tol'.*tolerance"),
            ({5: 1e-3}, "'5'.*tolerance"),
            ({"tolerance": "1e-3"}, "policy: tolerance"),
            ({"tolerance": NAN}, "policy: tolerance"),
            ({"tolerance": INF}, "policy: tolerance"),
            ({"tolerance": -1e-6}, "policy: tolerance"),
            ({"tolerance": 2}, "policy: tolerance"),
            ({"decimals": "round"}, "policy: decimals.*rounded"),
            ({"order": None}, "policy: order.*set, list"),
            (Policy(tolerance=NAN), "policy: tolerance"),
            (Policy(tolerance=-1), "policy: tolerance"),
            (Policy(tolerance=None), "policy: tolerance"),
            (Policy(decimals="foo"), "policy: decimals"),
            (Policy(units=["drop"]), "policy: units"),
        )
    ],
    *[
        (configured, (), {"policy": value}, words)
        for value, words in (
            ({"tol": 1}, "'tol'"),
            ({"tolerance": -1}, "tolerance"),
            (7, "policy"),
            ("gsm9k", "did you mean 'gsm8k'"),
        )
    ],
    (configured, (), {"rigth": 1.0}, "'rigth'.*right"),
    (configured, (), {"right": "1"}, "reward: right"),
    (configured, (), {"right": NAN}, "reward: right"),
    (configured, (), {"form": "closed"}, "reward: form"),
    (configured, (5,), {}, "benchmark"),
    (compute_score, ("", "x", "1"), {"marked": "yes"}, "reward: marked"),
]
RUNS = [
    *[(load_run, (value,), {}, "path") for value in (None, 5, b"x", ["a"], NAN, {}, Unfriendly())],
    *[(load_run, ("x",), {"grader": value}, "grader") for value in (5, "", ["exact"], b"exact")],
    *[(load_run, ("x",), {"skip_damaged": value}, "skip_damaged") for value in (None, "no", 1)],
]
SANDBOXES = [
    *[(run_program, (value,), {}, "program") for value in (None, 5, b"print(1)", ["print(1)"], NAN)],
    *[(run_program, ("1", value), {}, "result") for value in (None, "foo", "", 5, ["value"])],
    *[(run_program, ("1",), {"limits": value}, "limits") for value in ({"seconds": 1}, 5, "1", 0, {}, (1, 2))],
    *[
        (made, words, {"level": value}, "level")
        for made, words in ((run_program, ("1",)), (open_sandbox, ()), (Sandbox, ()))
        for value in (None, "", "ful", 5, ["full"])
    ],
    *[
        (made, (), {"workers": value}, "workers")
        for made in (open_sandbox, Sandbox)
        for value in (0, -1, 1.5, NAN, "2", True, 10**9, [1])
    ],
    *[
        (made, (), {name: value}, name)
        for made in (Limits, open_sandbox)
        for name in ("seconds", "wall", "memory_mb", "output_kb")
        for value in (0, -1, NAN, INF, -INF, "5", None, True, [1], 10**40, 1e300, DEEP)
    ],
    *[(Limits, (), {name: 1.5}, name) for name in ("memory_mb", "output_kb", "file_mb", "stderr_kb")],
]
ENGINES = [
    *[
        (make_engine, (value, "m"), {}, "engine")
        for value in (None, "", 5, "vlm", ["vllm"], "os:getcwd", "math:pi", "nowhere:Engine", "a:b:c", DEEP)
    ],
    *[(make_engine, ("scripted", value), {}, "model") for value in (None, 5, ["m"], b"m")],
    *[(make_engine, ("replay", value), {}, "model") for value in (None, 5)],
    *[
        (make_engine, (engine, "m"), {name: value}, f"{name}.*{engine}")
        for engine, name in (("scripted", "latency"), ("scripted", "tokens_per_second"), ("replay", "delay"))
        for value in (-1, NAN, INF, "fast", None, [1])
    ],
    *[(make_engine, ("scripted", "m"), {"script": value}, "script") for value in (5, "text", [1], b"x")],
    (make_engine, ("scripted", "m"), {"latecny": 1}, "did you mean 'latency'"),
]


@pytest.mark.parametrize(("function", "words", "options", "said"), [*TEXTS, *POLICIES, *RUNS, *SANDBOXES, *ENGINES])
def test_the_argument_is_named(function, words, options, said):
    start = time.monotonic()
    with pytest.raises(UsageError, match=said) as caught:
        function(*words, **options)
    assert len(str(caught.value)) < 1_000
    assert time.monotonic() - start < 5


SETTINGS = [
    *[({"model": value}, "model") for value in (None, "", " ", 5, ["m"], b"m", DEEP)],
    *[({"benchmarks": value}, "benchmarks") for value in (None, "", ",", [], 5, [1], [None], b"gsm8k", {"a"}, DEEP)],
    *[({"engine": value}, "engine") for value in (None, "", 5, [], "scriptd", "math:pi")],
    *[({"results_dir": value}, "results_dir") for value in (None, 5, b"x", [])],
    *[({"concurrency": value}, "concurrency") for value in (0, -1, "4", NAN, 1.5, True, [], DEEP)],
    *[({"progress": value}, "progress") for value in (None, 5, "yes")],
    *[({"limit": value}, "limit") for value in (-1, "5", NAN, INF, [1], 1.5)],
    *[({"graders": value}, "grader") for value in (5, [], "", [5], [None], ["exakt"], "math:pi", {"exact": 1})],
    *[({"decoding": value}, "decoding") for value in (5, "hybird", "", [], "math:pi", "os:getcwd")],
    *[({"samples": value}, "samples") for value in (0, -1, NAN, "4", 1.5, True)],
    *[({"temperature": value}, "temperature") for value in (-1, NAN, INF, "warm", [])],
    *[({"top_p": value}, "top.p") for value in (0, -1, 2, NAN, "1")],
    *[({"top_k": value}, "top.k") for value in (-5, 1.5, "1", [1])],
    *[({"max_tokens": value}, "max.tokens") for value in (0, -1, 1.5, "9", INF)],
    *[({"engine_args": value}, "engine_args") for value in ([1], "script=x", {1: 2}, 5, None)],
    *[({"sandbox": value}, "sandbox") for value in (5, "ful", "", None)],
    *[({"program_seconds": value}, "program.seconds") for value in (0, -1, NAN, INF, "5", [])],
    *[({"data_dir": value}, "data.dir") for value in (5, "/nowhere", b"x")],
    *[({"factors": value}, "factors") for value in ({"a": 5}, "a=b", [])],
    *[({"stop": value}, "stop") for value in ([""], "", [None], 5)],
    *[({"prompt": value}, "prompt") for value in (5, "", "alpacca", "/nowhere.jinja")],
    *[({"preset": value}, "preset") for value in (5, "", "mamoth", None)],
    *[({"seed": value}, "seed") for value in ("a", NAN, 1.5, None)],
    *[({"thinking_budget": value}, "thinking.budget") for value in (-1, NAN, "9")],
    ({"skip_damagd": True}, "skip_damagd"),
]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A benchmark of one problem."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy.jsonl").write_text(json.dumps({"question": "1 + 1?", "answer": "2"}) + "\n")
    head = "title = 'Toy'\npaper = 'none'\nlicence = 'none'\nrows = 1\nform = 'open'\nfile = 'toy.jsonl'\n"
    (folder / "toy.toml").write_text(head + "[columns]\nquestion = 'question'\ngold = 'answer'\n")
    return folder / "toy.toml"


def arguments(toy, tmp_path, **asked):
    given = {"model": "m", "benchmarks": [str(toy)], "engine": "scripted", "results_dir": tmp_path / "results"}
    return {"engine_args": {"script": {"*": "The answer is 2."}}, **given, **asked}


@pytest.mark.parametrize(("asked", "said"), SETTINGS)
def test_a_setting_is_named_before_anything_is_written(toy, tmp_path, asked, said):
    with pytest.raises(UsageError, match=said):
        evaluate(**arguments(toy, tmp_path, **asked))
    with pytest.raises(UsageError, match=said):
        asyncio.run(evaluate_async(**arguments(toy, tmp_path, **asked)))
    assert not (tmp_path / "results").exists()


def test_the_right_call_beside_them_is_answered(toy, tmp_path):
    assert evaluate(**arguments(toy, tmp_path)).accuracy == {"toy": 100.0}


async def asynchronous(query, sampling):
    """A script that must be awaited."""
    return "The answer is 2."


def forgetful(query, sampling):
    """A script without `return`."""


def failing(query, sampling):
    return {}[query.problem_id]


WRONG_REPLIES = [
    (forgetful, "script forgetful: gave NoneType for toy/0"),
    (asynchronous, "script asynchronous: is an async function"),
    (failing, "script failing: raised KeyError for toy/0"),
    (lambda query, sampling: 42, "<lambda>: gave int for toy/0"),
    (lambda query, sampling: b"42", "gave bytes"),
    (lambda query, sampling: ["42"], "gave list"),
    (lambda query: "42", "raised TypeError"),
    ({"*": None}, "script of type dict: gave NoneType"),
    ({"toy/0": 5}, "script of type dict: gave int"),
    (dict, "raised TypeError"),
]


@pytest.mark.parametrize(("script", "said"), WRONG_REPLIES)
def test_a_script_that_gives_no_reply_is_named_and_ends_the_run(toy, tmp_path, script, said):
    with pytest.raises(UsageError, match=said):
        evaluate(**arguments(toy, tmp_path, engine_args={"script": script}))


@pytest.mark.parametrize(
    "line",
    [
        '{"problem_id": "toy/0", "method": "cot", "text": null}',
        '{"problem_id": "toy/0", "method": "cot", "text": 5}',
        '{"problem_id": "toy/0", "method": "cot"}',
        '{"problem_id": "toy/0", "method": "cot", "text": "2", "sample": [1]}',
        '{"problem_id": "toy/0", "method": "cot", "text": "2", "completion_tokens": 1e999}',
        '{"attempts": null}',
        '{"attempts": [null], "problem": {"id": "toy/0"}}',
        "5",
        '"attempts"',
        "[" * 100_000,
        "not JSON",
    ],
)
def test_a_line_that_cannot_be_replayed_is_named_with_its_file(toy, tmp_path, line):
    (tmp_path / "lines.jsonl").write_text(line + "\n")
    asked = {"engine": "replay", "model": str(tmp_path / "lines.jsonl"), "engine_args": {}}
    with pytest.raises(UsageError, match=r"lines\.jsonl:1: "):
        evaluate(**arguments(toy, tmp_path, **asked))


HOSTILE = [
    "",
    " ",
    "\0",
    "\ud800",
    "x^\ud8002",
    "nan",
    "inf",
    "[" * 200_000,
    "(" * 5_000 + "1" + ")" * 5_000,
    "{" * 200_000,
    "\\frac{" * 20_000,
    "\\boxed{" * 50_000,
    "$" * 200_001,
    "9" * 1_000_000,
    "1e999999999",
    "9**9**9**9",
    "1, " * 300_000,
    "-" * 100_000 + "1",
    "x" * 3_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("grader", ["exact", "mammoth"])
def test_whatever_a_text_holds_there_is_a_verdict_in_time(text, grader):
    start = time.monotonic()
    extract(text)
    verdicts = [grade(text, "41", grader=grader), grade("41", text, grader=grader), verify(text, "41", grader=grader)]
    assert [verdict.equal for verdict in verdicts] == [False] * 3
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("path", ["", "/nowhere", "\0", "x" * 5_000, "\ud800", "/etc/hostname", "~"])
def test_a_path_that_holds_no_run_is_an_error_of_the_store(path):
    with pytest.raises(StoreError):
        load_run(path)


def test_programs_in_place_of_a_list_of_them_are_refused():
    with Sandbox(workers=1) as sandbox:
        for programs in ("print(1)", b"print(1)", 5, None):
            with pytest.raises(UsageError, match="programs"):
                list(sandbox.map(programs))
        for program in ("", "\ud800", "x = 1\0", "[" * 200_000, "1" * 1_000_000):
            assert sandbox.run(program).status in ("ok", "error")
        with pytest.raises(UsageError, match="program"):
            sandbox.run(None)


def test_limits_that_no_program_can_start_under_say_so():
    with pytest.raises(MammothError, match="memory_mb"):
        run_program("print(1)", limits=Limits(memory_mb=1))


def test_a_module_that_cannot_be_imported_is_wrong_usage_and_not_an_unknown_name(tmp_path, monkeypatch):
    (tmp_path / "broken_of_mine.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "unfinished_of_mine.py").write_text("def f(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    for module, said in (("broken_of_mine", "nothing_of_that_name"), ("unfinished_of_mine", "SyntaxError")):
        for call in (lambda name: make_engine(name, "m"), lambda name: grade("1", "1", grader=name)):
            with pytest.raises(UsageError, match=f"{module}.*{said}") as caught:
                call(f"{module}:Thing")
            assert not isinstance(caught.value, UnknownName)


def test_a_policy_by_its_settings_is_that_policy():
    assert grade("3.14159", "3.14", {"decimals": "rounded"}).equal
    assert not grade("3.14159", "3.14", {}).equal
    assert configured(policy="gsm8k").policy == configured("gsm8k").policy
    assert configured(policy={"order": "list"}, right=2) == Reward(policy=Policy(order="list"), right=2.0)
