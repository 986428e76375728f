"""What a suite will need is told before anything is trained; files of pinned addresses."""

import hashlib
import http.server
import threading
from functools import partial
from pathlib import Path

import msgspec
import pytest

from mammoth_eval.cli import main
from mammoth_eval.errors import BenchmarkError, DataError
from mammoth_eval.training import download, outline, prepare, sources, suite

SUITE = """
description = "Small"
budget = "seconds"
base = "some/model"
mixtures = ["mine.toml"]
seeds = [0]
recipe = "small-cpu"
benchmarks = ["gsm8k"]
baseline = "mine"
"""


@pytest.mark.parametrize("name", suite.names())
def test_all_that_a_suite_of_ours_needs_is_known_and_its_rows_are_counted(name, data_dir):
    chosen = suite.get(name)
    lines = list(outline.lines(chosen, data_dir))
    mixtures = [line for line in lines if line.startswith("mixture ")]
    assert len(mixtures) == len(chosen.mixtures)
    assert all(": 5,000 rows: " in line for line in mixtures)
    assert not any("nowhere" in line for line in lines)


@pytest.mark.parametrize("name", suite.names())
def test_a_machine_without_data_can_fetch_all_that_a_suite_of_ours_needs(name, tmp_path):
    outline.check(suite.get(name), tmp_path)


@pytest.mark.parametrize("name", sorted(sources.SOURCES))
def test_every_source_is_on_the_hub_or_at_a_pinned_address_or_made_here(name):
    source = sources.get(name)
    assert source.hub or source.make or (source.address and len(source.sha256) == 64)


def test_a_dry_run_names_base_recipe_sources_mixtures_and_benchmarks(data_dir, capsys):
    assert main(["suite", "subsets-gpu", "--dry-run", "--data-dir", str(data_dir)]) == 0
    told = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert told[:2] == ["base smollm2-135m-instruct", "recipe small-gpu"]
    assert [line for line in told if line.startswith("mixture")] == ["mixture g", "mixture g_s", "mixture g_s_m"]
    assert told[-2:] == ["benchmark gsm8k", "benchmark svamp"]


def own_suite(folder, source, more=""):
    folder.mkdir()
    (folder / "mine.toml").write_text(f'{more}\n[[sources]]\nname = "{source}"\n')
    (folder / "suite.toml").write_text(SUITE)
    return suite.get(str(folder / "suite.toml"))


def test_rows_that_can_be_had_nowhere_are_named_before_anything_is_trained(tmp_path):
    with pytest.raises(DataError, match=r"mixture mine: source .*none\.jsonl: nowhere: no file .*none\.jsonl"):
        outline.check(own_suite(tmp_path / "own", "none.jsonl"), tmp_path)


def test_rows_that_are_too_few_are_named_before_anything_is_trained(tmp_path, data_dir):
    with pytest.raises(DataError, match="mixture mine: gsm8k-pot must give 8000 of 8000 rows and has 7473"):
        outline.check(own_suite(tmp_path / "own", "gsm8k-pot", "size = 8000"), data_dir)


def test_rows_that_a_cap_leaves_too_few_are_named(tmp_path, data_dir):
    chosen = own_suite(tmp_path / "own", "gsm8k-pot", "size = 100")
    with (tmp_path / "own" / "mine.toml").open("a") as file:
        file.write("cap = 10\n")
    with pytest.raises(DataError, match="mixture mine: gsm8k-pot must give 100 of 100 rows and has 10"):
        outline.check(chosen, data_dir)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SUITE.replace("seeds", "seed"), r"suite\.toml:6: unknown key 'seed'; did you mean 'seeds'\?"),
        (SUITE.replace("[0]", "[]"), r"suite\.toml:6: seeds = \[\], expected a list with something in it"),
        (SUITE.replace("[0]", "[true]"), r"suite\.toml:6: seeds = \[True\], expected a list of whole numbers"),
        (SUITE.replace("baseline", "#"), r"suite\.toml: key 'baseline' is missing"),
        (SUITE.replace('= "mine"', '= "other"'), r"suite\.toml:9: baseline 'other' is none of its mixtures, mine"),
        (SUITE + "[settings]\nepoch = 1", r"suite\.toml:11: unknown key 'settings\.epoch'; did you mean 'epochs'"),
        (SUITE + "[settings]\nbf16 = 1", r"suite\.toml:11: settings\.bf16 = 1, expected a value of type bool"),
    ],
)
def test_a_suite_that_cannot_be_run_names_the_line(tmp_path, text, message):
    (tmp_path / "mine.toml").write_text('[[sources]]\nname = "gsm8k-pot"\n')
    (tmp_path / "suite.toml").write_text(text)
    with pytest.raises(DataError, match=message):
        suite.read(tmp_path / "suite.toml")


