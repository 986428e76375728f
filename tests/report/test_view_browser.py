"""The page in a real Chromium: hostile text, filters and their time, keyboard, narrow screens, assistive technology."""

import json
import re
import struct
import time

import pytest
from builders import cot, pot, record, scored
from checkout import DATA, ROOT, load_tool
from view_runs import drawn_records, on_disk, seen

from mammoth_eval.report import view

chromium = load_tool("browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: install one, or name it in MAMMOTH_BROWSER"),
]
RECORDS = 20_000
ATTACK = "</script><script>window.ran = 1</script><img src=http://example.org/x onerror='window.ran = 2'><!-- <script>"


@pytest.fixture(scope="module")
def browser():
    with chromium.Browser(chromium.find()) as started:
        yield started


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A page with 20,000 records, and the records."""
    folder = tmp_path_factory.mktemp("large")
    records = drawn_records(RECORDS)
    return view.write([seen(folder, records)], folder / "report.html"), records


CLEAR = """FILTER.choice = {}; FILTER.text = FILTER.grader = byId('search').value = ''; location.hash = 'samples';
           LIST.at = -1; document.activeElement.blur(); buildColumns(); drawFacets(); refresh()"""


@pytest.fixture
def page(browser, large):
    """The large page at its samples, with no filter; the records."""
    browser.size(1280, 860)
    if browser.run("location.href").partition("#")[0] != large[0].as_uri():
        browser.open(large[0], "#samples")
    browser.run(CLEAR)
    browser.wait("document.body.dataset.view === 'samples'")
    return large[1]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A page with two runs of the same problems."""
    folder = tmp_path_factory.mktemp("small")
    runs = [view.load_run(on_disk(folder, drawn_records(30), model=name)) for name in ("one", "other")]
    return view.write(runs, folder / "report.html")


def at(browser, path, place):
    """Be at a place of the page `path`, opened anew only where another page is open."""
    if browser.run("location.href").partition("#")[0] != path.as_uri():
        browser.open(path)
    browser.run(f"location.hash = {json.dumps(place)}")
    browser.wait(f"document.body.dataset.view === {json.dumps(place)}")


def shown(browser):
    return int(browser.run("byId('count').textContent.split(' ')[0].replaceAll(',', '')"))


def hybrid(record):
    return record.scores["exact"]


def select(browser, facet, value):
    browser.run(f"byId('facet-{facet}').value = {json.dumps(value)}")
    browser.run(f"byId('facet-{facet}').dispatchEvent(new Event('change'))")


def search(browser, text):
    """Type into the search box, wait for the list, and say how long the filter took in milliseconds."""
    browser.run("delete document.body.dataset.filterMs")
    browser.run(
        f"(() => {{ const one = byId('search'); one.value = {json.dumps(text)}; one.dispatchEvent(new "
        f"Event('input')); }})()"
    )
    return float(browser.wait("document.body.dataset.filterMs"))


def test_a_script_in_what_a_model_wrote_is_shown_and_does_not_run(browser, tmp_path):
    scores = scored(("pot", ATTACK, "wrong"), ("cot", ATTACK, "wrong"), answer=ATTACK, outcome="wrong")
    attempts = pot(ATTACK, ATTACK, program=ATTACK, text=ATTACK + "x"), cot(ATTACK, text=ATTACK)
    hostile = record(
        *attempts,
        benchmark=ATTACK,
        question=ATTACK,
        gold=ATTACK,
        scores=scores,
        meta={ATTACK: ATTACK},
        choices=(ATTACK,),
    )
    path = view.write([seen(tmp_path, [hostile], model=ATTACK)], tmp_path / "report.html")
    browser.open(path, "#samples")
    assert browser.run("byId('sample').querySelector('.question').textContent") == ATTACK
    texts = browser.run("[...byId('sample').querySelectorAll('pre')].map((one) => one.textContent)")
    assert texts.count(ATTACK) == 3, "program, output and words"
    assert browser.run("window.ran") is None
    assert browser.run("document.querySelectorAll('img, iframe, object').length") == 0
    assert browser.run("document.scripts.length") == 1
    assert browser.requests == [path.as_uri() + "#samples"] or browser.requests == [path.as_uri()]


def test_no_request_leaves_the_page_and_its_policy_would_stop_one(browser, page, large):
    browser.open(large[0], "#samples")
    for key in ("j", "j", "1", "2", "/"):
        browser.press(key)
    assert [one.partition("#")[0] for one in browser.requests] == [large[0].as_uri()]
    assert browser.messages == []
    assert browser.run("fetch('data:,x').then(() => 'loaded', () => 'refused')") == "refused"
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 3'}))"
    )
    assert browser.run("window.ran") is None


