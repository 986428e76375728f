"""Rationales as data: programs from annotations, curation, leaks, mixtures, recipes, suites."""

import errno
import itertools
import json
import os

import pytest
from checkout import ROOT

from mammoth_eval import benchmarks
from mammoth_eval.engines import make_engine
from mammoth_eval.errors import DataError, StoreError, UnknownName
from mammoth_eval.sandbox import Sandbox, open_sandbox
from mammoth_eval.training import (
    annotated,
    contamination,
    curate,
    drills,
    mixture,
    prepare,
    recipe,
    rows,
    sources,
    suite,
    teacher,
)
from mammoth_eval.training.rows import Row
from mammoth_eval.training.sources import Example
from mammoth_eval.types import Policy, Problem

pytestmark = pytest.mark.slow  # programs of whole files are run

NATALIA = (
    "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n"
    "Natalia sold 48+24 = <<48+24=72>>72 clips altogether in April and May.\n#### 72"
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as opened:
        yield opened


@pytest.mark.parametrize(
    ("rationale", "printed"),
    [
        (NATALIA, "72.0"),
        ("He pays 20% of 50 = $<<20*.01*50=10>>10.\n#### 10", "10.0"),
        ("He reads 3*07=<<3*07=21>>21 pages for class and in print.\n#### 21", "21"),
        ("First 2*3=<<2*3=6>>6 apples.\nThen 6*2=<<6*2=12>>12 apples.\nAnd 12+6=<<12+6=18>>18 apples.\n#### 18", "18"),
    ],
)
def test_annotations_become_a_program_that_prints_their_last_result(rationale, printed, sandbox):
    assert sandbox.run(annotated.program(rationale), "stdout").stdout.strip() == printed


def test_a_number_that_an_earlier_line_gave_becomes_its_variable():
    assert annotated.program(NATALIA).splitlines()[1].endswith("= 48 + clips_may_natalia")


@pytest.mark.parametrize("rationale", ["x = 5\n#### 5", "So x=<<26=26>>26\n#### 26", "It is <<foo(2)=4>>4\n#### 4", ""])
def test_a_rationale_without_a_calculation_gives_no_program(rationale):
    assert annotated.program(rationale) is None


def test_a_calculation_without_annotation_is_read_where_all_are_asked_for(sandbox):
    text = "He has 24/6=<<24/6=4>>4 pens.\nSam has 4+6=10 pens.\n#### 10"
    program = annotated.program_of_all(text)
    assert sandbox.run(program, "stdout").stdout.strip() == "10.0"
    assert len(program.splitlines()) == 3, "what is annotated is not said twice"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a = 1\nprint(a)", "b = 1\n\nprint( b )", True),
        ("def f(x):\n    'doc'\n    return x\nprint(f(1))", "def g(y):\n    return y\nprint(g(1))", True),
        ("a = 1\nprint(a)", "a = 2\nprint(a)", False),
        ("a = 1\nb = 2\nprint(a)", "a = 1\nb = 2\nprint(b)", False),
        ("import math\nprint(math.pi)", "import math\nprint(math.e)", False),
    ],
)
def test_programs_are_one_where_they_differ_in_names_alone(one, other, same):
    assert (annotated.canonical(one) == annotated.canonical(other)) is same


def example(number, question, gold, *rationales, kind="pot"):
    return Example(
        Problem(f"gsm8k-{kind}/{number}", f"gsm8k-{kind}", question, gold), kind, rationales, {"row": str(number)}
    )


