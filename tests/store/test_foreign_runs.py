"""A run folder may be somebody else's.

No reader writes outside the output that the user named, whatever names it holds.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from builders import cot, pot, record, scored
from read_mutants import READERS as EVERY_READER
from view_runs import on_disk

from mammoth_eval import cli, prompts
from mammoth_eval.errors import StoreError
from mammoth_eval.report.results import save, summarize_run
from mammoth_eval.store import Rescoring, RunFolder, load_records, load_run

SECRET = "the user's own file\n"
FEWSHOT = prompts.get("fewshot")
NAMES = {
    "upwards": "../../victim",
    "upwards from the folder of exemplars": "exemplars/../../../victim",
    "absolute": "{home}/victim",
    "absolute behind the folder of exemplars": "exemplars/{home}/victim",
    "with a NUL": "exemplars/a\0b.toml",
    "very long": "a" * 5000,
    "the folder": "exemplars/",
    "this folder": ".",
    "the folder above": "exemplars/..",
    "empty": "",
    "a folder": "exemplars/sub/gsm.toml",
    "control sequences": "exemplars/\x1b[2J.toml",
}
READERS = {name: words for name, words in EVERY_READER.items() if name != "report --skip-damaged"}
READERS["grade"] = ["grade", "{run}"]


def solved(number, benchmark="gsm8k"):
    scores = {}
    for grader in ("exact", "mammoth"):
        scores |= scored(("pot", "4", "correct"), ("cot", "4", "correct"), grader=grader)
    return record(pot(), cot(), number=number, benchmark=benchmark, scores=scores)


@pytest.fixture
def home(tmp_path):
    """A home with a file of the user's, and two runs below ``in/results``."""
    (tmp_path / "victim").write_text(SECRET)
    (tmp_path / "out").mkdir()
    return tmp_path


def make(home, name="m", benchmark="gsm8k", **spec):
    asked = {
        "prompt": "fewshot",
        "prompt_hash": FEWSHOT.hash,
        "prompt_text": FEWSHOT.source,
        "prompt_files": FEWSHOT.files,
    }
    records = [solved(0, benchmark), solved(1, benchmark)]
    sets = {benchmark: {"n": 2, "policy": {}}}
    return on_disk(home / "in" / "results", records, model=name, rules="exact", benchmarks=sets, **{**asked, **spec})


def crafted(home, change):
    """A run whose ``run.json`` was changed by hand."""
    run = make(home)
    content = json.loads((run / "run.json").read_text())
    change(content["spec"])
    (run / "run.json").write_text(json.dumps(content))
    return run


def with_file(home, name):
    text = SECRET.replace("user", "attacker")
    return crafted(home, lambda spec: spec["prompt_files"].update({name.format(home=home): text}))


