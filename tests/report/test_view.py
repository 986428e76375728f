"""The page as text.

Nothing can break out of its data, its policy names its own script, plots say what the tables say.
"""

import base64
import hashlib
import itertools
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from builders import cot, pot, record, scored
from view_runs import drawn_records, on_disk, seen

from mammoth_eval import prompts
from mammoth_eval.cli import main
from mammoth_eval.report import view
from mammoth_eval.report.asked import asked
from mammoth_eval.report.view import plots, runs, svg
from mammoth_eval.types import Score

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "&lt;b&gt;",
    "\u2028\u2029",
    "\ud800 alone",
    "\x00\x1b[31m",
    "é 数 𝒳",
]
STYLE = (view.FOLDER / "style.css").read_text(encoding="utf-8")


def right(**other):
    return record(pot(), cot(), scores=scored(("pot", "4", "correct"), ("cot", "4", "correct")), **other)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_out_of_the_pages_data_as_it_went_in(tmp_path, text):
    scores = scored(("pot", text, "wrong"), answer=text, outcome="wrong")
    one = record(pot(stdout=text, program=text, text=text), question=text, gold=text, scores=scores)
    page = view.page([seen(tmp_path, [one], decoding="pot")])
    page.encode("utf-8")
    found = data_of(page)
    attempt = found["records"][0]["attempts"][0]
    assert [found["problems"][0]["question"], attempt["text"], attempt["program"], attempt["run"]["out"]] == [text] * 4
    assert found["records"][0]["scores"]["exact"][0] == text


def test_no_text_of_a_run_adds_a_tag_to_the_page(tmp_path):
    plain, hostile = (
        view.page([seen(tmp_path, [right(question=text, benchmark=text)], model=text, benchmarks={text: {}})])
        for text in ("plain", "<img src=x onerror=alert(1)></script><!--")
    )
    assert re.findall(r"<\w+", hostile) == re.findall(r"<\w+", plain)


def test_the_policy_names_the_hash_of_the_one_script_and_the_one_style_and_nothing_else(tmp_path):
    page = view.page([seen(tmp_path, [right()])])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    for tag in ("script", "style"):
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        assert len(texts) == 1
        digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy.replace("&#39;", "'").replace("&#x27;", "'")
    assert policy.startswith("default-src ")
    assert not re.search(r"https?:|unsafe|\*", policy)


def test_the_page_names_no_address_of_the_network(tmp_path):
    page = view.page([seen(tmp_path, [right()])])
    assert not re.search(r"""(?:src|href)=["'](?!#|data:,)""", page)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_more_records_than_are_asked_for_are_spread_evenly_and_the_tables_count_all(tmp_path):
    page = view.page([seen(tmp_path, drawn_records(300))], kept=30)
    found = data_of(page)
    assert len(found["records"]) == 30
    assert (found["runs"][0]["kept"], found["runs"][0]["total"]) == (30, 300)
    rows = [found["problems"][one["problem"]]["id"] for one in found["records"]]
    assert rows[0] == "gsm8k/0"
    assert int(rows[-1].partition("/")[2]) >= 95
    assert "300 records" in page


@pytest.mark.parametrize(("count", "most"), [(0, 5), (5, 5), (9, 5), (10, 5), (1000, 5), (1000, 1), (7, 0)])
def test_thinning_keeps_enough_records_evenly_spaced_and_lets_all_through(count, most):
    thinning = runs.Thinning(most)
    assert list(thinning.through(range(count))) == list(range(count))
    assert thinning.total == count
    assert min(count, most) <= len(thinning.kept) <= 2 * most
    assert len({after - before for before, after in itertools.pairwise(thinning.kept)}) <= 1


def test_a_large_run_is_read_with_few_records_in_memory(tmp_path):
    run = view.load_run(on_disk(tmp_path, drawn_records(300)), kept=20)
    assert 20 <= len(run.records) < 40
    assert run.total == 300
    assert sum(cell.n for cell in run.summary.summaries if cell.reading == "hybrid") == 300
    assert len(data_of(view.page([run], kept=20))["records"]) == 20


