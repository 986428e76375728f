"""The engine `vllm` with the real default model: one process, with one start, for all that one start can show."""

import asyncio
import json
import os
import re
import subprocess
import sys

import pytest
from checkout import TESTS
from marks import HAS_VLLM
from model_folders import huge

from mammoth_eval.engines import dtypes, make_engine
from mammoth_eval.engines.default_model import ensure
from mammoth_eval.resources import cache_folder
from mammoth_eval.types import Message, Query, Sampling


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one process saw, and what it wrote: a process of its own, for vLLM leaves much behind in one."""
    if not HAS_VLLM:
        pytest.skip("vllm is not installed: make test installs it")
    command = [sys.executable, str(TESTS / "support" / "vllm_session.py"), str(ensure(cache_folder()))]
    command.append(huge(tmp_path_factory.mktemp("huge")))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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


def test_a_thought_that_the_prompt_opened_is_no_answer(found):
    """How long the small model thinks differs with the processor's arithmetic; it never closes its thought."""
    text, unfinished, spent = found["thoughts"]["free"]
    assert (text, unfinished) == ("", True)
    assert 0 < spent <= 20


def test_a_thought_ends_at_its_budget_to_the_token_and_the_answer_follows(found):
    bound, spent, in_all, answer = found["thoughts"]["bound"]
    assert (bound, spent) == (True, 12)
    assert 12 < in_all <= 40
    assert answer.strip()
    assert found["thoughts"]["same start"]


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


def test_unknown_argument_names_the_nearest(found):
    kind, message = found["refused"]["unknown argument"]
    assert kind == "UsageError"
    assert "did you mean 'tensor_parallel_size'" in message


def test_a_model_split_over_more_memory_nodes_than_a_cpu_has_is_refused(found):
    kind, message = found["refused"]["parts"]
    assert kind == "ModelError"
    assert re.search(r"tensor_parallel_size 64 needs 64 NUMA nodes .*; there (is|are) \d", message)


def test_replicas_may_share_the_memory_node_of_a_cpu(found):
    assert found["refused"]["replicas"] is None


def test_context_above_the_models_own_is_explained(found):
    kind, message = found["refused"]["context"]
    assert kind == "ModelError"
    assert all(word in message for word in ("max_model_len", "99999", "8192"))


def test_a_model_that_cannot_fit_is_refused_before_it_starts(found):
    kind, message = found["refused"]["memory"]
    assert kind == "ModelError"
    assert "its weights take 32768.0 GiB" in message


async def test_transformers_engine_answers_ends_and_repeats():
    pytest.importorskip("transformers")
    query = Query("b/0", "cot", "p/cot", messages=(Message("user", "What is 2 + 2?"),))
    async with make_engine("transformers", str(ensure(cache_folder())), batch_size="4", max_model_len=128) as engine:
        plain = await engine.generate(query, Sampling(max_tokens=12))
        stops = [Sampling(max_tokens=12), Sampling(max_tokens=5), Sampling(max_tokens=12, stop=(plain.text[4:9],))]
        whole, short, stopped = await asyncio.gather(*(engine.generate(query, one) for one in stops))
        drawn = [
            await engine.generate(query, Sampling(temperature=1.0, seed=seed, max_tokens=12)) for seed in (1, 1, 2)
        ]
        long = await engine.generate(Query("b/1", "cot", "p", "word " * 300), Sampling())
    assert plain.text
    assert whole.text == plain.text
    assert (short.finish_reason, short.completion_tokens) == ("length", 5)
    assert (stopped.text, stopped.finish_reason) == (plain.text.partition(plain.text[4:9])[0], "stop")
    assert drawn[0].text == drawn[1].text != drawn[2].text
    assert (long.text, long.finish_reason) == ("", "context")