def files(home):
    return {path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def mammoth_eval(words, home, **other):
    words = [sys.executable, "-m", "mammoth_eval", *words]
    return subprocess.run(words, cwd=home / "out", capture_output=True, text=True, timeout=60, check=False, **other)


def is_refused(code, said, *words):
    """One line that names what is wrong, and a code for it."""
    lines = said.splitlines()
    assert (code in (1, 2), len(lines)) == (True, 1), said
    for word in words:
        assert word in lines[0]
    assert lines[0].startswith("mammoth-eval ")
    assert lines[0].isprintable()


@pytest.mark.parametrize("reader", ["view", "export lm-eval", "diff", "grade"])
def test_a_reader_that_is_started_on_a_crafted_run_says_so_in_one_line_and_writes_nothing(home, reader):
    run, other = with_file(home, "../../victim"), make(home, "other")
    before = files(home)
    done = mammoth_eval([word.format(out=home / "out", run=run, other=other) for word in READERS[reader]], home)
    is_refused(done.returncode, done.stderr, "run.json: prompt_files: '../../victim' leads to another folder")
    assert files(home) == before


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_in_a_run_overwrites_a_file(home, name, capsys):
    """Every reader in this process: as the command line calls it."""
    run, other = with_file(home, name), make(home, "other")
    before = files(home)
    for words in READERS.values():
        code = cli.main([word.format(out=home / "out", run=run, other=other) for word in words])
        is_refused(code, capsys.readouterr().err, "run.json: prompt_files: ", "expected a plain file name")
    assert files(home) == before


@pytest.mark.parametrize("reader", READERS)
def test_a_run_that_nobody_changed_is_read_by_all_of_them(home, reader, capsys):
    run, other = make(home), make(home, "other")
    assert cli.main([word.format(out=home / "out", run=run, other=other) for word in READERS[reader]]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert (home / "victim").read_text() == SECRET


OTHER_VERSIONS = {
    "older": lambda spec: [spec.pop(name) for name in ("preset", "factors", "train")],
    "newer": lambda spec: spec.update(effort="high", tools=[{"name": "python"}]),
}


@pytest.mark.parametrize("change", OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
@pytest.mark.parametrize("reader", READERS)
def test_a_run_of_another_version_is_read_by_all_of_them(home, reader, change, capsys):
    run, other = crafted(home, change), make(home, "other")
    code = cli.main([word.format(out=home / "out", run=run, other=other) for word in READERS[reader]])
    assert code == 0, capsys.readouterr().err


def test_a_setting_of_a_newer_version_is_a_difference_between_runs(home, capsys):
    run, other = crafted(home, OTHER_VERSIONS["newer"]), make(home, "other")
    assert cli.main(["compare", str(run), str(other)]) == 0
    assert re.search(r"spec\.effort +high", capsys.readouterr().out)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("samples", "3", "run.json: Expected `int`, got `str` - at `$.spec.samples`"),
        ("benchmarks", [], "run.json: Expected `object`, got `array` - at `$.spec.benchmarks`"),
        ("sampling", None, "run.json: Expected `object`, got `null` - at `$.spec.sampling`"),
    ],
)
def test_a_setting_of_another_type_is_said_in_one_line(home, reader, name, value, said, capsys):
    run, other = crafted(home, lambda spec: spec.update({name: value})), make(home, "other")
    code = cli.main([word.format(out=home / "out", run=run, other=other) for word in READERS[reader]])
    is_refused(code, capsys.readouterr().err, said)


@pytest.mark.parametrize("reader", ["grade", "audit"])
@pytest.mark.parametrize("policy", [None, {"decimals": "some"}, 3])
def test_a_policy_that_is_none_is_said_in_one_line(home, reader, policy, capsys):
    run = make(home, benchmark="of-their-own")
    content = json.loads((run / "run.json").read_text())
    content["spec"]["benchmarks"]["of-their-own"]["policy"] = policy
    (run / "run.json").write_text(json.dumps(content))
    is_refused(cli.main([reader, str(run)]), capsys.readouterr().err, "the policy of of-their-own cannot be read")


def test_a_run_with_files_of_exemplars_is_exported_with_the_prompts_that_it_asked(home):
    run = make(home)
    assert cli.main(["export", str(run), "--format", "jsonl", "--output", str(home / "out" / "rows.jsonl")]) == 0
    rows = [json.loads(line) for line in (home / "out" / "rows.jsonl").read_text().splitlines()]
    problems = [one.problem for one in load_records(run)]
    asked = [FEWSHOT.query(problem, method, family="gsm").text for problem in problems for method in ("pot", "cot")]
    assert [row["prompt"] for row in rows] == asked


def test_a_stored_prompt_is_read_without_writing_a_file(home):
    run = make(home)
    script = (
        "import sys; from pathlib import Path; from mammoth_eval import store\n"
        "from mammoth_eval.report.asked import asked\n"
        "sys.addaudithook(lambda event, args: sys.exit(f'{event} {args}') if event == 'open' and 'w' in str(args[1]) "
        "else None)\n"
        "print(asked(store.load_run(Path(sys.argv[1])).spec).prompt.hash)"
    )
    done = subprocess.run([sys.executable, "-c", script, run], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (FEWSHOT.hash, "")


@pytest.mark.parametrize(
    ("benchmark", "decoding", "model", "word"),
    [
        ("../../../victim", "both", "m", "leads to another folder"),
        ("/../../victim", "both", "m", "leads to another folder"),
        ("a\0b", "both", "m", "characters that no file name should have"),
        ("a" * 300, "both", "m", "is longer than 255 bytes"),
        ("gsm8k", "both", "..", "names no file"),
        ("gsm8k", "both", "a" * 300, "is longer than 255 bytes"),
    ],
)
def test_no_name_in_a_run_leads_out_of_the_folder_of_an_export(home, benchmark, decoding, model, word, capsys):
    run = make(home, benchmark=benchmark, decoding=decoding)
    content = json.loads((run / "run.json").read_text())
    content["spec"]["model"] = model
    (run / "run.json").write_text(json.dumps(content))
    before = files(home)
    out = home / "out" / "logs"
    (out / model[:200] / "samples_").mkdir(parents=True)
    code = cli.main(["export", str(run), "--format", "lm-eval", "--output", str(out)])
    is_refused(code, capsys.readouterr().err, str(run), word)
    assert {path: content for path, content in files(home).items() if not path.is_relative_to(out)} == before
    cli.main(["export", str(run), "--format", "every-eval-ever", "--output", str(home / "out" / "eee")])
    outside = [path for path in files(home) if not path.is_relative_to(home / "out") and path not in before]
    assert (outside, (home / "victim").read_text()) == ([], SECRET)


@pytest.mark.parametrize(("form", "count"), [("lm-eval", 4), ("every-eval-ever", 2)])
def test_an_export_writes_through_no_link_that_lies_in_its_folder(home, form, count, capsys):
    run, out = make(home), home / "out" / "logs"
    export = ["export", str(run), "--format", form, "--output", str(out)]
    assert cli.main(export) == 0
    written = [path for path in out.rglob("*") if path.is_file()]
    for path in written:
        kept = path.read_bytes()
        path.unlink()
        path.symlink_to(home / "victim")
        capsys.readouterr()
        is_refused(cli.main(export), capsys.readouterr().err, str(path), "is a symbolic link")
        path.unlink()
        path.write_bytes(kept)
    assert len(written) == count
    assert (home / "victim").read_text() == SECRET


def test_a_page_without_a_name_is_not_written_through_a_link_that_lies_here(home, capsys, monkeypatch):
    run = make(home)
    (home / "out" / "report.html").symlink_to(home / "victim")
    monkeypatch.chdir(home / "out")
    is_refused(cli.main(["view", str(run)]), capsys.readouterr().err, "report.html: is a symbolic link")
    assert (home / "victim").read_text() == SECRET


@pytest.mark.parametrize("name", ["a\0b", "..\\..\\victim", "a" * 300])
def test_a_saved_summary_is_not_saved_again_under_a_name_that_is_no_file_name(home, name):
    named = replace(summarize_run(make(home)), run=name)
    with pytest.raises(StoreError, match=r"out: the summary of a run: .* expected a plain file name"):
        save(named, home / "out")


def test_a_saved_summary_takes_the_place_of_no_linked_file(home):
    summary = summarize_run(make(home))
    path = save(summary, home / "out")
    path.unlink()
    path.symlink_to(home / "victim")
    with pytest.raises(StoreError, match="is a symbolic link"):
        save(summary, home / "out")


@pytest.mark.parametrize("entry", ["lock", "records.jsonl"])
@pytest.mark.parametrize("kind", ["file", "dangling", "folder", "pipe"])
def test_a_run_is_not_written_through_what_is_no_file_of_its_own(home, entry, kind):
    run = make(home)
    spec = load_run(run).spec
    path, elsewhere = run / entry, home / "elsewhere"
    path.unlink()
    {
        "file": lambda: path.symlink_to(home / "victim"),
        "dangling": lambda: path.symlink_to(elsewhere),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
    }[kind]()
    with pytest.raises(StoreError, match=rf"{entry}: (is a symbolic link|cannot be written)"):
        RunFolder(home / "in" / "results", spec)
    if entry == "lock":
        with pytest.raises(StoreError, match=r"lock: (is a symbolic link|cannot be written)"):
            Rescoring(run)
    assert ((home / "victim").read_text(), elsewhere.exists()) == (SECRET, False)


def test_a_new_scoring_writes_through_no_link(home):
    run = make(home)
    for name in ("records.jsonl.new", "run.json.new"):
        (run / name).symlink_to(home / "victim")
    assert cli.main(["grade", str(run)]) == 0
    assert (home / "victim").read_text() == SECRET
    assert sorted(path.name for path in run.iterdir()) == ["lock", "records.jsonl", "run.json"]


@pytest.mark.parametrize("reader", ["report", "view", "diff"])
def test_a_run_without_records_is_said_to_be_so(home, reader, capsys):
    run, other = make(home), make(home, "other")
    (run / "records.jsonl").unlink()
    code = cli.main([word.format(out=home / "out", run=run, other=other) for word in READERS[reader]])
    is_refused(code, capsys.readouterr().err, "records.jsonl: cannot be read: No such file")


@pytest.mark.parametrize("files_said", [[], 3, "x", {"gsm.toml": 3}])
def test_files_of_exemplars_that_are_no_texts_are_said(home, files_said, capsys):
    run = crafted(home, lambda spec: spec.update(prompt_files=files_said))
    code = cli.main(["view", str(run), "--output", str(home / "out" / "page.html")])
    is_refused(code, capsys.readouterr().err, "run.json: Expected ", "$.spec.prompt_files")
