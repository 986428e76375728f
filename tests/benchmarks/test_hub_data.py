"""Rows of benchmarks from the hub and from pinned addresses, against servers that run here."""

import hashlib
import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import hub_server
import pytest

from mammoth_eval import benchmarks
from mammoth_eval.benchmarks import source
from mammoth_eval.errors import BenchmarkError

LOAD = """
import json, sys
from pathlib import Path
from mammoth_eval.errors import MammothError
from mammoth_eval.plan import make_plan
from mammoth_eval.settings import Settings
for path in sys.argv[1:]:
    try:
        plan = make_plan(Settings(model="m", benchmarks=(path,), engine="openai", cache_dir=Path("cache")))
    except MammothError as error:
        print(json.dumps([str(error), error.exit_code]))
        continue
    (rows,) = (rows for _, rows in plan.problems)
    print(json.dumps([[row.question for row in rows], [one.commit for one in plan.data], plan.spec.folder()]))
"""


@pytest.fixture
def hub(tmp_path):
    with hub_server.serving() as running:
        yield running


def write(home, name, *lines, rows=4, hub="org/sums"):
    """A benchmark of a data set of the hub."""
    (home / name).mkdir(exist_ok=True)
    return str(hub_server.write_toy(home / name, "\n".join([f'hub = "{hub}"', *lines]), rows))


def load(hub, home, *paths, **more):
    """What becomes of each benchmark, in one process.

    Questions, commit, the run's folder; or a message and its exit code.
    """
    words = [sys.executable, "-c", LOAD, *paths]
    done = subprocess.run(
        words, env=hub_server.environment(hub, home, **more), cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_rows_come_from_the_configuration_and_the_commit_that_a_benchmark_names(hub, tmp_path):
    older = hub.add("org/sums", hub_server.make_sums(tmp_path / "older", 4), "dataset")
    newer = hub.add("org/sums", hub_server.make_sums(tmp_path / "newer", 5), "dataset")
    first = write(tmp_path, "first", 'config = "hard"', f'revision = "{older}"')
    short = write(tmp_path, "short", 'config = "hard"', f'revision = "{older[:9]}"')
    last = write(tmp_path, "last", 'config = "easy"', rows=5)
    found = load(hub, tmp_path, first, short, last)
    assert [(len(questions), commits) for questions, commits, _ in found] == [(4, [older]), (4, [older]), (5, [newer])]
    assert found[0][0][0] == "What is 0 + 10?"
    assert found[2][0][0] == "What is 0 + 1?"
    assert not [line for line in hub.requests if "/main" in line], "all is asked for by its commit"


@pytest.mark.slow
def test_the_rows_identify_a_run_and_not_the_commit(hub, tmp_path):
    folder = hub_server.make_sums(tmp_path / "sums", 4)
    older = hub.add("org/sums", folder, "dataset")
    path = write(tmp_path, "first", 'config = "easy"')
    ((_, before, run),) = load(hub, tmp_path, path)
    (folder / "README.md").write_text(hub_server.CARD + "A sentence more.\n")
    newer = hub.add("org/sums", folder, "dataset")
    ((_, after, again),) = load(hub, tmp_path, path)
    assert (before, after) == ([older], [newer])
    assert run == again


@pytest.mark.slow
def test_without_the_hub_rows_come_from_the_cache_and_never_from_another_commit(hub, tmp_path):
    older = hub.add("org/sums", hub_server.make_sums(tmp_path / "older", 4), "dataset")
    hub.add("org/sums", hub_server.make_sums(tmp_path / "newer", 4), "dataset", ref="next")
    newer = hub.add("org/sums", hub_server.make_sums(tmp_path / "newest", 5), "dataset")
    seen = write(tmp_path, "seen", 'config = "easy"', rows=5)
    unseen = write(tmp_path, "unseen", 'config = "easy"', f'revision = "{older}"', rows=5)
    ((questions, commits, _),) = load(hub, tmp_path, seen)
    assert commits == [newer]
    never = write(tmp_path, "never", hub="org/never")
    cached, (said, code), (nothing, failed) = load(hub, tmp_path, seen, unseen, never, HF_HUB_OFFLINE="1")
    assert cached[:2] == [questions, commits]
    assert (code, failed) == (2, 1)
    assert "offline mode is on" in said and newer in said
    assert (
        nothing
        == "never/toy.toml: hub data set org/never: not in the local hub cache, and offline mode is on (HF_HUB_OFFLINE)"
    )


@pytest.mark.slow
def test_a_data_set_that_cannot_be_had_is_one_sentence(hub, tmp_path):
    hub.add("org/sums", hub_server.make_sums(tmp_path / "sums", 4), "dataset")
    hub.add("org/gated", hub_server.make_sums(tmp_path / "more", 4), "dataset", gated=403)
    here = "cannot read hub data set org/sums: "
    cases = {
        write(
            tmp_path, "gated", 'config = "easy"', hub="org/gated"
        ): "gated/toy.toml: cannot read hub data set org/gated: Dataset",
        write(tmp_path, "gone", hub="org/none"): "gone/toy.toml: hub data set org/none: the hub has no such data set",
        write(
            tmp_path, "newer", 'revision = "v9"'
        ): "newer/toy.toml: hub data set org/sums: no revision 'v9' on the hub; give",
        write(tmp_path, "split", 'config = "easy"', 'split = "dev"'): f'split/toy.toml: {here}Unknown split "dev"',
        write(tmp_path, "config", 'config = "medium"'): f"config/toy.toml: {here}BuilderConfig 'medium' not found",
    }
    for (said, code), words in zip(load(hub, tmp_path, *cases), cases.values(), strict=True):
        assert code == 2
        assert said.startswith(words)
        assert "\n" not in said


@pytest.mark.slow
def test_training_data_of_the_hub_is_taken_at_one_commit_and_what_is_missing_is_named(hub, tmp_path):
    commit = hub.add("org/sums", hub_server.make_sums(tmp_path / "sums", 4), "dataset")
    code = (
        "import sys; from pathlib import Path; from mammoth_eval.errors import DataError\n"
        "from mammoth_eval.training import sources\n"
        "for name in sys.argv[1:]:\n"
        "    try: print(len(sources.from_hub(name, ('easy', 'hard'), 'test', Path('cache'), 'train/set.json')))\n"
        "    except DataError as error: print(error)"
    )
    words = [sys.executable, "-c", code, "org/sums", "org/none"]
    env = hub_server.environment(hub, tmp_path)
    done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows, said = done.stdout.splitlines()
    assert rows == "8"
    assert said.startswith("hub data set org/none: the hub has no such data set")
    assert said.endswith("; without a network give train/set.json in --data-dir")
    assert hub.asked(f"/resolve/{commit}/hard/test.jsonl") and not hub.asked("/main")


@pytest.mark.slow
def test_rows_that_are_cut_off_on_the_way_are_read_by_the_next_try(hub, tmp_path):
    hub.add("org/sums", hub_server.make_sums(tmp_path / "sums", 4), "dataset")
    hub.cuts["test.jsonl"] = [20] * 6
    path = write(tmp_path, "easy", 'config = "easy"')
    cut, whole = load(hub, tmp_path, path, path)
    assert cut[0].startswith("easy/toy.toml: cannot read hub data set org/sums: ")
    assert cut[1] == 2
    assert len(whole[0]) == 4


ROWS = b'{"question": "What is 1 + 1?", "answer": "2"}\n'


class Address(BaseHTTPRequestHandler):
    """Serves `ROWS`, or what goes wrong under the names of `TROUBLES`."""

    protocol_version = "HTTP/1.1"
    trouble = ""

    def do_GET(self):
        where = f"http://127.0.0.1:{self.server.server_address[1]}"
        if self.trouble == "loop" or (self.trouble == "moved" and self.path == "/rows.jsonl"):
            return self.head(302, {"Location": f"{where}/elsewhere.jsonl", "Content-Length": "0"})
        if self.trouble == "404":
            return self.head(404, {"Content-Length": "0"})
        if self.trouble == "hang":
            time.sleep(5)
        content = b"<html>log in</html>" if self.trouble == "bytes" else ROWS
        self.head(200, {"Content-Length": str(len(content))})
        self.wfile.write(content[:9] if self.trouble == "cut" else content)
        self.close_connection = True
        return None

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *words):
        pass