FACETS = {
    "benchmark": ("aqua", lambda one: one.problem.benchmark == "aqua"),
    "path": ("cot", lambda one: hybrid(one).path == "cot"),
    "failure": ("NameError", lambda one: one.attempts[0].answer is None),
    "graders": (
        "differ",
        lambda one: (hybrid(one).outcome == "correct") != (one.scores["mammoth"].outcome == "correct"),
    ),
}


@pytest.mark.parametrize("facet", FACETS)
def test_a_filter_shows_the_records_that_it_names_and_no_others(browser, page, facet):
    value, holds = FACETS[facet]
    select(browser, facet, value)
    wanted = [number for number, one in enumerate(page) if holds(one)]
    assert 0 < len(wanted) < RECORDS
    assert browser.run("LIST.shown") == wanted


def test_outcomes_run_and_several_filters_work_together(browser, page):
    browser.run("document.querySelector('[data-outcome=wrong]').click()")
    select(browser, "benchmark", "svamp")
    wanted = [one for one in page if hybrid(one).outcome == "wrong" and one.problem.benchmark == "svamp"]
    assert shown(browser) == len(wanted)
    assert browser.run("document.querySelector('[data-outcome=wrong]').getAttribute('aria-pressed')") == "true"
    browser.run("document.querySelector('[type=reset]').click()")
    browser.wait(f"LIST.shown.length === {RECORDS}")


def test_the_counts_beside_the_choices_say_what_choosing_gives(browser, page):
    select(browser, "benchmark", "aqua")
    said = int(browser.run("document.querySelector('[data-outcome=correct] .tally').textContent.replaceAll(',', '')"))
    browser.run("document.querySelector('[data-outcome=correct]').click()")
    assert said == shown(browser) > 0


def test_the_other_graders_outcomes_can_be_shown(browser, page):
    select(browser, "grader", "mammoth")
    browser.run("document.querySelector('[data-outcome=correct]').click()")
    assert shown(browser) == sum(one.scores["mammoth"].outcome == "correct" for one in page)


@pytest.mark.parametrize("text", ["BOXES twelve", "total = 4711", "level 3", "svamp/77", "nothing says this"])
def test_search_finds_every_word_in_questions_programs_and_answers(browser, page, text):
    search(browser, text)

    def said(one):
        parts = [
            one.problem.id,
            one.problem.question,
            *one.problem.meta.values(),
            *(a.completion.text for a in one.attempts),
        ]
        return "\n".join(parts).lower()

    wanted = sum(all(word in said(one) for word in text.lower().split()) for one in page)
    assert shown(browser) == wanted


FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def task_ms(browser, action):
    """What `action` and the frame after it cost the page's thread, layout included.

    Its own time, on a busy machine too.
    """

    def spent():
        return next(
            one["value"] for one in browser.call("Performance.getMetrics")["metrics"] if one["name"] == "TaskDuration"
        )

    before = spent()
    browser.run(f"(async () => {{ {action}; await {FRAME}; }})()")
    return 1000 * (spent() - before)


def test_filters_and_search_take_less_than_200_ms_with_20000_records(browser, large):
    browser.call("Performance.enable", timeDomain="threadTicks")
    browser.size(1280, 860)
    browser.open(large[0], "#samples")
    words = ("apples 1999", "seven boxes", "total", "zzz", "return total 7", "")
    actions = {f"search {text!r}": f"FILTER.text = {json.dumps(text)}; refresh()" for text in words}
    actions |= {
        f"{facet} {value}": f"pick({json.dumps(facet)}, {json.dumps(value)})" for facet, (value, _) in FACETS.items()
    }
    taken = {name: task_ms(browser, action) for name, action in actions.items()}
    print({name: round(value) for name, value in taken.items()})
    assert max(taken.values()) < 200, taken


def test_only_the_rows_in_sight_are_in_the_document_and_the_last_can_be_reached(browser, page):
    assert browser.run("document.querySelectorAll('.row').length") < 50
    browser.run("byId('list').scrollTop = byId('list').scrollHeight")
    last = browser.wait(f"document.getElementById('row-{RECORDS - 1}')?.querySelector('.row-id').textContent")
    assert last == page[-1].problem.id


def test_the_keyboard_alone_goes_through_the_samples(browser, page):
    def title():
        return browser.run("byId('sample-title').textContent")

    assert title() == page[0].problem.id
    browser.type("jjk")
    assert title() == page[1].problem.id
    browser.press("/")
    browser.type("total")
    browser.wait("FILTER.text === 'total'")
    assert browser.run("byId('search').value") == "total", "letters that are keys elsewhere are text here"
    browser.press("Escape")
    assert browser.run("document.activeElement.id") == "list"
    browser.press("End")
    assert title() == page[-1].problem.id
    assert (
        browser.run(
            "document.getElementById(byId('list').getAttribute('aria-activedescendant')).getAttribute('aria-selected')"
        )
        == "true"
    )
    browser.press("Enter")
    assert browser.run("document.activeElement.id") == "sample"
    browser.press("?")
    assert browser.run("byId('help').open")
    browser.press("Escape")
    browser.press("1")
    browser.wait("document.body.dataset.view === 'results'")


