"""The registry of engines, their options, and the engines that need no model: `scripted` and `replay`."""

import asyncio
import json
import time
from dataclasses import asdict, dataclass

import pytest

from mammoth_eval.engines import make_engine
from mammoth_eval.engines.options import parse_value, read_options
from mammoth_eval.errors import EngineError, ModelError, UnknownName, UsageError
from mammoth_eval.types import Attempt, Completion, Problem, Query, Record, Sampling

QUERY = Query("b/0", "pot", "p/pot", "2 + 2?")


def double(query, sampling):
    """A script that a model name can point to."""
    return query.text * 2


@dataclass(frozen=True, slots=True)
class Example:
    size: int = 1
    share: float = 0.5
    name: str = "x"
    limit: int | None = None
    flag: bool = False
    table: dict | None = None


async def ask(script, query=QUERY, sampling=Sampling(), **options):
    async with make_engine("scripted", "scripted", script=script, **options) as engine:
        return await engine.generate(query, sampling)


# options


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"size": "2", "share": "1", "flag": "true"}, Example(size=2, share=1.0, flag=True)),
        ({"name": "2", "limit": "4096", "table": '{"a": 1}'}, Example(name="2", limit=4096, table={"a": 1})),
        ({"limit": "none", "flag": "False"}, Example()),
        ({"size": 3, "limit": None, "share": 1}, Example(size=3, share=1.0)),
    ],
)
def test_options_are_read_as_their_types(raw, expected):
    assert read_options("e", Example, raw) == expected


@pytest.mark.parametrize(
    "raw", [{"size": "two"}, {"size": "1.5"}, {"size": True}, {"flag": "1"}, {"limit": "many"}, {"name": 3}]
)
def test_option_of_the_wrong_type_is_named(raw):
    with pytest.raises(UsageError, match=f"option {next(iter(raw))} of engine e"):
        read_options("e", Example, raw)


def test_unknown_option_names_the_nearest_and_all():
    with pytest.raises(UnknownName, match=r"unknown option of engine e 'sise'; did you mean 'size'.*flag, limit, name"):
        read_options("e", Example, {"sise": "1"})


@pytest.mark.parametrize("engine", ["openai", "replay", "scripted", "transformers"])
def test_every_engine_refuses_an_option_that_it_does_not_have(engine):
    with pytest.raises(UnknownName, match=f"option of engine {engine}"):
        make_engine(engine, "m", tensor_paralel_size=2)


@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("None", None), ("1e-3", 0.001), ("fp8", "fp8"), ("[1]", [1])]
)
def test_words_of_the_command_line_become_values(text, value):
    assert parse_value(text) == value


def test_unknown_engine_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'vllm'"):
        make_engine("vlm", "m")


# scripted


async def test_function_answers():
    assert (await ask(lambda query, sampling: query.text + "!")).text == "2 + 2?!"


async def test_more_exact_key_of_a_mapping_wins():
    script = {("b/0", "pot", 1): "exact", ("b/0", "pot"): "method", "b/0": "problem", "text": "text", "*": "rest"}
    expected = {
        ("b/0", "pot", 1): "exact",
        ("b/0", "pot", 0): "method",
        ("b/0", "cot", 0): "problem",
        ("b/9", "cot", 0): "rest",
    }
    async with make_engine("scripted", "scripted", script=script) as engine:
        for (problem, method, sample), text in expected.items():
            found = await engine.generate(Query(problem, method, "p", "?", sample=sample), Sampling())
            assert found.text == text


async def test_missing_key_is_an_engine_error_that_names_it():
    with pytest.raises(EngineError, match=r"b/0 \(pot, sample 0\)"):
        await ask({"b/1": "x"})


async def test_scripted_error_is_raised():
    with pytest.raises(EngineError, match="down"):
        await ask({"*": EngineError("down")})