def test_a_row_that_cannot_be_read_stops_no_suite(tmp_path):
    chosen = own_suite(tmp_path / "own", "rows.jsonl")
    (tmp_path / "own" / "rows.jsonl").write_text(
        '{"source": "CoT/a", "instruction": "How many?", "output": "4"}\n{"sour\n'
    )
    outline.check(chosen, None)
    assert any(": 2 rows: " in line for line in outline.lines(chosen, None))


@pytest.fixture
def server(tmp_path):
    """A real server for the files of a folder: its address and the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    folder = tmp_path / "www"
    folder.mkdir()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", folder
    httpd.shutdown()
    thread.join()
    httpd.server_close()


HASH = hashlib.sha256(b"rows").hexdigest()


def test_a_file_is_fetched_once(server, tmp_path):
    address, folder = server
    (folder / "rows.json").write_text("rows")
    for _ in range(2):
        found = download.fetch(f"{address}/rows.json", HASH, tmp_path / "cache" / "rows.json", "train/rows.json")
        assert found.read_text() == "rows"
        Path(folder / "rows.json").unlink(missing_ok=True)


def test_a_file_with_another_hash_is_not_kept(server, tmp_path):
    address, folder = server
    (folder / "rows.json").write_text("others")
    with pytest.raises(DataError, match=rf"/rows\.json: has sha256 .*, expected {HASH}"):
        download.fetch(f"{address}/rows.json", HASH, tmp_path / "rows.json", "train/rows.json")
    assert not (tmp_path / "rows.json").exists()


def test_a_file_that_cannot_be_fetched_says_what_to_give_in_its_place(server, tmp_path):
    address, _ = server
    with pytest.raises(
        DataError, match=r"cannot download .*404.*; without a network give train/rows\.json in --data-dir"
    ) as raised:
        download.fetch(f"{address}/rows.json", HASH, tmp_path / "rows.json", "train/rows.json")
    assert raised.value.exit_code == 1, "nothing was asked wrongly"


BENCHMARK = """
title = "Mine"
paper = "none"
licence = "CC0"
form = "open"
rows = 1
file = "far/{name}.jsonl"
url = "{address}/{name}.jsonl"
sha256 = "{digest}"
[columns]
question = "q"
gold = "a"
"""


@pytest.fixture
def tests_of_a_suite(server, tmp_path, monkeypatch):
    """A suite that is evaluated on one set and compared with it and another; only the first is on the server."""
    monkeypatch.setattr("mammoth_eval.benchmarks.source.check_trust", lambda *args: None)  # the server has no https
    address, folder = server
    row = '{"q": "How many?", "a": "4"}\n'
    (folder / "here.jsonl").write_text(row)
    digest = hashlib.sha256(row.encode()).hexdigest()
    for name in ("here", "gone"):
        (tmp_path / f"{name}.toml").write_text(BENCHMARK.format(name=name, address=address, digest=digest))
    here, gone = str(tmp_path / "here.toml"), str(tmp_path / "gone.toml")
    (tmp_path / "mine.toml").write_text(f'against = ["{here}", "{gone}"]\n[[sources]]\nname = "gsm8k-pot"\n')
    (tmp_path / "suite.toml").write_text(SUITE.replace('["gsm8k"]', f'["{here}"]'))
    return suite.get(str(tmp_path / "suite.toml")), here, gone


def test_the_sets_that_rows_are_compared_with_are_brought_here_and_those_that_cannot_be_are_named(
    tests_of_a_suite, tmp_path
):
    chosen, here, gone = tests_of_a_suite
    assert outline.fetch_tests(chosen, None, tmp_path / "cache") == [gone]
    assert prepare.against([here, gone], None, tmp_path / "cache").names == (here,)


def test_a_set_that_is_evaluated_and_cannot_be_had_is_an_error_before_anything_is_trained(tests_of_a_suite, tmp_path):
    chosen, _, gone = tests_of_a_suite
    with pytest.raises(BenchmarkError, match="cannot download"):
        outline.fetch_tests(msgspec.structs.replace(chosen, benchmarks=(gone,)), None, tmp_path / "cache")
