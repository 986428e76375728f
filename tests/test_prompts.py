"""Prompts to the byte, exemplars that are right, files that are wrong.

``python tests/test_prompts.py`` renews the golden files.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mammoth_eval import benchmarks, extraction, presets, prompts
from mammoth_eval.errors import PromptError, UnknownName
from mammoth_eval.types import Message, Problem

GOLDEN = Path(__file__).parent / "data" / "prompts"
PROBLEMS = {
    "open": Problem(
        "gsm8k/0", "gsm8k", "A jar holds 12 red and 30 blue marbles.\nHow many marbles are in {{ it }}?", "42"
    ),
    "choice": Problem(
        "aqua/0",
        "aqua",
        "What is 5% of 40?\nAnswer Choices: (A) 1 (B) 2 (C) 4",
        "B",
        form="choice",
        choices=("1", "2", "4"),
    ),
}
FAMILY = {"open": "gsm", "choice": "choice"}
OWN = [name for name in prompts.names() if name not in presets.PRESETS]
"""The others are held to their published texts: ``test_published_prompts.py``."""
CASES = [(style, method, form) for style in OWN for method in ("pot", "cot") for form in PROBLEMS]
INTRODUCTION = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)

RUN_ALL = """
import contextlib, io, json, sys
printed = []
for program in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {})
    printed.append(out.getvalue().strip())
