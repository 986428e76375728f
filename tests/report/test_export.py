"""Exports say what the run says, in the words of others, and come back from where they can."""

import csv
import hashlib
import json
import uuid
from dataclasses import replace

import pandas as pd
import pytest
from builders import pot, record, scored
from checkout import DATA
from view_runs import drawn_records, in_memory, on_disk

from mammoth_eval import __version__, importers
from mammoth_eval.cli import main
from mammoth_eval.report.export import FORMATS, export
from mammoth_eval.report.export.lm_eval import INVALID
from mammoth_eval.types import Score

ODD = ["", 'a,b\r\n"c"', "\u2028 line\x00\x1b[0m", "é 数 𝒳", "</script>", "=1+1"]


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def run(tmp_path):
    """Thirty drawn records of decoding both on three benchmarks, and a void one."""
    broken = {name: Score(name, None, "fault", None, ()) for name in ("exact", "mammoth")}
    return in_memory(
        tmp_path, [*drawn_records(30), record(number=99, benchmark="gsm8k", fault="EngineError: gone", scores=broken)]
    )


def test_every_format_gives_the_same_files_again(run, tmp_path):
    for form in FORMATS:
        contents = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            written = export(run, form, tmp_path / name / form)
            assert written
            contents.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in written])
        assert contents[0] == contents[1]


GOLDEN = {"csv": ".csv", "jsonl": ".jsonl", "lm-eval": "_pot_1970-01-01T00-00-00.000000.jsonl"}


def is_golden(name, content):
    """After a wanted change: delete the file, run the tests once (they fail and write it), and read the difference."""
    golden = DATA / "golden" / name
    if not golden.exists():
        golden.write_bytes(content)
        pytest.fail(f"{name} did not exist; it is written now: read it, then commit it")
    assert content == golden.read_bytes()


@pytest.mark.parametrize("form", GOLDEN)
def test_each_form_is_as_in_its_golden_file(tmp_path, form):
    run = in_memory(tmp_path, drawn_records(3))
    written = next(path for path in export(run, form, tmp_path / f"run.{form}") if path.name.endswith(GOLDEN[form]))
    is_golden(f"export_{form}{written.suffix}", written.read_bytes())


def test_a_result_of_every_eval_ever_is_as_in_its_golden_file(tmp_path):
    """Our own version, which every release changes, stands as a word."""
    written = export(in_memory(tmp_path, drawn_records(3)), "every-eval-ever", tmp_path / "run")
    said = min((path for path in written if path.suffix == ".json"), key=str).read_text(encoding="utf-8")
    text = said.replace(f'"{__version__}"', '"VERSION"')
    is_golden("export_every-eval-ever.json", text.encode())


def test_a_parquet_file_reads_as_in_its_golden_file(tmp_path):
    """By column, type and value: the bytes belong to the library that wrote them."""
    (written,) = export(in_memory(tmp_path, drawn_records(3)), "parquet", tmp_path / "run.parquet")
    table = pd.read_parquet(written)
    types = {name: str(kind) for name, kind in table.dtypes.items()}
    text = (
        json.dumps({"types": types, "rows": json.loads(table.to_json(orient="records"))}, indent=1, ensure_ascii=False)
        + "\n"
    )
    is_golden("export_parquet.json", text.encode())


# tables


