"""Runs of models of the hub, against one that runs here.

Killed, resumed, offline, with an adapter; on the real engines.
"""

import signal
import subprocess
import time

import hub_server
import pytest
import train_tools
from marks import long_run, needs_vllm

from mammoth_eval import resources, store
from mammoth_eval.engines import default_model

pytestmark = [pytest.mark.slow, pytest.mark.engine]


@pytest.fixture
def hub(tmp_path):
    with hub_server.serving() as running:
        yield running


def make_small(folder):
    """A real model of a few thousand parameters."""
    folder.mkdir()
    train_tools.make_model(folder, context=2048)
    return folder


def start(hub, home, *words, model="org/small", engine="transformers", **more):
    """``mammoth-eval run`` of the benchmark in `home`, under way."""
    words = hub_server.command(home, model, "--max-tokens", "8", *words, engine=engine)
    env = hub_server.environment(hub, home, **more)
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    """What a run said, once it is over; it must have succeeded."""
    out, err = process.communicate(timeout=500)
    assert process.returncode == 0, err
    return out + err


def records(home):
    return sum(path.read_bytes().count(b"\n") for path in home.glob("results/*/*/records.jsonl"))


def kill_after(process, home, count):
    """Kill a run that has `count` records, before it is through."""
    deadline = time.monotonic() + 600
    while records(home) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    said = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL, said
    assert records(home) >= count, "no record within ten minutes"


def only_run(home):
    """``run.json`` of the one run that there is."""
    (path,) = store.find_runs(home / "results")
    assert len(list((home / "results").glob("*/*"))) == 1
    return store.load_run(path)


def test_an_adapter_and_its_base_interrupted_and_killed_in_the_first_run_are_resumed_by_the_same_command(hub, tmp_path):
    peft = pytest.importorskip("peft")
    import transformers

    base = hub.add("org/small", make_small(tmp_path / "small"))
    network = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "small")
    peft.get_peft_model(network, peft.LoraConfig(r=4, target_modules=["q_proj"])).save_pretrained(tmp_path / "tuned")
    own = hub.add("org/tuned", hub_server.make_adapter(tmp_path / "moved", "org/small", tmp_path / "tuned"))
    hub_server.write_toy(tmp_path, rows=24)
    words = ["--decoding", "cot", "--engine-arg", "batch_size=2"]
    hub.paused["model.safetensors"] = 1000

    with start(hub, tmp_path, *words, model="org/tuned") as first:
        assert hub.waiting.wait(100), "the download began"
        first.send_signal(signal.SIGINT)
        try:
            assert "interrupted" in first.communicate(timeout=20)[1], "an interrupt ends a download at once"
        finally:
            first.kill()  # where the interrupt did not end it
    assert first.returncode == 130

    kill_after(start(hub, tmp_path, *words, model="org/tuned"), tmp_path, 2)
    assert 2 <= records(tmp_path) < 24
    assert not [line for line in hub.requests if "main" in line], "all is asked for by its commit"

    asked = len(hub.requests)
    said = finished(start(hub, tmp_path, *words, model="org/tuned", HF_HUB_OFFLINE="1"))
    assert hub.requests[asked:] == []
    seen = "as last seen: offline mode is on (HF_HUB_OFFLINE)"
    assert (
        f"model: org/small at commit {base} (main); {seen}\nmodel: org/tuned at commit {own} (main); {seen}\n" in said
    )

    run = only_run(tmp_path)
    assert records(tmp_path) == 24
    assert run.spec.model == "org/tuned"
    assert [session["engine"]["revision"] for session in run.sessions] == [base, base]
    assert all(session["engine"]["lora"].endswith(own) for session in run.sessions)
    assert run.sessions[0]["hub"][1] == {
        "kind": "model",
        "name": "org/tuned",
        "revision": "main",
        "commit": own,
        "note": "",
    }


@long_run
@needs_vllm
def test_vllm_serves_a_model_of_the_hub_killed_in_its_first_run_and_resumed_offline(hub, tmp_path):
    commit = hub.add("org/small", default_model.ensure(resources.cache_folder()))
    hub.cuts["model.safetensors"] = [100 << 20]
    hub_server.write_toy(tmp_path, rows=40)
    words = ["--decoding", "cot", "--engine-arg", "max_model_len=1024", "--engine-arg", "max_num_seqs=2"]
    kill_after(start(hub, tmp_path, *words, engine="vllm"), tmp_path, 3)
    assert 3 <= records(tmp_path) < 40
    assert hub.asked("GET", f"/cdn/{commit}/model.safetensors bytes={100 << 20}-"), (
        "the download went on where it was cut off"
    )
    assert not [line for line in hub.requests if "main" in line], "all is asked for by its commit"
    asked = len(hub.requests)
    said = finished(start(hub, tmp_path, *words, engine="vllm", HF_HUB_OFFLINE="1"))
    assert hub.requests[asked:] == []
    assert f"model: org/small at commit {commit} (main); as last seen: offline mode is on" in said
    run = only_run(tmp_path)
    assert run.spec.model_hash == commit
    arguments = [session["engine"]["arguments"] for session in run.sessions]
    assert [(one["revision"], one["tokenizer_revision"]) for one in arguments] == [(commit, commit)] * 2
