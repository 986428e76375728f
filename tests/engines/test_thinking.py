"""A model that thinks, asked through `engines.thinking`: stop texts wait, and a thought has its budget to the token."""

from dataclasses import replace

import pytest
from train_tools import make_model

from mammoth_eval import thoughts
from mammoth_eval.engines import make_engine
from mammoth_eval.engines.thinking import Thinking, ask
from mammoth_eval.types import Completion, Message, Query, Sampling

QUERY = Query("b/0", "cot", "p/cot", messages=(Message("user", "2 + 2?"),))
SCRIPT = "<think> two and two Question: is four </think> The answer is 4. Question: what else"


class Model:
    """Says `script` word by word and, after a thought that was closed for it, `then`; a token is a word."""

    def __init__(self, script=SCRIPT, then="The answer is 5."):
        self.script, self.then, self.asked = script.split(" "), then.split(" "), []

    async def once(self, query, sampling):
        self.asked.append((query, sampling))
        words = self.script
        if query.start:
            done = len(query.start.split("\n")[0].split(" "))
            words = (
                self.then
                if "</think>" in query.start and "</think>" not in self.script[:done]
                else ["", *self.script[done:]]
            )
        text = " ".join(words[: sampling.max_tokens])
        ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
        cut = len(words) > sampling.max_tokens and not ends
        text = text[: min(ends)] if ends else text
        return Completion(text, "length" if cut else "stop", 7, min(len(words), sampling.max_tokens), 0.5)


def thinking(opened=False):
    return Thinking(thoughts.FORMS["think"], opened=lambda query: opened, count=lambda text: len(text.split()))


async def test_a_stop_text_inside_a_thought_is_no_end():
    model = Model()
    done = await ask(model.once, QUERY, Sampling(stop=("Question:",)), thinking())
    assert (done.text.strip(), done.finish_reason, done.unfinished) == ("The answer is 4.", "stop", False)
    assert model.asked[0][1].stop == ()


async def test_without_a_form_the_query_goes_through_as_it_is():
    model = Model()
    done = await ask(model.once, QUERY, Sampling(stop=("Question:",)), None)
    assert (done.text, done.thought) == ("<think> two and two ", None)


async def test_a_thought_is_cut_at_its_budget_and_the_answer_follows():
    model = Model()
    done = await ask(model.once, QUERY, Sampling(max_tokens=20, thinking_budget=4), thinking())
    assert (done.thought_tokens, done.budget_bound, done.unfinished) == (4, True, False)
    assert (done.text.strip(), done.completion_tokens) == ("The answer is 5.", 8)
    assert [one.max_tokens for _, one in model.asked] == [4, 16]
    assert model.asked[1][0].start == "<think> two and two" + thoughts.FORMS["think"].closing


async def test_a_thought_within_its_budget_is_left_alone():
    model = Model()
    done = await ask(model.once, QUERY, Sampling(max_tokens=40, thinking_budget=30), thinking())
    assert (done.budget_bound, len(model.asked)) == (False, 1)


async def test_an_answer_that_the_budget_cuts_goes_on_without_a_closing_mark():
    model = Model()
    done = await ask(model.once, QUERY, Sampling(max_tokens=40, thinking_budget=11, stop=("Question:",)), thinking())
    assert (done.text.strip(), done.budget_bound) == ("The answer is 4.", False)
    assert "</think>\n" not in model.asked[1][0].start


async def test_a_template_that_opens_the_thought_is_known_to_have_opened_it():
    model = Model("still at it and \\boxed{3}")
    done = await ask(model.once, QUERY, Sampling(max_tokens=3), thinking(opened=True))
    assert (done.text, done.unfinished, done.thought) == ("", True, "still at it")


@pytest.mark.parametrize("budget", [1, 2, 3, 5, 8, 9])
async def test_no_budget_gives_more_tokens_than_were_allowed(budget):
    sampling = Sampling(max_tokens=10, thinking_budget=budget)
    done = await ask(Model().once, QUERY, sampling, thinking())
    assert done.completion_tokens <= 10
    assert not done.budget_bound or done.thought_tokens == budget
    assert replace(done, seconds=0.0).prompt_tokens == 7


TEMPLATE = "{% for turn in messages %}{{ turn.role }}: {{ turn.content }}\n{% endfor %}assistant: <think>\n"


@pytest.fixture
def opens_thoughts(tmp_path):
    """A tiny checkpoint whose chat template opens a thought."""
    pytest.importorskip("torch", reason="torch is not installed: make test installs it")
    tokenizer = make_model(tmp_path)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(tmp_path)
    return str(tmp_path)


async def test_the_template_of_a_checkpoint_says_that_it_thinks(opens_thoughts):
    async with make_engine("transformers", opens_thoughts) as engine:
        free = await engine.generate(QUERY, Sampling(max_tokens=6))
        bound = await engine.generate(QUERY, Sampling(max_tokens=12, thinking_budget=5))
        off = await engine.generate(QUERY, Sampling(max_tokens=6, thoughts="off"))
    assert (free.unfinished, free.text, free.completion_tokens) == (True, "", 6)
    assert (bound.budget_bound, bound.thought_tokens) == (True, 5)
    assert 5 < bound.completion_tokens <= 12
    assert (off.thought, off.text) == (None, free.thought)
