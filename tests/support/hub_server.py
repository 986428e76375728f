"""A model hub that runs here: what ``huggingface_hub`` and ``datasets`` ask of the real one, over folders, and its
faults.

``python tests/support/hub_server.py --port 8010`` serves the embedded model as ``org/small``, our adapter on it as
``org/small-adapter`` and a data set as ``org/sums``, and prints the commands that use them.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE = 1 << 20
"""Files from this size on are answered with a redirect to another host, as the real hub does for files that git keeps
apart.
"""
ADDRESS = re.compile(
    r"/(?P<api>api/models/|api/datasets/)(?P<id>[^/]+/[^/]+)(/(?P<verb>revision|tree"
    r"|paths-info)/(?P<revision>[^/]+)(/(?P<path>.*))?)?"
    r"|/(?P<data>datasets/)?(?P<name>[^/]+/[^/]+)/(?P<where>resolve|cdn)/(?P<at>[^/]+)/(?P<file>.+)"
)


@dataclass
class Repository:
    """Commits of one model or data set: a commit is a folder."""

    commits: dict[str, Path] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: int = 0
    """Status with which its files are refused to everybody without the token; 0: open."""
    moved: str = ""
    """The name that it has now."""
    page: bytes = b""
    """Served in place of everything."""

    def commit_of(self, revision):
        """The commit of a branch, a tag or a hash, whole or shortened; None for none."""
        whole = [commit for commit in self.commits if len(revision) >= 5 and commit.startswith(revision)]
        return self.refs.get(revision) or (whole[0] if whole else None)


class Hub:
    """What is served, what was asked, and what goes wrong."""

    def __init__(self):
        self.repositories = {}
        self.requests = []
        self.cuts = {}
        """File name -> after how many bytes each of the next answers ends, with the connection."""
        self.paused = {}
        """File name -> after how many bytes the next answer waits; `waiting` is set then."""
        self.waiting = threading.Event()
        self.claims = {}
        """File name -> the size that listings give instead of the true one."""
        self.down = False
        """Answer everything with 503."""
        self.url = ""

    def add(self, name, folder, kind="model", ref="main", **more):
        """Serve `folder` as the newest commit of a repository; the commit's hash."""
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        whole = hashlib.sha1(repr([(str(path.relative_to(folder)), etag(path)) for path in files]).encode()).hexdigest()
        found = self.repositories.setdefault((kind, name), Repository(**more))
        found.commits[whole] = Path(folder)
        found.refs[ref] = whole
        return whole

    def rename(self, old, new, kind="model"):
        """Let the old name lead to the new one."""
        self.repositories[kind, old] = Repository(moved=new)

    def asked(self, *words):
        """Requests whose line holds each of `words`."""
        return [line for line in self.requests if all(word in line for word in words)]


def etag(path):
    """A hash of a file: of all of it, or where it is large of its ends and its size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = file.read(LARGE)
        file.seek(max(0, size - LARGE))
        return hashlib.sha256(ends + file.read(LARGE) + str(size).encode()).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    hub: Hub

    def do_HEAD(self):
        self.answer_request()

    def do_GET(self):
        self.answer_request()

    def do_POST(self):
        self.answer_request(self.rfile.read(int(self.headers.get("content-length", 0))))

    def answer_request(self, body=b""):
        split = urlsplit(self.path)
        span = self.headers.get("range", "")
        self.hub.requests.append(f"{self.command} {unquote(self.path)} {span}".strip())
        if self.hub.down:
            return self.send(503, b"the hub is down")
        asked = ADDRESS.fullmatch(split.path)
        if not asked:
            return self.refuse(404, "EntryNotFound")
        kind = "dataset" if (asked["api"] or asked["data"] or "").endswith("datasets/") else "model"
        name = asked["id"] or asked["name"]
        repository = self.hub.repositories.get((kind, name))
        if repository is None:
            return self.refuse(
                401, "RepoNotFound", "Invalid username or password."
            )  # so the real one answers who is not logged in
        if repository.page:
            return self.send(200, repository.page, {"Content-Type": "text/html"})
        if repository.moved:
            return self.send(307, b"", {"Location": self.path.replace(name, repository.moved, 1)})
        revision = unquote(asked["revision"] or asked["at"] or "main")
        commit = repository.commit_of(revision)
        if commit is None:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if asked["file"]:
            return self.send_file(repository, kind, name, commit, asked)
        listed = self.listing(repository.commits[commit])
        if asked["verb"] == "tree":
            return self.send_tree(listed, unquote(asked["path"] or ""), "recursive=true" in split.query.lower())
        if asked["verb"] == "paths-info":
            paths = json.loads(body)["paths"]
            return self.send_json([one for one in listed if one["path"] in paths])
        files = [
            {"rfilename": one["path"], "size": one["size"], "blobId": one["oid"]}
            for one in listed
            if one["type"] == "file"
        ]
        return self.send_json(
            {"id": name, "sha": commit, "siblings": files, "private": False, "gated": bool(repository.gated)}
        )

    def send_tree(self, listed, folder, is_recursive):
        start = f"{folder}/" if folder else ""
        below = [one for one in listed if one["path"].startswith(start)]
        if folder and not below:
            return self.refuse(404, "EntryNotFound", f"{folder} does not exist")
        return self.send_json([one for one in below if is_recursive or "/" not in one["path"].removeprefix(start)])

    def listing(self, folder):
        """Files and folders of a commit as the hub lists a tree."""
        found = []
        for path in sorted(folder.rglob("*")):
            kind = "file" if path.is_file() else "directory"
            size = self.hub.claims.get(path.name, path.stat().st_size) if path.is_file() else 0
            oid = etag(path)[:40] if path.is_file() else "0" * 40
            found.append({"type": kind, "oid": oid, "size": size, "path": str(path.relative_to(folder))})
        return found

    def send_file(self, repository, kind, name, commit, asked):
        if repository.gated and not self.headers.get("authorization"):
            return self.refuse(repository.gated, "GatedRepo", "Access to this repository is restricted.")
        path = repository.commits[commit] / unquote(asked["file"])
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not path.is_file():
            return self.refuse(404, "EntryNotFound", "Entry not found", headers)
        size = path.stat().st_size
        if size >= LARGE and asked["where"] == "resolve":
            port = self.server.server_address[1]
            data = asked["data"] or ""
            headers |= {"X-Linked-Etag": f'"{etag(path)}"', "X-Linked-Size": str(size)}
            place = f"http://localhost:{port}/{data}{name}/cdn/{commit}/{asked['file']}"
            return self.send(302, b"", {**headers, "Location": place})
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", "bytes=0-"))
        first, last = int(span[1]), min(int(span[2] or size), size - 1)
        headers |= {"ETag": f'"{etag(path)}"', "Content-Length": str(last + 1 - first)}
        if "range" in self.headers:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self.send(206 if "range" in self.headers else 200, None, headers)
        if self.command == "GET":
            self.send_bytes(path, first, last)
        return None

    def send_bytes(self, path, first, last):
        """The file from byte `first` to byte `last`, or to where it is to be cut off or held."""
        cuts = self.hub.cuts.get(path.name)
        cut = cuts.pop(0) if cuts else None
        pause = self.hub.paused.pop(path.name, None)
        left = next((limit for limit in (cut, pause) if limit is not None), last + 1 - first)
        with path.open("rb") as file:
            file.seek(first)
            while left and (block := file.read(min(LARGE, left))):
                self.wfile.write(block)
                left -= len(block)
        if cut is not None:
            self.close_connection = True
        elif pause is not None:
            self.hub.waiting.set()
            time.sleep(600)

    def refuse(self, status, code, message="", headers=()):
        self.send(
            status,
            json.dumps({"error": message}).encode(),
            {"X-Error-Code": code, "X-Error-Message": message, **dict(headers)},
        )

    def send_json(self, value):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, status, content, headers=()):
        """A whole answer; without content only its head."""
        self.send_response(status)
        length = {} if content is None else {"Content-Length": str(len(content))}
        for name, value in {**length, **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if content and self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *words):
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, handler):
        super().__init__(address, handler)
        self.failures = []

    def handle_error(self, request, client_address):
        """Keep what went wrong here; a client that went away is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            self.failures.append(traceback.format_exc())


