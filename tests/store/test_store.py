"""The store keeps every record whole, goes on after any stop, and tells one run from another."""

import dataclasses
import hashlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import time
import tracemalloc

import pytest
import runs
from builders import cot, pot, problem, record
from msgspec import structs
from stored import SPEC, full

from mammoth_eval import stats, store
from mammoth_eval.errors import StoreError
from mammoth_eval.store import RunFolder, RunSpec, folder


def test_a_record_comes_back_as_it_went(tmp_path):
    kept = [full(0), record(number=1, fault="EngineError: gone"), full(2)]
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
        for one in kept:
            run.append(one)
    assert list(store.load_records(run.path)) == kept


@pytest.mark.parametrize(
    "text", ["", "é ☃ 数 𝒳", "line\nbreak\r\u2028\x00\x1b[0m", "lone \ud800 surrogate", "a" * 300_000]
)
def test_any_text_is_kept_as_it_is(tmp_path, text):
    one = record(cot(text=text))
    with RunFolder(tmp_path, SPEC) as run:
        run.append(one)
    assert list(store.load_records(run.path)) == [one]


def test_a_torn_last_line_is_cut_off_and_owed_again(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.append(full(0))
        run.append(full(1))
    log = run.path / "records.jsonl"
    log.write_bytes(log.read_bytes()[:-9])
    with RunFolder(tmp_path, SPEC) as again:
        assert [one.id for one in again.pending([full(0).problem, full(1).problem])] == ["toy/1"]
        again.append(full(1))
    assert [one.problem.id for one in store.load_records(run.path)] == ["toy/0", "toy/1"]


def test_a_file_that_is_all_one_torn_line_is_emptied(tmp_path):
    log = tmp_path / "records.jsonl"
    log.write_bytes(b"x" * 200_000)
    assert store.mend(log) == 200_000
    assert log.read_bytes() == b""


def test_a_void_record_is_owed_again_and_its_last_line_counts(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.append(record(number=0, fault="SandboxError: broke"))
        assert run.pending([full(0).problem]) == [full(0).problem]
        run.append(full(0))
        assert run.pending([full(0).problem]) == []
    assert list(store.load_records(run.path)) == [full(0)]


def test_a_damaged_line_is_named_and_left_out_only_when_asked_for(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.append(full(0))
    log = run.path / "records.jsonl"
    log.write_bytes(b'{"problem": 3}\n' + log.read_bytes())
    with pytest.raises(StoreError, match=r"records\.jsonl:1: damaged"):
        list(store.load_records(run.path))
    assert list(store.load_records(run.path, skip_damaged=True)) == [full(0)]


def test_a_damaged_line_in_the_middle_is_named_when_it_is_left_out(tmp_path, caplog):
    with RunFolder(tmp_path, SPEC) as run:
        for number in range(3):
            run.append(full(number))
    log = run.path / "records.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[1][:-40] + b"\n" + lines[2])
    with pytest.raises(StoreError, match=r"records\.jsonl:2: damaged record .*--skip-damaged"):
        list(store.load_records(run.path))
    assert [one.problem.id for one in store.load_records(run.path, skip_damaged=True)] == ["toy/0", "toy/2"]
    assert "records.jsonl:2: damaged record left out" in caplog.text


def test_a_damaged_line_does_not_replace_a_good_one_of_the_same_problem(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.append(full(0))
    log = run.path / "records.jsonl"
    log.write_bytes(log.read_bytes() + log.read_bytes()[:-40] + b"\n")
    assert list(store.load_records(run.path, skip_damaged=True)) == [full(0)]


def test_records_that_are_added_while_a_file_is_read_wait_for_the_next_reading(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.append(full(0))
        run.append(full(1))
        found = store.load_records(run.path)
        assert next(found) == full(0)
        run.append(full(0))
        assert list(found) == [full(1)]


def test_reading_holds_one_record_at_a_time(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        for number in range(400):
            run.append(record(cot(text="a" * 50_000), number=number))
    tracemalloc.start()
    assert sum(1 for _ in store.load_records(run.path)) == 400
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("decoding", ["both", "hybrid"])
def test_tables_are_the_same_from_records_without_their_texts(tmp_path, decoding):
    rng = random.Random(0)
    outcomes = [tuple(rng.choice(("correct", "wrong", "no_answer", "truncated")) for _ in range(2)) for _ in range(60)]
    path = runs.make(tmp_path, decoding=decoding, outcomes={"a": outcomes, "b": outcomes[::-1], "c": outcomes[:1]})
    with RunFolder(tmp_path, store.load_run(path).spec) as run:
        odd = runs.solved("correct", "wrong", number=0, benchmark="c", question="lone \ud800 surrogate", gold='"\\')
        run.append(dataclasses.replace(odd, problem=dataclasses.replace(odd.problem, id='c/"\\é')))
    whole, brief = (stats.summarize(load(path), "exact", decoding) for load in (store.load_records, store.load_briefs))
    assert whole == brief
    assert {one.benchmark: one.n for one in brief} == {"a": 60, "b": 60, "c": 2}


def test_a_line_of_the_same_problem_counts_once_however_its_id_is_written(tmp_path):
    one = dataclasses.replace(full(), problem=dataclasses.replace(full().problem, id='toy/"\\é'))
    with RunFolder(tmp_path, SPEC) as run:
        run.append(one)
    log = run.path / "records.jsonl"
    spaced = json.dumps(json.loads(log.read_text()))
    log.write_text(log.read_text() + spaced + "\n")
    assert list(store.load_records(run.path)) == [one]


@pytest.mark.parametrize(
    "field",
    [field.name for field in structs.fields(RunSpec) if field.name not in ("train", "prompt_files", "rows", "own")],
)
def test_a_run_whose_spec_changed_is_another_run(field):
    value = getattr(SPEC, field)
    other = {**value, "new": "1"} if isinstance(value, dict) else value + 1 if isinstance(value, int) else value + "x"
    assert structs.replace(SPEC, **{field: other}).folder() != SPEC.folder()


def test_what_is_known_of_the_training_moves_no_run_for_the_models_hash_covers_it():
    assert structs.replace(SPEC, train={"mixture": "G"}).folder() == SPEC.folder()
    assert structs.replace(SPEC, prompt_files={"exemplars/a.toml": "x"}).folder() == SPEC.folder()


def test_the_same_spec_is_the_same_run_whatever_the_order_of_its_keys():
    turned = structs.replace(SPEC, sampling={"top_p": 1.0, "temperature": 0.0})
    assert turned.digest() == structs.replace(SPEC, sampling={"temperature": 0.0, "top_p": 1.0}).digest()


def test_two_processes_do_not_write_one_run(tmp_path):
    with RunFolder(tmp_path, SPEC), pytest.raises(StoreError, match="another process"):
        RunFolder(tmp_path, SPEC)
    with RunFolder(tmp_path, SPEC):
        pass


def test_a_full_disk_is_said_with_what_to_do(tmp_path):
    folder = tmp_path / SPEC.folder()
    folder.mkdir(parents=True)
    with RunFolder(tmp_path, SPEC) as run:
        full_device = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full_device, run._file)
        os.close(full_device)
        with pytest.raises(StoreError, match=r"No space left.*0 records are safe.*same command"):
            run.append(full(0))


def test_a_file_that_a_full_disk_cuts_short_leaves_the_old_one_and_no_draft(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(
            StoreError, match=r"run\.json: cannot be written: File too large; make room and give the same command"
        ):
            store.write_atomically(path, "new" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


def test_two_writers_of_one_file_leave_one_of_the_two_whole(tmp_path):
    """A file of a cache, which no lock guards: the one who began first ends last."""
    path = tmp_path / "rows.jsonl"

    def slow():
        yield b"one\n"
        store.write_atomically(path, "two\ntwo\n")
        assert path.read_text() == "two\ntwo\n"
        yield b"one\n"

    store.write_atomically(path, slow())
    assert [one.read_text() for one in tmp_path.iterdir()] == ["one\none\n"]


def test_a_results_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        RunFolder(tmp_path / "file", SPEC)


def test_run_json_holds_the_spec_and_every_session(tmp_path):
    for number in range(2):
        with RunFolder(tmp_path, SPEC) as run:
            run.begin({"number": number})
    content = json.loads((run.path / "run.json").read_text())
    assert content["spec"] == json.loads(json.dumps(structs.asdict(SPEC)))
    assert [session["number"] for session in content["sessions"]] == [0, 1]
    assert [session["number"] for session in store.load_run(run.path).sessions] == [0, 1]


@pytest.mark.parametrize("content", ["", "{", '{"format": 99}'])
def test_a_run_json_that_is_none_is_an_error(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json"):
        store.load_run(tmp_path)


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="no run here"):
        store.load_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("TIGER-Lab/MAmmoTH-7B", "TIGER-Lab--MAmmoTH-7B"),
        ("../../x", "x"),
        ("a b:c", "a-b-c"),
        ("///", "unnamed"),
        ("..", "unnamed"),
    ],
)
def test_a_model_name_is_one_safe_folder_name(name, folder):
    assert store.slug(name) == folder


def _write_for_ever(results):
    with RunFolder(results, SPEC) as run:
        run.begin({})
        for number in range(10**9):
            run.append(full(number))


def test_a_kill_leaves_only_whole_records_and_no_lock(tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(tmp_path,))
    process.start()
    log = tmp_path / SPEC.folder() / "records.jsonl"
    while not log.exists() or log.stat().st_size < 50_000:
        time.sleep(0.01)
    with pytest.raises(StoreError, match="another process is writing this run"):
        RunFolder(tmp_path, SPEC)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with RunFolder(tmp_path, SPEC) as run:
        assert list(run.kept) == [f"toy/{number}" for number in range(len(run.kept))]
        assert run.kept


def test_the_digest_that_names_a_folder_stays_what_it_was():
    assert SPEC.folder() == "TIGER-Lab--MAmmoTH-7B/hybrid-alpaca-cda42c05"


def test_a_spec_is_read_back_as_what_wrote_it(tmp_path):
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
    assert store.load_run(run.path).spec == SPEC
    assert store.load_run(run.path).spec.folder() == SPEC.folder()


def rewritten(tmp_path, change):
    """The folder of a run whose spec was changed by hand."""
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
    content = json.loads((run.path / "run.json").read_text())
    change(content["spec"])
    (run.path / "run.json").write_text(json.dumps(content))
    return run.path


def test_a_spec_of_an_older_version_has_defaults_for_what_it_did_not_write(tmp_path):
    path = rewritten(tmp_path, lambda spec: [spec.pop(name) for name in ("train", "prompt_files", "factors", "preset")])
    assert store.load_run(path).spec == SPEC


def test_a_setting_of_a_newer_version_is_read_apart_and_written_again(tmp_path):
    path = rewritten(tmp_path, lambda spec: spec.update(effort="high"))
    assert (store.load_run(path).spec, store.load_run(path).unknown) == (SPEC, {"effort": "high"})
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
    assert json.loads((path / "run.json").read_text())["spec"]["effort"] == "high"


def test_a_spec_with_a_value_of_another_type_says_which(tmp_path):
    path = rewritten(tmp_path, lambda spec: spec.update(samples="3"))
    with pytest.raises(StoreError, match=r"run\.json: Expected `int`, got `str` - at `\$\.spec\.samples`"):
        store.load_run(path)


@pytest.mark.parametrize(
    "moved", [{"base_url": "http://b:8001/v1"}, {"concurrency": 2}, {"timeout": 900}, {"retries": 9}, {}]
)
def test_where_a_server_is_and_how_patiently_it_is_asked_is_no_other_run(moved):
    spec = structs.replace(SPEC, engine="openai", engine_args={"base_url": "http://a:8000/v1", "concurrency": 64})
    assert structs.replace(spec, engine_args=moved).folder() == spec.folder()
    assert structs.replace(spec, engine_args={"omit": "seed"}).folder() != spec.folder()
    assert structs.replace(spec, engine="mine:Engine", engine_args={"timeout": 9}).folder() != spec.folder()


def test_a_run_that_an_older_version_named_by_its_address_is_gone_on_with(tmp_path):
    spec = structs.replace(SPEC, engine="openai", engine_args={"base_url": "http://a:8000/v1"})
    written = {name: value for name, value in structs.asdict(spec).items() if name not in ("train", "prompt_files")}
    old = hashlib.sha256(json.dumps(written, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:8]
    with store.RunFolder(tmp_path, spec) as run:
        run.begin({"session": 1})
        run.append(record(pot()))
    assert old != spec.digest()
    older = run.path.with_name(f"{run.path.name[:-8]}{old}")
    run.path.rename(older)
    with store.RunFolder(tmp_path, structs.replace(spec, engine_args={"base_url": "http://b:9000/v1"})) as again:
        assert again.path == older
        assert again.pending([problem()]) == []
        again.begin({"session": 2})
    with store.RunFolder(tmp_path, spec) as third:
        assert (third.path, len(third.sessions)) == (older, 2)
    with store.RunFolder(tmp_path, structs.replace(spec, samples=7)) as other:
        assert other.path != older


def test_what_a_session_learns_is_written_into_it(tmp_path):
    with store.RunFolder(tmp_path, SPEC) as run:
        run.begin({"engine": {"left_out": []}})
        run.note(engine={"left_out": ["top_k"]})
    assert store.load_run(run.path).session["engine"] == {"left_out": ["top_k"]}


@pytest.mark.parametrize("gone", ["file", "folder", "results", "moved", "replaced"])
def test_a_run_whose_file_is_gone_is_noticed_at_the_next_record(tmp_path, gone):
    results = tmp_path / "results"
    with RunFolder(results, SPEC) as run:
        run.begin({})
        run.append(full(0))
        log = run.path / "records.jsonl"
        if gone == "moved":
            run.path.rename(tmp_path / "elsewhere")
        elif gone in ("file", "replaced"):
            log.unlink()
        else:
            shutil.rmtree(run.path if gone == "folder" else results)
        if gone == "replaced":
            log.write_text("")
        with pytest.raises(StoreError, match=r"records\.jsonl: was deleted, moved or replaced"):
            run.append(full(1))
        assert full(1).problem.id not in run.kept


def test_records_are_flushed_to_the_disk_in_batches_and_at_the_end(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
        synced.clear()
        for number in range(3):
            run.append(full(number))
        assert synced == []
        run._flushed -= folder.FLUSHED
        run.append(full(3))
        run.append(full(4))
        assert len(synced) == 1
    assert len(synced) == 2


@pytest.mark.parametrize("kept", [0, 1, 40, -20])
@pytest.mark.parametrize("filled", [b"", b"\0" * 100])
def test_a_run_json_that_was_cut_short_is_written_anew_by_the_same_command(tmp_path, kept, filled, caplog):
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
        run.append(full(0))
    file = run.path / "run.json"
    file.write_bytes(file.read_bytes()[:kept] + filled)
    with RunFolder(tmp_path, SPEC) as again:
        again.begin({"machine": "x"})
        assert list(again.kept) == [full(0).problem.id]
    assert store.load_run(run.path).spec == SPEC
    assert "run.json was cut short" in caplog.text


def test_a_whole_run_json_is_not_taken_for_one_that_was_cut_short_by_the_braces_in_its_prompt(tmp_path, caplog):
    spec = structs.replace(SPEC, prompt_text="Write \\boxed{ and {% and {{{{")
    for number in range(2):
        with RunFolder(tmp_path, spec) as run:
            run.begin({"number": number})
    assert [session["number"] for session in store.load_run(run.path).sessions] == [0, 1]
    assert "cut short" not in caplog.text


@pytest.mark.parametrize(
    "content", ["[1, 2]", '{"format": 1, "spec": 3}', "not JSON at all, but longer than a line", "{} {}"]
)
def test_a_run_json_that_is_something_else_is_not_written_over(tmp_path, content):
    with RunFolder(tmp_path, SPEC) as run:
        run.begin({})
    (run.path / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json"), RunFolder(tmp_path, SPEC):
        pass
    assert (run.path / "run.json").read_text() == content
