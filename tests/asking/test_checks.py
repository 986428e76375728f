"""Wrong pairs of prompt, model and problems are warned of; right ones are not."""

import pytest
from model_folders import CHATML, DEEPSEEK, HARMONY, LLAMA3, NEVER_THINKS, QWEN3

from mammoth_eval import benchmarks, prompts
from mammoth_eval.asking import checks
from mammoth_eval.asking.model_files import ModelFiles
from mammoth_eval.types import Problem

CHAT = ModelFiles(("m-7b",), True, CHATML, ends=frozenset({"<|im_end|>"}))
BASE = ModelFiles(("m-7b",), True)
LLAMA = ModelFiles(("m-7b",), True, LLAMA3, "<|begin_of_text|>", True, frozenset({"<|eot_id|>"}))
GSM8K = benchmarks.get("gsm8k")
ROW = Problem("gsm8k/0", "gsm8k", "A jar holds 12 red and 30 blue marbles. How many marbles is that?", "42")


def style(tmp_path, text, **head):
    lines = "".join(f"{name} = {value}\n" for name, value in head.items())
    path = tmp_path / "mine.jinja"
    path.write_text(f'+++\ndescription = "d"\n{lines}+++\n{text}')
    return prompts.read(path)


def warned(prompt, files, engine="vllm", rows=(ROW,), thinking="auto"):
    prompt = prompts.get(prompt) if isinstance(prompt, str) else prompt
    return checks.warnings(prompt, files, engine, [(GSM8K, rows)], ("pot", "cot"), thinking)


def named(name, template=CHATML, **fields):
    ends = frozenset({"<|im_end|>", "<|return|>", "<|eot_id|>"})
    return ModelFiles((name,), True, template, ends=ends, **fields)


QUIET = [
    ("chat", CHAT), ("alpaca", BASE), ("fewshot", BASE), ("fewshot", CHAT), ("qwen-math", CHAT), ("chat", LLAMA),
    ("alpaca", named("MAmmoTH-7B")), ("alpaca", named("x", trained_with="alpaca")),
    ("chat", named("x", template="", trained_with="chat")), ("chat", named("x", template=QWEN3)),
    ("chat", named("x", template=HARMONY)), ("matharena", CHAT),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "files"), QUIET)
def test_a_right_pair_is_not_warned_of(prompt, files):
    assert warned(prompt, files) == ()


WRONG = [
    ("alpaca", CHAT, "plain text in the form of Alpaca, but the model has a chat template: --prompt chat"),
    ("chat", BASE, "m-7b is a base model: it has no chat template; --prompt fewshot"),
    ("chat", named("m-7b-base"), "its name says so"),
    ("matharena", named("m-7b-base"), "prompt matharena is a chat, but m-7b-base is a base model"),
    ("fewshot", named("x", trained_with="alpaca"), "x was trained with the prompt alpaca (train.json)"),
    ("alpaca", named("x", trained_with="alpaca", trained_hash="0"), "another text of the prompt alpaca"),
    ("chat", named("x", template=DEEPSEEK), "turns thinking off where nothing is said: --thinking on"),
    ("chat", named("x", template=NEVER_THINKS), "turns thinking off where nothing is said: its template has no switch"),
    ("chat", named("x", template="{{bos_token}}" + LLAMA3, start="<s>"), "begins a text with <s> twice (double BOS)"),
]


@pytest.mark.parametrize(("prompt", "files", "message"), WRONG)
def test_a_wrong_pair_is_warned_of(prompt, files, message):
    (warning,) = warned(prompt, files)
    assert message in warning


def test_a_text_that_brings_the_token_which_the_tokenizer_adds_is_warned_of(tmp_path):
    text = style(tmp_path, "<|begin_of_text|>{{ problem.question }}")
    (warning,) = warned(text, LLAMA)
    assert "begins with <|begin_of_text|>, which the tokenizer adds" in warning
    assert warned(text, ModelFiles(("m",), True, "", "<|begin_of_text|>", adds_start=False)) == ()
    assert warned(text, ModelFiles(("m",), True, "", "<s>", adds_start=True)) == ()
    (served,) = warned(text, ModelFiles(("m",)), "openai")
    assert "double BOS" in served


def test_a_turn_that_brings_the_token_of_the_template_is_warned_of(tmp_path):
    turn = style(tmp_path, "<|begin_of_text|>{{ problem.question }}", chat="true")
    assert "begins a turn with <|begin_of_text|>" in warned(turn, LLAMA)[0]