def test_only_programs_that_print_the_human_answer_are_kept_and_the_rest_has_a_reason(sandbox):
    found = [
        example(0, "One and one?", "2", "print(1 + 1)"),
        example(1, "One and two?", "3", "print(1 + 1)"),
        example(2, "One and three?", "4", "print(4"),
        example(3, "One and four?", "5", "x = 5"),
        example(4, "One and five?", "6"),
        example(5, "One and six?", "7", "print(8)", "print(7)"),
        example(6, "One and one?", "2", "print(1 +  1)"),
        ("gsm8k-pot/7", "KeyError: 'answer'"),
    ]
    kept, report = curate.curate(found, Policy(), None, sandbox)
    assert [row.provenance["row"] for row in kept] == ["0", "5"]
    assert kept[1].provenance["candidate"] == "1"
    assert dict(report.discarded) == {
        "program: prints another answer": 1, "program: error": 1, "program: prints nothing": 1, "no rationale": 1,
        "duplicate": 1, "unreadable row": 1,
    }  # fmt: skip
    assert report.read == report.kept + sum(report.discarded.values())


def test_words_are_kept_only_with_the_human_answer():
    found = [
        example(0, "One and one?", "2", "It is 2.\nThe answer is 2", kind="cot"),
        example(1, "One and two?", "3", "It is 2.\nThe answer is 2", kind="cot"),
    ]
    kept, report = curate.curate(found, Policy(), None, None)
    assert [row.source for row in kept] == ["CoT/gsm8k"]
    assert dict(report.discarded) == {"text: gives another answer": 1}


LONG = "A farmer has twelve cows and sells five of them at the market on a rainy Monday, how many cows are left?"


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        (LONG, "13-gram"),
        ("Today " + LONG + " Think.", "13-gram"),
        (LONG.replace("rainy", "sunny").replace("cows and", "pigs and"), None),
        ("How many cows are there?", "same"),
        ("How many pigs are there?", None),
    ],
)
def test_a_question_that_gives_a_test_question_away_is_found(question, rule):
    index = contamination.Index(
        [Problem("set/0", "set", LONG, "7"), Problem("set/1", "set", "How many cows are there?", "7")]
    )
    hit = index.look_up(question)
    assert (hit.rule if hit else None) == rule


def test_a_near_duplicate_without_thirteen_words_in_a_row_is_found():
    words = [f"word{number}" for number in range(38)]
    index = contamination.Index([Problem("set/0", "set", " ".join(words), "1")])
    words[12], words[25] = "changed", "changed"
    assert index.look_up(" ".join(words)).rule == "similar 0.71"
    words[6] = words[31] = "changed"
    assert index.look_up(" ".join(words)) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"source": "CoT/a", "instruction": "q"}', r"row 0: no field 'output'; there are: source, instruction"),
        (
            '{"source": "CoT/a", "instruction": "q", "output": " "}',
            "row 0: field 'output' is ' ', expected a text that is not empty",
        ),
        ('{"source": "gsm", "instruction": "q", "output": "a"}', "source 'gsm' does not say its kind"),
        ("[1]", "row 0: a int, expected an object"),
        (
            '{"source": "CoT/a", "instruction": "q", "output": "a", "provenance": "abc"}',
            "row 0: field 'provenance' is 'abc', expected an object",
        ),
        ('{"source": "CoT/a"\n', "row 0, line 1: no JSON"),
    ],
)
def test_a_row_that_is_none_is_named_with_what_it_lacks(tmp_path, line, message):
    (tmp_path / "rows.jsonl").write_text(line)
    with pytest.raises(DataError, match=message):
        rows.read(tmp_path / "rows.jsonl")


def test_rows_of_the_hub_and_our_own_are_read_alike(tmp_path):
    (tmp_path / "a.json").write_text(
        json.dumps([{"source": "data/PoT/gsm_gpt4.json", "instruction": "q", "output": "print(1)"}])
    )
    (row,) = rows.read(tmp_path / "a.json")
    assert (row.source, row.kind) == ("PoT/gsm_gpt4", "pot")
    rows.write(tmp_path / "b.jsonl", [row])
    assert rows.read(tmp_path / "b.jsonl") == (row,)


POOL = {
    "gsm8k-cot": [rows.make("gsm8k", "cot", f"q{n}", "a", {}) for n in range(20)],
    "gsm8k-pot": [rows.make("gsm8k", "pot", f"q{n}", "print(1)", {}) for n in range(20)],
}


