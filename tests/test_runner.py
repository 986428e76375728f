"""The runner: streaming, back-pressure, faults of ours, cancellation."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from builders import cot, problem

from mammoth_eval.errors import EngineError
from mammoth_eval.runner import GIVE_UP_AFTER, Job, concurrency, evaluate


async def gather(decode, n, at_once=8, samples=1):
    jobs = (Job(problem(number), None, decode, samples) for number in range(n))
    return [record async for record in evaluate(jobs, lambda record: record, at_once)]


async def test_every_problem_gives_one_record():
    async def decode(problem, kit, sample):
        await asyncio.sleep(0)
        return (cot(),)

    records = await gather(decode, 500)
    assert sorted(record.problem.id for record in records) == sorted(f"toy/{number}" for number in range(500))


async def test_a_slow_problem_holds_up_no_other():
    others_done = asyncio.Event()
    done = 0

    async def decode(problem, kit, sample):
        nonlocal done
        if problem.id == "toy/0":
            await asyncio.wait_for(others_done.wait(), 60)
        else:
            done += 1
            if done == 19:
                others_done.set()
        return (cot(),)

    records = await gather(decode, 20)
    assert len(records) == 20
    assert records[0].problem.id != "toy/0"


async def test_no_more_problems_than_asked_for_are_in_progress():
    running, most = 0, 0

    async def decode(problem, kit, sample):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return (cot(),)

    await gather(decode, 100, at_once=7)
    assert most == 7


@dataclass
class Busy:
    """An engine that works on so many requests at once."""

    capacity: int


@pytest.mark.parametrize(
    ("capacity", "requests", "expected"),
    [(1024, 1, 2048), (8 * 1024, 1, 16384), (256, 10, 52), (256, 2 * 10, 26), (64, 3, 43), (1, 40, 2)],
)
def test_problems_in_progress_fill_every_replica_twice_over_whatever_one_problem_sends(capacity, requests, expected):
    assert concurrency(Busy(capacity), requests) == expected
    assert concurrency(Busy(capacity), requests) * requests >= 2 * capacity


def test_an_engine_without_a_capacity_gets_the_usual_number():
    assert concurrency(object(), 1) == 256


async def test_thousands_of_problems_in_progress_cost_well_below_a_millisecond_each():
    together = asyncio.Event()
    waiting = 0

    async def decode(problem, kit, sample):
        nonlocal waiting
        waiting += 1
        if waiting == 4000:
            together.set()
        await together.wait()
        return (cot(),)

    start = time.process_time()
    assert len(await gather(decode, 4000, at_once=4000)) == 4000
    assert time.process_time() - start < 4


async def test_problems_are_not_read_ahead_of_the_work():
    read = 0

    def jobs():
        nonlocal read
        for number in range(10_000):
            read += 1
            yield Job(problem(number), None, decode)

    async def decode(problem, kit, sample):
        await asyncio.sleep(0)
        return (cot(),)

    async with aclosing(evaluate(jobs(), lambda record: record, 5)) as records:
        async for _ in records:
            break
    assert read <= 6


async def test_a_failure_of_ours_is_tried_again():
    failed = set()

    async def decode(problem, kit, sample):
        if problem.id not in failed:
            failed.add(problem.id)
            raise EngineError("hiccup")
        return (cot(),)

    assert all(record.attempts and not record.fault for record in await gather(decode, 20))


async def test_a_failure_that_stays_makes_a_void_record_and_the_run_goes_on():
    async def decode(problem, kit, sample):
        if problem.id == "toy/3":
            raise EngineError("no such thing")
        return (cot(),)

    void = [record for record in await gather(decode, 20) if record.fault]
    assert [(record.problem.id, record.fault, record.attempts) for record in void] == [
        ("toy/3", "EngineError: no such thing", ())
    ]


async def test_failures_in_a_row_end_the_run():
    async def decode(problem, kit, sample):
        raise EngineError("down")

    with pytest.raises(EngineError, match=f"{GIVE_UP_AFTER} problems in a row .* down"):
        await gather(decode, 10_000)


async def test_an_error_that_is_no_fault_of_engine_or_sandbox_is_not_hidden():
    async def decode(problem, kit, sample):
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        await gather(decode, 3)


async def test_closing_the_generator_cancels_what_is_under_way():
    cancelled = 0

    async def decode(problem, kit, sample):
        nonlocal cancelled
        if problem.id == "toy/0":
            return (cot(),)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled += 1
            raise

    start = time.monotonic()
    async with aclosing(
        evaluate((Job(problem(i), None, decode, 2) for i in range(10)), lambda record: record, 4)
    ) as records:
        async for _ in records:
            break
    assert cancelled == 2 * 3
    assert time.monotonic() - start < 50


async def test_several_samples_are_drawn_at_once_and_kept_in_order():
    async def decode(problem, kit, sample):
        await asyncio.sleep(0.01 * (3 - sample))
        return (cot(answer=str(sample)),)

    (record,) = await gather(decode, 1, samples=3)
    assert [attempt.answer for attempt in record.attempts] == ["0", "1", "2"]