@contextmanager
def address():
    """A running server; its handler, whose `trouble` a test sets, and the address of the rows."""
    handler = type("Handler", (Address,), {})
    server = hub_server.QuietServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield handler, f"http://127.0.0.1:{server.server_address[1]}/rows.jsonl"
    finally:
        server.shutdown()
        server.server_close()


TROUBLES = {
    "404": "HTTP Error 404: Not Found",
    "loop": "would lead to an infinite loop",
    "cut": "IncompleteRead(9 bytes read, 37 more expected)",
    "hang": "timed out",
    "bytes": "expected " + hashlib.sha256(ROWS).hexdigest(),
}


HTTP = benchmarks.Trust(http=True)


def pinned_file(home, url):
    lines = f'file = "mine/rows.jsonl"\nsha256 = "{hashlib.sha256(ROWS).hexdigest()}"\nurl = "{url}"'
    return benchmarks.read(hub_server.write_toy(home, lines, rows=1))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_address_that_fails_is_named_leaves_nothing_and_is_tried_again(tmp_path, monkeypatch, trouble):
    monkeypatch.setattr(source, "_TIMEOUT", 0.5)
    with address() as (handler, url):
        mine = pinned_file(tmp_path, url)
        handler.trouble = trouble
        with pytest.raises(BenchmarkError) as caught:
            benchmarks.load(mine, data_dir=None, cache_dir=tmp_path / "cache", trust=HTTP)
        assert url in str(caught.value)
        assert TROUBLES[trouble] in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        handler.trouble = ""
        assert len(benchmarks.load(mine, data_dir=None, cache_dir=tmp_path / "cache", trust=HTTP)) == 1


def test_an_address_that_moved_is_followed(tmp_path):
    with address() as (handler, url):
        handler.trouble = "moved"
        assert (
            len(benchmarks.load(pinned_file(tmp_path, url), data_dir=None, cache_dir=tmp_path / "cache", trust=HTTP))
            == 1
        )


@pytest.mark.parametrize(("url", "code"), [("http://127.0.0.1:9/rows.jsonl", 1), ("http://[::1/rows.jsonl", 2)])
def test_an_address_that_leads_nowhere_is_named(tmp_path, url, code):
    with pytest.raises(BenchmarkError, match="cannot download") as raised:
        benchmarks.load(pinned_file(tmp_path, url), data_dir=None, cache_dir=tmp_path / "cache", trust=HTTP)
    assert raised.value.exit_code == code, "1 where it fails, 2 where it is no address"


def test_a_damaged_file_in_the_cache_is_downloaded_again(tmp_path):
    with address() as (_, url):
        mine = pinned_file(tmp_path, url)
        cached = tmp_path / "cache" / "benchmarks" / mine.file
        cached.parent.mkdir(parents=True)
        cached.write_bytes(ROWS[:9])
        assert len(benchmarks.load(mine, data_dir=None, cache_dir=tmp_path / "cache", trust=HTTP)) == 1
        assert cached.read_bytes() == ROWS
