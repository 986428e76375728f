"""Decodings: what is asked, in which order, and when the fallback comes."""

import asyncio
from pathlib import Path

import pytest
from builders import problem

from mammoth_eval import decoding, prompts, rules
from mammoth_eval.benchmarks import Benchmark
from mammoth_eval.decoding import Kit
from mammoth_eval.decoding.both import both
from mammoth_eval.engines.scripted import ScriptedEngine
from mammoth_eval.errors import SandboxError
from mammoth_eval.types import Execution, Policy, Sampling

PROGRAM = "```python\nprint(4)\n```"


class Shelf:
    """A sandbox whose answers are laid out beforehand: program -> execution."""

    def __init__(self, execution):
        self.execution = execution
        self.ran = []

    async def run(self, program, result="value"):
        self.ran.append((program.strip(), result))
        return self.execution

    def describe(self):
        return {}


def kit(script, execution=Execution("ok", "4\n"), *, rule="exact", paper="number", prompt="alpaca", **sampling):
    benchmark = Benchmark("toy", Path("toy.toml"), "", "", "", 1, "open", policy=Policy(paper=paper))
    engine = ScriptedEngine(script=script)
    return Kit(engine, Shelf(execution), prompts.get(prompt), rules.get(rule), Sampling(**sampling), benchmark)


async def decode(name, a_kit, a_problem=None, sample=0):
    async with a_kit.engine:
        return await decoding.get(name)(a_problem or problem(), a_kit, sample)


def asked(a_kit):
    return [query.method for query in a_kit.engine.calls]


async def test_the_hybrid_does_not_ask_again_when_the_program_answers():
    a_kit = kit({"*": PROGRAM})
    (only,) = await decode("hybrid", a_kit)
    assert (only.method, only.answer, only.program.strip()) == ("pot", "4", "print(4)")


@pytest.mark.parametrize(
    ("text", "execution"),
    [
        (PROGRAM, Execution("error", "4\n", "", 0.1, "NameError: x")),
        (PROGRAM, Execution("timeout")),
        (PROGRAM, Execution("memory")),
        (PROGRAM, Execution("output_limit", "4\n")),
        (PROGRAM, Execution("killed")),
        (PROGRAM, Execution("ok", "")),
        ("I do not know.", Execution("ok", "4\n")),
        ("", Execution("ok", "4\n")),
    ],
)
async def test_the_hybrid_asks_again_in_words_when_the_program_gives_no_answer(text, execution):
    a_kit = kit({("toy/0", "pot"): text, ("toy/0", "cot"): "The answer is 5."}, execution)
    first, second = await decode("hybrid", a_kit)
    assert (first.answer, second.answer, asked(a_kit)) == (None, "5", ["pot", "cot"])


async def test_a_fault_of_the_sandbox_is_no_reason_to_fall_back():
    a_kit = kit({"*": PROGRAM}, Execution("fault", error="lane lost"))
    with pytest.raises(SandboxError, match="lane lost"):
        await decode("hybrid", a_kit)
    assert asked(a_kit) == ["pot"]


async def test_both_asks_for_both_at_once():
    a_kit = kit({("toy/0", "pot"): PROGRAM, ("toy/0", "cot"): "The answer is 5."})
    assert [one.answer for one in await decode("both", a_kit)] == ["4", "5"]


@pytest.mark.parametrize("name", ["pot", "cot"])
async def test_one_way_alone_asks_once(name):
    a_kit = kit({"*": PROGRAM})
    assert [one.method for one in await decode(name, a_kit)] == [name] == asked(a_kit)


async def seeds(base):
    """The seed of each request for two problems, three samples, both methods."""
    found = {}

    def script(query, sampling):
        found[query.problem_id, query.method, query.sample] = sampling.seed
        return "The answer is 4."

    a_kit = kit(script, seed=base, temperature=0.7)
    async with a_kit.engine:
        await asyncio.gather(*(both(problem(number), a_kit, sample) for number in range(2) for sample in range(3)))
    return found


async def test_each_problem_method_and_sample_has_a_seed_of_its_own():
    found = await seeds(10)
    assert len(set(found.values())) == len(found) == 12
    assert not set(found.values()) & set((await seeds(11)).values())


