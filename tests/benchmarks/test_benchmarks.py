"""Benchmarks: their files, their rows, and what is said when either is wrong."""

import hashlib
import http.server
import json
import re
import resource
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammoth_eval import benchmarks, prompts
from mammoth_eval.benchmarks import adapters, sample_rows
from mammoth_eval.errors import BenchmarkError, UnknownName

ALL = benchmarks.names()
STORED = [name for name in ALL if benchmarks.get(name).file]
GENERATED = [name for name in ALL if benchmarks.get(name).generator]

COUNTS = {
    "gsm8k": 1319, "math": 5000, "aqua": 254, "numglue": 1042, "svamp": 1000, "mathematics": 1000, "simuleq": 514, (
        "sat_math"
    ): 220,
    "mmlu_math": 974, "math500": 500, "theoremqa": 800, "gsm_hard": 1319, "asdiv": 2215, "mawps": 2065,
    "minerva_math": 272,
    "olympiadbench": 675, "aime24": 30, "amc23": 40, "college_math": 2818, "gaokao2023en": 385, "mmlu_stem": 3134,
}  # fmt: skip

# Rows chosen for what an adapter must do: (id, gold, form, end of the question).
ROWS = [
    ("gsm8k/0", "18", "open", "every day at the farmers' market?"),
    ("gsm8k/1318", "14", "open", None),
    ("math/0", "2", "open", r"$y=\frac{2}{x^2+x-6}$ have?"),
    ("aqua/0", "A", "choice", (
        "Choices: (A) 5 (√3 + 1)  (B) 6 (√3 + √2)  (C) 7 (√3 – 1)  (D) 8 (√3 – 2)  (E) None of these"
    )),
    ("aqua/1", "E", "choice", "?\nAnswer Choices: (A) $61 (B) $65 (C) $67.40 (D) $70 (E) $78.20"),
    ("numglue/0", "1536", "open", "of Citric acid"),
    ("numglue/97", "0.7", "open", "hike in all?"),
    ("svamp/0", "51", "open", (
        "If there is a discount of 25 dollars on each pack How much do you have to pay to buy each pack?"
    )),
    ("mathematics/1", "[3]", "open", "List the prime factors of y."),
    ("simuleq/0", "15", "open", "How many poets are there?"),
    ("sat_math/0", "D", "choice", "what is the value of $x$ ? \nAnswer Choices: (A) 2 (B) 4 (C) 9 (D) 10"),
    ("mmlu_math/0", "C", "choice", "24 = 2p?\nAnswer Choices: (A) p = 4 (B) p = 8 (C) p = 12 (D) p = 24"),
    ("math500/0", r"\left( 3, \frac{\pi}{2} \right)", "open", None),
    ("theoremqa/1", "1.0", "open", None),
    ("theoremqa/184", "B", "choice", None),
    ("theoremqa/298", "(b)", "open", None),
    ("gsm_hard/0", "-9867630", "open", None),
    ("gsm_hard/1", "3431580", "open", None),
    ("asdiv/0", "9", "open", "are in the basket. How many apples are in the basket?"),
    ("mawps/0", "43", "open", None),
    ("minerva_math/5", "np.arcsin(10/13)", "open", None),
    ("olympiadbench/1", r"$\frac{1}{2 n+2}$", "open", None),
    ("aime24/7", "025", "open", None),
    ("amc23/0", "27", "open", None),
    ("college_math/1", "$(45,2),(-10,-9)$", "open", None),
    ("gaokao2023en/107", "$145$", "open", None),
    ("gaokao2023en/167", r"$\frac{3}{10}$", "open", "has at least one saddle point."),
    ("gaokao2023en/192", "A", "choice", "(D) $435(100b)$"),
    ("gaokao2023en/278", "G", "open", None),
    ("mmlu_stem/0", "C", "choice", "Answer Choices: (A) 8 (B) 2 (C) 24 (D) 120"),
]  # fmt: skip

MINE = """
title = "Mine"
paper = "none"
licence = "CC0"
form = "open"
rows = {rows}
{more}

[columns]
question = "q"
gold = "a"
"""