@pytest.mark.parametrize(("form", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_the_accuracy_of_a_table_is_that_of_the_report(run, tmp_path, form, read):
    (path,) = export(run, form, tmp_path / f"run.{form}")
    table = read(path)
    assert len(table) == 31
    for cell in run.summary.summaries:
        if cell.reading == "hybrid":
            found = table[table.benchmark == cell.benchmark].correct.dropna().astype(bool)
            assert 100 * found.mean() == pytest.approx(cell.accuracy.value)


def test_a_void_record_is_in_the_table_and_neither_right_nor_wrong(run, tmp_path):
    (path,) = export(run, "parquet", tmp_path / "run.parquet")
    (row,) = pd.read_parquet(path).query("outcome == 'fault'").to_dict("records")
    assert pd.isna(row["correct"])
    assert row["fault"] == "EngineError: gone"


@pytest.mark.parametrize("text", ODD)
def test_any_text_comes_back_from_a_csv_and_a_parquet_file(tmp_path, text):
    one = record(pot(stdout=text, program=text, text=text), question=text, scores=scored(("pot", "4", "correct")))
    run = in_memory(tmp_path, [one], decoding="pot")
    export(run, "csv", tmp_path / "run.csv", raw_cells=True)
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert [row["question"], row["pot_text"], row["program"], row["program_output"]] == [text] * 4
    export(run, "parquet", tmp_path / "run.parquet")
    (row,) = pd.read_parquet(tmp_path / "run.parquet").to_dict("records")
    assert [row["question"], row["pot_text"], row["program"], row["program_output"]] == [text] * 4


def test_a_character_that_utf_8_cannot_hold_stops_no_export(tmp_path):
    text = "lone \ud800 surrogate"
    run = in_memory(
        tmp_path, [record(pot(text=text), question=text, scores=scored(("pot", "4", "correct")))], decoding="pot"
    )
    for form in FORMATS:
        assert export(run, form, tmp_path / f"out-{form}")
    assert pd.read_parquet(tmp_path / "out-parquet").question[0] == "lone ? surrogate"


# what our own import reads


def texts_of(run):
    return {
        (one.problem.id, attempt.method, attempt.sample): attempt.completion.text
        for one in run.records
        for attempt in one.attempts
        if not one.fault
    }


def test_json_lines_come_back_as_they_went_by_our_own_import(run, tmp_path):
    (path,) = export(run, "jsonl", tmp_path / "run.jsonl")
    problems = [one.problem for one in run.records]
    assert importers.load([(path, "jsonl", None)], problems).texts == texts_of(run)


def test_lm_evals_samples_come_back_as_they_went_by_our_own_import(run, tmp_path):
    written = export(run, "lm-eval", tmp_path)
    for benchmark in ("gsm8k", "aqua", "svamp"):
        files = {
            method: next(path for path in written if f"_{benchmark}_{method}_" in path.name)
            for method in ("pot", "cot")
        }
        sources = [(path, "lm-eval", method) for method, path in files.items()]
        found = importers.load(sources, [one.problem for one in run.records if one.problem.benchmark == benchmark])
        assert found.texts == {key: text for key, text in texts_of(run).items() if key[0].startswith(f"{benchmark}/")}


def test_several_samples_come_back_from_lm_evals_files(tmp_path):
    attempts = [replace(pot(text=f"text {number}"), sample=number) for number in range(3)]
    scores = scored(*[("pot", "4", "correct")] * 3, samples=("correct",) * 3)
    run = in_memory(tmp_path, [record(*attempts, benchmark="gsm8k", scores=scores)], decoding="pot", samples=3)
    (path,) = [one for one in export(run, "lm-eval", tmp_path) if "samples_" in one.name]
    assert importers.load([(path, "lm-eval", "pot")], [run.records[0].problem]).texts == texts_of(run)


# lm_eval


def shape(value):
    """Names and types, as deep as they go."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value)


def test_samples_have_the_fields_and_types_of_those_that_lm_eval_wrote(run, tmp_path):
    """The file that ours is compared with was written by lm_eval 0.4.13."""
    (theirs, *_) = read_lines(DATA / "imports" / "lm_eval_samples.jsonl")
    own = shape(theirs) | {"doc": dict, "arguments": dict}
    for path in export(run, "lm-eval", tmp_path)[1:]:
        for row in read_lines(path):
            assert shape(row) | {"doc": dict, "arguments": dict} == own
            assert set(row["arguments"]["gen_args_0"]) == {"arg_0", "arg_1"}
            assert row["target_hash"] == hashlib.sha256(row["target"].encode()).hexdigest()


def test_the_mean_of_the_samples_is_the_result_for_every_task_and_filter(run, tmp_path):
    target, *samples = export(run, "lm-eval", tmp_path)
    results = json.loads(target.read_text(encoding="utf-8"))
    checked = 0
    for path in samples:
        task = path.name.removeprefix("samples_").rpartition("_")[0]
        rows = read_lines(path)
        for grader in ("exact", "mammoth"):
            scores = [row["exact_match"] for row in rows if row["filter"] == grader]
            assert results["results"][task][f"exact_match,{grader}"] == pytest.approx(sum(scores) / len(scores))
            assert results["n-samples"][task]["effective"] == len(scores)
            checked += 1
    assert checked == 3 * 3 * 2
    assert set(results["results"]) == set(results["configs"]) == set(results["versions"])


def test_a_grader_that_scored_only_some_records_is_no_filter(run, tmp_path):
    first, *rest = run.records
    partly = replace(run, records=(first, replace(rest[0], scores={"exact": rest[0].scores["exact"]}), *rest[1:]))
    target, *_ = export(partly, "lm-eval", tmp_path)
    metrics = {name for task in json.loads(target.read_text(encoding="utf-8"))["results"].values() for name in task}
    assert "exact_match,exact" in metrics
    assert not any("mammoth" in name for name in metrics)


def test_the_hybrids_response_is_the_completion_that_decided(run, tmp_path):
    path = next(one for one in export(run, "lm-eval", tmp_path) if "gsm8k_hybrid" in one.name)
    by_id = {one.problem.id: one for one in run.records}
    for row in read_lines(path):
        record = by_id[row["doc"]["id"]]
        score = record.scores[row["filter"]]
        wanted = record.attempts[0] if score.path == "pot" else record.attempts[1]
        assert row["resps"] == [[wanted.completion.text]]
        assert row["filtered_resps"] == [score.answer or INVALID]


# Every Eval Ever


def validators():
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed; it comes with the engine vllm")
    folder = DATA / "every_eval_ever"
    names = ("eval", "instance_level_eval")
    return [
        jsonschema.Draft7Validator(json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")))
        for name in names
    ]


@pytest.mark.parametrize("model", ["org/model", "flat-name", "a/b/c"])
def test_files_hold_to_the_schemas_of_every_eval_ever(tmp_path, model):
    whole, line = validators()
    run = in_memory(tmp_path, drawn_records(30), model=model)
    for path in export(run, "every-eval-ever", tmp_path):
        rows = read_lines(path) if path.suffix == ".jsonl" else [json.loads(path.read_text(encoding="utf-8"))]
        for row in rows:
            assert not list((line if path.suffix == ".jsonl" else whole).iter_errors(row))


def test_a_wrong_file_does_not_hold_to_the_schemas(run, tmp_path):
    whole, line = validators()
    target, samples, *_ = export(run, "every-eval-ever", tmp_path)
    content = json.loads(target.read_text(encoding="utf-8"))
    assert list(whole.iter_errors({name: value for name, value in content.items() if name != "model_info"}))
    assert list(line.iter_errors(read_lines(samples)[0] | {"interaction_type": "agentic"}))


def test_samples_belong_to_their_result_and_agree_with_its_score(run, tmp_path):
    written = export(run, "every-eval-ever", tmp_path)
    assert len(written) == 6
    for target, samples in zip(written[::2], written[1::2], strict=True):
        content, rows = json.loads(target.read_text(encoding="utf-8")), read_lines(samples)
        about = content["detailed_evaluation_results"]
        assert tmp_path / about["file_path"] == samples
        assert about["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
        assert about["total_rows"] == len(rows)
        assert {row["evaluation_id"] for row in rows} == {content["evaluation_id"]}
        (result,) = [
            one
            for one in content["evaluation_results"]
            if one["evaluation_result_id"] == rows[0]["evaluation_result_id"]
        ]
        assert result["score_details"]["score"] == pytest.approx(
            sum(row["evaluation"]["score"] for row in rows) / len(rows)
        )
        assert uuid.UUID(target.stem).version == 4


def test_void_records_are_counted_and_are_no_samples(run, tmp_path):
    target, samples, *_ = export(run, "every-eval-ever", tmp_path)
    content = json.loads(target.read_text(encoding="utf-8"))
    assert {one["score_details"]["details"]["fault"] for one in content["evaluation_results"]} == {"1"}
    assert "gsm8k/99" not in {row["sample_id"] for row in read_lines(samples)}


# the command


def test_the_command_prints_the_names_of_its_files(tmp_path, capsys):
    path = on_disk(tmp_path / "results", drawn_records(6))
    assert main(["export", str(path), "--format", "lm-eval", "--output", str(tmp_path / "out"), "--json"]) == 0
    names = json.loads(capsys.readouterr().out)
    assert len(names) == 1 + 3 * 3
    assert all((tmp_path / name).exists() for name in names)


def test_what_cannot_be_exported_is_said(tmp_path, capsys):
    path = on_disk(tmp_path / "results", drawn_records(6))
    assert main(["export", str(path), "--format", "parquett", "--output", str(tmp_path / "x")]) == 2
    assert "did you mean 'parquet'" in capsys.readouterr().err
    assert main(["export", str(path), "--format", "csv", "--output", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "none"), "--format", "csv", "--output", str(tmp_path / "x")]) == 2
    assert "none: no such run" in capsys.readouterr().err