async def test_scripted_text_ends_at_a_stop_and_at_the_limit():
    cut = await ask({"*": "a b USER: c"}, sampling=Sampling(stop=("USER:",)))
    assert (cut.text, cut.finish_reason) == ("a b ", "stop")
    long = await ask({"*": "a b c d"}, sampling=Sampling(max_tokens=2))
    assert (long.text, long.finish_reason, long.completion_tokens) == ("a b", "length", 2)


async def test_whole_completion_is_given_as_it_is():
    whole = Completion("", "context", 9000, 0, 0.25)
    assert await ask({"*": whole}) == whole


async def test_latency_is_shared_by_requests_made_at_once():
    async with make_engine("scripted", "scripted", script={"*": "x"}, latency="0.2") as engine:
        start = time.monotonic()
        found = await asyncio.gather(*(engine.generate(QUERY, Sampling()) for _ in range(50)))
    assert 0.2 <= time.monotonic() - start < 2
    assert all(one.seconds >= 0.2 for one in found)


async def test_model_name_may_point_to_a_function_or_a_file(tmp_path):
    async with make_engine("scripted", "test_engines:double") as engine:
        assert (await engine.generate(QUERY, Sampling())).text == "2 + 2?2 + 2?"
    path = tmp_path / "script.json"
    path.write_text('{"b/0 pot": "print(4)", "*": "no"}')
    async with make_engine("scripted", str(path)) as engine:
        assert (await engine.generate(QUERY, Sampling())).text == "print(4)"


async def test_scripted_engine_without_a_script_says_what_it_takes():
    with pytest.raises(ModelError, match=r"module:attribute or a \.json file"):
        async with make_engine("scripted", "nothing"):
            pass


# replay


def record_line(text="print(4)"):
    attempts = tuple(
        Attempt(method, f"p/{method}", Completion(text + method, "length", 5, 9, 1.5), sample=sample)
        for method, sample in (("pot", 0), ("pot", 1), ("cot", 0))
    )
    return json.dumps(asdict(Record(Problem("b/0", "b", "q", "4"), attempts)))


async def replay(path, query=QUERY, **options):
    async with make_engine("replay", str(path), **options) as engine:
        return await engine.generate(query, Sampling())


async def test_run_folder_is_replayed_by_problem_method_and_sample(tmp_path):
    (tmp_path / "records.jsonl").write_text(record_line() + "\n")
    assert await replay(tmp_path) == Completion("print(4)pot", "length", 5, 9, 1.5)
    assert (await replay(tmp_path / "records.jsonl", Query("b/0", "cot", "other", "other"))).text == "print(4)cot"


async def test_plain_lines_are_replayed(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text(
        '{"problem_id": "b/0", "method": "pot", "text": "old"}\n{"problem_id": "b/0", "method": "pot", "text": "new"}\n'
    )
    assert await replay(path) == Completion("new", "stop", 0, 0, 0.0)


async def test_what_was_not_recorded_is_an_engine_error_that_names_it(tmp_path):
    (tmp_path / "records.jsonl").write_text(record_line() + "\n")
    with pytest.raises(EngineError, match="nothing recorded for b/7, cot, sample 2"):
        await replay(tmp_path, Query("b/7", "cot", "p", "?", sample=2))


async def test_torn_last_line_is_no_generation_and_another_damaged_line_is_an_error(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(record_line() + '\n{"problem": {"id": "b/1"')
    assert (await replay(tmp_path)).text == "print(4)pot"
    path.write_text("[1]\n" + record_line() + "\n")
    with pytest.raises(ModelError, match=r"records.jsonl:1: .* expected a record of the store"):
        await replay(tmp_path)


async def test_nothing_to_replay_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="nothing to replay"):
        await replay(tmp_path / "absent")


async def test_replay_can_be_paced(tmp_path):
    (tmp_path / "records.jsonl").write_text(record_line() + "\n")
    found = await replay(tmp_path, delay=0.1, tokens_per_second=90)
    assert 0.2 <= found.seconds < 1.0