def test_the_first_tab_leads_to_the_content_and_every_stop_is_seen(browser, small):
    browser.open(small)
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    for _ in range(12):
        browser.press("Tab")
        seen = browser.run(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + "
            "parseFloat(s.outlineWidth); })()"
        )
        assert seen == "solid2", browser.run("document.activeElement.outerHTML.slice(0, 200)")


def test_the_address_leads_to_a_sample(browser, page, large):
    browser.open(large[0], "#samples=1:aqua/41")
    assert browser.run("byId('sample-title').textContent") == "aqua/41"
    browser.press("j")
    address = browser.wait("decodeURIComponent(location.hash).endsWith('aqua/41') ? '' : location.hash")
    title = browser.run("byId('sample-title').textContent")
    browser.open(large[0], address)
    assert browser.run("byId('sample-title').textContent") == title != "aqua/41"


def test_a_sample_leads_to_the_same_problem_in_the_other_run(browser, small):
    browser.open(small, "#samples")
    assert browser.run("document.querySelectorAll('.others button').length") == 1
    browser.run("document.querySelector('.others button').click()")
    assert browser.run("DATA.records[LIST.shown[LIST.at]].run") == 1


RULES = (DATA / "view_rules.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["results", "samples"])
@pytest.mark.parametrize("rule", re.findall(r"^  \"(.*)\":", RULES, re.M))
def test_assistive_technology_is_told(browser, small, place, rule):
    at(browser, small, place)
    assert browser.run(f"({RULES})[{json.dumps(rule)}]().map((one) => one.outerHTML.slice(0, 200))") == []


def test_the_page_has_one_main_a_banner_and_named_navigation_and_says_its_language(browser, small):
    browser.open(small)
    assert browser.run("document.querySelectorAll('main').length") == 1
    assert browser.run("document.querySelector('nav').getAttribute('aria-label')")
    assert browser.run("document.documentElement.lang") == "en"
    assert browser.run("byId('count').getAttribute('aria-live')") == "polite"
    assert browser.run("document.querySelector('nav [aria-current=page]').dataset.view") == "results"


@pytest.mark.parametrize("place", ["results", "samples"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser, small, place, width):
    browser.size(width, 800)
    at(browser, small, place)
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_colours_follow_the_system_until_the_switch_says_otherwise(browser, small):
    def ground():
        return browser.run("getComputedStyle(document.body).backgroundColor")

    browser.open(small)
    browser.run("setTheme('auto')")
    grounds = []
    for scheme in ("light", "dark"):
        browser.colours(scheme)
        grounds.append(ground())
    light, dark = grounds
    assert light != dark
    browser.run("byId('theme').click()")
    assert ground() == light
    browser.open(small)
    assert ground() == light, "the choice is kept"
    browser.run("byId('theme').click()")
    browser.colours("light")
    assert ground() == dark
    browser.run("setTheme('auto')")


def test_on_paper_the_tables_stand_without_the_controls(browser, small):
    browser.open(small)
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        hidden = browser.run(
            "['.top', '#filters', '.skip'].every((one) => !document.querySelector(one).getClientRects().length)"
        )
        assert hidden
        assert browser.run("document.querySelector('table').getClientRects().length") == 1
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")


def test_a_program_keeps_every_character_when_it_is_coloured(browser, small):
    browser.open(small, "#samples")
    text = "def f(x):\n    '''doc \\''' # no\n    return f\"{x!r}\\n\" + r'\\d' # ünï\n\"open\n0x1F 1_000.5e-3j 数 = '"
    browser.run(f"window.made = make('pre', {{}}, pythonNodes({json.dumps(text)}))")
    assert browser.run("made.textContent") == text
    assert browser.run("made.querySelector('.py-word').textContent") == "def"


def test_a_long_program_of_quotes_is_coloured_in_no_time(browser, small):
    browser.open(small, "#samples")
    for text in ("'" * 100_000, '"""' * 30_000, "'\\" * 50_000, "1" * 100_000 + "x", "f" * 100_000 + "("):
        begin = time.monotonic()
        browser.run(f"pythonNodes({json.dumps(text)}).length")
        assert time.monotonic() - begin < 2, text[:10]


def test_the_screenshot_of_the_readme_is_taken_from_the_real_page(tmp_path):
    run = on_disk(tmp_path / "results", drawn_records(40))
    target = tmp_path / "view.png"
    assert load_tool("screenshot").main([str(run), "--output", str(target)]) == 0
    content = target.read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert (width, height) == (1600, 1000)
    assert len(content) < 300_000


def test_the_committed_screenshot_is_small_enough_for_a_readme():
    assert 20_000 < (ROOT / "docs" / "view.png").stat().st_size < 300_000