@contextmanager
def serving(port=0):
    """A running hub with nothing in it."""
    hub = Hub()
    server = QuietServer(("127.0.0.1", port), type("Handler", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
    assert not server.failures, server.failures[0]


TOY = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = {rows}
form = "open"
{source}

[columns]
question = "question"
gold = "answer"
"""


def environment(hub, home, **more):
    """Variables of a process that knows no hub but this one, and no cache but the one below `home`."""
    kept = {name: value for name, value in os.environ.items() if not re.match(r"HF_|HUGGING|TRANSFORMERS_", name)}
    own = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_ETAG_TIMEOUT": "3",
    }
    return {
        **kept,
        **own,
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        **more,
    }


def write_toy(folder, source='file = "toy.jsonl"', rows=4):
    """A benchmark of sums; its rows lie beside it, or where `source` says."""
    path = folder / "toy.toml"
    path.write_text(TOY.format(rows=rows, source=source))
    lines = [json.dumps({"question": f"What is {row} + 1?", "answer": str(row + 1)}) + "\n" for row in range(rows)]
    (folder / "toy.jsonl").write_text("".join(lines))
    return path


def command(folder, model, *words, engine="transformers"):
    """``mammoth-eval run`` of the benchmark in `folder`, results beside it."""
    fixed = ["--benchmarks", str(folder / "toy.toml"), "--results-dir", str(folder / "results")]
    return [sys.executable, "-m", "mammoth_eval", "run", "--model", model, "--engine", engine, *fixed, *words]


CARD = """---
configs:
- config_name: easy
  data_files:
  - split: test
    path: easy/*.jsonl
- config_name: hard
  data_files:
  - split: test
    path: hard/*.jsonl
---
Sums.
"""


def make_sums(folder, count=8):
    """A data set of two configurations, `count` rows each."""
    for number, name in enumerate(("easy", "hard")):
        (folder / name).mkdir(parents=True)
        rows = [{"question": f"What is {row} + {10**number}?", "answer": str(row + 10**number)} for row in range(count)]
        (folder / name / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "README.md").write_text(CARD)
    return folder


def make_adapter(folder, base, source):
    """The adapter of the folder `source` over another base."""
    shutil.copytree(source, folder)
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**settings, "base_model_name_or_path": base}))
    return folder


def main():
    """Serve the embedded model, our adapter and a data set until interrupted."""
    from mammoth_eval import resources
    from mammoth_eval.engines import default_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8010)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as work, serving(port) as hub:
        small = default_model.ensure(resources.cache_folder())
        hub.add("org/small", small)
        hub.add(
            "org/small-adapter",
            make_adapter(Path(work) / "adapter", "org/small", resources.folder("adapters") / "hybrid-135m"),
        )
        hub.add("org/sums", make_sums(Path(work) / "sums"), "dataset")
        print(
            f"export HF_ENDPOINT={hub.url} HF_HOME=$(mktemp -d)\nmake eval MODEL=org/small BENCHMARKS=generated "
            f"LIMIT=10",
            flush=True,
        )
        shown = 0
        while True:
            for line in hub.requests[shown:]:
                print(line, flush=True)
            shown = len(hub.requests)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