@pytest.fixture(scope="module")
def problems_of(data_dir, tmp_path_factory):
    """The problems of a benchmark, each loaded once."""
    cache_dir, loaded = tmp_path_factory.mktemp("cache"), {}

    def load(name):
        if name not in loaded:
            loaded[name] = benchmarks.load(benchmarks.get(name), data_dir=data_dir, cache_dir=cache_dir)
        return loaded[name]

    return load


def make(folder, text, rows=2, more='file = "rows.jsonl"', name="mine.toml", toml=MINE):
    """A benchmark of the user's own in `folder`: its TOML, and its rows beside it."""
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    path = folder / name
    path.write_text(toml.format(rows=rows, more=more), encoding="utf-8")
    return benchmarks.get(str(path))


def load(benchmark, folder, **options):
    trust = benchmarks.Trust(http=True)  # the servers of the tests
    return benchmarks.load(benchmark, data_dir=None, cache_dir=folder / "cache", **{"trust": trust, **options})


GOOD = '{"q": "1 + 1?", "a": 2}\n{"q": "a word?", "a": "two"}\n'


# What ships.


def test_names_begin_with_the_nine_of_the_paper_in_its_order():
    nine = ["gsm8k", "math", "aqua", "numglue", "svamp", "mathematics", "simuleq", "sat_math", "mmlu_math"]
    assert ALL[:9] == list(benchmarks.PAPER) == nine


def test_groups_of_the_tomls_are_those_of_the_paper():
    groups = {name: benchmarks.get(name).group for name in ALL}
    assert {name for name, group in groups.items() if group == "ind"} == set(benchmarks.IND)
    assert {name for name, group in groups.items() if group == "ood"} == set(benchmarks.OOD)


def test_every_stored_benchmark_is_counted_here():
    assert {name: benchmarks.get(name).rows for name in STORED} == COUNTS


@pytest.mark.parametrize("name", STORED)
def test_stored_benchmark_has_a_pinned_address_and_a_hash(name):
    one = benchmarks.get(name)
    assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/\S+", one.address)
    assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)


@pytest.mark.data
@pytest.mark.parametrize("name", STORED)
def test_stored_benchmark_has_its_count_of_problems(name, problems_of):
    left_out = benchmarks.get(name).left_out
    asked = [index for index in range(COUNTS[name]) if index not in left_out]
    assert [problem.id for problem in problems_of(name)] == [f"{name}/{index}" for index in asked]
    assert len(asked) == benchmarks.get(name).problems


def test_rows_that_no_grader_decides_are_counted_here():
    assert {name: len(one.left_out) for name in ALL if (one := benchmarks.get(name)).left_out} == {"college_math": 79}