def test_tables_by_level_stand_in_the_page(tmp_path):
    assert "by level</caption>" in view.page([seen(tmp_path, drawn_records(30))])


@pytest.mark.parametrize("count", [0, 1, 7, 10, 11])
def test_a_spread_takes_no_record_twice(count):
    assert len(set(runs.spread(range(10), count))) == min(count, 10)


def test_a_problem_of_two_runs_is_written_once(tmp_path):
    found = data_of(view.page([view.load_run(on_disk(tmp_path, drawn_records(12), model=name)) for name in ("a", "b")]))
    assert len(found["problems"]) == 12
    assert len(found["records"]) == 24


@pytest.mark.parametrize("style", prompts.names())
def test_a_prompt_is_shown_as_it_was_asked(tmp_path, style):
    prompt = prompts.get(style)
    one = right(benchmark="gsm8k")
    settings = {"prompt": style, "prompt_text": prompt.source, "prompt_hash": prompt.hash}
    run = seen(tmp_path, [one], **settings)
    family = {"gsm8k": asked(run.spec).families["gsm8k"]}
    for method in ("pot", "cot"):
        before, after = data_of(view.page([run]))["runs"][0]["frames"][f"gsm8k/{method}"]
        query = prompt.query(one.problem, method, family=family["gsm8k"])
        assert before + one.problem.question + after == query.shown


def test_a_prompt_that_has_changed_since_is_not_shown(tmp_path):
    run = seen(
        tmp_path, [right(benchmark="gsm8k")], prompt="alpaca", prompt_text=prompts.get("alpaca").source, prompt_hash="0"
    )
    assert data_of(view.page([run]))["runs"][0]["frames"] == {}


def figures():
    run = seen(Path("results"), drawn_records(40)).summary
    return run, [
        one for one in (plots.accuracy([run]), plots.outcomes([run]), plots.failures([run]), plots.tokens([run])) if one
    ]


def test_every_plot_is_well_formed_named_and_described():
    for figure in figures()[1]:
        root = ET.fromstring(str(figure.svg))
        named = {one.get("id"): one.text for one in root if one.tag in ("title", "desc")}
        assert root.get("role") == "img"
        assert all(named[name] for name in root.get("aria-labelledby").split())
        numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', str(figure.svg))
        assert all(float(one) >= 0 for one in numbers), "something stands outside of the plot"


def test_the_bars_of_outcomes_are_as_long_as_their_counts():
    run, (_, outcomes, *_) = figures()
    root = ET.fromstring(str(outcomes.svg))
    bars = [(one.get("class").split("o-")[1], float(one.get("width")) + 1.5) for one in root.iter("rect")]
    whole = svg.WIDTH - 16 - plots.LEFT
    cells = [cell for cell in run.summaries if cell.reading == "hybrid"]
    expected = [(name, whole * count / cell.n) for cell in cells for name, count in cell.outcomes.items() if count]
    assert [name for name, _ in bars] == [name for name, _ in expected]
    assert [length for _, length in bars] == pytest.approx([length for _, length in expected], abs=0.11)


def test_two_runs_are_drawn_against_one_another_with_their_paired_test(tmp_path):
    worse = [right(number=number, benchmark="gsm8k") for number in range(60)]
    wrong = scored(("pot", "5", "wrong"), ("cot", "5", "wrong"), answer="5", outcome="wrong")
    for number in range(0, 60, 2):
        worse[number] = record(pot("5"), cot("5"), number=number, benchmark="gsm8k", scores=wrong)
    better = [right(number=number, benchmark="gsm8k") for number in range(60)]
    runs = [
        view.load_run(on_disk(tmp_path, records, model=name, benchmarks={"gsm8k": {}}))
        for name, records in (("a", worse), ("b", better))
    ]
    page = view.page(runs)
    assert "gsm8k +50.0*" in page
    assert re.search(r"p = \S+, significant, 60 problems", page)