def mixed(tmp_path, text, **options):
    (tmp_path / "mix.toml").write_text(text)
    return mixture.build(mixture.read(tmp_path / "mix.toml"), lambda name: POOL[name], **options)


BOTH = '[[sources]]\nname = "gsm8k-cot"\n[[sources]]\nname = "gsm8k-pot"\n'


def test_a_mixture_shares_its_size_out_by_weight(tmp_path):
    text = 'size = 10\n[[sources]]\nname = "gsm8k-cot"\nweight = 0.7\n[[sources]]\nname = "gsm8k-pot"\nweight = 0.3\n'
    assert sorted(row.kind for row in mixed(tmp_path, text)) == ["cot"] * 7 + ["pot"] * 3


def test_caps_and_kinds_limit_a_mixture(tmp_path):
    assert len(mixed(tmp_path, BOTH.replace('"gsm8k-cot"', '"gsm8k-cot"\ncap = 4'))) == 24
    with pytest.raises(DataError, match="gsm8k-cot has no row of kind pot"):
        mixed(tmp_path, 'kinds = ["pot"]\n' + BOTH)


def test_a_seed_decides_what_is_drawn_and_in_which_order(tmp_path):
    text = "size = 10\n" + BOTH
    assert mixed(tmp_path, text, seed=1) == mixed(tmp_path, text, seed=1)
    assert mixed(tmp_path, text, seed=1) != mixed(tmp_path, text, seed=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size = 100\n" + BOTH, "gsm8k-cot must give 50 of 100 rows and has 20"),
        ("", r"no \[\[sources\]\]"),
        ("siez = 3\n" + BOTH, r"mix\.toml:1: unknown key 'siez'; did you mean 'size'"),
        ("[[sources]]\nweight = 1.0\n", r"mix\.toml:1: sources\[0\]: key 'name' is missing"),
        (
            BOTH + "\n[[sources]]\nname = 'a'\nwieght = 1\n",
            r"unknown key 'sources\[2\]\.wieght'; did you mean 'weight'",
        ),
        ('kinds = ["poem"]\n' + BOTH, "expected a list of cot, pot"),
        ("size = -1\n" + BOTH, "expected 0 or more"),
        ('[[sources]]\nname = "gsm8k-cot"\nsets = ["CoT/gsm"]\n', "has no set 'CoT/gsm'; there are: CoT/gsm8k"),
        ("size = ", "not a readable mixture"),
        (BOTH.replace('-cot"', '-cot"\nweight = 1'), "gsm8k-cot has a weight and the mixture no size"),
        ("size = 4\n" + BOTH.replace('-cot"', '-cot"\nweight = 1'), "gsm8k-pot has no weight and gsm8k-cot has one"),
        ("size = 4\n" + BOTH.replace('-cot"', '-cot"\nweight = nan'), "weight = nan, expected 0 or more"),
        ("size = 4\n" + BOTH.replace('-cot"', '-cot"\nweight = inf'), "weight = inf, expected 0 or more"),
        ("against = [1]\n" + BOTH, r"against = \[1\], expected a list of texts"),
        (BOTH + BOTH, "gsm8k-cot is there twice"),
        (BOTH + '[[sources]]\nname = "gsm8k-cot"\nsets = ["CoT/gsm8k"]\n', "gsm8k-cot is there twice"),
    ],
)
def test_a_mixture_that_cannot_be_made_says_why(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        mixed(tmp_path, text)


def test_a_source_may_be_there_twice_for_other_sets_or_kinds(tmp_path):
    text = '[[sources]]\nname = "gsm8k-cot"\nkinds = ["cot"]\n[[sources]]\nname = "gsm8k-cot"\nkinds = ["pot"]\n'
    (tmp_path / "mix.toml").write_text(text)
    assert len(mixture.read(tmp_path / "mix.toml").sources) == 2


def test_a_source_that_there_is_not_is_named_with_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'gsm8k-pot'"):
        list(sources.load("gsm8k_pot", tmp_path, tmp_path))


@pytest.mark.parametrize("name", mixture.names())
def test_every_mixture_of_the_project_can_be_read(name):
    found = mixture.get(name)
    assert found.description
    for part in found.sources:
        assert part.name == "mathinstruct" or sources.get(part.name)


@pytest.mark.parametrize("name", suite.names())
def test_every_suite_of_the_project_trains_its_mixtures_alike(name):
    found = suite.get(name)
    sizes = {mixture.get(one).size for one in found.mixtures}
    assert len(sizes) == 1, "an equal number of examples"
    assert len(found.seeds) >= 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": "three"}, "epochs = 'three', expected a value of type float"),
        ({"batch": 0}, "batch = 0, expected more than 0"),
        ({"epochs": 0}, "nothing would be trained"),
        ({"bf16": 1}, "bf16 = 1, expected a value of type bool"),
        ({"epoch": 1}, "did you mean 'epochs'"),
    ],
)
def test_a_setting_that_no_recipe_has_says_what_it_must_be(settings, message):
    with pytest.raises((DataError, UnknownName), match=message):
        recipe.changed(recipe.get("lora"), settings)