@pytest.mark.parametrize("wrong", ["[5]", "[-1]", '["1"]', "[true]", "3"])
def test_excluded_row_that_there_is_not_is_named(wrong, tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text(MINE.format(rows=5, more='hub = "mine"') + f"\n[excluded]\nprose = {wrong}\n")
    with pytest.raises(BenchmarkError, match=r"excluded = .*expected row numbers from 0 to 4"):
        benchmarks.get(str(path))


@pytest.mark.data
@pytest.mark.parametrize(("identity", "gold", "form", "end"), ROWS, ids=[row[0] for row in ROWS])
def test_row_becomes_the_problem_that_it_is(identity, gold, form, end, problems_of):
    name, _, index = identity.partition("/")
    problem = problems_of(name)[int(index)]
    assert (problem.id, problem.gold, problem.form) == (identity, gold, form)
    assert problem.question.endswith(end or problem.question)


@pytest.mark.data
@pytest.mark.parametrize("name", STORED)
def test_choice_problems_show_all_their_options_and_a_gold_among_them(name, problems_of):
    for problem in problems_of(name):
        assert bool(problem.choices) == (problem.form == "choice")
        assert not problem.choices or problem.gold in "ABCDE"[: len(problem.choices)]
        tight = re.sub(r"[\s:]", "", problem.question).lower()  # theoremqa has small letters, some with a colon
        shown = [
            re.sub(r"[\s:]", "", f"({letter}){text}").lower()
            for letter, text in zip("ABCDE", problem.choices, strict=False)
        ]
        assert all(option in tight for option in shown)


@pytest.mark.data
def test_numglue_has_its_types_and_only_type_3_has_options(problems_of):
    problems = problems_of("numglue")
    assert Counter(problem.meta["type"] for problem in problems) == {
        "Type_1": 81, "Type_2": 325, "Type_3": 162, "Type_4": 220, "Type_8": 254,
    }  # fmt: skip
    assert {problem.meta["type"] for problem in problems if problem.form == "choice"} == {"Type_3"}


@pytest.mark.data
@pytest.mark.parametrize("name", STORED)
def test_only_mixed_sets_are_open_ones_to_the_protocol_of_the_paper(name, problems_of):
    mixed = benchmarks.get(name).form == "mixed"
    assert {problem.meta.get("paper_form") for problem in problems_of(name)} == ({"open"} if mixed else {None})


@pytest.mark.data
def test_mmlu_math_has_the_subjects_of_the_paper(problems_of):
    assert Counter(problem.meta["subject"] for problem in problems_of("mmlu_math")) == {
        "elementary_mathematics": 378, "high_school_mathematics": 270, "formal_logic": 126, "abstract_algebra": 100,
        "college_mathematics": 100,
    }  # fmt: skip


@pytest.mark.data
def test_theoremqa_keeps_its_rows_with_pictures_and_says_which(problems_of):
    assert sum("picture" in problem.meta for problem in problems_of("theoremqa")) == 53


@pytest.mark.data
def test_no_exemplar_is_a_problem_of_a_benchmark(problems_of):
    def squeezed(text):
        return "".join(text.split()).lower()

    asked = {squeezed(one.question) for shown in prompts.get("fewshot").families.values() for one in shown}
    for name in STORED:
        assert not asked & {squeezed(problem.question) for problem in problems_of(name)}, name


# Names and files.


def test_unknown_name_gives_the_nearest():
    with pytest.raises(UnknownName, match="unknown benchmark 'gms8k'; did you mean 'gsm8k'"):
        benchmarks.get("gms8k")


BROKEN = {
    "broken TOML": ("title = ", "tomls/x.toml: not a readable TOML file: Invalid value"),
    "missing key": (
        'title = "t"\npaper = "p"\nlicence = "l"\nform = "open"\nfile = "f"',
        "tomls/x.toml: key 'rows' is missing",
    ),
    "unknown key": (
        MINE.format(rows=1, more='fiel = "f"'),
        r"tomls/x.toml:7: unknown key 'fiel'; did you mean 'file'\? There are: title",
    ),
    "wrong type": (
        MINE.format(rows='"1"', more='file = "f"'),
        "tomls/x.toml:6: rows = '1', expected a value of type int",
    ),
    "wrong word": (
        MINE.format(rows=1, more='file = "f"\ngroup = "odd"'),
        ":8: group = 'odd', expected one of ind, ood, extra, generated",
    ),
    "wrong policy": (
        MINE.format(rows=1, more='file = "f"') + "[grading]\nunits = 3",
        ":13: grading.units = 3, expected one of drop, strict",
    ),
    "unknown policy": (
        MINE.format(rows=1, more='file = "f"') + "[grading]\nunit = 3",
        r":13: unknown key 'grading.unit'; did you mean 'units'\?",
    ),
    "no table": (MINE.format(rows=1, more='file = "f"\ngrading = 3'), "x.toml:8: grading = 3, expected a table"),
    "unknown column": (
        MINE.format(rows=1, more='file = "f"') + 'mata = ["m"]',
        "unknown key 'columns.mata'; did you mean 'meta'",
    ),
    "missing column": (
        MINE.format(rows=1, more='file = "f"').replace("gold", "#"),
        "x.toml:9: columns: key 'gold' is missing",
    ),
    "no source": (MINE.format(rows=1, more=""), "no source of rows: one of 'file', 'hub', 'generator' is needed"),
    "unpinned": (
        MINE.format(rows=1, more='file = "f"\nrepository = "a/b"\ncommit = "main"\npath = "p"'),
        "'commit' .40 hexadecimal",
    ),
    "unchecked": (
        MINE.format(rows=1, more='file = "f"\nurl = "http://127.0.0.1/f"'),
        "needs 'file' and 'sha256' beside it",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_toml_is_named_with_its_fault(text, message, tmp_path):
    path = tmp_path / "tomls" / "x.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=message):
        benchmarks.get(str(path))


def test_missing_toml_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"none\.toml: no such benchmark file"):
        benchmarks.get(str(tmp_path / "none.toml"))


# Rows of a file.


def test_own_file_beside_its_toml_is_read(tmp_path):
    problems = load(make(tmp_path, GOOD), tmp_path)
    assert [(problem.id, problem.question, problem.gold) for problem in problems] == [
        ("mine/0", "1 + 1?", "2"),
        ("mine/1", "a word?", "two"),
    ]


def test_csv_is_read(tmp_path):
    (tmp_path / "rows.csv").write_text('q,a\n"How much is 1,000 + 1?",1001\n')
    (problem,) = load(make(tmp_path, "", rows=1, more='file = "rows.csv"'), tmp_path)
    assert (problem.question, problem.gold) == ("How much is 1,000 + 1?", "1001")


def test_data_dir_goes_before_the_cache(tmp_path):
    one = make(tmp_path, GOOD, rows=1, more='file = "s/f.jsonl"')
    for place, gold in (("data/benchmarks/s", "from data"), ("cache/benchmarks/s", "from cache")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "f.jsonl").write_text(json.dumps({"q": "?", "a": gold}))
    (first,) = benchmarks.load(one, data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    (second,) = benchmarks.load(one, data_dir=None, cache_dir=tmp_path / "cache")
    assert (first.gold, second.gold) == ("from data", "from cache")


def test_wrong_count_is_said(tmp_path):
    with pytest.raises(BenchmarkError, match=r"/mine\.toml: 2 rows, expected 3$"):
        load(make(tmp_path, GOOD, rows=3), tmp_path)


def test_wrong_bytes_are_said(tmp_path):
    wanted = hashlib.sha256(b"other").hexdigest()
    found = hashlib.sha256(GOOD.encode()).hexdigest()
    with pytest.raises(BenchmarkError, match=rf"rows\.jsonl has sha256 {found}, expected {wanted}"):
        load(make(tmp_path, GOOD, more=f'file = "rows.jsonl"\nsha256 = "{wanted}"'), tmp_path)


def test_absent_file_without_an_address_is_said(tmp_path):
    with pytest.raises(BenchmarkError, match=r"mine\.toml: no file 'no\.jsonl' and no address to take it from"):
        load(make(tmp_path, GOOD, more='file = "no.jsonl"'), tmp_path)


UNREADABLE = {
    "no JSON": (
        '{"q": "1 + 1?", "a": 2}\n{"q": oops}\n',
        r"mine\.toml: cannot read .*rows\.jsonl: row 1, line 2: no JSON",
    ),
    "empty gold": (
        '{"q": "1 + 1?", "a": "2"}\n{"q": "2?", "a": " "}\n',
        r"mine\.toml: row 1: the gold answer is empty",
    ),
    "empty question": ('{"q": "1 + 1?", "a": "2"}\n{"q": "", "a": "2"}\n', r"mine\.toml: row 1: the question is empty"),
    "no gold": (
        '{"q": "1 + 1?", "a": "2"}\n{"q": "2?", "a": null}\n',
        r"mine\.toml: row 1: an answer of type NoneType",
    ),
    "gold left out": ('{"q": "1 + 1?", "a": "2"}\n{"q": "2?"}\n', r"mine\.toml: row 1: no field 'a'; there are: q"),
    "no object": ('{"q": "1 + 1?", "a": "2"}\n7\n', r"mine\.toml: row 1 is a int, expected an object"),
    "no field": (
        '{"q": "1 + 1?", "b": "2"}\n{"q": "2?", "b": "2"}\n',
        r"mine\.toml: row 0: no field 'a'; there are: q, b",
    ),
    "a list": ('{"q": "1 + 1?", "a": "2"}\n{"q": "2?", "a": [2]}\n', r"mine\.toml: row 1: an answer of type list"),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_row_that_cannot_be_read_is_named(text, message, tmp_path):
    with pytest.raises(BenchmarkError, match=message):
        load(make(tmp_path, text), tmp_path)


@pytest.mark.parametrize(
    "text", ['{"q": "?", "a": 0.7}\n{"q": "?", "a": 3e-36}\n', '[{"q": "?", "a": 0.7}, {"q": "?", "a": 3e-36}]']
)
def test_numbers_are_as_their_file_writes_them(text, tmp_path):
    assert [problem.gold for problem in load(make(tmp_path, text), tmp_path)] == ["0.7", "3e-36"]


def test_gold_that_is_no_option_is_named(tmp_path):
    toml = MINE.replace('"open"', '"choice"').partition("[columns]")[0] + 'adapter = "lettered"'
    row = {"question": "Which? \nAnswer Choices: (A) 1 (B) 2", "answer": "C"}
    with pytest.raises(BenchmarkError, match="row 0: gold 'C', expected a letter of its 2 options"):
        load(make(tmp_path, json.dumps(row), rows=1, toml=toml), tmp_path)


def test_adapter_of_the_users_own_is_named_by_its_dotted_path(tmp_path):
    toml = MINE.partition("[columns]")[0] + 'adapter = "mammoth_eval.benchmarks.adapters:gsm8k"'
    mine = make(tmp_path, json.dumps({"question": "q", "answer": "so\n#### 1,200"}), rows=1, toml=toml)
    (problem,) = load(mine, tmp_path, trust=benchmarks.Trust(code=True))
    assert problem.gold == "1200"


# The network.


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A real server for the files of ``tmp_path/www``: its address and the folder."""
    folder = tmp_path / "www"
    folder.mkdir()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", folder
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def remote(folder, address):
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    return make(folder, GOOD, more=f'file = "far/f.jsonl"\nurl = "{address}/f.jsonl"\nsha256 = "{digest}"')


def test_downloaded_file_is_cached_and_not_asked_for_again(server, tmp_path):
    address, folder = server
    (folder / "f.jsonl").write_text(GOOD)
    one = remote(tmp_path, address)
    assert len(load(one, tmp_path)) == 2
    (folder / "f.jsonl").unlink()
    assert len(load(one, tmp_path)) == 2


def test_wrong_download_is_said_and_not_kept(server, tmp_path):
    address, folder = server
    (folder / "f.jsonl").write_text("something else")
    with pytest.raises(BenchmarkError, match=rf"{address}/f\.jsonl has sha256 .*, expected"):
        load(remote(tmp_path, address), tmp_path)
    assert not (tmp_path / "cache" / "benchmarks" / "far" / "f.jsonl").exists()


def test_failed_download_says_how_to_do_without(server, tmp_path):
    address, _ = server
    with pytest.raises(
        BenchmarkError, match=r"cannot download .*404.*give a folder that has benchmarks/far/f\.jsonl as --data-dir"
    ) as raised:
        load(remote(tmp_path, address), tmp_path)
    assert raised.value.exit_code == 1, "nothing was asked wrongly"


@contextmanager
def no_file_above(size):
    """Any file that grows beyond `size` bytes cannot be written: what a full disk does, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_cache_is_named_with_what_to_do_and_no_half_download_is_left(server, tmp_path):
    address, folder = server
    (folder / "f.jsonl").write_text(GOOD)
    one = remote(tmp_path, address)
    with (
        no_file_above(20),
        pytest.raises(BenchmarkError, match=r"make room in the cache .*/cache, or name .* XDG_CACHE_HOME"),
    ):
        load(one, tmp_path)
    assert list((tmp_path / "cache" / "benchmarks" / "far").iterdir()) == []


def test_a_cache_that_is_full_as_rows_are_converted_is_named_too(tmp_path):
    (tmp_path / "rows.csv").write_text("q,a\n1 + 1?,2\n")
    one = make(tmp_path, "", rows=1, more='file = "rows.csv"')
    with no_file_above(100), pytest.raises(BenchmarkError, match=r"make room in the cache .*/cache, or name"):
        load(one, tmp_path)


def test_dataset_of_the_hub_is_read_by_its_split(tmp_path):
    folder = tmp_path / "dataset"  # the library takes a folder for a dataset as it takes a name of the hub
    folder.mkdir()
    (folder / "train.jsonl").write_text('{"q": "train?", "a": "x"}\n')
    (folder / "test.jsonl").write_text('{"q": "1 + 1?", "a": "2"}\n{"q": "a word?", "a": "two"}\n')
    problems = load(make(tmp_path, "", more=f'hub = "{folder}"\nsplit = "test"'), tmp_path)
    assert [problem.gold for problem in problems] == ["2", "two"]


# Samples.


@given(st.integers(0, 400), st.integers(0, 400))
def test_sample_has_its_size_and_ascends(count, limit):
    rows = sample_rows(count, limit)
    assert len(rows) == min(count, limit)
    assert rows == sorted(set(rows))
    assert all(0 <= row < count for row in rows)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
def test_smaller_sample_is_part_of_a_larger_one(count, one, other):
    small, large = sorted((one, other))
    assert set(sample_rows(count, small)) <= set(sample_rows(count, large))


@given(st.integers(50, 6000), st.integers(10, 50))
def test_sample_is_spread_over_the_whole_set(count, limit):
    rows = [-1, *sample_rows(count, limit), count]
    gaps = [after - before for before, after in pairwise(rows)]
    assert max(gaps) <= 2.7 * count / limit + 1


def test_limit_keeps_row_numbers_in_the_ids(tmp_path):
    text = "".join(json.dumps({"q": f"q{index}", "a": index}) + "\n" for index in range(20))
    problems = load(make(tmp_path, text, rows=20), tmp_path, limit=4)
    assert [problem.id for problem in problems] == [f"mine/{row}" for row in sample_rows(20, 4)]
    assert [problem.gold for problem in problems] == [str(row) for row in sample_rows(20, 4)]


# Generated benchmarks.


@pytest.fixture(scope="module")
def generator():
    return pytest.importorskip("reasoning_gym", reason="the extra 'generated' is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("name", GENERATED)
def test_generated_rows_are_the_pinned_ones(name, generator, tmp_path):
    problems = load(benchmarks.get(name), tmp_path)  # raises where their hash is another
    assert len(problems) == benchmarks.get(name).rows
    assert len({problem.question for problem in problems}) > 0.9 * len(problems)


def test_another_seed_gives_other_rows(generator, tmp_path):
    one = benchmarks.get("rg_gsm_symbolic")
    first, second = load(one, tmp_path, limit=20), load(one, tmp_path, limit=20, seed=7)
    assert not {problem.question for problem in first} & {problem.question for problem in second}


def test_other_rows_under_the_pinned_seed_are_said(generator, tmp_path):
    text = benchmarks.get("rg_algebra").origin.read_text().replace("rows = 500", "rows = 20")
    (tmp_path / "rg.toml").write_text(text)
    with pytest.raises(BenchmarkError, match=r"generated rows have sha256 .*another release of reasoning-gym"):
        load(benchmarks.get(str(tmp_path / "rg.toml")), tmp_path)


@pytest.mark.parametrize("kind", ["integral", "derivative"])
def test_calculus_golds_agree_with_numerical_analysis(kind, generator, tmp_path):
    from fractions import Fraction

    from scipy.differentiate import derivative
    from scipy.integrate import quad

    patterns = {
        "integral": r"integral of (?P<f>.+) with respect to (?P<x>\w) from (?P<at>\S+) to (?P<to>\S+)\. Give",
        "derivative": r"Let f\((?P<x>\w)\) = (?P<f>.+)\. What .* = (?P<at>\S+)\? Give",
    }
    found = [
        (re.search(patterns[kind], problem.question), problem.gold)
        for problem in load(benchmarks.get("rg_calculus"), tmp_path)
    ]
    checked = [(match, float(Fraction(gold))) for match, gold in found if match][:40]
    assert len(checked) == 40
    for match, gold in checked:
        function = eval(f"lambda {match['x']}: {match['f']} + 0*{match['x']}")  # the generator's own text
        at = float(match["at"])
        value = quad(function, at, float(match["to"]))[0] if kind == "integral" else derivative(function, at).df
        assert value == pytest.approx(gold, rel=1e-6, abs=1e-6)


def test_absent_generator_says_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['reasoning_gym'] = None\n"
        "from pathlib import Path\nfrom mammoth_eval import benchmarks\n"
        f"benchmarks.load(benchmarks.get('rg_algebra'), data_dir=None, cache_dir=Path({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "BenchmarkError: benchmarks/rg_algebra.toml: generated problems need reasoning-gym (" in done.stderr


# Parts of adapters.


@pytest.mark.parametrize(
    ("solution", "gold"),
    [
        (r"first $\boxed{1}$, then $\boxed{\frac{a}{b^{2}}}$.", r"\frac{a}{b^{2}}"),
        (r"so \fbox{7}.", "7"),
        (r"so $\boxed 5$ it is", "5"),
        (r"a set $\boxed{\{1, 2\}}$", r"\{1, 2\}"),
    ],
)
def test_last_box_is_read_with_its_braces_balanced(solution, gold):
    assert adapters.last_box(solution) == gold


@pytest.mark.parametrize("solution", ["no box", r"\boxed{\frac{1}{2}"])
def test_solution_without_a_whole_box_is_an_error(solution):
    with pytest.raises(ValueError, match="boxed"):
        adapters.last_box(solution)


def test_options_are_read_out_of_the_question():
    assert adapters.written_choices("Which? \nAnswer Choices: (A) $(0,1)$ (B) I and II (C) 3") == (
        "$(0,1)$",
        "I and II",
        "3",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(51.0, "51"), (-2.5, "-2.5"), (3, "3"), (True, "True"), (" x ", "x"), (1e20, "1e+20"), (-0.0, "0")],
)
def test_value_becomes_the_text_of_an_answer(value, expected):
    assert adapters.text(value) == expected


# A file of somebody else.


@pytest.mark.parametrize("name", ["subprocess:run", "os:system", "mammoth_eval.benchmarks.adapters:gsm8k"])
@pytest.mark.parametrize("key", ["adapter", "generator"])
def test_a_file_that_names_code_is_refused_unless_it_is_trusted(tmp_path, key, name):
    mine = make(tmp_path, json.dumps({"question": "q", "answer": "1"}), rows=1, toml=_with(f'{key} = "{name}"'))
    with pytest.raises(BenchmarkError, match=rf"{key} = '{name}' runs code of that module; --allow-code lets it"):
        load(mine, tmp_path)


def _with(line):
    return line + "\n" + MINE.partition("[columns]")[0]


@pytest.mark.parametrize(
    "file", ["../../x.jsonl", "/etc/passwd", "a/../../x", "..", r"C:\x", r"\\host\x", r"a\..\..\x", "/"]
)
def test_a_file_outside_the_folder_of_data_is_refused(tmp_path, file):
    with pytest.raises(BenchmarkError, match=r"mine\.toml:\d+: .*expected a path below the folder of data"):
        make(tmp_path, "{}", rows=1, more=f"file = '{file}'")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://host/f", "http://host/f", "data:,x", "nowhere", "HTTP://host/f", "jar:x"]
)
def test_an_address_that_is_not_https_is_refused(tmp_path, address):
    mine = make(tmp_path, "{}", rows=1, more=f'file = "far/f"\nurl = "{address}"\nsha256 = "{"0" * 64}"')
    with pytest.raises(BenchmarkError, match="is not https; --allow-http takes http:// as well"):
        load(mine, tmp_path, trust=benchmarks.Trust())


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/f", "data:,x", "nowhere"])
def test_trust_in_http_is_none_in_other_schemes(tmp_path, address):
    mine = make(tmp_path, "{}", rows=1, more=f'file = "far/f"\nurl = "{address}"\nsha256 = "{"0" * 64}"')
    with pytest.raises(BenchmarkError, match="is not https"):
        load(mine, tmp_path, trust=benchmarks.Trust(code=True, http=True))


def test_a_download_has_a_largest_size(server, tmp_path, monkeypatch):
    address, folder = server
    (folder / "f.jsonl").write_text(GOOD)
    monkeypatch.setattr("mammoth_eval.benchmarks.source.LARGEST", len(GOOD) - 1)
    with pytest.raises(BenchmarkError, match=r"/f\.jsonl is larger than 0 MiB"):
        load(remote(tmp_path, address), tmp_path)