async def test_seeds_are_the_same_whenever_and_wherever_the_run_is_made():
    found = await seeds(10)
    assert found == await seeds(10)
    assert found["toy/1", "cot", 2] == 406_526_083
    assert all(0 <= seed < 2**31 for seed in found.values())


async def test_the_prompts_stops_and_the_users_are_both_in_force():
    stops = []
    a_kit = kit(lambda query, sampling: stops.extend(sampling.stop) or "x", stop=("END",))
    await decode("cot", a_kit)
    assert "### Instruction:" in stops
    assert "END" in stops


CHOICE = dict(
    form="choice", choices=("3", "4", "5"), gold="B", question="What is 2 + 2?\nAnswer Choices: (A) 3 (B) 4 (C) 5"
)


def choice_kit(script, execution):
    return kit(script, execution, rule="mammoth", paper="choice")


async def test_mammoth_matches_an_answer_that_is_no_letter_through_the_model():
    a_kit = choice_kit({("toy/0", "pot"): "print(4)", ("toy/0", "match"): "B"}, Execution("ok", "4\n"))
    first, second = await decode("mammoth", a_kit, problem(**CHOICE))
    assert (first.method, second.method, second.answer) == ("pot", "match", "B")
    assert "Please find the closest option to 4. The options are (A) 3 (B) 4 (C) 5" in a_kit.engine.calls[1].text


async def test_mammoth_asks_again_on_a_choice_when_the_program_printed_nothing():
    a_kit = choice_kit({("toy/0", "pot"): "print()", ("toy/0", "cot"): "The answer is B."}, Execution("ok", "\n"))
    attempts = await decode("mammoth", a_kit, problem(**CHOICE))
    assert [one.method for one in attempts] == ["pot", "cot"]
    assert attempts[-1].answer == "B"


@pytest.mark.parametrize(
    "execution", [Execution("error", "C\n", "", 0.1, "ZeroDivisionError: x"), Execution("timeout", "C\n")]
)
async def test_mammoth_asks_again_on_a_choice_when_what_was_printed_is_lost(execution):
    a_kit = choice_kit({("toy/0", "pot"): "print('C')\n1/0", ("toy/0", "cot"): "The answer is B"}, execution)
    await decode("mammoth", a_kit)
    assert asked(a_kit) == ["pot", "cot"]


async def test_mammoth_runs_a_program_in_an_answer_in_words_and_ours_does_not():
    script = {("toy/0", "pot"): "I do not know.", ("toy/0", "cot"): "x = 6\nprint(x * 7)"}
    (_, second) = await decode("hybrid", kit(script, Execution("ok", "42\n"), rule="mammoth"))
    assert (second.method, second.answer) == ("cot", "42")
    (_, second) = await decode("hybrid", kit(script, Execution("ok", "42\n")))
    assert (second.program, second.execution) == (None, None)


async def test_mammoth_matches_a_letter_that_no_set_has():
    a_kit = choice_kit(
        {("toy/0", "pot"): "print('F')", ("toy/0", "match"): "The answer is (B)"}, Execution("ok", "F\n")
    )
    assert (await decode("mammoth", a_kit))[-1].answer == "B"


async def test_mammoth_does_not_ask_again_on_a_choice_without_a_program():
    a_kit = choice_kit({("toy/0", "pot"): "The answer is B."}, Execution("ok", ""))
    (only,) = await decode("mammoth", a_kit, problem(**CHOICE))
    assert (only.program, only.answer) == (None, "B")


async def test_mammoth_takes_numglue_letters_for_an_open_set():
    a_kit = kit({"*": "print(4)"}, rule="mammoth", paper="numglue")
    assert [one.method for one in await decode("mammoth", a_kit, problem(**CHOICE))] == ["pot"]


async def test_the_papers_rule_runs_programs_for_their_output_alone_and_ours_for_their_value():
    for rule, result in (("mammoth", "stdout"), ("exact", "value")):
        a_kit = kit({"*": PROGRAM}, rule=rule)
        await decode("pot", a_kit)
        assert [how for _, how in a_kit.sandbox.ran] == [result]