def test_the_recipe_of_the_paper_is_the_papers():
    found = recipe.get("mammoth-7b")
    assert (found.learning_rate, found.batch, found.epochs, found.warmup, found.weight_decay) == (
        2e-5,
        128,
        3.0,
        0.03,
        0.0,
    )
    assert (found.max_length, found.packing, found.scheduler, found.bf16, found.lora) == (
        2048,
        False,
        "cosine",
        True,
        0,
    )


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in sources.SOURCES if name != "theoremqa"])
def test_the_rows_of_every_local_source_are_read(name, data_dir):
    found = list(itertools.islice(sources.load(name, data_dir, ROOT), 250))
    assert len(found) == 250
    assert not [one for one in found if isinstance(one, tuple)]


def test_every_drill_prints_the_answer_that_was_worked_out_without_it(sandbox):
    found = list(itertools.islice(sources.load("drills", None, ROOT), 10 * len(drills.FAMILIES)))
    kept, report = curate.curate(found, Policy(), None, sandbox)
    assert report.discarded == {}
    assert len({row.question for row in kept}) == len(found)


def test_drills_are_the_same_for_a_seed_and_others_for_another():
    assert list(drills.rows(40)) == list(drills.rows(60))[:40]
    assert not {row["question"] for row in drills.rows(40)} & {row["question"] for row in drills.rows(40, seed=1)}


def test_no_drill_is_a_question_of_a_generated_benchmark(tmp_path):
    pytest.importorskip("reasoning_gym", reason="the extra 'generated' is not installed")
    drawn = {row["question"] for row in drills.rows()}
    for name in ("rg_arithmetic", "rg_algebra", "rg_calculus"):
        problems = benchmarks.load(benchmarks.get(name), data_dir=None, cache_dir=tmp_path)
        assert not drawn & {problem.question for problem in problems}


@pytest.mark.data
def test_nine_in_ten_annotated_rationales_become_right_programs(data_dir, sandbox):
    found = list(itertools.islice(sources.load("gsm8k-pot", data_dir, ROOT), 400))
    kept, report = curate.curate(found, Policy(), None, sandbox)
    assert len(kept) >= 0.9 * report.read
    assert report.read == report.kept + sum(report.discarded.values())


async def taught(way, script, questions=(("What is 1 + 1?", "2"),), samples=4, rationales=(), **settings):
    problems = [Problem(f"gsm8k-cot/{n}", "gsm8k-cot", question, gold) for n, (question, gold) in enumerate(questions)]
    examples = [Example(problem, "cot", rationales, {}) for problem in problems]
    lesson = teacher.Lesson("scripted", way, samples=samples, **settings)
    index = contamination.Index([Problem("set/0", "set", LONG, "7")])
    async with open_sandbox() as jail, make_engine("scripted", "scripted", script=script) as engine:
        return await teacher.teach(examples, lesson, Policy(), index, engine, jail)


