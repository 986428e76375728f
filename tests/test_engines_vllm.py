"""The engine `vllm` with the real default model: one start for all that one start can show."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from mammoth_eval.engines import dtypes, make_engine
from mammoth_eval.engines.default_model import ensure
from mammoth_eval.errors import ModelError, UsageError
from mammoth_eval.resources import cache_folder
from mammoth_eval.types import Query, Sampling

SCRIPT = """
import asyncio, json, sys
from mammoth_eval.engines import make_engine
from mammoth_eval.types import Query, Sampling

def ask(number=0, text="What is 2 + 2?", chat=True):
    return Query(f"b/{number}", "cot", "p/cot", text, chat=chat)

async def draw(engine, numbers, at_once):
    # the text drawn for each number, so many requests at once: their prompts are more than one batch takes
    gate = asyncio.Semaphore(at_once)

    async def one(number):
        async with gate:
            query = ask(number, f"Tell me in a few words what one can do with {number} apples and {number + 1} pears.")
            return (await engine.generate(query, Sampling(temperature=1.0, seed=number, max_tokens=8))).text

    return dict(zip(numbers, await asyncio.gather(*map(one, numbers))))

async def main():
    found = {}
    async with make_engine("vllm", sys.argv[1], max_model_len="1024", max_num_batched_tokens="1024") as engine:
        many = await asyncio.gather(*(engine.generate(ask(n, f"What is {n} + {n}?"), Sampling(max_tokens=24)) for n in range(40)))
        found["many"] = [(one.finish_reason, one.completion_tokens) for one in many]
        plain = await engine.generate(ask(), Sampling(max_tokens=24))
        stopped = await engine.generate(ask(), Sampling(max_tokens=24, stop=(plain.text[4:9],)))
        found["plain"], found["stopped"] = plain.text, (stopped.text, stopped.finish_reason)
        drawn = [await engine.generate(ask(), Sampling(temperature=1.0, seed=seed, max_tokens=24)) for seed in (1, 1, 2)]
        found["drawn"] = [one.text for one in drawn]
        together, few = await draw(engine, range(26), 26), await draw(engine, range(25, -1, -1), 7)
        found["together"], found["few"] = [[texts[number] for number in range(26)] for texts in (together, few)]
        found["capacity"] = engine.capacity
        long = await engine.generate(ask(text="word " * 3000, chat=False), Sampling())
        found["long"] = (long.text, long.finish_reason, long.completion_tokens)
        tight = await engine.generate(ask(text="word " * 1000, chat=False), Sampling(max_tokens=500))
        found["tight"] = (tight.finish_reason, tight.prompt_tokens + tight.completion_tokens)
        task = asyncio.create_task(engine.generate(ask(text="Count to a thousand."), Sampling(max_tokens=900)))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        found["cancelled"] = task.cancelled()
        found["left"] = engine._served.engine.get_num_unfinished_requests()
        found["described"] = engine.describe()
    print(json.dumps(found))

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one process saw, and what it wrote: a process of its own, for vLLM leaves much behind in one."""
    pytest.importorskip("vllm")
    path = tmp_path_factory.mktemp("vllm") / "ask.py"
    path.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(path), str(ensure(cache_folder()))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "stderr": done.stderr}


pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_many_queries_at_once_are_all_answered(found):
    assert len(found["many"]) == 40
    assert all(reason in ("stop", "length") and 0 < spent <= 24 for reason, spent in found["many"])


def test_stop_text_ends_the_answer_and_is_no_part_of_it(found):
    text, reason = found["stopped"]
    assert (text, reason) == (found["plain"].partition(found["plain"][4:9])[0], "stop")


def test_seed_decides_what_is_drawn(found):
    one, same, other = found["drawn"]
    assert one == same != other


def test_seeds_hold_at_full_batches_in_whatever_company_a_request_is(found):
    assert found["together"] == found["few"]
    assert len(set(found["together"])) > 20


def test_prompt_that_does_not_fit_is_an_empty_completion(found):
    assert found["long"] == ["", "context", 0]


def test_new_tokens_end_where_the_context_ends(found):
    assert found["tight"][0] in ("length", "stop")
    assert found["tight"][1] <= 1024


def test_cancelled_query_is_aborted_in_the_engine(found):
    assert found["cancelled"]
    assert found["left"] == 0


def test_description_names_what_moves_a_number(found):
    described = found["described"]
    assert (described["dtype"], described["context"], described["prefix_caching"]) == (dtypes.of_cpu(), 1024, True)
    assert (described["max_num_seqs"], described["max_num_batched_tokens"]) == (256, 1024)
    sizes = {"tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"}
    assert {"vllm", "torch", "transformers", "device", "arguments", *sizes} <= set(described)


def test_a_cpu_is_kept_busy_with_a_few_requests_for_each_core(found):
    assert found["capacity"] == min(256, 16 * len(os.sched_getaffinity(0)))


def test_nothing_but_our_own_output_is_written(found):
    assert found["stderr"] == ""


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # vLLM and torch, as they are imported here
async def test_unknown_argument_names_the_nearest():
    pytest.importorskip("vllm")
    with pytest.raises(UsageError, match="did you mean 'tensor_parallel_size'"):
        async with make_engine("vllm", "any", tensor_paralel_size="2"):
            pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
async def test_a_model_split_over_more_memory_nodes_than_a_cpu_has_is_refused():
    pytest.importorskip("vllm")
    with pytest.raises(ModelError, match=r"tensor_parallel_size 64 needs 64 NUMA nodes .*; there (is|are) \d"):
        async with make_engine("vllm", "any", tensor_parallel_size="64"):
            pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_replicas_may_share_the_memory_node_of_a_cpu():
    pytest.importorskip("vllm")
    from mammoth_eval.engines import vllm_device, vllm_start

    options, extra = vllm_start.split_options({"data_parallel_size": "64"})
    vllm_device.check("any", options, extra)


async def test_context_above_the_models_own_is_explained():
    pytest.importorskip("vllm")
    code = (
        "import asyncio, sys\nfrom mammoth_eval.engines import make_engine\n"
        "async def main():\n    async with make_engine('vllm', sys.argv[1], max_model_len=99999): pass\n"
        "asyncio.run(main())\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(ensure(cache_folder()))], capture_output=True, text=True, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "ModelError" in last
    assert "max_model_len" in last
    assert "99999" in last
    assert "8192" in last


async def test_transformers_engine_answers_ends_and_repeats():
    pytest.importorskip("transformers")
    query = Query("b/0", "cot", "p/cot", "What is 2 + 2?", chat=True)
    async with make_engine("transformers", str(ensure(cache_folder())), batch_size="4", max_model_len=128) as engine:
        plain = await engine.generate(query, Sampling(max_tokens=12))
        stops = [Sampling(max_tokens=12), Sampling(max_tokens=5), Sampling(max_tokens=12, stop=(plain.text[4:9],))]
        whole, short, stopped = await asyncio.gather(*(engine.generate(query, one) for one in stops))
        drawn = [await engine.generate(query, Sampling(temperature=1.0, seed=seed, max_tokens=12)) for seed in (1, 1, 2)]
        long = await engine.generate(Query("b/1", "cot", "p", "word " * 300), Sampling())
    assert plain.text
    assert whole.text == plain.text
    assert (short.finish_reason, short.completion_tokens) == ("length", 5)
    assert (stopped.text, stopped.finish_reason) == (plain.text.partition(plain.text[4:9])[0], "stop")
    assert drawn[0].text == drawn[1].text != drawn[2].text
    assert (long.text, long.finish_reason) == ("", "context")