def test_runs_that_differ_in_a_factor_are_shown_as_an_ablation_with_shades(tmp_path):
    few = [
        one if number % 3 else right(number=number, benchmark="gsm8k") for number, one in enumerate(drawn_records(60))
    ]
    sets = ((drawn_records(60), "G"), (few, "G+M"))
    found = [view.load_run(on_disk(tmp_path, records, factors={"subset": name})) for records, name in sets]
    page = view.page(found)
    assert re.search(r"<caption>[^<]*(mixture|subset)", page)
    assert re.search(r'<td class="figure up d[1-6]">', page)


def test_ticks_are_round_and_an_axis_holds_its_values():
    assert svg.Scale(0, 25, 0, 100).ticks() == [0, 5, 10, 15, 20, 25]
    assert svg.ceiling([23.9], 100) == 25
    assert svg.ceiling([99.2], 100) == 100
    assert svg.ceiling([], 100) > 0


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """As WCAG 2.2 defines it."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


COLOURS = {
    found[1]: (found[2], found[3]) for found in re.finditer(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", STYLE)
}
OUTCOMES = ("correct", "wrong", "no_answer", "truncated", "fault")
TEXTS = [
    (name, ground) for name in ("ink", "muted", "accent", "failed") for ground in ("bg", "surface", "sunk", "selected")
]
TEXTS += (
    [(name, "sunk") for name in COLOURS if name.startswith("py-")]
    + [(f"{name}-on", name) for name in OUTCOMES]
    + [("ink", "found")]
)
MARKS = [(name, "surface") for name in COLOURS if re.fullmatch(r"s\d|focus", name)] + [("focus", "bg")]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "ground", "least"), [(*one, 4.5) for one in TEXTS] + [(*one, 3.0) for one in MARKS])
def test_texts_and_marks_have_the_contrast_that_wcag_asks_for(scheme, name, ground, least):
    assert contrast(COLOURS[name][scheme], COLOURS[ground][scheme]) >= least


def test_every_colour_of_the_style_sheet_stands_in_the_list_that_is_tested():
    rest = re.sub(r"--[\w-]+: light-dark\([^)]*\);", "", STYLE)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=[;, )])", rest)
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) - {"sans", "mono", "depth"} <= set(COLOURS)


def test_the_command_writes_the_page_and_says_where(tmp_path, capsys):
    path = on_disk(tmp_path / "results", drawn_records(6))
    target = tmp_path / "deep" / "page.html"
    assert main(["view", str(path), "--output", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert len(data_of(target.read_text(encoding="utf-8"))["records"]) == 6


def test_the_command_takes_every_run_of_the_store_by_default(tmp_path, capsys):
    for name in ("a", "b"):
        on_disk(tmp_path / "results", drawn_records(6), model=name)
    target = tmp_path / "page.html"
    assert main(["view", "--results-dir", str(tmp_path / "results"), "--output", str(target)]) == 0
    assert len(data_of(target.read_text(encoding="utf-8"))["runs"]) == 2


@pytest.mark.parametrize("records", [[], ["void"]], ids=["no records", "void records alone"])
def test_a_run_without_records_that_count_has_a_page_all_the_same(tmp_path, records):
    broken = {"exact": Score("exact", None, "fault", None, ())}
    kept = [record(number=0, benchmark="gsm8k", fault="EngineError: gone", scores=broken) for _ in records]
    page = view.page([view.load_run(on_disk(tmp_path / name, kept)) for name in ("a", "b")])
    assert len(data_of(page)["records"]) == 2 * len(kept)


@pytest.mark.parametrize(
    ("words", "said"), [(["--results-dir", "nowhere"], "no runs"), (["--samples", "-1"], "--samples -1")]
)
def test_what_cannot_be_shown_is_said(tmp_path, capsys, words, said):
    assert main(["view", *words, "--output", str(tmp_path / "page.html")]) == 2
    assert said in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_said(tmp_path, capsys):
    path = on_disk(tmp_path / "results", drawn_records(6))
    assert main(["view", str(path), "--output", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
