"""Models of the hub, against one that runs here.

Which commit a name is, before a run is planned, and what goes wrong.
"""

import json
import resource
import subprocess
import sys

import hub_server
import pytest

pytestmark = pytest.mark.slow  # nearly every one starts a process that imports huggingface_hub

RESOLVE = """
import json, sys
from pathlib import Path
from mammoth_eval import models
for name, engine, options in json.loads(sys.argv[1]):
    found = models.resolve(name, engine, Path(), options)
    said = [found.name, found.location, found.fingerprint, found.options, found.asked, list(map(str, found.pins))]
    print(json.dumps(said))
"""
WEIGHTS = 200_000
"""Bytes of the weights file of the model that is no model."""


@pytest.fixture
def hub(tmp_path):
    with hub_server.serving() as running:
        yield running


def make_folder(folder, **files):
    """A folder that looks like a model's; `files` has two underscores for a dot."""
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(bytes(WEIGHTS))
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def make_adapter(folder, base, **settings):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base, "r": 8, **settings}))
    (folder / "adapter_model.safetensors").write_text("weights")
    (folder / "train.json").write_text('{"mixture": "G"}')
    return folder


def resolve(hub, home, *cases, **more):
    """What `models.resolve` makes of each (name, options), in one process of its own."""
    asked = [case if len(case) == 3 else (case[0], "vllm", case[1]) for case in cases]
    words = [sys.executable, "-c", RESOLVE, json.dumps(asked)]
    done = subprocess.run(
        words, env=hub_server.environment(hub, home, **more), cwd=home, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return [json.loads(line) for line in done.stdout.splitlines()]


def failed(hub, home, *words, **more):
    """The one line that ``mammoth-eval run`` ends with where a download failed: nothing was asked wrongly."""
    return refused(hub, home, *words, code=1, **more)


def refused(hub, home, *words, model="org/small", limit=None, code=2, **more):
    """The one line that ``mammoth-eval run`` ends with; it must be of wrong usage, or of another exit `code`."""
    hub_server.write_toy(home)
    done = subprocess.run(
        hub_server.command(home, model, *words),
        env=hub_server.environment(hub, home, **more),
        capture_output=True, text=True, check=False,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1].removeprefix("mammoth-eval run: ")


def fetched(hub, home):
    """The weights file of ``org/small`` in the cache, downloaded by a process of its own."""
    code = (
        "from mammoth_eval import hub; pinned = hub.pin('org/small'); hub.fetch(pinned, {'model.safetensors': 1})\n"
        "print(pinned.snapshot / 'model.safetensors')"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=hub_server.environment(hub, home), capture_output=True, text=True, check=True)
    return home / done.stdout.strip()


def test_every_name_of_a_commit_makes_the_same_model(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    hub.repositories["model", "org/small"].refs |= {"v1.10": commit, "refs/pr/1": commit}
    names = ["main", "v1.10", "refs/pr/1", commit[:8], commit]
    found = resolve(hub, tmp_path, ("org/small", {}), *(("org/small", {"revision": name}) for name in names))
    assert {(name, place, fingerprint) for name, place, fingerprint, *_ in found} == {
        ("org/small", "org/small", commit)
    }
    assert all(options == {"revision": commit} and asked == {} for *_, options, asked, _ in found)
    assert found[2][-1] == [f"org/small at commit {commit} (v1.10)"]


def test_a_newer_commit_is_another_model_and_the_older_one_can_be_asked_for(hub, tmp_path):
    older = hub.add("org/small", make_folder(tmp_path / "older"))
    newer = hub.add("org/small", make_folder(tmp_path / "newer", README__md="new"))
    found = resolve(hub, tmp_path, ("org/small", {}), ("org/small", {"revision": older[:7]}))
    assert [one[2] for one in found] == [newer, older] != [older, newer]


def test_without_the_hub_a_revision_is_what_it_last_was(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    hub.repositories["model", "org/small"].refs["v1"] = commit
    cases = [("org/small", {}), ("org/small", {"revision": "v1"}), ("org/small", {"revision": commit})]
    first = resolve(hub, tmp_path, *cases)
    offline = resolve(hub, tmp_path, *cases, HF_HUB_OFFLINE="1")
    hub.down = True
    down = resolve(hub, tmp_path, *cases)
    assert [one[:5] for one in offline] == [one[:5] for one in down] == [one[:5] for one in first]
    assert offline[0][-1] == [f"org/small at commit {commit} (main); as last seen: offline mode is on (HF_HUB_OFFLINE)"]
    assert down[0][-1] == [f"org/small at commit {commit} (main); as last seen: {hub.url} answered 503"]


def test_offline_without_the_name_of_a_commit_the_cached_commits_are_named(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    resolve(hub, tmp_path, ("org/small", {"revision": commit}))
    said = resolve(hub, tmp_path, ("org/small", {}), HF_HUB_OFFLINE="1")
    assert f"the local hub cache does not know which commit 'main' is; it has {commit}" in said


def test_a_renamed_model_keeps_the_name_that_was_asked_for(hub, tmp_path):
    commit = hub.add("org/new", make_folder(tmp_path / "small"))
    hub.rename("org/old", "org/new")
    ((name, place, fingerprint, *_, pins),) = resolve(hub, tmp_path, ("org/old", {}))
    assert (name, place, fingerprint) == ("org/old", "org/old", commit)
    assert pins == [f"org/old at commit {commit} (main); the hub calls it org/new now"]


def test_an_adapter_of_the_hub_is_pinned_and_so_is_its_base(hub, tmp_path):
    base = hub.add("org/small", make_folder(tmp_path / "small"))
    own = hub.add("org/tuned", make_adapter(tmp_path / "tuned", "org/small"))
    ((name, place, fingerprint, options, asked, pins),) = resolve(hub, tmp_path, ("org/tuned", {"revision": "main"}))
    assert (name, place, asked) == ("org/tuned", "org/small", {})
    assert options["revision"] == base
    assert options["lora"].endswith(f"models--org--tuned/snapshots/{own}")
    assert pins == [f"org/small at commit {base} (main)", f"org/tuned at commit {own} (main)"]
    newer = hub.add("org/small", make_folder(tmp_path / "newer", README__md="new"))
    ((*_, again, later, _, _),) = resolve(hub, tmp_path, ("org/tuned", {}))
    assert later["revision"] == newer
    assert again != fingerprint, "another base makes another model"


def test_the_base_of_an_adapter_is_taken_at_the_revision_that_it_names(hub, tmp_path):
    older = hub.add("org/small", make_folder(tmp_path / "older"))
    newer = hub.add("org/small", make_folder(tmp_path / "newer", README__md="new"))
    folder = make_adapter(tmp_path / "tuned", "org/small", revision=older)
    named, asked = resolve(hub, tmp_path, (str(folder), {}), (str(folder), {"revision": "main"}))
    assert named[3] == {"revision": older, "lora": str(folder)}
    assert asked[3] == {"revision": newer, "lora": str(folder)}


def test_an_adapter_and_a_tokenizer_among_the_options_are_pinned(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    lora = hub.add("org/tuned", make_adapter(tmp_path / "tuned", "org/small"))
    words = hub.add("org/words", make_folder(tmp_path / "words", tokenizer__json="{}"))
    options = {"lora": "org/tuned", "tokenizer": "org/words", "dtype": "float32"}
    ((*_, fingerprint, given, asked, pins),) = resolve(hub, tmp_path, ("org/small", options))
    assert fingerprint == commit
    assert asked == {**options, "lora": f"org/tuned@{lora}", "tokenizer_revision": words}
    assert given == {**asked, "revision": commit, "lora": given["lora"]}
    assert given["lora"].endswith(f"/snapshots/{lora}")
    assert len(pins) == 3


def test_a_quantised_file_of_a_repository_is_pinned(hub, tmp_path):
    commit = hub.add("org/small-GGUF", make_folder(tmp_path / "small", small_Q4_K_M__gguf="weights"))
    ((name, place, fingerprint, options, *_),) = resolve(hub, tmp_path, ("org/small-GGUF:Q4_K_M", {}))
    assert (name, place) == ("org/small-GGUF:Q4_K_M",) * 2
    assert (fingerprint, options) == (commit, {"revision": commit})


def test_an_adapter_that_is_in_the_cache_needs_no_hub(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    hub.add("org/tuned", make_adapter(tmp_path / "tuned", "org/small"))
    online = resolve(hub, tmp_path, ("org/tuned", {}))
    hub.down = True
    assert [one[:5] for one in resolve(hub, tmp_path, ("org/tuned", {}))] == [one[:5] for one in online]


def test_other_engines_ask_no_hub(hub, tmp_path):
    ((*_, options, asked, pins),) = resolve(hub, tmp_path, ("org/small", "openai", {"revision": "x"}))
    assert options == asked == {"revision": "x"}
    assert pins == hub.requests == []


@pytest.mark.parametrize("engine", ["vllm", "transformers"])
def test_weights_are_downloaded_in_the_one_form_that_the_engine_reads(hub, tmp_path, engine):
    files = {"pytorch_model__bin": "x", "consolidated__safetensors": "x", "tokenizer__json": "{}", "flax__msgpack": "x"}
    hub.add("org/small", make_folder(tmp_path / "small", **files))
    code = (
        "import json, sys; from pathlib import Path; from mammoth_eval import models\n"
        "found = models.resolve('org/small', sys.argv[1], Path()); print(json.dumps(models.downloads(found, "
        "sys.argv[1])))"
    )
    words = [sys.executable, "-c", code, engine]
    done = subprocess.run(words, env=hub_server.environment(hub, tmp_path), capture_output=True, text=True, check=True)
    weights = {"vllm": "consolidated.safetensors", "transformers": "model.safetensors"}[engine]
    assert set(json.loads(done.stdout)) == {weights, "tokenizer.json"}, "config.json is there by then"


def test_memory_is_checked_on_the_downloaded_files_of_a_pinned_model(hub, tmp_path):
    head = json.dumps({"w": {"dtype": "BF16", "shape": [2, 1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    (tmp_path / "small" / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    fetched(hub, tmp_path)
    code = (
        "from mammoth_eval.engines import checkpoint, memory\n"
        f"memory.check('org/small', 2, 1 << 30, 'cpu', checkpoint.snapshot('org/small', '{commit}'))"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=hub_server.environment(hub, tmp_path), capture_output=True, text=True, check=False)
    assert "ModelError: org/small: its weights take 4096.0 GiB; on cpu there is room for 1.0 GiB" in done.stderr


def test_a_model_that_is_missing_is_told_from_one_that_is_gated(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"), gated=403)
    assert refused(hub, tmp_path, model="org/smal") == (
        "org/smal: the hub has no such model (or it is private: `hf auth login`); check the spelling"
    )
    gated = (
        f"org/small: gated: ask for access at {hub.url}/org/small, then log in with `hf auth login` (or set HF_TOKEN)"
    )
    assert refused(hub, tmp_path) == gated
    hub.repositories["model", "org/small"].gated = 401
    assert refused(hub, tmp_path) == gated
    assert not (tmp_path / "results").exists(), "no run was begun"


def test_a_token_opens_a_gated_model(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"), gated=401)
    assert resolve(hub, tmp_path, ("org/small", {}), HF_TOKEN="hf_mine")[0][2] == commit


def test_an_unknown_revision_is_named(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    assert refused(hub, tmp_path, "--engine-arg", "revision=1.10").startswith(
        "org/small: no revision '1.10' on the hub"
    )


def test_a_folder_has_no_revisions(hub, tmp_path):
    folder = make_folder(tmp_path / "small")
    said = refused(hub, tmp_path, "--engine-arg", "revision=main", model=str(folder))
    assert said == f"revision=main: {folder} is a folder on this machine and has no revisions; leave the option out"


def test_offline_and_with_no_hub_what_was_never_seen_is_not_found(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    instead = "give a folder instead, or the embedded smollm2-135m-instruct"
    offline = f"org/small: not in the local hub cache, and offline mode is on (HF_HUB_OFFLINE); {instead}"
    assert failed(hub, tmp_path, HF_HUB_OFFLINE="1") == offline
    nobody = "http://127.0.0.1:9"
    assert failed(hub, tmp_path, HF_ENDPOINT=nobody) == (
        f"org/small: not in the local hub cache, and {nobody} cannot be reached; {instead}"
    )


def test_a_server_that_is_no_hub_is_told(hub, tmp_path):
    hub.repositories["model", "org/small"] = hub_server.Repository(page=b"<html>please log in to this network</html>")
    assert failed(hub, tmp_path).startswith(f"org/small: the answer of {hub.url} is not that of a hub")


def test_a_download_that_is_larger_than_the_disk_is_refused_before_it_begins(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    hub.claims["model.safetensors"] = 10**16
    said = failed(hub, tmp_path)
    assert said.startswith("org/small: 10000000.0 GB are to be downloaded, ")
    assert said.endswith(f"make room in the hub cache {tmp_path / 'hf' / 'hub'}, or name another folder with HF_HOME")
    assert not hub.asked("GET", "model.safetensors")


def test_a_full_disk_in_the_middle_of_a_download_is_named_and_leaves_no_half_file(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    said = failed(hub, tmp_path, limit=WEIGHTS // 2)
    assert said.startswith(f"org/small: no room for its files; make room in the hub cache {tmp_path / 'hf' / 'hub'}")
    assert not [path for path in (tmp_path / "hf").rglob("*") if path.is_file() and path.stat().st_size > WEIGHTS // 4]


def test_a_download_that_is_cut_off_again_and_again_is_named_and_can_be_tried_again(hub, tmp_path):
    hub.add("org/small", make_folder(tmp_path / "small"))
    hub.cuts["model.safetensors"] = [1000] * 6
    said = failed(hub, tmp_path)
    assert said.startswith(f"org/small: the download from {hub.url} broke off (")
    assert said.endswith("; the same command tries again")
    assert fetched(hub, tmp_path).read_bytes() == bytes(WEIGHTS)


def test_a_download_that_is_cut_off_once_goes_on_where_it_broke(hub, tmp_path):
    commit = hub.add("org/small", make_folder(tmp_path / "small"))
    content = bytes(range(256)) * (24 << 12)
    (tmp_path / "small" / "model.safetensors").write_bytes(content)
    hub.cuts["model.safetensors"] = [15 << 20]
    assert fetched(hub, tmp_path).read_bytes() == content
    assert hub.asked("GET", f"/cdn/{commit}/model.safetensors bytes={10 << 20}-")