async def test_a_teachers_programs_are_kept_where_they_print_the_human_answer():
    texts = ["print(1 + 1)", "```python\ntotal = 1 + 1\nprint(total)\n```", "print(3)", "I do not know."]
    kept, report = await taught("pot", lambda query, sampling: texts[query.sample])
    assert [row.output for row in kept] == ["print(1 + 1)", "total = 1 + 1\nprint(total)"]
    assert dict(report.discarded) == {"another answer": 1, "no program in the answer": 1}
    assert kept[0].provenance["by"] == "scripted"


async def test_a_teachers_programs_that_differ_in_names_alone_are_kept_once():
    texts = ["a = 1 + 1\nprint(a)", "b = 1 + 1\nprint(b)"]
    kept, report = await taught("pot", lambda query, sampling: texts[query.sample % 2])
    assert len(kept) == 1
    assert report.discarded["duplicate"] == 3


async def test_without_a_human_answer_enough_samples_must_agree():
    agree = ["The answer is 2", "So 2. The answer is 2", "Hm. The answer is 2", "The answer is 5"]
    kept, report = await taught("cot", lambda query, sampling: agree[query.sample], [("What is 1 + 1?", "")])
    assert len(kept) == 3
    assert report.discarded["another answer"] == 1
    kept, report = await taught(
        "cot", lambda query, sampling: f"The answer is {query.sample}", [("What is 1 + 1?", "")]
    )
    assert (len(kept), report.discarded["samples disagree"]) == (0, 4)


async def test_new_questions_are_unlike_every_question_there_is():
    asked = iter(["What is 1 + 1?", "Nine birds sit on a fence and two fly off, how many stay?", "No question", LONG])

    def script(query, sampling):
        return next(asked) if query.prompt_id == "self-instruct/1" else "Nine less two. The answer is 7"

    kept, report = await taught("new", script)
    assert {row.question for row in kept} == {"Nine birds sit on a fence and two fly off, how many stay?"}
    assert report.discarded["like another question"] + report.discarded["no question"] == 2
    assert report.discarded["leaks a test set"] == 1


def test_rows_made_elsewhere_lose_what_leaks_and_what_is_said_twice():
    found = [
        Row("CoT/a", LONG, "7"),
        Row("CoT/a", "How many?", "The answer is 4"),
        Row("CoT/a", "How many?", "The  answer is 4"),
    ]
    kept, report = curate.without_leaks(found, contamination.Index([Problem("set/0", "set", LONG, "7")]))
    assert len(kept) == 1
    assert dict(report.discarded) == {"leaks a test set": 1, "duplicate": 1}
    assert report.hits[0].problem == "set/0"


@pytest.mark.parametrize("trigger", [*rows.TRIGGERS, "Let’s write a Python program"])
@pytest.mark.parametrize("end", ["", ".", ". "])
def test_a_short_test_question_is_found_whatever_words_ask_for_its_program(trigger, end):
    index = contamination.Index([Problem("set/0", "set", "How many cows are there?", "7")])
    row = Row("PoT/MATH_train", f"How many cows are there? {trigger}{end}", "print(7)")
    assert row.question == "How many cows are there?"
    kept, report = curate.without_leaks([row], index)
    assert (kept, dict(report.discarded)) == ([], {"leaks a test set": 1})


def test_a_question_about_programs_keeps_its_words():
    row = Row("CoT/a", "Let's write a program that counts. How many lines has it?", "The answer is 4")
    assert row.question == row.instruction