def test_alpaca_in_a_file_of_ones_own_is_alpaca(tmp_path):
    text = style(tmp_path, "### Instruction:\\n{{ problem.question }}\\n### Response:")
    assert "in the form of Alpaca" in warned(text, CHAT)[0]


THINKING = [
    ("chat", QWEN3, "off", ""),
    ("chat", HARMONY, "high", ""),
    ("chat", CHATML, "on", "has no such switch, so nothing changes (it has none for thinking)"),
    ("chat", HARMONY, "off", "(it has reasoning_effort: --thinking low, medium, high)"),
    ("chat", QWEN3, "low", "(it has enable_thinking: --thinking on or off)"),
    ("fewshot", QWEN3, "off", "prompt fewshot uses none: it changes nothing"),
]


@pytest.mark.parametrize(("prompt", "template", "asked", "message"), THINKING)
def test_a_switch_that_turns_nothing_is_warned_of(prompt, template, asked, message):
    found = warned(prompt, named("x", template=template), thinking=asked)
    assert (message in found[0]) if message else found == ()


def rows(*questions):
    return [Problem(f"gsm8k/{number}", "gsm8k", text, "1") for number, text in enumerate(questions)]


SHOWN = "There are 15 trees in the grove. Grove workers will plant trees in the grove today. After they are done, "
CASES = [
    (SHOWN + "there will be 21 trees. How many trees did the grove workers plant today?", True),
    (SHOWN.upper() + " there will be 21 trees.\nHow many trees did the grove workers plant today", True),
    (SHOWN + "there will be 22 trees. How many trees did the grove workers plant today?", False),
    ("How many trees did the grove workers plant yesterday?", False),
    ("If there are 3 cars in the parking lot and 2 more cars arrive, how many cars are in the parking lot?", True),
    ("If there are 3 cars in the parking lot and 2 more cars arrive, how many cars are in the parking lot? "
     "Answer Choices: (A) 5 (B) 6", True),
    ("If there are 3 cars in the parking lot and 12 more cars arrive, how many cars are in the parking lot?", False),
    ("There are 15 trees in the grove, Grove workers will plant trees in the grove today; after they are done there "
     "will be 21 trees: how many trees did the grove workers plant today?", True),
    ("Olivia has $23. She bought five bagels for $3 each, how much money does she have left?", True),
    ("Olivia has $23. She bought five bagels for $3.5 each. How much money does she have left?", False),
    ("Olivia has $1,023. She bought five bagels for $3 each. How much money does she have left?", False),
    ("How many trees are there?", False),
    ("Olivia has $23.", True),
    ("23?", False),
    ("", False),
    ("A jar holds 12 red and 30 blue marbles. How many marbles is that?", False),
]  # fmt: skip


@pytest.mark.parametrize(("question", "shown"), CASES)
def test_a_test_question_among_the_examples_is_found(question, shown):
    found = checks.shown_questions(prompts.get("lm-eval"), GSM8K, rows(ROW.question, question), ("cot",))
    assert [problem.id for problem in found] == (["gsm8k/1"] if shown else [])


def test_examples_that_are_test_questions_are_named_for_any_engine():
    exemplars = [one.question for one in prompts.get("fewshot").families["gsm"]][:2]
    for engine in ("vllm", "scripted"):
        (warning,) = warned("fewshot", BASE, engine, rows(ROW.question, *exemplars))
        assert "shows 2 of the 3 test questions of gsm8k with their answers: gsm8k/1, gsm8k/2;" in warning


def test_of_many_only_some_are_named(tmp_path):
    text = style(tmp_path, "What is one and one and one? 3.\\n{{ problem.question }}")
    (warning,) = warned(text, BASE, rows=rows(*["What is one and one and one?"] * 8))
    assert "gsm8k/4 and 3 more; leave them out" in warning


def test_a_template_that_cannot_ask_a_blank_question_is_not_searched(tmp_path):
    text = style(tmp_path, "{{ problem.question.split()[0] }}")
    assert checks.shown_questions(text, GSM8K, [ROW], ("cot",)) == []


@pytest.mark.parametrize("name", sorted({benchmarks.get(name).exemplars for name in benchmarks.PAPER}))
def test_no_style_shows_a_test_question_of_the_papers_benchmarks(name, data_dir):
    for benchmark in map(benchmarks.get, benchmarks.PAPER):
        if benchmark.exemplars == name:
            problems = benchmarks.load(benchmark, data_dir=data_dir, cache_dir=data_dir, limit=None)
            for style in map(prompts.get, prompts.names()):
                assert checks.shown_questions(style, benchmark, problems, ("pot", "cot")) == []