json.dump(printed, sys.stdout)
"""


def render(style, method, form):
    return prompts.get(style).query(PROBLEMS[form], method, family=FAMILY[form]).shown


def golden(style, method, form):
    return GOLDEN / f"{style}.{method}.{form}.txt"


def families():
    return prompts.get("fewshot").families


def write(folder, text, name="mine.jinja"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("style", "method", "form"), CASES, ids=".".join)
def test_renders_the_golden_file_to_the_byte(style, method, form):
    assert render(style, method, form).encode() == golden(style, method, form).read_bytes()


def test_no_golden_file_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {golden(*case).name for case in CASES}


def test_alpaca_cot_is_the_text_of_the_paper():
    expected = INTRODUCTION + f"### Instruction:\n{PROBLEMS['open'].question}\n\n### Response:"
    assert render("alpaca", "cot", "open") == expected


def test_alpaca_pot_adds_the_trigger_of_the_paper():
    expected = INTRODUCTION + f"### Instruction:\n{PROBLEMS['open'].question} Let's write a program.\n\n### Response:"
    assert render("alpaca", "pot", "open") == expected


@pytest.mark.parametrize("method", ["pot", "cot"])
def test_alpaca_ends_choice_problems_with_the_words_of_the_paper(method):
    assert render("alpaca", method, "choice").endswith(
        "### Response: Let's solve the multi-choice question step by step.\n"
    )


def test_alpaca_asks_the_letter_rows_of_numglue_as_open_ones():
    row = Problem("numglue/5", "numglue", "Q", "A", form="choice", choices=("x", "y"), meta={"paper_form": "open"})
    assert prompts.get("alpaca").query(row, "pot").text.endswith("\n\n### Response:")


def test_alpaca_stops_where_the_paper_stops():
    stops = ["USER:", "USER", "ASSISTANT:", "ASSISTANT", "### Instruction:", "### Instruction", "Response:", "Response"]
    assert list(prompts.get("alpaca").stop) == stops


def test_query_says_who_asks_what(tmp_path):
    head = '+++\ndescription = "d"\nchat = true\nsystem = "be brief"\n+++\n'
    query = prompts.get(str(write(tmp_path, head + "{{ problem.question }}"))).query(PROBLEMS["open"], "cot", sample=3)
    assert (query.problem_id, query.method, query.prompt_id) == ("gsm8k/0", "cot", "mine/cot")
    asked = (Message("system", "be brief"), Message("user", PROBLEMS["open"].question))
    assert (query.chat, query.messages, query.sample, query.text) == (True, asked, 3, "")


def test_a_file_written_on_windows_gives_the_same_prompt(tmp_path):
    text = '+++\ndescription = "d"\n+++\nOne\n{{ problem.question }}\n'
    for name, content in (
        ("a.jinja", text.encode()),
        ("b.jinja", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()),
    ):
        (tmp_path / name).write_bytes(content)
    one, other = (prompts.read(tmp_path / name).query(PROBLEMS["open"], "cot").text for name in ("a.jinja", "b.jinja"))
    assert one == other == f"One\n{PROBLEMS['open'].question}"


def test_hash_changes_with_any_byte_of_the_file(tmp_path):
    text = '+++\ndescription = "d"\n+++\n{{ problem.question }}'
    one, other = write(tmp_path, text, "a.jinja"), write(tmp_path, text + " ", "b.jinja")
    assert prompts.read(one).hash != prompts.read(other).hash


def test_hash_does_not_depend_on_where_the_file_lies(tmp_path):
    copy = write(tmp_path, prompts.get("fewshot").source, "fewshot.jinja")
    assert prompts.read(copy).hash == prompts.get("fewshot").hash


def test_hash_changes_with_an_exemplar_where_they_are_shown(tmp_path):
    (tmp_path / "exemplars").mkdir()
    exemplar = '[[exemplar]]\nquestion = "1 + 1"\npot = "print(2)"\ncot = "2."\nanswer = "{}"\n'
    path = write(tmp_path, '+++\ndescription = "d"\nexemplars = 1\n+++\n{{ exemplars[0].answer }}')
    hashes = set()
    for answer in ("2", "two"):
        (tmp_path / "exemplars" / "tiny.toml").write_text(exemplar.format(answer))
        assert prompts.read(path).query(PROBLEMS["open"], "cot", family="tiny").text == answer
        hashes.add(prompts.read(path).hash)
    assert len(hashes) == 2


def test_unknown_prompt_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'alpaca'"):
        prompts.get("alpacca")


def test_unknown_family_is_named():
    with pytest.raises(UnknownName, match="unknown exemplar family 'gsn'; did you mean 'gsm'"):
        prompts.get("fewshot").query(PROBLEMS["open"], "pot", family="gsn")


BROKEN = {
    "unknown name": (
        '+++\ndescription = "d"\n+++\n{{ qustion }}',
        "mine.jinja: the template uses qustion; it is given problem, method",
    ),
    "syntax": ('+++\ndescription = "d"\n+++\nok\n{% if %}', "mine.jinja: line 2 of the template"),
    "no front matter": ("{{ problem.question }}", "mine.jinja: must begin with TOML between two lines"),
    "front matter": ("+++\ndescription = \n+++\nx", "mine.jinja: the part between the lines .* is no TOML: .* line 2"),
    "unknown key": (
        '+++\ndescription = "d"\nstops = []\n+++\nx',
        r"mine.jinja:3: unknown key 'stops'; did you mean 'stop'\? There are: desc",
    ),
    "wrong type": (
        '+++\ndescription = "d"\nchat = "yes"\n+++\nx',
        "mine.jinja:3: chat = 'yes', expected a value of type bool",
    ),
    "no description": ("+++\n+++\nx", "mine.jinja: key 'description' is missing"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_named_with_its_fault(text, message, tmp_path):
    with pytest.raises(PromptError, match=message):
        prompts.get(str(write(tmp_path, text)))


def test_attribute_that_a_problem_does_not_have_is_named(tmp_path):
    prompt = prompts.read(write(tmp_path, '+++\ndescription = "d"\n+++\n{{ problem.hint }}'))
    with pytest.raises(PromptError, match=r"prompt mine, problem gsm8k/0: .*has no attribute 'hint'"):
        prompt.query(PROBLEMS["open"], "cot")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PromptError, match=r"nowhere\.jinja: not a readable prompt file"):
        prompts.get(str(tmp_path / "nowhere.jinja"))


EXEMPLAR = b'[[exemplar]]\nquestion = "q"\npot = "p"\ncot = "c"\n'
BAD_EXEMPLARS = {
    "without an answer": (EXEMPLAR, r"bad\.toml:1: exemplar\[0\]: key 'answer' is missing"),
    "none": (b"", r"bad\.toml: no \[\[exemplar\]\]"),
    "a number": (b"exemplar = 3", r"bad\.toml:1: exemplar = 3, expected a list of tables"),
    "numbers": (b"exemplar = [3]", r"bad\.toml:1: exemplar\[0\] = 3, expected a table"),
    "unknown key": (
        EXEMPLAR + b'answr = "1"\n',
        r"bad\.toml:5: unknown key 'exemplar\[0\]\.answr'; did you mean 'answer'",
    ),
    "no TOML": (b"[[", r"bad\.toml: not a readable TOML file"),
    "no text": (b"\xff", r"bad\.toml: not a readable TOML file"),
}


@pytest.mark.parametrize(("content", "message"), BAD_EXEMPLARS.values(), ids=BAD_EXEMPLARS)
def test_a_file_of_exemplars_that_is_none_is_named_with_its_fault(content, message):
    with pytest.raises(PromptError, match=message):
        prompts.parse_exemplars("exemplars/bad.toml", content)


def test_each_family_of_a_benchmark_has_four_exemplars_or_more():
    used = {benchmarks.get(name).exemplars for name in benchmarks.names()}
    assert used == set(families())
    assert min(map(len, families().values())) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(families()))
def test_each_exemplar_program_prints_its_answer(family):
    shown = families()[family]
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN_ALL],
        input=json.dumps([one.pot for one in shown]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [one.answer for one in shown]


@pytest.mark.parametrize("family", sorted(families()))
def test_each_exemplar_program_would_be_found_in_a_completion(family):
    for one in families()[family]:
        assert extraction.program(one.pot) is not None


def test_exemplars_with_options_answer_with_a_letter_of_theirs():
    lettered = [one for shown in families().values() for one in shown if one.choices]
    assert len(lettered) >= 4
    for one in lettered:
        assert one.answer in "ABCDE"[: len(one.choices)]
        assert all(f"({letter}) {text}" in one.question for letter, text in zip("ABCDE", one.choices, strict=False))


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        golden(*case).write_bytes(render(*case).encode())