def test_rows_made_elsewhere_are_refused_one_by_one(tmp_path, sandbox):
    lines = [
        {"source": "CoT/a", "instruction": "How many?", "output": "The answer is 4"},
        {"source": "CoT/a", "instruction": "How many?"},
        {"source": "CoT/a", "instruction": " ", "output": "The answer is 4"},
        {"source": "PoT/a", "instruction": "Let's write a program.", "output": "print(4)"},
        {"source": "CoT/a", "instruction": "How much?", "output": "\n"},
        {"source": "CoT/a", "instruction": "How far?", "output": "The answer is 4", "provenance": "abc"},
        {"source": "PoT/a", "instruction": "How old?", "output": "print(1 / 0)"},
        {"source": "PoT/a", "instruction": "How new?", "output": "x = 4"},
        {"source": "PoT/a", "instruction": "How big?", "output": "print(4)"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join([*map(json.dumps, lines), '{"source": ']))
    found = rows.read_each(tmp_path / "rows.jsonl")
    kept, report = curate.without_leaks(found, contamination.Index([]), sandbox)
    assert [row.provenance["row"] for row in kept] == ["0", "8"]
    assert dict(report.discarded) == {
        "unreadable row": 3, "empty question": 2, "empty output": 1, "program: error": 1, "program: prints nothing": 1,
    }  # fmt: skip
    assert (report.read, report.kept) == (10, 2)
    assert [text.partition(" (")[0] for text in report.examples["unreadable row"]] == [
        f"rows.jsonl: row {n}" for n in (1, 5, 9)
    ]


def test_what_a_source_says_nothing_of_is_never_a_row():
    found = [
        example(0, " ", "2", "It is 2.\nThe answer is 2", kind="cot"),
        example(1, "One and two?", "3", " \n", kind="cot"),
    ]
    kept, report = curate.curate(found, Policy(), None, None)
    assert (kept, dict(report.discarded)) == ([], {"empty question": 1, "empty output": 1})


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("gsm8k-cot", {"question": "How many?", "answer": "Four.\n#### four-ish apples"}),
        ("gsm8k-pot", {"question": "How many?", "answer": "Four.\n#### inf"}),
        ("svamp-pot", {"question": "How many?", "answer_value": "nan", "answer_cot": "def solution():\n    return 4"}),
        ("aqua-cot", {"question": "How many?", "options": [], "rationale": "Four.", "correct": "A"}),
        ("aqua-cot", {"question": "How many?", "options": ["A)4", "B)5"], "rationale": "Four.", "correct": "C"}),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_reason_of_its_own(tmp_path, name, row):
    path = tmp_path / "train" / sources.SOURCES[name].file
    path.parent.mkdir()
    path.write_text(json.dumps([row]))
    kept, report = curate.curate(sources.load(name, tmp_path, tmp_path), Policy(), None, None)
    assert (kept, dict(report.discarded)) == ([], {"answer cannot be read": 1})


@pytest.mark.parametrize("ending", ["json", "jsonl"])
@pytest.mark.parametrize("name", ["mathinstruct", "TIGER-Lab/MathInstruct"])
def test_mathinstruct_is_read_from_the_data_folder_before_the_hub(tmp_path, name, ending):
    path = tmp_path / "train" / f"MathInstruct.{ending}"
    path.parent.mkdir()
    path.write_text(json.dumps({"source": "data/CoT/gsm_rft.json", "instruction": "How many?", "output": "4"}) + "\n")
    tests = prepare.Against(("set",), (), contamination.Index([]))
    assert [row.source for row in prepare.cached(name, tests, tmp_path, tmp_path / "cache")] == ["CoT/gsm_rft"]
    path.write_text(json.dumps({"source": "data/CoT/gsm_train.json", "instruction": "How many?", "output": "4"}) + "\n")
    assert [row.source for row in prepare.cached(name, tests, tmp_path, tmp_path / "cache")] == ["CoT/gsm_train"]


def test_all_parts_of_a_dataset_of_the_hub_are_read(tmp_path):
    for part in ("algebra", "geometry"):
        (tmp_path / f"{part}.jsonl").write_text(json.dumps({"problem": part}))
    head = "".join(f"- config_name: {part}\n  data_files: {part}.jsonl\n" for part in ("algebra", "geometry"))
    (tmp_path / "README.md").write_text(f"---\nconfigs:\n{head}---\n")
    found = sources.from_hub(str(tmp_path), ("algebra", "geometry"), "train", tmp_path / "cache", hint="a file")
    assert [row["problem"] for row in found] == ["algebra", "geometry"]
    assert len(sources.SOURCES["math-cot"].configs) == 7


def test_the_questions_of_rows_are_those_of_a_teacher_with_the_human_answer_where_there_is_one(tmp_path):
    made = [
        rows.make("gsm", "cot", "What is 1 + 1?", "So 2. The answer is 2", {"checked": "answer read", "answer": "2"}),
        rows.make("gsm", "pot", "What is 1 + 1?", "print(1 + 1)", {}),
        rows.make(
            "gsm", "cot", "What is 1 + 2?", "The answer is 3", {"checked": "60% of samples agree", "answer": "3"}
        ),
        Row("CoT/aqua_rat", "What is 1 + 3?\nAnswer Choices: (A) 4 (B) 5", "The answer is A."),
    ]
    rows.write(tmp_path / "mine.jsonl", made)
    found = list(sources.load(str(tmp_path / "mine.jsonl"), None, tmp_path))
    assert [(one.problem.question[:14], one.problem.gold, len(one.rationales)) for one in found] == [
        ("What is 1 + 1?", "2", 2), ("What is 1 + 2?", "", 1), ("What is 1 + 3?", "", 1),
    ]  # fmt: skip
    assert (found[2].problem.choices, found[2].problem.benchmark) == (("4", "5"), "aqua_rat")


async def test_enough_samples_must_give_the_human_answer_where_that_is_asked_for():
    texts = ["The answer is 2", "So 2. The answer is 2", "The answer is 3", "The answer is 5"]
    for agreement, expected in ((0.5, 2), (0.75, 0)):
        kept, report = await taught(
            "cot", lambda query, sampling: texts[query.sample], agreement=agreement, always=True
        )
        assert len(kept) == expected
        assert report.discarded["samples disagree"] == 2 - expected


async def test_a_teacher_of_new_questions_is_shown_questions_with_their_reasoning():
    shown = []

    def script(query, sampling):
        if query.prompt_id == "self-instruct/1":
            shown.append(query.text)
            return "Nine birds sit on a fence and two fly off, how many stay?"
        return "Nine less two. The answer is 7"

    kept, _ = await taught("new", script, rationales=("One more than one.\n\nThe answer is 2",))
    assert shown[0] == "Question: What is 1 + 1?\nAnswer: One more than one.\nThe answer is 2\n\nQuestion:"
    assert [row.output for row in kept] == ["Nine less two. The answer is 7"]


async def test_a_teacher_is_asked_no_empty_question():
    kept, report = await taught("cot", lambda query, sampling: "The answer is 2", [(" ", "2")])
    assert (kept, dict(report.discarded), report.read) == ([], {"empty question": 1}, 1)


@pytest.mark.data
def test_theoremqa_is_read_where_its_benchmark_lies_and_is_all_test_questions(data_dir, tmp_path):
    found = list(sources.load("theoremqa", data_dir, tmp_path))
    assert (len(found), found[0].problem.gold, found[0].rationales) == (800, "11760", ())
    tests = prepare.against(["theoremqa"], data_dir, tmp_path)
    assert all(tests.index.look_up(one.problem.question) for one in found)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file: cannot be made: File exists"):
        rows.write(tmp_path / "file" / "rows.jsonl", [])


def test_a_cache_without_room_is_not_taken_for_a_missing_network(tmp_path, monkeypatch):
    import datasets

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(datasets, "load_dataset", full)
    with pytest.raises(DataError, match="make room in the cache"):
        sources.from_hub(str(tmp_path), ("",), "train", tmp_path, hint="train/set.json")
